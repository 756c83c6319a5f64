// SPDX-License-Identifier: LGPL-2.1-or-later
/* Selectors: [CARD/]TYPE:ID[:INSTANCE|:any], which name a feature by what it is. */
#include <config.h>

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"

/* Longer than any selector. */
#define SELECTOR_MAX 96

/* Decimal, or hexadecimal behind 0x; 010 is ten. */
static int parse_number(const char *text, unsigned long max,
			unsigned long *number)
{
	int base = 10;
	char *end;

	if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
		base = 16;
		text += 2;
	}
	/* strtoul() takes spaces, signs and another 0x */
	if (!isxdigit((unsigned char)text[0]) ||
	    text[1] == 'x' || text[1] == 'X')
		return -EINVAL;
	errno = 0;
	*number = strtoul(text, &end, base);
	return errno || *end || *number > max ? -EINVAL : 0;
}

static int parse_type(const char *text, int *type)
{
	unsigned long number;
	unsigned int known;
	int error;

	if (!dflres_type_find(text, &known)) {
		*type = (int)known;
		return 0;
	}
	error = parse_number(text, INT_MAX, &number);
	if (!error)
		*type = (int)number;
	return error;
}

/* A number, or a word for an id of the type. */
static int parse_id(const char *text, struct dflres_selector *selector)
{
	unsigned long number;
	unsigned int id;

	if (!dflres_id_find((unsigned int)selector->type, text, &id)) {
		selector->id = (int)id;
		return 0;
	}
	selector->decimal = strncmp(text, "0x", 2) && strncmp(text, "0X", 2);
	if (parse_number(text, INT_MAX, &number))
		return -EINVAL;
	selector->id = (int)number;
	return 0;
}

static int parse_instance(const char *text, struct dflres_selector *selector)
{
	unsigned long number;
	int error;

	if (!strcmp(text, "any")) {
		selector->any = true;
		return 0;
	}
	error = parse_number(text, UINT_MAX, &number);
	if (!error)
		selector->instance = (unsigned int)number;
	return error;
}

/* Parse what follows the card; this cuts @text into its parts. */
static int parse_parts(char *text, struct dflres_selector *selector)
{
	char *id, *instance;
	int error;

	id = strchr(text, ':');
	if (!id)
		return -EINVAL;
	*id++ = '\0';
	error = parse_type(text, &selector->type);
	if (error)
		return error;
	instance = strchr(id, ':');
	if (instance) {
		*instance++ = '\0';
		error = parse_instance(instance, selector);
		if (error)
			return error;
	}
	return parse_id(id, selector);
}

int dflres_selector_parse(const char *text, struct dflres_selector *selector)
{
	char copy[SELECTOR_MAX], *slash, *parts = copy;

	memset(selector, 0, sizeof(*selector));
	if (strlen(text) >= sizeof(copy))
		return -EINVAL;
	strcpy(copy, text);
	slash = strrchr(copy, '/');
	if (slash) {
		*slash = '\0';
		/* the search tells whether it is an address */
		if (!*copy || strlen(copy) >= sizeof(selector->card))
			return -EINVAL;
		strcpy(selector->card, copy);
		parts = slash + 1;
	}
	return parse_parts(parts, selector);
}

int dflres_selector_list(const struct dflres_selector *selector,
			 struct dflres_list **list)
{
	struct dflres_filter filter = DFLRES_FILTER_INIT;

	filter.card = *selector->card ? selector->card : NULL;
	filter.type = selector->type;
	filter.id = selector->id;
	return dflres_list_find(list, &filter);
}

static bool is_path(const char *name)
{
	return name[0] == '/' || name[0] == '.';
}

bool dflres_is_selector(const char *name)
{
	return !is_path(name) && strchr(name, ':');
}

/* dfl_dev.N, whether or not there is one. */
static bool is_bus_name(const char *name)
{
	static const char start[] = "dfl_dev.";
	const char *digits = name + sizeof(start) - 1;

	return !strncmp(name, start, sizeof(start) - 1) && *digits &&
	       !digits[strspn(digits, "0123456789")];
}

