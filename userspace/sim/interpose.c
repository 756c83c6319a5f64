// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Replaces libc's functions for libdflres, which reads and writes by pread() and
 * pwrite(), maps by mmap() and waits by poll(). Calls on files outside of a tree
 * go on to the real system calls.
 */
#include <config.h>

#include <dlfcn.h>
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "internal.h"

/* No event says that another process has changed a file. */
#define LOOK_AGAIN_MS 5

#define DELETED " (deleted)"

/* The last read through a descriptor, so that a poll can see a change. */
#define MAX_SEEN 256
static struct seen {
	int fd;
	char path[PATH_MAX];	/* "": unused */
	char text[64];
} seen[MAX_SEEN];

/* The root, if the file of @fd is below it; @path receives its path. */
static const char *root_of(int fd, char path[PATH_MAX], bool *gone)
{
	const char *root = getenv(SIM_ROOT);
	const size_t end = sizeof(DELETED) - 1;
	char link[64];
	ssize_t length;

	if (!root || !*root || fd < 0)
		return NULL;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	length = readlink(link, path, PATH_MAX - 1);
	if (length <= (ssize_t)strlen(root))
		return NULL;
	path[length] = '\0';
	if (strncmp(path, root, strlen(root)) || path[strlen(root)] != '/')
		return NULL;
	*gone = (size_t)length > end && !strcmp(path + length - end, DELETED);
	return root;
}

static const char *file_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* A place for the last read through @fd; there are 256. */
static struct seen *find_seen(int fd, const char *path, bool make)
{
	struct seen *free_one = NULL;

	for (size_t i = 0; i < MAX_SEEN; i++) {
		if (*seen[i].path && seen[i].fd == fd) {
			if (!strcmp(seen[i].path, path))
				return &seen[i];
			/* the number is that of another file now */
			*seen[i].path = '\0';
		}
		if (!*seen[i].path)
			free_one = &seen[i];
	}
	if (!free_one || !make)
		return NULL;
	free_one->fd = fd;
	sim_path(free_one->path, "%s", path);
	return free_one;
}

/* libc's function: the arguments of the system call differ by architecture. */
static void *real_mmap(void *address, size_t length, int protection, int flags,
		       int fd, off_t offset)
{
	typedef void *function(void *address, size_t length, int protection,
			       int flags, int fd, off_t offset);
	const char *name = sizeof(off_t) > sizeof(long) ? "mmap64" : "mmap";
	/* POSIX says that this conversion works */
	function *next = (function *)dlsym(RTLD_NEXT, name);

	return next(address, length, protection, flags, fd, offset);
}

SIM_API void *mmap(void *address, size_t length, int protection, int flags,
		   int fd, off_t offset)
{
	char path[PATH_MAX], text[64];
	bool gone;

	if (root_of(fd, path, &gone) && !gone &&
	    !strncmp(file_of(path), "resource", 8)) {
		strcpy(strrchr(path, '/'), "/mappable");
		sim_read(path, text);
		if (!strcmp(text, "0")) {
			errno = ENODEV;
			return MAP_FAILED;
		}
	}
	return real_mmap(address, length, protection, flags, fd, offset);
}

SIM_API ssize_t pread(int fd, void *data, size_t size, off_t offset)
{
	const struct iovec part = { .iov_base = data, .iov_len = size };
	char path[PATH_MAX];
	struct seen *place;
	bool gone;
	ssize_t length;

	if (!root_of(fd, path, &gone))
		return preadv(fd, &part, 1, offset);
	if (gone) {
		errno = ENODEV;
		return -1;
	}
	sim_lock();
	length = preadv(fd, &part, 1, offset);
	place = find_seen(fd, path, true);
	if (place)
		sim_read(path, place->text);
	sim_unlock();
	return length;
}

/* A caller built with _FORTIFY_SOURCE calls this in place of pread(). */
#ifdef __USE_FILE_OFFSET64
#define PREAD_CHK "__pread64_chk"
#else
#define PREAD_CHK "__pread_chk"
#endif

SIM_API ssize_t sim_pread_chk(int fd, void *data, size_t size, off_t offset,
			      size_t room) __asm__(PREAD_CHK);

