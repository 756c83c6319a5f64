// SPDX-License-Identifier: GPL-2.0
/* From the write that releases a feature to the last of its mappings dead */

#include "bench.h"
#include "guest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define MOST 1024

static void measure_once(struct samples *s, const char *feat, unsigned int mappings)
{
	static void *maps[MOST];
	unsigned int i;
	double start;
	int fd;

	if (set_owner(feat, "user"))
		bail("%s can be claimed", feat);
	fd = open_file(feat, "dflres/resource0", O_RDWR);
	for (i = 0; i < mappings; i++) {
		maps[i] = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);
		if (maps[i] == MAP_FAILED || peek(maps[i], NULL))
			bail("%s can be mapped %u times", feat, mappings);
	}
	start = now_us();
	if (set_owner(feat, "none"))
		bail("%s can be released", feat);
	if (peek(maps[mappings - 1], NULL) != -EFAULT)
		bail("the last mapping is dead");
	sample(s, now_us() - start);
	for (i = 0; i < mappings; i++)
		munmap(maps[i], PAGE);
	close(fd);
}

void measure_revoke(void)
{
	static const unsigned int counts[] = { 1, 64, MOST };
	static struct samples samples[ARRAY_SIZE(counts)];
	unsigned int round, i;
	char *feat;

	dflres.begin();
	feat = need_feature(PLAIN, 0);
	for (i = 0; i < ARRAY_SIZE(counts); i++)
		begin_samples(&samples[i], "revoke", "dflres", "us", counts[i]);
	for (round = 0; round < rounds(201); round++)
		for (i = 0; i < ARRAY_SIZE(counts); i++)
			measure_once(&samples[i], feat, counts[i]);
	for (i = 0; i < ARRAY_SIZE(counts); i++)
		print_samples(&samples[i]);
	free(feat);
	dflres.end();
}
