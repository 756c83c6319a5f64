// SPDX-License-Identifier: GPL-2.0
/*
 * New contents of registers, as `dflres dump` printed them: lines of numbers,
 * with or without --canonical, or raw bytes.
 *
 *	00000000  3000000010001010 0000000000000000  |........0.......|
 *	*
 *	00000040
 *
 * Lines may be missing; their registers stay as they are.
 */
#include <config.h>

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "dump.h"

/* More than the longest line has, of single bytes and their characters. */
#define LINE_MAX_SIZE 128
/* The bytes of a whole line. */
#define LINE_BYTES 16
/* How many bytes to read at once. */
#define PIECE 65536

/* The text, while it is read. */
struct text {
	struct image *image;
	const char *name;
	size_t number;		/* of the line, from 1 */
	uint64_t end;		/* of the lines so far */
	bool full;		/* the line before was a whole one */
	bool repeats;		/* a '*' was the line before */
	bool over;		/* the end, an offset alone, has come */
};

static enum exit_status refuse(const struct text *text, const char *reason)
{
	complain("%s:%zu: %s.", text->name, text->number, reason);
	return STATUS_FILE;
}

/* @memory with room for @needed of @size bytes each; NULL leaves it as it is. */
static void *grow(void *memory, size_t *room, size_t needed, size_t size)
{
	size_t more = 2 * *room > needed ? 2 * *room : needed + 64;
	void *grown;

	if (memory && needed <= *room)
		return memory;
	grown = reallocarray(memory, more, size);
	if (grown)
		*room = more;
	return grown;
}

static bool grow_data(struct image *image, size_t more)
{
	uint8_t *data = grow(image->data, &image->room, image->size + more, 1);

	if (data)
		image->data = data;
	return data;
}

static enum exit_status add_run(struct image *image, struct image_run run)
{
	struct image_run *last = image->count ?
				 &image->runs[image->count - 1] : NULL;
	struct image_run *runs;

	if (last && run.times == 1 && last->times == 1 &&
	    last->offset + last->length == run.offset &&
	    last->at + last->length == run.at) {
		last->length += run.length;
		return STATUS_OK;
	}
	runs = grow(image->runs, &image->runs_room, image->count + 1,
		    sizeof(*runs));
	if (!runs)
		return explain_memory();
	image->runs = runs;
	runs[image->count++] = run;
	return STATUS_OK;
}

/* ---- text ---- */

static int digit_of(char c)
{
	return isdigit((unsigned char)c) ? c - '0' : tolower(c) - 'a' + 10;
}

/* The digits at *@s, which is set behind them; how many, 0 if too many. */
static size_t take_number(const char **s, uint64_t *number)
{
	size_t digits = 0;

	*number = 0;
	while (isxdigit((unsigned char)**s)) {
		if (++digits > 16)
			return 0;
		*number = *number << 4 | (unsigned int)digit_of(*(*s)++);
	}
	return digits;
}

/* One number of a line, as wide as all the others. */
static enum exit_status add_number(struct text *text, uint64_t value,
				   size_t digits)
{
	struct image *image = text->image;
	const unsigned int width = 4 * (unsigned int)digits;

	if (digits != 2 && digits != 4 && digits != 8 && digits != 16)
		return refuse(text, "a number does not have 2, 4, 8 or 16 hexadecimal digits");
	if (image->width && image->width != width)
		return refuse(text, "a number does not have as many digits as those before");
	image->width = width;
	if (!grow_data(image, sizeof(value)))
		return explain_memory();
	/* registers are little-endian */
	for (size_t i = 0; i < digits / 2; i++)
		image->data[image->size++] = (uint8_t)(value >> (8 * i));
	return STATUS_OK;
}

