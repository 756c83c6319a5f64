// SPDX-License-Identifier: GPL-2.0
/* resource0 by mmap: what can be mapped, and what a mapping does */

#define _GNU_SOURCE
#include "guest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static char *big;
static size_t size;
/* The feature as PCI's own resource0 shows it */
static volatile uint8_t *truth;

static long try_map(size_t length, int prot, int flags, int fd, off_t offset)
{
	void *map = mmap(NULL, length, prot, flags, fd, offset);

	if (map == MAP_FAILED)
		return -errno;
	munmap(map, length);
	return 0;
}

static uint32_t word(size_t offset)
{
	return *(volatile uint32_t *)(truth + offset);
}

static void test_ranges(int fd)
{
	int rw = PROT_READ | PROT_WRITE;

	is(try_map(size, rw, MAP_SHARED, fd, 0), 0, "the whole feature maps");
	is(try_map(PAGE, rw, MAP_SHARED, fd, 0), 0, "the first page of a feature maps");
	is(try_map(PAGE, rw, MAP_SHARED, fd, size - PAGE), 0, "the last page of a feature maps");
	is(try_map(3 * PAGE, rw, MAP_SHARED, fd, 2 * PAGE), 0, "pages in the middle of a feature map");
	is(try_map(1, rw, MAP_SHARED, fd, 0), 0, "a length of one byte maps a page");
	is(try_map(size + PAGE, rw, MAP_SHARED, fd, 0), -EINVAL, "a page more than the feature does not map");
	is(try_map(size + 1, rw, MAP_SHARED, fd, 0), -EINVAL, "a byte more than the feature does not map");
	is(try_map(2 * PAGE, rw, MAP_SHARED, fd, size - PAGE), -EINVAL,
	   "pages across the end of the feature do not map");
	is(try_map(PAGE, rw, MAP_SHARED, fd, size), -EINVAL, "a page past the end of the feature does not map");
	is(try_map(PAGE, rw, MAP_SHARED, fd, 1L << 40), -EINVAL, "a page far past the end of the feature does not map");
	is(try_map(PAGE, rw, MAP_SHARED, fd, -PAGE), -EOVERFLOW, "a page at the end of all offsets does not map");
	is(try_map(PAGE, rw, MAP_SHARED, fd, 8), -EINVAL, "an offset within a page does not map");
	is(try_map(0, rw, MAP_SHARED, fd, 0), -EINVAL, "a length of nothing does not map");
}

static void test_kinds(int fd)
{
	int rw = PROT_READ | PROT_WRITE;
	int read_only = open_file(big, "dflres/resource0", O_RDONLY);
	int write_only = open_file(big, "dflres/resource0", O_WRONLY);
	void *map;

	is(try_map(PAGE, rw, MAP_PRIVATE, fd, 0), -EINVAL, "a private mapping is refused");
	is(try_map(PAGE, PROT_READ, MAP_PRIVATE, fd, 0), -EINVAL, "a private mapping for reading is refused");
	is(try_map(PAGE, PROT_READ, MAP_PRIVATE, read_only, 0), -EINVAL,
	   "a private mapping of a read-only descriptor is refused");
	is(try_map(PAGE, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0), -EPERM, "an executable mapping is refused");
	is(try_map(PAGE, PROT_NONE, MAP_SHARED, fd, 0), 0, "a mapping without access is harmless");

	is(try_map(PAGE, PROT_READ, MAP_SHARED, read_only, 0), 0,
	   "a read-only descriptor maps for reading");
	is(try_map(PAGE, rw, MAP_SHARED, read_only, 0), -EACCES, "a read-only descriptor does not map for writing");
	is(try_map(PAGE, PROT_WRITE, MAP_SHARED, write_only, 0), -EACCES,
	   "a write-only descriptor does not map");
	map = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, read_only, 0);
	is(peek(map, NULL), 0, "the read-only mapping reads");
	is(poke(map, 1), -EFAULT, "a read-only mapping of a read-only descriptor does not write");
	is(mprotect(map, PAGE, rw) ? -errno : 0, -EACCES,
	   "mprotect does not make a mapping of a read-only descriptor writable");
	is(mprotect(map, PAGE, PROT_READ | PROT_EXEC) ? -errno : 0, -EACCES,
	   "mprotect does not make a mapping executable");
	munmap(map, PAGE);
	close(read_only);
	close(write_only);

	map = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);
	is(peek(map, NULL), 0, "a mapping for reading of a read-write descriptor reads");
	is(poke(map + 8, 0x11), -EFAULT, "a mapping for reading of a read-write descriptor does not write");
	is(mprotect(map, size, rw) ? -errno : 0, 0, "mprotect makes a mapping of a read-write descriptor writable");
	is(poke(map + 8, 0x11), 0, "a mapping that mprotect made writable writes");
	is(word(8), 0x11, "a write to a mapping that mprotect made writable arrives");
	is(mprotect(map, size, PROT_NONE) ? -errno : 0, 0, "mprotect takes all access to a mapping away");
	is(peek(map, NULL), -EFAULT, "a mapping without access does not read");
	is(mprotect(map, size, rw) ? -errno : 0, 0, "mprotect gives access to a mapping back");
	is(poke(map + 8, 0x12), 0, "a mapping that has its access back writes");
	is(word(8), 0x12, "a write to a mapping that has its access back arrives");
	munmap(map, size);
}

/* How many, or -1 if not every page can be touched */
static long faults_after_first(int fd, char *at)
{
	volatile uint8_t *map = mmap(at, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED_NOREPLACE, fd, 0);
	size_t offset, bad;
	long before;

	/* The first access also faults in what peek() itself needs */
	bad = peek(map, NULL);
	before = minor_faults();
	for (offset = 0; offset < size; offset += PAGE)
		bad += peek(map + offset, NULL) || poke(map + offset + 8, offset);
	before = minor_faults() - before;
	munmap((void *)map, size);
	return bad ? -1 : before;
}

