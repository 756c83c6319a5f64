// SPDX-License-Identifier: GPL-2.0
/* The directory of the files that keep features. */
#include <config.h>

#include "keep.h"

/* Beside udev's rules, which apply them: below /etc for any prefix. */
const char *keep_directory(void)
{
	return "/etc/dflres.d";
}
