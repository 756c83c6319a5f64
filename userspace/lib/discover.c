// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Which features exist, from libsysfs. This uses only its list of the names on
 * the bus: the values that it caches go stale, and its devices cost a dozen
 * system calls each.
 */
#include <config.h>

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysfs/libsysfs.h>
#include <unistd.h>

#include "internal.h"

#define BUS "/bus/dfl/devices"

struct dflres_list {
	size_t count;
	char **paths;
};

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Names differ only in their number, which strverscmp() compares as a number. */
static int compare(const void *a, const void *b)
{
	return strverscmp(base_name(*(char *const *)a),
			  base_name(*(char *const *)b));
}

static int bus_directory(char dir[PATH_MAX])
{
	const size_t room = PATH_MAX - sizeof(BUS);

	if (sysfs_get_mnt_path(dir, room))
		return -ENOENT;
	strcat(dir, BUS);
	return 0;
}

/*
 * The links on a bus are relative, and no directory above them is itself a
 * link. So this resolves them as text: realpath() would look at each component.
 */
static int resolve(const char *dir, const char *name, char **path)
{
	char link[2 * PATH_MAX], target[PATH_MAX];
	const char *rest = target;
	ssize_t length;
	char *slash;

	if (snprintf(link, sizeof(link), "%s/%s", dir, name) >= PATH_MAX)
		return -ENODEV;
	length = readlink(link, target, sizeof(target));
	if (length < 0)
		return -ENODEV;
	if ((size_t)length == sizeof(target))
		return -ENAMETOOLONG;
	target[length] = '\0';

	strcpy(link, dir);
	while (!strncmp(rest, "../", 3)) {
		rest += 3;
		slash = strrchr(link, '/');
		if (slash)
			*slash = '\0';
	}
	if (asprintf(path, "%s/%s", link, rest) < 0)
		return -ENOMEM;
	return 0;
}

static int add_paths(struct dflres_list *list, const char *dir,
		     struct dlist *names)
{
	char *name;

	list->paths = calloc(names->count, sizeof(*list->paths));
	if (!list->paths)
		return -ENOMEM;
	dlist_for_each_data(names, name, char) {
		int error = resolve(dir, name, &list->paths[list->count]);

		if (!error)
			list->count++;
		else if (error != -ENODEV)	/* one that went away */
			return error;
	}
	qsort(list->paths, list->count, sizeof(*list->paths), compare);
	return 0;
}

static int read_bus(struct dflres_list *list)
{
	char dir[PATH_MAX];
	struct dlist *names;
	int error;

	error = bus_directory(dir);
	if (error)
		return error;
	/* NULL is an empty directory or an error: errno tells. */
	errno = 0;
	names = sysfs_open_link_list(dir);
	if (!names)
		return -errno;
	error = add_paths(list, dir, names);
	sysfs_close_list(names);
	return error;
}

static void free_paths(struct dflres_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->paths[i]);
	free(list->paths);
}

DFLRES_API int dflres_list_new(struct dflres_list **list)
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

DFLRES_API void dflres_list_free(struct dflres_list *list)
{
	if (!list)
		return;
	free_paths(list);
	free(list);
}

int dflres_list_keep(struct dflres_list *list, const size_t *indexes,
		     size_t count)
{
	char **paths = calloc(count + 1, sizeof(*paths));

	if (!paths)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		paths[i] = list->paths[indexes[i]];
		list->paths[indexes[i]] = NULL;
	}
	free_paths(list);
	list->paths = paths;
	list->count = count;
	return 0;
}

DFLRES_API size_t dflres_list_count(const struct dflres_list *list)
{
	return list->count;
}

DFLRES_API const char *dflres_list_path(const struct dflres_list *list,
					size_t index)
{
	return list->paths[index];
}

DFLRES_API const char *dflres_list_name(const struct dflres_list *list,
					size_t index)
{
	return base_name(list->paths[index]);
}

int dflres_discover_path(const char *name, char **path)
{
	char dir[PATH_MAX];

	/* no bus, no feature */
	if (bus_directory(dir))
		return -ENODEV;
	return resolve(dir, name, path);
}
