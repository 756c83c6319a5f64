// SPDX-License-Identifier: LGPL-2.1-or-later
/* A feature that this process owns: what it can use of it, and how that ends. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "internal.h"

static struct dflres_claim *claim_new(const struct dflres_feature *feature)
{
	struct dflres_claim *claim = calloc(1, sizeof(*claim));

	if (!claim)
		return NULL;
	atomic_init(&claim->refs, 1);
	claim->fd = -1;
	claim->lease = -1;
	claim->release_to = DFLRES_RELEASE_NONE;
	claim->feature = dflres_feature_get(feature);
	return claim;
}

/* Counting who holds the claim does not change the claim: hence const. */
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
	dflres_fd_close(claim->fd);
	dflres_feature_close(claim->feature);
	free(claim);
}

/* A lease ends here at the latest, whoever still holds the memory. */
static void close_lease(struct dflres_claim *claim)
{
	dflres_fd_close(claim->lease);
	claim->lease = -1;
}

DFLRES_API int dflres_claim_open(struct dflres_claim **claim,
				 const struct dflres_feature *feature,
				 unsigned int flags, int timeout)
{
	struct dflres_claim *new;
	int error;

	if (flags & ~(DFLRES_CLAIM_LASTING | DFLRES_CLAIM_TAKE_OVER |
		      DFLRES_CLAIM_ATTACH))
		return -EINVAL;
	new = claim_new(feature);
	if (!new)
		return -ENOMEM;
	error = dflres_claim_acquire(new, flags,
				     dflres_deadline(timeout));
	if (error || !new->made)
		close_lease(new);
	if (error) {
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
	error = dflres_claim_open_registers(new);
	if (error) {
		dflres_claim_put(new);
		return error;
	}
	*claim = new;
	return 0;
}

/* The directory that holds the registers @fd. */
static int find_path(int fd, char path[PATH_MAX])
{
	static const char file[] = "/resource0";
	char link[64];
	struct stat of_fd, of_path;
	ssize_t length;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	length = readlink(link, path, PATH_MAX - 1);
	if (length < 0)
		return -errno;
	path[length] = '\0';
	if ((size_t)length < sizeof(file) ||
	    strcmp(path + length - (sizeof(file) - 1), file))
		return -EINVAL;
	/* if the other process has other mounts, the path may lead elsewhere */
	if (fstat(fd, &of_fd) || stat(path, &of_path) ||
	    of_fd.st_dev != of_path.st_dev || of_fd.st_ino != of_path.st_ino)
		return -ENOENT;
	path[length - (sizeof(file) - 1)] = '\0';
	return 0;
}

DFLRES_API int dflres_claim_from_fd(struct dflres_claim **claim, int fd)
{
	struct dflres_feature *feature;
	struct dflres_claim *new;
	char path[PATH_MAX] = "";
	int flags, error;

	flags = fcntl(fd, F_GETFL);
	if (flags < 0)
		return -errno;
	if ((flags & O_ACCMODE) != O_RDWR)
		return -EBADF;
	error = dflres_fd_check(fd);
	if (!error)
		error = find_path(fd, path);
	if (error)
		return error;
	error = dflres_given_feature(&feature, path);
	if (error)
		return error == -EXDEV ? -EINVAL : error;
	new = claim_new(feature);
	dflres_feature_close(feature);
	if (!new)
		return -ENOMEM;
	new->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (new->fd < 0) {
		error = -errno;
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

	/* the feature may belong to somebody else by now */
	error = dflres_claim_check(claim);
	if (error)
		return error;
	error = dflres_feature_release(claim->feature, to);
	if (error)
		return error;
	claim->pid = 0;
	close_lease(claim);
	return 0;
}

/*
 * If the release fails, closing the lease ends the claim: soon after, and as if
 * it had been released to the kernel.
 */
DFLRES_API void dflres_claim_close(struct dflres_claim *claim)
{
	if (!claim)
		return;
	if (claim->pid && claim->pid == getpid())
		dflres_claim_release(claim, claim->release_to);
	close_lease(claim);
	dflres_claim_put(claim);
}

void dflres_claim_undo(struct dflres_claim *claim)
{
	if (claim && claim->made)
		dflres_claim_release(claim, claim->release_to);
	dflres_claim_close(claim);
}

/*
 * The check is behind the open: a file that was there before the end is this
 * claim's, and the next claim's files have the same names.
 */
int dflres_claim_file(const struct dflres_claim *claim, const char *file,
		      int flags)
{
	const int fd = dflres_module_file(claim->feature, file, flags);
	const int error = dflres_claim_check(claim);

	if (!error)
		return fd;
	if (fd >= 0)
		close(fd);
	return error;
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
	return claim->lease < 0 ? -ENOENT : claim->lease;
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
