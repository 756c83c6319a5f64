// SPDX-License-Identifier: GPL-2.0
/* The tool's clock, which may run ahead: as if what it does took long. */
#include <config.h>

#include <stdlib.h>
#include <time.h>

#include "tool.h"

/* Each look at it finds $DFLRES_TEST_TICK milliseconds more gone. */
int64_t clock_now(void)
{
	static int64_t ahead;
	const char *tick = getenv("DFLRES_TEST_TICK");
	struct timespec time;

	if (tick)
		ahead += atoi(tick);
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000 + ahead;
}
