// SPDX-License-Identifier: LGPL-2.1-or-later
/* Registers and fields by name: find the file, read it, look names up. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "regmap.h"

/* No list of registers is larger. */
#define FILE_MAX (16 << 20)

/* ---- the file ---- */

/* The packages of an image or a program use the last one; the first one is the administrator's. */
static const char *const directories[] = {
	"/etc/dflres/registers",
	"/usr/share/dflres/registers",
};

static int find_in(const char *directory, const struct dflres_feature *feature,
		   char *path, size_t size)
{
	char kind[DFLRES_KIND_MAX];
	int error, length;

	error = dflres_kind(feature, kind, sizeof(kind));
	if (error)
		return error;
	length = snprintf(path, size, "%s/%s.json", directory, kind);
	if (length < 0 || (size_t)length >= size)
		return -ENAMETOOLONG;
	return access(path, F_OK) ? -errno : 0;
}

DFLRES_API int dflres_regmap_path(const struct dflres_feature *feature,
				  char *path, size_t size)
{
	const char *own = secure_getenv("DFLRES_REGISTERS");
	const size_t count = sizeof(directories) / sizeof(*directories);
	char found[PATH_MAX];
	int error;

	error = own && *own ? find_in(own, feature, found, sizeof(found)) :
			      -ENOENT;
	for (size_t i = 0; error == -ENOENT && i < count; i++)
		error = find_in(directories[i], feature, found, sizeof(found));
	if (error)
		return error;
	if (strlen(found) >= size)
		return -ENAMETOOLONG;
	strcpy(path, found);
	return 0;
}

/* Read the whole file; the caller frees *@text. */
static int read_all(int fd, char **text, size_t *length)
{
	struct stat st;
	ssize_t count = 0;
	char *buffer;
	int error = 0;

	if (fstat(fd, &st))
		return -errno;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	buffer = malloc(FILE_MAX + 1);
	if (!buffer)
		return -ENOMEM;
	*length = 0;
	while (*length <= FILE_MAX) {
		count = read(fd, buffer + *length, FILE_MAX + 1 - *length);
		if (count <= 0)
			break;
		*length += (size_t)count;
	}
	if (count < 0)
		error = -errno;
	else if (*length > FILE_MAX)
		error = -EFBIG;
	if (error)
		free(buffer);
	else
		*text = buffer;
	return error;
}

static int compare_names(const void *a, const void *b)
{
	const struct dflres_regmap_entry *const *one = a, *const *other = b;
	int order = strcmp((*one)->name, (*other)->name);

	/* so that the error is at the later one of two with the same name */
	return order ? order : (*one > *other) - (*one < *other);
}

static int sort(struct dflres_regmap *map, struct dflres_regmap_fault *fault)
{
	map->by_name = calloc(map->count + 1, sizeof(*map->by_name));
	if (!map->by_name)
		return -ENOMEM;
	for (size_t i = 0; i < map->count; i++)
		map->by_name[i] = &map->entries[i];
	qsort(map->by_name, map->count, sizeof(*map->by_name), compare_names);
	for (size_t i = 1; i < map->count; i++) {
		const struct dflres_regmap_entry *entry = map->by_name[i];

		if (!strcmp(entry->name, map->by_name[i - 1]->name))
			return dflres_regmap_fail(fault, entry->line,
						  "the name '%s' appears twice, first in line %u",
						  entry->name,
						  map->by_name[i - 1]->line);
	}
	return 0;
}

static int load(struct dflres_regmap *map, struct dflres_regmap_fault *fault)
{
	size_t length = 0;
	char *text = NULL;
	int error, fd;

	fd = open(fault->path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	error = read_all(fd, &text, &length);
	close(fd);
	if (error)
		return error;
	error = dflres_regmap_parse(map, text, length, fault);
	free(text);
	return error ? error : sort(map, fault);
}

DFLRES_API int dflres_regmap_open(struct dflres_regmap **map, const char *path,
				  char *text, size_t size)
{
	struct dflres_regmap *new = calloc(1, sizeof(*new));
	struct dflres_regmap_fault fault = { path, text, size, false };
	char reason[64];
	int error;

	error = new ? load(new, &fault) : -ENOMEM;
	if (!error) {
		*map = new;
		return 0;
	}
	/* open(2) and read(2) have an EINVAL, too */
	if (!fault.written)
		snprintf(text, size, "cannot read %s: %s", path,
			 strerror_r(-error, reason, sizeof(reason)));
	dflres_regmap_close(new);
	return error;
}

DFLRES_API void dflres_regmap_close(struct dflres_regmap *map)
{
	if (!map)
		return;
	for (size_t i = 0; i < map->count; i++) {
		free(map->entries[i].name);
		free(map->entries[i].access);
	}
	free(map->entries);
	free(map->by_name);
	free(map);
}

/* ---- what is in it ---- */

DFLRES_API size_t dflres_regmap_count(const struct dflres_regmap *map)
{
	return map->count;
}

DFLRES_API const struct dflres_register *
dflres_regmap_entry(const struct dflres_regmap *map, size_t index)
{
	return &map->entries[index].public;
}

DFLRES_API const struct dflres_register *
dflres_regmap_find(const struct dflres_regmap *map, const char *name)
{
	size_t low = 0, high = map->count;

	while (low < high) {
		const size_t middle = low + (high - low) / 2;
		const struct dflres_regmap_entry *entry = map->by_name[middle];
		const int order = strcmp(name, entry->name);

		if (!order)
			return &entry->public;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}