/* What is behind the offset: the numbers, and perhaps their characters. */
static enum exit_status add_numbers(struct text *text, const char *s,
				    uint64_t offset)
{
	struct image *image = text->image;
	const size_t before = image->size;
	enum exit_status status = STATUS_OK;
	size_t length;

	while (*s == ' ' && !status) {
		uint64_t value;
		size_t digits;

		s += strspn(s, " ");
		if (!isxdigit((unsigned char)*s))
			break;
		digits = take_number(&s, &value);
		status = add_number(text, value, digits);
	}
	if (status)
		return status;
	if (*s && (*s != '|' || s[strlen(s) - 1] != '|' || !s[1]))
		return refuse(text, "it has something other than numbers");
	length = image->size - before;
	if (!length || length > LINE_BYTES)
		return refuse(text, "it does not have 1 to 16 bytes");
	if (__builtin_add_overflow(offset, length, &text->end))
		return refuse(text, "it ends beyond any feature");
	text->full = length == LINE_BYTES;
	return add_run(image, (struct image_run){ offset, before, length, 1 });
}

/* The '*' before @offset: the line before it again, up to there. */
static enum exit_status add_repeats(struct text *text, uint64_t offset)
{
	struct image *image = text->image;
	const struct image_run run = {
		.offset = text->end,
		.at = image->size - LINE_BYTES,
		.length = LINE_BYTES,
		.times = (offset - text->end) / LINE_BYTES,
	};

	if (offset == text->end || (offset - text->end) % LINE_BYTES)
		return refuse(text, "its offset does not fit the '*' before it");
	text->repeats = false;
	text->end = offset;
	return add_run(image, run);
}

static enum exit_status add_line(struct text *text, const char *s)
{
	enum exit_status status = STATUS_OK;
	uint64_t offset;

	if (text->over)
		return refuse(text, "it follows the end of the dump");
	if (!strcmp(s, "*")) {
		if (!text->full || text->repeats)
			return refuse(text, "there is no whole line for the '*' to repeat");
		text->repeats = true;
		return STATUS_OK;
	}
	if (take_number(&s, &offset) < 8 || (*s && *s != ' '))
		return refuse(text, "it does not begin with an offset of at least 8 hexadecimal digits");
	if (offset < text->end)
		return refuse(text, "its offset lies before the end of the last line");
	if (text->repeats)
		status = add_repeats(text, offset);
	if (status)
		return status;
	if (!*s) {
		text->over = true;
		return STATUS_OK;
	}
	return add_numbers(text, s, offset);
}

enum exit_status image_read_text(struct image *image, FILE *file,
				 const char *name)
{
	struct text text = { .image = image, .name = name };
	enum exit_status status = STATUS_OK;
	char line[LINE_MAX_SIZE];

	while (!status && fgets(line, sizeof(line), file)) {
		const size_t length = strcspn(line, "\n");

		text.number++;
		if (!line[length] && !feof(file))
			return refuse(&text, "it is too long for a line of a dump, or contains a NUL");
		line[length] = '\0';
		status = add_line(&text, line);
	}
	if (status)
		return status;
	if (ferror(file))
		return explain_file(name, -errno);
	if (text.repeats)
		return refuse(&text, "an offset must follow the '*'");
	if (!image->count) {
		complain("%s has no registers: give what dflres dump prints, or raw bytes with --bin.",
			 name);
		return STATUS_FILE;
	}
	return STATUS_OK;
}

/* ---- bytes ---- */

enum exit_status image_read_bytes(struct image *image, FILE *file,
				  const char *name, uint64_t offset,
				  uint64_t most)
{
	size_t length;

	do {
		/* a byte more, so that a file that is too long shows */
		size_t piece = most - image->size < PIECE ?
			       (size_t)(most - image->size) + 1 : PIECE;

		if (!grow_data(image, piece))
			return explain_memory();
		length = fread(image->data + image->size, 1, piece, file);
		image->size += length;
	} while (length && image->size <= most);
	if (ferror(file))
		return explain_file(name, -errno);
	if (!image->size)
		return STATUS_OK;
	return add_run(image, (struct image_run){ offset, 0, image->size, 1 });
}

void image_free(struct image *image)
{
	free(image->data);
	free(image->runs);
}
