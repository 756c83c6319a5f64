// SPDX-License-Identifier: GPL-2.0
/* Claims and watches, with a kernel that the tests play. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "fixture.h"
#include "unit.h"

/* ---- watches ---- */

START_TEST(watch_tells_a_change_of_the_owner)
{
	struct dflres_feature *feature = open_plain();
	enum dflres_owner owner = DFLRES_OWNER_USER;
	int fds = count_fds();
	struct dflres_watch *w;

	ck_assert_int_eq(dflres_watch_open(&w, feature), 0);
	ck_assert_int_eq(fcntl(dflres_watch_fd(w), F_GETFD), FD_CLOEXEC);
	ck_assert_int_eq(dflres_watch_read(w, &owner), 0);
	ck_assert_int_eq(owner, DFLRES_OWNER_NONE);
	ck_assert_int_eq(dflres_watch_wait(w, 0, &owner), -ETIMEDOUT);
	ck_assert_int_eq(dflres_watch_wait(w, 20, &owner), -ETIMEDOUT);
	set_file(0, "dflres/owner", "kernel\n");
	ck_assert_int_eq(dflres_watch_read(w, &owner), 0);
	ck_assert_int_eq(owner, DFLRES_OWNER_KERNEL);
	set_file(0, "dflres/owner", "No one\n");
	ck_assert_int_eq(dflres_watch_read(w, &owner), -EIO);
	ck_assert_int_eq(owner, DFLRES_OWNER_KERNEL);
	set_file(0, "dflres/owner", "tomorrow\n");
	ck_assert_int_eq(dflres_watch_read(w, &owner), 0);
	ck_assert_int_eq(owner, DFLRES_OWNER_UNKNOWN);
	dflres_watch_close(w);
	dflres_watch_close(NULL);
	ck_assert_int_eq(count_fds(), fds);
	dflres_feature_close(feature);
}
END_TEST

START_TEST(watch_of_what_is_not_there_is_an_error)
{
	struct dflres_feature *feature = open_plain();
	struct dflres_watch *w = NULL;

	set_file(0, "dflres/owner", "garbage");
	ck_assert_int_eq(dflres_watch_open(&w, feature), -EIO);
	remove_file(0, "dflres");
	ck_assert_int_eq(dflres_watch_open(&w, feature), -ENOENT);
	remove_feature(0);
	ck_assert_int_eq(dflres_watch_open(&w, feature), -ENODEV);
	ck_assert_ptr_null(w);
	dflres_feature_close(feature);
}
END_TEST

