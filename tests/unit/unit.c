// SPDX-License-Identifier: GPL-2.0
/*
 * Unit tests of the library, over sysfs trees in a temporary directory: which
 * features there are, and what they say of themselves.
 */
#include <config.h>

#include <check.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dflres.h"
#include "fixture.h"
#include "unit.h"

/* ---- listing ---- */

START_TEST(list_without_a_bus_is_an_error)
{
	struct dflres_list *list = NULL;

	ck_assert_int_eq(dflres_list_new(&list), -ENOENT);
	ck_assert_ptr_null(list);
}
END_TEST

/* What failed before is nothing of this. */
START_TEST(list_without_a_card_is_empty)
{
	add_bus();
	errno = EACCES;
	dflres_list_free(list_features(0));
}
END_TEST

START_TEST(list_sorts_by_number)
{
	static const unsigned int numbers[] = { 10, 2, 100, 0, 11, 1, 9 };
	static const char *const sorted[] = {
		"dfl_dev.0", "dfl_dev.1", "dfl_dev.2", "dfl_dev.9",
		"dfl_dev.10", "dfl_dev.11", "dfl_dev.100",
	};
	struct dflres_list *list;

	for (size_t i = 0; i < 7; i++)
		add_plain(numbers[i]);
	list = list_features(7);
	for (size_t i = 0; i < 7; i++) {
		const char *path = dflres_list_path(list, i);

		ck_assert_str_eq(strrchr(path, '/') + 1, sorted[i]);
	}
	dflres_list_free(list);
}
END_TEST

/* The order is the number's also where the directories differ. */
START_TEST(list_sorts_across_directories)
{
	struct fixture_feature feature = plain_feature;
	struct dflres_list *list;

	feature.fiu = "dfl-port.0";
	feature.number = 1;
	add_feature(&feature);
	add_plain(2);
	list = list_features(2);
	ck_assert_ptr_nonnull(strstr(dflres_list_path(list, 0), "/dfl_dev.1"));
	dflres_list_free(list);
}
END_TEST

START_TEST(list_gives_paths_without_links)
{
	struct dflres_list *list;
	char *real;

	add_plain(3);
	list = list_features(1);
	real = realpath(dflres_list_path(list, 0), NULL);
	ck_assert_ptr_nonnull(real);
	ck_assert_str_eq(dflres_list_path(list, 0), real);
	free(real);
	dflres_list_free(list);
}
END_TEST

/* A link to nothing is what a scan sees that comes too late. */
START_TEST(list_leaves_out_what_has_vanished)
{
	struct dflres_feature *feature = NULL;
	struct dflres_list *list;
	char link[256];

	add_plain(0);
	snprintf(link, sizeof(link), "%s/bus/dfl/devices/dfl_dev.1",
		 fixture_root());
	ck_assert_int_eq(symlink("../../../devices/gone/dfl_dev.1", link), 0);
	list = list_features(2);
	ck_assert_str_eq(dflres_list_name(list, 1), "dfl_dev.1");
	ck_assert_int_eq(dflres_list_open(&feature, list, 1), -ENODEV);
	ck_assert_ptr_null(feature);
	ck_assert_int_eq(dflres_list_open(&feature, list, 0), 0);
	dflres_feature_close(feature);
	dflres_list_free(list);
}
END_TEST

/* One that is gone between the names and its link. */
START_TEST(list_while_one_goes)
{
	struct dflres_list *list;
	char link[256];

	for (unsigned int i = 0; i < 3; i++)
		add_plain(i);
	snprintf(link, sizeof(link), "%s/bus/dfl/devices/dfl_dev.1",
		 fixture_root());
	linked = link;
	list = list_features(2);
	linked = NULL;
	ck_assert_str_eq(dflres_list_name(list, 0), "dfl_dev.0");
	ck_assert_str_eq(dflres_list_name(list, 1), "dfl_dev.2");
	dflres_list_free(list);
}
END_TEST

/* What is no link on the bus is no device. */
START_TEST(list_ignores_what_is_no_feature)
{
	add_plain(0);
	put("bus/dfl/devices/file", "", 0);
	put("bus/dfl/devices/directory/file", "", 0);
	dflres_list_free(list_features(1));
}
END_TEST

START_TEST(list_is_of_one_moment)
{
	struct dflres_feature *feature;
	struct dflres_list *list;

	add_plain(0);
	add_plain(1);
	list = list_features(2);
	remove_feature(0);
	add_plain(2);
	ck_assert_uint_eq(dflres_list_count(list), 2);
	ck_assert_int_eq(dflres_list_open(&feature, list, 0), -ENODEV);
	ck_assert_int_eq(dflres_list_open(&feature, list, 1), 0);
	dflres_feature_close(feature);
	dflres_list_free(list);
	dflres_list_free(list_features(2));
}
END_TEST

/* Descriptors are spent on none but the features that are open. */
START_TEST(list_of_many_features_is_complete)
{
	for (unsigned int i = 0; i < 2000; i++)
		add_plain(i);
	dflres_list_free(list_features(2000));
}
END_TEST

/* ---- one feature ---- */

START_TEST(feature_tells_all_its_values)
{
	struct dflres_feature *feature = open_plain();
	struct dflres_resource resource;
	enum dflres_owner owner = DFLRES_OWNER_USER;
	unsigned int value = 99;
	bool mappable = false;
	char driver[16];
	pid_t pid;

	ck_assert_str_eq(dflres_feature_name(feature), "dfl_dev.0");
	ck_assert_str_eq(dflres_feature_card(feature), "0000:3b:00.0");
	ck_assert_int_eq(dflres_feature_type(feature, &value), 0);
	ck_assert_uint_eq(value, DFLRES_TYPE_FME);
	ck_assert_int_eq(dflres_feature_id(feature, &value), 0);
	ck_assert_uint_eq(value, 0x10);
	ck_assert_int_eq(dflres_feature_revision(feature, &value), 0);
	ck_assert_uint_eq(value, 2);
	ck_assert_int_eq(dflres_feature_num_irqs(feature, &value), 0);
	ck_assert_uint_eq(value, 4);
	ck_assert_int_eq(dflres_feature_mappable(feature, &mappable), 0);
	ck_assert(mappable);
	ck_assert_int_eq(dflres_feature_resource(feature, &resource), 0);
	ck_assert_uint_eq(resource.start, 0xc0004000);
	ck_assert_uint_eq(resource.end, 0xc0004fff);
	ck_assert_uint_eq(resource.flags, 0x200);
	ck_assert_int_eq(dflres_feature_owner(feature, &owner), 0);
	ck_assert_int_eq(owner, DFLRES_OWNER_NONE);
	ck_assert_int_eq(dflres_feature_owner_pid(feature, &pid), -ENOENT);
	ck_assert_int_eq(dflres_feature_driver(feature, driver,
					       sizeof(driver)), -ENOENT);
	dflres_feature_close(feature);
}
END_TEST

