// SPDX-License-Identifier: GPL-2.0
/*
 * Listing all features, with the eight values that each has: its type, its id, and what dflres says of it. In four ways, and
 * with the number of system calls that each makes.
 */

#include "bench.h"
#include "guest.h"

#include <dflres.h>
#include <dirent.h>
#include <fcntl.h>
#include <libudev.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysfs/libsysfs.h>
#include <unistd.h>

#define DFL_BUS "/sys/bus/dfl/devices"

static const char * const values[] = {
	"type", "feature_id", "dflres/revision", "dflres/resource", "dflres/mappable", "dflres/num_irqs", "dflres/dma",
	"dflres/owner",
};

/* Each returns how many values it has got */

static unsigned int by_libdflres(void)
{
	struct dflres_resource resource;
	struct dflres_feature *feature;
	struct dflres_list *list;
	unsigned int got = 0, value;
	enum dflres_owner owner;
	enum dflres_dma dma;
	bool mappable;
	size_t i;

	if (dflres_list_new(&list))
		return 0;
	for (i = 0; i < dflres_list_count(list); i++) {
		if (dflres_list_open(&feature, list, i))
			continue;
		got += !dflres_feature_type(feature, &value);
		got += !dflres_feature_id(feature, &value);
		got += !dflres_feature_revision(feature, &value);
		got += !dflres_feature_resource(feature, &resource);
		got += !dflres_feature_mappable(feature, &mappable);
		got += !dflres_feature_num_irqs(feature, &value);
		got += !dflres_feature_dma(feature, &dma);
		got += !dflres_feature_owner(feature, &owner);
		dflres_feature_close(feature);
	}
	dflres_list_free(list);
	return got;
}

static unsigned int by_libsysfs(void)
{
	struct sysfs_device *device;
	unsigned int got = 0, i;
	struct dlist *devices;
	struct sysfs_bus *bus;

	bus = sysfs_open_bus("dfl");
	devices = bus ? sysfs_get_bus_devices(bus) : NULL;
	if (devices)
		dlist_for_each_data(devices, device, struct sysfs_device)
			for (i = 0; i < ARRAY_SIZE(values); i++)
				got += sysfs_get_device_attr(device, values[i]) != NULL;
	if (bus)
		sysfs_close_bus(bus);
	return got;
}

static unsigned int by_libudev(void)
{
	struct udev_enumerate *devices;
	struct udev_list_entry *entry;
	struct udev_device *device;
	unsigned int got = 0, i;
	struct udev *udev;

	udev = udev_new();
	devices = udev_enumerate_new(udev);
	udev_enumerate_add_match_subsystem(devices, "dfl");
	udev_enumerate_scan_devices(devices);
	udev_list_entry_foreach(entry, udev_enumerate_get_list_entry(devices)) {
		device = udev_device_new_from_syspath(udev, udev_list_entry_get_name(entry));
		for (i = 0; i < ARRAY_SIZE(values); i++)
			got += udev_device_get_sysattr_value(device, values[i]) != NULL;
		udev_device_unref(device);
	}
	udev_enumerate_unref(devices);
	udev_unref(udev);
	return got;
}

static unsigned int by_hand(void)
{
	unsigned int got = 0, i;
	struct dirent *entry;
	char buf[PAGE];
	int dir_fd, fd;
	DIR *dir;

	dir = opendir(DFL_BUS);
	while (dir && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		dir_fd = openat(dirfd(dir), entry->d_name, O_PATH | O_DIRECTORY | O_CLOEXEC);
		for (i = 0; i < ARRAY_SIZE(values); i++) {
			fd = openat(dir_fd, values[i], O_RDONLY | O_CLOEXEC);
			got += read(fd, buf, sizeof(buf)) > 0;
			close(fd);
		}
		close(dir_fd);
	}
	if (dir)
		closedir(dir);
	return got;
}

static const struct {
	const char *name;
	unsigned int (*list)(void);
} ways[] = {
	{ "libdflres", by_libdflres },
	{ "libsysfs", by_libsysfs },
	{ "libudev", by_libudev },
	{ "open and read by hand", by_hand },
};

/* Of a listing that is not the first: without what a process does once */
static uint64_t calls_of(unsigned int (*list)(void))
{
	int counter = open_call_counter(0);
	uint64_t before = read_call_counter(counter), calls;

	list();
	/* the second read is itself a call */
	calls = read_call_counter(counter) - before - 1;
	close(counter);
	return calls;
}

static void measure_card(unsigned int features, unsigned int due)
{
	static struct samples samples[ARRAY_SIZE(ways)];
	unsigned int round, i;

	card_of(features);
	for (i = 0; i < ARRAY_SIZE(ways); i++) {
		begin_samples(&samples[i], "list", ways[i].name, "us", features);
		if (ways[i].list() != features * ARRAY_SIZE(values))
			bail("%s finds all values of %u features", ways[i].name, features);
	}
	for (round = 0; round < rounds(due); round++)
		for (i = 0; i < ARRAY_SIZE(ways); i++) {
			unsigned int who = (i + round) % ARRAY_SIZE(ways);
			double start = now_us();

			ways[who].list();
			sample(&samples[who], now_us() - start);
		}
	for (i = 0; i < ARRAY_SIZE(ways); i++)
		print_samples(&samples[i]);
	for (i = 0; i < ARRAY_SIZE(ways); i++)
		print_value("list-calls", ways[i].name, "calls", features, calls_of(ways[i].list));
}

void measure_list(void)
{
	static const unsigned int due[] = { 101, 101, 31, 7 };
	unsigned int i;

	for (i = 0; i < nr_sizes(); i++)
		measure_card(sizes[i], due[i]);
	unload("dflres");
}
