// SPDX-License-Identifier: GPL-2.0
/* Registers by name: what a file says, what is wrong with one, and where it is. */
#include <config.h>

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fixture.h"
#include "unit.h"

/* A file with these children of the outermost object, which begin in line 4. */
#define TOP(children) \
	"{\n  \"type\": \"addrmap\", \"inst_name\": \"top\", \"addr_offset\": 0,\n" \
	"  \"children\": [\n" children "\n  ]\n}\n"
#define REG(name, offset, more) \
	"{\"type\":\"reg\",\"inst_name\":\"" name "\",\"addr_offset\":" offset "," more "}"
#define FIELD(name, msb, lsb, reset) \
	"{\"type\":\"field\",\"inst_name\":\"" name "\",\"msb\":" msb ",\"lsb\":" lsb \
	",\"reset\":" reset ",\"sw_access\":\"rw\"}"
#define NONE "\"children\":[]"

static char sentence[DFLRES_SENTENCE_MAX];
static char path[PATH_MAX];

static int open_text(struct dflres_regmap **map, const char *text, size_t length)
{
	put("names.json", text, length);
	snprintf(path, sizeof(path), "%s/names.json", fixture_root());
	*sentence = '\0';
	return dflres_regmap_open(map, path, sentence, sizeof(sentence));
}

static struct dflres_regmap *open_good(const char *text)
{
	struct dflres_regmap *map = NULL;

	ck_assert_msg(!open_text(&map, text, strlen(text)), "%s", sentence);
	return map;
}

static void ck_assert_register(const struct dflres_regmap *map,
			       const char *name, uint64_t offset,
			       unsigned int width, uint64_t mask)
{
	const struct dflres_register *reg = dflres_regmap_find(map, name);

	ck_assert_ptr_nonnull(reg);
	ck_assert_str_eq(reg->name, name);
	ck_assert_uint_eq(reg->offset, offset);
	ck_assert_uint_eq(reg->width, width);
	ck_assert_uint_eq(reg->mask, mask);
}

/* As the tutorial's exporter writes it. */
START_TEST(map_is_read_as_the_exporter_writes_it)
{
	static const char text[] =
		"{\n    \"type\": \"addrmap\",\n    \"inst_name\": \"tiny\",\n    \"addr_offset\": 0,\n"
		"    \"children\": [\n        {\n            \"type\": \"reg\",\n            \"inst_name\": \"r1\",\n"
		"            \"addr_offset\": 4,\n            \"children\": [\n"
		"                {\n                    \"type\": \"field\",\n                    \"inst_name\": \"f1\",\n"
		"                    \"lsb\": 0,\n                    \"msb\": 7,\n                    \"reset\": 123,\n"
		"                    \"sw_access\": \"rw\"\n                },\n"
		"                {\n                    \"type\": \"field\",\n                    \"inst_name\": \"f2\",\n"
		"                    \"lsb\": 8,\n                    \"msb\": 15,\n                    \"reset\": null,\n"
		"                    \"sw_access\": \"r\"\n                }\n            ]\n        }\n    ]\n}";
	struct dflres_regmap *map = open_good(text);
	const struct dflres_register *reg;

	ck_assert_uint_eq(dflres_regmap_count(map), 3);
	ck_assert_register(map, "r1", 4, 32, 0xffffffff);
	ck_assert_register(map, "r1.f1", 4, 32, 0xff);
	ck_assert_register(map, "r1.f2", 4, 32, 0xff00);
	reg = dflres_regmap_entry(map, 0);
	ck_assert(!reg->is_field && !reg->has_reset);
	ck_assert_str_eq(reg->access, "");
	reg = dflres_regmap_entry(map, 1);
	ck_assert(reg->is_field && reg->has_reset);
	ck_assert_uint_eq(reg->reset, 123);
	ck_assert_str_eq(reg->access, "rw");
	reg = dflres_regmap_entry(map, 2);
	ck_assert(reg->is_field && !reg->has_reset);
	ck_assert_str_eq(reg->access, "r");
	ck_assert_ptr_null(dflres_regmap_find(map, "r1.f3"));
	ck_assert_ptr_null(dflres_regmap_find(map, "R1"));
	ck_assert_ptr_null(dflres_regmap_find(map, ""));
	ck_assert_ptr_null(dflres_regmap_find(map, "tiny"));
	dflres_regmap_close(map);
}
END_TEST

