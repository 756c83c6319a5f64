// SPDX-License-Identifier: GPL-2.0
/*
 * A pread or pwrite of 8, 4 or 2 bytes that is aligned on the bus is one access: no value is ever seen that is half old and
 * half new. In memory, as here, that shows only by chance, so it is tried often, with both sides busy on processors of
 * their own; and where the processor has a breakpoint for it, that counts the accesses. `width odd` does the same with a
 * feature of cards/dfhv1.card that starts at an odd multiple of 4.
 */

#include "guest.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/hw_breakpoint.h>
#include <linux/perf_event.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define TRIES 20000

struct place {
	size_t offset, width;
};

static char *feat;
/* Its registers, as PCI's own resource0 shows them */
static volatile uint8_t *truth;

static void store(volatile uint8_t *at, size_t width, uint64_t value)
{
	if (width == 8)
		*(volatile uint64_t *)at = value;
	else if (width == 4)
		*(volatile uint32_t *)at = value;
	else
		*(volatile uint16_t *)at = value;
}

static uint64_t fetch(volatile uint8_t *at, size_t width)
{
	if (width == 8)
		return *(volatile uint64_t *)at;
	return width == 4 ? *(volatile uint32_t *)at : *(volatile uint16_t *)at;
}

static bool torn(uint64_t value, size_t width)
{
	uint64_t ones = width == 8 ? ~0ULL : (1ULL << 8 * width) - 1;

	return value && value != ones;
}

static int writes_for_ever(const void *arg)
{
	const struct place *place = arg;

	while (place) {
		store(truth + place->offset, place->width, 0);
		store(truth + place->offset, place->width, ~0ULL);
	}
	return 1;
}

static int preads(const struct place *place)
{
	int fd = open_file(feat, "dflres/resource0", O_RDONLY), bad = 0, i;
	pid_t writer = background(writes_for_ever, place);

	for (i = 0; i < TRIES; i++) {
		uint64_t value = 0;

		if (pread(fd, &value, place->width, place->offset) != (ssize_t)place->width)
			bad++;
		bad += torn(value, place->width);
	}
	kill(writer, SIGKILL);
	finish(writer);
	close(fd);
	return bad;
}

static int pwrites_for_ever(const void *arg)
{
	const struct place *place = arg;
	int fd = open_file(feat, "dflres/resource0", O_WRONLY);
	uint64_t value = 0;

	while (pwrite(fd, &value, place->width, place->offset) == (ssize_t)place->width)
		value = ~value;
	return 1;
}

static int pwrites(const struct place *place)
{
	pid_t writer = background(pwrites_for_ever, place);
	int bad = 0, i;

	/* A look costs much less than a pwrite */
	for (i = 0; i < 100 * TRIES; i++)
		bad += torn(fetch(truth + place->offset, place->width), place->width);
	kill(writer, SIGKILL);
	finish(writer);
	return bad;
}

#ifdef __x86_64__
/* Where the kernel has the feature's registers; it says so to root alone, and only if asked */
static uint64_t kernel_address(void)
{
	unsigned long long start = 0;
	char line[256];
	FILE *maps;

	if (sh("echo 1 >/proc/sys/kernel/kptr_restrict"))
		bail("the kernel shows addresses");
	maps = fopen("/proc/vmallocinfo", "r");
	while (maps && fgets(line, sizeof(line), maps))
		if (strstr(line, "[dflres]") && strstr(line, "ioremap"))
			sscanf(line, "%llx", &start);
	if (maps)
		fclose(maps);
	if (!start)
		bail("the kernel has mapped the registers");
	return start + reg_start(feat) % PAGE;
}

static int count_accesses(uint64_t address, size_t width)
{
	struct perf_event_attr attr = { .type = PERF_TYPE_BREAKPOINT, .size = sizeof(attr), .bp_type = HW_BREAKPOINT_RW,
					.bp_addr = address, .bp_len = width };
	int counter = syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);

	if (counter < 0)
		bail("the processor takes a breakpoint: %s", strerror(errno));
	return counter;
}

static void test_accesses(const struct place *place)
{
	int fd = open_file(feat, "dflres/resource0", O_RDWR), counter;
	uint64_t value = 0, accesses;

	/* the first one maps the registers */
	if (pread(fd, &value, place->width, place->offset) != (ssize_t)place->width)
		bail("a pread of %zu bytes works", place->width);
	counter = count_accesses(kernel_address() + place->offset, place->width);
	if (pread(fd, &value, place->width, place->offset) != (ssize_t)place->width ||
	    read(counter, &accesses, sizeof(accesses)) != sizeof(accesses))
		bail("a pread of %zu bytes is counted", place->width);
	is((long)accesses, 1, "the processor counts one access in a pread of %zu bytes at 0x%zx", place->width, place->offset);
	if (pwrite(fd, &value, place->width, place->offset) != (ssize_t)place->width ||
	    read(counter, &accesses, sizeof(accesses)) != sizeof(accesses))
		bail("a pwrite of %zu bytes is counted", place->width);
	is((long)accesses, 2, "the processor counts one more in a pwrite of %zu bytes at 0x%zx", place->width, place->offset);
	close(counter);
	close(fd);
}
#else
/* Breakpoints on what the kernel accesses are x86's */
static void test_accesses(const struct place *place)
{
	(void)place;
}
#endif

int main(int argc, char **argv)
{
	static const struct place even[] = { { 0x40, 8 }, { 0x48, 4 }, { 0x54, 4 }, { 0x5a, 2 } };
	static const struct place odd[] = { { 0x44, 8 }, { 0x4c, 4 }, { 0x50, 4 }, { 0x5a, 2 } };
	const struct place *places = argc > 1 && !strcmp(argv[1], "odd") ? odd : even;
	unsigned int i;

	setup(places == odd ? "dfhv1" : "basic");
	feat = need_feature(places == odd ? 0x201 : PLAIN, 0);
	is(set_owner(feat, "user"), 0, "the feature is claimed, to count accesses");
	truth = bar_map(NULL) + bar_offset(feat);
	for (i = 0; i < sizeof(even) / sizeof(even[0]); i++) {
		store(truth + places[i].offset, places[i].width, 0);
		test_accesses(&places[i]);
		is(preads(&places[i]), 0, "pread of %zu bytes at 0x%zx reads them at once",
		   places[i].width, places[i].offset);
		is(pwrites(&places[i]), 0, "pwrite of %zu bytes at 0x%zx writes them at once",
		   places[i].width, places[i].offset);
	}
	is(set_owner(feat, "none"), 0, "the feature is released after the accesses");
	return done();
}
