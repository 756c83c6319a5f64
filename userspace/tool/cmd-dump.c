// SPDX-License-Identifier: GPL-2.0
/* dflres dump. */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "dump.h"

/* Dump in pieces, to show progress between them. */
#define PIECE 4096

/* Where a dump goes, and how far it is. */
struct dump {
	const struct session *session;
	FILE *bin;		/* NULL: it is text, or JSON */
	json_object *values;	/* NULL: it is not JSON */
	struct hexdump text;
	uint64_t offset;
	uint64_t length;
	uint64_t done;
	struct progress progress;
};

static int put_piece(struct dump *dump, const uint8_t *data, size_t length)
{
	const unsigned int width = dump->session->width;

	if (dump->bin)
		return fwrite(data, 1, length, dump->bin) == length ? 0 : -errno;
	if (!dump->values) {
		hexdump_put(&dump->text, data, length);
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
			progress_clear(&dump->progress);
			return explain(DFLRES_OPERATION_ACCESS, session->feature,
				       error);
		}
		error = put_piece(dump, data, piece);
		if (error) {
			progress_clear(&dump->progress);
			complain("cannot write the dump: %s.",
				 strerror(-error));
			return STATUS_FAILURE;
		}
		dump->done += piece;
		progress_show(&dump->progress, dump->done);
	}
	progress_clear(&dump->progress);
	if (!dump->bin && !dump->values)
		hexdump_end(&dump->text);
	return STATUS_OK;
}

/* *@bin stays NULL without --bin. */
static enum exit_status open_bin(FILE **bin, const char *name)
{
	int error;

	if (!name)
		return STATUS_OK;
	*bin = strcmp(name, "-") ? fopen(name, "we") : stdout;
	if (*bin)
		return STATUS_OK;
	error = -errno;
	complain("cannot write to %s: %s.", name, strerror(-error));
	return status_of_file(error);
}

static enum exit_status close_bin(FILE *bin, const char *name)
{
	/* main() checks standard output at the end */
	if (!bin || bin == stdout)
		return STATUS_OK;
	if (!fclose(bin))
		return STATUS_OK;
	complain("cannot write to %s: %s.", name, strerror(errno));
	return STATUS_FAILURE;
}

/* Without --offset a feature without registers has an empty dump. */
static enum exit_status check_offset(const struct session *session)
{
	const struct options *options = session->options;
	const size_t size = dflres_regs_size(session->regs);

	if (!(options->given & TAKES_OFFSET) || options->offset < size)
		return STATUS_OK;
	complain("%s has only 0x%zx bytes: there is none at offset 0x%" PRIx64 ".",
		 dflres_feature_name(session->feature), size, options->offset);
	return STATUS_USAGE;
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
	session_choose_width(session, dump.offset, dump.length);
	status = check_range(session, dump.offset, dump.length);
	if (!status)
		status = open_bin(&dump.bin, options->bin);
	if (status)
		return status;
	if (options->given & TAKES_JSON)
		dump.values = json_object_new_array();
	hexdump_begin(&dump.text, session->width, dump.offset,
		      options->given & TAKES_CANONICAL);
	/* not into the middle of what is being printed */
	progress_begin(&dump.progress, dump.length,
		       (dump.bin && dump.bin != stdout) ||
		       !isatty(STDOUT_FILENO));

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
	if (options->given & TAKES_CANONICAL &&
	    options->given & (TAKES_BIN | TAKES_JSON)) {
		complain("--canonical is for text: it excludes --bin and --json.");
		return STATUS_USAGE;
	}
	status = session_open(&session, options, operands[0],
			      DFLRES_REGS_GUARD);
	if (!status)
		status = check_offset(&session);
	if (!status)
		status = options->given & (TAKES_NAMES | TAKES_REGISTERS) ?
			 dump_names(&session) : dump_registers(&session);
	session_close(&session);
	return status;
}

const struct command command_dump = {
	.name = "dump",
	.operands = "FEATURE",
	.min_operands = 1,
	.max_operands = 1,
	.takes = TAKES_JSON | TAKES_WIDTH | TAKES_TAKE_OVER | TAKES_OFFSET |
		 TAKES_LENGTH | TAKES_BIN | TAKES_TIMEOUT | TAKES_CANONICAL |
		 TAKES_NAMES | TAKES_REGISTERS,
	.summary = "read all registers of a feature, or a part of them",
	.help = "Accesses are as wide as offset and length allow, at most 64 bits.\n" CLAIMS,
	.run = run_dump,
};
