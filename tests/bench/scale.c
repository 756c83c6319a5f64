// SPDX-License-Identifier: GPL-2.0
/* What depends on the number of features of a card, or should not: a claim, a release, the module's coming and going, memory */

#include "bench.h"
#include "guest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Each size has its turn so many times */
#define PASSES 3

/* The module of --against is measured beside ours, in the same boot */
static const struct {
	const char *file, *who;
} modules[] = {
	{ "dflres", "dflres" },
	{ "against", "dflres of --against" },
};

struct of_size {
	struct {
		struct samples claim, release;
	} by[ARRAY_SIZE(modules)];
	struct samples load, unload;
};

static unsigned int nr_modules(void)
{
	return access("/lib/dfl/against.ko", F_OK) ? 1 : ARRAY_SIZE(modules);
}

/* The feature that the card has in its middle */
static char *middle(unsigned int features)
{
	char name[32];

	snprintf(name, sizeof(name), "dfl_dev.%u", features / 2);
	return strdup(name);
}

static void measure_claims(struct of_size *s, unsigned int features, unsigned int module)
{
	char *feat = middle(features);
	unsigned int round;

	if (module && (unload("dflres") || load(modules[module].file)))
		bail("%s takes the place of dflres", modules[module].who);

	for (round = 0; round < rounds(167); round++) {
		double start = now_us(), claimed;

		if (set_owner(feat, "user"))
			bail("%s can be claimed", feat);
		claimed = now_us();
		if (set_owner(feat, "none"))
			bail("%s can be released", feat);
		sample(&s->by[module].release, now_us() - claimed);
		sample(&s->by[module].claim, claimed - start);
	}
	if (module && (unload("dflres") || load("dflres")))
		bail("dflres comes back");
	free(feat);
}

static void measure_module(struct of_size *s, unsigned int features)
{
	unsigned int round;

	for (round = 0; round < rounds(5); round++) {
		double start = now_us(), gone;

		if (unload("dflres"))
			bail("dflres goes");
		gone = now_us();
		if (load("dflres"))
			bail("dflres comes back");
		sample(&s->load, (now_us() - gone) / features);
		sample(&s->unload, (gone - start) / features);
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

static void measure_memory(unsigned int features)
{
	long own, files;

	if (unload("dflres"))
		bail("dflres goes");
	own = slab_bytes("kmalloc-") + slab_bytes("radix_tree_node");
	files = slab_bytes("kernfs_node_cache");
	if (load("dflres"))
		bail("dflres comes back");
	own = slab_bytes("kmalloc-") + slab_bytes("radix_tree_node") - own;
	files = slab_bytes("kernfs_node_cache") - files;
	print_value("memory", "the module's own", "B", features, own / (double)features);
	print_value("memory", "the kernel's, for a directory and its files", "B", features, files / (double)features);
}

void measure_scale(void)
{
	static struct of_size of_sizes[ARRAY_SIZE(sizes)];
	unsigned int pass, i, k;

	for (i = 0; i < nr_sizes(); i++) {
		for (k = 0; k < nr_modules(); k++) {
			begin_samples(&of_sizes[i].by[k].claim, "claim", modules[k].who, "us", sizes[i]);
			begin_samples(&of_sizes[i].by[k].release, "release", modules[k].who, "us", sizes[i]);
		}
		begin_samples(&of_sizes[i].load, "load", "dflres, per feature", "us", sizes[i]);
		begin_samples(&of_sizes[i].unload, "unload", "dflres, per feature", "us", sizes[i]);
	}
	for (pass = 0; pass < rounds(PASSES); pass++)
		for (i = 0; i < nr_sizes(); i++) {
			card_of(sizes[i]);
			for (k = 0; k < nr_modules(); k++)
				measure_claims(&of_sizes[i], sizes[i], k);
			measure_module(&of_sizes[i], sizes[i]);
		}
	/* of the largest card, the last one: slabs are too coarse for a small one */
	measure_memory(sizes[nr_sizes() - 1]);
	for (i = 0; i < nr_sizes(); i++) {
		for (k = 0; k < nr_modules(); k++)
			print_samples(&of_sizes[i].by[k].claim);
		for (k = 0; k < nr_modules(); k++)
			print_samples(&of_sizes[i].by[k].release);
		print_samples(&of_sizes[i].load);
		print_samples(&of_sizes[i].unload);
	}
	unload("dflres");
}
