// SPDX-License-Identifier: GPL-2.0
/*
 * Features by name, and claims of several by name: over a kernel that keeps, for
 * each feature, who has it.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "fixture.h"
#include "unit.h"

#define FEATURES 4

/* What the kernel answers to a claim of each of them; 0: as its owner is. */
static int refusals[FEATURES];
int closed_feature = -1, closed_error;
const char *closed_file = "dflres/lease";

/* Stands before libc's for the library, which is linked dynamically. */
int openat(int dir, const char *path, int flags, ...)
{
	char link[64], target[PATH_MAX] = "";
	mode_t mode;
	va_list args;

	va_start(args, flags);
	mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(args, mode_t) : 0;
	va_end(args);
	opened_for_programs += !(flags & O_CLOEXEC);
	if (closed_feature >= 0 && !strcmp(path, closed_file)) {
		snprintf(link, sizeof(link), "/proc/self/fd/%d", dir);
		if (readlink(link, target, sizeof(target) - 1) > 0 &&
		    feature_number(target) == closed_feature) {
			errno = closed_error;
			return -1;
		}
	}
	return syscall(SYS_openat, dir, path, flags, mode);
}

static bool is_owned(int number)
{
	struct dflres_feature *feature;
	enum dflres_owner owner;
	char name[32];

	snprintf(name, sizeof(name), "dfl_dev.%d", number);
	ck_assert_int_eq(dflres_feature_open(&feature, name), 0);
	ck_assert_int_eq(dflres_feature_owner(feature, &owner), 0);
	dflres_feature_close(feature);
	return owner != DFLRES_OWNER_NONE;
}

static int arbiter(const char *file, const char *text)
{
	ck_assert_str_ne(file, "unbind");
	if (!strcmp(file, "owner") && strcmp(text, "user")) {
		set_file(kernel_feature, "dflres/owner", "none\n");
		return 0;
	}
	if (refusals[kernel_feature])
		return refusals[kernel_feature];
	if (is_owned(kernel_feature))
		return -EBUSY;
	set_file(kernel_feature, "dflres/owner", "user\n");
	return 0;
}

/* All of one type and id, in the order of their numbers. */
static void add_all(void)
{
	for (int i = 0; i < FEATURES; i++) {
		add_plain(i);
		set_file(i, "dflres/lease", "0\n");
		set_file(i, "dflres/resource0", "");
	}
	kernel = arbiter;
}

static void ck_assert_names(struct dflres_claim *const *claims, size_t count,
			    const char *expected)
{
	char names[128] = "";

	for (size_t i = 0; i < count; i++) {
		strcat(names, dflres_feature_name(
				dflres_claim_feature(claims[i])));
		strcat(names, " ");
	}
	ck_assert_str_eq(names, expected);
}

static void close_claims(struct dflres_claim *const *claims, size_t count)
{
	for (size_t i = 0; i < count; i++)
		dflres_claim_close(claims[i]);
}

static void ck_assert_none_owned(void)
{
	for (int i = 0; i < FEATURES; i++)
		ck_assert(!is_owned(i));
}

/* ---- names ---- */

