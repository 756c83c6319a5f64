// SPDX-License-Identifier: GPL-2.0
/* One sentence on standard error. */
#include <config.h>

#include <limits.h>
#include <stdarg.h>
#include <syslog.h>

#include "tool.h"

/* Room for a sentence of the library and the names of files. */
#define COMPLAINT_MAX (DFLRES_SENTENCE_MAX + 2 * PATH_MAX)

bool complain_to_log;

static const char *place_of_complaints = "";
static FILE *file_of_complaints;

void complain_of(const char *place)
{
	place_of_complaints = place;
}

void complain_to(FILE *file)
{
	file_of_complaints = file;
}

void complain(const char *format, ...)
{
	char text[COMPLAINT_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	/* in one piece: other processes may write to the same place */
	fprintf(file_of_complaints ? file_of_complaints : stderr, "dflres: %s%s\n",
		place_of_complaints, text);
	if (!complain_to_log)
		return;
	syslog(LOG_ERR, "%s", text);
}
