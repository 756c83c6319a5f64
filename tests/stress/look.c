// SPDX-License-Identifier: GPL-2.0
/* See stress.h: looks at mappings. They are many, and make no system call unless they fault. */

#include "stress.h"

#include <setjmp.h>
#include <signal.h>
#include <stddef.h>

/* Of each thread */
static __thread sigjmp_buf on_fault;
static __thread volatile sig_atomic_t guarded;

static void fault_handler(int sig)
{
	if (!guarded)
		signal(sig, SIG_DFL);
	else
		siglongjmp(on_fault, 1);
}

void catch_faults(void)
{
	struct sigaction act = { .sa_handler = fault_handler, .sa_flags = SA_NODEFER };

	sigaction(SIGBUS, &act, NULL);
}

static bool read_word(const volatile void *at, uint32_t *value)
{
	if (sigsetjmp(on_fault, 0)) {
		guarded = 0;
		return false;
	}
	guarded = 1;
	*value = *(const volatile uint32_t *)at;
	guarded = 0;
	return true;
}

uint32_t magic_of(unsigned int f, unsigned int page)
{
	return 0x5a000000 | features[f].id << 8 | page;
}

void look_at(unsigned int f, struct mapping *mapping, unsigned int mask, struct look *look)
{
	unsigned int page;

	look->looked = true;
	for (page = 0; page < mapping->pages; page++) {
		uint64_t begin = now_ns();
		uint32_t value;

		if (page && (mapping->dead || !(mask >> page & 1)))
			continue;
		if (!read_word(mapping->at + page * PAGE + MAGIC_AT, &value)) {
			mapping->dead = true;
			look->alive = false;
			continue;
		}
		look->alive = !mapping->dead;
		look->alive_at = begin;
		look->revived |= mapping->dead;
		look->wrong |= value != magic_of(f, mapping->page + page);
	}
}
