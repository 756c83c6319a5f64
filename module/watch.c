// SPDX-License-Identifier: GPL-2.0
/*
 * Watch an eventfd until it is closed for the last time
 *
 * The last close, and nothing else, wakes the eventfd's wait queue with EPOLLHUP,
 * however it comes about: exit, a signal, or the last of several copies. So a
 * watch waits in that queue, as VFIO's virqfd and KVM's irqfd do. The wake-up
 * comes with the queue's lock held and interrupts off.
 */

#include <linux/eventfd.h>
#include <linux/poll.h>

#include "compat.h"
#include "dflres.h"

static int dflres_watch_wake(struct wait_queue_entry *wait, unsigned int mode,
			     int sync, void *key)
{
	struct dflres_watch *watch = container_of(wait, struct dflres_watch,
						  wait);

	if (key_to_poll(key) & EPOLLHUP)
		watch->closed(watch);

	return 0;
}

static void dflres_watch_hook(struct file *file, wait_queue_head_t *queue,
			      poll_table *poll)
{
	struct dflres_watch *watch = container_of(poll, struct dflres_watch,
						  poll);

	watch->queue = queue;
	add_wait_queue(queue, &watch->wait);
}

/**
 * dflres_watch_start() - begin to watch an eventfd
 * @watch: the watch
 * @file: the eventfd, open as long as this runs; it can be closed afterwards
 * @closed: called once, when it is closed for the last time, in atomic context
 *
 * Return: 0, or a negative errno if @file is not an eventfd's.
 */
int dflres_watch_start(struct dflres_watch *watch, struct file *file,
		       void (*closed)(struct dflres_watch *watch))
{
	/* Keeps the wait queue there when the file is gone */
	watch->eventfd = eventfd_ctx_fileget(file);
	if (IS_ERR(watch->eventfd))
		return PTR_ERR(watch->eventfd);

	watch->closed = closed;
	init_waitqueue_func_entry(&watch->wait, dflres_watch_wake);
	init_poll_funcptr(&watch->poll, dflres_watch_hook);
	vfs_poll(file, &watch->poll);
	return 0;
}

/**
 * dflres_watch_stop() - stop to watch an eventfd
 * @watch: the watch
 *
 * When this returns @closed is not running and will not be called.
 */
void dflres_watch_stop(struct dflres_watch *watch)
{
	remove_wait_queue(watch->queue, &watch->wait);
	eventfd_ctx_put(watch->eventfd);
}
