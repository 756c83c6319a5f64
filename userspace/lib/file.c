// SPDX-License-Identifier: LGPL-2.1-or-later
/* The files of sysfs: open, read or write, and close at once. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"

bool dflres_is_device(int dir)
{
	/* every device has this file */
	return !faccessat(dir, "uevent", F_OK, 0);
}

/* ENOENT and ENODEV may both mean that a file is gone, or that the feature is. */
int dflres_file_error(int dir, int error)
{
	if (error != ENOENT && error != ENODEV)
		return -error;
	return dflres_is_device(dir) ? -ENOENT : -ENODEV;
}

/* One read: the value may change between two. */
int dflres_fd_read(int fd, char value[DFLRES_VALUE_MAX])
{
	ssize_t length = pread(fd, value, DFLRES_VALUE_MAX, 0);

	if (length < 0)
		return -errno;
	if (length == DFLRES_VALUE_MAX || memchr(value, '\0', length))
		return -EIO;
	/* each value ends with a newline: without it, a part is missing */
	if (!length || value[length - 1] != '\n')
		return -EIO;
	value[length - 1] = '\0';
	return 0;
}

int dflres_fd_write(int fd, const char *text)
{
	const size_t length = strlen(text);
	ssize_t written = pwrite(fd, text, length, 0);

	if (written < 0)
		return -errno;
	return (size_t)written == length ? 0 : -EIO;
}

void dflres_fd_close(int fd)
{
	if (fd >= 0)
		close(fd);
}

int dflres_file_read(int dir, const char *file, char value[DFLRES_VALUE_MAX])
{
	int fd, error;

	fd = openat(dir, file, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return dflres_file_error(dir, errno);
	error = dflres_fd_read(fd, value);
	close(fd);
	return error ? dflres_file_error(dir, -error) : 0;
}

int dflres_file_put(int dir, const char *file, const char *text)
{
	int fd, error;

	fd = openat(dir, file, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	error = dflres_fd_write(fd, text);
	close(fd);
	return error;
}

/*
 * sysfs itself answers a read of no bytes, so this touches no register. A
 * descriptor that has never been read is always ready; after this, poll waits.
 */
int dflres_fd_check(int fd)
{
	char nothing;

	return pread(fd, &nothing, 0, 0) < 0 && errno == ENODEV ? -ENODEV : 0;
}
