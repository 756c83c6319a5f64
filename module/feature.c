// SPDX-License-Identifier: GPL-2.0
/*
 * One feature: the directory "dflres" of its device, and the files that it has
 * for as long as the device is there
 *
 * The directory is a kobject of ours and not a group of the device's: its files
 * have the claimer as owner from the start (get_ownership), and we decide when it
 * goes.
 */

#include <linux/completion.h>
#include <linux/kernfs.h>
#include <linux/slab.h>
#include <linux/xarray.h>

#include "compat.h"
#include "dflres.h"

/* All features by their number on the bus, dense: N of dfl_dev.N */
DEFINE_XARRAY(dflres_features);

/* Counts features until their memory is freed, plus one for the module */
static refcount_t dflres_live = REFCOUNT_INIT(1);
static DECLARE_COMPLETION(dflres_all_gone);

static void dflres_live_put(void)
{
	if (refcount_dec_and_test(&dflres_live))
		complete(&dflres_all_gone);
}

static ssize_t resource_show(struct kobject *kobj, compat_kobj_attribute *attr, char *buf)
{
	const struct resource *res = &to_dflres_feature(kobj)->ddev->mmio_res;

	return sysfs_emit(buf, "0x%016llx 0x%016llx 0x%016llx\n", (u64)res->start, (u64)res->end,
			  (u64)res->flags);
}

static ssize_t claimable_show(struct kobject *kobj, compat_kobj_attribute *attr, char *buf)
{
	const char *reason = dflres_unsafe(to_dflres_feature(kobj));

	if (IS_ERR(reason))
		return PTR_ERR(reason);

	return sysfs_emit(buf, "%s\n", reason ?: "yes");
}

static ssize_t mappable_show(struct kobject *kobj, compat_kobj_attribute *attr, char *buf)
{
	struct dflres_feature *feature = to_dflres_feature(kobj);

	return sysfs_emit(buf, "%d\n", !dflres_unsafe(feature) && dflres_is_whole_pages(feature));
}

static ssize_t num_irqs_show(struct kobject *kobj, compat_kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n", to_dflres_feature(kobj)->ddev->num_irqs);
}

static ssize_t revision_show(struct kobject *kobj, compat_kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "0x%x\n", to_dflres_feature(kobj)->ddev->revision);
}

static struct kobj_attribute resource_attr = __ATTR_RO(resource);
static struct kobj_attribute claimable_attr = __ATTR_RO(claimable);
static struct kobj_attribute mappable_attr = __ATTR_RO(mappable);
static struct kobj_attribute num_irqs_attr = __ATTR_RO(num_irqs);
static struct kobj_attribute revision_attr = __ATTR_RO(revision);

static struct attribute *dflres_feature_attrs[] = {
	&dflres_dma_attr.attr,
	&resource_attr.attr,
	&claimable_attr.attr,
	&mappable_attr.attr,
	&num_irqs_attr.attr,
	&revision_attr.attr,
	NULL
};

static compat_bin_attr_pointer dflres_feature_bin_attrs[] = {
	&dflres_owner_attr,
	&dflres_lease_attr,
	NULL
};

static const struct attribute_group dflres_feature_group = {
	.attrs = dflres_feature_attrs,
	.bin_attrs = dflres_feature_bin_attrs,
};
__ATTRIBUTE_GROUPS(dflres_feature);

/* A claim's files are created while feature->claim is set: the claimer owns them */
static void dflres_get_ownership(compat_owned_kobject *kobj, kuid_t *uid, kgid_t *gid)
{
	struct dflres_feature *feature = to_dflres_feature(kobj);
	const struct dflres_claim *claim = READ_ONCE(feature->claim);

	if (!claim)
		return;

	*uid = feature->uid;
	*gid = claim->gid;
}

static void dflres_feature_release(struct kobject *kobj)
{
	struct dflres_feature *feature = to_dflres_feature(kobj);

	kernfs_put(feature->owner_node);
	kfree(feature);
	dflres_live_put();
}

static compat_kobj_type dflres_feature_ktype = {
	.release = dflres_feature_release,
	.sysfs_ops = &kobj_sysfs_ops,
	.default_groups = dflres_feature_groups,
	.get_ownership = dflres_get_ownership,
};

/**
 * dflres_feature_find() - the feature of a device
 * @ddev: a device that is on the DFL bus
 *
 * Return: the feature, or NULL if there was no memory to make one.
 */
struct dflres_feature *dflres_feature_find(struct dfl_device *ddev)
{
	return xa_load(&dflres_features, ddev->id);
}

/**
 * dflres_feature_create() - give a device its directory
 * @ddev: a device on the DFL bus; the feature pins it
 *
 * Context: May sleep. Safe in the bus notifier.
 * Return: the feature, for dflres_feature_destroy(), or an ERR_PTR(): -ENOMEM,
 *	   or -EEXIST if the device has a file "dflres".
 */
struct dflres_feature *dflres_feature_create(struct dfl_device *ddev)
{
	struct dflres_feature *feature;
	int err;

	feature = kzalloc_obj(*feature);
	if (!feature)
		return ERR_PTR(-ENOMEM);

	refcount_inc(&dflres_live);
	feature->ddev = ddev;
	feature->over_msix = dflres_over_msix(ddev);
	mutex_init(&feature->lock);

	kobject_init(&feature->kobj, &dflres_feature_ktype);

	/* Before its files exist: who opens `owner` may claim at once */
	err = xa_insert(&dflres_features, ddev->id, feature, GFP_KERNEL);
	if (err)
		goto put;

	err = kobject_add(&feature->kobj, &ddev->dev.kobj, "dflres");
	if (err)
		goto erase;

	feature->owner_node = kernfs_find_and_get(feature->kobj.sd, "owner");
	return feature;

erase:
	xa_erase(&dflres_features, ddev->id);
put:
	kobject_put(&feature->kobj);
	return ERR_PTR(err);
}

/**
 * dflres_feature_destroy() - remove a feature's directory
 * @feature: the feature, which has left the table; it is freed
 *
 * Waits for the users of its files and wakes those who poll `owner`.
 *
 * Context: May sleep. Not in the bus notifier, nor with a lock that this takes.
 */
void dflres_feature_destroy(struct dflres_feature *feature)
{
	kobject_del(&feature->kobj);
	kernfs_notify(feature->owner_node);
	kobject_put(&feature->kobj);
}

/**
 * dflres_features_wait_gone() - wait until all features' memory is freed
 *
 * Called once, when the module is unloaded: a feature's release() may come late
 * (CONFIG_DEBUG_KOBJECT_RELEASE) and must not run in a module that is gone.
 */
void dflres_features_wait_gone(void)
{
	dflres_live_put();
	wait_for_completion(&dflres_all_gone);
}
