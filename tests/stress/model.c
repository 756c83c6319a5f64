// SPDX-License-Identifier: GPL-2.0
/* See model.h: a batch */

#include "model.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct state before[FEATURES], after[FEATURES];
struct irq irqs[FEATURES][IRQS];
unsigned int listings[FEATURES];
struct holdings holdings[WORKERS];
static unsigned int claims = DEAD_CLAIM;
struct story stories[FEATURES];
const pid_t *pids;
bool good;

void complain(const char *fmt, ...)
{
	char text[256];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	note("%s", text);
	good = false;
}

bool is_absent(int ret)
{
	return ret == -ENOENT || ret == -ENODEV;
}

static struct event *add_event(unsigned int f, enum change change, uint64_t begin, uint64_t end)
{
	struct story *story = &stories[f];
	struct event *e = &story->events[story->n++];

	if (story->n > EVENTS)
		bail("a batch has not more than %d events for a feature", EVENTS);
	*e = (struct event){ .change = change, .begin = begin, .end = end };
	story->moves |= change >= GOES;
	return e;
}

enum where { OF_ALL, OF_FME, OF_PORT };

static void add_everywhere(enum change change, const struct result *r, enum where where)
{
	unsigned int f;

	for (f = 0; f < FEATURES; f++)
		if (where == OF_ALL || features[f].of_port == (where == OF_PORT))
			add_event(f, change, r->begin, r->end);
}

static void add_choice(unsigned int f, const struct choice *c, const struct result *r)
{
	struct event *e = add_event(f, CHOICE, r->begin, r->end);

	e->kind = c->kind;
	e->ret = r->ret;
	e->worker = c->worker;
	e->uid = opener_uid(c);
	e->admin = is_admin(c);
	e->to_kernel = is_to_kernel(c);
	if (c->kind == CLAIM || c->kind == LEASE)
		e->claim = ++claims;
	if (c->kind == LEASE && !r->ret)
		holdings[c->worker].leases[f] = e->claim;
}

/* One of those who hold a lease's eventfd has let go of it */
static void let_go(unsigned int f, unsigned int *one, const unsigned int *other, uint64_t when)
{
	if (*one != NO_CLAIM && *one != *other)
		add_event(f, LEASE_ENDS, when, UINT64_MAX)->claim = *one;
	*one = NO_CLAIM;
}

static void lose_child(struct holdings *h, uint64_t when)
{
	unsigned int f;

	for (f = 0; f < FEATURES; f++)
		let_go(f, &h->child_leases[f], &h->leases[f], when);
	h->has_child = false;
}

static void lose_worker(unsigned int worker, uint64_t when)
{
	struct holdings *h = &holdings[worker];
	unsigned int f;

	lose_child(h, when);
	for (f = 0; f < FEATURES; f++) {
		let_go(f, &h->leases[f], &h->child_leases[f], when);
		if (before[f].pid == pids[worker])
			before[f].pid = 0;
	}
}

static void expect_ret(const struct choice *c, const struct result *r, int ret)
{
	if (r->ret != ret)
		complain("%s gave %d (%s) and not %d", kind_names[c->kind], r->ret, strerror(-r->ret), ret);
}

static bool may_unmap(enum kind kind)
{
	return kind == MAP || kind == MAP_ALL || kind == MAP_COMBINED || kind == MUNMAP || kind == KILL_WORKER ||
	       kind == CROWD_IN || kind == KILL_CHILD;
}

/* A mapping is a use of the module, also when its claim has ended. EXCEPT, if any: not those of workers that may unmap in it */
static bool any_mapping(const struct batch *except)
{
	bool excepted[WORKERS] = { false };
	unsigned int w, f, m;

	for (m = 0; except && m < except->n; m++)
		excepted[except->choices[m].worker] |= may_unmap(except->choices[m].kind);
	for (w = 0; w < WORKERS; w++) {
		const struct holdings *h = &holdings[w];

		if (excepted[w])
			continue;
		if (h->crowd.claim != NO_CLAIM && features[h->crowd.feature].pages)
			return true;
		for (f = 0; f < FEATURES; f++)
			for (m = 0; m < MAPS; m++)
				if (h->maps[f][m] != NO_CLAIM || (h->has_child && h->child_maps[f][m] != NO_CLAIM))
					return true;
	}
	return false;
}

static bool any_claim_possible(const struct batch *batch)
{
	unsigned int i;

	for (i = 0; i < FEATURES; i++)
		if (before[i].owner == USER)
			return true;
	for (i = 0; i < batch->n; i++)
		if (batch->choices[i].kind == CLAIM || batch->choices[i].kind == LEASE)
			return true;
	return false;
}