/* A small card like Intel's N3000: its features and who has them. */
START_TEST(card_like_n3000_is_read)
{
	static const struct expected {
		struct fixture_feature feature;
		unsigned int type, id;
		enum dflres_owner owner;
		const char *driver;
	} card[] = {
		{ { .fiu = "dfl-fme.0", .type = "0x0\n", .id = "0xd\n",
		    .owner = "kernel\n", .driver = "n3000-nios" },
		  DFLRES_TYPE_FME, 0xd, DFLRES_OWNER_KERNEL, "n3000-nios" },
		{ { .fiu = "dfl-fme.0", .type = "0x0\n", .id = "0xe\n",
		    .owner = "kernel\n", .driver = "dfl-spi-altera" },
		  DFLRES_TYPE_FME, 0xe, DFLRES_OWNER_KERNEL, "dfl-spi-altera" },
		{ { .fiu = "dfl-fme.0", .type = "0x0\n", .id = "0x10\n",
		    .owner = "user\n", .driver = "dflres",
		    .owner_pid = "4711\n" },
		  DFLRES_TYPE_FME, 0x10, DFLRES_OWNER_USER, "dflres" },
		{ { .fiu = "dfl-port.0", .type = "0x1\n", .id = "0x12\n",
		    .owner = "none\n" },
		  DFLRES_TYPE_PORT, 0x12, DFLRES_OWNER_NONE, NULL },
	};
	struct dflres_list *list;

	for (unsigned int i = 0; i < 4; i++) {
		struct fixture_feature feature = card[i].feature;

		feature.number = i;
		add_feature(&feature);
	}
	list = list_features(4);
	for (size_t i = 0; i < 4; i++) {
		struct dflres_feature *feature;
		enum dflres_owner owner;
		unsigned int value;
		char driver[32];
		int error;

		ck_assert_int_eq(dflres_feature_open(&feature,
				 dflres_list_path(list, i)), 0);
		ck_assert_int_eq(dflres_feature_type(feature, &value), 0);
		ck_assert_uint_eq(value, card[i].type);
		ck_assert_int_eq(dflres_feature_id(feature, &value), 0);
		ck_assert_uint_eq(value, card[i].id);
		ck_assert_int_eq(dflres_feature_owner(feature, &owner), 0);
		ck_assert_int_eq(owner, card[i].owner);
		error = dflres_feature_driver(feature, driver, sizeof(driver));
		ck_assert_int_eq(error, card[i].driver ? 0 : -ENOENT);
		if (card[i].driver)
			ck_assert_str_eq(driver, card[i].driver);
		dflres_feature_close(feature);
	}
	dflres_list_free(list);
}
END_TEST

static const struct word {
	const char *text;
	int error;
	enum dflres_owner owner;
} words[] = {
	{ "none\n", 0, DFLRES_OWNER_NONE },
	{ "kernel\n", 0, DFLRES_OWNER_KERNEL },
	{ "user\n", 0, DFLRES_OWNER_USER },
	{ "user", -EIO, 0 },
	{ "", -EIO, 0 },
	{ "\n", -EIO, 0 },
	{ "user \n", -EIO, 0 },
	{ "-user\n", -EIO, 0 },
	{ "a-word-that-is-longer-than-any-of-a-module\n", -EIO, 0 },
	/* words of a newer module */
	{ "users\n", 0, DFLRES_OWNER_UNKNOWN },
	{ "use\n", 0, DFLRES_OWNER_UNKNOWN },
	{ "vm-guest_2\n", 0, DFLRES_OWNER_UNKNOWN },
	{ "unknown\n", 0, DFLRES_OWNER_UNKNOWN },
	{ "user\n\n", -EIO, 0 },
	{ " user\n", -EIO, 0 },
	{ "USER\n", -EIO, 0 },
};

START_TEST(owners_are_told_by_their_words)
{
	struct dflres_feature *feature = open_plain();
	const struct word *word = &words[_i];
	enum dflres_owner owner = DFLRES_OWNER_NONE;
	char name[64];

	set_file(0, "dflres/owner", word->text);
	ck_assert_int_eq(dflres_feature_owner(feature, &owner), word->error);
	if (!word->error) {
		ck_assert_int_eq(owner, word->owner);
		/* what is shown is the word, whether it is known or not */
		ck_assert_int_eq(dflres_feature_attribute(feature, "owner",
							  name, sizeof(name)), 0);
		if (owner == DFLRES_OWNER_UNKNOWN)
			ck_assert_str_eq(dflres_owner_name(owner), "unknown");
		else
			ck_assert_str_eq(dflres_owner_name(owner), name);
		ck_assert_str_eq(strcat(name, "\n"), word->text);
	}
	dflres_feature_close(feature);
}
END_TEST

