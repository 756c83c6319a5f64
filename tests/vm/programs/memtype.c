// SPDX-License-Identifier: GPL-2.0
/*
 * resource0_wc, and one memory type a claim: the first use decides, till the release. `memtype plain` looks at a card with a
 * BAR that is not prefetchable (cards/plain-bar.card).
 */

#define _GNU_SOURCE
#include "guest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROUNDS 100
#define MEMTYPES "/sys/kernel/debug/x86/pat_memtype_list"

static char *big;
static size_t size;

/* 0 and the mapping is gone again, or a negative errno */
static long try_map(const char *file, size_t length, off_t offset)
{
	int fd = open_file(big, file, O_RDWR), ret = 0;
	void *map;

	if (fd < 0)
		return fd;
	map = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED, fd, offset);
	if (map == MAP_FAILED)
		ret = -errno;
	else
		munmap(map, length);
	close(fd);
	return ret;
}

static long try_read(int flags, size_t count)
{
	int fd = open_file(big, "dflres/resource0", flags);
	char buf[64];
	long ret;

	if (fd < 0)
		return fd;
	ret = pread(fd, buf, count, 0);
	if (ret < 0)
		ret = -errno;
	close(fd);
	return ret;
}

static long try_write(void)
{
	int fd = open_file(big, "dflres/resource0", O_WRONLY);
	uint32_t value = 1;
	long ret = pwrite(fd, &value, 4, 64);

	if (ret < 0)
		ret = -errno;
	close(fd);
	return ret;
}

/* Whether the processor's table of memory types has the feature's range, as this type; as none if there is no table */
static bool memory_type_is(const char *type)
{
	char range[64], line[256];
	FILE *list = fopen(MEMTYPES, "r");
	bool found = false, same = false;

	if (!list)
		return true;
	snprintf(range, sizeof(range), "0x%016lx-0x%016lx", (long)reg_start(big), (long)(reg_start(big) + size));
	while (fgets(line, sizeof(line), list)) {
		if (!strstr(line, range))
			continue;
		found = true;
		same |= type && strstr(line, type);
	}
	fclose(list);
	return type ? same : !found;
}

static void claim(const char *what)
{
	is(set_owner(big, "user"), 0, "%s: a feature is claimed, to be mapped in one way", what);
}

static void release(const char *what)
{
	is(set_owner(big, "none"), 0, "%s: the claim is released", what);
	ok(memory_type_is(NULL), "%s: the range has no memory type after the release", what);
}

static void test_file(void)
{
	char name[128];
	struct stat st;
	uint32_t word;
	int fd;

	ok(!has_file(big, "dflres/resource0_wc"), "there is no resource0_wc without a claim");
	claim("file");
	ok(is_file_of(big, "dflres/resource0_wc", 0600, 0), "resource0_wc is the claimer's alone");
	path(name, sizeof(name), big, "dflres/resource0_wc");
	is(stat(name, &st) ? -1 : st.st_size, size, "resource0_wc has the length of the feature");
	fd = open_file(big, "dflres/resource0_wc", O_RDWR);
	is(pread(fd, &word, 4, 0) < 0 ? -errno : 0, -EIO, "resource0_wc cannot be read");
	is(pwrite(fd, &word, 4, 0) < 0 ? -errno : 0, -EIO, "resource0_wc cannot be written");
	close(fd);
	release("file");
}

static void test_write_combined_first(void)
{
	volatile uint8_t *map, *again;
	int fd, uncached;

	claim("write-combined first");
	fd = open_file(big, "dflres/resource0_wc", O_RDWR);
	uncached = open_file(big, "dflres/resource0", O_RDWR);
	map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	ok(map != MAP_FAILED && !poke(map + 4, 0xabcd), "resource0_wc is mapped and written");
	ok(memory_type_is("write-combining"), "the range is write-combining while resource0_wc is mapped");
	is(try_map("dflres/resource0", PAGE, 0), -EBUSY, "resource0 is not mapped beside resource0_wc");
	is(try_read(O_RDWR, 4), -EBUSY, "resource0 is not read beside resource0_wc");
	is(try_read(O_RDONLY, 4), -EBUSY, "resource0 opened for reading is not read beside resource0_wc");
	is(try_write(), -EBUSY, "resource0 is not written beside resource0_wc");
	again = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);
	ok(again != MAP_FAILED && *(volatile uint32_t *)(again + 4) == 0xabcd, "a second mapping of resource0_wc reads the write");
	munmap((void *)map, size);
	is(try_map("dflres/resource0", PAGE, 0), -EBUSY, "the memory type stays when the mapping that decided is gone");
	release("write-combined first");
	is(peek(again, NULL), -EFAULT, "a write-combined mapping ends with the claim");
	is(mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0) == MAP_FAILED ? -errno : 0, -ENODEV,
	   "a descriptor of resource0_wc ends with the claim");
	munmap((void *)again, PAGE);
	close(fd);
	close(uncached);
	claim("after write-combined");
	is(try_map("dflres/resource0", size, 0), 0, "the claim after a write-combined one can be mapped uncached");
	release("after write-combined");
}