START_TEST(registers_in_registers_files)
{
	struct dflres_regmap *map = open_good(TOP(
		"{\"type\":\"regfile\",\"inst_name\":\"dma\",\"addr_offset\":64,\"children\":["
		"{\"type\":\"addrmap\",\"inst_name\":\"ch[1]\",\"addr_offset\":16,\"children\":["
		REG("_A", "8", NONE) "]}," REG("B", "0", NONE) "]},"
		REG("B", "4294967296", NONE) "," REG("a", "0", NONE)));

	ck_assert_uint_eq(dflres_regmap_count(map), 4);
	ck_assert_register(map, "dma.ch[1]._A", 88, 32, 0xffffffff);
	ck_assert_register(map, "dma.B", 64, 32, 0xffffffff);
	ck_assert_register(map, "B", 1ULL << 32, 32, 0xffffffff);
	ck_assert_register(map, "a", 0, 32, 0xffffffff);
	dflres_regmap_close(map);
}
END_TEST

START_TEST(map_of_many_registers_is_sorted)
{
	const size_t count = 3000;
	struct dflres_regmap *map;
	char *text;
	size_t size;
	FILE *file = open_memstream(&text, &size);

	fputs("{\"type\":\"regfile\",\"addr_offset\":0,\"children\":[", file);
	for (size_t i = 0; i < count; i++)
		fprintf(file, "%s\n" REG("R%zu", "%zu", NONE), i ? "," : "",
			i * 7 % count, i * 4);
	fputs("]}", file);
	fclose(file);
	map = open_good(text);
	free(text);
	ck_assert_uint_eq(dflres_regmap_count(map), count);
	for (size_t i = 0; i < count; i++) {
		const struct dflres_register *reg = dflres_regmap_entry(map, i);

		ck_assert_uint_eq(reg->offset, i * 4);
		ck_assert_ptr_eq(dflres_regmap_find(map, reg->name), reg);
	}
	dflres_regmap_close(map);
}
END_TEST

START_TEST(map_has_widths_and_resets)
{
	struct dflres_regmap *map = open_good(TOP(
		REG("BYTE", "0", "\"regwidth\":8,\"children\":[" FIELD("F", "7", "7", "1") "]") ","
		REG("WIDE", "8", "\"children\":[" FIELD("LOW", "0", "0", "1") ","
		    FIELD("HIGH", "63", "32", "4294967295") "]") ","
		REG("ALL", "16", "\"children\":[" FIELD("F", "63", "0", "18446744073709551615") "]") ","
		REG("SOME", "24", "\"regwidth\":64,\"children\":[" FIELD("F", "1", "0", "3") ","
		    FIELD("G", "2", "2", "null") "]")));
	const struct dflres_register *reg;

	ck_assert_register(map, "BYTE", 0, 8, 0xff);
	ck_assert_register(map, "BYTE.F", 0, 8, 0x80);
	ck_assert_uint_eq(dflres_regmap_find(map, "BYTE")->reset, 0x80);
	ck_assert_register(map, "WIDE", 8, 64, UINT64_MAX);
	ck_assert_register(map, "WIDE.HIGH", 8, 64, 0xffffffffULL << 32);
	reg = dflres_regmap_find(map, "WIDE");
	ck_assert(reg->has_reset);
	ck_assert_uint_eq(reg->reset, 0xffffffff00000001);
	ck_assert_uint_eq(dflres_regmap_find(map, "ALL.F")->reset, UINT64_MAX);
	ck_assert_register(map, "SOME", 24, 64, UINT64_MAX);
	ck_assert(!dflres_regmap_find(map, "SOME")->has_reset);
	dflres_regmap_close(map);
}
END_TEST