static const struct number {
	const char *text;
	int error;
	unsigned int value;
} hex_numbers[] = {
	{ "0x0\n", 0, 0 },
	{ "0x1f\n", 0, 0x1f },
	{ "0xffff\n", 0, 0xffff },
	{ "0xFFFF\n", 0, 0xffff },
	{ "0xffff", -EIO, 0 },
	{ "0x10000\n", -EIO, 0 },
	{ "0x1ffffffffffffffff\n", -EIO, 0 },
	{ "", -EIO, 0 },
	{ "\n", -EIO, 0 },
	{ "0x\n", -EIO, 0 },
	{ "0x0x1\n", -EIO, 0 },
	{ "0x-1\n", -EIO, 0 },
	{ "0x 1\n", -EIO, 0 },
	{ " 0x1\n", -EIO, 0 },
	{ "0x1 \n", -EIO, 0 },
	{ "0x1\n\n", -EIO, 0 },
	{ "0x1g\n", -EIO, 0 },
	{ "10\n", -EIO, 0 },
	{ "garbage\n", -EIO, 0 },
}, decimal_numbers[] = {
	{ "0\n", 0, 0 },
	{ "2048\n", 0, 2048 },
	{ "2147483647\n", 0, 2147483647 },
	{ "2147483648\n", -EIO, 0 },
	{ "99999999999999999999\n", -EIO, 0 },
	{ "-1\n", -EIO, 0 },
	{ "+1\n", -EIO, 0 },
	{ " 1\n", -EIO, 0 },
	{ "1 \n", -EIO, 0 },
	{ "1a\n", -EIO, 0 },
	{ "a\n", -EIO, 0 },
	{ "0x1\n", -EIO, 0 },
	{ "", -EIO, 0 },
};

START_TEST(hexadecimal_values_are_parsed_strictly)
{
	struct dflres_feature *feature = open_plain();
	const struct number *number = &hex_numbers[_i];
	unsigned int value = 77;

	set_file(0, "feature_id", number->text);
	ck_assert_int_eq(dflres_feature_id(feature, &value), number->error);
	ck_assert_uint_eq(value, number->error ? 77 : number->value);
	dflres_feature_close(feature);
}
END_TEST

START_TEST(decimal_values_are_parsed_strictly)
{
	struct dflres_feature *feature = open_plain();
	const struct number *number = &decimal_numbers[_i];
	unsigned int value = 77;
	pid_t pid = 77;

	set_file(0, "dflres/num_irqs", number->text);
	ck_assert_int_eq(dflres_feature_num_irqs(feature, &value),
			 number->error);
	ck_assert_uint_eq(value, number->error ? 77 : number->value);
	set_file(0, "dflres/owner_pid", number->text);
	ck_assert_int_eq(dflres_feature_owner_pid(feature, &pid),
			 number->error);
	ck_assert_int_eq(pid, number->error ? 77 : (pid_t)number->value);
	dflres_feature_close(feature);
}
END_TEST

START_TEST(value_with_a_nul_is_refused)
{
	struct dflres_feature *feature = open_plain();
	unsigned int value;

	put("bus/dfl/devices/dfl_dev.0/feature_id", "0x1\0", 4);
	ck_assert_int_eq(dflres_feature_id(feature, &value), -EIO);
	dflres_feature_close(feature);
}
END_TEST

START_TEST(mappable_is_a_bit)
{
	struct dflres_feature *feature = open_plain();
	bool mappable = true;

	set_file(0, "dflres/mappable", "0\n");
	ck_assert_int_eq(dflres_feature_mappable(feature, &mappable), 0);
	ck_assert(!mappable);
	set_file(0, "dflres/mappable", "2\n");
	ck_assert_int_eq(dflres_feature_mappable(feature, &mappable), -EIO);
	dflres_feature_close(feature);
}
END_TEST

static const char *const bad_resources[] = {
	"",
	"\n",
	"0x1000\n",
	"0x1000 0x1fff\n",
	"0x1000 0x1fff 0x200 0x0\n",
	"0x1000  0x1fff 0x200\n",
	"0x1000\t0x1fff\t0x200\n",
	"0x1000 0x1fff 0x200 \n",
	"0x1000 0x1fff 0x200\n0x0\n",
	"0x2000 0x1fff 0x200\n",
	"0x1000 0x1fff0000000000000 0x200\n",
	"1000 1fff 200\n",
	"0x1000 -0x1 0x200\n",
};

START_TEST(resource_that_is_garbage_is_refused)
{
	struct dflres_feature *feature = open_plain();
	struct dflres_resource resource = { 1, 2, 3 };

	set_file(0, "dflres/resource", bad_resources[_i]);
	ck_assert_int_eq(dflres_feature_resource(feature, &resource), -EIO);
	ck_assert_uint_eq(resource.start, 1);
	ck_assert_uint_eq(resource.end, 2);
	dflres_feature_close(feature);
}
END_TEST

#define CARD_RESOURCE "devices/pci0000:00/0000:00:03.0/0000:3b:00.0/resource"
#define MEMORY "0x00000000c0000000 0x00000000c001ffff 0x0000000000040200\n"
#define PORTS "0x000000000000e000 0x000000000000e0ff 0x0000000000040101\n"
#define NOTHING "0x0000000000000000 0x0000000000000000 0x0000000000000000\n"

static void put_string(const char *path, const char *text)
{
	put(path, text, strlen(text));
}

START_TEST(bars_of_the_card_are_read)
{
	struct dflres_feature *feature = open_plain();
	struct dflres_resource bars[DFLRES_BARS];

	ck_assert_int_eq(dflres_feature_bars(feature, bars), -ENOENT);
	memset(bars, 0xff, sizeof(bars));
	/* the seventh line is not a BAR's */
	put_string(CARD_RESOURCE,
		 NOTHING PORTS MEMORY NOTHING NOTHING NOTHING MEMORY);
	ck_assert_int_eq(dflres_feature_bars(feature, bars), 0);
	for (size_t i = 0; i < DFLRES_BARS; i++) {
		ck_assert_uint_eq(bars[i].start, i == 2 ? 0xc0000000 : 0);
		ck_assert_uint_eq(bars[i].end, i == 2 ? 0xc001ffff : 0);
		ck_assert_uint_eq(bars[i].flags, i == 2 ? 0x40200 : 0);
	}
	dflres_feature_close(feature);
}
END_TEST

