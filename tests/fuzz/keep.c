// SPDX-License-Identifier: GPL-2.0
/*
 * The file of a feature that is kept, as anybody may have edited it. One that is
 * taken is written again as it was understood.
 */
#include <config.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "keep.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum exit_status parse(struct keep *keep, const void *text, size_t size)
{
	FILE *file = fmemopen((void *)text, size, "r");
	enum exit_status status;

	memset(keep, 0, sizeof(*keep));
	strcpy(keep->path, "keep");
	status = keep_parse(keep, file);
	fclose(file);
	return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct keep keep, again;
	char *text = NULL;
	size_t length;
	FILE *file;

	if (!size || parse(&keep, data, size))
		return 0;
	file = open_memstream(&text, &length);
	if (!file || keep_print(&keep, file) || fclose(file) ||
	    parse(&again, text, length) || memcmp(&keep, &again, sizeof(keep)))
		abort();
	free(text);
	return 0;
}
