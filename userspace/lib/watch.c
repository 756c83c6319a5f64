// SPDX-License-Identifier: LGPL-2.1-or-later
/* The changes of a feature's owner. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "internal.h"

struct dflres_watch {
	int fd;
};

/*
 * After -ENODEV the feature or the module is gone, for good in either case: the
 * directory goes first, so this cannot tell which.
 */
static int read_owner(int fd, enum dflres_owner *owner)
{
	char value[DFLRES_VALUE_MAX];
	int error;

	error = dflres_fd_read(fd, value);
	return error ? error : dflres_parse_owner(value, owner);
}

DFLRES_API int dflres_watch_open(struct dflres_watch **watch,
				 const struct dflres_feature *feature)
{
	struct dflres_watch *new = calloc(1, sizeof(*new));
	enum dflres_owner owner;
	int error;

	if (!new)
		return -ENOMEM;
	new->fd = openat(feature->dir, "dflres/owner", O_RDONLY | O_CLOEXEC);
	if (new->fd < 0) {
		error = dflres_file_error(feature->dir, errno);
		free(new);
		return error;
	}
	/* a descriptor that has never been read is ready */
	error = read_owner(new->fd, &owner);
	if (error) {
		dflres_watch_close(new);
		return error;
	}
	*watch = new;
	return 0;
}

DFLRES_API void dflres_watch_close(struct dflres_watch *watch)
{
	if (!watch)
		return;
	close(watch->fd);
	free(watch);
}

DFLRES_API int dflres_watch_fd(const struct dflres_watch *watch)
{
	return watch->fd;
}

DFLRES_API int dflres_watch_read(struct dflres_watch *watch,
				 enum dflres_owner *owner)
{
	return read_owner(watch->fd, owner);
}

DFLRES_API int dflres_watch_wait(struct dflres_watch *watch, int timeout,
				 enum dflres_owner *owner)
{
	struct pollfd poll = { .fd = watch->fd, .events = POLLPRI };
	int error;

	error = dflres_poll(&poll, 1, dflres_deadline(timeout));
	return error ? error : read_owner(watch->fd, owner);
}
