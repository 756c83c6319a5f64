// SPDX-License-Identifier: GPL-2.0
/* Apply what is kept for a feature: its driver, its rights, a claim. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "keep.h"

/* A device that has just appeared is still being set up. */
#define PATIENCE_MS 3000

static const char *const files[] = { "owner", "lease" };

struct rights {
	uid_t uid;
	gid_t gid;
	mode_t mode;
};

static int set_rights(int dir, const char *file, const struct rights *rights)
{
	/* nobody may write meanwhile who may write neither before nor after */
	if (fchmodat(dir, file, 0444, 0) ||
	    fchownat(dir, file, rights->uid, rights->gid, 0) ||
	    fchmodat(dir, file, rights->mode, 0))
		return -errno;
	return 0;
}

/* Set @rights for all files, or restore them all; @before receives the old ones. */
static int set_all(int dir, const struct rights *rights,
		   struct rights before[ARRAY_SIZE(files)])
{
	int error = 0;

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		struct stat st;

		if (fstatat(dir, files[i], &st, 0))
			return -errno;
		before[i].uid = st.st_uid;
		before[i].gid = st.st_gid;
		before[i].mode = st.st_mode & 07777;
	}
	for (size_t i = 0; i < ARRAY_SIZE(files) && !error; i++) {
		error = set_rights(dir, files[i], rights);
		for (size_t j = 0; error && j <= i; j++)
			set_rights(dir, files[j], &before[j]);
	}
	return error;
}

static enum exit_status refused(const struct dflres_feature *feature, int error)
{
	const char *name = dflres_feature_name(feature);

	if (error == -ENOENT) {
		complain("cannot set the rights of %s: the dflres module does not manage it; load it with modprobe dflres.",
			 name);
		return STATUS_FAILURE;
	}
	complain("cannot set the rights of %s: %s%s.", name,
		 strerror(-error), error == -EPERM || error == -EACCES ?
		 "; run this as root" : "");
	return error == -EPERM || error == -EACCES || error == -EROFS ?
	       STATUS_REFUSED : STATUS_FAILURE;
}

static enum exit_status open_files(const struct dflres_feature *feature, int *dir)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/dflres", dflres_feature_path(feature));
	*dir = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return *dir < 0 ? refused(feature, -errno) : STATUS_OK;
}

/* Whether the driver that was named is bound; our own, for claims, does not count. */
static enum exit_status find_driver(const struct keep *keep,
				    const struct dflres_feature *feature,
				    bool *bound)
{
	char driver[256];

	*bound = !dflres_feature_driver(feature, driver, sizeof(driver)) &&
		 strcmp(driver, "dflres") != 0;
	if (!*keep->driver || !*bound || !strcmp(driver, keep->driver)) {
		*bound = *bound && *keep->driver;
		return STATUS_OK;
	}
	complain("cannot take %s from the driver %s: %s is bound to it; name that driver with --from.",
		 dflres_feature_name(feature), keep->driver, driver);
	return STATUS_BUSY;
}

/* Take it over by a claim, and leave it without a driver. */
static enum exit_status take_off(const struct dflres_feature *feature)
{
	struct dflres_claim *claim;
	int error;

	error = dflres_claim_open(&claim, feature, DFLRES_CLAIM_LASTING |
				  DFLRES_CLAIM_TAKE_OVER, PATIENCE_MS);
	if (error)
		return explain(DFLRES_OPERATION_TAKE_OVER, feature, error);
	error = dflres_claim_release(claim, DFLRES_RELEASE_NONE);
	dflres_claim_close(claim);
	return error ? explain(DFLRES_OPERATION_RELEASE, feature, error) :
		       STATUS_OK;
}

/* The opener of the file gets the claim: be that user for a moment. */
static int claim_as(const struct keep *keep, const struct dflres_feature *feature)
{
	const uid_t uid = geteuid();
	const gid_t gid = getegid();
	struct dflres_claim *claim;
	int error;

	if (keep->uid != uid && (setegid(keep->gid) || seteuid(keep->uid)))
		return -errno;
	error = dflres_claim_open(&claim, feature, DFLRES_CLAIM_LASTING |
				  DFLRES_CLAIM_ATTACH, PATIENCE_MS);
	if (!error)
		dflres_claim_close(claim);
	if (keep->uid != uid && (seteuid(uid) || setegid(gid)))
		return -errno;
	return error;
}

