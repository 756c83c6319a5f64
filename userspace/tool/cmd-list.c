// SPDX-License-Identifier: GPL-2.0
/* dflres list: the features, and who owns them. */
#include <config.h>

#include <errno.h>

#include "tool.h"

/* These fit 80 columns of a terminal. */
static const struct field columns[] = {
	{ "FEATURE", "feature", FORMAT_PLAIN },
	{ "CARD", "card", FORMAT_CARD },
	{ "TYPE", "type", FORMAT_PLAIN },
	{ "ID", "id", FORMAT_PLAIN },
	{ "NAME", "id_name", FORMAT_PLAIN },
	{ "SIZE", "size", FORMAT_HEX },
	{ "IRQS", "irqs", FORMAT_PLAIN },
	{ "OWNER", "owner", FORMAT_OWNER },
	{ "BY", NULL, FORMAT_BY },
};

static const struct field all_columns[] = {
	FEATURE_COLUMNS,
	{ "MAPPABLE", "mappable", FORMAT_YESNO },
	{ "IRQS", "irqs", FORMAT_PLAIN },
	{ "DMA", "dma", FORMAT_PLAIN },
	{ "OWNER", "owner", FORMAT_OWNER },
	{ "BY", NULL, FORMAT_BY },
};

#define FILTERS (TAKES_TYPE | TAKES_ID | TAKES_CARD | TAKES_GUID | TAKES_OWNED_BY)

static int add_feature(json_object *array, const struct dflres_list *list,
		       size_t index, bool *incomplete)
{
	struct dflres_feature *feature;
	json_object *object;
	int error;

	error = dflres_list_open(&feature, list, index);
	if (error)
		return error;
	error = describe(feature, &object, incomplete);
	dflres_feature_close(feature);
	if (!error)
		json_object_array_add(array, object);
	return error;
}

/* Whether the module manages no feature; it does not manage a new one at once. */
static bool none_managed(json_object *array)
{
	for (size_t i = 0; i < json_object_array_length(array); i++) {
		json_object *object = json_object_array_get_idx(array, i);
		json_object *owner;

		if (!json_object_object_get_ex(object, "owner", &owner) ||
		    owner)
			return false;
	}
	return json_object_array_length(array) > 0;
}

/* The same for --owner, which matches nothing without the module. */
static bool none_owned(void)
{
	struct dflres_list *list;
	bool none;

	if (dflres_list_new(&list))
		return false;
	none = dflres_list_count(list) > 0;
	for (size_t i = 0; i < dflres_list_count(list) && none; i++) {
		struct dflres_feature *feature;
		enum dflres_owner owner;

		if (dflres_list_open(&feature, list, i))
			continue;
		none = dflres_feature_owner(feature, &owner) == -ENOENT;
		dflres_feature_close(feature);
	}
	dflres_list_free(list);
	return none;
}

static enum exit_status print_list(json_object *array,
				   const struct options *options,
				   bool incomplete)
{
	const bool unmanaged = options->given & TAKES_OWNED_BY &&
			       !json_object_array_length(array) ?
			       none_owned() : none_managed(array);
	json_object *document;

	if (unmanaged)
		incomplete = true;
	document = new_document("features", json_object_get(array),
				!incomplete);
	if (options->given & TAKES_JSON)
		print_json(document);
	else if (options->given & TAKES_LONG)
		print_table(array, all_columns, ARRAY_SIZE(all_columns));
	else
		print_table(array, columns, ARRAY_SIZE(columns));
	json_object_put(document);
	if (!json_object_array_length(array) && !(options->given & FILTERS))
		complain("the DFL bus has no features: there is no card, or its driver is not bound to it.");
	if (unmanaged)
		complain("the dflres module is not loaded, so the owners are unknown; load it with modprobe dflres.");
	return incomplete ? STATUS_FAILURE : STATUS_OK;
}

/* In the order of numbers; with a filter, in the order of addresses. */
static enum exit_status new_list(struct dflres_list **list,
				 const struct options *options)
{
	struct dflres_filter filter = options->filter;
	enum exit_status status;
	int error;

	if (!(options->given & FILTERS)) {
		error = dflres_list_new(list);
		return error ? explain_list(error) : STATUS_OK;
	}
	if (options->given & TAKES_ID) {
		status = filter_find_id(&filter, options->id);
		if (status)
			return status;
	}
	error = dflres_list_find(list, &filter);
	if (error == -EINVAL) {
		complain("invalid value '%s' for --card: the address of a card, such as 3b:00.0.",
			 filter.card);
		return STATUS_USAGE;
	}
	return error ? explain_list(error) : STATUS_OK;
}

static enum exit_status run(const struct options *options, int count,
			    char **operands)
{
	struct dflres_list *list;
	enum exit_status status;
	bool incomplete = false;
	json_object *array;
	int error = 0;

	(void)count;
	(void)operands;
	status = new_list(&list, options);
	if (status)
		return status;
	array = json_object_new_array();
	for (size_t i = 0; i < dflres_list_count(list) && !error; i++) {
		error = add_feature(array, list, i, &incomplete);
		/* it went away meanwhile */
		if (error == -ENODEV)
			error = 0;
	}
	dflres_list_free(list);
	if (error)
		status = explain_list(error);
	else
		status = print_list(array, options, incomplete);
	json_object_put(array);
	return status;
}

const struct command command_list = {
	.name = "list",
	.operands = "",
	.takes = TAKES_JSON | TAKES_LONG | FILTERS,
	.summary = "list the features, and who owns them",
	.help = "With --type, --id, --card, --guid or --owner, list the features that match all of\nthem, in the order of their addresses.\nA '-' means that there is no value, a '?' that the command could not read it.",
	.run = run,
};
