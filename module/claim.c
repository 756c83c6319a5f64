// SPDX-License-Identifier: GPL-2.0
/*
 * A claim: how it is made, and how it ends
 *
 * The driver core is the arbiter. A claim binds dflres_driver to the device, a
 * release unbinds it. A device that has a driver cannot get another, so neither
 * side can take what the other has, and no state of ours can disagree with the
 * device's. A claim's files live exactly as long as the binding; removing them
 * revokes all that was opened and mapped through them.
 */

#include <linux/cred.h>
#include <linux/eventfd.h>
#include <linux/file.h>
#include <linux/module.h>
#include <linux/pid.h>
#include <linux/sched.h>
#include <linux/security.h>
#include <linux/slab.h>

#include "compat.h"
#include "dflres.h"
#include "trace.h"

static void dflres_claim_put(struct dflres_claim *claim)
{
	struct dflres_feature *feature = claim->feature;

	if (!refcount_dec_and_test(&claim->refs))
		return;

	put_pid(claim->pid);
	kfree(claim);
	put_device(&feature->ddev->dev);
	kobject_put(&feature->kobj);
}

static void dflres_lease_work(struct work_struct *work)
{
	struct dflres_claim *claim = container_of(work, struct dflres_claim, lease_work);
	struct dflres_feature *feature = claim->feature;

	mutex_lock(&feature->lock);
	/* Another claim may have followed this one by now */
	if (READ_ONCE(feature->claim) == claim)
		dflres_release(feature, DFLRES_LEASE_ENDED,
			       claim->to_kernel && !READ_ONCE(feature->refused));
	mutex_unlock(&feature->lock);

	dflres_claim_put(claim);
}

static int dflres_lease_wake(struct wait_queue_entry *wait, unsigned int mode, int sync, void *key)
{
	struct dflres_claim *claim = container_of(wait, struct dflres_claim, lease_wait);

	if (key_to_poll(key) & EPOLLHUP) {
		refcount_inc(&claim->refs);
		queue_work(dflres_wq, &claim->lease_work);
	}

	return 0;
}

static void dflres_lease_hook(struct file *file, wait_queue_head_t *queue, poll_table *poll)
{
	struct dflres_claim *claim = container_of(poll, struct dflres_claim, lease_poll);

	claim->lease_queue = queue;
	add_wait_queue(queue, &claim->lease_wait);
}

/*
 * Only the last close of an eventfd wakes its wait queue with EPOLLHUP, be it by
 * exit, by a signal, or of the last of several copies. So a lease waits in that
 * queue, as VFIO's virqfd and KVM's irqfd do. The wake-up comes with the queue's
 * lock held and interrupts off.
 */
static int dflres_lease_start(struct dflres_claim *claim, struct file *file)
{
	struct eventfd_ctx *lease = eventfd_ctx_fileget(file);

	if (IS_ERR(lease))
		return PTR_ERR(lease);

	claim->lease = lease;
	INIT_WORK(&claim->lease_work, dflres_lease_work);
	init_waitqueue_func_entry(&claim->lease_wait, dflres_lease_wake);
	init_poll_funcptr(&claim->lease_poll, dflres_lease_hook);
	vfs_poll(file, &claim->lease_poll);
	return 0;
}

/* When this returns, the wake-up does not run and will not */
static void dflres_lease_stop(struct dflres_claim *claim)
{
	remove_wait_queue(claim->lease_queue, &claim->lease_wait);
	eventfd_ctx_put(claim->lease);
}

static ssize_t owner_pid_show(struct kobject *kobj, compat_kobj_attribute *attr, char *buf)
{
	struct dflres_claim *claim = container_of(attr, struct dflres_claim, owner_pid.text);
	pid_t nr = 0;

	/* A struct pid keeps its numbers when its process is gone */
	rcu_read_lock();
	if (pid_task(claim->pid, PIDTYPE_TGID))
		nr = pid_vnr(claim->pid);
	rcu_read_unlock();

	return sysfs_emit(buf, "%d\n", nr);
}

static struct dflres_claim *dflres_claim_create(struct dflres_feature *feature,
						const struct cred *cred, struct file *lease)
{
	struct dflres_claim *claim;
	int err = 0;

	claim = kzalloc_obj(*claim);
	if (!claim)
		return ERR_PTR(-ENOMEM);

	if (lease)
		err = dflres_lease_start(claim, lease);
	if (err) {
		kfree(claim);
		return ERR_PTR(err);
	}

	kobject_get(&feature->kobj);
	get_device(&feature->ddev->dev);
	refcount_set(&claim->refs, 1);
	claim->feature = feature;
	claim->pid = get_pid(task_tgid(current));
	claim->gid = cred->fsgid;
	claim->owner_pid.text.show = owner_pid_show;
	return claim;
}

/* Undoes dflres_claim_create(), and takes the claim from its feature */
static void dflres_claim_drop(struct dflres_claim *claim)
{
	WRITE_ONCE(claim->feature->claim, NULL);
	if (claim->lease)
		dflres_lease_stop(claim);
	dflres_claim_put(claim);
}

/* Undoes dflres_claim_setup(), also one that failed half-way */
static void dflres_claim_teardown(struct dflres_claim *claim)
{
	dflres_irqs_remove(claim);
	dflres_file_remove(&claim->owner_pid);
	dflres_registers_remove(claim);
	dflres_region_release(claim);
}