static bool has_file(const struct dflres_feature *feature, const char *file)
{
	return !faccessat(feature->dir, file, F_OK, 0);
}

/*
 * A path may also name the directory `dflres` of a feature. If that is mounted
 * somewhere else, only a mount with the feature's name tells which feature it
 * is.
 */
static int open_above(struct dflres_feature **feature)
{
	struct dflres_feature *above;
	int error;

	if (!has_file(*feature, "owner") ||
	    !has_file(*feature, "num_irqs"))
		return -ENODEV;
	error = dflres_given_feature(&above, dflres_feature_path(*feature));
	if (error)
		return error;
	dflres_feature_close(*feature);
	*feature = above;
	return 0;
}

static int open_named(struct dflres_feature **feature, const char *name)
{
	struct dflres_feature *named;
	int error;

	if (!is_path(name) && !is_bus_name(name))
		return -EINVAL;
	error = dflres_feature_open(&named, name);
	if (error)
		return error;
	if (is_path(name) && !dflres_is_device(named->dir))
		error = open_above(&named);
	if (error)
		dflres_feature_close(named);
	else
		*feature = named;
	return error;
}

/* Open the first in @list that could be claimed, or return the error that came nearest to a claim. */
static int open_claimable(const struct dflres_list *list,
			  struct dflres_feature **feature)
{
	int refusal = -ENODEV;

	for (size_t i = 0; i < dflres_list_count(list); i++) {
		struct dflres_feature *next;
		int error;

		error = dflres_list_open(&next, list, i);
		if (!error) {
			error = dflres_would_refuse(next);
			if (!error) {
				*feature = next;
				return 0;
			}
			dflres_feature_close(next);
		}
		if (!dflres_is_passed_over(error))
			return error;
		refusal = dflres_nearer(refusal, error);
	}
	return refusal;
}

int dflres_select_parsed(struct dflres_feature **feature,
			 const struct dflres_selector *selector)
{
	struct dflres_list *list;
	int error;

	error = dflres_selector_list(selector, &list);
	/* no bus, no feature */
	if (error)
		return error == -ENOENT ? -ENODEV : error;
	if (selector->any)
		error = open_claimable(list, feature);
	else if (selector->instance < dflres_list_count(list))
		error = dflres_list_open(feature, list, selector->instance);
	else
		error = -ENODEV;
	dflres_list_free(list);
	return error;
}

DFLRES_API int dflres_select(struct dflres_feature **feature, const char *name)
{
	struct dflres_selector selector;
	int error;

	if (!dflres_is_selector(name))
		return open_named(feature, name);
	error = dflres_selector_parse(name, &selector);
	return error ? error : dflres_select_parsed(feature, &selector);
}

/* The place of @feature among those of the same card, type and id. */
static int find_instance(const struct dflres_feature *feature,
			 struct dflres_selector *selector)
{
	struct dflres_list *list;
	int error;

	error = dflres_selector_list(selector, &list);
	if (error)
		return error;
	error = -ENODEV;
	for (size_t i = 0; i < dflres_list_count(list) && error; i++) {
		if (!strcmp(dflres_list_path(list, i), feature->path)) {
			selector->instance = (unsigned int)i;
			error = 0;
		}
	}
	dflres_list_free(list);
	return error;
}

DFLRES_API int dflres_feature_selector(const struct dflres_feature *feature,
				       char *text, size_t size)
{
	struct dflres_selector selector = { 0 };
	unsigned int type, id;
	char name[16];
	int error, length;

	error = dflres_feature_type(feature, &type);
	if (!error)
		error = dflres_feature_id(feature, &id);
	if (error)
		return error;
	selector.type = (int)type;
	selector.id = (int)id;
	strcpy(selector.card, feature->card);
	error = find_instance(feature, &selector);
	if (error)
		return error;
	dflres_type_name(type, name, sizeof(name));
	length = snprintf(text, size, "%s%s%s:0x%x:%u", feature->card,
			  *feature->card ? "/" : "", name, id,
			  selector.instance);
	return (size_t)length < size ? 0 : -ENAMETOOLONG;
}
