// SPDX-License-Identifier: GPL-2.0
/*
 * How a user names a feature: dfl_dev.N, a path to its directory, or by what it
 * is: [CARD/]TYPE:ID[:INSTANCE].
 */
#include <config.h>

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "tool.h"

void type_name(unsigned int type, char name[16])
{
	switch (type) {
	case DFLRES_TYPE_FME:
		strcpy(name, "fme");
		break;
	case DFLRES_TYPE_PORT:
		strcpy(name, "port");
		break;
	default:
		snprintf(name, 16, "0x%x", type);
	}
}

static int parse_type(const char *text, int *type)
{
	uint64_t number;
	int error;

	if (!strcmp(text, "fme")) {
		*type = DFLRES_TYPE_FME;
		return 0;
	}
	if (!strcmp(text, "port")) {
		*type = DFLRES_TYPE_PORT;
		return 0;
	}
	error = parse_number(text, INT_MAX, &number);
	if (!error)
		*type = (int)number;
	return error;
}

/* What a selector says. The strings are in the copy that was parsed. */
struct selector {
	struct dflres_filter filter;
	unsigned int instance;
};

static int parse_selector(char *text, struct selector *selector)
{
	char *slash = strrchr(text, '/'), *id, *instance;
	uint64_t number;

	if (slash) {
		*slash = '\0';
		selector->filter.card = text;
		text = slash + 1;
	}
	id = strchr(text, ':');
	if (!id)
		return -EINVAL;
	*id++ = '\0';
	if (parse_type(text, &selector->filter.type))
		return -EINVAL;
	instance = strchr(id, ':');
	if (instance) {
		*instance++ = '\0';
		if (parse_number(instance, UINT_MAX, &number))
			return -EINVAL;
		selector->instance = (unsigned int)number;
	}
	if (parse_number(id, INT_MAX, &number))
		return -EINVAL;
	selector->filter.id = (int)number;
	return 0;
}

static int find_selected(struct dflres_feature **feature, const char *text)
{
	struct selector selector = { .filter = DFLRES_FILTER_INIT };
	char *copy = strdup(text);
	int error;

	if (!copy)
		return -ENOMEM;
	error = parse_selector(copy, &selector);
	if (!error)
		error = dflres_feature_find(feature, &selector.filter,
					    selector.instance);
	free(copy);
	return error;
}

enum exit_status select_feature(struct dflres_feature **feature,
				const char *text)
{
	int error;

	if (text[0] == '/' || text[0] == '.' || !strchr(text, ':'))
		error = dflres_feature_open(feature, text);
	else
		error = find_selected(feature, text);
	switch (error) {
	case 0:
		return STATUS_OK;
	case -EINVAL:
		complain("'%s' names no feature: it is dfl_dev.N or [CARD/]TYPE:ID[:INSTANCE], such as 3b:00.0/fme:0x10.",
			 text);
		return STATUS_USAGE;
	case -ENODEV:
	case -ENOENT:
	case -ENOTDIR:
		complain("there is no feature '%s'; dflres list shows those that there are.",
			 text);
		return STATUS_NOT_FOUND;
	default:
		complain("cannot open the feature '%s': %s.", text,
			 strerror(-error));
		return STATUS_FAILURE;
	}
}

enum exit_status with_feature(const char *text, feature_use *use,
			      const struct options *options)
{
	struct dflres_feature *feature;
	enum exit_status status;

	status = select_feature(&feature, text);
	if (status)
		return status;
	status = use(feature, options);
	dflres_feature_close(feature);
	return status;
}

/* The instance is the place among those that are alike. */
int selector_of(const struct dflres_feature *feature, char **text)
{
	const char *card = dflres_feature_card(feature);
	struct dflres_filter filter = DFLRES_FILTER_INIT;
	struct dflres_list *list;
	unsigned int type, id;
	size_t instance = 0;
	char name[16];
	int error;

	error = dflres_feature_type(feature, &type);
	if (!error)
		error = dflres_feature_id(feature, &id);
	if (error)
		return error;
	filter.card = *card ? card : NULL;
	filter.type = (int)type;
	filter.id = (int)id;
	error = dflres_list_find(&list, &filter);
	if (error)
		return error;
	while (instance < dflres_list_count(list) &&
	       strcmp(dflres_list_name(list, instance),
		      dflres_feature_name(feature)))
		instance++;
	error = instance < dflres_list_count(list) ? 0 : -ENODEV;
	dflres_list_free(list);
	if (error)
		return error;
	type_name(type, name);
	if (asprintf(text, "%s%s%s:0x%x:%zu", card, *card ? "/" : "", name, id,
		     instance) < 0)
		return -ENOMEM;
	return 0;
}