START_TEST(bars_that_are_few_are_read)
{
	struct dflres_feature *feature = open_plain();
	struct dflres_resource bars[DFLRES_BARS];

	put_string(CARD_RESOURCE, MEMORY);
	ck_assert_int_eq(dflres_feature_bars(feature, bars), 0);
	ck_assert_uint_eq(bars[0].end, 0xc001ffff);
	ck_assert_uint_eq(bars[1].end, 0);
	dflres_feature_close(feature);
}
END_TEST

START_TEST(bars_that_are_garbage_are_refused)
{
	struct dflres_feature *feature = open_plain();
	struct dflres_resource bars[DFLRES_BARS] = { { .start = 1 } };

	put_string(CARD_RESOURCE, MEMORY "garbage\n");
	ck_assert_int_eq(dflres_feature_bars(feature, bars), -EIO);
	ck_assert_uint_eq(bars[0].start, 1);
	put_string(CARD_RESOURCE, "");
	ck_assert_int_eq(dflres_feature_bars(feature, bars), -EIO);
	dflres_feature_close(feature);
}
END_TEST

START_TEST(bars_without_a_card_are_an_error)
{
	struct dflres_feature *feature;
	struct dflres_resource bars[DFLRES_BARS];
	char path[256];

	put_string("devices/platform/dfl-card.0/dfl_dev.0/uevent", "");
	snprintf(path, sizeof(path), "%s/devices/platform/dfl-card.0/dfl_dev.0",
		 fixture_root());
	ck_assert_int_eq(dflres_feature_open(&feature, path), 0);
	ck_assert_int_eq(dflres_feature_bars(feature, bars), -ENOENT);
	dflres_feature_close(feature);
}
END_TEST

/* The claim belongs to whom its files do. */
START_TEST(owner_uid_is_that_of_the_claim)
{
	struct dflres_feature *feature = open_plain();
	const uid_t other = getuid() ? getuid() : 12345;
	char path[256];
	uid_t uid = 1;

	ck_assert_int_eq(dflres_feature_owner_uid(feature, &uid), -ENOENT);
	ck_assert_uint_eq(uid, 1);
	put_string("bus/dfl/devices/dfl_dev.0/dflres/resource0", "");
	snprintf(path, sizeof(path), "%s/dflres/resource0",
		 dflres_feature_path(feature));
	ck_assert_int_eq(chown(path, other, -1), 0);
	ck_assert_int_eq(dflres_feature_owner_uid(feature, &uid), 0);
	ck_assert_uint_eq(uid, other);
	remove_feature(0);
	ck_assert_int_eq(dflres_feature_owner_uid(feature, &uid), -ENODEV);
	dflres_feature_close(feature);
}
END_TEST

START_TEST(resource_has_64_bits)
{
	struct dflres_feature *feature = open_plain();
	struct dflres_resource resource;

	set_file(0, "dflres/resource",
		 "0xffffffff00000000 0xffffffffffffffff 0x0000000000140204\n");
	ck_assert_int_eq(dflres_feature_resource(feature, &resource), 0);
	ck_assert_uint_eq(resource.start, 0xffffffff00000000);
	ck_assert_uint_eq(resource.end, UINT64_MAX);
	ck_assert_uint_eq(resource.flags, 0x140204);
	dflres_feature_close(feature);
}
END_TEST

/* A value cut to what fits is a wrong one: "0x000...01" must not become 0. */
START_TEST(value_that_is_huge_is_refused)
{
	struct dflres_feature *feature = open_plain();
	unsigned int value;
	char text[5000];

	memset(text, '0', sizeof(text));
	text[1] = 'x';
	put("bus/dfl/devices/dfl_dev.0/feature_id", text, sizeof(text));
	ck_assert_int_eq(dflres_feature_id(feature, &value), -EIO);
	put("bus/dfl/devices/dfl_dev.0/feature_id", text, 4096);
	ck_assert_int_eq(dflres_feature_id(feature, &value), -EIO);
	text[4094] = '\n';
	put("bus/dfl/devices/dfl_dev.0/feature_id", text, 4095);
	ck_assert_int_eq(dflres_feature_id(feature, &value), 0);
	dflres_feature_close(feature);
}
END_TEST

START_TEST(value_is_read_afresh)
{
	struct dflres_feature *feature = open_plain();
	enum dflres_owner owner;

	ck_assert_int_eq(dflres_feature_owner(feature, &owner), 0);
	set_file(0, "dflres/owner", "kernel\n");
	ck_assert_int_eq(dflres_feature_owner(feature, &owner), 0);
	ck_assert_int_eq(owner, DFLRES_OWNER_KERNEL);
	dflres_feature_close(feature);
}
END_TEST

START_TEST(feature_without_the_module_is_unmanaged)
{
	struct dflres_feature *feature = open_plain();
	struct dflres_resource resource;
	enum dflres_owner owner;
	unsigned int value;
	bool mappable;
	pid_t pid;

	remove_file(0, "dflres");
	ck_assert_int_eq(dflres_feature_owner(feature, &owner), -ENOENT);
	ck_assert_int_eq(dflres_feature_owner_pid(feature, &pid), -ENOENT);
	ck_assert_int_eq(dflres_feature_resource(feature, &resource), -ENOENT);
	ck_assert_int_eq(dflres_feature_mappable(feature, &mappable), -ENOENT);
	ck_assert_int_eq(dflres_feature_num_irqs(feature, &value), -ENOENT);
	ck_assert_int_eq(dflres_feature_revision(feature, &value), -ENOENT);
	ck_assert_int_eq(dflres_feature_type(feature, &value), 0);
	ck_assert_int_eq(dflres_feature_id(feature, &value), 0);
	dflres_feature_close(feature);
}
END_TEST

START_TEST(feature_that_vanished_does_not_open)
{
	struct dflres_feature *feature = NULL;
	struct dflres_list *list;

	add_plain(0);
	list = list_features(1);
	remove_feature(0);
	ck_assert_int_eq(dflres_feature_open(&feature,
					     dflres_list_path(list, 0)),
			 -ENODEV);
	ck_assert_ptr_null(feature);
	dflres_list_free(list);
}
END_TEST

