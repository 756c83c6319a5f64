// SPDX-License-Identifier: GPL-2.0
/* See model.h: none is lost, and none goes to another claim */

#include "model.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned int irq_of(const struct choice *c)
{
	return c->which / 8 % features[c->feature].irqs;
}

/* How many interrupts the batch may have brought to a claim, and how many it must have */
static struct span fired[FEATURES][IRQS];

static void check_count(const struct choice *c, const struct result *r)
{
	unsigned int f = c->feature, i = irq_of(c);
	typeof(&holdings[0].counts[0][0]) count = &holdings[c->worker].counts[f][i];
	long least = irqs[f][i].count, most = least + fired[f][i].high;

	if (r->fresh)
		count->claim = check_open("irqN", f, worker_uid(c->worker), true, r->ret);
	else
		check_use("a descriptor of irqN", f, &count->claim, !r->ret, r->begin);
	if (r->ret)
		return;
	if (must_live(f, count->claim) && (r->number < least || r->number > most))
		complain("0x%x: irq%u has counted %ld interrupts and not %ld to %ld", features[f].id, i, r->number,
			 least, most);
	if (!r->fresh && r->number > count->seen && !(r->revents & POLLPRI))
		complain("0x%x: irq%u went from %ld to %ld and nobody was woken", features[f].id, i, count->seen,
			 r->number);
	count->seen = r->number;
}

static void check_attach(const struct choice *c, const struct result *r)
{
	check_open("irqN_eventfd", c->feature, worker_uid(c->worker), true, r->ret);
}

/* WAS: before the batch, less what has been taken in it */
static void check_sum(const struct choice *c, const struct result *r, struct span *was)
{
	struct span *sum = &holdings[c->worker].sums[c->feature][irq_of(c)];

	if (r->number < was->low || r->number > sum->high)
		complain("0x%x: the eventfd of irq%u has got %ld interrupts and not %ld to %ld", features[c->feature].id,
			 irq_of(c), r->number, was->low, sum->high);
	was->low = was->low > r->number ? was->low - r->number : 0;
	sum->low = sum->low > r->number ? sum->low - r->number : 0;
	sum->high -= r->number;
}

static bool attaches(const struct choice *c, unsigned int f, unsigned int i)
{
	return (c->kind == ATTACH || c->kind == DETACH) && c->feature == f && irq_of(c) == i;
}

static void add_sum(unsigned int worker, unsigned int f, unsigned int i, long low, long high)
{
	holdings[worker].sums[f][i].low += low;
	holdings[worker].sums[f][i].high += high;
}

/* Who has got the interrupts of a batch: one worker's eventfd, or no one knows whose */
static void add_to_targets(const struct batch *batch, unsigned int f, unsigned int i)
{
	int target = irqs[f][i].target;
	bool changes = false, attached[WORKERS] = { false };
	unsigned int k;

	for (k = 0; k < batch->n; k++)
		if (attaches(&batch->choices[k], f, i)) {
			changes = true;
			attached[batch->choices[k].worker] = true;
		}
	for (k = 0; k < WORKERS; k++)
		if (attached[k] && (int)k != target && target != ANYBODYS)
			add_sum(k, f, i, 0, fired[f][i].high);
	if (target >= 0)
		add_sum(target, f, i, changes ? 0 : fired[f][i].low, fired[f][i].high);
	for (k = 0; k < WORKERS && target == ANYBODYS; k++)
		add_sum(k, f, i, 0, fired[f][i].high);
}

static void fire(const struct choice *c, const struct result *r)
{
	int vector = features[c->feature].vector + irq_of(c), times = 1 + c->which / 64 % 8;
	unsigned int f;

	if (r->ret)
		complain("vector %d cannot be fired: %s", vector, strerror(-r->ret));
	for (f = 0; f < FEATURES; f++) {
		unsigned int i = vector - features[f].vector;

		if (vector < features[f].vector || i >= features[f].irqs || before[f].owner != USER)
			continue;
		fired[f][i].high += r->number;
		fired[f][i].low += held(f) ? times : 0;
		if (held(f) && r->number != times)
			complain("0x%x: irq%u is masked during a claim", features[f].id, i);
		return;
	}
	if (r->number)
		complain("vector %d can be fired and is nobody's", vector);
}

/* Which eventfd is attached after the batch: that of who came last, if it is known who did, and to which claim */
static void retarget(const struct batch *batch, const struct result *results, unsigned int f, unsigned int i)
{
	const struct result *last = NULL;
	struct irq *irq = &irqs[f][i];
	unsigned int k;

	if (!held(f))
		irq->target = NOBODYS;
	if (after[f].owner != USER)
		return;
	for (k = 0; k < batch->n; k++) {
		const struct choice *c = &batch->choices[k];
		const struct result *r = &results[k];

		if (!attaches(c, f, i) || r->ret || (last && r->end <= last->begin))
			continue;
		irq->target = c->kind == ATTACH ? (int)c->worker : NOBODYS;
		if (!held(f) || (last && r->begin <= last->end))
			irq->target = ANYBODYS;
		if (!last || r->end > last->end)
			last = r;
	}
}

static void count_on(unsigned int f, unsigned int i)
{
	/* An interrupt that has come while the vector was being freed the kernel replays to the next claim, which must not count it */
	irqs[f][i].count = held(f) ? irqs[f][i].count + fired[f][i].low : 0;
}

void check_interrupts(const struct batch *batch, const struct result *results)
{
	static struct span was[WORKERS][FEATURES][IRQS];
	unsigned int f, i, k;

	memset(fired, 0, sizeof(fired));
	for (k = 0; k < WORKERS; k++)
		memcpy(was[k], holdings[k].sums, sizeof(was[k]));
	for (k = 0; k < batch->n; k++)
		if (batch->choices[k].kind == INTERRUPT)
			fire(&batch->choices[k], &results[k]);
	for (f = 0; f < FEATURES; f++)
		for (i = 0; i < features[f].irqs; i++)
			add_to_targets(batch, f, i);
	for (k = 0; k < batch->n; k++) {
		const struct choice *c = &batch->choices[k];

		if (c->kind == COUNT)
			check_count(c, &results[k]);
		if (c->kind == ATTACH || c->kind == DETACH)
			check_attach(c, &results[k]);
		if (c->kind == SUM)
			check_sum(c, &results[k], &was[c->worker][c->feature][irq_of(c)]);
	}
	for (f = 0; f < FEATURES; f++)
		for (i = 0; i < features[f].irqs; i++) {
			retarget(batch, results, f, i);
			count_on(f, i);
		}
}
