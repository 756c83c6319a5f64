// SPDX-License-Identifier: GPL-2.0
/* The claim that a command works through. */
#include <config.h>

#include <errno.h>
#include <unistd.h>

#include "tool.h"

/*
 * A claim of this user is used as it is. For root the files of all claims open,
 * but those of other users are not root's to use unasked.
 */
static int attach_own(struct dflres_claim **claim,
		      const struct dflres_feature *feature)
{
	struct who who;
	int error;

	error = find_who(feature, &who);
	if (error)
		return error;
	if (who.owner != DFLRES_OWNER_USER)
		return -ENOENT;
	if (who.has_uid && who.uid != geteuid())
		return -EBUSY;
	return dflres_claim_attach(claim, feature);
}

enum exit_status get_access(struct dflres_claim **claim,
			    const struct dflres_feature *feature,
			    const struct options *options)
{
	unsigned int flags = 0;
	int error, timeout = 0;

	if (options->given & TAKES_TIMEOUT)
		timeout = options->timeout;
	if (options->given & TAKES_TAKE_OVER)
		flags |= DFLRES_CLAIM_TAKE_OVER;
	error = attach_own(claim, feature);
	if (!error)
		return STATUS_OK;
	if (error != -ENOENT && error != -ENODEV && error != -EBUSY)
		return explain(OPERATION_ACCESS, feature, error);
	/* nobody's (any more), or another user's, whose end may be waited for */
	if (error != -EBUSY || timeout)
		error = dflres_claim_open(claim, feature, flags, timeout);
	if (!error)
		return STATUS_OK;
	return explain(flags ? OPERATION_TAKE_OVER : OPERATION_CLAIM, feature,
		       error);
}
