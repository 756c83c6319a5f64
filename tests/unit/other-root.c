// SPDX-License-Identifier: GPL-2.0
/*
 * Turns what the library opens outside of sysfs to the tree that a test built:
 * what this process has been given, and whether the machine is locked down.
 */
#include <config.h>

#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* How often something was opened so that a program which another thread starts would have it. */
int opened_for_programs;

/* Stands before libc's. */
int open(const char *path, int flags, ...)
{
	static const char lockdown[] = "/sys/kernel/security/lockdown";
	const char *root = getenv("DFLRES_TEST_SYSFS");
	char other[PATH_MAX];
	mode_t mode;
	va_list args;

	va_start(args, flags);
	mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(args, mode_t) : 0;
	va_end(args);
	opened_for_programs += !(flags & O_CLOEXEC);
	if (root && !strcmp(path, lockdown)) {
		snprintf(other, sizeof(other), "%s/lockdown", root);
		path = other;
	} else if (root && !strncmp(path, "/run/dfl/", 9)) {
		snprintf(other, sizeof(other), "%s%s", root, path);
		path = other;
	}
	return syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}
