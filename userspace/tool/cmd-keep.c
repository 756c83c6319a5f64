// SPDX-License-Identifier: GPL-2.0
/* dflres keep: settings that a feature gets whenever it appears. */
#include <config.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "keep.h"

static const struct field columns[] = {
	{ "SELECTOR", "selector", FORMAT_PLAIN },
	{ "USER", "user", FORMAT_PLAIN },
	{ "GROUP", "group", FORMAT_PLAIN },
	{ "FROM", "from", FORMAT_PLAIN },
	{ "CLAIM", "claim", FORMAT_YESNO },
	{ "FEATURE", "feature", FORMAT_PLAIN },
};

static json_object *string_or_null(const char *text)
{
	return *text ? json_object_new_string(text) : NULL;
}

static json_object *describe_keep(const struct keep *keep)
{
	json_object *object = json_object_new_object();
	struct dflres_feature *feature;
	const char *name = "";

	json_add(object, "selector", json_object_new_string(keep->feature));
	json_add(object, "user", string_or_null(keep->user));
	json_add(object, "group", string_or_null(keep->group));
	json_add(object, "from", string_or_null(keep->driver));
	json_add(object, "claim", json_object_new_boolean(*keep->claim));
	json_add(object, "file", json_object_new_string(keep->path));
	if (dflres_select(&feature, keep->feature))
		feature = NULL;
	else
		name = dflres_feature_name(feature);
	json_add(object, "feature", string_or_null(name));
	dflres_feature_close(feature);
	return object;
}

static enum exit_status list_keeps(const struct options *options)
{
	enum exit_status status;
	json_object *array, *document;
	struct keeps keeps;

	status = keep_load(&keeps);
	array = json_object_new_array();
	for (size_t i = 0; i < keeps.count; i++)
		json_object_array_add(array, describe_keep(&keeps.list[i]));
	document = new_document("kept", array, !status);
	if (options->given & TAKES_JSON)
		print_json(document);
	else
		print_table(array, columns, ARRAY_SIZE(columns));
	json_object_put(document);
	keep_free(&keeps);
	return status;
}

/*
 * Put the full selector of @name into @keep. *@feature receives the feature, or
 * NULL if @name is a full selector and the feature is not there yet.
 */
static enum exit_status resolve(const char *name, struct keep *keep,
				struct dflres_feature **feature)
{
	char selector[KEEP_VALUE_MAX], reason[KEEP_REASON_MAX];
	int error;

	*feature = NULL;
	if (is_any(name)) {
		complain("'%s' can be another feature each time; name one by its instance, such as :0.",
			 name);
		return STATUS_USAGE;
	}
	error = dflres_select(feature, name);
	if (!error) {
		error = dflres_feature_selector(*feature, selector,
						sizeof(selector));
		if (error)
			return explain(DFLRES_OPERATION_OPEN, *feature, error);
		name = selector;
	} else if (error != -ENODEV) {
		return explain_name(DFLRES_OPERATION_OPEN, name, error);
	}
	if (!keep_set(keep, "feature", name, reason))
		return STATUS_OK;
	if (*feature) {
		complain("cannot keep %s: it is not on a PCI card, so it has no lasting name.",
			 dflres_feature_name(*feature));
		return STATUS_FAILURE;
	}
	complain("there is no feature '%s' yet; to keep it, name it in full, such as 0000:3b:00.0/fme:0x10:0.",
		 name);
	return STATUS_NOT_FOUND;
}

/*
 * While a card appears, one of several equal features may have the instance of
 * another that is not there yet: so note the place of such a feature as well.
 */
static enum exit_status set_place(struct keep *keep,
				  const struct dflres_feature *feature)
{
	struct dflres_filter filter = DFLRES_FILTER_INIT;
	struct dflres_feature *another;
	unsigned int type, id;
	int error;

	error = dflres_feature_type(feature, &type);
	if (!error)
		error = dflres_feature_id(feature, &id);
	if (error)
		return explain(DFLRES_OPERATION_OPEN, feature, error);
	filter.card = dflres_feature_card(feature);
	filter.type = (int)type;
	filter.id = (int)id;
	error = dflres_feature_find(&another, &filter, 1);
	if (error)
		return error == -ENODEV ? STATUS_OK :
		       explain(DFLRES_OPERATION_OPEN, feature, error);
	dflres_feature_close(another);
	error = keep_place(feature, keep->place);
	return error ? explain(DFLRES_OPERATION_OPEN, feature, error) :
		       STATUS_OK;
}

