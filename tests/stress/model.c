// SPDX-License-Identifier: GPL-2.0
/* See stress.h: who must own what, and what follows from it for all that was opened, mapped and attached */

#define _GNU_SOURCE
#include "stress.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A lease ends soon after its eventfd's last close, and not at once */
#define SETTLE_MS 30000

/* Claims are numbered from 2 on. What is held of a claim that nobody knows is found out when it is used */
#define NO_CLAIM 0
#define DEAD_CLAIM 1
#define UNKNOWN (~0U)

/* No eventfd is attached */
#define NOBODYS (-1)
/* Any worker's may be: two have attached theirs at once */
#define ANYBODYS (-2)

enum owner { NOBODY, KERNEL, USER };

static const char * const owner_words[] = { "none", "kernel", "user" };

/* A feature */
struct state {
	bool present, listed;	/* on the bus; and dflres has a directory for it */
	bool driver;		/* its driver is loaded */
	enum owner owner;
	unsigned int claim;
	uid_t uid;
	pid_t pid;		/* 0 when it has gone */
	bool leased;
	unsigned int ended;	/* the claim that has ended last, and when the end was complete */
	uint64_t ended_at;
};

struct span {
	long low, high;
};

/*
 * An interrupt that comes while its vector is being freed the kernel keeps, and replays to who requests the vector next: a claim
 * may begin with one. Whether one is kept, and whether one has come, cannot be seen from outside before it is counted.
 */
struct irq {
	long count, replayed;	/* the latter: at most so many more */
	int target;
};

static bool kept[VECTORS];

/* What a worker holds, by the claim through which it has got it */
struct holdings {
	bool has_child;
	unsigned int leases[FEATURES], child_leases[FEATURES];
	unsigned int maps[FEATURES][MAPS], child_maps[FEATURES][MAPS];
	unsigned int registers[FEATURES];
	struct {
		unsigned int listing;
		char seen[16];
	} owners[FEATURES];
	struct {
		unsigned int claim;
		long seen;
	} counts[FEATURES][IRQS];
	struct span sums[FEATURES][IRQS];
	uint32_t words[FEATURES];
};

/* Something that may have changed who owns a feature: a choice's part in it, or what follows from one */
enum change { CHOICE, LEASE_ENDS, GOES, COMES, PROBED, UNLISTED, LISTED };

struct event {
	enum change change;
	enum kind kind;
	int ret;
	unsigned int worker, claim;
	uint64_t begin, end;
};

#define EVENTS 16

struct story {
	struct event events[EVENTS];
	unsigned int n;
	bool moves;	/* the feature comes or goes */
	bool contended;	/* another feature's claim may have one of its interrupts */
};

/* What can be seen of a feature */
struct sight {
	bool present, listed, claimed;
	char owner[16], driver[32];
	uid_t uid;
	long pid;
};

static struct state before[FEATURES], after[FEATURES];
static struct irq irqs[FEATURES][IRQS];
/* How often each feature's files have come */
static unsigned int listings[FEATURES];
static struct holdings holdings[WORKERS];
static unsigned int claims = DEAD_CLAIM;
static const pid_t *pids;
static bool good;

