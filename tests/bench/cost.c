// SPDX-License-Identifier: GPL-2.0
/*
 * What a claim, a mapping and an idle feature cost, and whether that depends on the size of the card. Figures are medians;
 * under emulation only their ratios mean anything.
 */

#include "guest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>

#define ROUNDS 501

static double now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1e6 + now.tv_nsec / 1e3;
}

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double quantile(double *values, double q)
{
	qsort(values, ROUNDS, sizeof(*values), ascending);
	return values[(int)(q * (ROUNDS - 1))];
}

static void card_of(unsigned int features)
{
	if (sh("card many %u >/cards/many.card", features))
		bail("a card of %u features can be described", features);
	setup("many");
}

/* The feature that the card has in its middle */
static char *middle(unsigned int features)
{
	char name[32];

	snprintf(name, sizeof(name), "dfl_dev.%u", features / 2);
	return strdup(name);
}

static void claims(void)
{
	static const unsigned int sizes[] = { 8, 64, 512, 2000 };
	static double claim[ROUNDS], release[ROUNDS];
	double first_claim = 0, first_release = 0;
	unsigned int i, k;

	printf("\nA claim and a release, in us (%u rounds)\n", ROUNDS);
	printf("%10s %10s %10s %10s %10s %10s %10s\n", "features", "claim", "10%", "90%", "release",
	       "claim/8", "release/8");
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		char *feat;
		double c, r;

		card_of(sizes[i]);
		feat = middle(sizes[i]);
		for (k = 0; k < ROUNDS; k++) {
			double start = now_us(), claimed;

			if (set_owner(feat, "user"))
				bail("%s can be claimed", feat);
			claimed = now_us();
			if (set_owner(feat, "none"))
				bail("%s can be released", feat);
			release[k] = now_us() - claimed;
			claim[k] = claimed - start;
		}
		c = quantile(claim, 0.5);
		r = quantile(release, 0.5);
		if (!i) {
			first_claim = c;
			first_release = r;
		}
		printf("%10u %10.1f %10.1f %10.1f %10.1f %10.2f %10.2f\n", sizes[i], c,
		       quantile(claim, 0.1), quantile(claim, 0.9), r, c / first_claim,
		       r / first_release);
		free(feat);
	}
}

static long minor_faults(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_minflt;
}

static void faults(void)
{
	static const size_t pages[] = { 1, 16, 512, 1024 };
	unsigned int i;

	printf("\nPage faults of a program that touches every page of a mapping, writing\n");
	printf("%10s %12s %12s\n", "pages", "first touch", "all others");
	for (i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
		size_t size = pages[i] * PAGE, offset;
		long before, first, all;
		volatile uint8_t *map;
		char *feat;

		if (sh("card many 2 0x%zx >/cards/many.card", size))
			bail("a card can be described");
		setup("many");
		feat = middle(2);
		if (set_owner(feat, "user"))
			bail("%s can be claimed", feat);
		map = map_regs(feat, 0, size);
		if (map == MAP_FAILED)
			bail("%s can be mapped", feat);
		before = minor_faults();
		*(volatile uint32_t *)map = 1;
		first = minor_faults();
		for (offset = PAGE; offset < size; offset += PAGE)
			*(volatile uint32_t *)(map + offset) = 1;
		all = minor_faults();
		printf("%10zu %12ld %12ld\n", pages[i], first - before, all - first);
		munmap((void *)map, size);
		set_owner(feat, "none");
		free(feat);
	}
}

/* Bytes of all objects in the slab caches whose names begin so */
static long slab_bytes(const char *prefix)
{
	char line[512], name[64];
	unsigned long active, all, size;
	FILE *file = fopen("/proc/slabinfo", "r");
	long bytes = 0;

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "%63s %lu %lu %lu", name, &active, &all, &size) == 4 &&
		    !strncmp(name, prefix, strlen(prefix)))
			bytes += active * size;
	if (file)
		fclose(file);
	return bytes;
}

static void memory(void)
{
	const unsigned int features = 2000;
	long own, files;

	card_of(features);
	unload("dflres");
	own = slab_bytes("kmalloc-") + slab_bytes("radix_tree_node");
	files = slab_bytes("kernfs_node_cache");
	if (load("dflres"))
		bail("dflres.ko loads");
	own = slab_bytes("kmalloc-") + slab_bytes("radix_tree_node") - own;
	files = slab_bytes("kernfs_node_cache") - files;
	printf("\nMemory for a feature that nobody has claimed, in bytes (of %u features)\n", features);
	printf("%10ld  the module's own: its object, the names of its files, its share of the index\n",
	       own / features);
	printf("%10ld  the kernel's, for a directory and its files in sysfs\n", files / features);
}

int main(void)
{
	claims();
	faults();
	memory();
	return 0;
}
