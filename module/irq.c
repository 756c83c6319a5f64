// SPDX-License-Identifier: GPL-2.0
/*
 * The interrupts of a claim: the files `irqN` and `irqN_eventfd`
 *
 * A claim requests all of the feature's interrupts and counts from then on. We
 * cannot tell when somebody starts to poll a file, and an edge that came before
 * would be lost.
 *
 * kernfs_notify() works in any context, but queues work that takes locks of all of
 * sysfs. So it is called once for each read of the file, not for each interrupt.
 * For a high rate of interrupts there is the eventfd.
 *
 * The interrupt handler takes no lock of ours: who replaces an eventfd waits until
 * the handler has returned.
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
 * @armed: somebody has read the count since pollers were last woken
 * @requested: request_irq() succeeded
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
	 * The kernel keeps an interrupt that came while the vector was being freed,
	 * and replays it at the next request: it belongs to an earlier claim.
	 */
	if (!READ_ONCE(feature->claimed))
		return IRQ_HANDLED;

	count = atomic64_inc_return(&irq->count);

	/*
	 * Ordered after the count: who re-arms sees this interrupt, or is woken.
	 * The plain read saves users of the eventfd, who never arm, the exchange.
	 */
	if (atomic_read(&irq->armed) && atomic_xchg(&irq->armed, 0))
		kernfs_notify(irq->count_file.node);

	eventfd = READ_ONCE(irq->eventfd);
	if (eventfd)
		eventfd_signal(eventfd);

	trace_dflres_irq(feature->ddev, irq->index, count);
	return IRQ_HANDLED;
}

static ssize_t irq_count_show(struct kobject *kobj, compat_kobj_attribute *attr, char *buf)
{
	struct dflres_irq *irq = container_of(attr, struct dflres_irq, count_file.text);

	/* Ordered before the count, see the handler */
	atomic_xchg(&irq->armed, 1);
	return sysfs_emit(buf, "%lld\n", atomic64_read(&irq->count));
}

static int dflres_irq_line(struct dflres_irq *irq)
{
	return irq->claim->feature->ddev->irqs[irq->index];
}

static ssize_t irq_eventfd_store(struct kobject *kobj, compat_kobj_attribute *attr,
				 const char *buf, size_t count)
{
	struct dflres_irq *irq = container_of(attr, struct dflres_irq, eventfd_file.text);
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
		/* A handler that runs now may have found it */
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

	err = dflres_file_add(&irq->count_file, claim, 0400, "irq%u", index) ?:
	      dflres_file_add(&irq->eventfd_file, claim, 0200, "irq%u_eventfd", index);
	if (err)
		return err;

	/*
	 * Not shared: two features may name the same vector, and the second
	 * claim has to fail. PROBE_SHARED keeps that out of the kernel's log.
	 */
	err = request_irq(dflres_irq_line(irq), dflres_irq_handler, IRQF_PROBE_SHARED,
			  dev_name(&claim->feature->ddev->dev), irq);
	irq->requested = !err;

	/* The card's list may name a vector that does not exist */
	return err == -EBUSY || err == -ENOMEM || !err ? err : -ENXIO;
}

/* The interrupt first: its handler uses the files */
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
 * Return: 0, -EBUSY if another driver or claim holds one of them, -ENXIO if one
 *	   does not exist, or -ENOMEM. After an error dflres_irqs_remove() frees
 *	   those that are held.
 */
int dflres_irqs_add(struct dflres_claim *claim)
{
	unsigned int i, n = claim->feature->ddev->num_irqs;
	int err;

	if (!n)
		return 0;

	/* The card's list says how many */
	claim->irqs = kvcalloc(n, sizeof(*claim->irqs), GFP_KERNEL);
	if (!claim->irqs)
		return -ENOMEM;

	for (i = 0; i < n; i++) {
		err = dflres_irq_add(claim, i);
		if (err)
			return err;
	}

	/* A replayed interrupt may wait for its thread (see the handler) */
	for (i = 0; i < n; i++)
		synchronize_irq(dflres_irq_line(&claim->irqs[i]));

	return 0;
}

/**
 * dflres_irqs_remove() - free a claim's interrupts
 * @claim: the claim; nothing happens if it has none
 *
 * When this returns no handler runs any more, the pollers have been woken, and no
 * eventfd is attached.
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
