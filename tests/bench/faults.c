// SPDX-License-Identifier: GPL-2.0
/* Page faults of a program that touches every page of a mapping, writing */

#include "bench.h"
#include "guest.h"

#include <stdlib.h>
#include <sys/mman.h>

static void measure_pages(size_t pages)
{
	size_t size = pages * PAGE, offset;
	volatile uint8_t *map;
	long before;
	char *feat;

	if (sh("card many 2 0x%zx >/cards/many.card", size))
		bail("a card can be described");
	setup("many");
	feat = need_feature(0x101, 0);
	if (set_owner(feat, "user"))
		bail("%s can be claimed", feat);
	map = map_regs(feat, 0, size);
	if (map == MAP_FAILED)
		bail("%s can be mapped", feat);
	before = minor_faults();
	for (offset = 0; offset < size; offset += PAGE)
		*(volatile uint32_t *)(map + offset) = 1;
	print_value("faults", "dflres", "faults", pages, minor_faults() - before);
	munmap((void *)map, size);
	set_owner(feat, "none");
	free(feat);
	unload("dflres");
}

void measure_faults(void)
{
	static const size_t pages[] = { 1, 16, 512, 900 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(pages); i++)
		measure_pages(pages[i]);
}
