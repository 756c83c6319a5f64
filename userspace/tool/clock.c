// SPDX-License-Identifier: GPL-2.0
/* The clock for timeouts and progress. */
#include <config.h>

#include <time.h>

#include "tool.h"

int64_t clock_now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}
