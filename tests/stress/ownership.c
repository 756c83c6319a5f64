// SPDX-License-Identifier: GPL-2.0
/* See model.h: who has a feature */

#include "model.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A lease ends soon after its eventfd's last close, and not at once */
#define SETTLE_MS 30000

const char * const owner_words[] = { "none", "kernel", "user" };

bool may(const struct state *s, uid_t uid)
{
	return !uid || uid == s->uid;
}

static void end_claim(struct state *s, uint64_t at)
{
	s->ended = s->claim;
	s->ended_at = at;
	s->owner = NOBODY;
	s->claim = NO_CLAIM;
	s->leased = s->to_kernel = false;
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
	s->uid = e->uid;
	s->pid = pids[e->worker];
	s->leased = e->kind == LEASE;
	s->to_kernel = s->leased && e->to_kernel;
	s->type = UNDECIDED;
	return true;
}

static bool overlap(const struct event *a, const struct event *b)
{
	return a->begin < b->end && b->begin < a->end;
}

#define WHEN(change) (1U << (change))
#define GOING (WHEN(GOES) | WHEN(UNLISTED))
#define COMING (WHEN(COMES) | WHEN(PROBED) | WHEN(LISTED))

/* At the same time as one of CHANGES */
static bool meanwhile(const struct event *e, const struct story *story, unsigned int changes)
{
	for (unsigned int i = 0; i < story->n; i++)
		if (WHEN(story->events[i].change) & changes && overlap(e, &story->events[i]))
			return true;
	return false;
}

/* Files that have come are root's alone until the batch is judged, see open_to_all() */
static bool is_roots_alone(const struct event *e, const struct story *story)
{
	for (unsigned int i = 0; i < story->n; i++)
		if (WHEN(story->events[i].change) & COMING && story->events[i].begin < e->end)
			return true;
	return false;
}

static bool apply_release(struct state *s, const struct event *e, const struct story *story)
{
	bool own = s->owner == USER && s->uid == e->uid;
	bool offered = e->kind == HAND_BACK;
	int want = 0;

	if (offered ? !e->admin && !own : s->owner == USER && !e->admin && !own)
		want = -EPERM;
	else if (!offered && s->owner == KERNEL)
		want = -EBUSY;
	/* What a device that goes was bound to ends first, and then its files go: in between nobody has it */
	if (e->ret != want)
		return s->owner != NOBODY && e->ret == (offered && !e->admin ? -EPERM : 0) &&
		       meanwhile(e, story, WHEN(GOES));
	if (want)
		return true;
	if (s->owner == USER)
		end_claim(s, e->end);
	if (offered)
		offer(s);
	return true;
}

static bool apply_owner(struct state *s, const struct event *e, const struct story *story)
{
	/* While a device comes or goes its files do, one by one, and one that comes is not ready at once */
	if (is_absent(e->ret) && meanwhile(e, story, GOING | COMING))
		return true;
	if (e->ret == -EAGAIN)
		return meanwhile(e, story, GOING | COMING);
	if (e->ret == -EACCES)
		return e->uid && is_roots_alone(e, story);
	if (!s->present || !s->listed)
		return is_absent(e->ret);
	if (e->kind == CLAIM || e->kind == LEASE)
		return apply_claim(s, e, story);
	return apply_release(s, e, story);
}

/*
 * The kernel looks whether the device has the driver, waits for the device, and says that it has unbound it also if somebody
 * else did so, or the device went, while it waited.
 */
static bool gone_meanwhile(const struct event *e, const struct story *story)
{
	for (unsigned int i = 0; i < story->n; i++) {
		const struct event *other = &story->events[i];

		if (other != e && other->change == CHOICE && (other->kind == UNBIND || other->kind == UNLOAD_DRIVER) &&
		    overlap(e, other))
			return true;
	}
	return meanwhile(e, story, WHEN(GOES) | COMING);
}

/*
 * A claim's end that gives the feature back to the kernel's driver first ends the claim and then has the driver bound, which
 * somebody else may have done in between.
 */
