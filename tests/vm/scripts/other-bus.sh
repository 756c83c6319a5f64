# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC2012
# A module that was built for another struct dfl_device is not loaded beside devices, and ignores those that come.
# shellcheck source=tests/vm/tap.sh
. tap.sh

bus=/sys/bus/dfl/devices
said() { dmesg | grep -c 'dflres was built for another DFL bus than this: '; }
managed() { ls -d $bus/*/dflres 2>/dev/null | wc -l; }

card up /cards/basic.card
devices=$(ls $bus | wc -l)
ok "beside devices the module for another bus does not load" sh -c "! insmod $DFL/other-bus.ko 2>/tmp/error"
ok "insmod says that the format of the module for another bus is wrong" grep -q 'invalid module format\|Exec format error' /tmp/error
before=$(said)
ok "the kernel's log says why the module for another bus does not load" [ "$before" -gt 0 ] # busybox tries twice
is "no device has files of dflres without the right module" "$(managed)" 0
ok "the right module loads after the one for another bus" insmod "$DFL/dflres.ko"
is "all devices have the right module's files" "$(managed)" "$devices"
ok "the right module unloads again" rmmod dflres

card unbind
ok "without devices the module for another bus loads" insmod "$DFL/other-bus.ko"
ok "a card comes beside the module for another bus" card up /cards/basic.card
is "no device of the card has files of dflres" "$(managed)" 0
is "the kernel's log says why for each device of the card" "$(said)" $((before + devices))
ok "a kernel driver binds beside the module for another bus" insmod "$DFL/uio_dfl.ko"
ok "a kernel driver unloads beside the module for another bus" rmmod uio_dfl
card unbind
ok "the module for another bus unloads when the card has gone" rmmod dflres
finish
