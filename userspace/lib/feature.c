// SPDX-License-Identifier: LGPL-2.1-or-later
/* One feature: its directory in sysfs, and what the files in it say. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "internal.h"

int dflres_feature_open_path(struct dflres_feature **feature, const char *path)
{
	const char *slash = strrchr(path, '/');
	struct dflres_feature *new;
	int error;

	new = calloc(1, sizeof(*new) + strlen(path) + 1);
	if (!new)
		return -ENOMEM;
	atomic_init(&new->refs, 1);
	strcpy(new->path, path);
	new->name = slash ? new->path + (slash + 1 - path) : new->path;
	dflres_find_card(path, new->card);
	new->dir = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (new->dir < 0) {
		error = errno == ENOENT ? -ENODEV : -errno;
		free(new);
		return error;
	}
	*feature = new;
	return 0;
}

/* The path without links: it contains the card and the name. */
static int real_path(const char *path, char **real)
{
	*real = realpath(path, NULL);
	if (*real)
		return 0;
	return errno == ENOENT ? -ENODEV : -errno;
}

DFLRES_API int dflres_feature_open(struct dflres_feature **feature, const char *name)
{
	char *path;
	int error;

	if (strchr(name, '/'))
		error = real_path(name, &path);
	else
		error = dflres_discover_path(name, &path);
	if (error)
		return error;
	error = dflres_feature_open_path(feature, path);
	free(path);
	return error;
}

DFLRES_API int dflres_list_open(struct dflres_feature **feature,
				const struct dflres_list *list, size_t index)
{
	return dflres_feature_open_path(feature, dflres_list_path(list, index));
}

/* Counting who holds the feature does not change the feature: hence const. */
struct dflres_feature *dflres_feature_get(const struct dflres_feature *feature)
{
	struct dflres_feature *held = (struct dflres_feature *)feature;

	atomic_fetch_add(&held->refs, 1);
	return held;
}

DFLRES_API void dflres_feature_close(struct dflres_feature *feature)
{
	if (!feature || atomic_fetch_sub(&feature->refs, 1) > 1)
		return;
	close(feature->dir);
	free(feature);
}

DFLRES_API const char *dflres_feature_name(const struct dflres_feature *feature)
{
	return feature->name;
}

DFLRES_API const char *dflres_feature_path(const struct dflres_feature *feature)
{
	return feature->path;
}

DFLRES_API const char *dflres_feature_card(const struct dflres_feature *feature)
{
	return feature->card;
}

static int read_number(const struct dflres_feature *feature, const char *file,
		       int base, uint64_t max, uint64_t *number)
{
	char value[DFLRES_VALUE_MAX];
	int error;

	error = dflres_file_read(feature->dir, file, value);
	return error ? error : dflres_parse_number(value, base, max, number);
}

static int read_uint(const struct dflres_feature *feature, const char *file,
		     int base, unsigned int max, unsigned int *number)
{
	uint64_t value;
	int error;

	error = read_number(feature, file, base, max, &value);
	if (!error)
		*number = value;
	return error;
}

DFLRES_API int dflres_feature_type(const struct dflres_feature *feature,
			unsigned int *type)
{
	return read_uint(feature, "type", 16, UINT16_MAX, type);
}

DFLRES_API int dflres_feature_id(const struct dflres_feature *feature, unsigned int *id)
{
	return read_uint(feature, "feature_id", 16, UINT16_MAX, id);
}

int dflres_kind(const struct dflres_feature *feature, char *text, size_t size)
{
	unsigned int type, id;
	char name[16];
	int error;

	error = dflres_feature_type(feature, &type);
	if (!error)
		error = dflres_feature_id(feature, &id);
	if (error)
		return error;
	dflres_type_name(type, name, sizeof(name));
	return (size_t)snprintf(text, size, "%s-0x%x", name, id) < size ?
		0 : -ENAMETOOLONG;
}

DFLRES_API int dflres_feature_revision(const struct dflres_feature *feature,
			    unsigned int *revision)
{
	return read_uint(feature, "dflres/revision", 16, UINT8_MAX, revision);
}

DFLRES_API int dflres_feature_num_irqs(const struct dflres_feature *feature,
			    unsigned int *num_irqs)
{
	return read_uint(feature, "dflres/num_irqs", 10, INT_MAX, num_irqs);
}

DFLRES_API int dflres_feature_mappable(const struct dflres_feature *feature,
			    bool *mappable)
{
	unsigned int value;
	int error;

	error = read_uint(feature, "dflres/mappable", 10, 1, &value);
	if (!error)
		*mappable = value;
	return error;
}

DFLRES_API int dflres_feature_leased(const struct dflres_feature *feature,
				     bool *leased)
{
	unsigned int value;
	int error;

	error = read_uint(feature, "dflres/lease", 10, 1, &value);
	if (!error)
		*leased = value;
	return error;
}

