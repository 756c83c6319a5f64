// SPDX-License-Identifier: GPL-2.0
/* Options that select features. */
#include <config.h>

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "tool.h"

int parse_owner(const char *text, enum dflres_owner *owner)
{
	static const enum dflres_owner owners[] = {
		DFLRES_OWNER_NONE, DFLRES_OWNER_KERNEL, DFLRES_OWNER_USER,
	};

	for (size_t i = 0; i < ARRAY_SIZE(owners); i++) {
		if (!strcmp(text, dflres_owner_name(owners[i]))) {
			*owner = owners[i];
			return 0;
		}
	}
	return -EINVAL;
}

int filter_set_type(struct options *options, const char *text)
{
	unsigned int type;
	uint64_t number;

	if (!dflres_type_find(text, &type))
		options->filter.type = (int)type;
	else if (!parse_number(text, INT_MAX, &number))
		options->filter.type = (int)number;
	else
		return -EINVAL;
	return 0;
}

int filter_set_id(struct options *options, const char *text)
{
	options->id = text;
	return 0;
}

int filter_set_card(struct options *options, const char *text)
{
	options->filter.card = text;
	return 0;
}

int filter_set_guid(struct options *options, const char *text)
{
	static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

	options->filter.guid = text;
	for (const char *place = form; *place; place++, text++) {
		if (*place == '-' ? *text != '-' :
				    !isxdigit((unsigned char)*text))
			return -EINVAL;
	}
	return *text ? -EINVAL : 0;
}

int filter_set_owner(struct options *options, const char *text)
{
	enum dflres_owner owner;
	int error;

	error = parse_owner(text, &owner);
	if (!error)
		options->filter.owner = (int)owner;
	return error;
}

enum exit_status filter_find_id(struct dflres_filter *filter, const char *text)
{
	unsigned int found;
	uint64_t number;
	char type[16];
	int error;

	error = parse_number(text, INT_MAX, &number);
	if (!error) {
		filter->id = (int)number;
		return STATUS_OK;
	}
	if (error == -ERANGE || !isalpha((unsigned char)*text)) {
		complain("invalid value '%s' for --id: a number, decimal or 0x..., or a name.",
			 text);
		return STATUS_USAGE;
	}
	if (filter->type == DFLRES_ANY) {
		complain("--id '%s' is a name, and needs --type: each type has its own ids.",
			 text);
		return STATUS_USAGE;
	}
	if (!dflres_id_find((unsigned int)filter->type, text, &found)) {
		filter->id = (int)found;
		return STATUS_OK;
	}
	dflres_type_name((unsigned int)filter->type, type, sizeof(type));
	complain("invalid value '%s' for --id: the type %s has no id of this name.",
		 text, type);
	return STATUS_USAGE;
}
