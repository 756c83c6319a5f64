// SPDX-License-Identifier: GPL-2.0
/* dflres claim and dflres release. */
#include <config.h>

#include <errno.h>
#include <signal.h>

#include "tool.h"

/* Only the claim knows which feature it has. If nobody learns that, nobody could release it. */
static enum exit_status print_claimed(struct dflres_claim *claim,
				      enum dflres_release to)
{
	const struct dflres_feature *feature = dflres_claim_feature(claim);
	enum exit_status status;
	int error;

	/* a reader that is gone must not end the process before the release */
	signal(SIGPIPE, SIG_IGN);
	puts(dflres_feature_name(feature));
	status = flush_output();
	if (!status)
		return STATUS_OK;
	error = dflres_claim_release(claim, to);
	/* another release may have been quicker */
	return error && error != -ENODEV ?
	       explain(DFLRES_OPERATION_RELEASE, feature, error) : status;
}

static enum exit_status claim_any(const char *name, unsigned int flags,
				  int timeout)
{
	enum dflres_release to = DFLRES_RELEASE_NONE;
	struct dflres_claim *claim = NULL;
	enum exit_status status = STATUS_OK;

	/* first what no driver has: so it is known whether the claim took over */
	if (flags & DFLRES_CLAIM_TAKE_OVER &&
	    dflres_claim_select(&claim, &name, 1,
				flags & ~DFLRES_CLAIM_TAKE_OVER, 0, NULL))
		to = DFLRES_RELEASE_KERNEL;
	if (!claim)
		status = claim_names(&claim, &name, 1, flags, timeout);
	if (!status)
		status = print_claimed(claim, to);
	dflres_claim_close(claim);
	return status;
}

static enum exit_status run_claim(const struct options *options, int count,
				  char **operands)
{
	const unsigned int flags = claim_flags(options) | DFLRES_CLAIM_LASTING;
	const int timeout = claim_timeout(options);
	const char *name = operands[0];
	struct dflres_claim *claim;
	enum exit_status status;

	(void)count;
	if (is_any(name))
		return claim_any(name, flags, timeout);
	status = claim_names(&claim, &name, 1, flags, timeout);
	if (!status)
		dflres_claim_close(claim);
	return status;
}

static enum exit_status release(const struct dflres_feature *feature,
				const struct options *options)
{
	int error;

	error = dflres_feature_release(feature,
				       options->given & TAKES_TO_KERNEL ?
				       DFLRES_RELEASE_KERNEL :
				       DFLRES_RELEASE_NONE);
	return error ? explain(DFLRES_OPERATION_RELEASE, feature, error) : STATUS_OK;
}

static enum exit_status run_release(const struct options *options, int count,
				    char **operands)
{
	(void)count;
	/* it would lead to a feature that is free, not to one that is claimed */
	if (is_any(operands[0])) {
		complain("release needs the name of one feature, as claim printed it; dflres list --owner user shows what is claimed.");
		return STATUS_USAGE;
	}
	return with_feature(operands[0], release, options);
}

const struct command command_claim = {
	.name = "claim",
	.operands = "FEATURE",
	.min_operands = 1,
	.max_operands = 1,
	.takes = TAKES_TAKE_OVER | TAKES_TIMEOUT,
	.summary = "claim a feature for user space until it is released",
	.help = "The claim belongs to this user and lasts until dflres release. After --take-over,\ndflres release --to-kernel gives the feature back to the driver. With TYPE:ID:any the\ncommand prints the name of the feature that it has claimed.",
	.run = run_claim,
};

const struct command command_release = {
	.name = "release",
	.operands = "FEATURE",
	.min_operands = 1,
	.max_operands = 1,
	.takes = TAKES_TO_KERNEL,
	.summary = "end the claim on a feature",
	.help = "When the command returns, every use of the claim has ended. Without a claim it has\nno effect. Name one feature: TYPE:ID:any does not say which claim to end.",
	.run = run_release,
};
