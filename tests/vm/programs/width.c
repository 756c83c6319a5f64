// SPDX-License-Identifier: GPL-2.0
/*
 * A pread or pwrite of 8, 4 or 2 bytes that is aligned on the bus is one access: no value is ever seen that is half old and
 * half new. In memory, as here, that shows only by chance, so it is tried often, with both sides busy on processors of
 * their own. `width odd` does the same with a feature of cards/dfhv1.card that starts at an odd multiple of 4.
 */

#include "guest.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
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

int main(int argc, char **argv)
{
	static const struct place even[] = { { 0x40, 8 }, { 0x48, 4 }, { 0x54, 4 }, { 0x5a, 2 } };
	static const struct place odd[] = { { 0x44, 8 }, { 0x4c, 4 }, { 0x50, 4 }, { 0x5a, 2 } };
	const struct place *places = argc > 1 && !strcmp(argv[1], "odd") ? odd : even;
	unsigned int i;

	setup(places == odd ? "dfhv1" : "basic");
	feat = need_feature(places == odd ? 0x201 : PLAIN, 0);
	is(set_owner(feat, "user"), 0, "claimed");
	truth = bar_map(NULL) + bar_offset(feat);
	for (i = 0; i < sizeof(even) / sizeof(even[0]); i++) {
		store(truth + places[i].offset, places[i].width, 0);
		is(preads(&places[i]), 0, "pread of %zu bytes at 0x%zx reads them at once",
		   places[i].width, places[i].offset);
		is(pwrites(&places[i]), 0, "pwrite of %zu bytes at 0x%zx writes them at once",
		   places[i].width, places[i].offset);
	}
	is(set_owner(feat, "none"), 0, "released");
	return done();
}
