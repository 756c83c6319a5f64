// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Claims by names, all of them or none. A name can be a selector that ends with
 * ":any": the first feature that can be claimed. No order exists in which all
 * processes could claim these, so a process keeps nothing while it waits: no
 * two can each wait for what the other has.
 */
#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

/* How soon to try a feature again that is being set up. */
#define AGAIN_MS 10

/* And one that reports no change: each try is a claim, which the whole system hears of. */
#define LATER_MS 100

/* ---- claims by names ---- */

struct wanted {
	size_t index;		/* among the names */
	struct dflres_selector selector;
	struct dflres_feature *feature;	/* NULL: any that matches */
	struct dflres_claim *claim;
};

struct request {
	struct wanted *wanted;
	size_t count;
	unsigned int flags;
	struct wanted *failed;	/* the one that was refused last */
};

static void release_all(struct request *request)
{
	for (size_t i = 0; i < request->count; i++) {
		dflres_claim_undo(request->wanted[i].claim);
		request->wanted[i].claim = NULL;
	}
}

static void free_request(struct request *request)
{
	for (size_t i = 0; i < request->count; i++)
		dflres_feature_close(request->wanted[i].feature);
	free(request->wanted);
}

/* Whether one before @last has the same feature. */
static bool is_twice(const struct request *request, size_t last)
{
	const struct dflres_feature *feature = request->wanted[last].feature;

	for (size_t i = 0; i < last && feature; i++) {
		const struct dflres_feature *other = request->wanted[i].feature;

		if (other && !strcmp(other->path, feature->path))
			return true;
	}
	return false;
}

static int find_wanted(struct request *request, const char *const names[])
{
	for (size_t i = 0; i < request->count; i++) {
		struct wanted *wanted = &request->wanted[i];
		int error = 0;

		wanted->index = i;
		request->failed = wanted;
		if (dflres_is_selector(names[i]))
			error = dflres_selector_parse(names[i],
						      &wanted->selector);
		if (!error && !wanted->selector.any)
			error = dflres_select(&wanted->feature, names[i]);
		if (error)
			return error;
		if (is_twice(request, i))
			return -EEXIST;
	}
	return 0;
}

/* Whether this try has claimed the feature at @path. */
static bool was_claimed(const struct request *request, const char *path)
{
	for (size_t i = 0; i < request->count; i++) {
		const struct dflres_claim *claim = request->wanted[i].claim;

		if (claim && !strcmp(claim->feature->path, path))
			return true;
	}
	return false;
}

static int claim_any(const struct request *request, struct wanted *wanted,
		     unsigned int flags)
{
	struct dflres_list *list;
	int refusal = -ENODEV, error;

	error = dflres_selector_list(&wanted->selector, &list);
	if (error)
		return error == -ENOENT ? -ENODEV : error;
	for (size_t i = 0; i < dflres_list_count(list); i++) {
		struct dflres_feature *feature;

		error = was_claimed(request, dflres_list_path(list, i)) ?
			-EBUSY : dflres_list_open(&feature, list, i);
		if (!error) {
			error = dflres_claim_open(&wanted->claim, feature,
						  flags, 0);
			dflres_feature_close(feature);
		}
		refusal = error ? dflres_nearer(refusal, error) : 0;
		if (!error || !dflres_is_passed_over(error))
			break;
	}
	dflres_list_free(list);
	return refusal;
}

static int claim_wanted(const struct request *request, struct wanted *wanted)
{
	const unsigned int no_driver = request->flags & ~DFLRES_CLAIM_TAKE_OVER;
	int error;

	if (wanted->feature)
		return dflres_claim_open(&wanted->claim, wanted->feature,
					 request->flags, 0);
	/* features without an owner come before those that a driver has */
	error = claim_any(request, wanted, no_driver);
	if (error == -EBUSY && request->flags != no_driver)
		error = claim_any(request, wanted, request->flags);
	return error;
}

static int try_all(struct request *request)
{
	int error = 0;

	for (size_t i = 0; i < request->count && !error; i++) {
		request->failed = &request->wanted[i];
		error = claim_wanted(request, request->failed);
	}
	return error;
}

/*
 * All processes try in this order: whoever is first at a feature gets the
 * others. ":any" comes last, for another feature would do.
 */
static int compare_wanted(const void *a, const void *b)
{
	const struct wanted *one = a, *other = b;

	if (one->feature && other->feature)
		return strcmp(one->feature->path, other->feature->path);
	if (!one->feature != !other->feature)
		return one->feature ? -1 : 1;
	return one->index < other->index ? -1 : 1;
}

