// SPDX-License-Identifier: GPL-2.0
/* What a report takes for the machine: the tree that the test has made. */
#include <config.h>

#include <stdlib.h>

#include "report.h"

const char *report_root(void)
{
	const char *root = getenv("DFLRES_TEST_ROOT");

	return root ? root : "/nowhere";
}