static const struct name {
	const char *name;
	int error;
	const char *feature;
} names[] = {
	{ "dfl_dev.2", 0, "dfl_dev.2" },
	{ "fme:0x10", 0, "dfl_dev.0" },
	{ "0:16:3", 0, "dfl_dev.3" },
	{ "0x0:0x10:0x3", 0, "dfl_dev.3" },
	{ "fme:016:02", 0, "dfl_dev.2" },
	{ "3b:00.0/fme:0x10:1", 0, "dfl_dev.1" },
	{ "0000:3B:00.0/fme:0X10:01", 0, "dfl_dev.1" },
	{ "fme:0x10:any", 0, "dfl_dev.0" },
	{ "3b:00.0/fme:0x10:any", 0, "dfl_dev.0" },
	{ "fme:0x10:4", -ENODEV, NULL },
	{ "port:0x10", -ENODEV, NULL },
	{ "priv-feat:0x10:any", -ENODEV, NULL },
	{ "3c:00.0/fme:0x10", -ENODEV, NULL },
	{ "dfl_dev.9", -ENODEV, NULL },
	{ "dfl_dev.10", -ENODEV, NULL },
	{ "", -EINVAL, NULL },
	{ "foo", -EINVAL, NULL },
	{ "fme", -EINVAL, NULL },
	{ "0x30", -EINVAL, NULL },
	{ "dfl_dev", -EINVAL, NULL },
	{ "dfl_dev.", -EINVAL, NULL },
	{ "dfl_dev.2x", -EINVAL, NULL },
	{ "dfl_dev.2/", -EINVAL, NULL },
	{ "dfl_dev.-1", -EINVAL, NULL },
	{ "dfl_dev_2", -EINVAL, NULL },
	{ "..", -ENODEV, NULL },
	{ ":", -EINVAL, NULL },
	{ "fme:", -EINVAL, NULL },
	{ "fme:0x10:", -EINVAL, NULL },
	{ "fme:0x10:1:1", -EINVAL, NULL },
	{ "fme:any", -EINVAL, NULL },
	{ "fme:0x10:ANY", -EINVAL, NULL },
	{ "fme:0x10:any ", -EINVAL, NULL },
	{ "fme: 16", -EINVAL, NULL },
	{ "fme:+16", -EINVAL, NULL },
	{ "fme:0x", -EINVAL, NULL },
	{ "fme:0x0x10", -EINVAL, NULL },
	{ "fme:0x80000000", -EINVAL, NULL },
	{ "fme:1K", -EINVAL, NULL },
	{ "fme:0x10:4294967296", -EINVAL, NULL },
	{ "fm:0x10", -EINVAL, NULL },
	{ "/fme:0x10", -ENODEV, NULL },
	{ "3b:00/fme:0x10", -EINVAL, NULL },
	{ "00000000:0000:3b:00.0/fme:0x10", -EINVAL, NULL },
};

START_TEST(feature_is_selected_by_its_name)
{
	struct dflres_feature *feature = NULL;

	add_all();
	ck_assert_int_eq(dflres_select(&feature, names[_i].name),
			 names[_i].error);
	if (names[_i].error)
		ck_assert_ptr_null(feature);
	else
		ck_assert_str_eq(dflres_feature_name(feature),
				 names[_i].feature);
	dflres_feature_close(feature);
}
END_TEST

/* A path begins with '/' or '.': nothing else names a file that happens to be there. */
START_TEST(select_by_a_path)
{
	struct dflres_feature *feature = NULL, *named;

	add_all();
	ck_assert_int_eq(dflres_feature_open(&feature, "dfl_dev.2"), 0);
	ck_assert_int_eq(chdir(fixture_root()), 0);
	ck_assert_int_eq(dflres_select(&named, dflres_feature_path(feature)), 0);
	ck_assert_str_eq(dflres_feature_name(named), "dfl_dev.2");
	dflres_feature_close(named);
	ck_assert_int_eq(dflres_select(&named, "./bus/dfl/devices/dfl_dev.2"), 0);
	ck_assert_str_eq(dflres_feature_path(named), dflres_feature_path(feature));
	dflres_feature_close(named);
	ck_assert_int_eq(dflres_select(&named, "bus/dfl/devices/dfl_dev.2"),
			 -EINVAL);
	dflres_feature_close(feature);
}
END_TEST

START_TEST(select_by_a_long_name)
{
	struct dflres_feature *feature;
	char name[4096] = "fme:0x10";

	add_all();
	memset(name + strlen(name), '0', sizeof(name) - strlen(name) - 1);
	ck_assert_int_eq(dflres_select(&feature, name), -EINVAL);
}
END_TEST

START_TEST(select_without_a_bus)
{
	struct dflres_feature *feature;

	ck_assert_int_eq(dflres_select(&feature, "dfl_dev.0"), -ENODEV);
	ck_assert_int_eq(dflres_select(&feature, "fme:0x10"), -ENODEV);
	ck_assert_int_eq(dflres_select(&feature, "fme:0x10:any"), -ENODEV);
}
END_TEST

