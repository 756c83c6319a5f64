// SPDX-License-Identifier: LGPL-2.1-or-later
/* A feature by what it is. */
#include <config.h>

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>

#include "internal.h"

struct query {
	char card[DFLRES_CARD_MAX];	/* "": any */
	int type, id;
};

struct match {
	char card[DFLRES_CARD_MAX];
	uint64_t start;
	size_t index;		/* in the list */
};

/* As sysfs writes it: in lower case and with its domain. */
static int parse_card(const char *s, char card[DFLRES_CARD_MAX])
{
	char text[DFLRES_CARD_MAX + 5];
	size_t length = strlen(s);

	if (length >= DFLRES_CARD_MAX)
		return -EINVAL;
	if (!dflres_is_pci_address(s, length))
		snprintf(text, sizeof(text), "0000:%s", s);
	else
		strcpy(text, s);
	length = strlen(text);
	if (!dflres_is_pci_address(text, length))
		return -EINVAL;
	for (size_t i = 0; i <= length; i++)
		card[i] = tolower((unsigned char)text[i]);
	return 0;
}

/* 1 if @feature matches, 0 if not, and a negative errno. */
static int matches(const struct dflres_feature *feature,
		   const struct query *query)
{
	unsigned int value;
	int error;

	if (query->type != DFLRES_ANY) {
		error = dflres_feature_type(feature, &value);
		if (error || value != (unsigned int)query->type)
			return error;
	}
	if (query->id != DFLRES_ANY) {
		error = dflres_feature_id(feature, &value);
		if (error || value != (unsigned int)query->id)
			return error;
	}
	return 1;
}

static int look_at(const struct dflres_list *list, size_t index,
		   const struct query *query, struct match *match)
{
	struct dflres_resource resource;
	struct dflres_feature *feature;
	int result;

	dflres_find_card(dflres_list_path(list, index), match->card);
	if (*query->card && strcmp(match->card, query->card))
		return 0;
	result = dflres_list_open(list, index, &feature);
	if (result)
		return result;
	result = matches(feature, query);
	if (result > 0) {
		match->index = index;
		/* without the address the order is that of the numbers */
		match->start = dflres_feature_resource(feature, &resource) ?
			0 : resource.start;
	}
	dflres_feature_close(feature);
	return result;
}

static int compare(const void *left, const void *right)
{
	const struct match *a = left, *b = right;
	int order = strcmp(a->card, b->card);

	if (order)
		return order;
	if (a->start != b->start)
		return a->start < b->start ? -1 : 1;
	return a->index < b->index ? -1 : 1;
}

/* The number of matches, or a negative errno. */
static ssize_t collect(const struct dflres_list *list,
		       const struct query *query, struct match *matched)
{
	size_t count = dflres_list_count(list), found = 0;

	for (size_t i = 0; i < count; i++) {
		int result = look_at(list, i, query, &matched[found]);

		if (result > 0)
			found++;
		/* what is gone, or cannot say what it is, does not match */
		else if (result && result != -ENODEV && result != -ENOENT &&
			 result != -EIO)
			return result;
	}
	qsort(matched, found, sizeof(*matched), compare);
	return found;
}

static int find_in(const struct dflres_list *list, const struct query *query,
		   unsigned int instance, struct dflres_feature **feature)
{
	size_t count = dflres_list_count(list);
	struct match *matched;
	ssize_t found;
	int error;

	if (instance >= count)
		return -ENODEV;
	matched = calloc(count, sizeof(*matched));
	if (!matched)
		return -ENOMEM;
	found = collect(list, query, matched);
	if (found < 0)
		error = found;
	else if (instance >= (size_t)found)
		error = -ENODEV;
	else
		error = dflres_list_open(list, matched[instance].index,
					 feature);
	free(matched);
	return error;
}

DFLRES_API int dflres_feature_find(struct dflres_feature **feature,
				   const char *card, int type, int id,
				   unsigned int instance)
{
	struct query query = { .type = type, .id = id };
	struct dflres_list *list;
	int error;

	if (card) {
		error = parse_card(card, query.card);
		if (error)
			return error;
	}
	error = dflres_list_new(&list);
	if (error)
		return error;
	error = find_in(list, &query, instance, feature);
	dflres_list_free(list);
	return error;
}
