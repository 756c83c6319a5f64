// SPDX-License-Identifier: GPL-2.0
/* Interrupts, raised by the test through the eventfd, or counted in a file. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fixture.h"
#include "unit.h"

static struct dflres_claim *claim;
static struct dflres_irq *irq;

static void setup(void)
{
	fixture_create();
	claim = claim_plain(4096);
	set_file(0, "dflres/irq1", "5\n");
	set_file(0, "dflres/irq1_eventfd", "");
}

static void teardown(void)
{
	dflres_claim_close(claim);
}

static void open_irq(unsigned int flags)
{
	ck_assert_int_eq(dflres_irq_open(&irq, claim, 1, flags), 0);
}

START_TEST(irq_uses_an_eventfd)
{
	uint64_t count = 77;
	char number[12];
	int fds = count_fds(), fd;

	open_irq(0);
	fd = dflres_irq_fd(irq);
	ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
	ck_assert_int_eq(dflres_irq_events(irq), POLLIN);
	snprintf(number, sizeof(number), "%d", fd);
	ck_assert_file(0, "dflres/irq1_eventfd", number);

	ck_assert_int_eq(dflres_irq_wait(irq, 0, &count), -ETIMEDOUT);
	ck_assert_int_eq(dflres_irq_wait(irq, 20, &count), -ETIMEDOUT);
	ck_assert_uint_eq(count, 77);
	ck_assert_int_eq(dflres_irq_take(irq, &count), 0);
	ck_assert_uint_eq(count, 0);
	/* before the first wait */
	eventfd_write(fd, 2);
	eventfd_write(fd, 1);
	ck_assert_int_eq(dflres_irq_wait(irq, 0, &count), 0);
	ck_assert_uint_eq(count, 3);
	ck_assert_int_eq(dflres_irq_wait(irq, 0, NULL), -ETIMEDOUT);
	eventfd_write(fd, 4);
	ck_assert_int_eq(dflres_irq_take(irq, &count), 0);
	ck_assert_uint_eq(count, 4);
	eventfd_write(fd, 1);
	ck_assert_int_eq(dflres_irq_wait(irq, -1, NULL), 0);

	ck_assert_int_eq(dflres_irq_count(irq, &count), 0);
	ck_assert_uint_eq(count, 5);
	dflres_irq_close(irq);
	dflres_irq_close(NULL);
	ck_assert_int_eq(count_fds(), fds);
}
END_TEST

START_TEST(irq_that_looks_on_uses_no_eventfd)
{
	uint64_t count = 77;
	int fds = count_fds();

	open_irq(DFLRES_IRQ_WATCH);
	ck_assert_file(0, "dflres/irq1_eventfd", "");
	ck_assert_int_eq(dflres_irq_events(irq), POLLPRI);
	ck_assert_int_eq(dflres_irq_take(irq, &count), 0);
	ck_assert_uint_eq(count, 0);
	ck_assert_int_eq(dflres_irq_wait(irq, 20, &count), -ETIMEDOUT);
	set_file(0, "dflres/irq1", "18446744073709551615\n");
	ck_assert_int_eq(dflres_irq_take(irq, &count), 0);
	ck_assert_uint_eq(count, UINT64_MAX - 5);
	ck_assert_int_eq(dflres_irq_count(irq, &count), 0);
	ck_assert_uint_eq(count, UINT64_MAX);
	ck_assert_int_eq(dflres_irq_take(irq, &count), 0);
	ck_assert_uint_eq(count, 0);
	set_file(0, "dflres/irq1", "-1\n");
	ck_assert_int_eq(dflres_irq_take(irq, &count), -EIO);
	dflres_irq_close(irq);
	ck_assert_file(0, "dflres/irq1_eventfd", "");
	ck_assert_int_eq(count_fds(), fds);
}
END_TEST

static int no_eventfd(const char *file, const char *text)
{
	(void)file;
	(void)text;
	return -EBADF;
}

START_TEST(irq_that_does_not_open_leaves_nothing)
{
	int fds = count_fds();

	irq = NULL;
	ck_assert_int_eq(dflres_irq_open(&irq, claim, 0, 0), -ENOENT);
	ck_assert_int_eq(dflres_irq_open(&irq, claim, 1, 2), -EINVAL);
	kernel = no_eventfd;
	ck_assert_int_eq(dflres_irq_open(&irq, claim, 1, 0), -EBADF);
	kernel = NULL;
	remove_file(0, "dflres/irq1_eventfd");
	ck_assert_int_eq(dflres_irq_open(&irq, claim, 1, 0), -ENOENT);
	set_file(0, "dflres/irq1", "many");
	ck_assert_int_eq(dflres_irq_open(&irq, claim, 1, DFLRES_IRQ_WATCH),
			 -EIO);
	remove_feature(0);
	ck_assert_int_eq(dflres_irq_open(&irq, claim, 1, 0), -ENODEV);
	ck_assert_ptr_null(irq);
	ck_assert_int_eq(count_fds(), fds);
}
END_TEST