START_TEST(selector_of_a_feature)
{
	struct dflres_feature *feature;
	char text[64];

	add_all();
	ck_assert_int_eq(dflres_feature_open(&feature, "dfl_dev.2"), 0);
	ck_assert_int_eq(dflres_feature_selector(feature, text, sizeof(text)),
			 0);
	ck_assert_str_eq(text, "0000:3b:00.0/fme:0x10:2");
	ck_assert_int_eq(dflres_feature_selector(feature, text, 23),
			 -ENAMETOOLONG);
	set_file(2, "type", "0x7\n");
	ck_assert_int_eq(dflres_feature_selector(feature, text, sizeof(text)),
			 0);
	ck_assert_str_eq(text, "0000:3b:00.0/0x7:0x10:0");
	dflres_feature_close(feature);
}
END_TEST

/* ---- who has it ---- */

static const struct process_name {
	const char *name, *shown;
} process_names[] = {
	{ "registers", "registers" },
	{ "", "" },
	{ "a b", "a b" },
	{ "a\nb\x7f", "a?b?" },
	{ "\033[31m", "?[31m" },
	{ "\xc2\x9b" "31m", "?31m" },		/* U+009B */
	{ "\x9b" "31m", "?31m" },		/* of one byte */
	{ "\xc0\x9b" "31m", "??31m" },	/* U+001B in two bytes */
	{ "\xe0\x82\x9b" "31m", "???31m" },	/* U+009B in three */
	{ "\xe2\x80\xae" "gpj", "?gpj" },	/* right to left */
	{ "\xef\xbb\xbf" "x", "?x" },	/* no width */
	{ "\xf3\xa0\x81\xa1x", "?x" },	/* a tag */
	{ "\xed\xa0\x80", "???" },		/* a surrogate */
	{ "\xf4\x90\x80\x80", "????" },	/* beyond the last */
	{ "\xff\xfe", "??" },
	{ "cut\xe2\x82", "cut??" },
	{ "gr\xc3\xb6\xc3\x9f" "e", "gr\xc3\xb6\xc3\x9f" "e" },
	{ "\xe5\x90\x8d", "\xe5\x90\x8d" },
	{ "\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80" },
};

START_TEST(holder_of_a_process_with_any_name)
{
	struct dflres_feature *feature = open_plain();
	struct dflres_holder holder;
	char pid[16];

	snprintf(pid, sizeof(pid), "%d\n", (int)getpid());
	set_file(0, "dflres/owner", "user\n");
	set_file(0, "dflres/owner_pid", pid);
	ck_assert_int_eq(prctl(PR_SET_NAME, process_names[_i].name), 0);
	ck_assert_int_eq(dflres_feature_holder(feature, &holder), 0);
	ck_assert_int_eq(holder.owner, DFLRES_OWNER_USER);
	ck_assert_int_eq(holder.pid, getpid());
	ck_assert_str_eq(holder.command, process_names[_i].shown);
	dflres_feature_close(feature);
}
END_TEST

/* The longest word there can be, of a newer module, and what is none. */
START_TEST(holder_with_any_word)
{
	static const char longest[] = "a23456789-b23456789-c23456789-d";
	struct dflres_feature *feature = open_plain();
	struct dflres_holder holder;
	enum dflres_owner owner;
	char word[4000];

	set_file(0, "dflres/owner", "a23456789-b23456789-c23456789-d\n");
	ck_assert_int_eq(dflres_feature_holder(feature, &holder), 0);
	ck_assert_int_eq(holder.owner, DFLRES_OWNER_UNKNOWN);
	ck_assert_str_eq(holder.word, longest);
	for (size_t length = sizeof(longest); length < sizeof(word) - 1;
	     length += 1777) {
		memset(word, 'a', length);
		strcpy(word + length, "\n");
		set_file(0, "dflres/owner", word);
		ck_assert_int_eq(dflres_feature_holder(feature, &holder), -EIO);
		ck_assert_str_eq(holder.word, "");
		ck_assert_int_eq(dflres_feature_owner(feature, &owner), -EIO);
	}
	dflres_feature_close(feature);
}
END_TEST

/* ---- any ---- */

static int reads_to_go;

static void go_away(size_t size)
{
	(void)size;
	if (!reads_to_go--)
		remove_feature(0);
}

/* The first goes away after any read of the search, also after those of itself. */
#define READS 20

