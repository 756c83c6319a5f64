// SPDX-License-Identifier: GPL-2.0
/* dflres info: all details of a feature. */
#include <config.h>

#include "tool.h"

static const struct field lines[] = {
	{ "feature", "feature", FORMAT_PLAIN },
	{ "selector", "selector", FORMAT_PLAIN },
	{ "card", "card", FORMAT_PLAIN },
	{ "type", "type", FORMAT_PLAIN },
	{ "id", "id", FORMAT_ID },
	{ "revision", "revision", FORMAT_PLAIN },
	{ "address", "start", FORMAT_PLAIN },
	{ "size", "size", FORMAT_HEX },
	{ "mappable", "mappable", FORMAT_YESNO },
	{ "interrupts", "irqs", FORMAT_PLAIN },
	{ "dma", "dma", FORMAT_PLAIN },
	{ "claimable", "claimable", FORMAT_PLAIN },
	{ "owner", "owner", FORMAT_OWNER },
	{ "by", NULL, FORMAT_BY },
	{ "lease", "lease", FORMAT_YESNO },
	{ "directory", "path", FORMAT_PLAIN },
	/* last, because a feature without a guid has no such line */
	{ "guid", "guid", FORMAT_PLAIN },
};

static enum exit_status print_info(const struct dflres_feature *feature,
				   const struct options *options)
{
	json_object *object, *owner, *guid;
	bool incomplete = false, no_guid;
	int error;

	error = describe(feature, &object, &incomplete);
	if (error)
		return explain(DFLRES_OPERATION_OPEN, feature, error);
	error = describe_details(object, feature, &incomplete);
	if (error) {
		json_object_put(object);
		return explain(DFLRES_OPERATION_OPEN, feature, error);
	}
	describe_selector(object, feature, &incomplete);
	json_add(object, "path",
		 json_object_new_string(dflres_feature_path(feature)));
	no_guid = json_object_object_get_ex(object, "guid", &guid) && !guid;
	if (options->given & TAKES_JSON)
		print_json(object);
	else
		print_fields(object, lines, ARRAY_SIZE(lines) - no_guid);
	if (json_object_object_get_ex(object, "owner", &owner) && !owner) {
		complain("the dflres module does not manage %s, so its owner is unknown; load it with modprobe dflres.",
			 dflres_feature_name(feature));
		incomplete = true;
	}
	json_object_put(object);
	return incomplete ? STATUS_FAILURE : STATUS_OK;
}

static enum exit_status run(const struct options *options, int count,
			    char **operands)
{
	(void)count;
	return with_feature(operands[0], print_info, options);
}

const struct command command_info = {
	.name = "info",
	.operands = "FEATURE",
	.min_operands = 1,
	.max_operands = 1,
	.takes = TAKES_JSON,
	.summary = "show all details of a feature",
	.help = "The selector names the feature by what it is, and stays the same at each boot.",
	.run = run,
};
