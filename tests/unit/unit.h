/* SPDX-License-Identifier: GPL-2.0 */
#ifndef DFLRES_TEST_UNIT_H
#define DFLRES_TEST_UNIT_H

#include <check.h>
#include <stdbool.h>

#include "dflres.h"

#define LENGTH(array) ((int)(sizeof(array) / sizeof((array)[0])))

/* The tests, one case for each kind of object. */
TCase *hotplug_case(void);
TCase *watch_case(void);
TCase *claim_case(void);
TCase *attach_case(void);
TCase *commands_case(void);
TCase *trees_case(void);
TCase *regs_case(void);
TCase *access_case(void);
TCase *regmap_case(void);
TCase *debug_case(void);
TCase *guard_case(void);
TCase *irq_case(void);
TCase *selector_case(void);
TCase *id_case(void);
TCase *epoll_case(void);
TCase *given_case(void);
TCase *report_case(void);
TCase *cloexec_case(void);

/* A feature dfl_dev.@number with every value valid. */
void add_plain(unsigned int number);
struct dflres_list *list_features(size_t expected);
/* The only feature of the tree. */
struct dflres_feature *open_only(void);
/* dfl_dev.0, the only feature. */
struct dflres_feature *open_plain(void);

/* What file @file of dfl_dev.@number begins with. */
void ck_assert_file(unsigned int number, const char *file, const char *text);

/*
 * dfl_dev.0 with the files of a claim in it: @size bytes of registers, where
 * byte n is n.
 */
struct dflres_feature *open_claimable(size_t size);
/* The same, claimed by lease. */
struct dflres_claim *claim_plain(size_t size);
int count_fds(void);

/*
 * A kernel for the files that are written to: while @kernel is set, what the
 * library writes goes to it, with the last component of the file's name, and it
 * returns 0, how many bytes it takes if not all, or a negative errno. Besides, all is
 * appended to kernel_log as "file=text ", a descriptor's number as "N".
 */
extern int (*kernel)(const char *file, const char *text);
extern char kernel_log[1024];
/* The number of the feature that is written to. */
extern int kernel_feature;

/* While it is set, it is called after each of the library's pread(2) with how much that was to read. */
extern void (*after_read)(size_t size);

/* What a readlink(2) of @linked gives while that is set: @link; NULL: the link is gone. */
extern const char *linked, *link_text;

/* How often something was opened so that a program which another thread starts would have it. */
extern int opened_for_programs;

/* As whom the library and the tool run; -1: as who it is. */
extern int pretended_user;
/* The file at @path becomes another user's than root's, and who runs this is root. */
void give_to_another(const char *path);

/* Which file of which feature cannot be opened, and with what errno; -1: none. */
extern int closed_feature, closed_error;
extern const char *closed_file;

/* N of the last dfl_dev.N in a path; -1: there is none. */
int feature_number(const char *path);

/* While it is set, what a poll(2) finds: it sets revents and returns what poll() is to. */
struct pollfd;
extern int (*next_poll)(struct pollfd *fds, unsigned long count, int timeout);

#endif
