// SPDX-License-Identifier: LGPL-2.1-or-later
/* How a claim is made, waited for, taken over or used as it is, and released. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "internal.h"

/* How long to wait before asking a device again that is being set up. */
#define AGAIN_MS 10

/* How long a kernel driver's probe may keep a feature busy that has no owner. */
#define PROBE_MS 100

/* One attempt to get a claim. */
struct attempt {
	const struct dflres_feature *feature;
	struct dflres_claim *claim;
	unsigned int flags;	/* DFLRES_CLAIM_... */
	char word[12];		/* claims, once written to file */
	int file;
	int driver;		/* directory of the driver that was unbound, or -1 */
	int owner_fd;		/* to wait with, if necessary, or -1 */
	enum dflres_owner owner;	/* as owner_fd said last */
	bool again;		/* tried again at once, see try_again() */
	int64_t deadline;	/* 0: try once */
};

int dflres_claim_open_registers(struct dflres_claim *claim)
{
	claim->fd = dflres_module_file(claim->feature, "dflres/resource0",
				       O_RDWR);
	return claim->fd < 0 ? claim->fd : 0;
}

/*
 * A lease that took the feature over ends for the kernel, also if the process
 * dies. Modules before 0.2 do not know the second word: all their leases end
 * so.
 */
static int write_lease(const struct attempt *attempt)
{
	char words[sizeof(attempt->word) + sizeof(" kernel")];
	int error;

	if (attempt->driver < 0)
		return dflres_fd_write(attempt->file, attempt->word);
	snprintf(words, sizeof(words), "%s kernel", attempt->word);
	error = dflres_fd_write(attempt->file, words);
	return error == -EINVAL ?
	       dflres_fd_write(attempt->file, attempt->word) : error;
}

static int try_once(const struct attempt *attempt)
{
	int error = attempt->flags & DFLRES_CLAIM_LASTING ?
		    dflres_fd_write(attempt->file, attempt->word) :
		    write_lease(attempt);

	return error ? dflres_file_error(attempt->feature->dir, -error) : 0;
}

/*
 * Use this user's claim, if there is one. Root can open the files of all
 * claims, but must not use those of other users unasked.
 */
static int use_own(const struct attempt *attempt)
{
	struct dflres_claim *claim = attempt->claim;
	struct stat st;
	int error;

	error = dflres_claim_open_registers(claim);
	if (error)
		return error == -ENODEV || error == -EACCES ? -ENOENT : error;
	if (!fstat(claim->fd, &st) && st.st_uid == geteuid())
		return 0;
	close(claim->fd);
	claim->fd = -1;
	return -ENOENT;
}

/*
 * The driver has just lost the feature: it may be free. Once only: while
 * somebody else unbinds the driver, its link is gone and the feature is still
 * the kernel's, and a change of the owner tells the end of that.
 */
static int try_again(struct attempt *attempt)
{
	if (attempt->again)
		return -EBUSY;
	attempt->again = true;
	return 0;
}

/*
 * Unbind the kernel driver, if there is one. 0: try again; -EBUSY: no driver
 * has the feature, or the driver cannot be unbound.
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

	/* This descriptor keeps naming the driver, whatever is bound later. */
	driver = openat(attempt->feature->dir, "driver",
			O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (driver < 0)
		return errno == ENOENT ? try_again(attempt) : -errno;
	error = dflres_file_put(driver, "unbind", attempt->feature->name);
	if (error) {
		close(driver);
		if (error == -ENODEV)
			return try_again(attempt);
		/* the driver has no such file */
		return error == -ENOENT ? -EBUSY : error;
	}
	dflres_fd_close(attempt->driver);
	attempt->driver = driver;
	return 0;
}

/* From here on owner_fd becomes ready with the next change. */
static int arm(struct attempt *attempt)
{
	char value[DFLRES_VALUE_MAX];
	int error;

	if (attempt->owner_fd < 0) {
		attempt->owner_fd = dflres_module_file(attempt->feature,
						       "dflres/owner",
						       O_RDONLY);
		if (attempt->owner_fd < 0)
			return attempt->owner_fd;
	}
	error = dflres_fd_read(attempt->owner_fd, value);
	if (error)
		return dflres_file_error(attempt->feature->dir, -error);
	return dflres_parse_owner(value, &attempt->owner);
}