static void complain(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static void complain(const char *fmt, ...)
{
	char text[256];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	note("%s", text);
	good = false;
}

static bool is_absent(int ret)
{
	return ret == -ENOENT || ret == -ENODEV;
}

static bool may(const struct state *s, uid_t uid)
{
	return !uid || uid == s->uid;
}

static void end_claim(struct state *s, uint64_t at)
{
	s->ended = s->claim;
	s->ended_at = at;
	s->owner = NOBODY;
	s->claim = NO_CLAIM;
	s->leased = false;
}

static void offer(struct state *s)
{
	if (s->owner == NOBODY && s->driver)
		s->owner = KERNEL;
}

static bool apply_claim(struct state *s, const struct event *e, const struct story *story)
{
	if (s->owner != NOBODY)
		return e->ret == -EBUSY;
	if (e->ret == -EBUSY)
		return story->contended;
	if (e->ret)
		return false;
	s->owner = USER;
	s->claim = e->claim;
	s->uid = worker_uid(e->worker);
	s->pid = pids[e->worker];
	s->leased = e->kind == LEASE;
	return true;
}

static bool apply_release(struct state *s, const struct event *e)
{
	if (s->owner == KERNEL)
		return e->kind == RELEASE ? e->ret == -EBUSY : !e->ret;
	if (s->owner == USER && !may(s, worker_uid(e->worker)))
		return e->ret == -EPERM;
	if (e->ret)
		return false;
	if (s->owner == USER)
		end_claim(s, e->end);
	if (e->kind == HAND_BACK)
		offer(s);
	return true;
}

static bool apply_owner(struct state *s, const struct event *e, const struct story *story)
{
	/* A device that comes is not ready at once, and its files are not everybody's at once */
	if (story->moves && (is_absent(e->ret) || e->ret == -EAGAIN || e->ret == -EACCES))
		return true;
	if (!s->present || !s->listed)
		return is_absent(e->ret);
	if (e->kind == CLAIM || e->kind == LEASE)
		return apply_claim(s, e, story);
	return apply_release(s, e);
}

static bool apply_driver(struct state *s, const struct event *e, const struct story *story)
{
	switch (e->kind) {
	case LOAD_DRIVER:
		if (s->driver)
			return e->ret == -EEXIST;
		s->driver = true;
		if (s->present)
			offer(s);
		return !e->ret;
	case UNLOAD_DRIVER:
		if (!s->driver)
			return e->ret == -ENOENT;
		s->driver = false;
		if (s->owner == KERNEL)
			s->owner = NOBODY;
		return !e->ret;
	case BIND:
	case UNBIND:
		if (!s->driver)
			return e->ret == -ENOENT;
		if (!s->present || (story->moves && e->ret == -ENODEV))
			return e->ret == -ENODEV;
		if (e->kind == BIND) {
			if (s->owner != NOBODY)
				return e->ret == -EBUSY;
			s->owner = KERNEL;
		} else {
			if (s->owner != KERNEL)
				return e->ret == -ENODEV;
			s->owner = NOBODY;
		}
		return !e->ret;
	default:
		return false;
	}
}

static bool apply(struct state *s, const struct event *e, const struct story *story)
{
	switch (e->change) {
	case LEASE_ENDS:
		if (s->owner == USER && s->claim == e->claim) {
			end_claim(s, UINT64_MAX);
			offer(s);
		}
		return true;
	case GOES:
		if (s->owner == USER)
			end_claim(s, e->end);
		s->owner = NOBODY;
		s->present = false;
		return true;
	case COMES:
		s->present = true;
		return true;
	case PROBED:
		if (s->present)
			offer(s);
		return s->present;
	case UNLISTED:
		s->listed = false;
		return s->owner != USER;
	case LISTED:
		s->listed = true;
		return true;
	default:
		if (e->kind >= LOAD_DRIVER)
			return apply_driver(s, e, story);
		return apply_owner(s, e, story);
	}
}

static bool agrees(const struct state *s, const struct sight *sight, const struct feature *feature)
{
	const char *driver = s->owner == USER ? "dflres" : s->owner == KERNEL ? feature->driver : "";

	if (s->present != sight->present)
		return false;
	if (!s->present)
		return true;
	if (s->listed != sight->listed || strcmp(sight->driver, driver))
		return false;
	if (!s->listed)
		return true;
	if (strcmp(sight->owner, owner_words[s->owner]) || sight->claimed != (s->owner == USER))
		return false;
	return s->owner != USER || (sight->uid == s->uid && sight->pid == s->pid);
}

/*
 * Is there an order of the events that explains their results and leads to what is seen? DONE are those that S has behind it.
 * What ended before something else began came before it.
 */
static bool explain(const struct state *s, const struct story *story, unsigned int done, const struct sight *sight,
		    unsigned int f)
{
	unsigned int i, k;

	if (done == (1U << story->n) - 1) {
		if (!agrees(s, sight, &features[f]))
			return false;
		after[f] = *s;
		return true;
	}
	for (i = 0; i < story->n; i++) {
		struct state next = *s;
		bool first = !(done >> i & 1);

		for (k = 0; k < story->n && first; k++)
			first = done >> k & 1 || k == i || story->events[k].end >= story->events[i].begin;
		if (first && apply(&next, &story->events[i], story) &&
		    explain(&next, story, done | 1U << i, sight, f))
			return true;
	}
	return false;
}

/* Reads the owner through a descriptor that is kept: it is looked for very often */
static bool read_owner(unsigned int f, struct sight *sight)
{
	static int fds[FEATURES];
	int tries;

	for (tries = 0; tries < 2; tries++) {
		ssize_t n = fds[f] > 0 ? pread(fds[f], sight->owner, sizeof(sight->owner) - 1, 0) : -1;

		if (n > 0) {
			sight->owner[n - 1] = '\0';
			return true;
		}
		if (fds[f] > 0)
			close(fds[f]);
		fds[f] = open_file(shared->names[f], "dflres/owner", O_RDONLY);
	}
	return false;
}

static void see(unsigned int f, struct sight *sight)
{
	const char *name = shared->names[f];
	struct stat st;
	char file[128];

	memset(sight, 0, sizeof(*sight));
	if (!name[0])
		return;
	snprintf(sight->driver, sizeof(sight->driver), "%s", get_driver(name));
	sight->listed = read_owner(f, sight);
	sight->present = sight->listed || has_file(name, "feature_id");
	path(file, sizeof(file), name, "dflres/resource0");
	sight->claimed = sight->listed && !stat(file, &st);
	if (sight->claimed) {
		sight->uid = st.st_uid;
		sight->pid = atol(get(name, "dflres/owner_pid"));
	}
}

static void tell_state(unsigned int f, const struct state *s)
{
	note("  0x%x%s%s: %s, claim %u of user %u, process %d%s", features[f].id, s->present ? "" : ", not there",
	     s->listed ? "" : ", not listed", owner_words[s->owner], s->claim, s->uid, s->pid,
	     s->leased ? ", leased" : "");
}

static void tell(unsigned int f, const struct sight *sight)
{
	tell_state(f, &before[f]);
	note("  now: %s%s%s'%s' (driver '%s'), user %u, process %ld", sight->present ? "" : "not there, ",
	     sight->listed ? "" : "not listed, ", sight->claimed ? "claimed, " : "", sight->owner, sight->driver,
	     sight->uid, sight->pid);
}

/* Waits until what is seen can be explained */
static void settle(unsigned int f, const struct story *story)
{
	struct sight sight;
	int i;

	for (i = 0; i < SETTLE_MS; i++) {
		see(f, &sight);
		if (explain(&before[f], story, 0, &sight, f))
			return;
		usleep(1000);
	}
	complain("0x%x: no order of what was done leads to what is seen", features[f].id);
	tell(f, &sight);
}

/* The stories of a batch */

static struct story stories[FEATURES];

static struct event *add_event(unsigned int f, enum change change, uint64_t begin, uint64_t end)
{
	struct story *story = &stories[f];
	struct event *e = &story->events[story->n++];

	*e = (struct event){ .change = change, .begin = begin, .end = end };
	story->moves |= change >= GOES;
	return e;
}

static void add_everywhere(enum change change, const struct result *r, bool ports)
{
	unsigned int f;

	for (f = 0; f < FEATURES; f++)
		if (ports || !features[f].of_port)
			add_event(f, change, r->begin, r->end);
}

static void add_choice(unsigned int f, const struct choice *c, const struct result *r)
{
	struct event *e = add_event(f, CHOICE, r->begin, r->end);

	e->kind = c->kind;
	e->ret = r->ret;
	e->worker = c->worker;
	if ((c->kind == CLAIM || c->kind == LEASE) && !r->ret)
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
			add_everywhere(LISTED, r, true);
		return;
	}
	if (!r->ret)
		add_everywhere(UNLISTED, r, true);
	else if (r->ret != -EAGAIN || !any_claim_possible(batch))
		complain("dflres does not unload: %s", strerror(-r->ret));
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
	case KILL_CHILD:
		lose_child(h, r->begin);
		break;
	case KILL_WORKER:
		lose_worker(c->worker, r->begin);
		break;
	case REMOVE:
	case UNBIND_FME:
		expect_ret(c, r, 0);
		add_everywhere(GOES, r, c->kind == REMOVE);
		break;
	case RESCAN:
	case BIND_FME:
		expect_ret(c, r, 0);
		add_everywhere(COMES, r, c->kind == RESCAN);
		add_everywhere(PROBED, r, c->kind == RESCAN);
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

static bool has_interrupts(void)
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

static bool held(unsigned int f)
{
	return before[f].owner == USER && after[f].claim == before[f].claim;
}

static bool quiet(unsigned int f)
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

/* What was opened, mapped and attached */

static bool must_live(unsigned int f, unsigned int claim)
{
	return held(f) && claim == before[f].claim;
}

/* AT: when it began */
static bool must_be_dead(unsigned int f, unsigned int claim, uint64_t at)
{
	if (quiet(f) && before[f].owner != USER)
		return true;
	if (claim == UNKNOWN)
		return false;
	if (claim != before[f].claim)
		return true;
	return after[f].ended == claim && at > after[f].ended_at;
}

/* Judges a use of something that was had through *CLAIM, and what is known of that afterwards */
static void check_use(const char *what, unsigned int f, unsigned int *claim, bool works, uint64_t at)
{
	if (works && must_be_dead(f, *claim, at))
		complain("0x%x: %s of claim %u works after its end", features[f].id, what, *claim);
	if (!works && must_live(f, *claim))
		complain("0x%x: %s of claim %u fails before its end", features[f].id, what, *claim);
	if (*claim == UNKNOWN && !works)
		*claim = DEAD_CLAIM;
	else if (*claim == UNKNOWN && (quiet(f) || held(f)))
		*claim = before[f].claim;
}

/* Judges an attempt to open a file of a claim; the claim it was of */
static unsigned int check_open(const char *what, unsigned int f, uid_t uid, int ret)
{
	int want = before[f].owner != USER ? -ENOENT : may(&before[f], uid) ? 0 : -EACCES;

	if (quiet(f) || held(f)) {
		if (ret != want)
			complain("0x%x: %s by user %u gave %d (%s) and not %d", features[f].id, what, uid, ret,
				 strerror(-ret), want);
		return ret ? NO_CLAIM : before[f].claim;
	}
	if (ret && !is_absent(ret) && ret != -EACCES)
		complain("0x%x: %s gave %d (%s)", features[f].id, what, ret, strerror(-ret));
	if (ret)
		return DEAD_CLAIM;
	return after[f].owner == USER ? UNKNOWN : DEAD_CLAIM;
}

static void check_registers(const struct choice *c, const struct result *r)
{
	struct holdings *h = &holdings[c->worker];
	unsigned int f = c->feature, *claim = &h->registers[f];

	if (r->fresh)
		*claim = check_open("resource0", f, worker_uid(c->worker), r->ret);
	else
		check_use("a descriptor", f, claim, !r->ret, r->begin);
	if (!r->fresh && r->ret && r->ret != -ENODEV)
		complain("0x%x: a descriptor gave %d (%s)", features[f].id, r->ret, strerror(-r->ret));
	if (!r->ret && c->kind == WRITE)
		h->words[f] = r->word;
	if (!r->ret && c->kind == READ && (r->magic != magic_of(f, 0) || r->word != h->words[f]))
		complain("0x%x: the registers read 0x%x and 0x%x, not 0x%x and 0x%x", features[f].id, r->magic, r->word,
			 magic_of(f, 0), h->words[f]);
}

static void check_map(const struct choice *c, const struct result *r)
{
	unsigned int f = c->feature, *claim = &holdings[c->worker].maps[f][c->which % MAPS];
	int ret = r->ret;

	*claim = NO_CLAIM;
	if (!features[f].pages) {
		if (!ret)
			complain("0x%x is part of a page, and was mapped", features[f].id);
		if (ret == -ENODEV)
			ret = 0;
	}
	*claim = check_open("a mapping", f, worker_uid(c->worker), ret);
	if (r->ret)
		*claim = NO_CLAIM;
}

static void check_looks(const char *what, const struct look looks[FEATURES][MAPS], unsigned int maps[FEATURES][MAPS])
{
	unsigned int f, m;

	for (f = 0; f < FEATURES; f++)
		for (m = 0; m < MAPS; m++) {
			const struct look *look = &looks[f][m];

			if (!look->looked)
				continue;
			if (look->revived || look->wrong)
				complain("0x%x: %s %s", features[f].id, what,
					 look->wrong ? "shows what is not the feature's" : "came back to life");
			if (look->alive_at && must_be_dead(f, maps[f][m], look->alive_at))
				complain("0x%x: %s of claim %u has read a value after its end", features[f].id, what,
					 maps[f][m]);
			check_use(what, f, &maps[f][m], look->alive, look->alive_at);
		}
}

static void check_touch(const struct choice *c, const struct result *r)
{
	struct holdings *h = &holdings[c->worker];

	check_looks("a mapping", r->looks, h->maps);
	if (c->which % 4 == 0 && h->has_child)
		check_looks("a child's mapping", shared->children[c->worker].looks, h->child_maps);
}

static void check_poll(const struct choice *c, const struct result *r)
{
	unsigned int f = c->feature, i;
	typeof(&holdings[0].owners[0]) owner = &holdings[c->worker].owners[f];
	bool listed = before[f].present && before[f].listed, known = false;

	if (quiet(f) && (r->fresh || owner->listing != UNKNOWN)) {
		bool lives = listed && (r->fresh || owner->listing == listings[f]);

		if (lives ? r->ret : !is_absent(r->ret))
			complain("0x%x: owner gave %d (%s)", features[f].id, r->ret, strerror(-r->ret));
		if (lives && strcmp(r->text, owner_words[before[f].owner]))
			complain("0x%x: owner reads '%s' and not '%s'", features[f].id, r->text,
				 owner_words[before[f].owner]);
		if (lives && !r->fresh && strcmp(r->text, owner->seen) && !(r->revents & POLLPRI))
			complain("0x%x: owner went from '%s' to '%s' and nobody was woken", features[f].id,
				 owner->seen, r->text);
		if (!lives && !r->fresh && !(r->revents & POLLERR))
			complain("0x%x: the end of owner woke nobody", features[f].id);
	}
	for (i = 0; i < 3; i++)
		known |= !strcmp(r->text, owner_words[i]);
	if (r->ret ? !is_absent(r->ret) : !known)
		complain("0x%x: owner gave %d, '%s'", features[f].id, r->ret, r->text);
	if (r->ret)
		owner->listing = DEAD_CLAIM;
	else if (r->fresh)
		owner->listing = stories[f].moves ? UNKNOWN : listings[f];
	snprintf(owner->seen, sizeof(owner->seen), "%s", r->text);
}

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
	long least = irqs[f][i].count, most = least + fired[f][i].high + irqs[f][i].replayed;

	if (r->fresh)
		count->claim = check_open("irqN", f, worker_uid(c->worker), r->ret);
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
	check_open("irqN_eventfd", c->feature, worker_uid(c->worker), r->ret);
}