ssize_t sim_pread_chk(int fd, void *data, size_t size, off_t offset,
		      size_t room)
{
	if (size > room)
		abort();
	return pread(fd, data, size, offset);
}

/*
 * Whether @path belongs to a feature of dflres_sim_add(), or to a driver. The
 * files of a feature made by hand are plain files.
 */
static bool has_kernel(const char *root, const char *path)
{
	const char *name = strstr(path, "/dfl_dev.");
	char registers[PATH_MAX];

	if (!strncmp(file_of(path), "resource", 8))
		return false;
	if (!name)
		return !strcmp(file_of(path), "bind") ||
		       !strcmp(file_of(path), "unbind");
	sim_path(registers, "%s/registers%.*s", root,
		 (int)strcspn(name + 1, "/") + 1, name);
	return !access(registers, F_OK);
}

SIM_API ssize_t pwrite(int fd, const void *data, size_t size, off_t offset)
{
	const struct iovec part = { .iov_base = (void *)data, .iov_len = size };
	char path[PATH_MAX], text[64];
	const char *root;
	bool gone;
	int error;

	root = root_of(fd, path, &gone);
	if (root && gone) {
		errno = ENODEV;
		return -1;
	}
	if (!root || size >= sizeof(text) || !has_kernel(root, path))
		return pwritev(fd, &part, 1, offset);
	memcpy(text, data, size);
	text[size] = '\0';
	sim_lock();
	error = sim_kernel_write(root, path, text);
	sim_unlock();
	if (!error)
		return (ssize_t)size;
	errno = -error;
	return -1;
}

/* The events that POLLPRI finds on a file of a tree; -1: it is none. */
static short look(int fd)
{
	char path[PATH_MAX], text[64];
	struct seen *place;
	short events;
	bool gone;

	if (!root_of(fd, path, &gone))
		return -1;
	if (gone)
		return POLLPRI | POLLERR;
	/* a change of registers is no event, only their end is */
	if (!strncmp(file_of(path), "resource", 8))
		return 0;
	sim_lock();
	sim_read(path, text);
	place = find_seen(fd, path, false);
	events = place && !strcmp(place->text, text) ? 0 : POLLPRI | POLLERR;
	sim_unlock();
	return events;
}

static int real_poll(struct pollfd *fds, nfds_t count, int timeout)
{
	const struct timespec time = {
		.tv_sec = timeout / 1000,
		.tv_nsec = timeout % 1000 * 1000000L,
	};

	return ppoll(fds, count, timeout < 0 ? NULL : &time, NULL);
}

static int64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

/* Add the events of the tree to those of the real poll(). */
static int merge(struct pollfd *fds, nfds_t count, bool *simulated)
{
	int ready = 0;

	for (nfds_t i = 0; i < count; i++) {
		const short events = fds[i].events & POLLPRI ?
				     look(fds[i].fd) : -1;

		if (events >= 0) {
			*simulated = true;
			fds[i].revents = events;
		}
		ready += fds[i].revents != 0;
	}
	return ready;
}

SIM_API int poll(struct pollfd *fds, nfds_t count, int timeout)
{
	/* now() is rounded down, and no wait may end early */
	const int64_t deadline = now() + timeout + (timeout > 0);
	bool simulated = false;
	int64_t left;
	int ready;

	for (;;) {
		ready = real_poll(fds, count, 0);
		if (ready < 0)
			return ready;
		ready = merge(fds, count, &simulated);
		left = timeout < 0 ? LOOK_AGAIN_MS : deadline - now();
		if (ready || left <= 0)
			return ready;
		if (!simulated)
			return real_poll(fds, count,
					 timeout < 0 ? -1 : (int)left);
		ready = real_poll(fds, count, left < LOOK_AGAIN_MS ?
				  (int)left : LOOK_AGAIN_MS);
		if (ready < 0)
			return ready;
	}
}

/* As sim_pread_chk(), in place of poll(). */
SIM_API int sim_poll_chk(struct pollfd *fds, nfds_t count, int timeout,
			 size_t room) __asm__("__poll_chk");

int sim_poll_chk(struct pollfd *fds, nfds_t count, int timeout, size_t room)
{
	if (count > room / sizeof(*fds))
		abort();
	return poll(fds, count, timeout);
}
