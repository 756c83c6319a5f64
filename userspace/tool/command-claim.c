// SPDX-License-Identifier: GPL-2.0
/* The claim that a command works through. */
#include <config.h>

#include <unistd.h>

#include "tool.h"

/* Whether this user has a claim, so that its use was refused. */
static bool is_own(const struct dflres_feature *feature)
{
	enum dflres_owner owner;
	uid_t uid;

	return !dflres_feature_owner(feature, &owner) &&
	       owner == DFLRES_OWNER_USER &&
	       !dflres_feature_owner_uid(feature, &uid) && uid == geteuid();
}

unsigned int claim_flags(const struct options *options)
{
	return options->given & TAKES_TAKE_OVER ? DFLRES_CLAIM_TAKE_OVER : 0;
}

int claim_timeout(const struct options *options)
{
	return options->given & TAKES_TIMEOUT ? options->timeout : 0;
}

enum dflres_operation claim_operation(unsigned int flags)
{
	return flags & DFLRES_CLAIM_TAKE_OVER ? DFLRES_OPERATION_TAKE_OVER :
						DFLRES_OPERATION_CLAIM;
}

enum exit_status claim_names(struct dflres_claim **claims,
			     const char *const names[], size_t count,
			     unsigned int flags, int timeout)
{
	size_t failed;
	int error;

	error = dflres_claim_select(claims, names, count, flags, timeout,
				    &failed);
	return error ? explain_name(claim_operation(flags), names[failed],
				    error) : STATUS_OK;
}

enum exit_status get_access(struct dflres_claim **claim, const char *name,
			    const struct options *options)
{
	const unsigned int flags = claim_flags(options) | DFLRES_CLAIM_ATTACH;
	const int timeout = claim_timeout(options);
	struct dflres_feature *feature;
	enum exit_status status;
	int error;

	if (is_any(name))
		return claim_names(claim, &name, 1, flags, timeout);
	status = select_feature(&feature, name);
	if (status)
		return status;
	error = dflres_claim_open(claim, feature, flags, timeout);
	if (error)
		status = explain(is_own(feature) ? DFLRES_OPERATION_ACCESS :
				 claim_operation(flags), feature, error);
	dflres_feature_close(feature);
	return status;
}
