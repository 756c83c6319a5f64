/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef DFLRES_DISCOVER_H
#define DFLRES_DISCOVER_H

#include <stddef.h>

/*
 * The features on the DFL bus at one moment, dfl_dev.2 before dfl_dev.10.
 * A feature in the list may be gone by the time it is opened.
 */
struct dflres_list;

/*
 * dflres_list_new - list the features
 * @list: receives the list, to be freed with dflres_list_free()
 *
 * Return: 0, also when the bus is empty; -ENOENT if the kernel has no DFL bus;
 * another negative errno.
 */
int dflres_list_new(struct dflres_list **list);
void dflres_list_free(struct dflres_list *list);

size_t dflres_list_count(const struct dflres_list *list);

/* The directory of feature @index, without symbolic links; the list's. */
const char *dflres_list_path(const struct dflres_list *list, size_t index);

#endif
