/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What regmap.c and regmap-json.c share. */
#ifndef DFLRES_REGMAP_H
#define DFLRES_REGMAP_H

#include <stddef.h>

#include "internal.h"

/* A register or a field, and where in the file it is. */
struct dflres_regmap_entry {
	struct dflres_register public;
	char *name;
	char *access;
	unsigned int line;
};

struct dflres_regmap {
	struct dflres_regmap_entry *entries;	/* in the order of the file */
	struct dflres_regmap_entry **by_name;
	size_t count;
	size_t room;
};

/* Where a sentence about a file goes. */
struct dflres_regmap_fault {
	const char *path;
	char *text;
	size_t size;
	bool written;		/* an error without a sentence of its own gets one */
};

/* regmap-json.c: say "FILE:LINE: what"; -EINVAL. */
__attribute__((format(printf, 3, 4)))
int dflres_regmap_fail(struct dflres_regmap_fault *fault,
		       unsigned int line, const char *format, ...);

/* The same: fill @map with what @text says; -EINVAL, and a sentence says why. */
int dflres_regmap_parse(struct dflres_regmap *map, const char *text,
			size_t length, struct dflres_regmap_fault *fault);

#endif
