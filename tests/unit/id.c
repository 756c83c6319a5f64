// SPDX-License-Identifier: GPL-2.0
/* Types and ids by their words, and features by their guids. */
#include <config.h>

#include <errno.h>
#include <string.h>

#include "fixture.h"
#include "unit.h"

static const struct word {
	unsigned int type, id;
	const char *word;	/* NULL: there is none */
} words[] = {
	{ DFLRES_TYPE_FME, 0x9, "emif" },
	{ DFLRES_TYPE_FME, 0x15, "hssi" },
	{ DFLRES_TYPE_FME, 0x10, "eth-group" },
	{ DFLRES_TYPE_PORT, 0x10, "errors" },
	{ DFLRES_TYPE_PORT, 0xff, "afu" },
	{ DFLRES_TYPE_PORT, 0x9, NULL },
	{ DFLRES_TYPE_FME, 0xfff, NULL },
	{ 2, 0x9, NULL },
};

START_TEST(word_for_an_id)
{
	const struct word *w = &words[_i];
	unsigned int id = 0;

	if (!w->word) {
		ck_assert_ptr_null(dflres_id_name(w->type, w->id));
		return;
	}
	ck_assert_str_eq(dflres_id_name(w->type, w->id), w->word);
	ck_assert_int_eq(dflres_id_find(w->type, w->word, &id), 0);
	ck_assert_uint_eq(id, w->id);
}
END_TEST

/* Each word of a type stands for one id, and could not be taken for a number or for ":any". */
START_TEST(words_stand_for_one_id)
{
	unsigned int known = 0;

	for (unsigned int type = 0; type < 4; type++) {
		for (unsigned int id = 0; id < 0x1000; id++) {
			const char *word = dflres_id_name(type, id);
			unsigned int found = 0;

			if (!word)
				continue;
			known++;
			ck_assert_int_eq(dflres_id_find(type, word, &found), 0);
			ck_assert_uint_eq(found, id);
			ck_assert(word[0] >= 'a' && word[0] <= 'z');
			ck_assert_uint_eq(strspn(word, "abcdefghijklmnopqrstuvwxyz0123456789-"),
					  strlen(word));
			ck_assert_str_ne(word, "any");
		}
	}
	ck_assert_uint_ge(known, 30);
}
END_TEST

START_TEST(words_that_stand_for_no_id)
{
	static const char *const none[] = { "", "EMIF", "emif ", "em", "any", "0x9" };
	unsigned int id = 7;

	ck_assert_int_eq(dflres_id_find(DFLRES_TYPE_FME, none[_i], &id),
			 -ENOENT);
	ck_assert_uint_eq(id, 7);
}
END_TEST

START_TEST(types_are_found_by_their_words)
{
	unsigned int type = 7;

	ck_assert_int_eq(dflres_type_find("", &type), -ENOENT);
	ck_assert_int_eq(dflres_type_find("1", &type), -ENOENT);
	ck_assert_int_eq(dflres_type_find("FME", &type), -ENOENT);
	ck_assert_uint_eq(type, 7);
	ck_assert_int_eq(dflres_type_find("fme", &type), 0);
	ck_assert_uint_eq(type, DFLRES_TYPE_FME);
	ck_assert_int_eq(dflres_type_find("port", &type), 0);
	ck_assert_uint_eq(type, DFLRES_TYPE_PORT);
}
END_TEST

static const struct {
	const char *name;
	int error;
	const char *feature;
} selectors[] = {
	{ "fme:eth-group", 0, "dfl_dev.0" },
	{ "3b:00.0/fme:eth-group:1", 0, "dfl_dev.1" },
	{ "0:eth-group:any", 0, "dfl_dev.0" },
	{ "fme:eth-group:2", -ENODEV, NULL },
	{ "fme:emif", -ENODEV, NULL },
	{ "port:errors", -ENODEV, NULL },
	{ "port:eth-group", -EINVAL, NULL },
	{ "fme:Eth-group", -EINVAL, NULL },
	{ "fme:eth", -EINVAL, NULL },
	{ "eth-group", -EINVAL, NULL },
};

START_TEST(select_by_the_word_for_an_id)
{
	struct dflres_feature *feature = NULL;

	add_plain(0);
	add_plain(1);
	set_file(0, "dflres/lease", "0\n");
	ck_assert_int_eq(dflres_select(&feature, selectors[_i].name),
			 selectors[_i].error);
	if (selectors[_i].error)
		ck_assert_ptr_null(feature);
	else
		ck_assert_str_eq(dflres_feature_name(feature),
				 selectors[_i].feature);
	dflres_feature_close(feature);
}
END_TEST

START_TEST(feature_is_found_by_its_guid)
{
	struct dflres_filter filter = DFLRES_FILTER_INIT;
	struct dflres_list *list;

	for (unsigned int i = 0; i < 3; i++)
		add_plain(i);
	set_file(1, "guid", "01234567-89ab-cdef-0123-456789abcdef\n");
	set_file(2, "guid", "11234567-89ab-cdef-0123-456789abcdef\n");
	filter.guid = "01234567-89AB-cdef-0123-456789ABCDEF";
	ck_assert_int_eq(dflres_list_find(&list, &filter), 0);
	ck_assert_uint_eq(dflres_list_count(list), 1);
	ck_assert_str_eq(dflres_list_name(list, 0), "dfl_dev.1");
	dflres_list_free(list);
	filter.id = 0x11;
	ck_assert_int_eq(dflres_list_find(&list, &filter), 0);
	ck_assert_uint_eq(dflres_list_count(list), 0);
	dflres_list_free(list);
	list = NULL;
	filter.guid = "01234567-89ab-cdef-0123-456789abcde";
	ck_assert_int_eq(dflres_list_find(&list, &filter), -EINVAL);
	filter.guid = "";
	ck_assert_int_eq(dflres_list_find(&list, &filter), -EINVAL);
	ck_assert_ptr_null(list);
}
END_TEST

TCase *id_case(void)
{
	TCase *tcase = tcase_create("id");

	tcase_add_checked_fixture(tcase, fixture_create, NULL);
	tcase_add_loop_test(tcase, word_for_an_id, 0, LENGTH(words));
	tcase_add_test(tcase, words_stand_for_one_id);
	tcase_add_loop_test(tcase, words_that_stand_for_no_id, 0, 6);
	tcase_add_test(tcase, types_are_found_by_their_words);
	tcase_add_loop_test(tcase, select_by_the_word_for_an_id, 0,
			    LENGTH(selectors));
	tcase_add_test(tcase, feature_is_found_by_its_guid);
	return tcase;
}