static void test_access(int fd)
{
	volatile uint8_t *map;
	size_t offset, bad;

	is(faults_after_first(fd, FAR), 0, "no page of a mapping faults after the first");
	is(faults_after_first(fd, FAR + TABLE_SIZE - size / 2), 1,
	   "one page of a mapping faults where another page table begins");
	map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	for (offset = 0; offset < size; offset += 4)
		*(volatile uint32_t *)(map + offset) = offset * 0x01010101;
	for (bad = 0, offset = 0; offset < size; offset += 4)
		bad += word(offset) != (uint32_t)(offset * 0x01010101);
	is(bad, 0, "every 32-bit word that is written is where it belongs");
	*(volatile uint64_t *)(truth + 16) = 0x0123456789abcdef;
	ok(*(volatile uint64_t *)(map + 16) == 0x0123456789abcdef, "a 64-bit register reads in the mapping");
	ok(*(volatile uint16_t *)(map + 18) == 0x89ab, "a 16-bit register reads in the mapping");
	ok(map[23] == 0x01, "an 8-bit register reads in the mapping");
	munmap((void *)map, size);

	map = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 5 * PAGE);
	poke(map + 4, 0xfeed);
	is(word(5 * PAGE + 4), 0xfeed, "a mapping at an offset writes there");
	munmap((void *)map, PAGE);
}

static void test_mremap(int fd)
{
	volatile uint8_t *map, *moved;

	map = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 2 * PAGE);
	peek(map, NULL);
	moved = mmap(NULL, 4 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	moved = mremap((void *)map, 4 * PAGE, 4 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED,
		       (void *)moved);
	ok(moved != MAP_FAILED, "a mapping can be moved");
	poke(moved + PAGE, 0xab1e);
	is(word(3 * PAGE), 0xab1e, "a moved mapping writes where it did before");
	is(peek(map, NULL), -EFAULT, "the old place of a moved mapping is empty");

	/* Part of it, moved before its first touch: the page follows from the offset alone */
	map = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 8 * PAGE);
	map = mremap((void *)(map + 2 * PAGE), 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED,
		     (void *)(moved + 2 * PAGE));
	ok(map == moved + 2 * PAGE, "a part of another mapping can be moved behind it");
	poke(moved + 3 * PAGE, 0xab1f);
	is(word(11 * PAGE), 0xab1f, "a part that was moved before its first touch writes where it did");

	is((long)mremap((void *)moved, PAGE, 2 * PAGE, MREMAP_MAYMOVE), -1, "a mapping cannot grow by mremap");
	ok(mremap((void *)moved, 2 * PAGE, PAGE, 0) == moved, "a mapping can shrink by mremap");
	is(peek(moved, NULL), 0, "a mapping that has shrunk still works");
	munmap((void *)moved, 4 * PAGE);
}

static int child_writes(const void *map)
{
	return poke((volatile uint8_t *)map + 12, 0xc0de) ? 1 : 0;
}

static int other_process(const void *value)
{
	volatile uint8_t *map = map_regs(big, 0, size);

	if (map == MAP_FAILED)
		return 1;
	return poke(map + 16, *(const uint32_t *)value) ? 2 : 0;
}

static void test_processes(int fd)
{
	volatile uint8_t *map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	uint32_t value = 0xbeef, got;

	is(finish(background(child_writes, (void *)map)), 0,
	   "a child inherits a mapping that was never touched");
	is(word(12), 0xc0de, "a child's write to a mapping never touched arrives");
	peek(map, NULL);
	*(volatile uint32_t *)(truth + 12) = 0;
	is(finish(background(child_writes, (void *)map)), 0, "a child inherits a mapping that was touched");
	is(word(12), 0xc0de, "a child's write to a mapping that was touched arrives");

	is(finish(background(other_process, &value)), 0,
	   "another process of the same user maps as well");
	is(peek(map + 16, &got), 0, "the first process still reads beside the second one's mapping");
	is(got, value, "the first process reads what the second one wrote");
	munmap((void *)map, size);
}

static void test_cycles(int fd)
{
	unsigned int i, bad = 0;
	volatile uint8_t *map;

	for (i = 0; i < 10000; i++) {
		map = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, i % 15 * PAGE);
		if (map == MAP_FAILED) {
			bad++;
			continue;
		}
		*(volatile uint32_t *)map = i;
		bad += word(i % 15 * PAGE) != i;
		munmap((void *)map, 2 * PAGE);
	}
	is(bad, 0, "a feature is mapped, written and unmapped 10000 times");
}

int main(void)
{
	int fd;

	setup("basic");
	big = need_feature(BIG, 0);
	size = reg_size(big);
	truth = bar_map(NULL) + bar_offset(big);
	is_str(get(big, "dflres/mappable"), "1", "mappable says 1 for a feature of whole pages");
	is(set_owner(big, "user"), 0, "the feature is claimed, to be mapped");
	/* Asked for again after the claim, which may have zapped it */
	truth = bar_map(NULL) + bar_offset(big);
	fd = open_file(big, "dflres/resource0", O_RDWR);
	if (fd < 0)
		bail("the file resource0 opens");

	test_ranges(fd);
	test_kinds(fd);
	test_access(fd);
	test_mremap(fd);
	test_processes(fd);
	test_cycles(fd);
	close(fd);
	is(set_owner(big, "none"), 0, "the feature is released after its mappings");
	return done();
}
