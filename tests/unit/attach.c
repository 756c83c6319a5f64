// SPDX-License-Identifier: GPL-2.0
/* A claim that there is already, and one from a descriptor. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fixture.h"
#include "unit.h"

static int all_well(const char *file, const char *text)
{
	(void)file;
	(void)text;
	return 0;
}

static int busy(const char *file, const char *text)
{
	(void)text;
	return strcmp(file, "lease") ? 0 : -EBUSY;
}

/* ---- a claim that this user has already ---- */

/* The file of a claim is there, and it is this user's. */
START_TEST(attach_uses_ones_own_claim)
{
	struct dflres_feature *feature = open_claimable(4096);
	struct dflres_claim *claim;
	int fds = count_fds();

	kernel = all_well;
	ck_assert_int_eq(dflres_claim_open(&claim, feature, DFLRES_CLAIM_ATTACH,
					   0), 0);
	ck_assert_int_eq(dflres_claim_lease_fd(claim), -ENOENT);
	dflres_claim_close(claim);
	ck_assert_str_eq(kernel_log, "");
	ck_assert_int_eq(count_fds(), fds);
	dflres_feature_close(feature);
}
END_TEST

static int claims(const char *file, const char *text)
{
	(void)text;
	if (!strcmp(file, "lease"))
		set_file(0, "dflres/resource0", "registers");
	return 0;
}

static int claims_meanwhile(const char *file, const char *text)
{
	claims(file, text);
	return busy(file, text);
}

START_TEST(attach_where_nobody_claimed)
{
	struct dflres_feature *feature = open_claimable(4096);
	struct dflres_claim *claim;
	int fds = count_fds();

	remove_file(0, "dflres/resource0");
	kernel = claims;
	ck_assert_int_eq(dflres_claim_open(&claim, feature, DFLRES_CLAIM_ATTACH,
					   0), 0);
	ck_assert_int_ge(dflres_claim_lease_fd(claim), 0);
	dflres_claim_close(claim);
	ck_assert_str_eq(kernel_log, "lease=N owner=none ");

	/* another process of this user was quicker */
	remove_file(0, "dflres/resource0");
	kernel = claims_meanwhile;
	*kernel_log = '\0';
	ck_assert_int_eq(dflres_claim_open(&claim, feature, DFLRES_CLAIM_ATTACH,
					   0), 0);
	ck_assert_int_eq(dflres_claim_lease_fd(claim), -ENOENT);
	dflres_claim_close(claim);
	ck_assert_str_eq(kernel_log, "lease=N ");
	ck_assert_int_eq(count_fds(), fds);
	dflres_feature_close(feature);
}
END_TEST

/* What another user claimed is busy, also to root, for whom its files open. */
START_TEST(attach_takes_no_claim_of_another_user)
{
	struct dflres_feature *feature = open_claimable(4096);
	struct dflres_claim *claim = NULL;
	int fds = count_fds();
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/dflres/resource0",
		 dflres_feature_path(feature));
	give_to_another(path);
	kernel = busy;
	ck_assert_int_eq(dflres_claim_open(&claim, feature, DFLRES_CLAIM_ATTACH,
					   0), -EBUSY);
	ck_assert_ptr_null(claim);
	ck_assert_int_eq(count_fds(), fds);
	ck_assert_int_eq(dflres_claim_attach(&claim, feature), 0);
	dflres_claim_close(claim);
	dflres_feature_close(feature);
}
END_TEST

/* ---- a claim from a descriptor ---- */

START_TEST(claim_of_a_descriptor)
{
	struct dflres_claim *claim = claim_plain(4096), *passed = NULL;
	int fds = count_fds(), fd = dflres_claim_fd(claim);
	const struct dflres_feature *feature;
	struct dflres_regs *regs;
	uint32_t value;

	ck_assert_int_eq(dflres_claim_from_fd(&passed, fd), 0);
	feature = dflres_claim_feature(passed);
	ck_assert_str_eq(dflres_feature_name(feature), "dfl_dev.0");
	ck_assert_str_eq(dflres_feature_card(feature), "0000:3b:00.0");
	ck_assert_int_ne(dflres_claim_fd(passed), fd);
	ck_assert_int_eq(fcntl(dflres_claim_fd(passed), F_GETFD), FD_CLOEXEC);
	ck_assert_int_eq(dflres_claim_lease_fd(passed), -ENOENT);
	ck_assert_int_eq(dflres_regs_open(&regs, passed, 0), 0);
	ck_assert_int_eq(dflres_regs_try_read32(regs, 4, &value), 0);
	ck_assert_uint_eq(value, 0x07060504);
	dflres_regs_close(regs);
	kernel = all_well;
	dflres_claim_close(passed);
	ck_assert_str_eq(kernel_log, "");
	ck_assert_int_eq(count_fds(), fds);
	dflres_claim_close(claim);
}
END_TEST

