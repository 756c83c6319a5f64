// SPDX-License-Identifier: GPL-2.0
/* dflres read, dflres write and dflres dump. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tool.h"

#define DEFAULT_WIDTH 64

/* A dump goes by pieces, and tells how far it is from time to time. */
#define PIECE 4096
#define FIRST_PROGRESS_MS 1000
#define PROGRESS_MS 200

/* A feature while its registers are used. */
struct session {
	const struct options *options;
	const struct dflres_feature *feature;	/* the claim's */
	struct dflres_claim *claim;
	struct dflres_regs *regs;
	unsigned int width;
};

static enum exit_status session_open(struct session *session,
				     const struct options *options,
				     const char *feature, unsigned int flags)
{
	enum exit_status status;
	int error;

	memset(session, 0, sizeof(*session));
	session->options = options;
	session->width = options->width ? options->width : DEFAULT_WIDTH;
	status = get_access(&session->claim, feature, options);
	if (status)
		return status;
	session->feature = dflres_claim_feature(session->claim);
	error = dflres_regs_open(&session->regs, session->claim, flags);
	return error ? explain(DFLRES_OPERATION_ACCESS, session->feature, error) :
		       STATUS_OK;
}

static void session_close(struct session *session)
{
	dflres_regs_close(session->regs);
	dflres_claim_close(session->claim);
}

/* A number of the command line, and what it is if it is wrong. */
static enum exit_status get_number(const char *what, const char *text,
				   uint64_t max, uint64_t *number)
{
	int error = parse_number(text, max, number);

	if (error == -ERANGE)
		complain("the %s '%s' is too large: 0x%" PRIx64 " is the most.",
			 what, text, max);
	else if (error)
		complain("the %s '%s' is no number; numbers are decimal or 0x..., and may end with K or M.",
			 what, text);
	return error ? STATUS_USAGE : STATUS_OK;
}

/* The address of the first byte, modulo the widest access that there is. */
static unsigned int phase_of(const struct dflres_regs *regs)
{
	for (unsigned int bytes = 8; bytes > 1; bytes /= 2) {
		for (unsigned int i = 0; i < bytes; i++) {
			if (dflres_regs_valid(regs, i, bytes * 8))
				return (bytes - i) % bytes;
		}
	}
	return 0;
}

/* The widths of accesses that fit, from 8 bits on: each fits where one that is wider does. */
static const char *fitting_widths(uint64_t begin, uint64_t length)
{
	const uint64_t bits = begin | length;

	return bits % 2 ? "8" : bits % 4 ? "8 or 16" : bits % 8 ?
	       "8, 16 or 32" : "8, 16, 32 or 64";
}

/*
 * @length bytes from @offset are of the feature and fit the width, or else one
 * sentence says what does not.
 */
static enum exit_status check_range(const struct session *session,
				    uint64_t offset, uint64_t length)
{
	const char *name = dflres_feature_name(session->feature);
	const size_t size = dflres_regs_size(session->regs);
	const unsigned int bytes = session->width / 8;
	const unsigned int phase = phase_of(session->regs);
	const uint64_t begin = phase + offset;

	if (offset > size || length > size - offset) {
		complain("%s has only 0x%zx bytes: 0x%" PRIx64 " from offset 0x%" PRIx64 " is beyond its end.",
			 name, size, length, offset);
		return STATUS_USAGE;
	}
	if (begin % bytes || length % bytes) {
		complain("%s: accesses of %u bits do not fit offset 0x%" PRIx64 " and length 0x%" PRIx64 "%s; --width can be %s.",
			 name, session->width, offset, length,
			 phase ?
			 " as the bus sees them, for the registers begin at an odd multiple of 4" : "",
			 fitting_widths(begin, length));
		return STATUS_USAGE;
	}
	return STATUS_OK;
}

static uint64_t value_at(const uint8_t *data, unsigned int width)
{
	uint64_t value = 0;

	/* registers are little-endian */
	for (unsigned int i = width / 8; i-- > 0; )
		value = value << 8 | data[i];
	return value;
}

/* ---- read ---- */

static void print_values(const struct session *session, uint64_t offset,
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
	json_add(object, "offset", json_hex(offset, 1));
	json_add(object, "width",
		 json_object_new_int((int)session->width));
	json_add(object, "values", json_object_get(values));
	print_json(object);
	json_object_put(object);
}

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

/* ---- dump ---- */

/* Where a dump goes, and how far it is. */
struct dump {
	const struct session *session;
	FILE *bin;		/* NULL: it is text, or JSON */
	json_object *values;	/* NULL: it is not JSON */
	uint64_t offset;
	uint64_t length;
	uint64_t done;
	bool progress;		/* whether to show it */
	bool shown;
	int64_t next;		/* when to show it, in milliseconds */
};

static void show_progress(struct dump *dump)
{
	if (!dump->progress || clock_now() < dump->next)
		return;
	fprintf(stderr, "\r%3d %%", (int)(dump->done * 100.0 / dump->length));
	fflush(stderr);
	dump->shown = true;
	dump->next = clock_now() + PROGRESS_MS;
}

static void clear_progress(struct dump *dump)
{
	if (dump->shown)
		fputs("\r     \r", stderr);
	dump->shown = false;
}