START_TEST(feature_that_vanished_tells_enodev)
{
	struct dflres_feature *feature = open_plain();
	enum dflres_owner owner;
	unsigned int value;
	char driver[32];

	remove_feature(0);
	ck_assert_int_eq(dflres_feature_id(feature, &value), -ENODEV);
	ck_assert_int_eq(dflres_feature_owner(feature, &owner), -ENODEV);
	ck_assert_int_eq(dflres_feature_driver(feature, driver,
					       sizeof(driver)), -ENODEV);
	dflres_feature_close(feature);
}
END_TEST

/* The number of a feature that went away is given to the next one. */
START_TEST(number_used_again_is_another_feature)
{
	struct dflres_feature *feature = open_plain();
	unsigned int value;

	remove_feature(0);
	add_plain(0);
	ck_assert_int_eq(dflres_feature_id(feature, &value), -ENODEV);
	dflres_feature_close(feature);
}
END_TEST

START_TEST(driver_name_too_long)
{
	struct fixture_feature plain = plain_feature;
	struct dflres_feature *feature;
	char driver[5];

	plain.driver = "12345";
	add_feature(&plain);
	feature = open_only();
	ck_assert_int_eq(dflres_feature_driver(feature, driver, 5),
			 -ENAMETOOLONG);
	dflres_feature_close(feature);
}
END_TEST

START_TEST(dma_has_a_name_each)
{
	static const char *const dma_words[] = {
		"future", "off", "blocked", "translated", "weak", "identity",
		"unprotected",
	};
	struct dflres_feature *feature = open_plain();
	enum dflres_dma dma = DFLRES_DMA_OFF;

	ck_assert_int_eq(dflres_feature_dma(feature, &dma), -ENOENT);
	for (int i = 0; i < LENGTH(dma_words); i++) {
		char text[16];

		snprintf(text, sizeof(text), "%s\n", dma_words[i]);
		set_file(0, "dflres/dma", text);
		ck_assert_int_eq(dflres_feature_dma(feature, &dma), 0);
		ck_assert_int_eq((int)dma, i);
		ck_assert_str_eq(dflres_dma_name(dma),
				 i ? dma_words[i] : "unknown");
	}
	set_file(0, "dflres/dma", "offf");
	ck_assert_int_eq(dflres_feature_dma(feature, &dma), -EIO);
	dflres_feature_close(feature);
}
END_TEST

START_TEST(claimable_has_a_name_each)
{
	static const char *const reasons[] = {
		"cursed", "yes", "outside-bar", "overlap", "msix", "no-card",
	};
	struct dflres_feature *feature = open_plain();
	enum dflres_claimable claimable = DFLRES_CLAIMABLE_YES;

	ck_assert_int_eq(dflres_feature_claimable(feature, &claimable),
			 -ENOENT);
	for (int i = 0; i < LENGTH(reasons); i++) {
		char text[16];

		snprintf(text, sizeof(text), "%s\n", reasons[i]);
		set_file(0, "dflres/claimable", text);
		ck_assert_int_eq(dflres_feature_claimable(feature, &claimable),
				 0);
		ck_assert_int_eq((int)claimable, i);
		ck_assert_str_eq(dflres_claimable_name(claimable),
				 i ? reasons[i] : "unknown");
	}
	set_file(0, "dflres/claimable", "Yes\n");
	ck_assert_int_eq(dflres_feature_claimable(feature, &claimable), -EIO);
	dflres_feature_close(feature);
}
END_TEST

START_TEST(leased_tells_whether_a_claim_is_a_lease)
{
	struct dflres_feature *feature = open_plain();
	bool is = true;

	ck_assert_int_eq(dflres_feature_leased(feature, &is), -ENOENT);
	set_file(0, "dflres/lease", "0\n");
	ck_assert_int_eq(dflres_feature_leased(feature, &is), 0);
	ck_assert(!is);
	set_file(0, "dflres/lease", "1\n");
	ck_assert_int_eq(dflres_feature_leased(feature, &is), 0);
	ck_assert(is);
	set_file(0, "dflres/lease", "2\n");
	ck_assert_int_eq(dflres_feature_leased(feature, &is), -EIO);
	dflres_feature_close(feature);
}
END_TEST

START_TEST(names_of_numbers_that_are_none)
{
	for (int i = -1; i <= 99; i += 100) {
		ck_assert_str_eq(dflres_owner_name(i), "unknown");
		ck_assert_str_eq(dflres_dma_name(i), "unknown");
		ck_assert_str_eq(dflres_claimable_name(i), "unknown");
	}
	ck_assert_str_eq(dflres_owner_name(DFLRES_OWNER_USER + 1), "unknown");
}
END_TEST

static const struct guid {
	const char *text;
	int error;
} guids[] = {
	{ "01234567-89ab-cdef-0123-456789ABCDEF\n", 0 },
	{ "", -EIO },
	{ "0123456789abcdef0123456789abcdef\n", -EIO },
	{ "01234567-89ab-cdef-0123-456789abcde\n", -EIO },
	{ "01234567-89ab-cdef-0123-456789abcdef0\n", -EIO },
	{ "01234567-89ab-cdef-0123-456789abcdeg\n", -EIO },
	{ "01234567--9ab-cdef-0123-456789abcdef\n", -EIO },
};

START_TEST(guid_is_parsed_in_its_form_only)
{
	struct dflres_feature *feature = open_plain();
	char guid[DFLRES_GUID_SIZE] = "before";

	ck_assert_int_eq(dflres_feature_guid(feature, guid), -ENOENT);
	set_file(0, "guid", guids[_i].text);
	ck_assert_int_eq(dflres_feature_guid(feature, guid), guids[_i].error);
	ck_assert_str_eq(guid, guids[_i].error ? "before" :
			 "01234567-89ab-cdef-0123-456789ABCDEF");
	dflres_feature_close(feature);
}
END_TEST

