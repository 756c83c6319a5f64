// SPDX-License-Identifier: LGPL-2.1-or-later
/* A feature owned by this process: how it is got, and given back. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "internal.h"

/* How long until a device that is being set up is asked again. */
#define AGAIN_MS 10

/* How long a kernel driver's probe may take that makes a feature busy which nobody owns. */
#define PROBE_MS 100

/* A claim while it is tried to be got. */
struct attempt {
	const struct dflres_feature *feature;
	char word[12];		/* what claims, written to file */
	int file;
	int driver;		/* directory of the driver unbound for it, or -1 */
	int owner_fd;		/* to wait with, once that is necessary, or -1 */
	enum dflres_owner owner;	/* as owner_fd said last */
	bool take_over;
	int timeout;
	int64_t deadline;
};

static int try_once(const struct attempt *attempt)
{
	int error = dflres_fd_write(attempt->file, attempt->word);

	return error ? dflres_file_error(attempt->feature->dir, -error) : 0;
}

/*
 * Unbind the kernel driver, if there is one. 0: it is worth to try again;
 * -EBUSY: it is not a driver that has the feature, or one that does not let go.
 */
static int take_from_driver(struct attempt *attempt)
{
	enum dflres_owner owner;
	int driver, error;

	error = dflres_feature_owner(attempt->feature, &owner);
	if (error)
		return error;
	if (owner != DFLRES_OWNER_KERNEL)
		return -EBUSY;

	/* This directory is the driver's to the end, whatever is bound then. */
	driver = openat(attempt->feature->dir, "driver",
			O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (driver < 0)
		return errno == ENOENT ? 0 : -errno;
	error = dflres_file_put(driver, "unbind", attempt->feature->name);
	if (error) {
		close(driver);
		/* the driver has lost it by itself */
		if (error == -ENODEV)
			return 0;
		/* the driver has no such file */
		return error == -ENOENT ? -EBUSY : error;
	}
	if (attempt->driver >= 0)
		close(attempt->driver);
	attempt->driver = driver;
	return 0;
}

/* Make owner_fd one that becomes ready with the next change from here on. */
static int arm(struct attempt *attempt)
{
	char value[DFLRES_VALUE_MAX];
	int error;

	if (attempt->owner_fd < 0) {
		attempt->owner_fd = openat(attempt->feature->dir,
					   "dflres/owner",
					   O_RDONLY | O_CLOEXEC);
		if (attempt->owner_fd < 0)
			return dflres_file_error(attempt->feature->dir, errno);
	}
	error = dflres_fd_read(attempt->owner_fd, value);
	if (error)
		return dflres_file_error(attempt->feature->dir, -error);
	return dflres_parse_owner(value, &attempt->owner);
}

/* Wait for what may let the next try succeed, after one that gave @refusal. */
static int wait_for_change(struct attempt *attempt, int refusal)
{
	struct pollfd poll = { .fd = attempt->owner_fd, .events = POLLPRI };
	int64_t deadline = attempt->deadline, soon;
	int error;

	/* the first time: it may have changed before it was watched */
	if (attempt->owner_fd < 0)
		return arm(attempt);

	soon = dflres_deadline(AGAIN_MS);
	if (refusal == -EAGAIN) {
		/* nothing tells when it is ready */
		if (deadline < 0 || soon < deadline)
			deadline = soon;
		error = dflres_poll(&poll, 1, deadline);
		if (error == -ETIMEDOUT && deadline == soon)
			error = 0;
	} else if (attempt->owner == DFLRES_OWNER_NONE) {
		/*
		 * Nobody had it before the try, and it is busy all the same:
		 * unless somebody has just got it, or a driver is probing it,
		 * one of its interrupts is another driver's, and no change of
		 * the owner will tell.
		 */
		soon = dflres_deadline(PROBE_MS);
		if (deadline < 0 || soon < deadline)
			deadline = soon;
		error = dflres_poll(&poll, 1, deadline);
		if (error == -ETIMEDOUT)
			error = -EBUSY;
	} else {
		error = dflres_poll(&poll, 1, deadline);
	}
	return error ? error : arm(attempt);
}

static int acquire(struct attempt *attempt)
{
	int refusal, error;

	for (;;) {
		refusal = try_once(attempt);
		if (refusal == -EBUSY && attempt->take_over) {
			error = take_from_driver(attempt);
			if (!error)
				continue;
			if (error != -EBUSY)
				return error;
		}
		if (refusal != -EBUSY && refusal != -EAGAIN)
			return refusal;
		if (!attempt->timeout)
			return refusal;
		error = wait_for_change(attempt, refusal);
		if (error)
			return error;
	}
}

/* The driver gets back what was taken for a claim that has failed. */
static void give_back(const struct attempt *attempt)
{
	if (attempt->driver >= 0)
		dflres_file_put(attempt->driver, "bind",
				attempt->feature->name);
}

static int open_registers(struct dflres_claim *claim)
{
	claim->fd = openat(claim->feature->dir, "dflres/resource0",
			   O_RDWR | O_CLOEXEC);
	return claim->fd < 0 ? dflres_file_error(claim->feature->dir, errno) : 0;
}

/*
 * The file to claim by is opened before anything is done, so that who may not
 * write to it takes nothing from a driver.
 */
static int prepare(struct attempt *attempt, struct dflres_claim *claim,
		   bool lasting)
{
	const char *file = lasting ? "dflres/owner" : "dflres/lease";

	if (lasting) {
		strcpy(attempt->word, "user");
	} else {
		claim->lease = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		if (claim->lease < 0)
			return -errno;
		snprintf(attempt->word, sizeof(attempt->word), "%d",
			 claim->lease);
	}
	attempt->file = openat(claim->feature->dir, file, O_WRONLY | O_CLOEXEC);
	if (attempt->file < 0)
		return dflres_file_error(claim->feature->dir, errno);
	return 0;
}

static int claim_feature(struct dflres_claim *claim, unsigned int flags,
			 int timeout)
{
	struct attempt attempt = {
		.feature = claim->feature,
		.file = -1,
		.driver = -1,
		.owner_fd = -1,
		.take_over = flags & DFLRES_CLAIM_TAKE_OVER,
		.timeout = timeout,
		.deadline = dflres_deadline(timeout),
	};
	int error;

	error = prepare(&attempt, claim, flags & DFLRES_CLAIM_LASTING);
	if (error)
		return error;
	error = acquire(&attempt);
	if (!error) {
		error = open_registers(claim);
		if (error)
			dflres_feature_release(claim->feature,
					       DFLRES_RELEASE_NONE);
	}
	if (error)
		give_back(&attempt);
	else if (attempt.driver >= 0)
		claim->before = DFLRES_RELEASE_KERNEL;
	close(attempt.file);
	if (attempt.driver >= 0)
		close(attempt.driver);
	if (attempt.owner_fd >= 0)
		close(attempt.owner_fd);
	return error;
}

static struct dflres_claim *claim_new(const struct dflres_feature *feature)
{
	struct dflres_claim *claim = calloc(1, sizeof(*claim));

	if (!claim)
		return NULL;
	atomic_init(&claim->refs, 1);
	claim->fd = -1;
	claim->lease = -1;
	claim->before = DFLRES_RELEASE_NONE;
	claim->feature = dflres_feature_get(feature);
	return claim;
}

/* The count is of those who hold the claim: it does not change the claim. */
struct dflres_claim *dflres_claim_get(const struct dflres_claim *claim)
{
	struct dflres_claim *held = (struct dflres_claim *)claim;

	atomic_fetch_add(&held->refs, 1);
	return held;
}

void dflres_claim_put(struct dflres_claim *claim)
{
	if (!claim || atomic_fetch_sub(&claim->refs, 1) > 1)
		return;
	if (claim->fd >= 0)
		close(claim->fd);
	dflres_feature_close(claim->feature);
	free(claim);
}

/* A lease ends here at the latest, whoever still holds the memory. */
static void drop_lease(struct dflres_claim *claim)
{
	if (claim->lease >= 0)
		close(claim->lease);
	claim->lease = -1;
}

DFLRES_API int dflres_claim_open(struct dflres_claim **claim,
				 const struct dflres_feature *feature,
				 unsigned int flags, int timeout)
{
	struct dflres_claim *new;
	int error;

	if (flags & ~(DFLRES_CLAIM_LASTING | DFLRES_CLAIM_TAKE_OVER))
		return -EINVAL;
	new = claim_new(feature);
	if (!new)
		return -ENOMEM;
	error = claim_feature(new, flags, timeout);
	if (error) {
		drop_lease(new);
		dflres_claim_put(new);
		return error;
	}
	if (new->lease >= 0)
		new->pid = getpid();
	*claim = new;
	return 0;
}

DFLRES_API int dflres_claim_attach(struct dflres_claim **claim,
				   const struct dflres_feature *feature)
{
	struct dflres_claim *new = claim_new(feature);
	int error;

	if (!new)
		return -ENOMEM;
	error = open_registers(new);
	if (error) {
		dflres_claim_put(new);
		return error;
	}
	*claim = new;
	return 0;
}

DFLRES_API int dflres_claim_release(struct dflres_claim *claim,
				    enum dflres_release to)
{
	int error;

	/* what is claimed now may be somebody else's */
	error = dflres_claim_check(claim);
	if (error)
		return error;
	error = dflres_feature_release(claim->feature, to);
	if (error)
		return error;
	claim->pid = 0;
	drop_lease(claim);
	return 0;
}

/*
 * If the release fails, the lease that is closed with the claim ends it: soon
 * after, and as if it had been given to the kernel.
 */
DFLRES_API void dflres_claim_close(struct dflres_claim *claim)
{
	if (!claim)
		return;
	if (claim->pid && claim->pid == getpid())
		dflres_claim_release(claim, claim->before);
	drop_lease(claim);
	dflres_claim_put(claim);
}

DFLRES_API int dflres_claim_check(const struct dflres_claim *claim)
{
	return dflres_fd_check(claim->fd);
}

DFLRES_API int dflres_claim_end_fd(const struct dflres_claim *claim)
{
	int error;

	/* a descriptor that has never been read is ready */
	error = dflres_fd_check(claim->fd);
	return error ? error : claim->fd;
}

DFLRES_API int dflres_claim_lease_fd(const struct dflres_claim *claim)
{
	return claim->lease;
}

DFLRES_API int dflres_claim_fd(const struct dflres_claim *claim)
{
	return claim->fd;
}

DFLRES_API const struct dflres_feature *
dflres_claim_feature(const struct dflres_claim *claim)
{
	return claim->feature;
}
