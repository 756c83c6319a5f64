// SPDX-License-Identifier: GPL-2.0
/* How far a long command is, while nothing else is shown. */
#include <config.h>

#include <unistd.h>

#include "tool.h"

#define FIRST_PROGRESS_MS 1000
#define PROGRESS_MS 200

void progress_begin(struct progress *progress, uint64_t total, bool wanted)
{
	*progress = (struct progress){
		.total = total,
		.wanted = wanted && isatty(STDERR_FILENO),
		.next = clock_now() + FIRST_PROGRESS_MS,
	};
}

void progress_show(struct progress *progress, uint64_t done)
{
	if (!progress->wanted || clock_now() < progress->next)
		return;
	fprintf(stderr, "\r%3d %%", (int)(done * 100.0 / progress->total));
	fflush(stderr);
	progress->shown = true;
	progress->next = clock_now() + PROGRESS_MS;
}

void progress_clear(struct progress *progress)
{
	if (progress->shown)
		fputs("\r     \r", stderr);
	progress->shown = false;
}
