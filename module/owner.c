// SPDX-License-Identifier: GPL-2.0
/*
 * The file `owner`: claim and release
 *
 * The driver core is the arbiter. A claim binds dflres_driver to the device, a
 * release unbinds it: a device that has a driver cannot be given another, so
 * neither side can take what the other has, and nothing is kept here that could
 * disagree with the device. A claim's files live exactly as long as the binding;
 * removing them revokes all that was opened and mapped through them.
 */

#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/kernfs.h>
#include <linux/module.h>
#include <linux/pid.h>
#include <linux/sched.h>
#include <linux/security.h>
#include <linux/slab.h>

#include "compat.h"
#include "dflres.h"
#include "trace.h"

static ssize_t owner_pid_show(struct kobject *kobj, struct kobj_attribute *attr,
			      char *buf)
{
	struct dflres_feature *feature = to_dflres_feature(kobj);
	struct pid *pid = feature->claim->pid;
	pid_t nr = 0;

	/* A struct pid keeps its numbers when its process is gone */
	rcu_read_lock();
	if (pid_task(pid, PIDTYPE_TGID))
		nr = pid_vnr(pid);
	rcu_read_unlock();

	return sysfs_emit(buf, "%d\n", nr);
}

static struct kobj_attribute owner_pid_attr = __ATTR_RO(owner_pid);

static struct dflres_claim *dflres_claim_alloc(struct dflres_feature *feature)
{
	struct dflres_claim *claim;

	claim = kzalloc_obj(*claim);
	if (!claim)
		return NULL;

	claim->feature = feature;
	claim->pid = get_pid(task_tgid(current));
	claim->gid = current_fsgid();
	return claim;
}

static void dflres_claim_free(struct dflres_claim *claim)
{
	claim->feature->claim = NULL;
	put_pid(claim->pid);
	kfree(claim);
}

static int dflres_pid_file_add(struct dflres_claim *claim)
{
	struct kobject *kobj = &claim->feature->kobj;
	int err;

	err = sysfs_create_file(kobj, &owner_pid_attr.attr);
	if (err)
		return err;

	claim->pid_node = kernfs_find_and_get(kobj->sd, "owner_pid");
	return 0;
}

static void dflres_pid_file_remove(struct dflres_claim *claim)
{
	sysfs_remove_file(&claim->feature->kobj, &owner_pid_attr.attr);
	kernfs_notify(claim->pid_node);
	kernfs_put(claim->pid_node);
}

static int dflres_claim_setup(struct dflres_claim *claim)
{
	int err;

	/* A live claim is a use of the module, as an open device would be */
	if (!try_module_get(THIS_MODULE))
		return -ENODEV;

	err = dflres_region_request(claim);
	if (err)
		goto put_module;

	err = dflres_registers_add(claim);
	if (err)
		goto release_region;

	err = dflres_pid_file_add(claim);
	if (err)
		goto remove_registers;

	err = dflres_irqs_add(claim);
	if (err)
		goto remove_pid_file;

	return 0;

remove_pid_file:
	dflres_pid_file_remove(claim);
remove_registers:
	dflres_registers_remove(claim);
release_region:
	dflres_region_release(claim);
put_module:
	module_put(THIS_MODULE);
	return err;
}

/**
 * dflres_probe() - bind to a device, for the claim that is being made
 * @ddev: the device; no driver has it
 *
 * Called by the driver core on behalf of dflres_claim(), in its context.
 *
 * Return: 0, or -ENXIO with the reason in the claim.
 */
int dflres_probe(struct dfl_device *ddev)
{
	struct dflres_feature *feature = dflres_feature_find(ddev);
	struct dflres_claim *claim;

	if (!feature || !feature->claim)
		return -ENODEV;

	claim = feature->claim;
	claim->error = dflres_claim_setup(claim);
	if (claim->error)
		return -ENXIO;

	WRITE_ONCE(feature->lease, claim->lease);
	WRITE_ONCE(feature->claimed, true);
	trace_claim(ddev, feature->uid, claim->lease);
	return 0;
}

/**
 * dflres_remove() - end a claim
 * @ddev: the device
 *
 * Called by the driver core, for a release or because the device goes. When
 * this returns nobody can reach the registers through the claim.
 */
void dflres_remove(struct dfl_device *ddev)
{
	struct dflres_feature *feature = dflres_feature_find(ddev);
	struct dflres_claim *claim = feature->claim;

	WRITE_ONCE(feature->claimed, false);
	WRITE_ONCE(feature->lease, NULL);
	if (claim->lease)
		dflres_lease_drop(claim->lease);
	dflres_irqs_remove(claim);
	dflres_pid_file_remove(claim);
	dflres_registers_remove(claim);
	dflres_region_release(claim);
	dflres_claim_free(claim);
	trace_release(ddev, feature->end);
	module_put(THIS_MODULE);
}

