// SPDX-License-Identifier: GPL-2.0
/*
 * Nothing of a feature outlives its device: the drivers of a card's units are unbound and bound at speed, beside busy
 * processes that keep those who take features down from running, so that devices come while the last ones still go.
 * `rebind N` does it N times at a time: a kernel that looks for errors takes long for each.
 */

#define _GNU_SOURCE
#include "guest.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define CLAIMING 10
#define MOST_BUSY 8

static unsigned int fast = 40;

static const struct unit {
	const char *driver, *device;
} units[] = {
	{ "dfl-fme", "dfl-fme.0" },
	{ "dfl-port", "dfl-port.0" },
};

static int write_driver(const struct unit *unit, const char *file)
{
	char name[128];
	int fd, ret = 0;

	snprintf(name, sizeof(name), "/sys/bus/platform/drivers/%s/%s", unit->driver, file);
	fd = open(name, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (write(fd, unit->device, strlen(unit->device)) < 0)
		ret = -errno;
	close(fd);
	return ret;
}

static int rebind(const struct unit *unit)
{
	return write_driver(unit, "unbind") ?: write_driver(unit, "bind");
}

static _Noreturn int spins(const void *unused)
{
	(void)unused;
	for (;;)
		;
}

/* A claim with a mapping: 0, or what came instead */
static int claims(const char *feat)
{
	volatile uint8_t *map;
	int ret = set_owner(feat, "user");

	if (ret)
		return ret;
	map = map_regs(feat, 0, PAGE);
	if (map == MAP_FAILED || peek(map, NULL))
		return -EIO;
	ret = set_owner(feat, "none");
	munmap((void *)map, PAGE);
	return ret;
}

/* Of all features that nobody has, those of whole pages: how many claims were refused */
static unsigned int claim_all(unsigned int *total)
{
	DIR *dir = opendir("/sys/bus/dfl/devices");
	unsigned int refused = 0;
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		const char *feat = entry->d_name;
		int ret;

		if (feat[0] == '.' || strcmp(get_owner(feat), "none") || strcmp(get(feat, "dflres/mappable"), "1"))
			continue;
		(*total)++;
		ret = claims(feat);
		if (ret && !refused++)
			note("%s (id %s): %d", feat, get(feat, "feature_id"), ret);
	}
	if (dir)
		closedir(dir);
	return refused;
}

/* A driver's feature and, inside it, what the driver has requested, which begins with the same name */
static unsigned int lines_in_iomem(const char *name)
{
	unsigned int n = 0, length = strlen(name);
	FILE *iomem = fopen("/proc/iomem", "r");
	char line[256];

	while (iomem && fgets(line, sizeof(line), iomem)) {
		const char *found = strstr(line, " : ");

		n += found && !strncmp(found + 3, name, length) && strchr(" \n", found[3 + length]);
	}
	if (iomem)
		fclose(iomem);
	return n;
}

static void test_unit(const struct unit *unit, unsigned int busy)
{
	unsigned int round, bad = 0, lost = 0, refused = 0, total = 0, wanted = 0;
	bool is_fme = unit == &units[0];

	for (round = 0; round < fast; round++) {
		int ret = rebind(unit);

		if (ret && !bad++)
			note("%s, round %u: %d", unit->driver, round, ret);
	}
	is(bad, 0, "%s is unbound and bound %u times beside %u busy processes", unit->driver, fast, busy);

	for (round = 0; round < CLAIMING; round++) {
		char *emif;

		bad += rebind(unit) != 0;
		emif = need_feature(EMIF, 0);
		lost += is_fme && (strcmp(get_driver(emif), "dfl-emif") || lines_in_iomem(emif) != 2);
		free(emif);
		refused += claim_all(&total);
		wanted++;
	}
	is(lost, 0, "dfl-emif has its feature and its region after each of %u rebinds of %s beside %u", wanted,
	   unit->driver, busy);
	is(refused, 0, "no claim is refused right after a rebind of %s beside %u", unit->driver, busy);
	ok(total >= wanted, "features are claimed after each rebind of %s beside %u", unit->driver, busy);
}

/* A claim, its mapping and its descriptor that are there when the unit's driver goes */
static void test_claimed(unsigned int busy)
{
	unsigned int round, bad = 0;

	for (round = 0; round < CLAIMING; round++) {
		char *feat = need_feature(BIG, 0);
		volatile uint8_t *map;

		bad += set_owner(feat, "user") != 0;
		map = map_regs(feat, 0, PAGE);
		bad += map == MAP_FAILED || peek(map, NULL);
		bad += rebind(&units[0]) != 0;
		bad += peek(map, NULL) != -EFAULT;
		munmap((void *)map, PAGE);
		free(feat);
	}
	is(bad, 0, "%d rebinds of dfl-fme under a mapped claim beside %u busy processes end it", CLAIMING, busy);
}

static int rebinds_for_ever(const void *unused)
{
	(void)unused;
	for (;;)
		if (rebind(&units[0]))
			return 1;
}

/* Devices come and go while the module looks at all that there are, and while it takes its files away from them */
static void test_load(void)
{
	unsigned int round, bad = 0;
	pid_t child = background(rebinds_for_ever, NULL);

	for (round = 0; round < 2 * CLAIMING; round++) {
		bad += unload("dflres") != 0;
		usleep(1000 * round);
		bad += load("dflres") != 0;
	}
	is(bad, 0, "the module is unloaded and loaded %d times while dfl-fme is rebound", 2 * CLAIMING);
	is(waitpid(child, NULL, WNOHANG), 0, "dfl-fme is rebound all the while");
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	write_driver(&units[0], "bind");
}

static void test_ports(void)
{
	unsigned int round, refused = 0, total = 0;

	for (round = 0; round < CLAIMING; round++) {
		port_goes();
		port_comes();
		refused += claim_all(&total);
	}
	is(refused, 0, "no claim is refused after a port's release and assignment, %d times", CLAIMING);
	ok(total >= CLAIMING, "features are claimed after each assignment of a port");
}

int main(int argc, char **argv)
{
	static const unsigned int crowd[] = { 0, 2, 4, MOST_BUSY };
	pid_t busy[MOST_BUSY];
	unsigned int i, k;
	int mark;

	if (argc > 1)
		fast = strtoul(argv[1], NULL, 0);
	setup("basic");
	is(load("dfl-emif"), 0, "dfl-emif loads before the rebinds");
	mark = log_mark();
	for (i = 0; i < sizeof(crowd) / sizeof(crowd[0]); i++) {
		for (k = 0; k < crowd[i]; k++)
			busy[k] = background(spins, NULL);
		for (k = 0; k < sizeof(units) / sizeof(units[0]); k++)
			test_unit(&units[k], crowd[i]);
		test_claimed(crowd[i]);
		for (k = 0; k < crowd[i]; k++) {
			kill(busy[k], SIGKILL);
			waitpid(busy[k], NULL, 0);
		}
	}
	test_load();
	/* The drivers do not take a port back that was rebound before it was released */
	card_up("basic");
	test_ports();
	is(log_lines_with(mark, "nonexistent resource"), 0,
	   "no driver's region is lost when its feature's device goes");
	is(unload("dfl-emif"), 0, "dfl-emif unloads after the rebinds");
	is(unload("dflres"), 0, "the module unloads after all rebinds");
	return done();
}
