// SPDX-License-Identifier: GPL-2.0
/*
 * Turns libsysfs to a tree that a test built. The dynamic linker prefers this
 * definition to the one in libsysfs.so, also for libsysfs's own calls.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>
#include <sysfs/libsysfs.h>

int sysfs_get_mnt_path(char *mnt_path, size_t len)
{
	const char *root = getenv("DFLRES_TEST_SYSFS");

	if (!root || strlen(root) >= len)
		return -1;
	strcpy(mnt_path, root);
	return 0;
}