/* Unbind the driver and claim; a failure leaves the driver bound. */
static enum exit_status hand_over(const struct keep *keep,
				  const struct dflres_feature *feature,
				  bool bound)
{
	enum exit_status status = STATUS_OK;
	int error;

	if (bound)
		status = take_off(feature);
	if (status || !*keep->claim)
		return status;
	error = claim_as(keep, feature);
	if (!error)
		return STATUS_OK;
	status = explain(DFLRES_OPERATION_CLAIM, feature, error);
	if (bound)
		dflres_feature_release(feature, DFLRES_RELEASE_KERNEL);
	return status;
}

int keep_place(const struct dflres_feature *feature, char place[KEEP_VALUE_MAX])
{
	struct dflres_resource bars[DFLRES_BARS], registers;
	int error;

	place[0] = '\0';
	error = dflres_feature_bars(feature, bars);
	if (!error)
		error = dflres_feature_resource(feature, &registers);
	for (unsigned int i = 0; i < DFLRES_BARS && !error; i++) {
		if (bars[i].end && registers.start >= bars[i].start &&
		    registers.start <= bars[i].end)
			snprintf(place, KEEP_VALUE_MAX, "%u:0x%llx", i,
				 (unsigned long long)(registers.start -
						      bars[i].start));
	}
	return error;
}

/* Check that it is the kept feature, not another that has its instance now. */
static enum exit_status check_place(const struct keep *keep,
				    const struct dflres_feature *feature)
{
	char place[KEEP_VALUE_MAX];
	int error;

	if (!*keep->place)
		return STATUS_OK;
	error = keep_place(feature, place);
	if (error)
		return explain(DFLRES_OPERATION_OPEN, feature, error);
	if (!strcmp(place, keep->place))
		return STATUS_OK;
	complain("%s is not where %s was when it was kept, at %s of the card; if it is the right one, keep it again.",
		 dflres_feature_name(feature), keep->feature, keep->place);
	return STATUS_FAILURE;
}

enum exit_status keep_apply(const struct keep *keep,
			    const struct dflres_feature *feature)
{
	const struct rights wanted = {
		.uid = keep->uid,
		.gid = keep->gid,
		.mode = *keep->group ? 0664 : 0644,
	};
	struct rights before[ARRAY_SIZE(files)] = { 0 };
	enum exit_status status;
	bool bound;
	int dir, error;

	status = check_place(keep, feature);
	if (!status)
		status = find_driver(keep, feature, &bound);
	if (!status)
		status = open_files(feature, &dir);
	if (status)
		return status;
	error = set_all(dir, &wanted, before);
	status = error ? refused(feature, error) :
			 hand_over(keep, feature, bound);
	for (size_t i = 0; status && !error && i < ARRAY_SIZE(files); i++)
		set_rights(dir, files[i], &before[i]);
	close(dir);
	return status;
}

enum exit_status keep_undo(const struct dflres_feature *feature)
{
	const struct rights root = { .mode = 0644 };
	struct rights before[ARRAY_SIZE(files)] = { 0 };
	enum exit_status status;
	char path[PATH_MAX];
	int dir, error, fd;

	status = open_files(feature, &dir);
	if (status)
		return status;
	error = set_all(dir, &root, before);
	close(dir);
	if (error)
		return refused(feature, error);
	snprintf(path, sizeof(path), "%s/uevent", dflres_feature_path(feature));
	fd = open(path, O_WRONLY | O_CLOEXEC);
	/* without udev the files stay root's */
	if (fd >= 0 && write(fd, "change", strlen("change")) < 0)
		error = -errno;
	if (fd >= 0)
		close(fd);
	return error ? refused(feature, error) : STATUS_OK;
}
