// SPDX-License-Identifier: GPL-2.0
/* The names of registers. An input is a file of them. */
#include <config.h>

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dflres.h"
#include "fixture.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	scratch_create_in(access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm");
	atexit(scratch_remove);
	fixture_create();
	return 0;
}

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void look_at(const struct dflres_regmap *map)
{
	for (size_t i = 0; i < dflres_regmap_count(map); i++) {
		const struct dflres_register *reg = dflres_regmap_entry(map, i);

		must(dflres_regmap_find(map, reg->name) == reg);
		must(reg->width >= 8 && reg->width <= 64 && reg->mask);
		must(!(reg->mask & ~(UINT64_MAX >> (64 - reg->width))));
		must(dflres_field_prep(reg->mask, dflres_field_get(reg->mask, UINT64_MAX)) == reg->mask);
		must(!reg->has_reset || !(dflres_field_prep(reg->mask, reg->reset) & ~reg->mask));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char path[512], text[DFLRES_SENTENCE_MAX] = "";
	struct dflres_regmap *map;

	put("names.json", (const char *)data, size);
	snprintf(path, sizeof(path), "%s/names.json", fixture_root());
	if (dflres_regmap_open(&map, path, text, sizeof(text))) {
		/* it says where */
		must(strstr(text, path));
		return 0;
	}
	look_at(map);
	dflres_regmap_close(map);
	return 0;
}
