/* SPDX-License-Identifier: GPL-2.0 */
/* The registers that the tests of registers use; regs.c has them. */
#ifndef DFLRES_TEST_REGS_H
#define DFLRES_TEST_REGS_H

#include "unit.h"

/* The ways to the same registers. */
enum way {
	WAY_PLAIN,	/* a mapping */
	WAY_CALL,	/* pread() and pwrite() */
	WAY_GUARD,
	WAY_GUARD_OWN,
	WAYS,
};

extern struct dflres_claim *claim;
extern struct dflres_regs *regs;

/* Claim dfl_dev.0, which has @size bytes of registers, and open them. */
void open_way(enum way way, size_t size);
void close_all(void);

#endif
