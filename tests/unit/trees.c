// SPDX-License-Identifier: GPL-2.0
/*
 * Whole trees: one as of a large card, one whose features come and go while it
 * is read, one with a file missing, and one whose files are read only in part.
 */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "fixture.h"
#include "unit.h"

/* What happens before the library's next read, and how much each returns. */
static void (*before_read)(void);
static size_t most_read = SIZE_MAX;
void (*after_read)(size_t size);

/* Stands before libc's for the library, which is linked dynamically. */
ssize_t pread(int fd, void *data, size_t size, off_t offset)
{
	const struct iovec part = {
		.iov_base = data,
		.iov_len = size < most_read ? size : most_read,
	};
	ssize_t length;

	if (before_read)
		before_read();
	length = preadv(fd, &part, 1, offset);
	if (after_read)
		after_read(size);
	return length;
}

/* ---- a large card ---- */

/* As Intel's N6000: several interfaces of a kind, on pages of their own. */
static const struct large {
	struct fixture_feature feature;
	unsigned int type, id, num_irqs;
	enum dflres_owner owner;
	const char *driver;
} large_card[] = {
	{ { .fiu = "dfl-fme.0", .type = "0x0\n", .id = "0x12\n", .num_irqs = "1\n",
	    .resource = "0x0000202fff800000 0x0000202fff800fff 0x0000000000140204\n",
	    .owner = "kernel\n", .driver = "intel-m10bmc-pmci" },
	  DFLRES_TYPE_FME, 0x12, 1, DFLRES_OWNER_KERNEL, "intel-m10bmc-pmci" },
	{ { .fiu = "dfl-fme.0", .type = "0x0\n", .id = "0x22\n", .num_irqs = "0\n",
	    .resource = "0x0000202fff801000 0x0000202fff801fff 0x0000000000140204\n",
	    .owner = "kernel\n", .driver = "intel-dfl-tod" },
	  DFLRES_TYPE_FME, 0x22, 0, DFLRES_OWNER_KERNEL, "intel-dfl-tod" },
	{ { .fiu = "dfl-fme.0", .type = "0x0\n", .id = "0x9\n", .num_irqs = "0\n",
	    .resource = "0x0000202fff802000 0x0000202fff802fff 0x0000000000140204\n",
	    .owner = "kernel\n", .driver = "dfl-emif" },
	  DFLRES_TYPE_FME, 0x9, 0, DFLRES_OWNER_KERNEL, "dfl-emif" },
	{ { .fiu = "dfl-fme.0", .type = "0x0\n", .id = "0x15\n", .num_irqs = "0\n",
	    .resource = "0x0000202fff804000 0x0000202fff807fff 0x0000000000140204\n",
	    .owner = "kernel\n", .driver = "uio_dfl" },
	  DFLRES_TYPE_FME, 0x15, 0, DFLRES_OWNER_KERNEL, "uio_dfl" },
	{ { .fiu = "dfl-fme.0", .type = "0x0\n", .id = "0x24\n", .num_irqs = "1\n",
	    .resource = "0x0000202fff808000 0x0000202fff808fff 0x0000000000140204\n",
	    .owner = "none\n" },
	  DFLRES_TYPE_FME, 0x24, 1, DFLRES_OWNER_NONE, NULL },
	{ { .fiu = "dfl-fme.0", .type = "0x0\n", .id = "0x15\n", .num_irqs = "0\n",
	    .resource = "0x0000202fff80c000 0x0000202fff80ffff 0x0000000000140204\n",
	    .owner = "user\n", .driver = "dflres", .owner_pid = "4711\n" },
	  DFLRES_TYPE_FME, 0x15, 0, DFLRES_OWNER_USER, "dflres" },
	{ { .fiu = "dfl-port.0", .type = "0x1\n", .id = "0x14\n", .num_irqs = "7\n",
	    .resource = "0x0000202fff900000 0x0000202fff900fff 0x0000000000140204\n",
	    .owner = "none\n" },
	  DFLRES_TYPE_PORT, 0x14, 7, DFLRES_OWNER_NONE, NULL },
};

