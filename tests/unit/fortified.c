// SPDX-License-Identifier: GPL-2.0
/*
 * A library built with _FORTIFY_SOURCE calls these in place of openat() and
 * pread(), which the tests define. This file must not call them so itself.
 */
#include <config.h>

#undef _FORTIFY_SOURCE

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#ifdef __USE_FILE_OFFSET64
#define OPENAT_2 "__openat64_2"
#define PREAD_CHK "__pread64_chk"
#else
#define OPENAT_2 "__openat_2"
#define PREAD_CHK "__pread_chk"
#endif

int openat_2(int dir, const char *path, int flags) __asm__(OPENAT_2);
ssize_t pread_chk(int fd, void *data, size_t size, off_t offset, size_t room) __asm__(PREAD_CHK);

int openat_2(int dir, const char *path, int flags)
{
	return openat(dir, path, flags);
}

ssize_t pread_chk(int fd, void *data, size_t size, off_t offset, size_t room)
{
	if (size > room)
		abort();
	return pread(fd, data, size, offset);
}