/* A kernel that has one eventfd for the interrupt: a copy of what was written. */
static int attached = -1;

static int one_eventfd(const char *file, const char *text)
{
	if (strcmp(file, "irq1_eventfd"))
		return 0;
	if (attached >= 0)
		close(attached);
	attached = atoi(text) < 0 ? -1 : dup(atoi(text));
	return 0;
}

static void interrupt(void)
{
	if (attached >= 0)
		eventfd_write(attached, 1);
}

/* The close of one object leaves the eventfd of the next one. */
START_TEST(irq_close_leaves_others)
{
	struct dflres_irq *second;
	uint64_t count = 0;

	kernel = one_eventfd;
	open_irq(0);
	ck_assert_int_eq(dflres_irq_open(&second, claim, 1, 0), 0);
	dflres_irq_close(irq);
	interrupt();
	ck_assert_int_eq(dflres_irq_take(second, &count), 0);
	ck_assert_uint_eq(count, 1);
	dflres_irq_close(second);
}
END_TEST

/* A copy in a child goes on when the parent closes its own, and the reverse. */
START_TEST(irq_close_after_fork)
{
	int status;
	pid_t pid;

	kernel = one_eventfd;
	open_irq(0);
	pid = fork();
	if (!pid) {
		dflres_irq_close(irq);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	interrupt();
	ck_assert_int_eq(dflres_irq_wait(irq, 0, NULL), 0);
	pid = fork();
	if (!pid)
		_exit(-dflres_irq_wait(irq, 5000, NULL));
	dflres_irq_close(irq);
	interrupt();
	waitpid(pid, &status, 0);
	ck_assert_int_eq(status, 0);
}
END_TEST

static int polls;

/* Another thread takes what has come, and then there is something again. */
static int taken_by_another(struct pollfd *fds, nfds_t count, int timeout)
{
	ck_assert_uint_eq(count, 2);
	ck_assert_int_eq(timeout, -1);
	ck_assert_int_lt(polls, 2);
	if (polls++)
		eventfd_write(dflres_irq_fd(irq), 3);
	fds[0].revents = POLLIN;
	return 1;
}

START_TEST(irq_wait_goes_on_where_another_thread_was_quicker)
{
	uint64_t count = 77;

	open_irq(0);
	next_poll = taken_by_another;
	ck_assert_int_eq(dflres_irq_wait(irq, -1, &count), 0);
	ck_assert_uint_eq(count, 3);
	ck_assert_int_eq(polls, 2);
	dflres_irq_close(irq);
}
END_TEST

static uint64_t taken;

/* Between this thread's look at the count and what it makes of it. */
static void take_in_between(size_t size)
{
	(void)size;
	after_read = NULL;
	ck_assert_int_eq(dflres_irq_take(irq, &taken), 0);
}

START_TEST(irq_watch_tells_one_thread_of_each)
{
	uint64_t count = 77;

	open_irq(DFLRES_IRQ_WATCH);
	set_file(0, "dflres/irq1", "8\n");
	after_read = take_in_between;
	ck_assert_int_eq(dflres_irq_take(irq, &count), 0);
	ck_assert_uint_eq(taken, 3);
	ck_assert_uint_eq(count, 0);
	dflres_irq_close(irq);
}
END_TEST

#define THREADS 4
#define ROUNDS 2000

/* Waits until a zero-length pause, and counts. */
static void *count_on(void *arg)
{
	uint64_t *sum = arg, count;

	while (!dflres_irq_wait(irq, 300, &count))
		*sum += count;
	return NULL;
}

/* Each interrupt is reported once, to one of those who wait. */
START_TEST(irq_is_taken_once_by_many_threads)
{
	uint64_t sums[THREADS] = { 0 }, sum = 0;
	pthread_t threads[THREADS];

	open_irq(0);
	for (int i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, count_on, &sums[i]);
	for (int i = 0; i < ROUNDS; i++)
		eventfd_write(dflres_irq_fd(irq), 1);
	for (int i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		sum += sums[i];
	}
	ck_assert_uint_eq(sum, ROUNDS);
	dflres_irq_close(irq);
}
END_TEST

TCase *irq_case(void)
{
	TCase *tcase = tcase_create("irq");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, irq_uses_an_eventfd);
	tcase_add_test(tcase, irq_that_looks_on_uses_no_eventfd);
	tcase_add_test(tcase, irq_that_does_not_open_leaves_nothing);
	tcase_add_test(tcase, irq_close_leaves_others);
	tcase_add_test(tcase, irq_close_after_fork);
	tcase_add_test(tcase, irq_wait_goes_on_where_another_thread_was_quicker);
	tcase_add_test(tcase, irq_watch_tells_one_thread_of_each);
	tcase_add_test(tcase, irq_is_taken_once_by_many_threads);
	return tcase;
}
