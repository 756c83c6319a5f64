// SPDX-License-Identifier: GPL-2.0
/* dflres read, dflres write and dflres update. */
#include <config.h>

#include <errno.h>

#include "tool.h"

static enum exit_status refuse_access(const struct session *session, int error)
{
	return error ? explain(DFLRES_OPERATION_ACCESS, session->feature, error) :
		       STATUS_OK;
}

/* ---- read ---- */

/* @step: in bytes; 0: the same register again and again */
static enum exit_status read_values(struct session *session,
				    const struct target *target, uint64_t step,
				    uint64_t count)
{
	json_object *values;
	enum exit_status status;
	int error = 0;

	session->has_last = true;
	if (session->check_only)
		return STATUS_OK;
	values = json_object_new_array();
	for (uint64_t i = 0; i < count && !error; i++) {
		uint64_t value;

		error = dflres_regs_try_read(session->regs,
					     target->offset + i * step,
					     session->width, &value);
		if (error)
			break;
		session->last = target_value(target, value);
		json_object_array_add(values, json_hex(session->last,
						       target_digits(target)));
	}
	status = refuse_access(session, error);
	if (!status)
		print_values(session, target->offset, values);
	json_object_put(values);
	return status;
}

enum exit_status use_read(struct session *session, int count, char **operands)
{
	const bool fifo = session->options->given & TAKES_FIFO;
	uint64_t number = 1, step;
	enum exit_status status;
	struct target target;

	if (count > 1) {
		status = get_number("count", operands[1], UINT64_MAX / 8,
				    &number);
		if (status)
			return status;
		if (!number) {
			complain("the count '%s' is too small: read at least one register.",
				 operands[1]);
			return STATUS_USAGE;
		}
	}
	status = get_target(session, operands[0], &target);
	step = fifo ? 0 : session->width / 8;
	if (!status && count > 1 && target.is_field && !fifo) {
		complain("%s is a field: COUNT needs --fifo.",
			 operands[0]);
		return STATUS_USAGE;
	}
	if (!status && !fifo)
		status = check_range(session, target.offset, number * step);
	return status ? status : read_values(session, &target, step, number);
}

static enum exit_status run_read(const struct options *options, int count,
				 char **operands)
{
	return with_session(options, count, operands, "count", use_read);
}

/* ---- write and update ---- */

enum exit_status use_write(struct session *session, int count, char **operands)
{
	enum exit_status status;
	struct target target;
	uint64_t bits;

	(void)count;
	status = get_target(session, operands[0], &target);
	if (!status && target.is_field) {
		complain("%s is a field, but write writes whole registers; use update, which keeps the other bits.",
			 operands[0]);
		return STATUS_USAGE;
	}
	if (!status)
		status = get_bits(&target, operands[1], &bits);
	if (!status && !session->check_only)
		status = refuse_access(session,
				       dflres_regs_try_write(session->regs,
							     target.offset,
							     session->width, bits));
	if (!status && session->options->given & TAKES_READ_BACK)
		status = read_values(session, &target, 0, 1);
	return status;
}

static enum exit_status run_write(const struct options *options, int count,
				  char **operands)
{
	return with_session(options, count, operands, "value", use_write);
}

static enum exit_status needs_mask(void)
{
	complain("update needs --mask, the bits to change, or the name of a field; see dflres update --help.");
	return STATUS_USAGE;
}

enum exit_status use_update(struct session *session, int count, char **operands)
{
	enum exit_status status;
	struct target target;
	uint64_t bits;

	(void)count;
	status = get_target(session, operands[0], &target);
	if (!status && !target.is_field &&
	    !(session->options->given & TAKES_MASK))
		return needs_mask();
	if (!status)
		status = get_bits(&target, operands[1], &bits);
	if (!status && !session->check_only)
		status = refuse_access(session,
				       dflres_regs_update(session->regs,
							  target.offset,
							  session->width,
							  target.mask, bits, NULL));
	if (!status && session->options->given & TAKES_READ_BACK)
		status = read_values(session, &target, 0, 1);
	return status;
}

static enum exit_status run_update(const struct options *options, int count,
				   char **operands)
{
	/* a name may be a field, which needs none; only its file tells */
	if (!(options->given & TAKES_MASK) && !is_name(operands[1]))
		return needs_mask();
	return with_session(options, count, operands, "value", use_update);
}

const struct command command_read = {
	.name = "read",
	.operands = "FEATURE OFFSET [COUNT]",
	.min_operands = 2,
	.max_operands = 3,
	.takes = TAKES_JSON | TAKES_WIDTH | TAKES_FIFO | TAKES_REGISTERS |
		 TAKES_TAKE_OVER | TAKES_TIMEOUT,
	.summary = "read registers, of 64 bits unless --width says otherwise",
	.help = "The command reads each of COUNT registers by one access, and prints it on one line.\n" CLAIMS,
	.run = run_read,
};

const struct command command_write = {
	.name = "write",
	.operands = "FEATURE OFFSET VALUE",
	.min_operands = 3,
	.max_operands = 3,
	.takes = TAKES_WIDTH | TAKES_READ_BACK | TAKES_REGISTERS |
		 TAKES_TAKE_OVER | TAKES_TIMEOUT,
	.summary = "write a register, of 64 bits unless --width says otherwise",
	.help = CLAIMS,
	.run = run_write,
};

const struct command command_update = {
	.name = "update",
	.operands = "FEATURE OFFSET VALUE",
	.min_operands = 3,
	.max_operands = 3,
	.takes = TAKES_WIDTH | TAKES_MASK | TAKES_READ_BACK | TAKES_REGISTERS |
		 TAKES_TAKE_OVER | TAKES_TIMEOUT,
	.summary = "change some bits of a register, and keep the others",
	.help = "The command reads the register, replaces the bits of the mask by those of VALUE, and\nwrites the result.\n" CLAIMS,
	.run = run_update,
};
