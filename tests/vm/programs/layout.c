// SPDX-License-Identifier: GPL-2.0
/* Where a feature lies decides what may be done with it: cards/layout.card */

#define _GNU_SOURCE
#include "guest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define WINDOW (0x42 * PAGE)

/* Where each is and how long, in pages and bytes */
static const struct {
	unsigned int id;
	const char *what;
	size_t at_page, at_byte, pages;
	ssize_t bytes;
	bool mappable;
} features[] = {
	{ 0x100, "sharing a page with the FIU's header", 0, 0x800, 1, -0x800, false },
	{ 0x101, "of one page", 1, 0, 1, 0, true },
	{ 0x102, "first of two in a page", 2, 0, 0, 0x800, false },
	{ 0x103, "second of two in a page", 2, 0x800, 1, -0x800, false },
	{ 0x104, "of another page", 3, 0, 1, 0, true },
	{ 0x105, "of 16 pages", 4, 0, 16, 0, true },
	{ 0x106, "beginning with a page, ending within one", 0x14, 0, 1, 0x800, false },
	{ 0x107, "crossing pages, aligned at neither end", 0x15, 0x800, 1, 0, false },
	{ 0x108, "beginning within a page, ending with it", 0x16, 0x800, 1, -0x800, false },
	{ 0x109, "smaller than its page, of odd length", 0x17, 0, 0, 0x40c, false },
	{ 0x110, "of a port", 0x41, 0, 1, 0, true },
};

static size_t at_of(unsigned int n)
{
	return features[n].at_page * PAGE + features[n].at_byte;
}

static size_t size_of(unsigned int n)
{
	return features[n].pages * PAGE + features[n].bytes;
}

static volatile uint8_t *bar;
static uint8_t *before, *after;

static void look(uint8_t *copy)
{
	size_t i;

	for (i = 0; i < WINDOW; i += 8)
		*(uint64_t *)(copy + i) = *(volatile uint64_t *)(bar + i);
}

/* Fills the feature with bytes that tell their places, then reads it by pread in pieces of STEP bytes */
static size_t misread(int fd, size_t at, size_t size, size_t step)
{
	uint8_t buf[PAGE];
	size_t offset, i, bad = 0;

	for (i = 0; i < size; i++)
		bar[at + i] = i * 7 + (i >> 8) + 1;
	for (offset = 0; offset < size; offset += step) {
		ssize_t n = pread(fd, buf, step, offset);

		if (n != (ssize_t)(step < size - offset ? step : size - offset))
			return size;
		for (i = 0; i < (size_t)n; i++)
			bad += buf[i] != (uint8_t)((offset + i) * 7 + ((offset + i) >> 8) + 1);
	}
	return bad;
}

/* Writes the feature by pwrite in pieces of STEP bytes; the bytes that are wrong in it or have changed beside it */
static size_t miswritten(int fd, size_t at, size_t size, size_t step)
{
	uint8_t buf[PAGE];
	size_t offset, i, bad = 0;

	look(before);
	for (offset = 0; offset < size; offset += step) {
		ssize_t n;

		for (i = 0; i < step; i++)
			buf[i] = (offset + i) * 5 + 3 + step;
		n = pwrite(fd, buf, step, offset);
		if (n != (ssize_t)(step < size - offset ? step : size - offset))
			return size;
	}
	look(after);
	for (i = 0; i < size; i++)
		bad += after[at + i] != (uint8_t)(i * 5 + 3 + step);
	bad += memcmp(after, before, at) != 0;
	bad += memcmp(after + at + size, before + at + size, WINDOW - at - size) != 0;
	return bad;
}

static void test_bytes(unsigned int n, int fd)
{
	static const size_t steps[] = { 4096, 1001, 64, 8, 7, 4, 3, 2, 1 };
	size_t at = at_of(n), size = size_of(n);
	unsigned int i, count;
	size_t bad;
	char byte = 0;

	/* All of them, but for the largest feature: there the small ones would show nothing new and take most of the time */
	for (count = 0; count < sizeof(steps) / sizeof(steps[0]) && size / steps[count] <= 8192; count++)
		;
	for (bad = 0, i = 0; i < count; i++)
		bad += misread(fd, at, size, steps[i]);
	is(bad, 0, "a feature %s: pread reaches every byte, in steps of all kinds", features[n].what);
	for (bad = 0, i = 0; i < count; i++)
		bad += miswritten(fd, at, size, steps[i]);
	is(bad, 0, "a feature %s: pwrite reaches every byte, and none beside the feature", features[n].what);

	is(pread(fd, &byte, 1, size), 0, "a feature %s: a read at the end gives nothing", features[n].what);
	is(pread(fd, &byte, 1, size + 100), 0, "a feature %s: a read past the end gives nothing", features[n].what);
	is(pwrite(fd, &byte, 1, size) < 0 ? -errno : 0, -EFBIG,
	   "a feature %s: a write at the end is refused", features[n].what);
	is(pwrite(fd, &byte, 1, 1UL << 40) < 0 ? -errno : 0, -EFBIG,
	   "a feature %s: a write far past the end is refused", features[n].what);
}

static void test_feature(unsigned int n)
{
	char *feat = need_feature(features[n].id, 0);
	const char *what = features[n].what;
	char name[256];
	struct stat st;
	void *map;
	int fd;

	is(bar_offset(feat), at_of(n), "a feature %s: the place is the one of the device feature list", what);
	is(reg_size(feat), size_of(n), "a feature %s: the size is the one of the device feature list", what);
	is_str(get(feat, "dflres/mappable"), features[n].mappable ? "1" : "0",
	       "a feature %s: mappable says whether whole pages are its own", what);
	is(set_owner(feat, "user"), 0, "a feature %s: a claim works", what);
	is_str(get(feat, "dflres/mappable"), features[n].mappable ? "1" : "0",
	       "a feature %s: mappable says the same in a claim", what);
	path(name, sizeof(name), feat, "dflres/resource0");
	stat(name, &st);
	is(st.st_size, size_of(n), "a feature %s: resource0 is exactly as long as the feature", what);

	map = map_regs(feat, 0, PAGE);
	is(map == MAP_FAILED ? -errno : 0, features[n].mappable ? 0 : -ENODEV,
	   "a feature %s: mmap answers as mappable says", what);
	if (map != MAP_FAILED)
		munmap(map, PAGE);
	fd = open_file(feat, "dflres/resource0", O_RDWR);
	bar = bar_map(NULL);
	test_bytes(n, fd);
	close(fd);
	is(set_owner(feat, "none"), 0, "a feature %s: the claim is released", what);
	free(feat);
}

int main(void)
{
	unsigned int i;

	before = malloc(WINDOW);
	after = malloc(WINDOW);
	setup("layout");
	for (i = 0; i < sizeof(features) / sizeof(features[0]); i++)
		test_feature(i);
	return done();
}
