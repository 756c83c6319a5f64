// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Makes libsysfs use a tree. The dynamic linker prefers this definition to the
 * one in libsysfs.so, also for libsysfs's own calls.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>
#include <sysfs/libsysfs.h>

#include "internal.h"

SIM_API int sysfs_get_mnt_path(char *mnt_path, size_t len)
{
	const char *root = getenv(SIM_ROOT);

	if (!root || strlen(root) >= len)
		return -1;
	strcpy(mnt_path, root);
	return 0;
}
