/* SPDX-License-Identifier: GPL-2.0 */
/* Settings that last over a reboot: a file for each kept feature. */
#ifndef KEEP_H
#define KEEP_H

#include <limits.h>
#include <stdio.h>

#include "tool.h"

#define KEEP_VALUE_MAX 128
#define KEEP_REASON_MAX 512

/* The settings of a feature whenever it appears; "": not set. */
struct keep {
	char feature[KEEP_VALUE_MAX];	/* its selector, in full */
	char user[KEEP_VALUE_MAX];
	char group[KEEP_VALUE_MAX];
	char driver[KEEP_VALUE_MAX];	/* to take off; no other one */
	char claim[KEEP_VALUE_MAX];	/* "yes" */
	char place[KEEP_VALUE_MAX];	/* BAR:OFFSET, of one of several that are alike */
	char path[PATH_MAX];		/* of the file; "": there is none yet */
	uid_t uid;			/* the new owner of `owner` and `lease` */
	gid_t gid;
};

struct keeps {
	struct keep *list;
	size_t count;
};

/* ---- keep-dir.c ---- */

const char *keep_directory(void);

/* ---- keep-file.c: one file, as it is written and read ---- */

/*
 * Set the value of @key. Return: 0; -EINVAL, and @reason says what is wrong, but
 * not in which file.
 */
int keep_set(struct keep *keep, const char *key, const char *value,
	     char reason[KEEP_REASON_MAX]);
/* Check that the settings fit together: as keep_set(). */
int keep_check(const struct keep *keep, char reason[KEEP_REASON_MAX]);
/* Read @file, which is @keep->path. Complains if it fails. */
enum exit_status keep_parse(struct keep *keep, FILE *file);
int keep_print(const struct keep *keep, FILE *file);

/* ---- keep-store.c: the directory of the files ---- */

/* All files, in the order of their names. Complains about each that is wrong. */
enum exit_status keep_load(struct keeps *keeps);
void keep_free(struct keeps *keeps);
struct keep *keep_find(const struct keeps *keeps, const char *selector);
/*
 * Write the file of @keep under another name, apply it to the feature, and only
 * then give the file its name: all or nothing.
 */
enum exit_status keep_store(struct keep *keep,
			    const struct dflres_feature *feature);
enum exit_status keep_delete(const struct keep *keep);

/* ---- keep-apply.c: apply it to a feature ---- */

/* Where the registers of @feature begin, or "". */
int keep_place(const struct dflres_feature *feature, char place[KEEP_VALUE_MAX]);
/* All or nothing. */
enum exit_status keep_apply(const struct keep *keep,
			    const struct dflres_feature *feature);
/* The rights are root's again, and the rules of udev decide anew. */
enum exit_status keep_undo(const struct dflres_feature *feature);

#endif
