// SPDX-License-Identifier: GPL-2.0
/* What a process has been given below /run/dfl, and what only looks so. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fixture.h"
#include "unit.h"

#define GIVEN "run/dfl/fme-0x10/dfl_dev.0"

static void make_link(const char *target, const char *path)
{
	char from[PATH_MAX], to[PATH_MAX];

	put("run/dfl/fme-0x10/other", "", 0);
	snprintf(from, sizeof(from), "%s/%s", fixture_root(), target);
	snprintf(to, sizeof(to), "%s/%s", fixture_root(), path);
	ck_assert_int_eq(symlink(from, to), 0);
}

/* As in a container: the files in /sys cannot be written to. */
static void make_read_only(int number)
{
	closed_feature = number;
	closed_error = EROFS;
}

/*
 * The files of dfl_dev.0 in another place, with that one's name, as a mount has
 * them: the same directory by another path, which a link does not resolve to.
 */
static void mount_elsewhere(const char *path)
{
	const char *const files = "bus/dfl/devices/dfl_dev.0/dflres";
	char from[PATH_MAX], to[PATH_MAX];

	make_link(files, "run/dfl/fme-0x10/unused");
	snprintf(from, sizeof(from), "%s/%s", fixture_root(), files);
	snprintf(to, sizeof(to), "%s/%s", fixture_root(), path);
	ck_assert_int_eq(rename(from, to), 0);
	ck_assert_int_eq(symlink(to, from), 0);
}

static void ck_assert_files(const struct dflres_feature *feature, const char *want)
{
	char path[PATH_MAX];

	ck_assert_int_eq(dflres_feature_files(feature, path, sizeof(path)), 0);
	ck_assert_str_eq(path, want);
}

/* A container's /sys is read-only, and AppArmor's usual profile refuses to write to it. */
static const int refusals[] = { EROFS, EACCES };

START_TEST(what_is_given_is_written_to)
{
	struct dflres_feature *feature = open_claimable(16);
	struct dflres_claim *claim;
	int fds = count_fds();

	make_read_only(0);
	closed_error = refusals[_i];
	ck_assert_int_eq(dflres_claim_open(&claim, feature, 0, 0), -refusals[_i]);
	make_link("bus/dfl/devices/dfl_dev.0/dflres", GIVEN);
	ck_assert_files(feature, "/" GIVEN);
	ck_assert_int_eq(dflres_claim_open(&claim, feature, 0, 0), 0);
	dflres_claim_close(claim);
	closed_file = "dflres/owner";
	ck_assert_int_eq(dflres_feature_release(feature, DFLRES_RELEASE_NONE), 0);
	ck_assert_int_eq(count_fds(), fds);
	dflres_feature_close(feature);
}
END_TEST

START_TEST(any_is_one_that_is_given)
{
	const char *const name = "fme:0x10:any";
	struct dflres_claim *claim;

	dflres_feature_close(open_claimable(16));
	make_link("bus/dfl/devices/dfl_dev.0/dflres", GIVEN);
	make_read_only(0);
	ck_assert_int_eq(dflres_claim_select(&claim, &name, 1, 0, 0, NULL), 0);
	dflres_claim_close(claim);
}
END_TEST

/* What is at the name of dfl_dev.0; NULL: a directory with such files. */
static const char *const strange[] = {
	"bus/dfl/devices/dfl_dev.1/dflres",
	"bus/dfl/devices/dfl_dev.7/dflres",
	"bus/dfl/devices/dfl_dev.0",
	"bus/dfl/devices/dfl_dev.0/dflres/lease",
	NULL,
};