START_TEST(attribute_is_read_by_its_name)
{
	struct dflres_feature *feature = open_plain();
	char value[16] = "before";

	set_file(0, "dflres/of_tomorrow", "1 2 3\n");
	ck_assert_int_eq(dflres_feature_attribute(feature, "of_tomorrow", value,
						  5), -ENAMETOOLONG);
	ck_assert_int_eq(dflres_feature_attribute(feature, "none", value,
						  sizeof(value)), -ENOENT);
	ck_assert_int_eq(dflres_feature_attribute(feature, "", value,
						  sizeof(value)), -EINVAL);
	ck_assert_int_eq(dflres_feature_attribute(feature, "../type", value,
						  sizeof(value)), -EINVAL);
	ck_assert_str_eq(value, "before");
	ck_assert_int_eq(dflres_feature_attribute(feature, "of_tomorrow", value,
						  6), 0);
	ck_assert_str_eq(value, "1 2 3");
	remove_feature(0);
	ck_assert_int_eq(dflres_feature_attribute(feature, "of_tomorrow", value,
						  sizeof(value)), -ENODEV);
	dflres_feature_close(feature);
}
END_TEST

START_TEST(release_writes_the_word_of_its_kind)
{
	struct dflres_feature *feature = open_plain();

	ck_assert_int_eq(dflres_feature_release(feature, DFLRES_RELEASE_KERNEL),
			 0);
	ck_assert_file(0, "dflres/owner", "kernel");
	ck_assert_int_eq(dflres_feature_release(feature, DFLRES_RELEASE_NONE),
			 0);
	ck_assert_file(0, "dflres/owner", "noneel");	/* no sysfs: it stays */
	remove_file(0, "dflres/owner");
	ck_assert_int_eq(dflres_feature_release(feature, DFLRES_RELEASE_NONE),
			 -ENOENT);
	remove_feature(0);
	ck_assert_int_eq(dflres_feature_release(feature, DFLRES_RELEASE_NONE),
			 -ENODEV);
	dflres_feature_close(feature);
}
END_TEST

/* ---- by name, and by what it is ---- */

START_TEST(feature_is_opened_by_its_name)
{
	struct dflres_feature *feature = NULL;
	char path[256];

	add_plain(3);
	ck_assert_int_eq(dflres_feature_open(&feature, "dfl_dev.3"), 0);
	ck_assert_str_eq(dflres_feature_name(feature), "dfl_dev.3");
	ck_assert_str_eq(dflres_feature_card(feature), "0000:3b:00.0");
	dflres_feature_close(feature);

	/* a path with links in it comes down to the same */
	snprintf(path, sizeof(path), "%s/bus/dfl/devices/dfl_dev.3/",
		 fixture_root());
	ck_assert_int_eq(dflres_feature_open(&feature, path), 0);
	ck_assert_str_eq(dflres_feature_name(feature), "dfl_dev.3");
	ck_assert_str_eq(dflres_feature_card(feature), "0000:3b:00.0");
	ck_assert_ptr_nonnull(strstr(dflres_feature_path(feature),
				     "/dfl-fme.0/dfl_dev.3"));
	dflres_feature_close(feature);
}
END_TEST

static const char *const bad_names[] = {
	"dfl_dev.4", "dfl_dev", "", ".", "..", "/nowhere/dfl_dev.3",
};

START_TEST(open_by_bad_name)
{
	struct dflres_feature *feature = NULL;
	char name[5000];

	add_plain(3);
	ck_assert_int_eq(dflres_feature_open(&feature, bad_names[_i]), -ENODEV);
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	ck_assert_int_eq(dflres_feature_open(&feature, name), -ENODEV);
	ck_assert_ptr_null(feature);
}
END_TEST

START_TEST(open_without_a_bus_is_an_error)
{
	const struct dflres_filter filter = DFLRES_FILTER_INIT;
	struct dflres_feature *feature;

	ck_assert_int_eq(dflres_feature_open(&feature, "dfl_dev.0"), -ENODEV);
	ck_assert_int_eq(dflres_feature_find(&feature, &filter, 0), -ENOENT);
}
END_TEST

/* Two ports with the same features, numbered against their addresses. */
static void add_ports(void)
{
	static const struct port {
		const char *fiu, *type, *id, *resource;
	} ports[] = {
		{ "dfl-fme.0", "0x0\n", "0x10\n", "0x1000 0x1fff 0x200\n" },
		{ "dfl-port.1", "0x1\n", "0x12\n", "0x9000 0x9fff 0x200\n" },
		{ "dfl-port.1", "0x1\n", "0x14\n", "0xa000 0xafff 0x200\n" },
		{ "dfl-port.0", "0x1\n", "0x12\n", "0x5000 0x5fff 0x200\n" },
		{ "dfl-port.0", "0x1\n", "0x14\n", "0x6000 0x6fff 0x200\n" },
		{ "dfl-fme.0", "garbage\n", "0x12\n", "0x2000 0x2fff 0x200\n" },
	};

	for (int i = 0; i < LENGTH(ports); i++) {
		struct fixture_feature feature = plain_feature;

		feature.number = i;
		feature.fiu = ports[i].fiu;
		feature.type = ports[i].type;
		feature.id = ports[i].id;
		feature.resource = ports[i].resource;
		add_feature(&feature);
	}
}

