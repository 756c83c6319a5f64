# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
# The Python module on a real bus, while an interrupt comes and comes. Needs the files of tests/vm/python, the library and
# /python/{dflres,module}.py.
card up /cards/demo.card
insmod "$DFL/dflres.ko"
while sleep 0.1; do card irq 0; done 2>/dev/null &
firing=$!
PYTHONPATH=/python LD_LIBRARY_PATH=/python /usr/bin/python3 -W error /python/module.py fme:0x30 $((0x20 * $(card page)))
status=$?
kill $firing
exit $status