START_TEST(any_though_one_goes_away)
{
	struct dflres_feature *feature = NULL;

	add_all();
	reads_to_go = _i;
	after_read = go_away;
	ck_assert_int_eq(dflres_select(&feature, "fme:0x10:any"), 0);
	after_read = NULL;
	dflres_feature_close(feature);
}
END_TEST

START_TEST(any_that_could_be_claimed)
{
	struct dflres_feature *feature = NULL;

	add_all();
	set_file(0, "dflres/owner", "kernel\n");
	set_file(1, "dflres/claimable", "overlap\n");
	closed_feature = 2;
	closed_error = EROFS;
	ck_assert_int_eq(dflres_select(&feature, "fme:0x10:any"), 0);
	ck_assert_str_eq(dflres_feature_name(feature), "dfl_dev.3");
	dflres_feature_close(feature);
}
END_TEST

START_TEST(any_passes_over_what_cannot_be_claimed)
{
	static const int passed_over[] = {
		-EBUSY, -EAGAIN, -EROFS, -EACCES, -EPERM, -ENXIO, -ENODEV,
	};
	const char *const any = "fme:0x10:any";
	struct dflres_claim *claim;

	add_all();
	for (int i = 0; i < LENGTH(passed_over); i++) {
		refusals[0] = passed_over[i];
		refusals[1] = passed_over[i];
		ck_assert_int_eq(dflres_claim_select(&claim, &any, 1, 0, 0,
						     NULL), 0);
		ck_assert_names(&claim, 1, "dfl_dev.2 ");
		dflres_claim_close(claim);
	}
	refusals[0] = -ENOMEM;
	ck_assert_int_eq(dflres_claim_select(&claim, &any, 1, 0, 0, NULL),
			 -ENOMEM);
}
END_TEST

START_TEST(any_twice_gives_two)
{
	const char *const anys[] = { "fme:0x10:any", "fme:0x10:any" };
	struct dflres_claim *claims[2];

	add_all();
	set_file(0, "dflres/owner", "kernel\n");
	ck_assert_int_eq(dflres_claim_select(claims, anys, 2, 0, 0, NULL), 0);
	ck_assert_names(claims, 2, "dfl_dev.1 dfl_dev.2 ");
	close_claims(claims, 2);
}
END_TEST

/* No driver loses its feature while there is another one. */
START_TEST(any_takes_over_last)
{
	const char *const any = "fme:0x10:any";
	struct dflres_claim *claim;
	char driver[PATH_MAX];

	add_all();
	set_file(0, "dflres/owner", "kernel\n");
	put("bus/dfl/drivers/uio_dfl/unbind", "", 0);
	snprintf(driver, sizeof(driver), "%s/bus/dfl/devices/dfl_dev.0/driver", fixture_root());
	ck_assert_int_eq(symlink("../../../../../../../../bus/dfl/drivers/uio_dfl", driver), 0);
	ck_assert_int_eq(dflres_claim_select(&claim, &any, 1,
					     DFLRES_CLAIM_TAKE_OVER, 0, NULL),
			 0);
	ck_assert_names(&claim, 1, "dfl_dev.1 ");
	dflres_claim_close(claim);
}
END_TEST

/* What can only be one feature comes first, wherever it is named. */
START_TEST(any_leaves_what_else_is_named)
{
	const char *const wanted[] = { "fme:0x10:any", "dfl_dev.0" };
	struct dflres_claim *claims[2];

	add_all();
	ck_assert_int_eq(dflres_claim_select(claims, wanted, 2, 0, 0, NULL), 0);
	ck_assert_names(claims, 2, "dfl_dev.1 dfl_dev.0 ");
	close_claims(claims, 2);
}
END_TEST

