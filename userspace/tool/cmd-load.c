// SPDX-License-Identifier: GPL-2.0
/* dflres load: the inverse of dflres dump. */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "dump.h"

/* Load in pieces, to show progress between them. */
#define PIECE 4096

/* What is loaded, and how far it is. */
struct load {
	struct session session;
	struct image image;
	struct progress progress;
	uint64_t done;
	uint64_t values;	/* that it has verified */
	uint64_t wrong;		/* how many of these differ */
	uint64_t offset, wanted, there;	/* of the first that differs */
};

/* What to do with @length bytes at @offset; @data: their new contents. */
typedef enum exit_status piece_use(struct load *load, uint64_t offset,
				   const uint8_t *data, size_t length);

static enum exit_status write_piece(struct load *load, uint64_t offset,
				    const uint8_t *data, size_t length)
{
	const struct session *session = &load->session;
	int error;

	error = dflres_regs_write_block(session->regs, offset, session->width,
					data, length);
	if (!error)
		return STATUS_OK;
	progress_clear(&load->progress);
	return explain(DFLRES_OPERATION_ACCESS, session->feature, error);
}

static void compare(struct load *load, uint64_t offset, uint64_t wanted,
		    uint64_t there)
{
	load->values++;
	if (there == wanted || load->wrong++)
		return;
	load->offset = offset;
	load->wanted = wanted;
	load->there = there;
}

static enum exit_status verify_piece(struct load *load, uint64_t offset,
				     const uint8_t *data, size_t length)
{
	const struct session *session = &load->session;
	const unsigned int bytes = session->width / 8;
	uint8_t there[PIECE];
	int error;

	error = dflres_regs_read_block(session->regs, offset, session->width,
				       there, length);
	if (error) {
		progress_clear(&load->progress);
		return explain(DFLRES_OPERATION_ACCESS, session->feature, error);
	}
	for (size_t i = 0; i < length; i += bytes)
		compare(load, offset + i, value_at(data + i, session->width),
			value_at(there + i, session->width));
	return STATUS_OK;
}

static enum exit_status use_run(struct load *load, piece_use *use,
				const struct image_run *run)
{
	const uint8_t *data = load->image.data + run->at;
	enum exit_status status = STATUS_OK;

	for (uint64_t i = 0; i < run->times && !status; i++) {
		uint64_t offset = run->offset + i * run->length;
		size_t done = 0;

		while (done < run->length && !status) {
			size_t piece = run->length - done < PIECE ?
				       run->length - done : PIECE;

			status = use(load, offset + done, data + done, piece);
			done += piece;
			load->done += piece;
			progress_show(&load->progress, load->done);
		}
	}
	return status;
}

static enum exit_status use_image(struct load *load, piece_use *use)
{
	enum exit_status status = STATUS_OK;

	for (size_t i = 0; i < load->image.count && !status; i++)
		status = use_run(load, use, &load->image.runs[i]);
	return status;
}

static enum exit_status verify(struct load *load)
{
	const int digits = (int)load->session.width / 4;
	enum exit_status status = use_image(load, verify_piece);

	progress_clear(&load->progress);
	if (status || !load->wrong)
		return status;
	complain("%s: %" PRIu64 " of %" PRIu64 " values differ: the first, at offset 0x%" PRIx64 ", was written as 0x%0*" PRIx64 " and read as 0x%0*" PRIx64 ".",
		 dflres_feature_name(load->session.feature), load->wrong,
		 load->values, load->offset, digits, load->wanted, digits,
		 load->there);
	return STATUS_FAILURE;
}

/* Before any write, check that all of it lies in the feature and fits the width. */
static enum exit_status check_image(struct load *load, uint64_t *total)
{
	struct session *session = &load->session;
	const struct image *image = &load->image;
	enum exit_status status = STATUS_OK;

	if (!session->options->width && image->width)
		session->width = image->width;
	else if (image->count)
		session_choose_width(session, image->runs[0].offset,
				     image->runs[0].length);
	*total = 0;
	for (size_t i = 0; i < image->count && !status; i++) {
		const struct image_run *run = &image->runs[i];
		const uint64_t length = run->length * run->times;

		status = check_range(session, run->offset, length);
		*total += length;
	}
	return status;
}

static enum exit_status load_image(struct load *load)
{
	const uint64_t given = load->session.options->given;
	enum exit_status status;
	uint64_t total;

	status = check_image(load, &total);
	if (status)
		return status;
	progress_begin(&load->progress,
		       given & TAKES_VERIFY ? 2 * total : total, true);
	status = use_image(load, write_piece);
	if (!status && given & TAKES_WRITE_COMBINE)
		dflres_regs_flush(load->session.regs);
	if (!status && given & TAKES_VERIFY)
		status = verify(load);
	progress_clear(&load->progress);
	return status;
}

static enum exit_status open_session(struct load *load,
				     const struct options *options,
				     const char *feature)
{
	unsigned int flags = DFLRES_REGS_GUARD;

	if (options->given & TAKES_WRITE_COMBINE)
		flags |= DFLRES_REGS_WRITE_COMBINE;
	return session_open(&load->session, options, feature, flags);
}

/* Check text before the claim: a wrong file needs no claim. */
static enum exit_status load_file(struct load *load,
				  const struct options *options,
				  const char *feature, FILE *file,
				  const char *name)
{
	enum exit_status status = STATUS_OK;
	uint64_t size;

	if (!options->bin)
		status = image_read_text(&load->image, file, name);
	if (!status)
		status = open_session(load, options, feature);
	if (!status && options->bin) {
		size = dflres_regs_size(load->session.regs);
		status = image_read_bytes(&load->image, file, name,
					  options->offset,
					  options->offset < size ?
					  size - options->offset : 0);
	}
	return status ? status : load_image(load);
}

static enum exit_status run_load(const struct options *options, int count,
				 char **operands)
{
	struct load load = { .done = 0 };
	enum exit_status status;
	const char *name;
	FILE *file;

	if ((count > 1) == (options->bin != NULL)) {
		complain("load needs either FILE or --bin FILE; see dflres load --help.");
		return STATUS_USAGE;
	}
	if (!options->bin && options->given & TAKES_OFFSET) {
		complain("--offset needs --bin: each line of a dump has its own offset.");
		return STATUS_USAGE;
	}
	name = options->bin ? options->bin : operands[1];
	file = strcmp(name, "-") ? fopen(name, "re") : stdin;
	if (!file)
		return explain_file(name, -errno);
	status = load_file(&load, options, operands[0], file, name);
	session_close(&load.session);
	image_free(&load.image);
	if (file != stdin)
		fclose(file);
	return status;
}

const struct command command_load = {
	.name = "load",
	.operands = "FEATURE [FILE]",
	.min_operands = 1,
	.max_operands = 2,
	.takes = TAKES_WIDTH | TAKES_TAKE_OVER | TAKES_OFFSET | TAKES_FROM_BIN |
		 TAKES_VERIFY | TAKES_WRITE_COMBINE | TAKES_TIMEOUT,
	.summary = "write a dump from a file back to the registers",
	.help = "FILE holds what dflres dump printed, with or without --canonical; '-' is standard\ninput. Registers that are not in it stay as they are. If anything in it is wrong or\ndoes not fit the feature, the command writes nothing.\n" CLAIMS,
	.run = run_load,
};
