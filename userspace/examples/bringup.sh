#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Try a register and an interrupt of a feature: bringup.sh FEATURE. The claim ends with the script, however it ends.
[ -n "$DFLRES_FEATURE_0" ] || exec dflres exec "$1" -- "$0"

dflres write "$DFLRES_FEATURE_0" 0x8 0x1122334455667788
dflres read "$DFLRES_FEATURE_0" 0x8
dflres wait --irq 0 --timeout 5 "$DFLRES_FEATURE_0"
