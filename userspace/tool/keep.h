/* SPDX-License-Identifier: GPL-2.0 */
/* What lasts over a reboot: a file for each feature that is kept. */
#ifndef KEEP_H
#define KEEP_H

#include <limits.h>
#include <stdio.h>

#include "tool.h"

#define KEEP_VALUE_MAX 128
#define KEEP_REASON_MAX 512

/* What is wanted of a feature whenever it appears. A string that is "" was not set. */
struct keep {
	char feature[KEEP_VALUE_MAX];	/* its selector, in full */
	char user[KEEP_VALUE_MAX];
	char group[KEEP_VALUE_MAX];
	char driver[KEEP_VALUE_MAX];	/* to be taken off, and no other one */
	char claim[KEEP_VALUE_MAX];	/* "yes" */
	char place[KEEP_VALUE_MAX];	/* BAR:OFFSET, of one of several that are alike */
	char path[PATH_MAX];		/* of the file; "": there is none yet */
	uid_t uid;			/* who is to own `owner` and `lease` */
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
 * Set what @key names. Return: 0; -EINVAL, and @reason says what is wrong,
 * without who said it.
 */
int keep_set(struct keep *keep, const char *key, const char *value,
	     char reason[KEEP_REASON_MAX]);
/* Whether what was set belongs together: as keep_set(). */
int keep_check(const struct keep *keep, char reason[KEEP_REASON_MAX]);
/* Read @file, which is @keep->path; the status after having complained. */
enum exit_status keep_parse(struct keep *keep, FILE *file);
int keep_print(const struct keep *keep, FILE *file);

/* ---- keep-store.c: the directory of the files ---- */

/* All files, in the order of their names. Complains of each that is wrong. */
enum exit_status keep_load(struct keeps *keeps);
void keep_free(struct keeps *keeps);
struct keep *keep_find(const struct keeps *keeps, const char *selector);
/*
 * Write the file of @keep under another name, do what is to be done with the
 * feature, and only then give the file its name: all or nothing.
 */
enum exit_status keep_store(struct keep *keep,
			    const struct dflres_feature *feature);
enum exit_status keep_delete(const struct keep *keep);

/* ---- keep-apply.c: what is done with a feature ---- */

/* Where the registers of @feature begin, or "". */
int keep_place(const struct dflres_feature *feature, char place[KEEP_VALUE_MAX]);
/* All or nothing. */
enum exit_status keep_apply(const struct keep *keep,
			    const struct dflres_feature *feature);
/* The rights are root's again, and the rules of udev decide anew. */
enum exit_status keep_undo(const struct dflres_feature *feature);

#endif
