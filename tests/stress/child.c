// SPDX-License-Identifier: GPL-2.0
/* See stress.h: a process that has been forked by a worker, and lives on what it has inherited */

#define _GNU_SOURCE
#include "stress.h"

#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

/* Between two looks that nobody has asked for */
#define NAP_MS 200

static struct child *self;

static void look_around(struct mapping mappings[FEATURES][MAPS], struct look looks[FEATURES][MAPS])
{
	unsigned int f, m;

	for (f = 0; f < FEATURES; f++)
		for (m = 0; m < MAPS; m++) {
			looks[f][m] = (struct look){ 0 };
			if (!mappings[f][m].pages)
				continue;
			look_at(f, &mappings[f][m], ~0U, &looks[f][m]);
			self->revived |= looks[f][m].revived;
			self->wrong |= looks[f][m].wrong;
		}
}

_Noreturn void live_as_child(unsigned int worker, struct mapping mappings[FEATURES][MAPS], int ask, int answer)
{
	static struct look unasked[FEATURES][MAPS];
	char byte;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	self = &shared->children[worker];
	for (;;) {
		if (poll_for(ask, POLLIN, NAP_MS)) {
			if (read(ask, &byte, 1) != 1)
				_exit(0);
			look_around(mappings, self->looks);
			if (write(answer, &byte, 1) != 1)
				_exit(0);
		} else {
			look_around(mappings, unasked);
		}
	}
}