DFLRES_API int dflres_feature_owner_pid(const struct dflres_feature *feature, pid_t *pid)
{
	unsigned int value;
	int error;

	error = read_uint(feature, "dflres/owner_pid", 10, INT_MAX, &value);
	if (!error)
		*pid = value;
	return error;
}

DFLRES_API int dflres_feature_owner_uid(const struct dflres_feature *feature,
					uid_t *uid)
{
	struct stat st;

	if (fstatat(feature->dir, "dflres/resource0", &st, 0))
		return dflres_file_error(feature->dir, errno);
	*uid = st.st_uid;
	return 0;
}

DFLRES_API int dflres_feature_resource(const struct dflres_feature *feature,
			    struct dflres_resource *resource)
{
	struct dflres_resource parsed;
	char value[DFLRES_VALUE_MAX];
	int error;

	error = dflres_file_read(feature->dir, "dflres/resource", value);
	if (error)
		return error;
	error = dflres_parse_resource(value, &parsed);
	if (!error)
		*resource = parsed;
	return error;
}

/* The card's directory lies above the feature's, and has the address as its name. */
static int card_path(const struct dflres_feature *feature, const char *file,
		     char path[PATH_MAX])
{
	char component[DFLRES_CARD_MAX + 2];
	const char *card;
	size_t length;

	if (!*feature->card)
		return -ENOENT;
	snprintf(component, sizeof(component), "/%s/", feature->card);
	card = strstr(feature->path, component);
	if (!card)
		return -ENOENT;
	length = card - feature->path + strlen(component);
	if ((size_t)snprintf(path, PATH_MAX, "%.*s%s", (int)length,
			     feature->path, file) >= PATH_MAX)
		return -ENAMETOOLONG;
	return 0;
}

DFLRES_API int dflres_feature_bars(const struct dflres_feature *feature,
				   struct dflres_resource bars[DFLRES_BARS])
{
	struct dflres_resource parsed[DFLRES_BARS] = { 0 };
	char path[PATH_MAX], value[DFLRES_VALUE_MAX];
	int error;

	error = card_path(feature, "resource", path);
	if (!error)
		error = dflres_file_read(feature->dir, path, value);
	if (!error)
		error = dflres_parse_bars(value, parsed);
	if (!error)
		memcpy(bars, parsed, sizeof(parsed));
	return error;
}

DFLRES_API int dflres_feature_owner(const struct dflres_feature *feature,
			 enum dflres_owner *owner)
{
	char value[DFLRES_VALUE_MAX];
	int error;

	error = dflres_file_read(feature->dir, "dflres/owner", value);
	return error ? error : dflres_parse_owner(value, owner);
}

DFLRES_API int dflres_feature_claimable(const struct dflres_feature *feature,
					enum dflres_claimable *claimable)
{
	char value[DFLRES_VALUE_MAX];
	int error;

	error = dflres_file_read(feature->dir, "dflres/claimable", value);
	return error ? error : dflres_parse_claimable(value, claimable);
}

DFLRES_API int dflres_feature_dma(const struct dflres_feature *feature,
		       enum dflres_dma *dma)
{
	char value[DFLRES_VALUE_MAX];
	int error;

	error = dflres_file_read(feature->dir, "dflres/dma", value);
	return error ? error : dflres_parse_dma(value, dma);
}

DFLRES_API int dflres_feature_attribute(const struct dflres_feature *feature,
					const char *name, char *value,
					size_t size)
{
	char text[DFLRES_VALUE_MAX], file[NAME_MAX + sizeof("dflres/")];
	int error;

	if (!*name || strchr(name, '/') || strlen(name) > NAME_MAX)
		return -EINVAL;
	snprintf(file, sizeof(file), "dflres/%s", name);
	error = dflres_file_read(feature->dir, file, text);
	if (error)
		return error;
	if (strlen(text) >= size)
		return -ENAMETOOLONG;
	strcpy(value, text);
	return 0;
}

DFLRES_API int dflres_feature_guid(const struct dflres_feature *feature,
				   char guid[DFLRES_GUID_SIZE])
{
	char value[DFLRES_VALUE_MAX];
	int error;

	error = dflres_file_read(feature->dir, "guid", value);
	if (error)
		return error;
	if (!dflres_is_guid(value))
		return -EIO;
	strcpy(guid, value);
	return 0;
}

DFLRES_API int dflres_feature_driver(const struct dflres_feature *feature, char *name,
			  size_t size)
{
	char target[PATH_MAX];
	const char *slash, *last;
	ssize_t length;

	length = readlinkat(feature->dir, "driver", target, sizeof(target));
	if (length < 0)
		return dflres_file_error(feature->dir, errno);
	if ((size_t)length == sizeof(target))
		return -ENAMETOOLONG;
	target[length] = '\0';
	slash = strrchr(target, '/');
	last = slash ? slash + 1 : target;
	if (!*last)
		return -EIO;
	if (strlen(last) >= size)
		return -ENAMETOOLONG;
	strcpy(name, last);
	return 0;
}

DFLRES_API const char *dflres_version(void)
{
	return PACKAGE_VERSION;
}
