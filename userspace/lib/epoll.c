// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Descriptors that are readable when a file of sysfs is ready (POLLPRI), for
 * event loops that wait only for reading. The file itself is always readable,
 * so a loop cannot use it.
 */
#include <config.h>

#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "internal.h"

/* It contains the open file of @fd, and is useless once that is closed. */
static int new_epoll(int fd)
{
	struct epoll_event event = { .events = EPOLLPRI };
	int epoll, error;

	epoll = epoll_create1(EPOLL_CLOEXEC);
	if (epoll < 0)
		return -errno;
	if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event)) {
		error = -errno;
		close(epoll);
		return error;
	}
	return epoll;
}

DFLRES_API int dflres_claim_end_epoll(const struct dflres_claim *claim)
{
	int fd = dflres_claim_end_fd(claim);

	return fd < 0 ? fd : new_epoll(fd);
}

DFLRES_API int dflres_watch_epoll(const struct dflres_watch *watch)
{
	return new_epoll(dflres_watch_fd(watch));
}
