// SPDX-License-Identifier: GPL-2.0
/*
 * The file `resource0` of a claim: the registers, by mmap, pread and pwrite
 *
 * Revocation is the kernel's but for one part: when the file is removed, kernfs
 * waits for the operations in flight, and fails every later one on a descriptor
 * of the file. Pages are inserted by the fault handler alone, which kernfs does
 * not call for a removed file. The handlers take no lock that is held while the
 * file is removed: see dflres.h.
 *
 * kernfs also zaps the mappings of a file that it removes, if it knows of any.
 * It counts them without a lock that its callers share, so that two processes
 * that map at the same time can make it believe that there is none: they are
 * zapped here once more.
 */

#include <linux/file.h>
#include <linux/fs.h>
#include <linux/io.h>
#include <linux/io-64-nonatomic-lo-hi.h>
#include <linux/kernfs.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/security.h>
#include <linux/slab.h>

#include "compat.h"
#include "dflres.h"
#include "trace.h"

/* Natural alignment on the bus, no more than is left, no more than 8 bytes */
static unsigned int dflres_access_width(resource_size_t addr, size_t left)
{
	unsigned int aligned = 1U << __ffs((unsigned long)addr | sizeof(u64));

	return min_t(size_t, aligned, rounddown_pow_of_two(left));
}

/*
 * Registers are little-endian, and so is the file: its bytes are those that a
 * mapping shows.
 */
static void dflres_read_one(void __iomem *reg, char *buf, unsigned int width)
{
	__le64 bytes;
	u64 val;

	switch (width) {
	case 8:
		val = readq(reg);
		break;
	case 4:
		val = readl(reg);
		break;
	case 2:
		val = readw(reg);
		break;
	default:
		val = readb(reg);
	}

	bytes = cpu_to_le64(val);
	memcpy(buf, &bytes, width);
}

static void dflres_write_one(void __iomem *reg, char *buf, unsigned int width)
{
	__le64 bytes = 0;
	u64 val;

	memcpy(&bytes, buf, width);
	val = le64_to_cpu(bytes);

	switch (width) {
	case 8:
		writeq(val, reg);
		break;
	case 4:
		writel(val, reg);
		break;
	case 2:
		writew(val, reg);
		break;
	default:
		writeb(val, reg);
	}
}

/*
 * Mapped when first asked for: claims that only mmap do without, and the time it
 * takes grows with the card.
 */
static void __iomem *dflres_regs(struct dflres_claim *claim)
{
	const struct resource *res = &claim->feature->ddev->mmio_res;
	void __iomem *regs;

	mutex_lock(&claim->regs_lock);
	if (!claim->regs)
		claim->regs = ioremap(res->start, resource_size(res));
	regs = claim->regs;
	mutex_unlock(&claim->regs_lock);

	return regs;
}

/* sysfs has cut @off and @count to the file's size, the feature's length */
static ssize_t dflres_move(struct dflres_claim *claim, char *buf, loff_t off,
			   size_t count,
			   void (*move_one)(void __iomem *reg, char *buf,
					    unsigned int width))
{
	resource_size_t start = claim->feature->ddev->mmio_res.start;
	void __iomem *regs;
	unsigned int width;
	size_t done;

	if (security_locked_down(LOCKDOWN_PCI_ACCESS))
		return -EPERM;

	regs = dflres_regs(claim);
	if (!regs)
		return -ENOMEM;

	for (done = 0; done < count; done += width) {
		width = dflres_access_width(start + off + done, count - done);
		move_one(regs + off + done, buf + done, width);
	}

	return count;
}

static ssize_t resource0_read(struct file *file, struct kobject *kobj,
			      compat_bin_rw_attribute *attr, char *buf,
			      loff_t off, size_t count)
{
	return dflres_move(attr->private, buf, off, count, dflres_read_one);
}

static ssize_t resource0_write(struct file *file, struct kobject *kobj,
			       compat_bin_rw_attribute *attr, char *buf,
			       loff_t off, size_t count)
{
	return dflres_move(attr->private, buf, off, count, dflres_write_one);
}

/*
 * The first touch maps all that shares a page table with it, so that later ones
 * do not fault. The page numbers come from the file offset alone: a mapping may
 * have been moved since ->mmap.
 */
