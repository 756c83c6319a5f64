// SPDX-License-Identifier: GPL-2.0
/* The feature that a user names. */
#include <config.h>

#include <string.h>

#include "tool.h"

bool is_any(const char *name)
{
	const char *last = strrchr(name, ':');

	return last && !strcmp(last, ":any");
}

enum exit_status select_feature(struct dflres_feature **feature,
				const char *name)
{
	int error;

	error = dflres_select(feature, name);
	return error ? explain_name(DFLRES_OPERATION_OPEN, name, error) :
		       STATUS_OK;
}

enum exit_status with_feature(const char *name, feature_use *use,
			      const struct options *options)
{
	struct dflres_feature *feature;
	enum exit_status status;

	status = select_feature(&feature, name);
	if (status)
		return status;
	status = use(feature, options);
	dflres_feature_close(feature);
	return status;
}