/* "00000010  3000000010001010 0000000000000000" */
static void print_hex(const struct dump *dump, const uint8_t *data,
		      size_t length)
{
	const unsigned int width = dump->session->width;
	const unsigned int bytes = width / 8;

	for (size_t i = 0; i < length; i += bytes) {
		uint64_t offset = dump->offset + dump->done + i;

		/* the lines of all dumps begin at the same offsets */
		if (!(dump->done + i) || !(offset % 16))
			printf("%s%08" PRIx64 " ", dump->done + i ? "\n" : "",
			       offset);
		printf(" %0*" PRIx64, (int)(2 * bytes),
		       value_at(data + i, width));
	}
}

static int put_piece(struct dump *dump, const uint8_t *data, size_t length)
{
	const unsigned int width = dump->session->width;

	if (dump->bin)
		return fwrite(data, 1, length, dump->bin) == length ? 0 : -errno;
	if (!dump->values) {
		print_hex(dump, data, length);
		return 0;
	}
	for (size_t i = 0; i < length; i += width / 8)
		json_object_array_add(dump->values,
				      json_hex(value_at(data + i, width),
					       (int)width / 4));
	return 0;
}

static enum exit_status dump_pieces(struct dump *dump)
{
	const struct session *session = dump->session;
	uint8_t data[PIECE];
	int error;

	while (dump->done < dump->length) {
		uint64_t left = dump->length - dump->done;
		size_t piece = left < PIECE ? (size_t)left : PIECE;

		error = dflres_regs_read_block(session->regs,
					       dump->offset + dump->done,
					       session->width, data, piece);
		if (error) {
			clear_progress(dump);
			return explain(DFLRES_OPERATION_ACCESS, session->feature,
				       error);
		}
		error = put_piece(dump, data, piece);
		if (error) {
			clear_progress(dump);
			complain("cannot write the dump: %s.",
				 strerror(-error));
			return STATUS_FAILURE;
		}
		dump->done += piece;
		show_progress(dump);
	}
	clear_progress(dump);
	if (!dump->bin && !dump->values && dump->length)
		putchar('\n');
	return STATUS_OK;
}

/* The largest width that fits, if none was asked for. */
static void choose_width(struct session *session, uint64_t offset,
			 uint64_t length)
{
	const uint64_t bits = (phase_of(session->regs) + offset) | length;

	if (session->options->width)
		return;
	while (session->width > 8 && bits % (session->width / 8))
		session->width /= 2;
}

static enum exit_status close_bin(FILE *bin, const char *name)
{
	/* standard output is looked at when the tool ends */
	if (!bin || bin == stdout)
		return STATUS_OK;
	if (!fclose(bin))
		return STATUS_OK;
	complain("cannot write to %s: %s.", name, strerror(errno));
	return STATUS_FAILURE;
}

static enum exit_status dump_registers(struct session *session)
{
	const struct options *options = session->options;
	struct dump dump = { .session = session, .offset = options->offset };
	const size_t size = dflres_regs_size(session->regs);
	enum exit_status status, close_status;

	if (options->given & TAKES_LENGTH)
		dump.length = options->length;
	else if (options->offset < size)
		dump.length = size - options->offset;
	choose_width(session, dump.offset, dump.length);
	status = check_range(session, dump.offset, dump.length);
	if (status)
		return status;

	if (options->bin && strcmp(options->bin, "-") != 0) {
		dump.bin = fopen(options->bin, "we");
		if (!dump.bin) {
			complain("cannot write to %s: %s.", options->bin,
				 strerror(errno));
			return STATUS_FAILURE;
		}
	} else if (options->bin) {
		dump.bin = stdout;
	}
	if (options->given & TAKES_JSON)
		dump.values = json_object_new_array();
	/* not into the middle of what is being printed */
	dump.progress = isatty(STDERR_FILENO) &&
		((dump.bin && dump.bin != stdout) || !isatty(STDOUT_FILENO));
	dump.next = clock_now() + FIRST_PROGRESS_MS;

	status = dump_pieces(&dump);
	if (dump.values) {
		if (!status)
			print_values(session, dump.offset, dump.values);
		json_object_put(dump.values);
	}
	close_status = close_bin(dump.bin, options->bin);
	return status ? status : close_status;
}

static enum exit_status run_dump(const struct options *options, int count,
				 char **operands)
{
	struct session session;
	enum exit_status status;

	(void)count;
	if (options->bin && options->given & TAKES_JSON) {
		complain("--bin and --json exclude each other.");
		return STATUS_USAGE;
	}
	status = session_open(&session, options, operands[0],
			      DFLRES_REGS_GUARD);
	if (!status)
		status = dump_registers(&session);
	session_close(&session);
	return status;
}

#define CLAIMS "If nobody has the feature it is claimed meanwhile; a claim of this user is used\nas it is."

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

const struct command command_dump = {
	.name = "dump",
	.operands = "FEATURE",
	.min_operands = 1,
	.max_operands = 1,
	.takes = TAKES_JSON | TAKES_WIDTH | TAKES_TAKE_OVER | TAKES_OFFSET |
		 TAKES_LENGTH | TAKES_BIN | TAKES_TIMEOUT,
	.summary = "read all registers of a feature, or a part of them",
	.help = "The accesses are as wide as offset and length let them be, at most 64 bits.\n" CLAIMS,
	.run = run_dump,
};
