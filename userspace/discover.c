// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Which features there are, from libsysfs. Nothing else is asked of libsysfs:
 * the values that it caches go stale.
 */
#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sysfs/libsysfs.h>

#include "discover.h"

struct dflres_list {
	size_t count;
	char **paths;
};

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Names differ in their number only, which strverscmp() compares as one. */
static int compare(const void *a, const void *b)
{
	return strverscmp(base_name(*(char *const *)a),
			  base_name(*(char *const *)b));
}

static int copy_paths(struct dflres_list *list, struct dlist *devices)
{
	struct sysfs_device *device;

	list->paths = calloc(devices->count, sizeof(*list->paths));
	if (!list->paths)
		return -ENOMEM;
	dlist_for_each_data(devices, device, struct sysfs_device) {
		list->paths[list->count] = strdup(device->path);
		if (!list->paths[list->count])
			return -ENOMEM;
		list->count++;
	}
	qsort(list->paths, list->count, sizeof(*list->paths), compare);
	return 0;
}

static int read_bus(struct dflres_list *list)
{
	struct sysfs_bus *bus;
	struct dlist *devices;
	int error;

	errno = 0;
	bus = sysfs_open_bus("dfl");
	if (!bus)
		return errno ? -errno : -ENOENT;

	/*
	 * NULL is an empty bus or an error. A device that went away while
	 * libsysfs looked at it leaves its errno behind, and is no error.
	 */
	errno = 0;
	devices = sysfs_get_bus_devices(bus);
	if (devices)
		error = copy_paths(list, devices);
	else
		error = errno == ENOENT || errno == ENODEV ? 0 : -errno;
	sysfs_close_bus(bus);
	return error;
}

int dflres_list_new(struct dflres_list **list)
{
	struct dflres_list *new = calloc(1, sizeof(*new));
	int error;

	if (!new)
		return -ENOMEM;
	error = read_bus(new);
	if (error) {
		dflres_list_free(new);
		return error;
	}
	*list = new;
	return 0;
}

void dflres_list_free(struct dflres_list *list)
{
	if (!list)
		return;
	for (size_t i = 0; i < list->count; i++)
		free(list->paths[i]);
	free(list->paths);
	free(list);
}

size_t dflres_list_count(const struct dflres_list *list)
{
	return list->count;
}

const char *dflres_list_path(const struct dflres_list *list, size_t index)
{
	return list->paths[index];
}
