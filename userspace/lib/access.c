// SPDX-License-Identifier: LGPL-2.1-or-later
/* Calls that make several accesses: change bits, wait for bits, a FIFO. */
#include <config.h>

#include <errno.h>
#include <time.h>

#include "internal.h"

/*
 * A wait reads again after an eighth of the time that it has waited: it is
 * never later than that, nor than the longest pause.
 */
#define SHORTEST_PAUSE_NS 10000
#define LONGEST_PAUSE_NS 10000000

static int check(const struct dflres_regs *regs, size_t offset,
		 unsigned int width, uint64_t mask, uint64_t value)
{
	int error = dflres_regs_check(regs, offset, width);

	if (error)
		return error;
	if (mask & ~(UINT64_MAX >> (64 - width)))
		return -EOVERFLOW;
	return value & ~mask ? -EDOM : 0;
}

DFLRES_API int dflres_regs_update(struct dflres_regs *regs, size_t offset,
				  unsigned int width, uint64_t mask,
				  uint64_t value, uint64_t *before)
{
	uint64_t old;
	int error;

	error = check(regs, offset, width, mask, value);
	if (!error)
		error = dflres_regs_try_read(regs, offset, width, &old);
	if (!error)
		error = dflres_regs_try_write(regs, offset, width,
					      (old & ~mask) | value);
	if (!error && before)
		*before = old;
	return error;
}

/* ---- waiting ---- */

/* Sleep until it is time to read again: at @deadline, or before. */
static int pause_for(int64_t begin, int64_t deadline)
{
	const int64_t now = dflres_now();
	int64_t pause = (now - begin) / 8;
	struct timespec time;

	if (pause < SHORTEST_PAUSE_NS)
		pause = SHORTEST_PAUSE_NS;
	if (pause > LONGEST_PAUSE_NS)
		pause = LONGEST_PAUSE_NS;
	if (deadline >= 0 && pause > deadline - now)
		pause = deadline - now;
	if (pause <= 0)
		return -ETIMEDOUT;
	time.tv_sec = 0;
	time.tv_nsec = (long)pause;
	return -clock_nanosleep(CLOCK_MONOTONIC, 0, &time, NULL);
}

DFLRES_API int dflres_regs_wait(struct dflres_regs *regs, size_t offset,
				unsigned int width, uint64_t mask,
				uint64_t value, int timeout, uint64_t *last)
{
	const int64_t begin = dflres_now(), deadline = dflres_deadline(timeout);
	uint64_t now = 0;
	int error, late = timeout ? 0 : -ETIMEDOUT;

	error = check(regs, offset, width, mask, value);
	if (error)
		return error;
	/* a value that is there when the time is over came in time */
	for (;;) {
		error = dflres_regs_try_read(regs, offset, width, &now);
		if (error)
			return error;
		if ((now & mask) == value || late)
			break;
		late = pause_for(begin, deadline);
	}
	if (last)
		*last = now;
	return (now & mask) == value ? 0 : late;
}

/* ---- the same register again and again ---- */

static int check_fifo(const struct dflres_regs *regs, size_t offset,
		      unsigned int width, size_t length)
{
	int error = dflres_regs_check(regs, offset, width);

	if (error)
		return error;
	return length % (width / 8) ? -EINVAL : 0;
}

DFLRES_API int dflres_regs_read_fifo(struct dflres_regs *regs, size_t offset,
				     unsigned int width, void *data,
				     size_t length)
{
	const size_t bytes = width / 8;
	int error = check_fifo(regs, offset, width, length);

	for (size_t done = 0; !error && done < length; done += bytes)
		error = dflres_regs_read_block(regs, offset, width,
					       (uint8_t *)data + done, bytes);
	return error;
}

DFLRES_API int dflres_regs_write_fifo(struct dflres_regs *regs, size_t offset,
				      unsigned int width, const void *data,
				      size_t length)
{
	const size_t bytes = width / 8;
	int error = check_fifo(regs, offset, width, length);

	for (size_t done = 0; !error && done < length; done += bytes)
		error = dflres_regs_write_block(regs, offset, width,
						(const uint8_t *)data + done,
						bytes);
	return error;
}