static void add_module(const struct batch *batch, const struct choice *c, const struct result *r)
{
	bool listed = before[0].listed;

	if (c->kind == LOAD) {
		expect_ret(c, r, listed ? -EEXIST : 0);
		if (!listed)
			add_everywhere(LISTED, r, OF_ALL);
		return;
	}
	if (!r->ret && any_mapping(batch))
		complain("dflres unloads though it is needed by a mapping");
	if (!r->ret)
		add_everywhere(UNLISTED, r, OF_ALL);
	else if (r->ret != -EAGAIN || !(any_claim_possible(batch) || any_mapping(NULL)))
		complain("dflres does not unload: %s", strerror(-r->ret));
}

/* Up to 6.12 the kernel adds the same device once more, which the driver core takes for dead */
static bool kernel_binds_again(void)
{
	static int version;

	if (!version)
		version = kernel_version();
	return version > 612;
}

static enum where where_of(enum kind kind)
{
	if (kind == RELEASE_PORT || kind == ASSIGN_PORT)
		return OF_PORT;
	return kind == UNBIND_FME || kind == BIND_FME ? OF_FME : OF_ALL;
}

static void add_stories(const struct batch *batch, const struct choice *c, const struct result *r)
{
	struct holdings *h = &holdings[c->worker];
	unsigned int f;

	switch (c->kind) {
	case CLAIM:
	case LEASE:
	case RELEASE:
	case HAND_BACK:
	case BIND:
	case UNBIND:
		add_choice(c->feature, c, r);
		break;
	case LOAD_DRIVER:
	case UNLOAD_DRIVER:
		for (f = 0; f < FEATURES; f++)
			if (features[f].module && !strcmp(features[f].module, features[c->feature].module))
				add_choice(f, c, r);
		break;
	case CLOSE_LEASE:
		let_go(c->feature, &h->leases[c->feature], &h->child_leases[c->feature], r->begin);
		break;
	case FORK:
		memcpy(h->child_leases, h->leases, sizeof(h->leases));
		break;
	case KILL_CHILD:
		lose_child(h, r->begin);
		break;
	case KILL_WORKER:
		lose_worker(c->worker, r->begin);
		break;
	case REMOVE:
	case UNBIND_FME:
	case RELEASE_PORT:
		expect_ret(c, r, 0);
		add_everywhere(GOES, r, where_of(c->kind));
		break;
	case RESCAN:
	case BIND_FME:
	case ASSIGN_PORT:
		expect_ret(c, r, 0);
		if (c->kind == ASSIGN_PORT && !kernel_binds_again())
			break;
		add_everywhere(COMES, r, where_of(c->kind));
		add_everywhere(PROBED, r, where_of(c->kind));
		break;
	case UNLOAD:
	case LOAD:
		add_module(batch, c, r);
		break;
	default:
		break;
	}
}

static bool share_vector(const struct feature *a, const struct feature *b)
{
	return a->irqs && b->irqs && a->vector < b->vector + (int)b->irqs && b->vector < a->vector + (int)a->irqs;
}

static bool tries_claim(const struct story *story)
{
	unsigned int i;

	for (i = 0; i < story->n; i++)
		if (story->events[i].change == CHOICE &&
		    (story->events[i].kind == CLAIM || story->events[i].kind == LEASE))
			return true;
	return false;
}

bool has_interrupts(void)
{
	static int has = -1;

	if (has < 0)
		has = card_has_interrupts();
	return has;
}

static void find_contention(void)
{
	unsigned int f, g;

	for (f = 0; f < FEATURES && has_interrupts(); f++)
		for (g = 0; g < FEATURES; g++)
			if (g != f && share_vector(&features[f], &features[g]) &&
			    (before[g].owner == USER || tries_claim(&stories[g])))
				stories[f].contended = true;
}

static bool is_of_uio(unsigned int f)
{
	return features[f].module && !strcmp(features[f].module, "uio_dfl");
}

/* Its driver, if it has one, may let go of it */
static bool may_lose_driver(const struct story *story)
{
	unsigned int i;

	for (i = 0; i < story->n; i++) {
		const struct event *e = &story->events[i];

		if (e->change == GOES || (e->change == CHOICE && (e->kind == UNBIND || e->kind == UNLOAD_DRIVER)))
			return true;
	}
	return false;
}

/*
 * Since 0c9ae0b86050 ("uio: Fix use-after-free in uio_open"), which stable kernels have, too, uio_unregister_device() frees a
 * device's number before it takes the device away. A probe that gets the number in between fails: the name is there already.
 */
static void find_fallible(void)
{
	unsigned int f, g;

	for (f = 0; f < FEATURES; f++)
		for (g = 0; g < FEATURES; g++)
			if (g != f && is_of_uio(f) && is_of_uio(g) && may_lose_driver(&stories[g]))
				stories[f].fallible = true;
}

bool held(unsigned int f)
{
	return before[f].owner == USER && after[f].claim == before[f].claim;
}

bool quiet(unsigned int f)
{
	return !stories[f].n;
}

/* No two claims have the same vector, and none began while another one had it all along */
static void check_vectors(void)
{
	unsigned int f, g;

	for (f = 0; f < FEATURES && has_interrupts(); f++)
		for (g = 0; g < FEATURES; g++)
			if (g != f && share_vector(&features[f], &features[g]) && held(g) &&
			    after[f].owner == USER)
				complain("0x%x and 0x%x are claimed with the same vector", features[f].id,
					 features[g].id);
}

