// SPDX-License-Identifier: GPL-2.0
/*
 * The kernel's log, as dflres report reads it, and the options that the kernel was
 * started with. What is printed names no home directory, and nothing in it is for
 * a terminal to obey.
 */
#include <config.h>

#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "report.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

const char *__wrap_report_root(void);

/* Linked in report_root()'s place. */
const char *__wrap_report_root(void)
{
	return fixture_root();
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	scratch_create();
	atexit(scratch_remove);
	fixture_create();
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	FILE *output, *standard_output = stdout;
	char *text = NULL;
	size_t length;

	put("dev/kmsg", (const char *)data, size);
	put("proc/cmdline", (const char *)data, size);
	output = open_memstream(&text, &length);
	if (!output)
		abort();
	stdout = output;
	report_log();
	report_machine();
	stdout = standard_output;
	fclose(output);
	if (strlen(text) != length || strstr(text, "/home/"))
		abort();
	for (size_t i = 0; i < length; i++) {
		if (iscntrl((unsigned char)text[i]) && text[i] != '\n')
			abort();
	}
	free(text);
	return 0;
}