/* After a try that gave @refusal, wait for a change that may let the next one succeed. */
static int wait_for_change(struct attempt *attempt, int refusal)
{
	struct pollfd poll = { .fd = attempt->owner_fd, .events = POLLPRI };
	int64_t deadline = attempt->deadline, soon;
	int error;

	/* the first time: the owner may have changed before this watched it */
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
		 * It had no owner before the try, but is busy: unless somebody
		 * has just got it, or a driver is probing it, another driver
		 * has one of its interrupts, and no change of the owner will
		 * tell.
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

/* Do what else can help with a busy feature; -EBUSY: nothing can. */
static int clear_the_way(struct attempt *attempt)
{
	int error;

	if (attempt->flags & DFLRES_CLAIM_ATTACH) {
		error = use_own(attempt);
		if (error != -ENOENT)
			return error;
	}
	return attempt->flags & DFLRES_CLAIM_TAKE_OVER ?
	       take_from_driver(attempt) : -EBUSY;
}

/* 0: the feature is claimed, or, if claim->fd is open, this uses the user's claim. */
static int acquire(struct attempt *attempt)
{
	int refusal, error;

	for (;;) {
		refusal = try_once(attempt);
		if (refusal == -EBUSY) {
			error = clear_the_way(attempt);
			if (!error && attempt->claim->fd >= 0)
				return 0;
			if (!error)
				continue;
			if (error != -EBUSY)
				return error;
		}
		if (refusal != -EBUSY && refusal != -EAGAIN)
			return refusal;
		if (!attempt->deadline)
			return refusal;
		error = wait_for_change(attempt, refusal);
		if (error)
			return error;
	}
}

/* A failed claim, or an unneeded one, restores what was there before. */
static void rebind_driver(const struct attempt *attempt)
{
	if (attempt->driver >= 0)
		dflres_file_put(attempt->driver, "bind",
				attempt->feature->name);
}

/*
 * Open the file to claim by before doing anything, so that a process that may
 * not write to it takes nothing from a driver.
 */
static int prepare(struct attempt *attempt)
{
	const bool lasting = attempt->flags & DFLRES_CLAIM_LASTING;
	const char *file = lasting ? "dflres/owner" : "dflres/lease";
	struct dflres_claim *claim = attempt->claim;

	if (lasting) {
		strcpy(attempt->word, "user");
	} else {
		claim->lease = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		if (claim->lease < 0)
			return -errno;
		snprintf(attempt->word, sizeof(attempt->word), "%d",
			 claim->lease);
	}
	attempt->file = dflres_module_file(claim->feature, file, O_WRONLY);
	return attempt->file < 0 ? attempt->file : 0;
}

/*
 * This takes no more descriptors than there were: their limit may be what
 * failed. It leaves room for the file by which the driver is bound again.
 */
static void give_back(struct attempt *attempt)
{
	const bool lasting = attempt->flags & DFLRES_CLAIM_LASTING;

	if (lasting)
		dflres_fd_write(attempt->file, "none");
	close(attempt->file);
	attempt->file = -1;
	if (!lasting)
		dflres_feature_release(attempt->feature, DFLRES_RELEASE_NONE);
}

/* The feature is claimed, and the files of the claim exist. */
static int finish(struct attempt *attempt)
{
	struct dflres_claim *claim = attempt->claim;
	int error = dflres_claim_open_registers(claim);

	if (error) {
		give_back(attempt);
		return error;
	}
	claim->made = true;
	if (attempt->driver >= 0)
		claim->release_to = DFLRES_RELEASE_KERNEL;
	return 0;
}

static int claim_it(struct attempt *attempt)
{
	int error;

	error = prepare(attempt);
	if (error)
		return error;
	error = acquire(attempt);
	if (!error && attempt->claim->fd < 0)
		error = finish(attempt);
	if (!attempt->claim->made)
		rebind_driver(attempt);
	return error;
}

int dflres_claim_acquire(struct dflres_claim *claim, unsigned int flags,
			 int64_t deadline)
{
	struct attempt attempt = {
		.feature = claim->feature,
		.claim = claim,
		.flags = flags,
		.file = -1,
		.driver = -1,
		.owner_fd = -1,
		.deadline = deadline,
	};
	int error = -ENOENT;

	/* a process may use a claim without the right to claim */
	if (flags & DFLRES_CLAIM_ATTACH)
		error = use_own(&attempt);
	if (error == -ENOENT)
		error = claim_it(&attempt);
	dflres_fd_close(attempt.file);
	dflres_fd_close(attempt.driver);
	dflres_fd_close(attempt.owner_fd);
	return error;
}

DFLRES_API int dflres_feature_release(const struct dflres_feature *feature,
				      enum dflres_release to)
{
	int fd, error;

	fd = dflres_module_file(feature, "dflres/owner", O_WRONLY);
	if (fd < 0)
		return fd;
	error = dflres_fd_write(fd, to == DFLRES_RELEASE_KERNEL ? "kernel" :
								  "none");
	close(fd);
	return error ? dflres_file_error(feature->dir, -error) : 0;
}
