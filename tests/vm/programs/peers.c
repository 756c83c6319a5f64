// SPDX-License-Identifier: GPL-2.0
/*
 * What the README's comparison says of others: PCI's own resource0 and uio_dfl, seen on this kernel. Should one of them
 * learn to do better, this says so.
 *
 * peers strict: on a kernel that was not booted with iomem=relaxed
 */

#define _GNU_SOURCE
#include "guest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define NEIGHBOUR 0x103
#define MARK 0x5eed5eed
#define UIO_DRIVER "/sys/bus/dfl/drivers/uio_dfl"

/* The first 32-bit register of the map, or a negative errno */
static long touched(volatile void *map)
{
	uint32_t value;
	int ret;

	ret = peek(map, &value);
	return ret ? ret : (long)value;
}

static volatile uint8_t *map_page(const char *name, size_t offset)
{
	int fd = open(name, O_RDWR | O_CLOEXEC);
	void *map = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, (off_t)offset);

	close(fd);
	return map == MAP_FAILED ? NULL : map;
}

static void test_pci(void)
{
	char *emif = need_feature(EMIF, 0), name[256];
	volatile uint8_t *map, *second;

	load("dfl-emif");
	is_str(get_driver(emif), "dfl-emif", "a kernel driver has a feature");
	snprintf(name, sizeof(name), "%s/resource0", card_path());
	map = map_page(name, bar_offset(emif));
	ok(map, "PCI: registers that a kernel driver has can be mapped");
	second = map_page(name, bar_offset(emif));
	ok(second, "PCI: registers that a kernel driver has can be mapped twice");
	is(poke(map + 8, MARK), 0, "PCI: registers that a kernel driver has are written");
	is(touched(second + 8), MARK, "PCI: a second mapping reads what the first one wrote");
	unload("dfl_emif");
	is(touched(map + 8), MARK, "PCI: a mapping outlives the driver of its registers");
	is(sh("echo 1 >%s/remove", card_path()), 0, "the card is removed");
	ok(touched(map + 8) != -EFAULT, "PCI: a mapping outlives the card");
	munmap((void *)map, PAGE);
	munmap((void *)second, PAGE);
	free(emif);
	is(sh("echo 1 >/sys/bus/pci/rescan"), 0, "the card is back after a rescan");
	card_up("peers");
}

/* CONFIG_IO_STRICT_DEVMEM: the kernel looks whether the first page of the BAR is busy, and the FME's driver has that */
static void test_strict(void)
{
	char name[256];

	snprintf(name, sizeof(name), "%s/resource0", card_path());
	ok(!map_page(name, PAGE), "PCI: no page of a card with drivers can be mapped");
}

static int open_uio(const void *unused)
{
	(void)unused;
	return open("/dev/uio0", O_RDWR) < 0 ? errno : 0;
}

static void test_uio(void)
{
	char *feat = need_feature(UIO, 0), *other = need_feature(NEIGHBOUR, 0);
	volatile uint8_t *map, *bar = bar_map(NULL);
	uint32_t count;
	int fd;

	load("uio_dfl");
	is_str(get_driver(feat), "uio_dfl", "uio_dfl takes a feature of its four");
	ok(sh("echo %s >" UIO_DRIVER "/bind 2>/dev/null", other) != 0,
	   "uio_dfl refuses a feature that is none of its four");
	fd = open("/dev/uio0", O_RDWR | O_CLOEXEC);
	is(as_user(0, open_uio, NULL), 0, "UIO: two processes have it open at once");
	is(read(fd, &count, sizeof(count)) < 0 ? -errno : 0, -EIO, "UIO: no interrupt can be read");
	is(pread(fd, &count, 1, 8) < 0 ? -errno : 0, -EINVAL, "UIO: no register can be read without a mapping");

	map = map_page("/dev/uio0", 0);
	ok(map, "UIO: half a page can be mapped");
	*(volatile uint32_t *)(bar + bar_offset(other) + 8) = MARK;
	is(touched(map + reg_size(feat) + 8), MARK, "UIO: half a page is mapped with the neighbour in its other half");

	close(fd);
	is_str(get_driver(feat), "uio_dfl", "UIO: the close leaves the feature bound");
	*(volatile uint32_t *)(bar + bar_offset(feat) + 8) = MARK;
	is(sh("echo %s >" UIO_DRIVER "/unbind", feat), 0, "uio_dfl is unbound from its feature");
	is(touched(map + 8), MARK, "UIO: a mapping outlives the driver");
	munmap((void *)map, PAGE);
	free(feat);
	free(other);
}

int main(int argc, char **argv)
{
	setup("peers");
	if (argc > 1 && !strcmp(argv[1], "strict")) {
		test_strict();
		return done();
	}
	test_pci();
	test_uio();
	return done();
}
