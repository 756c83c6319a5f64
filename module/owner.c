// SPDX-License-Identifier: GPL-2.0
/*
 * The file `owner`: who owns a feature, claim and release
 *
 * The rights of who opened the file count, not those of who writes: a set-id program
 * whose prompt goes there acts for the user who passed it the descriptor. The file is
 * a binary attribute because no other kind learns who opened it.
 */

#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/fs.h>
#include <linux/string.h>

#include "compat.h"
#include "dflres.h"
#include "trace.h"

static const char *dflres_owner_word(struct dflres_feature *feature)
{
	struct device_driver *drv = READ_ONCE(feature->ddev->dev.driver);

	/* The device has its driver, also ours, before the probe has succeeded */
	if (drv && drv != &dflres_driver.drv && READ_ONCE(feature->bound))
		return "kernel\n";

	return READ_ONCE(feature->claimed) ? "user\n" : "none\n";
}

static ssize_t owner_read(struct file *file, struct kobject *kobj,
			  compat_bin_rw_attribute *attr, char *buf, loff_t off,
			  size_t count)
{
	const char *word = dflres_owner_word(to_dflres_feature(kobj));

	/*
	 * A reader with room for any word got all of it by its first read and is at
	 * the end, even if the word has become a longer one.
	 */
	if (off && count >= strlen("kernel\n"))
		return 0;

	return memory_read_from_buffer(buf, count, &off, word, strlen(word));
}

static bool dflres_is_admin(struct file *file)
{
	return file_ns_capable(file, &init_user_ns, CAP_SYS_ADMIN);
}

static int dflres_write_none(struct dflres_feature *feature, struct file *file)
{
	if (!READ_ONCE(feature->ddev->dev.driver))
		return 0;
	if (!dflres_is_claimed(feature))
		return -EBUSY;
	if (!uid_eq(file->f_cred->fsuid, feature->uid) && !dflres_is_admin(file))
		return -EPERM;

	dflres_release(feature, DFLRES_RELEASED, false);
	return 0;
}

static int dflres_write_kernel(struct dflres_feature *feature, struct file *file)
{
	bool own = dflres_is_claimed(feature) && uid_eq(file->f_cred->fsuid, feature->uid);
	bool refused = READ_ONCE(feature->refused);
	/* Asked only if it decides: an LSM may log that it is denied */
	bool admin = (!own || refused) && dflres_is_admin(file);

	/* Without a claim: an administrator may have unbound the driver on purpose */
	if (!own && !admin)
		return -EPERM;

	dflres_release(feature, DFLRES_RELEASED_TO_KERNEL, admin || !refused);
	return 0;
}

static ssize_t owner_write(struct file *file, struct kobject *kobj,
			   compat_bin_rw_attribute *attr, char *buf, loff_t off,
			   size_t count)
{
	struct dflres_feature *feature = to_dflres_feature(kobj);
	int err;

	if (mutex_lock_killable(&feature->lock))
		return -EINTR;
	if (strlen(buf) != count)	/* what follows a NUL is not ignored */
		err = -EINVAL;
	else if (sysfs_streq(buf, "user"))
		err = dflres_claim_feature(feature, file->f_cred, NULL, false);
	else if (sysfs_streq(buf, "none"))
		err = dflres_write_none(feature, file);
	else if (sysfs_streq(buf, "kernel"))
		err = dflres_write_kernel(feature, file);
	else
		err = -EINVAL;
	mutex_unlock(&feature->lock);

	if (err)
		trace_dflres_denied(feature->ddev, file->f_cred->fsuid, err);
	return err ?: count;
}

struct bin_attribute dflres_owner_attr = __BIN_ATTR_RW(owner, 0);
