// SPDX-License-Identifier: LGPL-2.1-or-later
/* One timeout over several waits. */
#include <config.h>

#include <errno.h>
#include <time.h>

#include "internal.h"

#define NS_PER_MS 1000000

int64_t dflres_now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (int64_t)time.tv_sec * 1000 * NS_PER_MS + time.tv_nsec;
}

int64_t dflres_deadline(int timeout)
{
	/* forever, or not at all: neither needs the clock */
	if (timeout <= 0)
		return timeout < 0 ? -1 : 0;
	return dflres_now() + (int64_t)timeout * NS_PER_MS;
}

/* Rounded up: a wait that ends too early would begin again at once. */
static int remaining(int64_t deadline)
{
	int64_t left;

	if (deadline < 0)
		return -1;
	left = deadline - dflres_now();
	return left <= 0 ? 0 : (int)((left + NS_PER_MS - 1) / NS_PER_MS);
}

int dflres_poll(struct pollfd *fds, nfds_t count, int64_t deadline)
{
	int ready = poll(fds, count, remaining(deadline));

	if (ready < 0)
		return -errno;
	return ready ? 0 : -ETIMEDOUT;
}
