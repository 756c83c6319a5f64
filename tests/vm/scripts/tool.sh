# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
# dflres(1) on a real bus: without a card, without the module, and with both.
# shellcheck source=tests/vm/tap.sh
. tap.sh

# column N FEATURE: what the table says of a feature
column() { dflres list | awk -v column="$1" -v feature="$2" '$1 == feature { print $column }'; }

card unbind 2>/dev/null
ok "an empty bus is no error" dflres list
card up /cards/basic.card
ok "without the module the list is incomplete" [ "$(dflres list >/dev/null 2>&1; echo $?)" = 1 ]
is "but has what is known" "$(column 4 dfl_dev.3)" 0x21
insmod "$DFL/dflres.ko"
is "with the module every feature has a line" "$(dflres list | wc -l)" 11
is "its card" "$(column 2 dfl_dev.3)" "$(basename "$(card path)")"
is "its type" "$(column 3 dfl_dev.9)" port
is "its revision" "$(column 5 dfl_dev.3)" 0x2
is "its size" "$(column 6 dfl_dev.6)" 0x10000
is "its owner, none" "$(column 10 dfl_dev.3)" none
echo user >/sys/bus/dfl/devices/dfl_dev.3/dflres/owner
is "its owner, user" "$(column 10 dfl_dev.3)" user
is "and the process" "$(column 11 dfl_dev.3)" $$
insmod "$DFL/uio_dfl.ko"
is "its owner, kernel" "$(column 10 dfl_dev.1)" kernel
is "and the driver" "$(column 11 dfl_dev.1)" uio_dfl
is "whether it is mappable" "$(column 7 dfl_dev.3)" yes
card unbind
card up /cards/layout.card
is "and whether it is not" "$(dflres list | awk '$4 == "0x102" { print $7 }')" no
is "an unprivileged user sees the same" "$(su alice -c 'dflres list')" "$(dflres list)"
finish
