/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Every difference between the kernels that dflres supports
 *
 * The rest of the module is written for the newest kernel. This file adds what an
 * older one lacks or spells otherwise. It probes for the feature itself, in C or by
 * a look into the kernel's headers in Kbuild (DFLRES_HAVE_...), and not for a
 * version: distributions port features back.
 */

#ifndef DFLRES_COMPAT_H
#define DFLRES_COMPAT_H

#include <linux/compiler.h>
#include <linux/eventfd.h>
#include <linux/iommu.h>
#include <linux/irqdomain.h>
#include <linux/kobject.h>
#include <linux/mm.h>
#include <linux/pci.h>
#include <linux/slab.h>
#include <linux/sysfs.h>

/* const @type if @callback, a member's address, has the prototype @proto */
#define compat_const_if(callback, proto, type)				\
	typeof(*__builtin_choose_expr(__same_type(callback, (proto)NULL), \
				      (const type *)NULL, (type *)NULL))

/* The attribute that callbacks take became const one by one: first mmap's */
#define compat_bin_rw_attribute						\
	compat_const_if(((struct bin_attribute *)NULL)->write,		\
			ssize_t (*)(struct file *, struct kobject *,	\
				    const struct bin_attribute *,	\
				    char *, loff_t, size_t),		\
			struct bin_attribute)

#define compat_bin_mmap_attribute					\
	compat_const_if(((struct bin_attribute *)NULL)->mmap,		\
			int (*)(struct file *, struct kobject *,	\
				const struct bin_attribute *,		\
				struct vm_area_struct *),		\
			struct bin_attribute)

/* What .bin_attrs of an attribute_group lists */
#define compat_bin_attr_pointer						\
	typeof(*((struct attribute_group *)NULL)->bin_attrs)

/* The same for the attribute of a kobject's callbacks */
#define compat_kobj_attribute						\
	compat_const_if(((struct kobj_attribute *)NULL)->show,		\
			ssize_t (*)(struct kobject *,			\
				    const struct kobj_attribute *, char *), \
			struct kobj_attribute)

/* Since v6.2 functions take a kobject's type as const */
#define compat_kobj_type						\
	compat_const_if(&kobject_init_and_add,				\
			int (*)(struct kobject *, const struct kobj_type *, \
				struct kobject *, const char *, ...),	\
			struct kobj_type)

/* The kobject that get_ownership() of a kobj_type takes */
#define compat_owned_kobject						\
	compat_const_if(((const struct kobj_type *)NULL)->get_ownership, \
			void (*)(const struct kobject *, kuid_t *, kgid_t *), \
			struct kobject)

/* Since v7.0 objects are allocated by their type */
#ifndef kzalloc_obj
#define kzalloc_obj(obj) kzalloc(sizeof(obj), GFP_KERNEL)
#endif

#ifndef DFLRES_HAVE_UNCOUNTED_EVENTFD_SIGNAL
/* v6.8 dropped the number to add, which nearly always was 1 */
#define eventfd_signal(ctx) eventfd_signal(ctx, 1)
#endif

#ifndef DFLRES_HAVE_VM_FLAGS_SET
/* v6.3 made vm_flags const for all but a few functions like this one */
static inline void vm_flags_set(struct vm_area_struct *vma, vm_flags_t flags)
{
	vma->vm_flags |= flags;
}
#endif

#ifndef DFLRES_HAVE_DEVICE_IOMMU_CAPABLE
/* v5.19 asks the device instead of its bus */
#define device_iommu_capable(dev, cap) iommu_capable((dev)->bus, cap)
#endif

/* v6.3 asks the group instead of the interrupt domains and the IOMMU */
static inline bool compat_has_isolated_msi(struct device *dev)
{
#if !defined(CONFIG_IOMMU_API)
	return false;
#elif defined(DFLRES_HAVE_ISOLATED_MSI)
	struct iommu_group *group = iommu_group_get(dev);
	bool isolated = group && iommu_group_has_isolated_msi(group);

	iommu_group_put(group);
	return isolated;
#else
	return irq_domain_check_msi_remap() ||
	       device_iommu_capable(dev, IOMMU_CAP_INTR_REMAP);
#endif
}

#ifndef DFLRES_HAVE_VMA_IS_COW_MAPPING
/* v7.3 asks the VMA instead of its flags */
static inline bool vma_is_cow_mapping(const struct vm_area_struct *vma)
{
	return is_cow_mapping(vma->vm_flags);
}
#endif

/* Since v5.17 */
#ifndef PCI_POSSIBLE_ERROR
#define PCI_POSSIBLE_ERROR(val) ((val) == (typeof(val))~0ULL)
#endif

#endif /* DFLRES_COMPAT_H */
