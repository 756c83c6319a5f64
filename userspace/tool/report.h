/* SPDX-License-Identifier: GPL-2.0 */
/* What dflres report is made of: a file for each part of the machine. */
#ifndef REPORT_H
#define REPORT_H

#include <sys/utsname.h>

#include "tool.h"

#define REPORT_TEXT_MAX 512
#define REPORT_WIDTH 14	/* of the names of values */

/* ---- report-root.c ---- */

/* Begins each path here; "" for the paths of this machine. */
const char *report_root(void);

/* ---- report-file.c: files that say something about the machine ---- */

/*
 * Paths are absolute, with a format as of printf(3). No call waits, not even on a
 * FIFO. Return: 0, a descriptor or a number; or a negative errno.
 */
__attribute__((format(printf, 1, 2)))
int report_open(const char *format, ...);
/* @text up to the first newline, and with a '?' for each control character. */
void report_cut(char *text);
/* The first line, cut so. */
__attribute__((format(printf, 2, 3)))
int report_read(char text[REPORT_TEXT_MAX], const char *format, ...);
/* The target of a symbolic link, without its directories. */
__attribute__((format(printf, 2, 3)))
int report_link(char text[REPORT_TEXT_MAX], const char *format, ...);
__attribute__((format(printf, 1, 2)))
bool report_exists(const char *format, ...);
/* Call @visit, if it is not NULL, for each name in a directory; how many there are. */
typedef void report_visit(const char *name, void *context);
__attribute__((format(printf, 3, 4)))
int report_each(report_visit *visit, void *context, const char *format, ...);

/* ---- report-text.c: lines of the report ---- */

void report_title(const char *title);
/* One line, of a value that has a name. */
__attribute__((format(printf, 2, 3)))
void report_line(const char *name, const char *format, ...);
/* The first line of a file; "-" if it is not there, or why it cannot be read. */
void report_value(const char *name, const char *path);
/* @text without paths below home directories, names of users and MAC addresses. */
void report_safe(const char *text);
/* Collect complaints; report_end_complaints() prints them as report_safe(). */
int report_begin_complaints(void);
void report_end_complaints(void);

/* ---- the parts ---- */

/* report-modules.c: kernel modules, and where they come from */
void report_modules(const struct utsname *kernel);
/* report-machine.c: what decides who may do what */
void report_machine(void);
/* report-card.c: @features is an array, of describe() */
void report_cards(json_object *features);
/* report-log.c */
void report_log(void);

#endif
