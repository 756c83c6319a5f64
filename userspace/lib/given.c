// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What this process has been given: /run/dfl/TYPE-ID/dfl_dev.N. On the host
 * that is udev's link to the files of a feature. In a container it is a mount
 * of them, for /sys is read-only there, and the usual AppArmor profiles forbid
 * writing below it, whatever is mounted.
 *
 * A name there counts only if it leads to the very directory that /sys has for
 * the feature: the library ignores a stale link, or one that somebody made.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "internal.h"

#define GIVEN "/run/dfl"

static bool is_sysfs(int fd)
{
	struct statfs fs;

	return !fstatfs(fd, &fs) && fs.f_type == SYSFS_MAGIC;
}

/*
 * Each network namespace has a sysfs of its own, with another st_dev. They
 * share the nodes and the inode numbers, and the kernel uses no number twice.
 */
static bool is_of(const struct dflres_feature *feature, int given)
{
	struct stat files, other;

	if (fstatat(feature->dir, "dflres", &files, 0) || fstat(given, &other) ||
	    files.st_ino != other.st_ino)
		return false;
	return files.st_dev == other.st_dev ||
	       (is_sysfs(feature->dir) && is_sysfs(given));
}

int dflres_given_path(const struct dflres_feature *feature, char *path,
		      size_t size)
{
	char kind[DFLRES_KIND_MAX];
	int error;

	error = dflres_kind(feature, kind, sizeof(kind));
	if (error)
		return error;
	return (size_t)snprintf(path, size, GIVEN "/%s/%s", kind,
				feature->name) < size ? 0 : -ENAMETOOLONG;
}

/* The directory of @feature's files there, O_PATH; -1: there is none. */
static int open_given(const struct dflres_feature *feature)
{
	char path[DFLRES_GIVEN_MAX];
	int fd;

	if (dflres_given_path(feature, path, sizeof(path)))
		return -1;
	fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0 && !is_of(feature, fd)) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/* The device whose directory `dflres` is @path; -EXDEV: a mount may have that name as well. */
static int open_above(struct dflres_feature **feature, const char *path,
		      size_t length)
{
	struct dflres_feature *above;
	char *parent;
	int error;

	parent = strndup(path, length);
	if (!parent)
		return -ENOMEM;
	error = dflres_feature_open_path(&above, parent);
	free(parent);
	if (error)
		return error;
	if (!dflres_is_device(above->dir)) {
		dflres_feature_close(above);
		return -EXDEV;
	}
	*feature = above;
	return 0;
}

/* The feature whose files are mounted at @path. */
static int open_mounted(struct dflres_feature **feature, const char *path)
{
	const char *slash = strrchr(path, '/');
	struct dflres_feature *named;
	int fd;

	fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (!slash || dflres_feature_open(&named, slash + 1)) {
		close(fd);
		return -EXDEV;
	}
	if (is_of(named, fd)) {
		*feature = named;
	} else {
		dflres_feature_close(named);
		named = NULL;
	}
	close(fd);
	return named ? 0 : -EXDEV;
}

int dflres_given_feature(struct dflres_feature **feature, const char *path)
{
	static const char last[] = "/dflres";
	const size_t length = strlen(path), end = sizeof(last) - 1;

	return length > end && !strcmp(path + length - end, last) ?
	       open_above(feature, path, length - end) :
	       open_mounted(feature, path);
}

/* Look there only if /sys refuses: looking costs a dozen system calls. */
static bool is_refused(int error)
{
	return error == EROFS || error == EACCES;
}

int dflres_module_file(const struct dflres_feature *feature, const char *file,
		       int flags)
{
	int fd = openat(feature->dir, file, flags | O_CLOEXEC);
	int error = errno, given;

	if (fd < 0 && is_refused(error)) {
		given = open_given(feature);
		if (given >= 0) {
			fd = openat(given, file + strlen("dflres/"),
				    flags | O_CLOEXEC);
			error = errno;
			close(given);
		}
	}
	return fd < 0 ? dflres_file_error(feature->dir, error) : fd;
}

bool dflres_module_access(const struct dflres_feature *feature,
			  const char *file)
{
	int given, refused;

	refused = faccessat(feature->dir, file, W_OK, AT_EACCESS);
	if (refused && is_refused(errno)) {
		given = open_given(feature);
		if (given >= 0) {
			refused = faccessat(given, file + strlen("dflres/"),
					    W_OK, AT_EACCESS);
			close(given);
		}
	}
	return !refused;
}

DFLRES_API int dflres_feature_files(const struct dflres_feature *feature,
				    char *path, size_t size)
{
	struct stat files;
	int given, error;

	if (fstatat(feature->dir, "dflres", &files, 0))
		return dflres_file_error(feature->dir, errno);
	given = open_given(feature);
	if (given >= 0) {
		close(given);
		error = dflres_given_path(feature, path, size);
	} else {
		error = (size_t)snprintf(path, size, "%s/dflres",
					 feature->path) < size ?
			0 : -ENAMETOOLONG;
	}
	return error;
}