static void check_large(const struct dflres_feature *feature,
			const struct large *expected)
{
	struct dflres_resource resource;
	enum dflres_owner owner;
	unsigned int value;
	char driver[32], text[128];
	int error;

	ck_assert_int_eq(dflres_feature_type(feature, &value), 0);
	ck_assert_uint_eq(value, expected->type);
	ck_assert_int_eq(dflres_feature_id(feature, &value), 0);
	ck_assert_uint_eq(value, expected->id);
	ck_assert_int_eq(dflres_feature_num_irqs(feature, &value), 0);
	ck_assert_uint_eq(value, expected->num_irqs);
	ck_assert_int_eq(dflres_feature_owner(feature, &owner), 0);
	ck_assert_int_eq(owner, expected->owner);
	ck_assert_int_eq(dflres_feature_resource(feature, &resource), 0);
	snprintf(text, sizeof(text), "0x%016llx 0x%016llx 0x%016llx\n",
		 (unsigned long long)resource.start,
		 (unsigned long long)resource.end,
		 (unsigned long long)resource.flags);
	ck_assert_str_eq(text, expected->feature.resource);
	error = dflres_feature_driver(feature, driver, sizeof(driver));
	ck_assert_int_eq(error, expected->driver ? 0 : -ENOENT);
	if (!error)
		ck_assert_str_eq(driver, expected->driver);
}

START_TEST(card_like_n6000_is_read)
{
	struct dflres_filter filter = DFLRES_FILTER_INIT;
	struct dflres_feature *feature;
	struct dflres_list *list;

	for (int i = 0; i < LENGTH(large_card); i++) {
		struct fixture_feature fixture = large_card[i].feature;

		fixture.number = i;
		add_feature(&fixture);
	}
	list = list_features(LENGTH(large_card));
	for (int i = 0; i < LENGTH(large_card); i++) {
		ck_assert_int_eq(dflres_list_open(&feature, list, i), 0);
		check_large(feature, &large_card[i]);
		dflres_feature_close(feature);
	}
	dflres_list_free(list);
	/* the second of those that are alike */
	filter.card = "3b:00.0";
	filter.type = DFLRES_TYPE_FME;
	filter.id = 0x15;
	ck_assert_int_eq(dflres_feature_find(&feature, &filter, 1), 0);
	ck_assert_str_eq(dflres_feature_name(feature), "dfl_dev.5");
	dflres_feature_close(feature);
}
END_TEST

/* ---- features that come and go during a scan ---- */

static int reads_left;

static void vanish(void)
{
	if (!reads_left--)
		remove_feature(1);
}

static void appear(void)
{
	if (!reads_left--)
		add_plain(9);
}

/* What is read of a feature is right, or the feature is gone as a whole. */
static bool scan_one(const struct dflres_list *list, size_t index)
{
	struct dflres_feature *feature;
	enum dflres_owner owner;
	unsigned int type, id;
	int error;

	error = dflres_list_open(&feature, list, index);
	if (error) {
		ck_assert_int_eq(error, -ENODEV);
		return false;
	}
	error = dflres_feature_type(feature, &type);
	if (!error) {
		ck_assert_uint_eq(type, DFLRES_TYPE_FME);
		error = dflres_feature_id(feature, &id);
	}
	if (!error) {
		ck_assert_uint_eq(id, 0x10);
		error = dflres_feature_owner(feature, &owner);
	}
	if (!error)
		ck_assert_int_eq(owner, DFLRES_OWNER_NONE);
	else
		ck_assert_int_eq(error, -ENODEV);
	dflres_feature_close(feature);
	return !error;
}

/* The number of features that were there to the end. */
static int scan(size_t expected)
{
	struct dflres_list *list = list_features(expected);
	int there = 0;

	for (size_t i = 0; i < expected; i++) {
		if (scan_one(list, i))
			there++;
		else
			ck_assert_str_eq(dflres_list_name(list, i), "dfl_dev.1");
	}
	dflres_list_free(list);
	return there;
}

#define READS 9		/* of three features */