/* ---- waiting for the one that was refused ---- */

struct change {
	struct dflres_watch **watches;
	struct pollfd *fds;
	size_t count;
	bool again;		/* one has no owner: nothing would report a change */
};

static int add_watch(struct change *change,
		     const struct dflres_feature *feature)
{
	struct dflres_watch **watch = &change->watches[change->count];
	enum dflres_owner owner;
	int error;

	error = dflres_watch_open(watch, feature);
	if (error)
		return error;
	error = dflres_watch_read(*watch, &owner);
	if (error) {
		dflres_watch_close(*watch);
		return error;
	}
	if (owner == DFLRES_OWNER_NONE)
		change->again = true;
	change->fds[change->count++] = (struct pollfd){
		.fd = dflres_watch_fd(*watch), .events = POLLPRI,
	};
	return 0;
}

static int watch_any(struct change *change, const struct request *request)
{
	struct dflres_list *list;
	size_t count;
	int error;

	error = dflres_selector_list(&request->failed->selector, &list);
	if (error)
		return error;
	count = dflres_list_count(list);
	change->watches = calloc(count + 1, sizeof(*change->watches));
	change->fds = calloc(count + 1, sizeof(*change->fds));
	if (!change->watches || !change->fds)
		error = -ENOMEM;
	for (size_t i = 0; i < count && !error; i++) {
		struct dflres_feature *feature;

		/* the release of a feature that this try claimed says nothing */
		if (was_claimed(request, dflres_list_path(list, i)) ||
		    dflres_list_open(&feature, list, i))
			continue;
		/* a feature that cannot be watched is tried with the others */
		add_watch(change, feature);
		dflres_feature_close(feature);
	}
	dflres_list_free(list);
	return error;
}

static int watch_one(struct change *change, const struct request *request)
{
	change->watches = calloc(1, sizeof(*change->watches));
	change->fds = calloc(1, sizeof(*change->fds));
	if (!change->watches || !change->fds)
		return -ENOMEM;
	return add_watch(change, request->failed->feature);
}

static void free_change(struct change *change)
{
	for (size_t i = 0; i < change->count; i++)
		dflres_watch_close(change->watches[i]);
	free(change->watches);
	free(change->fds);
}

/* @refusal is of the failed one; the claims of the others still hold. */
static int wait_for_change(struct request *request, int refusal,
			   int64_t deadline)
{
	int64_t soon = dflres_deadline(refusal == -EAGAIN ? AGAIN_MS :
							    LATER_MS);
	struct change change = { .again = refusal == -EAGAIN };
	bool any = !request->failed->feature;
	int error;

	error = any ? watch_any(&change, request) : watch_one(&change, request);
	release_all(request);
	/* nothing to watch: only time can tell */
	if (!error && (change.again || !change.count) &&
	    (deadline < 0 || soon < deadline)) {
		error = dflres_poll(change.fds, change.count, soon);
		if (error == -ETIMEDOUT)
			error = 0;
	} else if (!error) {
		error = dflres_poll(change.fds, change.count, deadline);
	}
	free_change(&change);
	return error;
}

static int claim_all(struct request *request, int timeout)
{
	int64_t deadline = dflres_deadline(timeout);
	struct wanted *first = request->wanted;
	int error;

	/* this knows better when it is useless to wait */
	if (request->count == 1 && first->feature)
		return dflres_claim_open(&first->claim, first->feature,
					 request->flags, timeout);
	qsort(request->wanted, request->count, sizeof(*request->wanted),
	      compare_wanted);
	for (;;) {
		error = try_all(request);
		if ((error == -EBUSY || error == -EAGAIN) && timeout)
			error = wait_for_change(request, error, deadline);
		else
			break;
		if (error)
			break;
	}
	if (error)
		release_all(request);
	return error;
}

DFLRES_API int dflres_claim_select(struct dflres_claim **claims,
				   const char *const names[], size_t count,
				   unsigned int flags, int timeout,
				   size_t *failed)
{
	struct request request = { .count = count, .flags = flags };
	int error;

	request.wanted = calloc(count + 1, sizeof(*request.wanted));
	if (!request.wanted)
		return -ENOMEM;
	request.failed = request.wanted;
	error = find_wanted(&request, names);
	if (!error)
		error = claim_all(&request, timeout);
	for (size_t i = 0; i < count && !error; i++)
		claims[request.wanted[i].index] = request.wanted[i].claim;
	if (error && failed)
		*failed = request.failed->index;
	free_request(&request);
	return error;
}