static void check_sum(const struct choice *c, const struct result *r, const struct span *was)
{
	struct span *sum = &holdings[c->worker].sums[c->feature][irq_of(c)];

	if (r->number < was->low || r->number > sum->high)
		complain("0x%x: the eventfd of irq%u has got %ld interrupts and not %ld to %ld", features[c->feature].id,
			 irq_of(c), r->number, was->low, sum->high);
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
	bool changes = false;
	unsigned int k;

	for (k = 0; k < batch->n; k++)
		if (attaches(&batch->choices[k], f, i)) {
			changes = true;
			if ((int)batch->choices[k].worker != target)
				add_sum(batch->choices[k].worker, f, i, 0, fired[f][i].high);
		}
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
		fired[f][i].high = r->number;
		fired[f][i].low = held(f) ? times : 0;
		kept[vector] |= r->number && !held(f);
		if (held(f) && r->number != times)
			complain("0x%x: irq%u is masked during a claim", features[f].id, i);
		return;
	}
	if (r->number)
		complain("vector %d can be fired and is nobody's", vector);
}

/* Which eventfd is attached after the batch */
static void retarget(const struct batch *batch, const struct result *results, unsigned int f, unsigned int i)
{
	struct irq *irq = &irqs[f][i];
	unsigned int k, changes = 0;

	if (after[f].owner != USER) {
		irq->target = NOBODYS;
		return;
	}
	if (!held(f))
		irq->target = NOBODYS;
	for (k = 0; k < batch->n; k++) {
		const struct choice *c = &batch->choices[k];

		if (!attaches(c, f, i) || results[c->worker].ret)
			continue;
		irq->target = c->kind == ATTACH ? (int)c->worker : NOBODYS;
		changes++;
	}
	if (changes > 1 || (changes && !held(f)))
		irq->target = ANYBODYS;
}

