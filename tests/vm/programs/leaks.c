// SPDX-License-Identifier: GPL-2.0
/*
 * What claims leave behind in the kernel: nothing. Each of many claims is used in every way that takes something for it, and
 * ends in each of the ways that there are; then the kernel's own counts must be about what they were.
 */

#include "guest.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define ROUNDS 500
/* What else happens in the system meanwhile, and what the allocator counts in whole slabs */
#define SLACK (ROUNDS / 2)

static char *feat;

/* Objects of a slab cache that are in use */
static long objects(const char *cache)
{
	FILE *slabs = fopen("/proc/slabinfo", "r");
	size_t length = strlen(cache);
	char line[512];
	long n = -1;

	while (slabs && fgets(line, sizeof(line), slabs))
		if (!strncmp(line, cache, length) && line[length] == ' ')
			n = strtol(line + length, NULL, 10);
	if (slabs)
		fclose(slabs);
	if (n < 0)
		bail("/proc/slabinfo tells of %s", cache);
	return n;
}

/* What the module has mapped of the card's registers */
static int kernel_mappings(void)
{
	return sh("exit $(grep -c dflres /proc/vmallocinfo)");
}

static int claim_it(const void *unused)
{
	(void)unused;
	return set_owner(feat, "user") ? 1 : 0;
}

static void use_it(void)
{
	int fd = open_file(feat, "dflres/resource0", O_RDWR);
	uint32_t value;
	void *map;

	if (pread(fd, &value, sizeof(value), 0) != sizeof(value))
		bail("a claim's registers can be read");
	map = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED || peek(map, &value))
		bail("a claim's registers can be mapped");
	munmap(map, PAGE);
	close(fd);
}

static void end_it(int round)
{
	if (round % 3 == 2) {
		if (!lease_ends(feat))
			bail("the end of a lease comes");
	} else if (set_owner(feat, round % 3 ? "none" : "kernel")) {
		bail("the claim is released");
	}
}

static void begin_it(int round)
{
	int event;

	if (round % 3 != 2) {
		if (finish(background(claim_it, NULL)))
			bail("the feature can be claimed");
		return;
	}
	event = new_event();
	if (take_lease(feat, event))
		bail("the feature can be leased");
	use_it();
	close(event);
}

static void rounds(int n)
{
	int round;

	for (round = 0; round < n; round++) {
		begin_it(round);
		if (round % 3 != 2)
			use_it();
		end_it(round);
	}
}

int main(void)
{
	static const struct {
		const char *cache, *what;
	} caches[] = {
		{ "pid", "the claimers' pids" },
		{ "kernfs_node_cache", "the claims' files" },
		{ "filp", "the files of mappings" },
		{ "inode_cache", "the inodes of mappings" },
	};
	const unsigned int n = sizeof(caches) / sizeof(caches[0]);
	long before[n], after;
	unsigned int i;
	int mapped;

	setup("basic");
	feat = need_feature(PLAIN, 0);
	rounds(30);
	mapped = kernel_mappings();
	for (i = 0; i < n; i++)
		before[i] = objects(caches[i].cache);
	rounds(ROUNDS);
	for (i = 0; i < n; i++) {
		after = objects(caches[i].cache);
		note("%s: %ld, and then %ld", caches[i].cache, before[i], after);
		ok(after < before[i] + SLACK, "%d claims leave nothing behind of %s", ROUNDS, caches[i].what);
	}
	is(kernel_mappings(), mapped, "no mapping of the kernel's is left of %d claims", ROUNDS);
	return done();
}
