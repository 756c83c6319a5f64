/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DFLRES_FEATURE_H
#define DFLRES_FEATURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct dflres_feature;

enum dflres_type {
	DFLRES_TYPE_FME = 0,
	DFLRES_TYPE_PORT = 1,
};

enum dflres_owner {
	DFLRES_OWNER_NONE,
	DFLRES_OWNER_KERNEL,
	DFLRES_OWNER_USER,
};

struct dflres_resource {
	uint64_t start;
	uint64_t end;		/* the last byte */
	uint64_t flags;
};

/*
 * dflres_feature_open - open a feature
 * @feature: receives the feature, to be closed with dflres_feature_close()
 * @path: its directory, as dflres_list_path() gives it
 *
 * An open feature stays the one it was: when it is gone, and its number is
 * another's, the functions below still return -ENODEV.
 *
 * Return: 0; -ENODEV if there is no such feature (any more); another negative
 * errno.
 */
int dflres_feature_open(struct dflres_feature **feature, const char *path);
void dflres_feature_close(struct dflres_feature *feature);

/* Its name on the bus, dfl_dev.N; the feature's. */
const char *dflres_feature_name(const struct dflres_feature *feature);

/* The PCI address of its card, or "" if its card is not on PCI; the feature's. */
const char *dflres_feature_card(const struct dflres_feature *feature);

/*
 * What is true of the feature at the moment. They return 0, or
 *   -ENOENT  there is no such file: the dflres module is not loaded, or, for
 *            dflres_feature_owner_pid(), user space does not own the feature;
 *            for dflres_feature_driver(): no driver is bound
 *   -ENODEV  the feature is gone
 *   -EIO     the file does not hold what the ABI says
 * or another negative errno.
 */
int dflres_feature_type(const struct dflres_feature *feature,
			unsigned int *type);
int dflres_feature_id(const struct dflres_feature *feature, unsigned int *id);
int dflres_feature_revision(const struct dflres_feature *feature,
			    unsigned int *revision);
int dflres_feature_resource(const struct dflres_feature *feature,
			    struct dflres_resource *resource);
int dflres_feature_mappable(const struct dflres_feature *feature,
			    bool *mappable);
int dflres_feature_num_irqs(const struct dflres_feature *feature,
			    unsigned int *num_irqs);
int dflres_feature_owner(const struct dflres_feature *feature,
			 enum dflres_owner *owner);

/* 0 is a process that is gone, or not visible in the caller's pid namespace. */
int dflres_feature_owner_pid(const struct dflres_feature *feature, pid_t *pid);

/* @name receives the driver's name, -ENAMETOOLONG if @size is too small. */
int dflres_feature_driver(const struct dflres_feature *feature, char *name,
			  size_t size);

/* The word in the owner file. */
const char *dflres_owner_name(enum dflres_owner owner);

#endif
