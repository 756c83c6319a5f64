// SPDX-License-Identifier: LGPL-2.1-or-later
/* The functions that are inline in dflres.h, for those who cannot inline them. */
#include <config.h>

#define DFLRES_INLINE __attribute__((visibility("default")))
#include "dflres.h"
