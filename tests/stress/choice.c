// SPDX-License-Identifier: GPL-2.0
/*
 * See stress.h: what is to be done. No result of anything has any influence on it, so a seed is enough to have it again, on a
 * kernel that has the features' interrupts, or on one that has not.
 */

#include "random.h"
#include "stress.h"

#include <stdlib.h>
#include <string.h>

struct chooser {
	uint64_t state;
	bool interrupts;
	/* What must come next: the halves of what takes two batches, and what must be done before it */
	struct batch forced[8];
	unsigned int nr_forced, next_forced;
};

#define ROOT 1		/* only root can */
#define IRQ 2		/* of a feature with interrupts */
#define DRIVER 4	/* of a feature with a kernel driver */
#define STARTS 8	/* may give a vector to a claim */
#define MODULE 16	/* a driver comes or goes */
#define MAPPABLE 32	/* of a feature that is not part of a page */
#define CHANGE 64	/* may change who has a feature */
#define ALONE 128	/* the only one of its worker */

static const struct {
	unsigned int weight, flags;
} kinds[KINDS] = {
	[CLAIM] = { 60, STARTS | CHANGE },
	[LEASE] = { 40, STARTS | CHANGE },
	[RELEASE] = { 25, CHANGE },
	[HAND_BACK] = { 25, CHANGE },
	[CLOSE_LEASE] = { 40, CHANGE },
	[FORK] = { 5, 0 },
	[KILL_CHILD] = { 5, CHANGE },
	[KILL_WORKER] = { 2, CHANGE | ALONE },
	[MAP] = { 60, 0 },
	[MAP_ALL] = { 15, 0 },
	[MAP_COMBINED] = { 20, MAPPABLE },
	[CROWD_IN] = { 6, 0 },
	[CROWD_LOOK] = { 12, 0 },
	[TOUCH] = { 400, 0 },
	[MREMAP] = { 60, 0 },
	[MUNMAP] = { 20, 0 },
	[READ] = { 120, 0 },
	[WRITE] = { 80, 0 },
	[PEEK] = { 60, 0 },
	[POLL] = { 80, 0 },
	[INTERRUPT] = { 25, ROOT | IRQ },
	[COUNT] = { 50, IRQ },
	[ATTACH] = { 25, IRQ },
	[DETACH] = { 8, IRQ },
	[SUM] = { 80, IRQ },
	[LOAD_DRIVER] = { 3, ROOT | DRIVER | MODULE | CHANGE },
	[UNLOAD_DRIVER] = { 3, ROOT | DRIVER | MODULE | CHANGE },
	[BIND] = { 8, ROOT | DRIVER | CHANGE },
	[UNBIND] = { 8, ROOT | DRIVER | CHANGE },
};

/* One batch in so many is the first half of something larger */
#define RARELY 100
#define NOW_AND_THEN 40

/* A process in a namespace has gone before anybody could ask for its number, so it makes no claims */
enum opening opening_of(const struct choice *choice)
{
	unsigned int way = choice->which / 4 % 4;

	if (choice->which % 4)
		return OWN;
	if (way != IN_NAMESPACE)
		return way ?: OTHER_USER;
	return choice->kind == RELEASE || choice->kind == HAND_BACK ? IN_NAMESPACE : OTHER_USER;
}

uid_t opener_uid(const struct choice *choice)
{
	static const uid_t uids[] = { 0, ALICE, BOB };
	enum opening opening = opening_of(choice);

	if (opening == OWN || opening == IN_NAMESPACE)
		return worker_uid(choice->worker);
	return uids[choice->which / 16 % 3];
}

bool is_admin(const struct choice *choice)
{
	switch (opening_of(choice)) {
	case OTHER_FSUID:
		return true;
	case IN_NAMESPACE:
		return false;
	default:
		return !opener_uid(choice);
	}
}

bool is_to_kernel(const struct choice *choice)
{
	return choice->which >> 8 & 1;
}

bool is_barred(const struct choice *choice)
{
	return choice->which & 1;
}

bool is_elsewhere(const struct choice *choice)
{
	return choice->which >> 12 & 1;
}

bool is_threaded(const struct choice *choice)
{
	return !(choice->which >> 5 & (choice->kind == FORK ? 1 : 7));
}

static uint64_t draw(struct chooser *c)
{
	return splitmix64(&c->state);
}

static unsigned int pick(struct chooser *c, unsigned int n)
{
	return draw(c) % n;
}

struct chooser *choose_from(uint64_t seed, bool interrupts)
{
	struct chooser *c = calloc(1, sizeof(*c));

	if (!c)
		abort();
	c->state = seed;
	c->interrupts = interrupts;
	return c;
}

/* At the same time as what has been forced last */
static void force_beside(struct chooser *c, enum kind kind, unsigned int worker, unsigned int feature)
{
	struct batch *batch = &c->forced[c->nr_forced - 1];

	batch->choices[batch->n++] = (struct choice){ .kind = kind, .worker = worker, .feature = feature };
}

static void force(struct chooser *c, enum kind kind, unsigned int worker, unsigned int feature)
{
	c->forced[c->nr_forced++].n = 0;
	force_beside(c, kind, worker, feature);
}

/* A claim keeps the module, and so does a mapping, also when its claim has ended */
static void force_unused(struct chooser *c)
{
	unsigned int w, f;

	force(c, KILL_WORKER, 0, 0);
	for (w = 1; w < WORKERS; w++)
		force_beside(c, KILL_WORKER, w, 0);
	for (f = 0; f < FEATURES; f += 2) {
		force(c, RELEASE, 0, f);
		force_beside(c, RELEASE, 1, f + 1);
	}
}

