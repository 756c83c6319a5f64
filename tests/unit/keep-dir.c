// SPDX-License-Identifier: GPL-2.0
/* Where the files are that keep features: wherever the test wants them. */
#include <config.h>

#include <stdlib.h>

#include "keep.h"

const char *keep_directory(void)
{
	const char *directory = getenv("DFLRES_TEST_KEEP");

	return directory ? directory : "/nowhere/dflres.d";
}
