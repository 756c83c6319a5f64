// SPDX-License-Identifier: LGPL-2.1-or-later
/* Features by what they are. */
#include <config.h>

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "internal.h"

/* A filter that has been checked. */
struct query {
	char card[DFLRES_CARD_MAX];	/* "": any */
	int type, id, revision, owner;
	const char *guid;		/* NULL: any */
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

static int parse_filter(const struct dflres_filter *filter, struct query *query)
{
	query->card[0] = '\0';
	if (filter->size != sizeof(*filter))
		return -EINVAL;
	query->type = filter->type;
	query->id = filter->id;
	query->revision = filter->revision;
	query->owner = filter->owner;
	query->guid = filter->guid;
	if (query->guid && !dflres_is_guid(query->guid))
		return -EINVAL;
	return filter->card ? parse_card(filter->card, query->card) : 0;
}

typedef int number_reader(const struct dflres_feature *feature,
			  unsigned int *number);

static int read_owner(const struct dflres_feature *feature,
		      unsigned int *number)
{
	enum dflres_owner owner;
	int error = dflres_feature_owner(feature, &owner);

	if (!error)
		*number = owner;
	return error;
}

/* 1 if the guid is @wanted, 0 if not, or a negative errno. */
static int matches_guid(const struct dflres_feature *feature, const char *wanted)
{
	char guid[DFLRES_GUID_SIZE];
	int error;

	if (!wanted)
		return 1;
	error = dflres_feature_guid(feature, guid);
	return error ? error : !strcasecmp(guid, wanted);
}

/* 1 if @feature matches, 0 if not, or a negative errno. */
static int matches(const struct dflres_feature *feature,
		   const struct query *query)
{
	const struct {
		int wanted;
		number_reader *read;
	} criteria[] = {
		{ query->type, dflres_feature_type },
		{ query->id, dflres_feature_id },
		{ query->revision, dflres_feature_revision },
		{ query->owner, read_owner },
	};

	for (size_t i = 0; i < sizeof(criteria) / sizeof(criteria[0]); i++) {
		unsigned int value;
		int error;

		if (criteria[i].wanted == DFLRES_ANY)
			continue;
		error = criteria[i].read(feature, &value);
		if (error || value != (unsigned int)criteria[i].wanted)
			return error;
	}
	return matches_guid(feature, query->guid);
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
	result = dflres_list_open(&feature, list, index);
	if (result)
		return result;
	result = matches(feature, query);
	if (result > 0) {
		match->index = index;
		/* without the address, numbers give the order */
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
		/* a feature that is gone, or cannot say what it is, does not match */
		else if (result && result != -ENODEV && result != -ENOENT &&
			 result != -EIO)
			return result;
	}
	qsort(matched, found, sizeof(*matched), compare);
	return found;
}

/* Keep only the features that match, in their order. */
static int keep_matches(struct dflres_list *list, const struct query *query)
{
	struct match *matched;
	size_t *indexes;
	ssize_t found;

	matched = calloc(dflres_list_count(list) + 1, sizeof(*matched));
	indexes = calloc(dflres_list_count(list) + 1, sizeof(*indexes));
	found = matched && indexes ? collect(list, query, matched) : -ENOMEM;
	for (ssize_t i = 0; i < found; i++)
		indexes[i] = matched[i].index;
	if (found >= 0)
		found = dflres_list_keep(list, indexes, (size_t)found);
	free(matched);
	free(indexes);
	return (int)found;
}

DFLRES_API int dflres_list_find(struct dflres_list **list,
				const struct dflres_filter *filter)
{
	struct dflres_list *new;
	struct query query;
	int error;

	error = parse_filter(filter, &query);
	if (error)
		return error;
	error = dflres_list_new(&new);
	if (error)
		return error;
	error = keep_matches(new, &query);
	if (error) {
		dflres_list_free(new);
		return error;
	}
	*list = new;
	return 0;
}

DFLRES_API int dflres_feature_find(struct dflres_feature **feature,
				   const struct dflres_filter *filter,
				   unsigned int instance)
{
	struct dflres_list *list;
	int error;

	error = dflres_list_find(&list, filter);
	if (error)
		return error;
	error = instance < dflres_list_count(list) ?
		dflres_list_open(feature, list, instance) : -ENODEV;
	dflres_list_free(list);
	return error;
}