static void force_rare(struct chooser *c)
{
	switch (pick(c, 8)) {
	case 0:
	case 1:
		force(c, REMOVE, pick(c, 2), 0);
		force(c, RESCAN, pick(c, 2), 0);
		break;
	case 2:
	case 3:
		force(c, UNBIND_FME, pick(c, 2), 0);
		force(c, BIND_FME, pick(c, 2), 0);
		break;
	case 4:
		force(c, RELEASE_PORT, pick(c, 2), 0);
		force(c, ASSIGN_PORT, pick(c, 2), 0);
		break;
	default:
		if (pick(c, 2))
			force_unused(c);
		force(c, UNLOAD, pick(c, 2), 0);
		force(c, LOAD, pick(c, 2), 0);
	}
}

/*
 * A lease's feature is released and claimed anew while its eventfd is closed: what the close has set off may come last, and must
 * leave the new claim alone. Workers 2 and 3 are one user, 4 and 5 another: who releases may not end that claim, so nothing else
 * explains it if it ends.
 */
static void force_late_close(struct chooser *c)
{
	unsigned int f = pick(c, FEATURES), holder = pick(c, 2) ? 2 : 4, other = 6 - holder;

	force(c, RELEASE, 0, f);
	force(c, LEASE, holder, f);
	force(c, CLOSE_LEASE, holder, f);
	force_beside(c, RELEASE, holder + 1, f);
	force_beside(c, CLAIM, other, f);
	force_beside(c, LEASE, other + 1, f);
}

static bool is_large(enum kind kind)
{
	return kind >= REMOVE;
}

/* A vector that is freed may be given to another claim, while a message to it is on its way: that is left to real hardware */
static bool disturbs(const struct choice *a, const struct choice *b)
{
	if (a->kind != INTERRUPT)
		return false;
	return is_large(b->kind) || (kinds[b->kind].flags & STARTS && features[b->feature].irqs);
}

static bool go_together(const struct choice *a, const struct choice *b)
{
	unsigned int fa = kinds[a->kind].flags, fb = kinds[b->kind].flags;

	if (a->worker == b->worker && (fa & ALONE || fb & ALONE || is_large(a->kind)))
		return false;
	if (disturbs(a, b) || disturbs(b, a))
		return false;
	if (fa & MODULE && fb & DRIVER)
		return false;
	if (fb & MODULE && fa & DRIVER)
		return false;
	/* Which of them finds the other one's driver, or device, there is no rule for */
	if (a->kind == RESCAN || a->kind == BIND_FME || a->kind == ASSIGN_PORT)
		return !(fb & DRIVER);
	return true;
}

static enum kind draw_kind(struct chooser *c)
{
	unsigned int sum = 0, at;
	enum kind kind;

	for (kind = 0; kind < KINDS; kind++)
		if (c->interrupts || !(kinds[kind].flags & IRQ))
			sum += kinds[kind].weight;
	at = pick(c, sum);
	for (kind = 0; kind < KINDS; kind++) {
		if (!c->interrupts && kinds[kind].flags & IRQ)
			continue;
		if (at < kinds[kind].weight)
			break;
		at -= kinds[kind].weight;
	}
	return kind;
}

static bool suits(enum kind kind, const struct feature *feature)
{
	if (kinds[kind].flags & IRQ && !feature->irqs)
		return false;
	if (kinds[kind].flags & MAPPABLE && !feature->pages)
		return false;
	return !(kinds[kind].flags & DRIVER && !feature->driver);
}

static struct choice draw_choice(struct chooser *c, unsigned int focus)
{
	struct choice choice = { .kind = draw_kind(c), .worker = pick(c, WORKERS), .feature = focus };

	while (choice.feature == FEATURES || !suits(choice.kind, &features[choice.feature]))
		choice.feature = pick(c, FEATURES);
	if (kinds[choice.kind].flags & ROOT)
		choice.worker = choice.kind == INTERRUPT ? 0 : pick(c, 2);
	return choice;
}

/* One more, unless it does not go together with what is there */
static void add_drawn(struct chooser *c, struct batch *batch, unsigned int focus)
{
	struct choice choice = draw_choice(c, focus);
	unsigned int i, changes = 0;

	for (i = 0; i < batch->n; i++) {
		if (!go_together(&batch->choices[i], &choice))
			return;
		changes += !!(kinds[batch->choices[i].kind].flags & CHANGE);
	}
	if (changes < CHANGES || !(kinds[choice.kind].flags & CHANGE))
		batch->choices[batch->n++] = choice;
}

void choose(struct chooser *c, struct batch *batch)
{
	unsigned int n = 1 + pick(c, BATCH), focus = pick(c, 2) ? pick(c, FEATURES) : FEATURES, i, tries, own = 0;

	batch->n = 0;
	if (c->next_forced == c->nr_forced) {
		c->nr_forced = c->next_forced = 0;
		if (!pick(c, RARELY))
			force_rare(c);
		else if (!pick(c, NOW_AND_THEN))
			force_late_close(c);
	}
	if (c->next_forced < c->nr_forced) {
		*batch = c->forced[c->next_forced++];
		/* These are with the workers' own rights: see opening_of() */
		own = 1;
		/* Nothing else comes between these */
		if (batch->n > 1)
			n = batch->n;
	}
	for (tries = 0; batch->n < n && tries < 3 * BATCH; tries++)
		add_drawn(c, batch, focus);
	for (i = 0; i < batch->n; i++) {
		batch->choices[i].which = draw(c) | own;
		batch->choices[i].delay_us = pick(c, 3) ? pick(c, 300) : 0;
	}
}