static bool freed_meanwhile(const struct event *e, const struct story *story)
{
	for (unsigned int i = 0; i < story->n; i++) {
		const struct event *other = &story->events[i];

		if ((other->change == LEASE_ENDS || (other->change == CHOICE && other->kind == HAND_BACK && !other->ret)) &&
		    overlap(e, other))
			return true;
	}
	return false;
}

static bool apply_driver(struct state *s, const struct event *e, const struct story *story)
{
	if (e->kind == UNBIND && !e->ret && (!s->driver || !s->present || s->owner != KERNEL))
		return gone_meanwhile(e, story);
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
		if (!s->present || (e->ret == -ENODEV && meanwhile(e, story, WHEN(GOES) | COMING)))
			return e->ret == -ENODEV;
		if (e->kind == BIND) {
			if (s->owner == KERNEL && !e->ret)
				return freed_meanwhile(e, story);
			if (s->owner != NOBODY)
				return e->ret == -EBUSY;
			if (e->ret == -EEXIST)
				return story->fallible;
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
			bool to_kernel = s->to_kernel;

			end_claim(s, UINT64_MAX);
			if (to_kernel)
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

bool agrees(const struct state *s, const struct sight *sight, const struct feature *feature)
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
	if (strcmp(sight->owner, owner_words[s->owner]) || sight->claimed != (s->owner == USER) ||
	    sight->leased != s->leased)
		return false;
	return s->owner != USER || (sight->uid == s->uid && sight->pid == s->pid);
}

/* The feature was offered to its driver, and nobody would be told that it has failed */
static bool may_have_failed(const struct event *e, const struct state *earlier, const struct state *later,
			    const struct story *story)
{
	return story->fallible && earlier->owner != KERNEL && later->owner == KERNEL &&
	       !(e->change == CHOICE && e->kind == BIND);
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
		if (!first || !apply(&next, &story->events[i], story))
			continue;
		if (explain(&next, story, done | 1U << i, sight, f))
			return true;
		if (!may_have_failed(&story->events[i], s, &next, story))
			continue;
		next.owner = NOBODY;
		if (explain(&next, story, done | 1U << i, sight, f))
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

void see(unsigned int f, struct sight *sight)
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
	sight->leased = sight->listed && !strcmp(get(name, "dflres/lease"), "1");
	if (sight->claimed) {
		sight->uid = st.st_uid;
		sight->pid = atol(get(name, "dflres/owner_pid"));
	}
}

static void tell_state(unsigned int f, const struct state *s)
{
	note("  0x%x%s%s: %s, claim %u of user %u, process %d%s", features[f].id, s->present ? "" : ", not there",
	     s->listed ? "" : ", not listed", owner_words[s->owner], s->claim, s->uid, s->pid,
	     s->to_kernel ? ", leased from the kernel" : s->leased ? ", leased" : "");
}

void tell(unsigned int f, const struct sight *sight)
{
	tell_state(f, &before[f]);
	note("  now: %s%s%s%s'%s' (driver '%s'), user %u, process %ld", sight->present ? "" : "not there, ",
	     sight->listed ? "" : "not listed, ", sight->claimed ? "claimed, " : "", sight->leased ? "leased, " : "",
	     sight->owner, sight->driver, sight->uid, sight->pid);
}

/* A claim's end is seen before all of it is done. Who writes to `owner`, whatever it is, waits for the rest. */
static void wait_complete(unsigned int f)
{
	if (after[f].present && after[f].listed)
		set_owner(shared->names[f], "complete");
}

/* What all can see at once when the operations are over; only a lease's end comes by itself, soon after the last close */
static bool ends_leases(const struct story *story)
{
	for (unsigned int i = 0; i < story->n; i++)
		if (story->events[i].change == LEASE_ENDS)
			return true;
	return false;
}

/* Waits until what is seen can be explained, and is complete */
void settle(unsigned int f, const struct story *story)
{
	int tries = ends_leases(story) ? SETTLE_MS : 1;
	struct sight sight;

	see(f, &sight);
	while (!explain(&before[f], story, 0, &sight, f)) {
		if (!--tries) {
			complain("0x%x: no order of what was done leads to what is seen", features[f].id);
			tell(f, &sight);
			return;
		}
		usleep(1000);
		see(f, &sight);
	}
	wait_complete(f);
}
