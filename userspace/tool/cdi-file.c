// SPDX-License-Identifier: GPL-2.0
/*
 * The file of a CDI specification. Container engines read it at any time, so
 * replace it in one step, and remove it when there is nothing in it.
 *
 * udev runs the tool for each feature that comes or goes, many at a time. Two
 * locks make sure that the last look at the features wins: the process that
 * looks and writes holds one, the process that waits for it the other. All
 * others need not wait: the one that waits will still see what they heard of.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tool.h"

#define LOCK_FILE ".dflres.lock"
#define NEW_FILE ".dflres.json"
#define FILE_NAME "dflres.json"

/* The bytes of the file to lock, one for each lock. */
enum lock { LOCK_WRITER, LOCK_NEXT };

static int set_lock(int fd, int command, short type, enum lock lock)
{
	struct flock region = {
		.l_type = type,
		.l_whence = SEEK_SET,
		.l_start = lock,
		.l_len = 1,
	};

	return fcntl(fd, command, &region) ? -errno : 0;
}

/* Take a lock until *@fd is closed. -EALREADY: another process waits for it. */
static int wait_for_turn(int dir, int *fd)
{
	int error;

	*fd = openat(dir, LOCK_FILE, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC,
		     0600);
	if (*fd < 0)
		return -errno;
	error = set_lock(*fd, F_OFD_SETLK, F_WRLCK, LOCK_NEXT);
	if (error == -EAGAIN || error == -EACCES)
		error = -EALREADY;
	if (!error)
		error = set_lock(*fd, F_OFD_SETLKW, F_WRLCK, LOCK_WRITER);
	if (!error)
		error = set_lock(*fd, F_OFD_SETLK, F_UNLCK, LOCK_NEXT);
	if (error)
		close(*fd);
	return error;
}

static int write_new(int dir, json_object *specification)
{
	int fd, error = 0;

	if (unlinkat(dir, NEW_FILE, 0) && errno != ENOENT)
		return -errno;
	fd = openat(dir, NEW_FILE, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0)
		return -errno;
	/* containers without root read it, too, whatever the umask is */
	if (fchmod(fd, 0644) ||
	    dprintf(fd, "%s\n", json_text(specification)) < 0)
		error = -errno;
	if (close(fd) && !error)
		error = -errno;
	if (!error && renameat(dir, NEW_FILE, dir, FILE_NAME))
		error = -errno;
	if (error)
		unlinkat(dir, NEW_FILE, 0);
	return error;
}

static int remove_file(int dir)
{
	return unlinkat(dir, FILE_NAME, 0) && errno != ENOENT ? -errno : 0;
}

static int open_directory(const char *path)
{
	int fd;

	if (mkdir(path, 0755) && errno != EEXIST)
		return -errno;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int cdi_write(const char *path, cdi_maker *make)
{
	json_object *specification;
	int dir, lock, error;

	dir = open_directory(path);
	if (dir < 0)
		return dir;
	error = wait_for_turn(dir, &lock);
	if (!error) {
		error = make(&specification);
		if (!error)
			error = specification ? write_new(dir, specification) :
						remove_file(dir);
		json_object_put(specification);
		close(lock);
	}
	close(dir);
	return error == -EALREADY ? 0 : error;
}