START_TEST(claim_of_a_wrong_descriptor)
{
	struct dflres_claim *claim = claim_plain(4096), *passed = NULL;
	char path[PATH_MAX];
	int fds = count_fds(), fd;

	ck_assert_int_eq(dflres_claim_from_fd(&passed, -1), -EBADF);
	ck_assert_int_eq(dflres_claim_from_fd(&passed, 9999), -EBADF);
	fd = open("/dev/null", O_RDWR);
	ck_assert_int_eq(dflres_claim_from_fd(&passed, fd), -EINVAL);
	close(fd);
	snprintf(path, sizeof(path), "%s/dflres/resource0",
		 dflres_feature_path(dflres_claim_feature(claim)));
	fd = open(path, O_RDONLY);
	ck_assert_int_eq(dflres_claim_from_fd(&passed, fd), -EBADF);
	close(fd);
	/* one whose file has no name any more */
	fd = open(path, O_RDWR);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(dflres_claim_from_fd(&passed, fd), -EINVAL);
	close(fd);
	ck_assert_ptr_null(passed);
	ck_assert_int_eq(count_fds(), fds);
	dflres_claim_close(claim);
}
END_TEST

/* A file named as registers are, which another process may have made: in no device's directory. */
START_TEST(claim_of_a_descriptor_of_a_file_named_like_registers)
{
	static const char *const places[] = { "x/dflres", "dflres", "x/dfl_dev.0" };
	struct dflres_claim *claim = claim_plain(4096), *passed = NULL;
	int fds = count_fds(), fd;
	char path[PATH_MAX];

	for (int i = 0; i < LENGTH(places); i++) {
		snprintf(path, sizeof(path), "%s/resource0", places[i]);
		put(path, "secret", 6);
		snprintf(path, sizeof(path), "%s/%s/resource0", fixture_root(),
			 places[i]);
		fd = open(path, O_RDWR);
		ck_assert_int_ge(fd, 0);
		ck_assert_int_eq(dflres_claim_from_fd(&passed, fd), -EINVAL);
		ck_assert_ptr_null(passed);
		close(fd);
	}
	ck_assert_int_eq(count_fds(), fds);
	dflres_claim_close(claim);
}
END_TEST

/* Its path is another file's, as in a process that has other mounts. */
START_TEST(claim_of_a_descriptor_whose_path_is_of_another_feature)
{
	struct dflres_claim *claim = claim_plain(4096), *passed = NULL;
	char link[64], path[PATH_MAX];

	add_plain(1);
	set_file(1, "dflres/resource0", "other registers");
	snprintf(link, sizeof(link), "/proc/self/fd/%d", dflres_claim_fd(claim));
	snprintf(path, sizeof(path), "%s", dflres_feature_path(dflres_claim_feature(claim)));
	strcpy(strrchr(path, '.'), ".1/dflres/resource0");
	ck_assert_int_eq(access(path, F_OK), 0);
	linked = link;
	link_text = path;
	ck_assert_int_eq(dflres_claim_from_fd(&passed, dflres_claim_fd(claim)),
			 -ENOENT);
	ck_assert_ptr_null(passed);
	linked = NULL;
	dflres_claim_close(claim);
}
END_TEST

TCase *attach_case(void)
{
	TCase *tcase = tcase_create("attach");

	tcase_add_checked_fixture(tcase, fixture_create, NULL);
	tcase_add_test(tcase, attach_uses_ones_own_claim);
	tcase_add_test(tcase, attach_where_nobody_claimed);
	tcase_add_test(tcase, attach_takes_no_claim_of_another_user);
	tcase_add_test(tcase, claim_of_a_descriptor);
	tcase_add_test(tcase, claim_of_a_wrong_descriptor);
	tcase_add_test(tcase, claim_of_a_descriptor_of_a_file_named_like_registers);
	tcase_add_test(tcase, claim_of_a_descriptor_whose_path_is_of_another_feature);
	return tcase;
}