/**
 * dflres_claim() - claim a feature for the current process
 * @feature: the feature
 * @lease: what the claim ends with, or NULL; the claim's from success on
 *
 * Context: Process context, with @feature->lock held.
 * Return: 0 or the errno that a writer of `owner` is given.
 */
int dflres_claim(struct dflres_feature *feature, struct dflres_lease *lease)
{
	struct device *dev = &feature->ddev->dev;
	struct dflres_claim *claim;
	int err;

	/*
	 * The attach refuses in an order of its own, and .probe() must find
	 * little to refuse. Where several reasons apply, this one is the ABI's.
	 */
	if (READ_ONCE(dev->driver))
		return -EBUSY;
	if (security_locked_down(LOCKDOWN_PCI_ACCESS))
		return -EPERM;
	if (!dflres_dma_permits_claim(feature))
		return -EPERM;
	if (!dflres_is_claimable(feature))
		return -ENXIO;

	claim = dflres_claim_alloc(feature);
	if (!claim)
		return -ENOMEM;

	claim->lease = lease;
	feature->end = DFLRES_DEVICE_GONE;
	feature->uid = current_fsuid();
	feature->claim = claim;

	/* From its success on the claim is the binding's, and may be gone */
	err = device_driver_attach(&dflres_driver.drv, dev);
	if (!err)
		return 0;

	if (claim->error)
		err = claim->error;
	dflres_claim_free(claim);
	return err;
}

/* What binds the feature. Ours can change only under the lock or with the device */
static struct device_driver *dflres_driver_of(struct dflres_feature *feature)
{
	return READ_ONCE(feature->ddev->dev.driver);
}

static bool dflres_may_release(struct dflres_feature *feature)
{
	return uid_eq(current_fsuid(), feature->uid) || capable(CAP_SYS_ADMIN);
}

static void dflres_end_claim(struct dflres_feature *feature,
			     enum dflres_end end)
{
	feature->end = end;
	device_release_driver(&feature->ddev->dev);
}

/**
 * dflres_hand_back() - end a claim, if there is one, and offer the device to
 *			the kernel's drivers
 * @feature: the feature
 * @end: how the claim ends
 *
 * Context: Process context, with @feature->lock held.
 */
void dflres_hand_back(struct dflres_feature *feature, enum dflres_end end)
{
	struct device *dev = &feature->ddev->dev;
	int ret;

	if (dflres_driver_of(feature) == &dflres_driver.drv)
		dflres_end_claim(feature, end);

	/* That no driver takes it is a valid outcome, told by `owner` */
	ret = device_attach(dev);
	if (ret < 0)
		dev_dbg(dev, "no kernel driver took it: %d\n", ret);
}

static int dflres_write_none(struct dflres_feature *feature)
{
	struct device_driver *drv = dflres_driver_of(feature);

	if (!drv)
		return 0;
	if (drv != &dflres_driver.drv)
		return -EBUSY;
	if (!dflres_may_release(feature))
		return -EPERM;

	dflres_end_claim(feature, DFLRES_RELEASED);
	return 0;
}

static int dflres_write_kernel(struct dflres_feature *feature)
{
	if (dflres_driver_of(feature) == &dflres_driver.drv &&
	    !dflres_may_release(feature))
		return -EPERM;

	dflres_hand_back(feature, DFLRES_HANDED_BACK);
	return 0;
}

/* sysfs_streq() would stop at a NUL and take what follows for granted */
static bool dflres_word_is(const char *buf, size_t count, const char *word)
{
	if (count && buf[count - 1] == '\n')
		count--;

	return count == strlen(word) && !memcmp(buf, word, count);
}

static ssize_t owner_show(struct kobject *kobj, struct kobj_attribute *attr,
			  char *buf)
{
	struct dflres_feature *feature = to_dflres_feature(kobj);
	struct device_driver *drv = dflres_driver_of(feature);

	/* The device has its driver, ours too, before the probe has succeeded */
	if (drv && drv != &dflres_driver.drv && READ_ONCE(feature->bound))
		return sysfs_emit(buf, "kernel\n");

	return sysfs_emit(buf, "%s\n",
			  READ_ONCE(feature->claimed) ? "user" : "none");
}

static ssize_t owner_store(struct kobject *kobj, struct kobj_attribute *attr,
			   const char *buf, size_t count)
{
	struct dflres_feature *feature = to_dflres_feature(kobj);
	int err;

	mutex_lock(&feature->lock);
	if (dflres_word_is(buf, count, "user"))
		err = dflres_claim(feature, NULL);
	else if (dflres_word_is(buf, count, "none"))
		err = dflres_write_none(feature);
	else if (dflres_word_is(buf, count, "kernel"))
		err = dflres_write_kernel(feature);
	else
		err = -EINVAL;
	mutex_unlock(&feature->lock);

	if (err)
		trace_denied(feature->ddev, err);
	return err ?: count;
}

struct kobj_attribute dflres_owner_attr = __ATTR_RW(owner);