/* ---- what is wrong ---- */

static const struct {
	const char *text;
	unsigned int line;
	const char *says;
} wrong[] = {
	{ "", 1, "this is not JSON: it ends too early" },
	{ "{\n\"type\":\n", 3, "this is not JSON: it ends too early" },
	{ "{\n\n  \"type\" \"addrmap\"}", 3, "this is not JSON: object property name separator ':' expected" },
	{ "{}\n\n}", 3, "this is not JSON: unexpected character" },
	{ "{\n\"a\":\"\xff\"}", 2, "this is not JSON: invalid utf-8 string" },
	{ "[]", 1, "this is not a JSON object" },
	{ "\n\n{}", 3, "type is not 'addrmap' or 'regfile'" },
	{ "{\"type\":\"reg\"}", 1, "type is not 'addrmap' or 'regfile'" },
	{ "{\"type\":\"field\"}", 1, "type is not 'addrmap' or 'regfile'" },
	{ "{\"type\":7}", 1, "type is not 'addrmap' or 'regfile'" },
	{ "{\"type\":\"addrmap\",\"children\":[]}", 1, "addr_offset is missing" },
	{ "{\"type\":\"addrmap\",\"addr_offset\":0}", 1, "children is not an array" },
	{ "{\"type\":\"addrmap\",\"addr_offset\":0,\"children\":null}", 1, "children is not an array" },
	{ "{\"type\":\"addrmap\",\"addr_offset\":0,\"children\":[\n3]}", 1, "child 0 is not an object" },
	{ TOP("\n{\"type\":\"mem\"}"), 5, "type is not 'addrmap', 'regfile', 'reg' or 'field'" },
	{ TOP("\n{}"), 5, "type is not 'addrmap', 'regfile', 'reg' or 'field'" },
	{ TOP(FIELD("F", "1", "0", "null")), 4, "a field is not in a reg" },
	{ TOP(REG("A", "-4", NONE)), 4, "addr_offset is not a whole number from 0 to 18446744073709551615" },
	{ TOP(REG("A", "1.5", NONE)), 4, "addr_offset is not a whole number from 0 to 18446744073709551615" },
	{ TOP(REG("A", "\"0x18\"", NONE)), 4, "addr_offset is not a whole number from 0 to 18446744073709551615" },
	{ TOP("{\"type\":\"regfile\",\"inst_name\":\"f\",\"addr_offset\":16,\"children\":[\n"
	      REG("A", "18446744073709551615", NONE) "]}"), 5,
	  "addr_offset is not a whole number from 0 to 18446744073709551599" },
	{ TOP(REG("", "0", NONE)), 4, "inst_name is not a name: a letter or '_', then these, digits, '[' and ']'" },
	{ TOP(REG("0x10", "0", NONE)), 4, "inst_name is not a name: a letter or '_', then these, digits, '[' and ']'" },
	{ TOP(REG("A.B", "0", NONE)), 4, "inst_name is not a name: a letter or '_', then these, digits, '[' and ']'" },
	{ TOP(REG("\\u00e4", "0", NONE)), 4, "inst_name is not a name: a letter or '_', then these, digits, '[' and ']'" },
	{ TOP("{\"type\":\"reg\",\"addr_offset\":0," NONE "}"), 4, "inst_name is not a name: a letter or '_', then these, digits, '[' and ']'" },
	{ TOP(REG("A", "0", NONE) ",\n" REG("B", "4", NONE) ",\n" REG("A", "8", NONE)), 6,
	  "the name 'A' appears twice, first in line 4" },
	{ TOP(REG("A", "0", "\"regwidth\":128," NONE)), 4, "regwidth is not a whole number from 0 to 64" },
	{ TOP(REG("A", "0", "\"regwidth\":24," NONE)), 4, "regwidth is not 8, 16, 32 or 64" },
	{ TOP(REG("A", "0", "\"regwidth\":32,\"children\":[\n" FIELD("F", "32", "0", "0") "]")), 5,
	  "msb is not a whole number from 0 to 31" },
	{ TOP(REG("A", "0", "\"children\":[\n" FIELD("F", "64", "0", "0") "]")), 5, "msb is not a whole number from 0 to 63" },
	{ TOP(REG("A", "0", "\"children\":[\n" FIELD("F", "3", "4", "0") "]")), 5, "msb is below lsb" },
	{ TOP(REG("A", "0", "\"children\":[\n" FIELD("F", "3", "2", "4") "]")), 5, "reset is not a whole number from 0 to 3" },
	{ TOP(REG("A", "0", "\"children\":[\n" FIELD("F", "3", "2", "true") "]")), 5, "reset is not a whole number from 0 to 3" },
	{ TOP(REG("A", "0", "\"children\":[\n{\"type\":\"field\",\"inst_name\":\"F\",\"lsb\":0}]")), 5, "msb is missing" },
	{ TOP(REG("A", "0", "\"children\":[\n" REG("B", "0", NONE) "]")), 5, "a reg is in another reg" },
	{ TOP(REG("A", "0", "\"children\":[\n{\"type\":\"regfile\",\"inst_name\":\"f\",\"addr_offset\":0," NONE "}]")), 5,
	  "registers are in a reg" },
	{ TOP(REG("A", "0", "\"children\":[\n" FIELD("F", "63", "0", "18446744073709551616") "]")), 5,
	  "a number has more than 64 bits" },
	{ TOP(REG("A", "\n99999999999999999999999", NONE)), 5, "a number has more than 64 bits" },
	{ TOP(REG("A", "0", "\"children\":[\n" FIELD("F", "63", "0", "99999999999999999999999.5") "]")), 5,
	  "reset is not a whole number from 0 to 18446744073709551615" },
	{ TOP(REG("A", "0", "\"children\":[{}],\n" NONE)), 4, "an object has two members of one name" },
	{ TOP(REG("A", "0", "\"note\":\"{ \\\" {\",\"more\":{\"x\":[{},\n{}]},\"children\":[\n" FIELD("F", "3", "4", "0") "]")), 6,
	  "msb is below lsb" },
};