static int dflres_claim_setup(struct dflres_claim *claim)
{
	int err;

	err = dflres_region_request(claim);
	if (err)
		return err;

	/* The interrupts first: if another claim holds one, nobody sees registers */
	err = dflres_irqs_add(claim) ?:
	      dflres_registers_add(claim) ?:
	      dflres_file_add(&claim->owner_pid, claim, 0444, "owner_pid", 0);
	if (err)
		dflres_claim_teardown(claim);
	return err;
}

/* The driver core calls this for a claim, in the claimer's context */
static int dflres_probe(struct dfl_device *ddev)
{
	struct dflres_feature *feature = dflres_feature_find(ddev);
	struct dflres_claim *claim;

	if (!feature || !feature->claim)
		return -ENODEV;

	/* A live claim is a use of the module, as an open device would be */
	if (!try_module_get(THIS_MODULE))
		return -ENODEV;

	claim = feature->claim;
	claim->error = dflres_claim_setup(claim);
	if (claim->error) {
		module_put(THIS_MODULE);
		return -ENXIO;
	}

	WRITE_ONCE(feature->leased, claim->lease);
	WRITE_ONCE(feature->claimed, true);
	trace_dflres_claim(ddev, feature->uid, claim->lease);
	return 0;
}

/*
 * The driver core calls this for a release, or because the device goes. When it
 * returns nobody can reach the registers through the claim.
 */
static void dflres_remove(struct dfl_device *ddev)
{
	struct dflres_feature *feature = dflres_feature_find(ddev);
	struct dflres_claim *claim = feature->claim;

	WRITE_ONCE(feature->claimed, false);
	WRITE_ONCE(feature->leased, false);
	dflres_claim_teardown(claim);
	trace_dflres_release(ddev, feature->reason);
	dflres_claim_drop(claim);
	module_put(THIS_MODULE);
}

/*
 * Matches nothing: the driver never binds on its own. It has several entries
 * because a DFL bus that was built apart may have larger ones, and would look for
 * the end of the table behind the first.
 */
static const struct dfl_device_id dflres_no_ids[8];

struct dfl_driver dflres_driver = {
	.drv = {
		.name = "dflres",
		/*
		 * device_release_driver() releases any driver. With bind and unbind
		 * files, somebody could unbind a claim and bind a kernel driver
		 * between our look at the device's driver and that call.
		 */
		.suppress_bind_attrs = true,
		.probe_type = PROBE_FORCE_SYNCHRONOUS,
	},
	.id_table = dflres_no_ids,
	.probe = dflres_probe,
	.remove = dflres_remove,
};

/*
 * Where several reasons to refuse apply, this order is the ABI's: the attach has
 * another one, and the driver core logs what .probe() refuses.
 */
static int dflres_check_claim(struct dflres_feature *feature)
{
	const char *reason;

	if (READ_ONCE(feature->ddev->dev.driver))
		return -EBUSY;
	if (security_locked_down(LOCKDOWN_PCI_ACCESS) || !dflres_dma_permits_claim(feature))
		return -EPERM;

	reason = dflres_unsafe(feature);
	if (IS_ERR(reason))
		return PTR_ERR(reason);

	return reason ? -ENXIO : 0;
}

/**
 * dflres_claim_feature() - claim a feature for the current process
 * @feature: the feature
 * @cred: the credentials of who opened the file that is written to
 * @lease: the eventfd that the claim ends with, or NULL; the caller keeps it open
 * @to_kernel: offer the device to the kernel's drivers when the lease ends
 *
 * Context: Process context, with @feature->lock held.
 * Return: 0 or the errno for the writer of `owner`.
 */
int dflres_claim_feature(struct dflres_feature *feature, const struct cred *cred,
			 struct file *lease, bool to_kernel)
{
	struct dflres_claim *claim;
	int err;

	lockdep_assert_held(&feature->lock);

	err = dflres_check_claim(feature);
	if (err)
		return err;

	claim = dflres_claim_create(feature, cred, lease);
	if (IS_ERR(claim))
		return PTR_ERR(claim);

	claim->to_kernel = to_kernel;
	feature->reason = DFLRES_DEVICE_GONE;
	feature->uid = cred->fsuid;
	WRITE_ONCE(feature->claim, claim);

	/* Once this succeeds, the claim belongs to the binding and may be gone */
	err = device_driver_attach(&dflres_driver.drv, &feature->ddev->dev);
	if (!err)
		return 0;

	err = claim->error ?: err;
	dflres_claim_drop(claim);
	return err;
}

/**
 * dflres_is_claimed() - is a feature claimed?
 * @feature: the feature
 *
 * Return: true if it is. While the caller holds @feature->lock no claim begins,
 *	   but one can end (when the device goes).
 */
bool dflres_is_claimed(struct dflres_feature *feature)
{
	return READ_ONCE(feature->ddev->dev.driver) == &dflres_driver.drv;
}

/**
 * dflres_release() - end a claim
 * @feature: the feature; it may have no claim
 * @reason: why the claim ends
 * @to_kernel: offer the device to the kernel's drivers then; `owner` tells
 *	       whether one took it
 *
 * Context: Process context, with @feature->lock held.
 */
void dflres_release(struct dflres_feature *feature, enum dflres_reason reason, bool to_kernel)
{
	struct device *dev = &feature->ddev->dev;

	lockdep_assert_held(&feature->lock);

	if (dflres_is_claimed(feature)) {
		feature->reason = reason;
		device_release_driver(dev);
	}

	if (to_kernel && device_attach(dev) < 0)
		dev_dbg(dev, "no kernel driver took it\n");
}
