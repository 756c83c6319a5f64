// SPDX-License-Identifier: LGPL-2.1-or-later
/* What a refused claim means: whether to try another feature, and what would be refused now. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "internal.h"

/* How near a refusal is to a claim; other errors are not refusals. */
static int nearness(int error)
{
	switch (error) {
	case -ENODEV:
		return 0;
	case -ENOENT:
		return 1;
	case -ENXIO:
		return 2;
	case -EROFS:
	case -EACCES:
	case -EPERM:
		return 3;
	case -EAGAIN:
		return 4;
	case -EBUSY:
		return 5;
	default:
		return 6;
	}
}

bool dflres_is_passed_over(int error)
{
	return nearness(error) <= nearness(-EBUSY);
}

int dflres_nearer(int one, int other)
{
	return nearness(other) > nearness(one) ? other : one;
}

/* Opening for writing claims nothing, but meets the same obstacles. */
static int may_write(const struct dflres_feature *feature, const char *file)
{
	int fd = dflres_module_file(feature, file, O_WRONLY);

	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

int dflres_would_refuse(const struct dflres_feature *feature)
{
	enum dflres_claimable claimable;
	enum dflres_owner owner;
	int error;

	error = dflres_feature_owner(feature, &owner);
	if (error)
		return error;
	if (owner != DFLRES_OWNER_NONE)
		return -EBUSY;
	/* modules before 0.2 do not say */
	if (!dflres_feature_claimable(feature, &claimable) &&
	    claimable != DFLRES_CLAIMABLE_YES)
		return -ENXIO;
	return may_write(feature, "dflres/lease");
}