static vm_fault_t resource0_fault(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	const struct dflres_claim *claim = vma->vm_private_data;
	unsigned long pfn, addr, end;
	vm_fault_t ret;
	pgprot_t prot;

	/*
	 * Not vm_page_prot: kernfs has a page_mkwrite(), for which the write
	 * permission is left out of it.
	 */
	prot = vm_get_page_prot(vma->vm_flags);
	prot = pgprot_decrypted(pgprot_noncached(prot));
	pfn = PHYS_PFN(claim->feature->ddev->mmio_res.start) + vma->vm_pgoff;

	trace_fault(claim->feature->ddev, vmf->address, vmf->pgoff);

	addr = vmf->address & PAGE_MASK;
	ret = vmf_insert_pfn_prot(vma, addr,
				  pfn + PHYS_PFN(addr - vma->vm_start), prot);
	if (ret & VM_FAULT_ERROR)
		return ret;

	addr = ALIGN_DOWN(vmf->address, PMD_SIZE);
	end = min(addr + PMD_SIZE, vma->vm_end);
	addr = max(addr, vma->vm_start);
	for (; addr < end; addr += PAGE_SIZE)
		if (vmf_insert_pfn_prot(vma, addr,
					pfn + PHYS_PFN(addr - vma->vm_start),
					prot) & VM_FAULT_ERROR)
			break;

	return ret;
}

/**
 * struct dflres_view - an inode of `resource0` that has been mapped
 * @list: in the claim
 * @file: some open file of it, referenced. Each instance of sysfs (there is one
 *	  for each network namespace) has an inode of its own for the file
 */
struct dflres_view {
	struct list_head list;
	struct file *file;
};

static int dflres_view_add(struct dflres_claim *claim, struct file *file)
{
	struct dflres_view *view;
	int err = 0;

	mutex_lock(&claim->regs_lock);
	list_for_each_entry(view, &claim->views, list)
		if (view->file->f_mapping == file->f_mapping)
			goto unlock;

	view = kzalloc_obj(*view);
	if (view) {
		view->file = get_file(file);
		list_add(&view->list, &claim->views);
	} else {
		err = -ENOMEM;
	}
unlock:
	mutex_unlock(&claim->regs_lock);
	return err;
}

/* The file is removed: what is zapped now does not come back */
static void dflres_views_zap(struct dflres_claim *claim)
{
	struct dflres_view *view, *next;

	list_for_each_entry_safe(view, next, &claim->views, list) {
		unmap_mapping_range(view->file->f_mapping, 0, 0, 1);
		fput(view->file);
		kfree(view);
	}
}

static const struct vm_operations_struct resource0_vm_ops = {
	.fault = resource0_fault,
};

static int resource0_mmap(struct file *file, struct kobject *kobj,
			  compat_bin_mmap_attribute *attr,
			  struct vm_area_struct *vma)
{
	struct dflres_claim *claim = attr->private;
	unsigned long pages = PHYS_PFN(attr->size);
	int err;

	if (security_locked_down(LOCKDOWN_PCI_ACCESS))
		return -EPERM;

	/* A private mapping cannot be of registers, and the fault would BUG() */
	if (is_cow_mapping(vma->vm_flags))
		return -EINVAL;

	if (vma->vm_pgoff >= pages || vma_pages(vma) > pages - vma->vm_pgoff)
		return -EINVAL;

	err = dflres_view_add(claim, file);
	if (err)
		return err;

	/* No page is inserted here: it would outlive a release that is going on */
	vm_flags_set(vma, VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP);
	vma->vm_ops = &resource0_vm_ops;
	vma->vm_private_data = claim;
	return 0;
}

/**
 * dflres_registers_add() - make a claim's file `resource0`
 * @claim: the claim; it holds the feature's region
 *
 * Context: .probe()
 * Return: 0, or a negative errno (-ENOMEM).
 */
int dflres_registers_add(struct dflres_claim *claim)
{
	struct dflres_feature *feature = claim->feature;
	const struct resource *res = &feature->ddev->mmio_res;
	int err;

	mutex_init(&claim->regs_lock);
	INIT_LIST_HEAD(&claim->views);
	sysfs_bin_attr_init(&claim->resource0);
	claim->resource0.attr.name = "resource0";
	claim->resource0.attr.mode = 0600;
	claim->resource0.size = resource_size(res);
	claim->resource0.private = claim;
	claim->resource0.read = resource0_read;
	claim->resource0.write = resource0_write;
	if (dflres_is_whole_pages(feature))
		claim->resource0.mmap = resource0_mmap;

	err = sysfs_create_bin_file(&feature->kobj, &claim->resource0);
	if (err)
		return err;

	claim->resource0_node = kernfs_find_and_get(feature->kobj.sd,
						    "resource0");
	return 0;
}

/**
 * dflres_registers_remove() - revoke a claim's file `resource0`
 * @claim: the claim
 *
 * When this returns nobody can reach the registers through the file, its
 * descriptors or its mappings.
 *
 * Context: .probe() or .remove()
 */
void dflres_registers_remove(struct dflres_claim *claim)
{
	sysfs_remove_bin_file(&claim->feature->kobj, &claim->resource0);
	dflres_views_zap(claim);
	/* kernfs does not wake those who poll a file when it removes it */
	kernfs_notify(claim->resource0_node);
	kernfs_put(claim->resource0_node);
	if (claim->regs)
		iounmap(claim->regs);
}
