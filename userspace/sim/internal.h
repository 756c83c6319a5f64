/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Shared by the files of libdflres-sim. */
#ifndef DFLRES_SIM_INTERNAL_H
#define DFLRES_SIM_INTERNAL_H

#include <limits.h>
#include <stdarg.h>
#include <sys/types.h>

#include "dflres-sim.h"

#define SIM_API __attribute__((visibility("default")))

/* The environment's name for the root. */
#define SIM_ROOT "DFLRES_TEST_SYSFS"

struct dflres_sim {
	char root[PATH_MAX];
};

/* ---- sim-file.c: files of a tree, by their full paths ---- */

__attribute__((format(printf, 2, 3)))
void sim_path(char path[PATH_MAX], const char *format, ...);
int sim_write(const char *path, const void *data, size_t size);
__attribute__((format(printf, 2, 3)))
int sim_print(const char *path, const char *format, ...);
/* The text of a short file, without its newline; "" if there is none. */
void sim_read(const char *path, char text[64]);
int sim_link(const char *target, const char *path);
int sim_remove(const char *path);

/* ---- kernel.c: the kernel behind the files; under its lock ---- */

void sim_lock(void);
void sim_unlock(void);
/* Handle a write to the file @path of a tree. Return: 0 or a negative errno. */
int sim_kernel_write(const char *root, const char *path, const char *text);
/* End the claim on the feature in @dir, if there is one. */
int sim_kernel_release(const char *root, const char *dir, bool to_kernel);
int sim_kernel_interrupt(const char *dir, unsigned int irq);

#endif