START_TEST(any_of_none_says_how_many)
{
	const char *const anys[] = { "fme:0x10:any", "fme:0x10:any" };
	struct dflres_claim *claims[2];
	char text[DFLRES_SENTENCE_MAX];
	size_t failed = 7;

	add_all();
	set_file(0, "dflres/owner", "kernel\n");
	set_file(1, "dflres/owner", "user\n");
	set_file(2, "dflres/claimable", "overlap\n");
	refusals[2] = -ENXIO;
	closed_feature = 3;
	closed_error = EROFS;
	ck_assert_int_eq(dflres_claim_select(claims, anys, 2, 0, 0, &failed),
			 -EBUSY);
	ck_assert_uint_eq(failed, 0);
	dflres_explain_name(anys[0], DFLRES_OPERATION_CLAIM, -EBUSY, text,
			    sizeof(text));
	ck_assert_str_eq(text, "cannot claim 'fme:0x10:any' (busy: 2, not given to this process: 1, not safe to hand out: 1); wait with --timeout, or see dflres list.");
	/* nearer than what is not safe, and it can be mended */
	set_file(0, "type", "0x1\n");
	set_file(1, "type", "0x1\n");
	ck_assert_int_eq(dflres_claim_select(claims, anys, 2, 0, 0, &failed),
			 -EROFS);
	dflres_explain_name(anys[0], DFLRES_OPERATION_CLAIM, -EROFS, text,
			    sizeof(text));
	ck_assert_str_eq(text, "cannot claim 'fme:0x10:any' (busy: 0, not given to this process: 1, not safe to hand out: 1); ask root to set the group and mode of their files, or see dflres list.");
}
END_TEST

/* ---- several ---- */

START_TEST(several_are_claimed_or_none)
{
	const char *const wanted[] = { "dfl_dev.2", "dfl_dev.3", "dfl_dev.1" };
	struct dflres_claim *claims[3] = { NULL };
	size_t failed = 7;

	add_all();
	for (int i = 0; i < 2; i++) {
		set_file(3, "dflres/owner", "user\n");
		ck_assert_int_eq(dflres_claim_select(claims, wanted, 3, i ?
						     DFLRES_CLAIM_LASTING : 0,
						     0, &failed), -EBUSY);
		ck_assert_uint_eq(failed, 1);
		ck_assert_ptr_null(claims[0]);
		set_file(3, "dflres/owner", "none\n");
		ck_assert_none_owned();
	}
	ck_assert_int_eq(dflres_claim_select(claims, wanted, 3, 0, 0, NULL), 0);
	ck_assert_names(claims, 3, "dfl_dev.2 dfl_dev.3 dfl_dev.1 ");
	close_claims(claims, 3);
}
END_TEST

START_TEST(several_of_one_feature)
{
	const char *const wanted[] = { "fme:0x10:1", "dfl_dev.0", "dfl_dev.1" };
	struct dflres_claim *claims[3];
	char text[DFLRES_SENTENCE_MAX];
	size_t failed = 7;

	add_all();
	ck_assert_int_eq(dflres_claim_select(claims, wanted, 3, 0, 0, &failed),
			 -EEXIST);
	ck_assert_uint_eq(failed, 2);
	ck_assert_none_owned();
	dflres_explain_name(wanted[2], DFLRES_OPERATION_CLAIM, -EEXIST, text,
			    sizeof(text));
	ck_assert_mem_eq(text, "the feature 'dfl_dev.1' is named twice;", 39);
}
END_TEST

static int polls;

/* Another process has the second, and gives it back when the first is kept from nobody. */
static int give_second(struct pollfd *fds, nfds_t count, int timeout)
{
	ck_assert_int_ne(timeout, 0);
	ck_assert_uint_eq(count, 1);
	ck_assert(!is_owned(0));
	ck_assert_int_lt(polls++, 5);
	set_file(1, "dflres/owner", "none\n");
	fds[0].revents = POLLPRI;
	return 1;
}

START_TEST(several_with_any_keep_none_while_they_wait)
{
	const char *const wanted[] = { "port:0x10:any", "dfl_dev.0" };
	struct dflres_claim *claims[2];

	add_all();
	set_file(1, "type", "0x1\n");
	set_file(1, "dflres/owner", "user\n");
	next_poll = give_second;
	ck_assert_int_eq(dflres_claim_select(claims, wanted, 2, 0, -1, NULL),
			 0);
	ck_assert_int_eq(polls, 1);
	ck_assert_names(claims, 2, "dfl_dev.1 dfl_dev.0 ");
	close_claims(claims, 2);
}
END_TEST

/* Of the three that others have, the last is given back. */
static int give_last(struct pollfd *fds, nfds_t count, int timeout)
{
	(void)timeout;
	/* the one that was got meanwhile tells nothing */
	ck_assert_uint_eq(count, 3);
	ck_assert(!is_owned(0));
	ck_assert_int_lt(polls++, 5);
	set_file(3, "dflres/owner", "none\n");
	fds[2].revents = POLLPRI;
	return 1;
}

