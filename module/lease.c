// SPDX-License-Identifier: GPL-2.0
/*
 * The file `lease`: a claim that lasts as long as an eventfd
 *
 * The last close of an eventfd wakes its wait queue with EPOLLHUP, however it
 * comes about: exit, a signal, or the last of several copies. So a lease waits
 * in that queue, as VFIO's virqfd and KVM's irqfd do. The wake-up comes with the
 * queue's lock held and interrupts off; ending a claim sleeps, and is left to a
 * work item.
 *
 * A lease is referenced by its claim and by its queued work. It pins what the
 * work needs, for that may run after the device is gone: see dflres.h for the
 * order of the last two.
 */

#include <linux/device.h>
#include <linux/eventfd.h>
#include <linux/file.h>
#include <linux/poll.h>
#include <linux/refcount.h>
#include <linux/slab.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "compat.h"
#include "dflres.h"
#include "trace.h"

/**
 * struct dflres_lease - the tie between a claim and an eventfd
 * @refs: one for the claim (or who is making it), one for queued work
 * @feature: the feature; its directory's memory is pinned, and its device
 * @eventfd: pinned, which keeps @queue there when the file is gone
 * @queue: the eventfd's wait queue
 * @wait: our place in it
 * @poll: how to get there
 * @ended: the eventfd is gone; under the lock of @queue
 * @work: ends the claim
 */
struct dflres_lease {
	refcount_t refs;
	struct dflres_feature *feature;
	struct eventfd_ctx *eventfd;
	struct wait_queue_head *queue;
	struct wait_queue_entry wait;
	poll_table poll;
	bool ended;
	struct work_struct work;
};

/**
 * dflres_parse_fd() - the number of a file descriptor, written to a file
 * @buf: what was written; sysfs ends it with a NUL
 * @count: its length
 * @fd: where the number goes
 *
 * Return: 0, or -EINVAL if it is not a decimal number from -1 on, with or
 *	   without a newline behind it.
 */
int dflres_parse_fd(const char *buf, size_t count, int *fd)
{
	if (strlen(buf) != count || kstrtoint(buf, 10, fd) || *fd < -1)
		return -EINVAL;

	return 0;
}

static void dflres_lease_put(struct dflres_lease *lease)
{
	struct dflres_feature *feature = lease->feature;
	struct device *dev = &feature->ddev->dev;
	struct device *fiu = dev->parent;

	if (!refcount_dec_and_test(&lease->refs))
		return;

	eventfd_ctx_put(lease->eventfd);
	kfree(lease);
	put_device(dev);
	put_device(fiu);
	kobject_put(&feature->kobj);
}

static void dflres_lease_work(struct work_struct *work)
{
	struct dflres_lease *lease = container_of(work, struct dflres_lease,
						  work);
	struct dflres_feature *feature = lease->feature;

	mutex_lock(&feature->lock);
	/* Its claim may have ended meanwhile, and another one begun */
	if (READ_ONCE(feature->lease) == lease)
		dflres_hand_back(feature, DFLRES_LEASE_ENDED);
	mutex_unlock(&feature->lock);

	dflres_lease_put(lease);
}

static int dflres_lease_wake(struct wait_queue_entry *wait, unsigned int mode,
			     int sync, void *key)
{
	struct dflres_lease *lease = container_of(wait, struct dflres_lease,
						  wait);

	if (key_to_poll(key) & EPOLLHUP && !lease->ended) {
		lease->ended = true;
		refcount_inc(&lease->refs);
		queue_work(dflres_wq, &lease->work);
	}

	return 0;
}

static void dflres_lease_hook(struct file *file, wait_queue_head_t *queue,
			      poll_table *poll)
{
	struct dflres_lease *lease = container_of(poll, struct dflres_lease,
						  poll);

	lease->queue = queue;
	add_wait_queue(queue, &lease->wait);
}

/* @file is held by the caller until the claim is made: it cannot close before */
static struct dflres_lease *dflres_lease_create(struct dflres_feature *feature,
						struct file *file)
{
	struct device *dev = &feature->ddev->dev;
	struct dflres_lease *lease;

	lease = kzalloc_obj(*lease);
	if (!lease)
		return ERR_PTR(-ENOMEM);

	lease->eventfd = eventfd_ctx_fileget(file);
	if (IS_ERR(lease->eventfd)) {
		int err = PTR_ERR(lease->eventfd);

		kfree(lease);
		return ERR_PTR(err);
	}

	refcount_set(&lease->refs, 1);
	get_device(dev->parent);
	get_device(dev);
	kobject_get(&feature->kobj);
	lease->feature = feature;
	INIT_WORK(&lease->work, dflres_lease_work);
	init_waitqueue_func_entry(&lease->wait, dflres_lease_wake);
	init_poll_funcptr(&lease->poll, dflres_lease_hook);
	vfs_poll(file, &lease->poll);
	return lease;
}

/**
 * dflres_lease_drop() - untie a claim from its eventfd
 * @lease: the lease; the caller's reference to it goes
 *
 * When this returns the eventfd can no longer end anything. Work that it has
 * queued already finds another claim, or none, and does nothing.
 *
 * Context: .probe() or .remove(), also when called by the work itself.
 */
void dflres_lease_drop(struct dflres_lease *lease)
{
	remove_wait_queue(lease->queue, &lease->wait);
	dflres_lease_put(lease);
}

static ssize_t lease_store(struct kobject *kobj, struct kobj_attribute *attr,
			   const char *buf, size_t count)
{
	struct dflres_feature *feature = to_dflres_feature(kobj);
	struct dflres_lease *lease;
	struct file *file;
	int err, fd;

	err = dflres_parse_fd(buf, count, &fd);
	if (err || fd < 0) {
		err = -EINVAL;
		goto denied;
	}

	file = eventfd_fget(fd);
	if (IS_ERR(file)) {
		err = PTR_ERR(file);
		goto denied;
	}

	lease = dflres_lease_create(feature, file);
	if (IS_ERR(lease)) {
		err = PTR_ERR(lease);
		goto put_file;
	}

	mutex_lock(&feature->lock);
	err = dflres_claim(feature, lease);
	mutex_unlock(&feature->lock);
	if (err)
		dflres_lease_drop(lease);

put_file:
	fput(file);
denied:
	if (err)
		trace_denied(feature->ddev, err);
	return err ?: count;
}

struct kobj_attribute dflres_lease_attr = __ATTR_WO(lease);
