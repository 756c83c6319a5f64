// SPDX-License-Identifier: GPL-2.0
/* The files that exist from a claim to its release, and numbers written to files */

#include <linux/kernel.h>
#include <linux/kernfs.h>
#include <linux/string.h>

#include "compat.h"
#include "dflres.h"

/**
 * dflres_file_add() - make a file of a claim
 * @file: the file; the caller has set the handlers of its attribute
 * @claim: the claim; the claimer owns the file
 * @mode: the permissions
 * @format: its name, with @index where it says %u
 * @index: N of irqN and the like
 *
 * Context: .probe()
 * Return: 0, or a negative errno (-ENOMEM).
 */
int dflres_file_add(struct dflres_file *file, struct dflres_claim *claim, umode_t mode,
		    const char *format, unsigned int index)
{
	int err;

	snprintf(file->name, sizeof(file->name), format, index);
	file->dir = &claim->feature->kobj;
	sysfs_attr_init(&file->attr);
	file->attr.name = file->name;
	file->attr.mode = mode;
	if (file->binary)
		err = sysfs_create_bin_file(file->dir, &file->bin);
	else
		err = sysfs_create_file(file->dir, &file->attr);
	if (err)
		return err;

	file->node = kernfs_find_and_get(file->dir->sd, file->name);
	return 0;
}

/**
 * dflres_file_remove() - remove a file of a claim
 * @file: the file; nothing happens if it was never made
 *
 * Waits for calls in progress; every later call on a descriptor of the file fails.
 * Wakes those who poll the file, which kernfs does not do.
 *
 * Context: .probe() or .remove()
 */
void dflres_file_remove(struct dflres_file *file)
{
	if (!file->node)
		return;

	if (file->binary)
		sysfs_remove_bin_file(file->dir, &file->bin);
	else
		sysfs_remove_file(file->dir, &file->attr);
	/* Nobody polls a file that cannot be read */
	if (!file->binary || file->bin.read)
		kernfs_notify(file->node);
	kernfs_put(file->node);
}

/**
 * dflres_parse_fd() - read the number of a file descriptor that was written
 * @buf: what was written; sysfs ends it with a NUL
 * @count: its length
 * @fd: where the number goes
 *
 * Return: 0, or -EINVAL if it is not a decimal number >= -1; a newline may follow.
 */
int dflres_parse_fd(const char *buf, size_t count, int *fd)
{
	if (strlen(buf) != count || kstrtoint(buf, 10, fd) || *fd < -1)
		return -EINVAL;

	return 0;
}
