// SPDX-License-Identifier: GPL-2.0
/* The file `lease`: a claim that lasts as long as an eventfd */

#include <linux/cred.h>
#include <linux/eventfd.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/string.h>

#include "compat.h"
#include "dflres.h"
#include "trace.h"

static ssize_t lease_read(struct file *file, struct kobject *kobj,
			  compat_bin_rw_attribute *attr, char *buf, loff_t off,
			  size_t count)
{
	bool leased = READ_ONCE(to_dflres_feature(kobj)->leased);

	return memory_read_from_buffer(buf, count, &off, leased ? "1\n" : "0\n", 2);
}

/* `N`, or `N kernel`; a newline may follow */
static int dflres_parse_lease(char *buf, size_t count, int *fd, bool *to_kernel)
{
	size_t digits = strcspn(buf, "\n ");

	*to_kernel = buf[digits] == ' ';
	if (*to_kernel) {
		if (strlen(buf) != count || !sysfs_streq(buf + digits, " kernel"))
			return -EINVAL;
		buf[digits] = '\0';
		count = digits;
	}

	return dflres_parse_fd(buf, count, fd) ?: *fd < 0 ? -EINVAL : 0;
}

static int dflres_write_lease(struct dflres_feature *feature, struct file *file, char *buf,
			      size_t count)
{
	struct file *eventfd;
	bool to_kernel;
	int err, fd;

	err = dflres_parse_lease(buf, count, &fd, &to_kernel);
	if (err)
		return err;

	/* Held until the claim is made: the eventfd cannot close before */
	eventfd = eventfd_fget(fd);
	if (IS_ERR(eventfd))
		return PTR_ERR(eventfd);

	if (mutex_lock_killable(&feature->lock)) {
		fput(eventfd);
		return -EINTR;
	}
	err = dflres_claim_feature(feature, file->f_cred, eventfd, to_kernel);
	mutex_unlock(&feature->lock);

	fput(eventfd);
	return err;
}

static ssize_t lease_write(struct file *file, struct kobject *kobj,
			   compat_bin_rw_attribute *attr, char *buf, loff_t off,
			   size_t count)
{
	struct dflres_feature *feature = to_dflres_feature(kobj);
	int err;

	err = dflres_write_lease(feature, file, buf, count);
	if (err)
		trace_dflres_denied(feature->ddev, file->f_cred->fsuid, err);
	return err ?: count;
}

struct bin_attribute dflres_lease_attr = __BIN_ATTR_RW(lease, 0);
