// SPDX-License-Identifier: GPL-2.0
/* Where a report looks for /sys, /proc and the rest. */
#include <config.h>

#include "report.h"

const char *report_root(void)
{
	return "";
}