static void check_uses(const struct choice *c, const struct result *r)
{
	struct holdings *h = &holdings[c->worker];

	switch (c->kind) {
	case FORK:
		check_fork(c, r);
		break;
	case CROWD_IN:
	case CROWD_LOOK:
		check_crowd(c, r);
		break;
	case MAP:
	case MAP_ALL:
	case MAP_COMBINED:
		check_map(c, r);
		break;
	case MUNMAP:
		h->maps[c->feature][c->which % MAPS] = NO_CLAIM;
		break;
	case MREMAP:
		expect_ret(c, r, 0);
		break;
	case TOUCH:
		expect_ret(c, r, 0);
		check_touch(c, r);
		break;
	case READ:
	case WRITE:
		check_registers(c, r);
		break;
	case PEEK:
		check_peek(c, r);
		break;
	case POLL:
		check_poll(c, r);
		break;
	default:
		break;
	}
}

/* Files that have come are everybody's to claim with */
static void open_to_all(unsigned int f)
{
	char name[128];

	listings[f]++;
	path(name, sizeof(name), name_of(f), "dflres/owner");
	chmod(name, 0666);
	path(name, sizeof(name), name_of(f), "dflres/lease");
	chmod(name, 0666);
}

static bool is_listed(const struct state *s)
{
	return s->present && s->listed;
}

static void check_children(void)
{
	unsigned int w;

	for (w = 0; w < WORKERS; w++)
		if (shared->children[w].revived || shared->children[w].wrong)
			complain("a mapping of worker %u's child %s", w,
				 shared->children[w].revived ? "came back to life" : "shows what is not the feature's");
}

bool model_judge(const struct batch *batch, const pid_t worker_pids[WORKERS])
{
	const struct result *results = shared->results;
	unsigned int f, k;
	bool comes = false;

	good = true;
	pids = worker_pids;
	memset(stories, 0, sizeof(stories));
	for (k = 0; k < batch->n; k++) {
		const struct choice *c = &batch->choices[k];

		if (!results[k].idle)
			add_stories(batch, c, &results[k]);
		comes |= c->kind == RESCAN || c->kind == BIND_FME || c->kind == ASSIGN_PORT;
	}
	if (comes)
		find_names();
	find_contention();
	find_fallible();
	for (f = 0; f < FEATURES && good; f++) {
		after[f] = before[f];
		if (!quiet(f))
			settle(f, &stories[f]);
	}
	if (!good)
		return false;
	check_vectors();
	check_types(batch, results);
	for (k = 0; k < batch->n; k++) {
		const struct choice *c = &batch->choices[k];

		if (!results[k].idle)
			check_uses(c, &results[k]);
	}
	if (has_interrupts())
		check_interrupts(batch, results);
	check_children();
	for (f = 0; f < FEATURES; f++) {
		if (is_listed(&after[f]) && !is_listed(&before[f]))
			open_to_all(f);
		if (after[f].owner != USER)
			bury_unknown(f);
		if (!after[f].present)
			shared->names[f][0] = '\0';
		before[f] = after[f];
	}
	return good;
}

bool model_audit(const pid_t worker_pids[WORKERS])
{
	unsigned int f, i;

	good = true;
	pids = worker_pids;
	for (f = 0; f < FEATURES; f++) {
		struct sight sight;
		char name[32];

		see(f, &sight);
		if (!agrees(&before[f], &sight, &features[f])) {
			complain("0x%x is not as nobody has left it", features[f].id);
			tell(f, &sight);
		}
		for (i = 0; has_interrupts() && before[f].owner == USER && i < features[f].irqs; i++) {
			long count;

			snprintf(name, sizeof(name), "dflres/irq%u", i);
			count = atol(get(shared->names[f], name));
			if (count != irqs[f][i].count)
				complain("0x%x: irq%u has counted %ld interrupts and not %ld", features[f].id, i,
					 count, irqs[f][i].count);
		}
	}
	check_children();
	return good;
}

void model_new_worker(unsigned int worker)
{
	uint32_t words[FEATURES];
	unsigned int f, i;

	memcpy(words, holdings[worker].words, sizeof(words));
	memset(&holdings[worker], 0, sizeof(holdings[worker]));
	memcpy(holdings[worker].words, words, sizeof(words));
	for (f = 0; f < FEATURES; f++)
		for (i = 0; i < IRQS; i++)
			if (irqs[f][i].target == (int)worker)
				irqs[f][i].target = NOBODYS;
}

void model_begin(const pid_t worker_pids[WORKERS])
{
	unsigned int f, i;

	pids = worker_pids;
	for (f = 0; f < FEATURES; f++) {
		before[f] = (struct state){ .present = true, .listed = true };
		open_to_all(f);
		for (i = 0; i < IRQS; i++)
			irqs[f][i].target = NOBODYS;
	}
	has_interrupts();
}
