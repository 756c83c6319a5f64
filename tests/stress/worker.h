/* SPDX-License-Identifier: GPL-2.0 */
/* What the parts of a worker share, see stress.h. Each operation returns 0 or a negative errno. */

#ifndef WORKER_H
#define WORKER_H

#include "stress.h"

typedef int operation(const struct choice *choice, struct result *result);

extern unsigned int me;
extern struct mapping mappings[FEATURES][MAPS];

/*
 * The descriptor that is kept, or a new one where there is none, and sometimes where there is; it is another one then for the
 * model. Or a negative errno.
 */
int descriptor(const struct choice *choice, int *fd, const char *file, int flags, struct result *result);

/* Has the child look at all that it has inherited; false if there is none */
bool ask_child(struct result *result);

/* access.c */
operation op_map, op_map_all, op_map_combined, op_munmap, op_mremap, op_crowd_in, op_crowd_look, op_touch;
operation op_read, op_write, op_peek;
void begin_access(void);
/* A thread that looks at all mappings until it is joined; what it has seen is added to what the result says */
struct looker;
struct looker *start_looker(const struct choice *choice);
void join_looker(struct looker *looker, struct result *result);

/* listen.c */
operation op_poll, op_count, op_attach, op_detach, op_sum, op_interrupt;
void begin_listen(void);

/* machine.c */
operation op_load_driver, op_unload_driver, op_bind, op_unbind, op_remove, op_rescan, op_unbind_fme, op_bind_fme;
operation op_release_port, op_assign_port, op_unload, op_load;

#endif
