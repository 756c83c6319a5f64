// SPDX-License-Identifier: GPL-2.0
/*
 * The interrupts of a claim: the files `irqN` and `irqN_eventfd`
 *
 * All of the feature's interrupts are requested for as long as the claim lasts,
 * and counted whether or not anybody listens: a file that is polled has no point
 * at which a listener could be seen to come, and an edge that came before it
 * would be lost.
 *
 * kernfs_notify() wakes pollers from any context, but also queues work that
 * takes locks of the whole of sysfs, so it is called once for each read of the
 * file and not for each interrupt. Who needs every interrupt at a high rate
 * attaches an eventfd.
 *
 * The interrupt takes no lock of ours: who takes an eventfd away waits for the
 * interrupt to be over.
 */

#include <linux/eventfd.h>
#include <linux/interrupt.h>
#include <linux/kernfs.h>
#include <linux/slab.h>

#include "compat.h"
#include "dflres.h"
#include "trace.h"

/**
 * struct dflres_irq - one interrupt of a claim
 * @claim: the claim
 * @index: N of irqN
 * @count: interrupts since the claim
 * @armed: the count has been read since pollers were last woken
 * @requested: whether it is to be freed
 * @eventfd: signalled at each interrupt, or NULL
 * @count_file: the file `irqN`
 * @eventfd_file: the file `irqN_eventfd`
 */
struct dflres_irq {
	struct dflres_claim *claim;
	unsigned int index;
	atomic64_t count;
	atomic_t armed;
	bool requested;
	struct eventfd_ctx *eventfd;
	struct dflres_file count_file;
	struct dflres_file eventfd_file;
};

static irqreturn_t dflres_irq_handler(int line, void *data)
{
	struct dflres_irq *irq = data;
	struct dflres_feature *feature = irq->claim->feature;
	struct eventfd_ctx *eventfd;
	u64 count;

	/*
	 * One that came while the vector was being freed is kept by the kernel,
	 * and replayed when the vector is requested: it is not this claim's.
	 */
	if (!READ_ONCE(feature->claimed))
		return IRQ_HANDLED;

	count = atomic64_inc_return(&irq->count);

	/*
	 * Ordered after the count: who re-arms sees this interrupt, or is woken.
	 * Read first, since whoever listens to the eventfd never arms it.
	 */
	if (atomic_read(&irq->armed) && atomic_xchg(&irq->armed, 0))
		kernfs_notify(irq->count_file.node);

	eventfd = READ_ONCE(irq->eventfd);
	if (eventfd)
		eventfd_signal(eventfd);

	trace_dflres_irq(feature->ddev, irq->index, count);
	return IRQ_HANDLED;
}

static ssize_t irq_count_show(struct kobject *kobj, compat_kobj_attribute *attr,
			      char *buf)
{
	struct dflres_irq *irq = container_of(attr, struct dflres_irq,
					      count_file.text);

	/* Ordered before the count, see the handler */
	atomic_xchg(&irq->armed, 1);
	return sysfs_emit(buf, "%lld\n", atomic64_read(&irq->count));
}

static int dflres_irq_line(struct dflres_irq *irq)
{
	return irq->claim->feature->ddev->irqs[irq->index];
}

static ssize_t irq_eventfd_store(struct kobject *kobj,
				 compat_kobj_attribute *attr, const char *buf,
				 size_t count)
{
	struct dflres_irq *irq = container_of(attr, struct dflres_irq,
					      eventfd_file.text);
	struct eventfd_ctx *eventfd = NULL;
	int err, fd;

	err = dflres_parse_fd(buf, count, &fd);
	if (err)
		return err;

	if (fd != -1) {
		eventfd = eventfd_ctx_fdget(fd);
		if (IS_ERR(eventfd))
			return PTR_ERR(eventfd);
	}

	eventfd = xchg(&irq->eventfd, eventfd);
	if (eventfd) {
		/* An interrupt that is going on may have found it */
		synchronize_irq(dflres_irq_line(irq));
		eventfd_ctx_put(eventfd);
	}

	return count;
}

static int dflres_irq_add(struct dflres_claim *claim, unsigned int index)
{
	struct dflres_irq *irq = &claim->irqs[index];
	int err;

	irq->claim = claim;
	irq->index = index;
	irq->count_file.text.show = irq_count_show;
	irq->eventfd_file.text.store = irq_eventfd_store;

	err = dflres_file_add(&irq->count_file, claim, 0400, "irq%u", index);
	if (err)
		return err;

	err = dflres_file_add(&irq->eventfd_file, claim, 0200, "irq%u_eventfd",
			      index);
	if (err)
		return err;

	/*
	 * Not shared: two features may name the same vector, and the second
	 * claim has to fail. PROBE_SHARED keeps that out of the kernel's log.
	 */
	err = request_irq(dflres_irq_line(irq), dflres_irq_handler,
			  IRQF_PROBE_SHARED,
			  dev_name(&claim->feature->ddev->dev), irq);
	irq->requested = !err;

	/* The card's list may name what is no interrupt at all */
	return err == -EBUSY || err == -ENOMEM || !err ? err : -ENXIO;
}

/* The files last, with no interrupt that could wake those who poll */
static void dflres_irq_remove(struct dflres_irq *irq)
{
	if (irq->requested)
		free_irq(dflres_irq_line(irq), irq);
	dflres_file_remove(&irq->eventfd_file);
	dflres_file_remove(&irq->count_file);
	if (irq->eventfd)
		eventfd_ctx_put(irq->eventfd);
}

/**
 * dflres_irqs_add() - request a claim's interrupts and make their files
 * @claim: the claim
 *
 * Context: .probe()
 * Return: 0, -EBUSY if another driver or claim holds one of them, -ENXIO if
 *	   one is no interrupt, or -ENOMEM. After an error some may be held:
 *	   dflres_irqs_remove() frees them.
 */
int dflres_irqs_add(struct dflres_claim *claim)
{
	unsigned int i, n = claim->feature->ddev->num_irqs;
	int err;

	if (!n)
		return 0;

	/* As many as the card likes */
	claim->irqs = kvcalloc(n, sizeof(*claim->irqs), GFP_KERNEL);
	if (!claim->irqs)
		return -ENOMEM;

	for (i = 0; i < n; i++) {
		err = dflres_irq_add(claim, i);
		if (err)
			return err;
	}

	/* What is replayed may be waiting for its thread (see the handler) */
	for (i = 0; i < n; i++)
		synchronize_irq(dflres_irq_line(&claim->irqs[i]));

	return 0;
}

/**
 * dflres_irqs_remove() - free a claim's interrupts
 * @claim: the claim; nothing happens if it has none
 *
 * When this returns no handler runs any more, those who polled have been woken,
 * and no eventfd is attached.
 *
 * Context: .probe() or .remove()
 */
void dflres_irqs_remove(struct dflres_claim *claim)
{
	unsigned int i;

	if (!claim->irqs)
		return;

	for (i = 0; i < claim->feature->ddev->num_irqs; i++)
		dflres_irq_remove(&claim->irqs[i]);
	kvfree(claim->irqs);
}