START_TEST(map_that_is_wrong_is_refused_with_its_line)
{
	struct dflres_regmap *map = NULL;
	char expected[DFLRES_SENTENCE_MAX + PATH_MAX];

	ck_assert_int_eq(open_text(&map, wrong[_i].text, strlen(wrong[_i].text)),
			 -EINVAL);
	snprintf(expected, sizeof(expected), "%s:%u: %s", path, wrong[_i].line,
		 wrong[_i].says);
	ck_assert_str_eq(sentence, expected);
	ck_assert_ptr_null(map);
}
END_TEST

/* The parser ends at a NUL, whatever is behind it. */
START_TEST(map_ends_at_no_nul)
{
	static const char text[] = TOP("\n" REG("A", "0", NONE)) "\0garbage";
	struct dflres_regmap *map = NULL;
	char expected[DFLRES_SENTENCE_MAX + PATH_MAX];

	dflres_regmap_close(open_good(text));
	ck_assert_int_eq(open_text(&map, text, sizeof(text) - 1), -EINVAL);
	snprintf(expected, sizeof(expected),
		 "%s:8: this is not JSON: there is a NUL byte", path);
	ck_assert_str_eq(sentence, expected);
	ck_assert_ptr_null(map);
}
END_TEST

/* Digits in a string, in a fraction and of the largest number are not too many. */
START_TEST(map_with_many_digits)
{
	struct dflres_regmap *map = open_good(TOP(
		REG("A", "0", "\"x\":\"\\\"99999999999999999999999\",\"y\":[0.99999999999999999999999,1e-2],"
		    "\"children\":[" FIELD("F", "63", "0", "18446744073709551615") "]")));

	ck_assert_uint_eq(dflres_regmap_find(map, "A.F")->reset, UINT64_MAX);
	dflres_regmap_close(map);
}
END_TEST