static enum exit_status set_options(struct keep *keep,
				    const struct options *options)
{
	const struct {
		unsigned int takes;
		const char *key, *value;
	} given[] = {
		{ TAKES_USER, "user", options->user },
		{ TAKES_GROUP, "group", options->group },
		{ TAKES_FROM, "from", options->from },
		{ TAKES_CLAIM, "claim", "yes" },
	};
	char reason[KEEP_REASON_MAX];
	int error = 0;

	for (size_t i = 0; i < ARRAY_SIZE(given) && !error; i++) {
		if (options->given & given[i].takes)
			error = keep_set(keep, given[i].key, given[i].value,
					 reason);
	}
	if (!error)
		error = keep_check(keep, reason);
	if (!error)
		return STATUS_OK;
	complain("%s; see dflres keep --help.", reason);
	return STATUS_USAGE;
}

static enum exit_status keep_feature(const struct options *options,
				     const char *name)
{
	struct dflres_feature *feature;
	struct keep keep = { 0 };
	const struct keep *before;
	enum exit_status status;
	struct keeps keeps;

	status = keep_load(&keeps);
	if (!status) {
		status = resolve(name, &keep, &feature);
		if (!status)
			status = set_options(&keep, options);
		if (!status && feature)
			status = set_place(&keep, feature);
		before = status ? NULL : keep_find(&keeps, keep.feature);
		if (before)
			strcpy(keep.path, before->path);
		if (!status)
			status = keep_store(&keep, feature);
		dflres_feature_close(feature);
	}
	keep_free(&keeps);
	return status;
}

static enum exit_status remove_keep(const char *name)
{
	struct dflres_feature *feature;
	enum exit_status status;
	struct keep keep = { 0 };
	struct keep *kept;
	struct keeps keeps;

	status = keep_load(&keeps);
	if (!status) {
		status = resolve(name, &keep, &feature);
		kept = status ? NULL : keep_find(&keeps, keep.feature);
		if (!status && !kept) {
			complain("%s is not kept; dflres keep --list shows the kept features.",
				 keep.feature);
			status = STATUS_NOT_FOUND;
		}
		if (!status)
			status = keep_delete(kept);
		if (!status && feature)
			status = keep_undo(feature);
		dflres_feature_close(feature);
	}
	keep_free(&keeps);
	return status;
}

/*
 * For udev, which imports the output: it tells other rules to leave the feature
 * alone. A wrong file could mean any feature, so apply nothing then.
 */
static enum exit_status apply(const struct dflres_feature *feature,
			      const struct options *options)
{
	char selector[KEEP_VALUE_MAX];
	const struct keep *keep = NULL;
	enum exit_status status;
	struct keeps keeps;
	int error;

	(void)options;
	status = keep_load(&keeps);
	if (!status) {
		error = dflres_feature_selector(feature, selector,
						sizeof(selector));
		if (error)
			status = explain(DFLRES_OPERATION_OPEN, feature, error);
		else
			keep = keep_find(&keeps, selector);
	}
	if (keep)
		status = keep_apply(keep, feature);
	if (keep && !status)
		puts("DFLRES_EXCLUDE=1");
	keep_free(&keeps);
	return status;
}

static enum exit_status run(const struct options *options, int count,
			    char **operands)
{
	const unsigned int settings = TAKES_USER | TAKES_GROUP | TAKES_FROM |
				      TAKES_CLAIM;
	const unsigned int modes = options->given &
				   (TAKES_LIST | TAKES_REMOVE | TAKES_APPLY);
	const int wanted = modes == TAKES_LIST ? 0 : 1;

	if (modes & (modes - 1) || (modes && options->given & settings) ||
	    (options->given & TAKES_JSON && modes != TAKES_LIST)) {
		complain("these options of keep exclude each other; see dflres keep --help.");
		return STATUS_USAGE;
	}
	if (count != wanted) {
		complain(wanted ? "keep needs FEATURE; see dflres keep --help." :
				  "keep --list takes no operand; see dflres keep --help.");
		return STATUS_USAGE;
	}
	if (modes == TAKES_LIST)
		return list_keeps(options);
	if (modes == TAKES_REMOVE)
		return remove_keep(operands[0]);
	complain_to_log = modes == TAKES_APPLY;
	if (complain_to_log)
		return with_feature(operands[0], apply, options);
	return keep_feature(options, operands[0]);
}

const struct command command_keep = {
	.name = "keep",
	.operands = "[FEATURE]",
	.max_operands = 1,
	.takes = TAKES_USER | TAKES_GROUP | TAKES_FROM | TAKES_CLAIM |
		 TAKES_LIST | TAKES_REMOVE | TAKES_APPLY | TAKES_JSON,
	.summary = "give a feature to a user or a group, also after a reboot",
	.help = "The command does this now if the feature is there, and udev does it whenever the\nfeature appears. Without --user and --group only root may claim it. Each kept feature\nhas a file in /etc/dflres.d.",
	.run = run,
};
