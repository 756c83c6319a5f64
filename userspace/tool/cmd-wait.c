// SPDX-License-Identifier: GPL-2.0
/* dflres wait: for an interrupt, for the value of a register, or for an owner. */
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

static enum exit_status refuse_irq(const struct dflres_feature *feature,
				   const struct options *options, int error)
{
	if (error != -ETIMEDOUT)
		return explain(DFLRES_OPERATION_IRQ, feature, error);
	complain("%s: interrupt %u did not come in time.",
		 dflres_feature_name(feature), options->irq);
	return STATUS_TIMEOUT;
}

static enum exit_status no_such_irq(const struct dflres_feature *feature,
				    const struct options *options)
{
	unsigned int num_irqs = 0;

	dflres_feature_num_irqs(feature, &num_irqs);
	if (num_irqs)
		complain("%s has no interrupt %u: it has %u, counted from 0.",
			 dflres_feature_name(feature), options->irq, num_irqs);
	else
		complain("%s has no interrupts.", dflres_feature_name(feature));
	return STATUS_NOT_FOUND;
}

/* @total: all of the claim; those after @since end the wait */
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

/* Wait for more than @since; @total receives how many came. */
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
		complain("%s: interrupt %u has come %" PRIu64 " times in this claim, so --since %" PRIu64 " belongs to another claim.",
			 dflres_feature_name(feature), options->irq, total,
			 since);
		return STATUS_FAILURE;
	}
	if (!error)
		error = wait_beyond(irq, since, options->timeout, &total);
	return error ? refuse_irq(feature, options, error) :
		       print_irq(feature, options, since, total);
}

static enum exit_status wait_claimed(struct dflres_claim *claim,
				     const struct options *options)
{
	const struct dflres_feature *feature = dflres_claim_feature(claim);
	enum exit_status status;
	struct dflres_irq *irq;
	int error;

	/* another program of the claim may have attached its eventfd */
	error = dflres_irq_open(&irq, claim, options->irq, DFLRES_IRQ_WATCH);
	if (error == -ENOENT)
		return no_such_irq(feature, options);
	if (error)
		return explain(DFLRES_OPERATION_IRQ, feature, error);
	status = wait_irq(feature, irq, options);
	dflres_irq_close(irq);
	return status;
}

static enum exit_status run_irq(const char *name, const struct options *options)
{
	/* the timeout is for the interrupt, not for the claim */
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

/* ---- for the value of a register ---- */

static enum exit_status print_register(const struct session *session,
				       const struct target *target)
{
	static const struct field fields[] = {
		{ "feature", "feature", FORMAT_PLAIN },
		{ "register", "register", FORMAT_PLAIN },
		{ "value", "value", FORMAT_PLAIN },
	};
	json_object *object = new_result(session->feature);

	json_add(object, "register", session->name ?
		 json_object_new_string(session->name) :
		 json_hex(target->offset, 1));
	json_add(object, "offset", json_hex(target->offset, 1));
	json_add(object, "width", json_object_new_int((int)session->width));
	json_add(object, "value",
		 json_hex(session->last, target_digits(target)));
	print_result(object, fields, ARRAY_SIZE(fields), session->options);
	return STATUS_OK;
}

static enum exit_status wait_register(struct session *session)
{
	const struct options *options = session->options;
	uint64_t bits, value = 0;
	enum exit_status status;
	struct target target;
	int error;

	status = get_target(session, options->reg, &target);
	if (!status)
		status = get_bits(&target, options->value, &bits);
	session->has_last = true;
	if (status || session->check_only)
		return status;
	error = dflres_regs_wait(session->regs, target.offset, session->width,
				 target.mask, bits, options->timeout, &value);
	session->last = target_value(&target, value);
	if (error == -ETIMEDOUT) {
		complain("%s: the register %s%s did not become 0x%" PRIx64 " in time: its value is 0x%" PRIx64 ".",
			 dflres_feature_name(session->feature),
			 session->name ? "" : "at ", options->reg,
			 target_value(&target, bits), session->last);
		return STATUS_TIMEOUT;
	}
	return error ? explain(DFLRES_OPERATION_ACCESS, session->feature, error) :
		       print_register(session, &target);
}

static enum exit_status run_register(const char *name,
				     const struct options *options)
{
	/* as for an interrupt: the timeout is not for the claim */
	struct options at_once = *options;
	enum exit_status status;
	struct session session;
	uint64_t number;

	status = is_name(options->reg) ? STATUS_OK :
		 get_number("offset", options->reg, UINT64_MAX, &number);
	if (!status)
		status = get_number("value", options->value, UINT64_MAX, &number);
	if (status)
		return status;
	at_once.given &= ~TAKES_TIMEOUT;
	status = session_open(&session, &at_once, name, DFLRES_REGS_NO_MAP);
	if (!status)
		status = wait_register(&session);
	session_close(&session);
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

	/* show the owner that ended the wait, even if it has changed since */
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
		complain("%s: its owner did not become '%s' in time; see dflres info %s.",
			 dflres_feature_name(feature),
			 dflres_owner_name(options->owner),
			 dflres_feature_name(feature));
		return STATUS_TIMEOUT;
	}
	if (error)
		return explain(DFLRES_OPERATION_WATCH, feature, error);
	return print_owner(feature, options);
}

