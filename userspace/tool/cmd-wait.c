// SPDX-License-Identifier: GPL-2.0
/* dflres wait: for an interrupt, or for an owner. */
#include <config.h>

#include <errno.h>

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

static enum exit_status print_irq(const struct dflres_feature *feature,
				  const struct options *options,
				  uint64_t count)
{
	static const struct field fields[] = {
		{ "feature", "feature", FORMAT_PLAIN },
		{ "irq", "irq", FORMAT_PLAIN },
		{ "count", "count", FORMAT_PLAIN },
	};
	json_object *object = new_result(feature);

	json_add(object, "irq", json_object_new_int64(options->irq));
	json_add(object, "count", json_object_new_uint64(count));
	print_result(object, fields, ARRAY_SIZE(fields), options);
	return STATUS_OK;
}

static enum exit_status wait_irq(const struct dflres_feature *feature,
				 struct dflres_claim *claim,
				 const struct options *options)
{
	struct dflres_irq *irq;
	unsigned int num_irqs = 0;
	uint64_t count;
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
		return explain(OPERATION_IRQ, feature, error);
	error = dflres_irq_wait(irq, options->timeout, &count);
	dflres_irq_close(irq);
	if (error == -ETIMEDOUT) {
		complain("%s: interrupt %u has not come in time.",
			 dflres_feature_name(feature), options->irq);
		return STATUS_FAILURE;
	}
	if (error)
		return explain(OPERATION_IRQ, feature, error);
	return print_irq(feature, options, count);
}

static enum exit_status run_irq(const struct dflres_feature *feature,
				const struct options *options)
{
	/* the timeout is that of the interrupt, not one to be claimed within */
	struct options at_once = *options;
	struct dflres_claim *claim;
	enum exit_status status;

	at_once.given &= ~TAKES_TIMEOUT;
	status = get_access(&claim, feature, &at_once);
	if (status)
		return status;
	status = wait_irq(feature, claim, options);
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
	json_object *object;
	struct who who;

	find_who(feature, &who);
	/* it was the one that was waited for, whoever it is by now */
	if (who.owner != options->owner)
		who = (struct who){ .owner = options->owner };
	object = new_result(feature);
	describe_who(object, &who);
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
		return explain(OPERATION_WATCH, feature, error);
	error = wait_owner(watch, options);
	dflres_watch_close(watch);
	if (error == -ETIMEDOUT) {
		complain("%s: its owner has not become '%s' in time; see dflres info %s.",
			 dflres_feature_name(feature),
			 dflres_owner_name(options->owner),
			 dflres_feature_name(feature));
		return STATUS_FAILURE;
	}
	if (error)
		return explain(OPERATION_WATCH, feature, error);
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
	return with_feature(operands[0], irq ? run_irq : run_owner, options);
}

const struct command command_wait = {
	.name = "wait",
	.operands = "FEATURE",
	.min_operands = 1,
	.max_operands = 1,
	.takes = TAKES_JSON | TAKES_TAKE_OVER | TAKES_IRQ | TAKES_OWNER |
		 TAKES_TIMEOUT,
	.summary = "wait for an interrupt of a feature, or for an owner",
	.help = "For an interrupt the feature is claimed meanwhile if nobody has it; a claim of\nthis user is used as it is. An owner that is there already is not waited for,\nand --take-over is for an interrupt only.",
	.run = run,
};
