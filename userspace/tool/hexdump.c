// SPDX-License-Identifier: GPL-2.0
/* Registers as lines of numbers. */
#include <config.h>

#include <inttypes.h>
#include <string.h>

#include "dump.h"

/* "  |.....0..|", in one column whatever the length of the line */
static void print_characters(const struct hexdump *dump)
{
	const unsigned int bytes = dump->width / 8;
	const size_t missing = (sizeof(dump->line) - dump->length) / bytes;

	printf("%*s  |", (int)(missing * (2 * bytes + 1)), "");
	for (size_t i = 0; i < dump->length; i++) {
		const uint8_t c = dump->line[i];

		putchar(c >= ' ' && c <= '~' ? c : '.');
	}
	putchar('|');
}

/* "00000010  3000000010001010 0000000000000000" */
static void print_line_of(const struct hexdump *dump)
{
	const unsigned int bytes = dump->width / 8;

	printf("%08" PRIx64 " ", dump->offset - dump->length);
	for (size_t i = 0; i < dump->length; i += bytes)
		printf(" %0*" PRIx64, (int)(2 * bytes),
		       value_at(dump->line + i, dump->width));
	if (dump->canonical)
		print_characters(dump);
	putchar('\n');
}

static void end_line(struct hexdump *dump)
{
	const bool full = dump->length == sizeof(dump->line);

	if (!dump->length)
		return;
	if (dump->canonical && dump->has_last && full &&
	    !memcmp(dump->line, dump->last, sizeof(dump->line))) {
		if (!dump->repeats)
			puts("*");
		dump->repeats = true;
	} else {
		print_line_of(dump);
		dump->repeats = false;
	}
	memcpy(dump->last, dump->line, sizeof(dump->last));
	dump->has_last = full;
	dump->length = 0;
}

void hexdump_begin(struct hexdump *dump, unsigned int width, uint64_t offset,
		   bool canonical)
{
	*dump = (struct hexdump){
		.width = width,
		.canonical = canonical,
		.offset = offset,
		.shift = offset % (width / 8),
	};
}

/* The lines of all dumps begin at the same offsets, at which there is an access. */
void hexdump_put(struct hexdump *dump, const uint8_t *data, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		dump->line[dump->length++] = data[i];
		if (++dump->offset % sizeof(dump->line) == dump->shift)
			end_line(dump);
	}
}

void hexdump_end(struct hexdump *dump)
{
	end_line(dump);
	if (dump->canonical)
		printf("%08" PRIx64 "\n", dump->offset);
}