START_TEST(feature_that_vanishes_during_a_scan_is_left_out)
{
	int there;

	for (unsigned int i = 0; i < 3; i++)
		add_plain(i);
	reads_left = _i;
	before_read = vanish;
	there = scan(3);
	before_read = NULL;
	ck_assert_int_lt(reads_left, 0);
	/* the last read of it may have been begun by then */
	ck_assert_int_eq(there, _i < 5 ? 2 : 3);
	ck_assert_int_eq(scan(2), 2);
}
END_TEST

START_TEST(feature_that_appears_during_a_scan_does_no_harm)
{
	for (unsigned int i = 0; i < 3; i++)
		add_plain(i);
	reads_left = _i;
	before_read = appear;
	ck_assert_int_eq(scan(3), 3);
	before_read = NULL;
	ck_assert_int_lt(reads_left, 0);
	ck_assert_int_eq(scan(4), 4);
}
END_TEST

/* ---- a file that is missing, or read in part ---- */

static int get_type(const struct dflres_feature *feature)
{
	unsigned int value;

	return dflres_feature_type(feature, &value);
}

static int get_id(const struct dflres_feature *feature)
{
	unsigned int value;

	return dflres_feature_id(feature, &value);
}

static int get_revision(const struct dflres_feature *feature)
{
	unsigned int value;

	return dflres_feature_revision(feature, &value);
}

static int get_resource(const struct dflres_feature *feature)
{
	struct dflres_resource resource;

	return dflres_feature_resource(feature, &resource);
}

static int get_mappable(const struct dflres_feature *feature)
{
	bool value;

	return dflres_feature_mappable(feature, &value);
}

static int get_num_irqs(const struct dflres_feature *feature)
{
	unsigned int value;

	return dflres_feature_num_irqs(feature, &value);
}

static int get_owner(const struct dflres_feature *feature)
{
	enum dflres_owner owner;

	return dflres_feature_owner(feature, &owner);
}

static const struct value {
	const char *file;
	int (*get)(const struct dflres_feature *feature);
} values[] = {
	{ "type", get_type },
	{ "feature_id", get_id },
	{ "dflres/revision", get_revision },
	{ "dflres/resource", get_resource },
	{ "dflres/mappable", get_mappable },
	{ "dflres/num_irqs", get_num_irqs },
	{ "dflres/owner", get_owner },
};

START_TEST(file_that_is_missing_is_enoent)
{
	struct dflres_feature *feature = open_plain();

	remove_file(0, values[_i].file);
	for (int i = 0; i < LENGTH(values); i++)
		ck_assert_int_eq(values[i].get(feature), i == _i ? -ENOENT : 0);
	dflres_feature_close(feature);
}
END_TEST

/* A number that has lost its last digits is not to be taken for another. */
START_TEST(value_that_is_read_in_part_is_refused)
{
	struct dflres_feature *feature = open_plain();
	char whole[128], path[256];
	size_t length;
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", dflres_feature_path(feature),
		 values[_i].file);
	file = fopen(path, "r");
	ck_assert_ptr_nonnull(file);
	ck_assert_ptr_nonnull(fgets(whole, sizeof(whole), file));
	fclose(file);
	length = strlen(whole);
	for (most_read = 0; most_read < length; most_read++)
		ck_assert_int_eq(values[_i].get(feature), -EIO);
	ck_assert_int_eq(values[_i].get(feature), 0);
	most_read = SIZE_MAX;
	dflres_feature_close(feature);
}
END_TEST

TCase *trees_case(void)
{
	TCase *tcase = tcase_create("trees");

	tcase_add_checked_fixture(tcase, fixture_create, NULL);
	tcase_add_test(tcase, card_like_n6000_is_read);
	tcase_add_loop_test(tcase, feature_that_vanishes_during_a_scan_is_left_out, 0, READS);
	tcase_add_loop_test(tcase, feature_that_appears_during_a_scan_does_no_harm, 0, READS);
	tcase_add_loop_test(tcase, file_that_is_missing_is_enoent, 0, LENGTH(values));
	tcase_add_loop_test(tcase, value_that_is_read_in_part_is_refused, 0, LENGTH(values));
	return tcase;
}