static const struct found {
	const char *card;
	int type, id;
	unsigned int instance;
	int error;
	const char *name;
} found[] = {
	{ "0000:3b:00.0", DFLRES_TYPE_FME, 0x10, 0, 0, "dfl_dev.0" },
	{ "3B:00.0", DFLRES_TYPE_FME, 0x10, 0, 0, "dfl_dev.0" },
	{ NULL, DFLRES_TYPE_FME, 0x10, 0, 0, "dfl_dev.0" },
	{ NULL, DFLRES_TYPE_FME, 0x10, 1, -ENODEV, NULL },
	{ NULL, DFLRES_TYPE_PORT, 0x10, 0, -ENODEV, NULL },
	{ NULL, DFLRES_TYPE_PORT, 0x12, 0, 0, "dfl_dev.3" },
	{ NULL, DFLRES_TYPE_PORT, 0x12, 1, 0, "dfl_dev.1" },
	{ NULL, DFLRES_TYPE_PORT, 0x12, 2, -ENODEV, NULL },
	{ NULL, DFLRES_TYPE_PORT, DFLRES_ANY, 1, 0, "dfl_dev.4" },
	{ NULL, DFLRES_ANY, DFLRES_ANY, 0, 0, "dfl_dev.0" },
	{ NULL, DFLRES_ANY, DFLRES_ANY, 5, 0, "dfl_dev.2" },
	{ NULL, DFLRES_ANY, DFLRES_ANY, 6, -ENODEV, NULL },
	{ NULL, DFLRES_ANY, DFLRES_ANY, UINT_MAX, -ENODEV, NULL },
	{ "0000:3c:00.0", DFLRES_ANY, DFLRES_ANY, 0, -ENODEV, NULL },
	{ "10000:3b:00.0", DFLRES_ANY, DFLRES_ANY, 0, -ENODEV, NULL },
	{ "", DFLRES_ANY, DFLRES_ANY, 0, -EINVAL, NULL },
	{ "3b:00", DFLRES_ANY, DFLRES_ANY, 0, -EINVAL, NULL },
	{ "0000:3b:00.8", DFLRES_ANY, DFLRES_ANY, 0, -EINVAL, NULL },
	{ "0000:3b:00.0 and more", DFLRES_ANY, DFLRES_ANY, 0, -EINVAL, NULL },
};

START_TEST(find_counts_the_features_that_match)
{
	struct dflres_filter filter = DFLRES_FILTER_INIT;
	const struct found *f = &found[_i];
	struct dflres_feature *feature = NULL;

	add_ports();
	filter.card = f->card;
	filter.type = f->type;
	filter.id = f->id;
	ck_assert_int_eq(dflres_feature_find(&feature, &filter, f->instance),
			 f->error);
	if (f->error) {
		ck_assert_ptr_null(feature);
		return;
	}
	ck_assert_str_eq(dflres_feature_name(feature), f->name);
	dflres_feature_close(feature);
}
END_TEST

/* Without the module the addresses are not known. */
START_TEST(find_works_without_the_module)
{
	struct dflres_filter filter = DFLRES_FILTER_INIT;
	struct dflres_feature *feature;

	add_ports();
	for (unsigned int i = 0; i < 6; i++)
		remove_file(i, "dflres");
	filter.type = DFLRES_TYPE_PORT;
	filter.id = 0x12;
	ck_assert_int_eq(dflres_feature_find(&feature, &filter, 0), 0);
	ck_assert_str_eq(dflres_feature_name(feature), "dfl_dev.1");
	dflres_feature_close(feature);
}
END_TEST

/* The owner and the revision: only dfl_dev.4 is of both. */
START_TEST(find_by_owner_and_revision)
{
	struct dflres_filter filter = DFLRES_FILTER_INIT;
	struct dflres_list *list;

	add_ports();
	set_file(1, "dflres/owner", "user\n");
	set_file(4, "dflres/owner", "user\n");
	set_file(4, "dflres/revision", "0x7\n");
	filter.owner = DFLRES_OWNER_USER;
	ck_assert_int_eq(dflres_list_find(&list, &filter), 0);
	/* in the order of their addresses, not of their numbers */
	ck_assert_uint_eq(dflres_list_count(list), 2);
	ck_assert_str_eq(dflres_list_name(list, 0), "dfl_dev.4");
	ck_assert_str_eq(dflres_list_name(list, 1), "dfl_dev.1");
	dflres_list_free(list);
	filter.revision = 7;
	ck_assert_int_eq(dflres_list_find(&list, &filter), 0);
	ck_assert_uint_eq(dflres_list_count(list), 1);
	ck_assert_str_eq(dflres_list_name(list, 0), "dfl_dev.4");
	dflres_list_free(list);
	filter.revision = 8;
	ck_assert_int_eq(dflres_list_find(&list, &filter), 0);
	ck_assert_uint_eq(dflres_list_count(list), 0);
	dflres_list_free(list);
}
END_TEST

START_TEST(find_with_unknown_size)
{
	struct dflres_filter filter = DFLRES_FILTER_INIT;
	struct dflres_list *list = NULL;

	add_plain(0);
	filter.size += sizeof(int);
	ck_assert_int_eq(dflres_list_find(&list, &filter), -EINVAL);
	filter.size = 0;
	ck_assert_int_eq(dflres_list_find(&list, &filter), -EINVAL);
	ck_assert_ptr_null(list);
}
END_TEST

START_TEST(version_is_the_packages)
{
	char text[32];

	ck_assert_str_eq(dflres_version(), PACKAGE_VERSION);
	snprintf(text, sizeof(text), "%d.%d.%d", DFLRES_VERSION_MAJOR,
		 DFLRES_VERSION_MINOR, DFLRES_VERSION_MICRO);
	ck_assert_str_eq(text, PACKAGE_VERSION);
	ck_assert_int_eq(DFLRES_VERSION, DFLRES_VERSION_MAJOR << 16 |
			 DFLRES_VERSION_MINOR << 8 | DFLRES_VERSION_MICRO);
}
END_TEST

static const struct card {
	const char *path;
	const char *address;
} cards[] = {
	{ "0000:3b:00.0/region0", "0000:3b:00.0" },
	{ "0000:00:1f.7", "0000:00:1f.7" },
	{ "0000:00:03.0/0000:af:1f.7/region0", "0000:af:1f.7" },
	{ "10000:e1:00.0/region0", "10000:e1:00.0" },
	{ "pci0000:00/region0", "" },
	{ "0000:00:03.8/region0", "" },
	{ "0000:00:03.00/region0", "" },
	{ "000:00:03.0/region0", "" },
	{ "0000:0g:03.0/region0", "" },
	{ "platform/dfl-card.0", "" },
	{ "1234567890000:00:03.0/region0", "" },
};