static int64_t now_ns(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static int64_t end_asked_for;

/* A wait that ends when it is to: nothing that is nearer than its end. */
static int takes_its_time(struct pollfd *fds, nfds_t count, int timeout)
{
	(void)fds;
	(void)count;
	ck_assert_int_ge(now_ns() + timeout * 1000000LL, end_asked_for);
	return 0;
}

/* Each has another part of a millisecond left when it is handed to poll(2). */
START_TEST(wait_is_not_shorter_than_its_timeout)
{
	static const int timeouts[] = { 1, 50, 2000, 3000000, INT_MAX };
	struct dflres_feature *feature = open_plain();
	enum dflres_owner owner;
	struct dflres_watch *w;

	ck_assert_int_eq(dflres_watch_open(&w, feature), 0);
	next_poll = takes_its_time;
	for (int i = 0; i < 20 * LENGTH(timeouts); i++) {
		const int timeout = timeouts[i % LENGTH(timeouts)];

		end_asked_for = now_ns() + timeout * 1000000LL;
		ck_assert_int_eq(dflres_watch_wait(w, timeout, &owner),
				 -ETIMEDOUT);
	}
	dflres_watch_close(w);
	dflres_feature_close(feature);
}
END_TEST

/* ---- claims ---- */

static int all_well(const char *file, const char *text)
{
	(void)file;
	(void)text;
	return 0;
}

START_TEST(lease_ends_with_close)
{
	struct dflres_feature *feature = open_claimable(4096);
	struct dflres_claim *claim;
	int fds = count_fds(), fd;
	char number[12];

	ck_assert_int_eq(dflres_claim_open(&claim, feature, 0, 0), 0);
	fd = dflres_claim_lease_fd(claim);
	ck_assert_int_eq(eventfd_write(fd, 1), 0);
	ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
	snprintf(number, sizeof(number), "%d", fd);
	ck_assert_file(0, "dflres/lease", number);
	ck_assert_int_eq(fcntl(dflres_claim_fd(claim), F_GETFD), FD_CLOEXEC);
	ck_assert_ptr_eq(dflres_claim_feature(claim), feature);
	ck_assert_int_eq(dflres_claim_check(claim), 0);
	ck_assert_int_ge(dflres_claim_end_fd(claim), 0);

	kernel = all_well;
	dflres_claim_close(claim);
	dflres_claim_close(NULL);
	ck_assert_str_eq(kernel_log, "owner=none ");
	ck_assert_int_eq(count_fds(), fds);
	dflres_feature_close(feature);
}
END_TEST

START_TEST(claim_outlives_its_feature_object)
{
	struct dflres_claim *claim = claim_plain(4096);

	ck_assert_str_eq(dflres_feature_name(dflres_claim_feature(claim)),
			 "dfl_dev.0");
	dflres_claim_close(claim);
	ck_assert_file(0, "dflres/owner", "none");
}
END_TEST

START_TEST(lasting_claim_outlives_close)
{
	struct dflres_feature *feature = open_claimable(4096);
	struct dflres_claim *claim;

	kernel = all_well;
	ck_assert_int_eq(dflres_claim_open(&claim, feature,
					   DFLRES_CLAIM_LASTING, 0), 0);
	ck_assert_int_eq(dflres_claim_lease_fd(claim), -ENOENT);
	dflres_claim_close(claim);
	ck_assert_str_eq(kernel_log, "owner=user ");

	ck_assert_int_eq(dflres_claim_attach(&claim, feature), 0);
	dflres_claim_close(claim);
	ck_assert_str_eq(kernel_log, "owner=user ");

	ck_assert_int_eq(dflres_claim_attach(&claim, feature), 0);
	ck_assert_int_eq(dflres_claim_release(claim, DFLRES_RELEASE_KERNEL), 0);
	dflres_claim_close(claim);
	ck_assert_str_eq(kernel_log, "owner=user owner=kernel ");
	dflres_feature_close(feature);
}
END_TEST

START_TEST(release_leaves_close_nothing_to_end)
{
	struct dflres_claim *claim = claim_plain(4096);

	kernel = all_well;
	ck_assert_int_eq(dflres_claim_release(claim, DFLRES_RELEASE_KERNEL), 0);
	ck_assert_int_eq(dflres_claim_lease_fd(claim), -ENOENT);
	dflres_claim_close(claim);
	ck_assert_str_eq(kernel_log, "owner=kernel ");
}
END_TEST

START_TEST(claim_with_unknown_flags_is_invalid)
{
	struct dflres_feature *feature = open_claimable(4096);
	struct dflres_claim *claim = NULL;

	ck_assert_int_eq(dflres_claim_open(&claim, feature, 8, 0), -EINVAL);
	ck_assert_ptr_null(claim);
	dflres_feature_close(feature);
}
END_TEST

static int takes_a_part(const char *file, const char *text)
{
	(void)file;
	(void)text;
	return 2;
}

START_TEST(word_that_is_written_in_part)
{
	struct dflres_feature *feature = open_claimable(4096);
	struct dflres_claim *claim = NULL;

	kernel = takes_a_part;
	ck_assert_int_eq(dflres_claim_open(&claim, feature, DFLRES_CLAIM_LASTING, 0), -EIO);
	ck_assert_int_eq(dflres_feature_release(feature, DFLRES_RELEASE_NONE), -EIO);
	ck_assert_ptr_null(claim);
	dflres_feature_close(feature);
}
END_TEST

static int refusal;

static int refuse(const char *file, const char *text)
{
	(void)text;
	return strcmp(file, "lease") ? 0 : refusal;
}

static const struct refused {
	int kernel, library;
} refusals[] = {
	{ -EBUSY, -EBUSY }, { -EPERM, -EPERM }, { -ENXIO, -ENXIO },
	{ -EAGAIN, -EAGAIN }, { -ENOMEM, -ENOMEM },
	/* the device is there: the module is not */
	{ -ENODEV, -ENOENT },
};

START_TEST(errno_of_the_kernel_is_the_claims)
{
	struct dflres_feature *feature = open_claimable(4096);
	struct dflres_claim *claim = NULL;
	int fds = count_fds();

	kernel = refuse;
	refusal = refusals[_i].kernel;
	ck_assert_int_eq(dflres_claim_open(&claim, feature, 0, 0),
			 refusals[_i].library);
	ck_assert_ptr_null(claim);
	ck_assert_str_eq(kernel_log, "lease=N ");
	ck_assert_int_eq(count_fds(), fds);
	dflres_feature_close(feature);
}
END_TEST

START_TEST(claim_of_what_is_not_there_is_undone)
{
	struct dflres_feature *feature = open_claimable(4096);
	struct dflres_claim *claim = NULL;
	int fds = count_fds();

	/* the claim is made, and its file is not there: made undone */
	remove_file(0, "dflres/resource0");
	kernel = all_well;
	ck_assert_int_eq(dflres_claim_attach(&claim, feature), -ENOENT);
	ck_assert_int_eq(dflres_claim_open(&claim, feature, 0, 0), -ENOENT);
	ck_assert_str_eq(kernel_log, "lease=N owner=none ");
	kernel = NULL;
	remove_file(0, "dflres");
	ck_assert_int_eq(dflres_claim_open(&claim, feature, 0, 0), -ENOENT);
	ck_assert_int_eq(dflres_claim_open(&claim, feature,
					   DFLRES_CLAIM_LASTING, 0), -ENOENT);
	remove_feature(0);
	ck_assert_int_eq(dflres_claim_open(&claim, feature, 0, -1), -ENODEV);
	ck_assert_ptr_null(claim);
	ck_assert_int_eq(count_fds(), fds);
	dflres_feature_close(feature);
}
END_TEST

/* What undoes a claim that lasts needs no descriptor that is not there. */
START_TEST(claim_without_descriptors_is_undone)
{
	struct dflres_feature *feature = open_claimable(4096);
	struct rlimit before, limit;
	struct dflres_claim *claim;
	int fds = count_fds(), spare, error;

	kernel = all_well;
	getrlimit(RLIMIT_NOFILE, &before);
	/* one is left, for `owner` */
	spare = dup(0);
	close(spare);
	limit = before;
	limit.rlim_cur = (rlim_t)spare + 1;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	error = dflres_claim_open(&claim, feature, DFLRES_CLAIM_LASTING, 0);
	setrlimit(RLIMIT_NOFILE, &before);
	ck_assert_int_eq(error, -EMFILE);
	ck_assert_str_eq(kernel_log, "owner=user owner=none ");
	ck_assert_int_eq(count_fds(), fds);
	dflres_feature_close(feature);
}
END_TEST

START_TEST(claim_waits_until_its_timeout)
{
	struct dflres_feature *feature = open_claimable(4096);
	struct dflres_claim *claim = NULL;
	int fds = count_fds();
	int64_t start;

	kernel = refuse;
	refusal = -EBUSY;
	set_file(0, "dflres/owner", "user\n");
	start = now_ns();
	ck_assert_int_eq(dflres_claim_open(&claim, feature, 0, 50), -ETIMEDOUT);
	ck_assert_int_ge(now_ns() - start, 50000000);
	/* once before the owner is watched, and once after */
	ck_assert_str_eq(kernel_log, "lease=N lease=N ");

	/* an interrupt that another driver has: no owner to wait for */
	set_file(0, "dflres/owner", "none\n");
	ck_assert_int_eq(dflres_claim_open(&claim, feature, 0, -1), -EBUSY);

	refusal = -EAGAIN;
	ck_assert_int_eq(dflres_claim_open(&claim, feature, 0, 30), -ETIMEDOUT);
	set_file(0, "dflres/owner", "Garbage\n");
	ck_assert_int_eq(dflres_claim_open(&claim, feature, 0, 30), -EIO);
	ck_assert_int_eq(count_fds(), fds);
	dflres_feature_close(feature);
}
END_TEST

static int probe_state;

/*
 * A driver is just probing, which takes 10 ms, while nobody is the owner; then it has
 * the feature, and is unbound.
 */
static int probe(struct pollfd *fds, nfds_t count, int timeout)
{
	ck_assert_uint_eq(count, 1);
	ck_assert_int_lt(probe_state, 2);
	if (!probe_state && timeout >= 0 && timeout < 10)
		return 0;
	set_file(0, "dflres/owner", probe_state++ ? "none\n" : "kernel\n");
	fds[0].revents = POLLPRI;
	return 1;
}

static int refuse_until_unbound(const char *file, const char *text)
{
	(void)text;
	return strcmp(file, "lease") || probe_state == 2 ? 0 : -EBUSY;
}

START_TEST(wait_for_a_driver_that_is_probing)
{
	struct dflres_feature *feature = open_claimable(4096);
	struct dflres_claim *claim;

	kernel = refuse_until_unbound;
	next_poll = probe;
	ck_assert_int_eq(dflres_claim_open(&claim, feature, 0, -1), 0);
	ck_assert_int_eq(probe_state, 2);
	dflres_claim_close(claim);
	dflres_feature_close(feature);
}
END_TEST

static int tries;

static int again_twice(const char *file, const char *text)
{
	(void)text;
	if (strcmp(file, "lease"))
		return 0;
	return tries++ < 3 ? -EAGAIN : 0;
}

START_TEST(claim_waits_while_the_kernel_says_again)
{
	struct dflres_feature *feature = open_claimable(4096);
	struct dflres_claim *claim;

	kernel = again_twice;
	ck_assert_int_eq(dflres_claim_open(&claim, feature, 0, -1), 0);
	ck_assert_int_eq(tries, 4);
	dflres_claim_close(claim);
	dflres_feature_close(feature);
}
END_TEST

static void on_alarm(int signal)
{
	(void)signal;
}

START_TEST(claim_that_waits_is_interrupted_by_a_signal)
{
	/* The first may come before the wait, on a machine that is busy */
	const struct itimerval often = { { .tv_usec = 20000 }, { .tv_usec = 20000 } };
	const struct itimerval never = { 0 };
	struct sigaction action = { .sa_handler = on_alarm };
	struct dflres_feature *feature = open_claimable(4096);
	struct dflres_claim *claim;

	kernel = refuse;
	refusal = -EBUSY;
	set_file(0, "dflres/owner", "user\n");
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
	ck_assert_int_eq(dflres_claim_open(&claim, feature, 0, -1), -EINTR);
	setitimer(ITIMER_REAL, &never, NULL);
	dflres_feature_close(feature);
}
END_TEST

/* ---- taking over ---- */

static int unbind_error, claim_error, free_after, rebinds;

/* A kernel whose driver has the feature until it is unbound. */
static int driver_kernel(const char *file, const char *text)
{
	static bool unbound;

	(void)text;
	if (!strcmp(file, "unbind")) {
		if (unbind_error)
			return unbind_error;
		unbound = !rebinds;
		set_file(0, "dflres/owner", rebinds ? "kernel\n" : "none\n");
		rebinds -= !unbound;
	} else if (!strcmp(file, "bind")) {
		unbound = false;
		set_file(0, "dflres/owner", "kernel\n");
	} else if (!strcmp(file, "lease")) {
		if (!unbound && (!free_after || --free_after))
			return -EBUSY;
		return claim_error;
	}
	return 0;
}

static struct dflres_feature *open_driven(void)
{
	struct dflres_feature *feature = open_claimable(4096);
	char path[300];

	set_file(0, "dflres/owner", "kernel\n");
	put("bus/dfl/drivers/uio_dfl/bind", "", 0);
	put("bus/dfl/drivers/uio_dfl/unbind", "", 0);
	snprintf(path, sizeof(path), "%s/driver", dflres_feature_path(feature));
	ck_assert_int_eq(symlink("../../../../../../../../bus/dfl/drivers/uio_dfl",
				 path), 0);
	kernel = driver_kernel;
	return feature;
}

START_TEST(take_over_unbinds_the_driver)
{
	struct dflres_feature *feature = open_driven();
	struct dflres_claim *claim;
	int fds = count_fds();

	ck_assert_int_eq(dflres_claim_open(&claim, feature, 0, 0), -EBUSY);
	ck_assert_str_eq(kernel_log, "lease=N ");
	*kernel_log = '\0';
	ck_assert_int_eq(dflres_claim_open(&claim, feature,
					   DFLRES_CLAIM_TAKE_OVER, 0), 0);
	ck_assert_str_eq(kernel_log,
			 "lease=N unbind=dfl_dev.0 lease=N kernel ");
	*kernel_log = '\0';
	dflres_claim_close(claim);
	ck_assert_str_eq(kernel_log, "owner=kernel ");
	ck_assert_int_eq(count_fds(), fds);
	dflres_feature_close(feature);
}
END_TEST

/* Somebody binds a driver again between the unbind and the claim: each one's directory is closed. */
START_TEST(take_over_from_two_drivers)
{
	struct dflres_feature *feature = open_driven();
	struct dflres_claim *claim;
	int fds = count_fds();

	rebinds = 2;
	opened_for_programs = 0;
	ck_assert_int_eq(dflres_claim_open(&claim, feature,
					   DFLRES_CLAIM_TAKE_OVER, 0), 0);
	ck_assert_str_eq(kernel_log,
			 "lease=N unbind=dfl_dev.0 lease=N kernel unbind=dfl_dev.0 lease=N kernel unbind=dfl_dev.0 lease=N kernel ");
	dflres_claim_close(claim);
	ck_assert_int_eq(count_fds(), fds);
	/* nor has a program had it that another thread started meanwhile */
	ck_assert_int_eq(opened_for_programs, 0);
	dflres_feature_close(feature);
}
END_TEST

/* Somebody unbinds the driver after the claim was refused: it is tried again. */
START_TEST(take_over_from_a_driver_that_is_gone)
{
	struct dflres_feature *feature = open_claimable(4096);
	struct dflres_claim *claim;

	kernel = driver_kernel;
	free_after = 2;
	set_file(0, "dflres/owner", "kernel\n");
	ck_assert_int_eq(dflres_claim_open(&claim, feature,
					   DFLRES_CLAIM_TAKE_OVER, 0), 0);
	ck_assert_str_eq(kernel_log, "lease=N lease=N ");
	dflres_claim_close(claim);
	dflres_feature_close(feature);
}
END_TEST

static unsigned int refused_leases;

/* A driver that somebody else is unbinding: its link is gone, and the feature is still the kernel's. */
static int driver_is_going(const char *file, const char *text)
{
	(void)text;
	/* rather than for ever */
	return strcmp(file, "lease") ? 0 : ++refused_leases > 100 ? -EIO : -EBUSY;
}

START_TEST(take_over_while_the_driver_goes_does_not_spin)
{
	struct dflres_feature *feature = open_claimable(4096);
	struct dflres_claim *claim;

	kernel = driver_is_going;
	set_file(0, "dflres/owner", "kernel\n");
	ck_assert_int_eq(dflres_claim_open(&claim, feature,
					   DFLRES_CLAIM_TAKE_OVER, 0), -EBUSY);
	ck_assert_uint_eq(refused_leases, 2);
	refused_leases = 0;
	ck_assert_int_eq(dflres_claim_open(&claim, feature,
					   DFLRES_CLAIM_TAKE_OVER, 20), -ETIMEDOUT);
	ck_assert_uint_lt(refused_leases, 5);
	dflres_feature_close(feature);
}
END_TEST

/* A module that does not know for whom a lease ends takes the number alone. */
static int old_kernel(const char *file, const char *text)
{
	return strcmp(file, "lease") || !strchr(text, ' ') ?
	       driver_kernel(file, text) : -EINVAL;
}

START_TEST(take_over_by_an_old_module)
{
	struct dflres_feature *feature = open_driven();
	struct dflres_claim *claim;

	kernel = old_kernel;
	ck_assert_int_eq(dflres_claim_open(&claim, feature,
					   DFLRES_CLAIM_TAKE_OVER, 0), 0);
	ck_assert_str_eq(kernel_log,
			 "lease=N unbind=dfl_dev.0 lease=N kernel lease=N ");
	*kernel_log = '\0';
	dflres_claim_close(claim);
	ck_assert_str_eq(kernel_log, "owner=kernel ");
	dflres_feature_close(feature);
}
END_TEST

START_TEST(take_over_from_nobody)
{
	struct dflres_feature *feature = open_claimable(4096);
	struct dflres_claim *claim;

	kernel = all_well;
	ck_assert_int_eq(dflres_claim_open(&claim, feature,
					   DFLRES_CLAIM_TAKE_OVER, 0), 0);
	dflres_claim_close(claim);
	ck_assert_str_eq(kernel_log, "lease=N owner=none ");
	dflres_feature_close(feature);
}
END_TEST

/* All or nothing: the driver is bound again. */
START_TEST(take_over_that_fails_gives_the_driver_back)
{
	struct dflres_feature *feature = open_driven();
	struct dflres_claim *claim;
	int fds = count_fds();

	claim_error = -ENXIO;
	ck_assert_int_eq(dflres_claim_open(&claim, feature,
					   DFLRES_CLAIM_TAKE_OVER, 0), -ENXIO);
	ck_assert_str_eq(kernel_log,
			 "lease=N unbind=dfl_dev.0 lease=N kernel bind=dfl_dev.0 ");
	*kernel_log = '\0';
	claim_error = 0;
	remove_file(0, "dflres/resource0");
	ck_assert_int_eq(dflres_claim_open(&claim, feature,
					   DFLRES_CLAIM_TAKE_OVER, 0), -ENOENT);
	ck_assert_str_eq(kernel_log,
			 "lease=N unbind=dfl_dev.0 lease=N kernel owner=none bind=dfl_dev.0 ");
	ck_assert_int_eq(count_fds(), fds);
	dflres_feature_close(feature);
}
END_TEST

START_TEST(take_over_that_is_refused_leaves_the_driver)
{
	struct dflres_feature *feature = open_driven();
	struct dflres_claim *claim = NULL;
	int fds = count_fds();

	unbind_error = -EACCES;
	ck_assert_int_eq(dflres_claim_open(&claim, feature,
					   DFLRES_CLAIM_TAKE_OVER, 0), -EACCES);
	/* the driver let go by itself between the two */
	unbind_error = -ENODEV;
	free_after = 2;
	ck_assert_int_eq(dflres_claim_open(&claim, feature,
					   DFLRES_CLAIM_TAKE_OVER, 0), 0);
	dflres_claim_close(claim);
	/* another process has it */
	unbind_error = 0;
	free_after = 0;
	set_file(0, "dflres/owner", "user\n");
	*kernel_log = '\0';
	ck_assert_int_eq(dflres_claim_open(&claim, feature,
					   DFLRES_CLAIM_TAKE_OVER, 0), -EBUSY);
	ck_assert_str_eq(kernel_log, "lease=N ");
	ck_assert_int_eq(dflres_claim_open(&claim, feature,
					   DFLRES_CLAIM_TAKE_OVER, 20),
			 -ETIMEDOUT);
	ck_assert_int_eq(count_fds(), fds);
	dflres_feature_close(feature);
}
END_TEST

/* A driver that cannot be unbound by hand has no such file. */
START_TEST(take_over_without_unbind_is_busy)
{
	struct dflres_feature *feature = open_driven();
	struct dflres_claim *claim;
	char path[256];

	snprintf(path, sizeof(path), "%s/bus/dfl/drivers/uio_dfl/unbind",
		 fixture_root());
	unlink(path);
	ck_assert_int_eq(dflres_claim_open(&claim, feature,
					   DFLRES_CLAIM_TAKE_OVER, 0), -EBUSY);
	dflres_feature_close(feature);
}
END_TEST

/* Nothing is unbound for who may not claim. */
START_TEST(take_over_needs_privilege)
{
	struct dflres_feature *feature = open_driven();
	struct dflres_claim *claim;

	remove_file(0, "dflres/lease");
	ck_assert_int_eq(dflres_claim_open(&claim, feature,
					   DFLRES_CLAIM_TAKE_OVER, 0), -ENOENT);
	ck_assert_str_eq(kernel_log, "");
	dflres_feature_close(feature);
}
END_TEST

START_TEST(close_in_a_child_ends_no_claim)
{
	struct dflres_claim *claim = claim_plain(4096);
	int status;
	pid_t pid;

	kernel = all_well;
	pid = fork();
	if (!pid) {
		dflres_claim_close(claim);
		_exit(strcmp(kernel_log, "") ? 1 : 0);
	}
	waitpid(pid, &status, 0);
	ck_assert_int_eq(status, 0);
	dflres_claim_close(claim);
	ck_assert_str_eq(kernel_log, "owner=none ");
}
END_TEST

TCase *watch_case(void)
{
	TCase *tcase = tcase_create("watch");

	tcase_add_checked_fixture(tcase, fixture_create, NULL);
	tcase_add_test(tcase, watch_tells_a_change_of_the_owner);
	tcase_add_test(tcase, watch_of_what_is_not_there_is_an_error);
	tcase_add_test(tcase, wait_is_not_shorter_than_its_timeout);
	return tcase;
}

TCase *claim_case(void)
{
	TCase *tcase = tcase_create("claim");

	tcase_add_checked_fixture(tcase, fixture_create, NULL);
	tcase_add_test(tcase, lease_ends_with_close);
	tcase_add_test(tcase, claim_outlives_its_feature_object);
	tcase_add_test(tcase, lasting_claim_outlives_close);
	tcase_add_test(tcase, release_leaves_close_nothing_to_end);
	tcase_add_test(tcase, claim_with_unknown_flags_is_invalid);
	tcase_add_loop_test(tcase, errno_of_the_kernel_is_the_claims, 0, LENGTH(refusals));
	tcase_add_test(tcase, word_that_is_written_in_part);
	tcase_add_test(tcase, claim_of_what_is_not_there_is_undone);
	tcase_add_test(tcase, claim_without_descriptors_is_undone);
	tcase_add_test(tcase, claim_waits_until_its_timeout);
	tcase_add_test(tcase, wait_for_a_driver_that_is_probing);
	tcase_add_test(tcase, claim_waits_while_the_kernel_says_again);
	tcase_add_test(tcase, claim_that_waits_is_interrupted_by_a_signal);
	tcase_add_test(tcase, take_over_unbinds_the_driver);
	tcase_add_test(tcase, take_over_from_two_drivers);
	tcase_add_test(tcase, take_over_from_a_driver_that_is_gone);
	tcase_add_test(tcase, take_over_while_the_driver_goes_does_not_spin);
	tcase_add_test(tcase, take_over_by_an_old_module);
	tcase_add_test(tcase, take_over_from_nobody);
	tcase_add_test(tcase, take_over_that_fails_gives_the_driver_back);
	tcase_add_test(tcase, take_over_that_is_refused_leaves_the_driver);
	tcase_add_test(tcase, take_over_without_unbind_is_busy);
	tcase_add_test(tcase, take_over_needs_privilege);
	tcase_add_test(tcase, close_in_a_child_ends_no_claim);
	return tcase;
}
