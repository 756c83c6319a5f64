// SPDX-License-Identifier: LGPL-2.1-or-later
/* Files of a tree. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "internal.h"

void sim_path(char path[PATH_MAX], const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(path, PATH_MAX, format, args);
	va_end(args);
}

static void make_parents(const char *path)
{
	char parent[PATH_MAX];

	sim_path(parent, "%s", path);
	for (char *slash = parent + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		mkdir(parent, 0755);
		*slash = '/';
	}
}

static int create(const char *path)
{
	return open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
}

/* In place, so that an open descriptor sees it. */
int sim_write(const char *path, const void *data, size_t size)
{
	int fd = create(path), error = 0;

	if (fd < 0 && errno == ENOENT) {
		make_parents(path);
		fd = create(path);
	}
	if (fd < 0)
		return -errno;
	if (write(fd, data, size) != (ssize_t)size || ftruncate(fd, (off_t)size))
		error = errno ? -errno : -EIO;
	close(fd);
	return error;
}

int sim_print(const char *path, const char *format, ...)
{
	char text[256];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return sim_write(path, text, strlen(text));
}

void sim_read(const char *path, char text[64])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t length = fd < 0 ? -1 : read(fd, text, 63);

	text[length > 0 ? length : 0] = '\0';
	text[strcspn(text, "\n")] = '\0';
	if (fd >= 0)
		close(fd);
}

int sim_link(const char *target, const char *path)
{
	if (!symlink(target, path))
		return 0;
	if (errno != ENOENT)
		return -errno;
	make_parents(path);
	return symlink(target, path) ? -errno : 0;
}

static int remove_entry(const char *path, const struct stat *st, int type,
			struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

int sim_remove(const char *path)
{
	return nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS) ? -errno : 0;
}