START_TEST(what_is_not_of_the_feature_is_passed_over)
{
	struct dflres_feature *feature = open_claimable(16);
	struct dflres_claim *claim;
	char path[PATH_MAX];

	add_plain(1);
	set_file(1, "dflres/lease", "");
	if (strange[_i]) {
		make_link(strange[_i], GIVEN);
	} else {
		put(GIVEN "/lease", "", 0);
		put(GIVEN "/owner", "none\n", 5);
		put(GIVEN "/num_irqs", "0\n", 2);
		put(GIVEN "/resource0", "0123456789abcdef", 16);
	}
	snprintf(path, sizeof(path), "%s/dflres", dflres_feature_path(feature));
	ck_assert_files(feature, path);
	ck_assert_int_eq(dflres_claim_open(&claim, feature, 0, 0), 0);
	dflres_claim_close(claim);
	make_read_only(0);
	ck_assert_int_eq(dflres_claim_open(&claim, feature, 0, 0), -EROFS);
	dflres_feature_close(feature);
}
END_TEST

START_TEST(the_directory_of_the_files_of_none)
{
	struct dflres_feature *feature = open_plain();
	char path[8];

	ck_assert_int_eq(dflres_feature_files(feature, path, sizeof(path)),
			 -ENAMETOOLONG);
	remove_file(0, "dflres");
	ck_assert_int_eq(dflres_feature_files(feature, path, sizeof(path)),
			 -ENOENT);
	remove_feature(0);
	ck_assert_int_eq(dflres_feature_files(feature, path, sizeof(path)),
			 -ENODEV);
	dflres_feature_close(feature);
}
END_TEST

START_TEST(a_mount_is_a_name)
{
	struct dflres_feature *feature = open_claimable(16), *named;
	char path[PATH_MAX];

	mount_elsewhere(GIVEN);
	snprintf(path, sizeof(path), "%s/" GIVEN, fixture_root());
	ck_assert_int_eq(dflres_select(&named, path), 0);
	ck_assert_str_eq(dflres_feature_path(named),
			 dflres_feature_path(feature));
	dflres_feature_close(named);
	/* but not of another feature's name */
	add_plain(1);
	snprintf(path, sizeof(path), "%s/run/dfl/fme-0x10/dfl_dev.1",
		 fixture_root());
	ck_assert_int_eq(symlink("/nowhere", path), 0);
	ck_assert_int_eq(dflres_select(&named, path), -ENODEV);
	ck_assert_int_eq(unlink(path), 0);
	put("run/dfl/fme-0x10/dfl_dev.1/owner", "none\n", 5);
	put("run/dfl/fme-0x10/dfl_dev.1/num_irqs", "0\n", 2);
	ck_assert_int_eq(dflres_select(&named, path), -EXDEV);
	dflres_feature_close(feature);
}
END_TEST

START_TEST(a_descriptor_from_a_mount_is_a_claim)
{
	struct dflres_feature *feature = open_claimable(16);
	struct dflres_claim *claim, *passed = NULL;

	mount_elsewhere(GIVEN);
	ck_assert_int_eq(dflres_claim_open(&claim, feature, 0, 0), 0);
	ck_assert_int_eq(dflres_claim_from_fd(&passed, dflres_claim_fd(claim)),
			 0);
	ck_assert_str_eq(dflres_feature_path(dflres_claim_feature(passed)),
			 dflres_feature_path(feature));
	dflres_claim_close(passed);
	dflres_claim_close(claim);
	dflres_feature_close(feature);
}
END_TEST

TCase *given_case(void)
{
	TCase *tcase = tcase_create("given");

	tcase_add_checked_fixture(tcase, fixture_create, NULL);
	tcase_add_loop_test(tcase, what_is_given_is_written_to, 0, LENGTH(refusals));
	tcase_add_test(tcase, any_is_one_that_is_given);
	tcase_add_loop_test(tcase, what_is_not_of_the_feature_is_passed_over, 0,
			    LENGTH(strange));
	tcase_add_test(tcase, the_directory_of_the_files_of_none);
	tcase_add_test(tcase, a_mount_is_a_name);
	tcase_add_test(tcase, a_descriptor_from_a_mount_is_a_claim);
	return tcase;
}