START_TEST(files_that_cannot_be_read)
{
	struct dflres_regmap *map = NULL;
	char small[8];
	char *large;

	ck_assert_int_eq(dflres_regmap_open(&map, "/nowhere/names.json", sentence,
					    sizeof(sentence)), -ENOENT);
	ck_assert_str_eq(sentence, "cannot read /nowhere/names.json: No such file or directory");
	ck_assert_int_eq(dflres_regmap_open(&map, "/", sentence,
					    sizeof(sentence)), -EISDIR);
	large = malloc((16 << 20) + 1);
	memset(large, ' ', (16 << 20) + 1);
	ck_assert_int_eq(open_text(&map, large, 16 << 20), -EINVAL);
	ck_assert_int_eq(open_text(&map, large, (16 << 20) + 1), -EFBIG);
	ck_assert_ptr_nonnull(strstr(sentence, ": File too large"));
	free(large);
	/* a read whose length does not fit: EINVAL is not always of what is in a file */
	*sentence = '\0';
	ck_assert_int_eq(dflres_regmap_open(&map, "/proc/self/pagemap", sentence,
					    sizeof(sentence)), -EINVAL);
	ck_assert_str_eq(sentence, "cannot read /proc/self/pagemap: Invalid argument");
	ck_assert_int_eq(open_text(&map, "{}\0{", 4), -EINVAL);
	/* what does not fit is cut */
	ck_assert_int_eq(dflres_regmap_open(&map, path, small, sizeof(small)),
			 -EINVAL);
	ck_assert_uint_eq(strlen(small), sizeof(small) - 1);
	ck_assert_ptr_null(map);
	dflres_regmap_close(NULL);
}
END_TEST

/* ---- where it is ---- */

START_TEST(found_by_type_and_id)
{
	struct dflres_feature *feature = open_plain();
	char found[PATH_MAX] = "before", expected[PATH_MAX];

	ck_assert_int_eq(dflres_regmap_path(feature, found, sizeof(found)),
			 -ENOENT);
	ck_assert_int_eq(setenv("DFLRES_REGISTERS", fixture_root(), 1), 0);
	ck_assert_int_eq(dflres_regmap_path(feature, found, sizeof(found)),
			 -ENOENT);
	ck_assert_str_eq(found, "before");
	put("fme-0x10.json", "{}", 2);
	ck_assert_int_eq(dflres_regmap_path(feature, found, sizeof(found)), 0);
	snprintf(expected, sizeof(expected), "%s/fme-0x10.json", fixture_root());
	ck_assert_str_eq(found, expected);
	ck_assert_int_eq(dflres_regmap_path(feature, found, strlen(expected)),
			 -ENAMETOOLONG);
	ck_assert_int_eq(dflres_regmap_path(feature, found, strlen(expected) + 1),
			 0);
	ck_assert_int_eq(unsetenv("DFLRES_REGISTERS"), 0);
	dflres_feature_close(feature);
}
END_TEST

TCase *regmap_case(void)
{
	TCase *tcase = tcase_create("regmap");

	tcase_add_checked_fixture(tcase, fixture_create, NULL);
	tcase_add_test(tcase, map_is_read_as_the_exporter_writes_it);
	tcase_add_test(tcase, registers_in_registers_files);
	tcase_add_test(tcase, map_of_many_registers_is_sorted);
	tcase_add_test(tcase, map_has_widths_and_resets);
	tcase_add_loop_test(tcase, map_that_is_wrong_is_refused_with_its_line, 0, LENGTH(wrong));
	tcase_add_test(tcase, map_ends_at_no_nul);
	tcase_add_test(tcase, map_with_many_digits);
	tcase_add_test(tcase, files_that_cannot_be_read);
	tcase_add_test(tcase, found_by_type_and_id);
	return tcase;
}
