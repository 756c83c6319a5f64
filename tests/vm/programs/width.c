// SPDX-License-Identifier: GPL-2.0
/*
 * An aligned pread or pwrite of 8, 4 or 2 bytes is one access: no value is ever seen that is half old and half new. In
 * memory, as here, that shows only by chance, so it is tried often, with both sides busy on processors of their own.
 */

#include "guest.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define TRIES 20000

struct place {
	size_t offset, width;
};

static char *feat;

static volatile uint8_t *map_it(void)
{
	volatile uint8_t *map = map_regs(feat, 0, PAGE);

	if (map == MAP_FAILED)
		bail("the feature maps");
	return map;
}

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
	volatile uint8_t *map = map_it();

	while (map) {
		store(map + place->offset, place->width, 0);
		store(map + place->offset, place->width, ~0ULL);
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
	volatile uint8_t *map = map_it();
	pid_t writer = background(pwrites_for_ever, place);
	int bad = 0, i;

	/* A look costs much less than a pwrite */
	for (i = 0; i < 100 * TRIES; i++)
		bad += torn(fetch(map + place->offset, place->width), place->width);
	kill(writer, SIGKILL);
	finish(writer);
	munmap((void *)map, PAGE);
	return bad;
}

int main(void)
{
	static const struct place places[] = { { 0x40, 8 }, { 0x48, 4 }, { 0x54, 4 }, { 0x5a, 2 } };
	unsigned int i;

	setup("basic");
	feat = need_feature(PLAIN, 0);
	is(set_owner(feat, "user"), 0, "claimed");
	for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		uint64_t zero = 0;
		int fd = open_file(feat, "dflres/resource0", O_WRONLY);

		if (pwrite(fd, &zero, 8, places[i].offset & ~7UL) != 8)
			bail("pwrite");
		close(fd);
		is(preads(&places[i]), 0, "pread of %zu bytes at 0x%zx reads them at once",
		   places[i].width, places[i].offset);
		is(pwrites(&places[i]), 0, "pwrite of %zu bytes at 0x%zx writes them at once",
		   places[i].width, places[i].offset);
	}
	is(set_owner(feat, "none"), 0, "released");
	return done();
}