START_TEST(card_address_is_checked)
{
	struct dflres_feature *feature;
	char path[256];

	snprintf(path, sizeof(path), "%s/dfl_dev.0", cards[_i].path);
	put(path, "", 0);
	/* a file where the directory should be is no feature either */
	snprintf(path, sizeof(path), "%s/%s/dfl_dev.0", fixture_root(),
		 cards[_i].path);
	ck_assert_int_eq(dflres_feature_open(&feature, path), -ENOTDIR);
	snprintf(path, sizeof(path), "%s/%s", fixture_root(), cards[_i].path);
	ck_assert_int_eq(dflres_feature_open(&feature, path), 0);
	ck_assert_str_eq(dflres_feature_card(feature), cards[_i].address);
	dflres_feature_close(feature);
}
END_TEST

static TCase *list_case(void)
{
	TCase *tcase = tcase_create("list");

	/* 2,000 features are 20,000 files, and valgrind is slow */
	tcase_set_timeout(tcase, 120);
	tcase_add_checked_fixture(tcase, fixture_create, NULL);
	tcase_add_test(tcase, list_without_a_bus_is_an_error);
	tcase_add_test(tcase, list_without_a_card_is_empty);
	tcase_add_test(tcase, list_sorts_by_number);
	tcase_add_test(tcase, list_sorts_across_directories);
	tcase_add_test(tcase, list_gives_paths_without_links);
	tcase_add_test(tcase, list_leaves_out_what_has_vanished);
	tcase_add_test(tcase, list_while_one_goes);
	tcase_add_test(tcase, list_ignores_what_is_no_feature);
	tcase_add_test(tcase, list_is_of_one_moment);
	tcase_add_test(tcase, list_of_many_features_is_complete);
	return tcase;
}

static TCase *feature_case(void)
{
	TCase *tcase = tcase_create("feature");

	tcase_add_checked_fixture(tcase, fixture_create, NULL);
	tcase_add_test(tcase, feature_tells_all_its_values);
	tcase_add_test(tcase, card_like_n3000_is_read);
	tcase_add_loop_test(tcase, owners_are_told_by_their_words, 0, LENGTH(words));
	tcase_add_loop_test(tcase, hexadecimal_values_are_parsed_strictly, 0, LENGTH(hex_numbers));
	tcase_add_loop_test(tcase, decimal_values_are_parsed_strictly, 0, LENGTH(decimal_numbers));
	tcase_add_test(tcase, value_with_a_nul_is_refused);
	tcase_add_test(tcase, mappable_is_a_bit);
	tcase_add_loop_test(tcase, resource_that_is_garbage_is_refused, 0, LENGTH(bad_resources));
	tcase_add_test(tcase, resource_has_64_bits);
	tcase_add_test(tcase, bars_of_the_card_are_read);
	tcase_add_test(tcase, bars_that_are_few_are_read);
	tcase_add_test(tcase, bars_that_are_garbage_are_refused);
	tcase_add_test(tcase, bars_without_a_card_are_an_error);
	tcase_add_test(tcase, owner_uid_is_that_of_the_claim);
	tcase_add_test(tcase, value_that_is_huge_is_refused);
	tcase_add_test(tcase, value_is_read_afresh);
	tcase_add_test(tcase, dma_has_a_name_each);
	tcase_add_test(tcase, claimable_has_a_name_each);
	tcase_add_test(tcase, leased_tells_whether_a_claim_is_a_lease);
	tcase_add_test(tcase, names_of_numbers_that_are_none);
	tcase_add_loop_test(tcase, guid_is_parsed_in_its_form_only, 0,
			    sizeof(guids) / sizeof(guids[0]));
	tcase_add_test(tcase, attribute_is_read_by_its_name);
	tcase_add_test(tcase, release_writes_the_word_of_its_kind);
	tcase_add_test(tcase, feature_without_the_module_is_unmanaged);
	tcase_add_test(tcase, feature_that_vanished_does_not_open);
	tcase_add_test(tcase, feature_that_vanished_tells_enodev);
	tcase_add_test(tcase, number_used_again_is_another_feature);
	tcase_add_test(tcase, driver_name_too_long);
	tcase_add_loop_test(tcase, card_address_is_checked, 0, LENGTH(cards));
	return tcase;
}

static TCase *find_case(void)
{
	TCase *tcase = tcase_create("find");

	tcase_add_checked_fixture(tcase, fixture_create, NULL);
	tcase_add_test(tcase, feature_is_opened_by_its_name);
	tcase_add_loop_test(tcase, open_by_bad_name, 0, LENGTH(bad_names));
	tcase_add_test(tcase, open_without_a_bus_is_an_error);
	tcase_add_loop_test(tcase, find_counts_the_features_that_match, 0, LENGTH(found));
	tcase_add_test(tcase, find_works_without_the_module);
	tcase_add_test(tcase, find_by_owner_and_revision);
	tcase_add_test(tcase, find_with_unknown_size);
	tcase_add_test(tcase, version_is_the_packages);
	return tcase;
}

int main(void)
{
	Suite *suite = suite_create("libdflres");
	SRunner *runner;
	int failed;

	suite_add_tcase(suite, list_case());
	suite_add_tcase(suite, feature_case());
	suite_add_tcase(suite, find_case());
	suite_add_tcase(suite, hotplug_case());
	suite_add_tcase(suite, watch_case());
	suite_add_tcase(suite, claim_case());
	suite_add_tcase(suite, attach_case());
	suite_add_tcase(suite, regs_case());
	suite_add_tcase(suite, access_case());
	suite_add_tcase(suite, regmap_case());
	suite_add_tcase(suite, debug_case());
	suite_add_tcase(suite, guard_case());
	suite_add_tcase(suite, irq_case());
	suite_add_tcase(suite, selector_case());
	suite_add_tcase(suite, id_case());
	suite_add_tcase(suite, epoll_case());
	suite_add_tcase(suite, given_case());
	suite_add_tcase(suite, cloexec_case());
	suite_add_tcase(suite, commands_case());
	suite_add_tcase(suite, trees_case());
	suite_add_tcase(suite, report_case());
	runner = srunner_create(suite);
	scratch_create();
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	scratch_remove();
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
