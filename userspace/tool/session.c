// SPDX-License-Identifier: GPL-2.0
/* A feature while a command uses its registers. */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "tool.h"

enum exit_status get_number(const char *what, const char *text, uint64_t max,
			    uint64_t *number)
{
	int error = parse_number(text, max, number);

	if (error == -ERANGE)
		complain("the %s '%s' is too large: the maximum is 0x%" PRIx64 ".",
			 what, text, max);
	else if (error)
		complain("the %s '%s' is not a number; numbers are " NUMBERS ".",
			 what, text);
	return error ? STATUS_USAGE : STATUS_OK;
}

static enum exit_status
explain_write_combine(const struct dflres_feature *feature, int error)
{
	const char *name = dflres_feature_name(feature);

	switch (error) {
	case -EBUSY:
		complain("%s: this claim already uses its registers without --write-combine; leave that out, or release %s first.",
			 name, name);
		return STATUS_BUSY;
	case -EOPNOTSUPP:
		complain("cannot map the registers of %s write-combined; leave out --write-combine.",
			 name);
		return STATUS_FAILURE;
	default:
		return explain(DFLRES_OPERATION_ACCESS, feature, error);
	}
}

enum exit_status open_map(struct session *session, const char *path)
{
	char sentence[DFLRES_SENTENCE_MAX];
	int error;

	error = dflres_regmap_open(&session->map, path, sentence,
				   sizeof(sentence));
	if (!error)
		return STATUS_OK;
	complain("%s.", sentence);
	return error == -EINVAL || error == -EFBIG ? STATUS_FILE :
	       status_of_file(error);
}

enum exit_status session_open(struct session *session,
			      const struct options *options,
			      const char *feature, unsigned int flags)
{
	enum exit_status status;
	int error;

	memset(session, 0, sizeof(*session));
	session->options = options;
	session->width = options->width ? options->width : DEFAULT_WIDTH;
	session->names = options->registers;
	/* refuse a wrong file before the claim */
	status = options->registers ? open_map(session, options->registers) :
				      STATUS_OK;
	if (!status)
		status = get_access(&session->claim, feature, options);
	if (status)
		return status;
	session->feature = dflres_claim_feature(session->claim);
	error = dflres_regs_open(&session->regs, session->claim, flags);
	if (error && flags & DFLRES_REGS_WRITE_COMBINE)
		return explain_write_combine(session->feature, error);
	return error ? explain(DFLRES_OPERATION_ACCESS, session->feature, error) :
		       STATUS_OK;
}

void session_close(struct session *session)
{
	dflres_regs_close(session->regs);
	dflres_claim_close(session->claim);
	dflres_regmap_close(session->map);
}

/* Refuse what is not a number before the claim. */
static enum exit_status check_numbers(int count, char **operands,
				      const char *second)
{
	enum exit_status status;
	uint64_t number;

	status = is_name(operands[1]) ? STATUS_OK :
		 get_number("offset", operands[1], UINT64_MAX, &number);
	if (!status && count > 2)
		status = get_number(second, operands[2], UINT64_MAX, &number);
	return status;
}

enum exit_status with_session(const struct options *options, int count,
			      char **operands, const char *second,
			      session_use *use)
{
	struct session session;
	enum exit_status status;

	status = check_numbers(count, operands, second);
	if (status)
		return status;
	status = session_open(&session, options, operands[0],
			      DFLRES_REGS_NO_MAP);
	if (!status)
		status = use(&session, count - 1, operands + 1);
	session_close(&session);
	return status;
}

unsigned int phase_of(const struct dflres_regs *regs)
{
	for (unsigned int bytes = 8; bytes > 1; bytes /= 2) {
		for (unsigned int i = 0; i < bytes; i++) {
			if (dflres_regs_valid(regs, i, bytes * 8))
				return (bytes - i) % bytes;
		}
	}
	return 0;
}

/* The widths that fit, from 8 bits on: a width fits wherever a wider one does. */
static const char *fitting_widths(uint64_t begin, uint64_t length)
{
	const uint64_t bits = begin | length;

	return bits % 2 ? "8" : bits % 4 ? "8 or 16" : bits % 8 ?
	       "8, 16 or 32" : "8, 16, 32 or 64";
}

enum exit_status check_range(const struct session *session, uint64_t offset,
			     uint64_t length)
{
	const char *name = dflres_feature_name(session->feature);
	const size_t size = dflres_regs_size(session->regs);
	const unsigned int bytes = session->width / 8;
	const unsigned int phase = phase_of(session->regs);
	const uint64_t begin = phase + offset;

	if (offset > size || length > size - offset) {
		complain("%s has only 0x%zx bytes: 0x%" PRIx64 " from offset 0x%" PRIx64 " go beyond its end.",
			 name, size, length, offset);
		return STATUS_USAGE;
	}
	if (begin % bytes || length % bytes) {
		complain("%s: accesses of %u bits do not fit offset 0x%" PRIx64 " and length 0x%" PRIx64 "%s; --width can be %s.",
			 name, session->width, offset, length,
			 phase ?
			 ", because the registers begin at an odd multiple of 4" : "",
			 fitting_widths(begin, length));
		return STATUS_USAGE;
	}
	return STATUS_OK;
}

void session_choose_width(struct session *session, uint64_t offset,
			  uint64_t length)
{
	const uint64_t bits = (phase_of(session->regs) + offset) | length;

	if (session->options->width)
		return;
	while (session->width > 8 && bits % (session->width / 8))
		session->width /= 2;
}

uint64_t value_at(const uint8_t *data, unsigned int width)
{
	uint64_t value = 0;

	/* registers are little-endian */
	for (unsigned int i = width / 8; i-- > 0; )
		value = value << 8 | data[i];
	return value;
}

void print_values(const struct session *session, uint64_t offset,
		  json_object *values)
{
	json_object *object;

	if (!(session->options->given & TAKES_JSON)) {
		for (size_t i = 0; i < json_object_array_length(values); i++)
			puts(json_object_get_string(
				json_object_array_get_idx(values, i)));
		return;
	}
	object = json_object_new_object();
	json_add(object, "feature", json_object_new_string(
			dflres_feature_name(session->feature)));
	if (session->name)
		json_add(object, "register",
			 json_object_new_string(session->name));
	json_add(object, "offset", json_hex(offset, 1));
	json_add(object, "width",
		 json_object_new_int((int)session->width));
	json_add(object, "values", json_object_get(values));
	print_json(object);
	json_object_put(object);
}
