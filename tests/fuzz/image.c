// SPDX-License-Identifier: GPL-2.0
/*
 * The text of a dump, as `dflres load` reads it. What has been read lies within
 * what was given, and goes from one end of the registers to the other.
 */
#include <config.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "dump.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void check_runs(const struct image *image)
{
	uint64_t end = 0;

	must(image->count > 0);
	must(image->width == 8 || image->width == 16 || image->width == 32 ||
	     image->width == 64);
	for (size_t i = 0; i < image->count; i++) {
		const struct image_run *run = &image->runs[i];
		uint64_t length;

		must(run->offset >= end);
		must(run->times && run->length);
		must(!(run->length % (image->width / 8)));
		must(run->at <= image->size &&
		     run->length <= image->size - run->at);
		must(!__builtin_mul_overflow(run->times, run->length, &length));
		must(!__builtin_add_overflow(run->offset, length, &end));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct image image = { .data = NULL };
	FILE *file;

	if (!size)
		return 0;
	file = fmemopen((void *)data, size, "r");
	must(file);
	if (!image_read_text(&image, file, "input"))
		check_runs(&image);
	image_free(&image);
	fclose(file);
	return 0;
}