static void count_on(unsigned int f, unsigned int i)
{
	struct irq *irq = &irqs[f][i];
	unsigned int vector = features[f].vector + i;

	if (held(f)) {
		irq->count += fired[f][i].low;
		return;
	}
	irq->count = irq->replayed = 0;
	if (after[f].owner == USER) {
		irq->replayed = kept[vector];
		kept[vector] = false;
	}
}

static void check_interrupts(const struct batch *batch, const struct result *results)
{
	static struct span was[WORKERS];
	unsigned int f, i, k;

	memset(fired, 0, sizeof(fired));
	for (k = 0; k < batch->n; k++) {
		const struct choice *c = &batch->choices[k];

		if (c->kind == INTERRUPT)
			fire(c, &results[c->worker]);
		if (c->kind == SUM)
			was[c->worker] = holdings[c->worker].sums[c->feature][irq_of(c)];
	}
	for (f = 0; f < FEATURES; f++)
		for (i = 0; i < features[f].irqs; i++)
			add_to_targets(batch, f, i);
	for (k = 0; k < batch->n; k++) {
		const struct choice *c = &batch->choices[k];

		if (c->kind == COUNT)
			check_count(c, &results[c->worker]);
		if (c->kind == ATTACH || c->kind == DETACH)
			check_attach(c, &results[c->worker]);
		if (c->kind == SUM)
			check_sum(c, &results[c->worker], &was[c->worker]);
	}
	for (f = 0; f < FEATURES; f++)
		for (i = 0; i < features[f].irqs; i++) {
			retarget(batch, results, f, i);
			count_on(f, i);
		}
}

