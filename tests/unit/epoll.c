// SPDX-License-Identifier: GPL-2.0
/*
 * Descriptors for event loops that know no POLLPRI. A regular file cannot be in
 * an epoll, so that the tests put a pipe in its place.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "fixture.h"
#include "unit.h"

/* What was to be put into an epoll, and what was instead; -1: itself. */
static int asked_fd, stand_in = -1;
static uint32_t asked_events;

/* Stands before libc's for the library, which is linked dynamically. */
int epoll_ctl(int epoll, int operation, int fd, struct epoll_event *event)
{
	struct epoll_event readable = { .events = EPOLLIN };

	asked_fd = fd;
	asked_events = event->events;
	if (stand_in >= 0) {
		fd = stand_in;
		event = &readable;
	}
	return (int)syscall(SYS_epoll_ctl, epoll, operation, fd, event);
}

static int is_readable(int fd)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };

	return poll(&poll_fd, 1, 0);
}

/* @fd is readable when what is in it in the place of @file is. */
static void ck_assert_epoll(int fd, int file, const int ends[2])
{
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
	ck_assert_int_eq(asked_fd, file);
	ck_assert_uint_eq(asked_events, EPOLLPRI);
	ck_assert_int_eq(is_readable(fd), 0);
	ck_assert_int_eq(write(ends[1], "", 1), 1);
	ck_assert_int_eq(is_readable(fd), 1);
	close(fd);
}

START_TEST(epoll_of_the_end_of_a_claim)
{
	struct dflres_claim *claim = claim_plain(4096);
	int fds = count_fds(), ends[2];

	ck_assert_int_eq(pipe(ends), 0);
	stand_in = ends[0];
	ck_assert_epoll(dflres_claim_end_epoll(claim),
			dflres_claim_end_fd(claim), ends);
	close(ends[0]);
	close(ends[1]);
	ck_assert_int_eq(count_fds(), fds);
	dflres_claim_close(claim);
}
END_TEST

START_TEST(epoll_of_a_watch)
{
	struct dflres_feature *feature = open_plain();
	struct dflres_watch *watch;
	int fds, ends[2];

	ck_assert_int_eq(dflres_watch_open(&watch, feature), 0);
	fds = count_fds();
	ck_assert_int_eq(pipe(ends), 0);
	stand_in = ends[0];
	ck_assert_epoll(dflres_watch_epoll(watch), dflres_watch_fd(watch),
			ends);
	close(ends[0]);
	close(ends[1]);
	ck_assert_int_eq(count_fds(), fds);
	dflres_watch_close(watch);
	dflres_feature_close(feature);
}
END_TEST

START_TEST(epoll_of_a_regular_file_is_an_error)
{
	struct dflres_claim *claim = claim_plain(4096);
	int fds = count_fds();

	/* of a regular file */
	ck_assert_int_eq(dflres_claim_end_epoll(claim), -EPERM);
	ck_assert_int_eq(count_fds(), fds);
	dflres_claim_close(claim);
}
END_TEST

TCase *epoll_case(void)
{
	TCase *tcase = tcase_create("epoll");

	tcase_add_checked_fixture(tcase, fixture_create, NULL);
	tcase_add_test(tcase, epoll_of_the_end_of_a_claim);
	tcase_add_test(tcase, epoll_of_a_watch);
	tcase_add_test(tcase, epoll_of_a_regular_file_is_an_error);
	return tcase;
}
