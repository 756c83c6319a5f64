// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * One interrupt of a claim.
 *
 * An attached eventfd counts every interrupt, so two waits lose nothing between
 * them. An object that only looks on uses the file irqN instead, and reads it
 * before it polls: an interrupt in between makes the file ready.
 *
 * A close detaches nothing. The kernel keeps one eventfd for an interrupt and
 * does not say whose: a close could detach the eventfd of another object or
 * another process, which would never hear of an interrupt again. One that stays
 * attached costs the kernel a few bytes, until the next replaces it or the
 * claim ends.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "internal.h"

struct dflres_irq {
	struct dflres_claim *claim;
	int count_fd;		/* irqN */
	int fd;			/* to poll: the eventfd, or irqN once more */
	bool watch;		/* looking on */
	atomic_uint_fast64_t seen;	/* looking on: the count taken last */
};

static int open_file(const struct dflres_claim *claim, unsigned int number,
		     const char *suffix, int flags, int *fd)
{
	char file[64];

	snprintf(file, sizeof(file), "dflres/irq%u%s", number, suffix);
	*fd = dflres_claim_file(claim, file, flags);
	return *fd < 0 ? *fd : 0;
}

static int read_count(int fd, uint64_t *count)
{
	char value[DFLRES_VALUE_MAX];
	int error;

	error = dflres_fd_read(fd, value);
	return error ? error : dflres_parse_number(value, 10, UINT64_MAX,
						   count);
}

static int attach(struct dflres_irq *irq, int file)
{
	char number[12];

	irq->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (irq->fd < 0)
		return -errno;
	snprintf(number, sizeof(number), "%d", irq->fd);
	return dflres_fd_write(file, number);
}

static int open_eventfd(struct dflres_irq *irq,
			const struct dflres_claim *claim, unsigned int number)
{
	int file, error;

	error = open_file(claim, number, "_eventfd", O_WRONLY, &file);
	if (error)
		return error;
	error = attach(irq, file);
	close(file);
	if (error)
		return error;
	/* this also makes polls of the claim's descriptor wait */
	return dflres_fd_check(claim->fd);
}

static int open_watch(struct dflres_irq *irq, const struct dflres_claim *claim,
		      unsigned int number)
{
	uint64_t count;
	int error;

	/* a second one, because dflres_irq_count() must not end its readiness */
	error = open_file(claim, number, "", O_RDONLY, &irq->fd);
	if (error)
		return error;
	error = read_count(irq->fd, &count);
	if (error)
		return error;
	atomic_store(&irq->seen, count);
	return 0;
}

DFLRES_API int dflres_irq_open(struct dflres_irq **irq,
			       struct dflres_claim *claim, unsigned int number,
			       unsigned int flags)
{
	struct dflres_irq *new;
	int error;

	if (flags & ~DFLRES_IRQ_WATCH)
		return -EINVAL;
	new = calloc(1, sizeof(*new));
	if (!new)
		return -ENOMEM;
	new->claim = dflres_claim_get(claim);
	new->fd = -1;
	new->watch = flags & DFLRES_IRQ_WATCH;
	error = open_file(claim, number, "", O_RDONLY, &new->count_fd);
	if (!error)
		error = new->watch ?
			open_watch(new, claim, number) :
			open_eventfd(new, claim, number);
	if (error) {
		dflres_irq_close(new);
		return error;
	}
	*irq = new;
	return 0;
}

DFLRES_API void dflres_irq_close(struct dflres_irq *irq)
{
	if (!irq)
		return;
	dflres_fd_close(irq->fd);
	dflres_fd_close(irq->count_fd);
	dflres_claim_put(irq->claim);
	free(irq);
}

DFLRES_API int dflres_irq_fd(const struct dflres_irq *irq)
{
	return irq->fd;
}

DFLRES_API short dflres_irq_events(const struct dflres_irq *irq)
{
	return irq->watch ? POLLPRI : POLLIN;
}

/* If several threads read the same count, one takes the difference. */
static int take_watched(struct dflres_irq *irq, uint64_t *count)
{
	uint_fast64_t seen = atomic_load(&irq->seen);
	uint64_t now;
	int error;

	error = read_count(irq->fd, &now);
	if (error)
		return error;
	do {
		/* another thread read later, and took more */
		if (now <= seen) {
			*count = 0;
			return 0;
		}
	} while (!atomic_compare_exchange_weak(&irq->seen, &seen, now));
	*count = now - seen;
	return 0;
}

DFLRES_API int dflres_irq_take(struct dflres_irq *irq, uint64_t *count)
{
	uint64_t events = 0;

	if (irq->watch)
		return take_watched(irq, count);
	if (read(irq->fd, &events, sizeof(events)) < 0) {
		if (errno != EAGAIN)
			return -errno;
		if (dflres_fd_check(irq->claim->fd))
			return -ENODEV;
	}
	*count = events;
	return 0;
}

static int wait_ready(const struct dflres_irq *irq, int64_t deadline)
{
	struct pollfd fds[] = {
		{ .fd = irq->fd, .events = dflres_irq_events(irq) },
		{ .fd = irq->claim->fd, .events = POLLPRI },
	};

	/* irqN itself reports the end */
	return dflres_poll(fds, irq->watch ? 1 : 2, deadline);
}

DFLRES_API int dflres_irq_wait(struct dflres_irq *irq, int timeout,
			       uint64_t *count)
{
	const int64_t deadline = dflres_deadline(timeout);
	uint64_t events = 0;
	int error;

	for (;;) {
		error = wait_ready(irq, deadline);
		if (error)
			return error;
		error = dflres_irq_take(irq, &events);
		if (error)
			return error;
		if (!events)	/* another thread was quicker */
			continue;
		if (count)
			*count = events;
		return 0;
	}
}

DFLRES_API int dflres_irq_count(const struct dflres_irq *irq, uint64_t *count)
{
	return read_count(irq->count_fd, count);
}
