// SPDX-License-Identifier: GPL-2.0
/* dflres dump. */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "tool.h"

/* A dump goes by pieces, and tells how far it is from time to time. */
#define PIECE 4096
#define FIRST_PROGRESS_MS 1000
#define PROGRESS_MS 200

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