/* Refuse options that belong to another kind of wait. */
static enum exit_status check_options(uint64_t given)
{
	if (given & TAKES_OWNER && given & TAKES_TAKE_OVER) {
		complain("--owner and --take-over exclude each other.");
		return STATUS_USAGE;
	}
	if (!(given & TAKES_IRQ) && given & TAKES_SINCE) {
		complain("--since needs --irq; see dflres wait --help.");
		return STATUS_USAGE;
	}
	if (!(given & TAKES_REGISTER) &&
	    given & (TAKES_VALUE | TAKES_MASK | TAKES_WIDTH | TAKES_REGISTERS)) {
		complain("--value, --mask, --width and --registers need --register; see dflres wait --help.");
		return STATUS_USAGE;
	}
	if (given & TAKES_REGISTER && !(given & TAKES_VALUE)) {
		complain("--register needs --value, the value to wait for; see dflres wait --help.");
		return STATUS_USAGE;
	}
	return STATUS_OK;
}

/* Check that there is one of @kinds; *@what receives it. */
static enum exit_status check_what(uint64_t given, uint64_t kinds,
				   const char *words, uint64_t *what)
{
	*what = given & kinds;
	/* one bit and no more */
	if (*what && !(*what & (*what - 1)))
		return check_options(given);
	complain("wait needs one of %s; see dflres wait --help.", words);
	return STATUS_USAGE;
}

/* ---- in a session ---- */

/* Count those since the last wait, or since the session began. */
static enum exit_status wait_session_irq(struct session *session)
{
	const struct options *options = session->options;
	uint64_t count, total;
	struct dflres_irq *irq;
	int error;

	if (options->irq >= session->num_irqs)
		return no_such_irq(session->feature, options);
	if (session->check_only)
		return STATUS_OK;
	irq = session->irqs[options->irq];
	error = dflres_irq_wait(irq, options->timeout, &count);
	if (!error)
		error = dflres_irq_count(irq, &total);
	return error ? refuse_irq(session->feature, options, error) :
		       print_irq(session->feature, options, total - count, total);
}

enum exit_status use_wait(struct session *session, int count, char **operands)
{
	enum exit_status status;
	uint64_t what;

	(void)count;
	(void)operands;
	status = check_what(session->options->given, TAKES_IRQ | TAKES_REGISTER,
			    "--irq and --register", &what);
	if (status)
		return status;
	fflush(stdout);
	return what == TAKES_IRQ ? wait_session_irq(session) :
				   wait_register(session);
}

/* ---- the command ---- */

static enum exit_status run(const struct options *options, int count,
			    char **operands)
{
	enum exit_status status;
	uint64_t what;

	(void)count;
	status = check_what(options->given,
			    TAKES_IRQ | TAKES_REGISTER | TAKES_OWNER,
			    "--irq, --register and --owner", &what);
	if (status)
		return status;
	if (what == TAKES_IRQ)
		return run_irq(operands[0], options);
	if (what == TAKES_REGISTER)
		return run_register(operands[0], options);
	return with_feature(operands[0], run_owner, options);
}

const struct command command_wait = {
	.name = "wait",
	.operands = "FEATURE",
	.min_operands = 1,
	.max_operands = 1,
	.takes = TAKES_JSON | TAKES_TAKE_OVER | TAKES_IRQ | TAKES_SINCE |
		 TAKES_REGISTER | TAKES_VALUE | TAKES_MASK | TAKES_WIDTH |
		 TAKES_REGISTERS | TAKES_OWNER | TAKES_TIMEOUT,
	.summary = "wait for an interrupt, the value of a register, or an owner",
	.help = "For an interrupt or a register, if the feature has no owner, the command claims it\nwhile it runs. It uses a claim of this user as it is. With --since COUNT it also\ncounts interrupts that came in this claim before it began: COUNT is the total that\nit printed last, or 0. It does not wait if the owner or the value is there already.\n--owner excludes --take-over.",
	.timeout_help = "wait at most SECONDS, such as 0.5",
	.run = run,
};