static void test_uncached_first(const char *what, long (*use)(void))
{
	claim(what);
	ok(use() >= 0, "%s: resource0 is used first", what);
	is(try_map("dflres/resource0_wc", PAGE, 0), -EBUSY,
	   "%s: resource0_wc is not mapped after the use of resource0", what);
	is(try_read(O_RDWR, 16), 16, "%s: resource0 reads on after resource0_wc was refused", what);
	release(what);
	claim(what);
	is(try_map("dflres/resource0_wc", PAGE, 0), 0, "%s: resource0_wc is mapped in the next claim", what);
	release(what);
}

static long maps(void) { return try_map("dflres/resource0", PAGE, 0); }
static long reads(void) { return try_read(O_RDWR, 8); }
static long looks(void) { return try_read(O_RDONLY, 4); }

/* What fails decides nothing */
static void test_failures(void)
{
	int fd;

	claim("failures");
	is(try_read(O_RDONLY, 16), -EINVAL, "a read that is refused decides no memory type");
	is(try_map("dflres/resource0", size + PAGE, 0), -EINVAL, "a mapping out of range decides no memory type");
	fd = open_file(big, "dflres/resource0", O_RDWR);
	ok(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 0) == MAP_FAILED, "a private mapping decides no memory type");
	close(fd);
	is(try_map("dflres/resource0_wc", size + PAGE, 0), -EINVAL, "resource0_wc out of range decides no memory type");
	is(try_map("dflres/resource0_wc", PAGE, size), -EINVAL, "resource0_wc behind its end decides no memory type");
	ok(memory_type_is(NULL), "no memory type is reserved after failures");
	is(try_map("dflres/resource0", PAGE, 0), 0, "resource0 is mapped after failures");
	release("failures");
}

struct race {
	atomic_int round, ready;
	int results[2][ROUNDS];
};

static struct race *race;

static int races(const void *arg)
{
	int me = *(const int *)arg, round;

	for (round = 0; round < ROUNDS; round++) {
		while (atomic_load(&race->round) <= round)
			;
		race->results[me][round] = try_map(me ? "dflres/resource0_wc" : "dflres/resource0", PAGE, 0);
		atomic_fetch_add(&race->ready, 1);
	}
	return 0;
}

static void test_race(void)
{
	static const int who[] = { 0, 1 };
	unsigned int both = 0, neither = 0, other = 0;
	pid_t children[2];
	int round;

	race = mmap(NULL, sizeof(*race), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	children[0] = background(races, &who[0]);
	children[1] = background(races, &who[1]);
	for (round = 0; round < ROUNDS; round++) {
		other += set_owner(big, "user") != 0;
		atomic_store(&race->round, round + 1);
		while (atomic_load(&race->ready) < 2 * (round + 1))
			;
		other += set_owner(big, "none") != 0;
		both += !race->results[0][round] && !race->results[1][round];
		neither += race->results[0][round] && race->results[1][round];
		other += (race->results[0][round] && race->results[0][round] != -EBUSY) ||
			 (race->results[1][round] && race->results[1][round] != -EBUSY);
	}
	ok(!finish(children[0]) && !finish(children[1]), "two processes map a claim in both ways at once");
	is(both, 0, "never have both memory types been mapped in one claim");
	is(neither, 0, "one of the two memory types has always been mapped");
	is(other, 0, "the other memory type has always been refused with EBUSY");
	munmap(race, sizeof(*race));
}

static void test_plain_bar(void)
{
	setup("plain-bar");
	big = need_feature(0x600, 0);
	is_str(get(big, "dflres/claimable"), "yes", "a feature in a BAR that is not prefetchable can be claimed");
	is_str(get(big, "dflres/mappable"), "1", "a feature in a BAR that is not prefetchable can be mapped");
	is(set_owner(big, "user"), 0, "a feature in a BAR that is not prefetchable is claimed");
	is(try_map("dflres/resource0", PAGE, 0), 0, "resource0 is mapped in a BAR that is not prefetchable");
	ok(!has_file(big, "dflres/resource0_wc"), "there is no resource0_wc in a BAR that is not prefetchable");
	is(set_owner(big, "none"), 0, "the feature in a BAR that is not prefetchable is released");
	big = need_feature(0x601, 0);
	is(set_owner(big, "user"), 0, "a feature in the card's other BAR is claimed");
	ok(has_file(big, "dflres/resource0_wc"), "there is a resource0_wc in a BAR that is prefetchable");
	is(set_owner(big, "none"), 0, "the feature in the card's other BAR is released");
}

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "plain")) {
		test_plain_bar();
		return done();
	}
	setup("basic");
	big = need_feature(BIG, 0);
	size = reg_size(big);
	test_file();
	test_write_combined_first();
	test_uncached_first("mapped", maps);
	test_uncached_first("read", reads);
	test_uncached_first("written", try_write);
	test_uncached_first("looked at", looks);
	test_failures();
	test_race();
	is(unload("dflres"), 0, "the module unloads after all memory types");
	return done();
}
