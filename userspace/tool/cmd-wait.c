// SPDX-License-Identifier: GPL-2.0
/* dflres wait: for an interrupt, or for an owner. */
#include <config.h>

#include <errno.h>
#include <inttypes.h>

#include "tool.h"

static void print_result(json_object *object, const struct field *fields,
			 size_t count, const struct options *options)
{
	if (options->given & TAKES_JSON)
		print_json(object);
	else
		print_fields(object, fields, count);
	json_object_put(object);
}

static json_object *new_result(const struct dflres_feature *feature)
{
	json_object *object = json_object_new_object();

	json_add(object, "feature",
		 json_object_new_string(dflres_feature_name(feature)));
	return object;
}

/* ---- for an interrupt ---- */

/* @total: of the claim; those after @since are what was waited for */
static enum exit_status print_irq(const struct dflres_feature *feature,
				  const struct options *options,
				  uint64_t since, uint64_t total)
{
	static const struct field fields[] = {
		{ "feature", "feature", FORMAT_PLAIN },
		{ "irq", "irq", FORMAT_PLAIN },
		{ "count", "count", FORMAT_PLAIN },
		{ "total", "total", FORMAT_PLAIN },
	};
	json_object *object = new_result(feature);

	json_add(object, "irq", json_object_new_int64(options->irq));
	json_add(object, "count", json_object_new_uint64(total - since));
	json_add(object, "total", json_object_new_uint64(total));
	print_result(object, fields, ARRAY_SIZE(fields), options);
	return STATUS_OK;
}

/* Until there have been more than @since; @total receives how many. */
static int wait_beyond(struct dflres_irq *irq, uint64_t since, int timeout,
		       uint64_t *total)
{
	int64_t deadline = clock_now() + timeout;
	int error;

	error = dflres_irq_count(irq, total);
	while (!error && *total <= since) {
		int left = timeout < 0 ? -1 : clock_left(deadline);

		error = dflres_irq_wait(irq, left, NULL);
		if (!error)
			error = dflres_irq_count(irq, total);
	}
	return error;
}

static enum exit_status wait_irq(const struct dflres_feature *feature,
				 struct dflres_irq *irq,
				 const struct options *options)
{
	uint64_t since = options->since, total;
	int error;

	error = dflres_irq_count(irq, &total);
	if (!error && !(options->given & TAKES_SINCE))
		since = total;
	if (!error && total < since) {
		complain("%s: interrupt %u has come %" PRIu64 " times in this claim, so --since %" PRIu64 " is of another one.",
			 dflres_feature_name(feature), options->irq, total,
			 since);
		return STATUS_FAILURE;
	}
	if (!error)
		error = wait_beyond(irq, since, options->timeout, &total);
	if (error == -ETIMEDOUT) {
		complain("%s: interrupt %u has not come in time.",
			 dflres_feature_name(feature), options->irq);
		return STATUS_TIMEOUT;
	}
	if (error)
		return explain(DFLRES_OPERATION_IRQ, feature, error);
	return print_irq(feature, options, since, total);
}

static enum exit_status wait_claimed(struct dflres_claim *claim,
				     const struct options *options)
{
	const struct dflres_feature *feature = dflres_claim_feature(claim);
	unsigned int num_irqs = 0;
	enum exit_status status;
	struct dflres_irq *irq;
	int error;

	/* the eventfd may be another program's, where the claim is */
	error = dflres_irq_open(&irq, claim, options->irq, DFLRES_IRQ_WATCH);
	if (error == -ENOENT) {
		dflres_feature_num_irqs(feature, &num_irqs);
		complain("%s has no interrupt %u: it has %u of them.",
			 dflres_feature_name(feature), options->irq, num_irqs);
		return STATUS_NOT_FOUND;
	}
	if (error)
		return explain(DFLRES_OPERATION_IRQ, feature, error);
	status = wait_irq(feature, irq, options);
	dflres_irq_close(irq);
	return status;
}

static enum exit_status run_irq(const char *name, const struct options *options)
{
	/* the timeout is that of the interrupt, not one to be claimed within */
	struct options at_once = *options;
	struct dflres_claim *claim;
	enum exit_status status;

	at_once.given &= ~(uint64_t)TAKES_TIMEOUT;
	status = get_access(&claim, name, &at_once);
	if (status)
		return status;
	status = wait_claimed(claim, options);
	dflres_claim_close(claim);
	return status;
}

/* ---- for an owner ---- */

static enum exit_status print_owner(const struct dflres_feature *feature,
				    const struct options *options)
{
	static const struct field fields[] = {
		{ "feature", "feature", FORMAT_PLAIN },
		{ "owner", "owner", FORMAT_OWNER },
		{ "by", NULL, FORMAT_BY },
	};
	json_object *object = new_result(feature);

	/* it was the one that was waited for, whoever it is by now */
	describe_owner(object, feature, options->owner);
	print_result(object, fields, ARRAY_SIZE(fields), options);
	return STATUS_OK;
}

static int wait_owner(struct dflres_watch *watch, const struct options *options)
{
	int64_t deadline = clock_now() + options->timeout;
	enum dflres_owner owner;
	int error;

	error = dflres_watch_read(watch, &owner);
	while (!error && owner != options->owner) {
		int left = options->timeout < 0 ? -1 : clock_left(deadline);

		error = dflres_watch_wait(watch, left, &owner);
	}
	return error;
}

static enum exit_status run_owner(const struct dflres_feature *feature,
				  const struct options *options)
{
	struct dflres_watch *watch;
	int error;

	error = dflres_watch_open(&watch, feature);
	if (error)
		return explain(DFLRES_OPERATION_WATCH, feature, error);
	error = wait_owner(watch, options);
	dflres_watch_close(watch);
	if (error == -ETIMEDOUT) {
		complain("%s: its owner has not become '%s' in time; see dflres info %s.",
			 dflres_feature_name(feature),
			 dflres_owner_name(options->owner),
			 dflres_feature_name(feature));
		return STATUS_TIMEOUT;
	}
	if (error)
		return explain(DFLRES_OPERATION_WATCH, feature, error);
	return print_owner(feature, options);
}

static enum exit_status run(const struct options *options, int count,
			    char **operands)
{
	const bool irq = options->given & TAKES_IRQ;
	const bool owner = options->given & TAKES_OWNER;

	(void)count;
	if (irq == owner) {
		complain("wait needs one of --irq and --owner; see dflres wait --help.");
		return STATUS_USAGE;
	}
	if (owner && options->given & TAKES_TAKE_OVER) {
		complain("--owner and --take-over exclude each other.");
		return STATUS_USAGE;
	}
	if (owner && options->given & TAKES_SINCE) {
		complain("--since is for --irq; see dflres wait --help.");
		return STATUS_USAGE;
	}
	return irq ? run_irq(operands[0], options) :
		     with_feature(operands[0], run_owner, options);
}

const struct command command_wait = {
	.name = "wait",
	.operands = "FEATURE",
	.min_operands = 1,
	.max_operands = 1,
	.takes = TAKES_JSON | TAKES_TAKE_OVER | TAKES_IRQ | TAKES_SINCE |
		 TAKES_OWNER | TAKES_TIMEOUT,
	.summary = "wait for an interrupt of a feature, or for an owner",
	.help = "For an interrupt the feature is claimed meanwhile if nobody has it; a claim of\nthis user is used as it is. With --since COUNT also those count that came in this\nclaim before the command began: COUNT is the total that was printed last, or 0.\nAn owner that is there already is not waited for, and --take-over is for an\ninterrupt only.",
	.run = run,
};
