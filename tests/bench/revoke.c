// SPDX-License-Identifier: GPL-2.0
/* From the write that releases a feature to the last of its mappings dead; and what their owner's munmap() of them takes */

#include "bench.h"
#include "guest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define MOST 16384

static void *maps[MOST];

/* All touched; each of a descriptor of its own, or all of one. None stays open */
static void map_all(const char *feat, unsigned int mappings, bool many)
{
	unsigned int i;
	int fd = -1;

	for (i = 0; i < mappings; i++) {
		if (many || !i)
			fd = open_file(feat, "dflres/resource0", O_RDWR);
		maps[i] = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);
		if (maps[i] == MAP_FAILED || peek(maps[i], NULL))
			bail("%s can be mapped %u times", feat, mappings);
		if (many || i == mappings - 1)
			close(fd);
	}
}

static void unmap_all(unsigned int mappings)
{
	unsigned int i;

	for (i = 0; i < mappings; i++)
		munmap(maps[i], PAGE);
}

static void measure_release(struct samples *s, const char *feat, unsigned int mappings, bool many)
{
	double start;

	if (set_owner(feat, "user"))
		bail("%s can be claimed", feat);
	map_all(feat, mappings, many);
	start = now_us();
	if (set_owner(feat, "none"))
		bail("%s can be released", feat);
	if (peek(maps[mappings - 1], NULL) != -EFAULT)
		bail("the last mapping is dead");
	sample(s, now_us() - start);
	unmap_all(mappings);
}

static void measure_munmap(struct samples *s, const char *feat, unsigned int mappings)
{
	double start;

	if (set_owner(feat, "user"))
		bail("%s can be claimed", feat);
	map_all(feat, mappings, true);
	start = now_us();
	unmap_all(mappings);
	sample(s, now_us() - start);
	if (set_owner(feat, "none"))
		bail("%s can be released", feat);
}

void measure_revoke(void)
{
	static const struct {
		unsigned int mappings, rounds;
	} series[] = { { 1, 201 }, { 64, 201 }, { 1024, 51 }, { MOST, 7 } };
	static struct samples one, many, own;
	unsigned int round, i;
	char *feat;

	dflres.begin();
	feat = need_feature(PLAIN, 0);
	for (i = 0; i < (quick ? ARRAY_SIZE(series) - 1 : ARRAY_SIZE(series)); i++) {
		begin_samples(&one, "revoke", "dflres, of one descriptor", "us", series[i].mappings);
		begin_samples(&many, "revoke", "dflres, of as many descriptors", "us", series[i].mappings);
		begin_samples(&own, "revoke", "munmap() by their owner", "us", series[i].mappings);
		for (round = 0; round < rounds(series[i].rounds); round++) {
			measure_release(&one, feat, series[i].mappings, false);
			measure_release(&many, feat, series[i].mappings, true);
			measure_munmap(&own, feat, series[i].mappings);
		}
		print_samples(&one);
		print_samples(&many);
		print_samples(&own);
	}
	free(feat);
	dflres.end();
}
