// SPDX-License-Identifier: GPL-2.0
/* dflres read and dflres write. */
#include <config.h>

#include "tool.h"

/* ---- read ---- */

static enum exit_status read_values(const struct session *session,
				    uint64_t offset, uint64_t count)
{
	const unsigned int bytes = session->width / 8;
	json_object *values = json_object_new_array();
	enum exit_status status = STATUS_OK;
	int error = 0;

	for (uint64_t i = 0; i < count && !error; i++) {
		uint64_t value;

		error = dflres_regs_try_read(session->regs, offset + i * bytes,
					     session->width, &value);
		if (!error)
			json_object_array_add(values,
					      json_hex(value, 2 * (int)bytes));
	}
	if (error)
		status = explain(DFLRES_OPERATION_ACCESS, session->feature, error);
	else
		print_values(session, offset, values);
	json_object_put(values);
	return status;
}

static enum exit_status run_read(const struct options *options, int count,
				 char **operands)
{
	struct session session;
	uint64_t offset, number = 1;
	enum exit_status status;

	status = get_number("offset", operands[1], UINT64_MAX, &offset);
	if (!status && count > 2)
		status = get_number("count", operands[2], UINT64_MAX / 8,
				    &number);
	if (status)
		return status;
	status = session_open(&session, options, operands[0],
			      DFLRES_REGS_NO_MAP);
	if (!status)
		status = check_range(&session, offset,
				     number * (session.width / 8));
	if (!status)
		status = read_values(&session, offset, number);
	session_close(&session);
	return status;
}

/* ---- write ---- */

static enum exit_status run_write(const struct options *options, int count,
				  char **operands)
{
	const unsigned int width = options->width ? options->width :
						    DEFAULT_WIDTH;
	struct session session;
	enum exit_status status;
	uint64_t offset, value;
	int error;

	(void)count;
	status = get_number("offset", operands[1], UINT64_MAX, &offset);
	if (!status)
		status = get_number("value", operands[2],
				    UINT64_MAX >> (64 - width), &value);
	if (status)
		return status;
	status = session_open(&session, options, operands[0],
			      DFLRES_REGS_NO_MAP);
	if (!status)
		status = check_range(&session, offset, width / 8);
	if (!status) {
		error = dflres_regs_try_write(session.regs, offset, width,
					      value);
		if (error)
			status = explain(DFLRES_OPERATION_ACCESS, session.feature,
					 error);
	}
	session_close(&session);
	return status;
}

const struct command command_read = {
	.name = "read",
	.operands = "FEATURE OFFSET [COUNT]",
	.min_operands = 2,
	.max_operands = 3,
	.takes = TAKES_JSON | TAKES_WIDTH | TAKES_TAKE_OVER | TAKES_TIMEOUT,
	.summary = "read registers, of 64 bits unless --width says otherwise",
	.help = "Each of COUNT registers is read by one access and printed on one line.\n" CLAIMS,
	.run = run_read,
};

const struct command command_write = {
	.name = "write",
	.operands = "FEATURE OFFSET VALUE",
	.min_operands = 3,
	.max_operands = 3,
	.takes = TAKES_WIDTH | TAKES_TAKE_OVER | TAKES_TIMEOUT,
	.summary = "write a register, of 64 bits unless --width says otherwise",
	.help = CLAIMS,
	.run = run_write,
};