START_TEST(any_waits_for_whichever_comes)
{
	const char *const anys[] = { "fme:0x10:any", "fme:0x10:any" };
	struct dflres_claim *claims[2];

	add_all();
	for (int i = 1; i < FEATURES; i++)
		set_file(i, "dflres/owner", "user\n");
	next_poll = give_last;
	ck_assert_int_eq(dflres_claim_select(claims, anys, 2, 0, 10000, NULL),
			 0);
	ck_assert_int_eq(polls, 1);
	ck_assert_names(claims, 2, "dfl_dev.0 dfl_dev.3 ");
	close_claims(claims, 2);
}
END_TEST

static int nothing_comes(struct pollfd *fds, nfds_t count, int timeout)
{
	(void)fds;
	(void)count;
	polls++;
	ck_assert_int_ge(timeout, 0);
	usleep((useconds_t)timeout * 1000);
	return 0;
}

START_TEST(several_are_waited_for_until_the_timeout)
{
	const char *const wanted[] = { "dfl_dev.0", "fme:0x10:any" };
	const char *const anys[] = { "fme:0x10:any", "fme:0x10:any" };
	struct dflres_claim *claims[2];
	size_t failed = 7;
	int fds = count_fds();

	add_all();
	for (int i = 1; i < FEATURES; i++)
		set_file(i, "dflres/owner", "user\n");
	next_poll = nothing_comes;
	ck_assert_int_eq(dflres_claim_select(claims, wanted, 2, 0, 50, &failed),
			 -ETIMEDOUT);
	ck_assert_uint_eq(failed, 1);
	ck_assert_int_eq(polls, 1);
	ck_assert(!is_owned(0));
	/* what nothing tells of is tried again and again */
	refusals[0] = -EAGAIN;
	ck_assert_int_eq(dflres_claim_select(claims, wanted, 2, 0, 50, &failed),
			 -ETIMEDOUT);
	ck_assert_uint_eq(failed, 0);
	ck_assert_int_gt(polls, 2);
	/* and what there is not enough of now and then: others hear of each try */
	refusals[0] = 0;
	for (int i = 1; i < FEATURES; i++)
		set_file(i, "type", "0x1\n");
	polls = 0;
	ck_assert_int_eq(dflres_claim_select(claims, anys, 2, 0, 250, &failed),
			 -ETIMEDOUT);
	ck_assert_int_ge(polls, 2);
	ck_assert_int_le(polls, 3);
	ck_assert(!is_owned(0));
	ck_assert_int_eq(count_fds(), fds);
}
END_TEST

TCase *selector_case(void)
{
	TCase *tcase = tcase_create("selector");

	tcase_add_checked_fixture(tcase, fixture_create, NULL);
	tcase_add_loop_test(tcase, feature_is_selected_by_its_name, 0, LENGTH(names));
	tcase_add_test(tcase, select_by_a_path);
	tcase_add_test(tcase, select_by_a_long_name);
	tcase_add_test(tcase, select_without_a_bus);
	tcase_add_test(tcase, selector_of_a_feature);
	tcase_add_test(tcase, holder_with_any_word);
	tcase_add_loop_test(tcase, holder_of_a_process_with_any_name, 0,
			    LENGTH(process_names));
	tcase_add_loop_test(tcase, any_though_one_goes_away, 0, READS);
	tcase_add_test(tcase, any_that_could_be_claimed);
	tcase_add_test(tcase, any_passes_over_what_cannot_be_claimed);
	tcase_add_test(tcase, any_twice_gives_two);
	tcase_add_test(tcase, any_takes_over_last);
	tcase_add_test(tcase, any_leaves_what_else_is_named);
	tcase_add_test(tcase, any_of_none_says_how_many);
	tcase_add_test(tcase, several_are_claimed_or_none);
	tcase_add_test(tcase, several_of_one_feature);
	tcase_add_test(tcase, several_with_any_keep_none_while_they_wait);
	tcase_add_test(tcase, any_waits_for_whichever_comes);
	tcase_add_test(tcase, several_are_waited_for_until_the_timeout);
	return tcase;
}
