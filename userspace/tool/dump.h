/* SPDX-License-Identifier: GPL-2.0 */
/* What dflres dump writes, and dflres load reads. */
#ifndef DUMP_H
#define DUMP_H

#include "tool.h"

/* ---- hexdump.c: registers as lines of numbers ---- */

struct hexdump {
	unsigned int width;	/* in bits */
	bool canonical;		/* with characters, and '*' for repeated lines */
	uint64_t offset;	/* of what comes next */
	unsigned int shift;	/* where in 16 bytes lines begin */
	uint8_t line[16];
	size_t length;		/* of the line, so far */
	uint8_t last[16];	/* the line before */
	bool has_last;
	bool repeats;		/* the '*' has been printed */
};

void hexdump_begin(struct hexdump *dump, unsigned int width, uint64_t offset,
		   bool canonical);
/* @length: a multiple of the width */
void hexdump_put(struct hexdump *dump, const uint8_t *data, size_t length);
void hexdump_end(struct hexdump *dump);

/* ---- image.c: new contents of registers, from the file of a dump ---- */

/* Bytes that lie one after the other in the registers. */
struct image_run {
	uint64_t offset;	/* in the registers */
	size_t at;		/* in the image's data */
	size_t length;
	uint64_t times;		/* how often they repeat, one after the other */
};

struct image {
	uint8_t *data;
	size_t size, room;
	struct image_run *runs;	/* in the order of their offsets */
	size_t count, runs_room;
	unsigned int width;	/* of the numbers in the text; 0: none */
};

/* Call image_free() afterwards, whatever these return. */
/* @file: the text of a dump; a sentence with @name and the line says what is wrong */
enum exit_status image_read_text(struct image *image, FILE *file,
				 const char *name);
/* @file: raw bytes, for @offset; no more than @most of them */
enum exit_status image_read_bytes(struct image *image, FILE *file,
				  const char *name, uint64_t offset,
				  uint64_t most);
void image_free(struct image *image);

#endif
