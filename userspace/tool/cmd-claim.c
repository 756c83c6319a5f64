// SPDX-License-Identifier: GPL-2.0
/* dflres claim and dflres release. */
#include <config.h>

#include "tool.h"

static enum exit_status claim(const struct dflres_feature *feature,
			      const struct options *options)
{
	unsigned int flags = DFLRES_CLAIM_LASTING;
	struct dflres_claim *claim;
	int error, timeout = 0;

	if (options->given & TAKES_TIMEOUT)
		timeout = options->timeout;
	if (options->given & TAKES_TAKE_OVER)
		flags |= DFLRES_CLAIM_TAKE_OVER;
	error = dflres_claim_open(&claim, feature, flags, timeout);
	if (!error) {
		dflres_claim_close(claim);
		return STATUS_OK;
	}
	return explain(flags & DFLRES_CLAIM_TAKE_OVER ?
		       OPERATION_TAKE_OVER : OPERATION_CLAIM, feature, error);
}

static enum exit_status run_claim(const struct options *options, int count,
				  char **operands)
{
	(void)count;
	return with_feature(operands[0], claim, options);
}

static enum exit_status release(const struct dflres_feature *feature,
				const struct options *options)
{
	int error;

	error = dflres_feature_release(feature,
				       options->given & TAKES_TO_KERNEL ?
				       DFLRES_RELEASE_KERNEL :
				       DFLRES_RELEASE_NONE);
	return error ? explain(OPERATION_RELEASE, feature, error) : STATUS_OK;
}

static enum exit_status run_release(const struct options *options, int count,
				    char **operands)
{
	(void)count;
	return with_feature(operands[0], release, options);
}

const struct command command_claim = {
	.name = "claim",
	.operands = "FEATURE",
	.min_operands = 1,
	.max_operands = 1,
	.takes = TAKES_TAKE_OVER | TAKES_TIMEOUT,
	.summary = "claim a feature for user space until it is released",
	.help = "The claim is this user's and lasts until dflres release. With --take-over, give\nthe feature back with dflres release --to-kernel.",
	.run = run_claim,
};

const struct command command_release = {
	.name = "release",
	.operands = "FEATURE",
	.min_operands = 1,
	.max_operands = 1,
	.takes = TAKES_TO_KERNEL,
	.summary = "end the claim on a feature",
	.help = "All that was had through the claim is dead when this returns. Without a claim it\nhas no effect.",
	.run = run_release,
};