static void check_uses(const struct choice *c, const struct result *r)
{
	struct holdings *h = &holdings[c->worker];

	switch (c->kind) {
	case FORK:
		h->has_child = true;
		memcpy(h->child_leases, h->leases, sizeof(h->leases));
		memcpy(h->child_maps, h->maps, sizeof(h->maps));
		break;
	case MAP:
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
	chmod(name, 0222);
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
		unsigned int w;

		if (!results[c->worker].idle)
			add_stories(batch, c, &results[c->worker]);
		/* The card is laid anew */
		for (w = 0; w < WORKERS && c->kind == RESCAN; w++)
			memset(holdings[w].words, 0, sizeof(holdings[w].words));
		comes |= c->kind == RESCAN || c->kind == BIND_FME;
	}
	if (comes)
		find_names();
	find_contention();
	for (f = 0; f < FEATURES && good; f++) {
		after[f] = before[f];
		if (!quiet(f))
			settle(f, &stories[f]);
	}
	if (!good)
		return false;
	check_vectors();
	for (k = 0; k < batch->n; k++) {
		const struct choice *c = &batch->choices[k];

		if (!results[c->worker].idle)
			check_uses(c, &results[c->worker]);
	}
	if (has_interrupts())
		check_interrupts(batch, results);
	check_children();
	for (f = 0; f < FEATURES; f++) {
		if (is_listed(&after[f]) && !is_listed(&before[f]))
			open_to_all(f);
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
			if (count == irqs[f][i].count + irqs[f][i].replayed)
				irqs[f][i].count = count;
			irqs[f][i].replayed = 0;
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
