# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC2012
# A module that was built for another struct dfl_device is not loaded beside devices, and ignores those that come.
# shellcheck source=tests/vm/tap.sh
. tap.sh

bus=/sys/bus/dfl/devices
said() { dmesg | grep -c 'dflres was built for another DFL bus than this one'; }
managed() { ls -d $bus/*/dflres 2>/dev/null | wc -l; }

card up /cards/basic.card
devices=$(ls $bus | wc -l)
ok "beside devices the module for another bus does not load" sh -c "! insmod $DFL/other-bus.ko 2>/tmp/error"
ok "insmod says that its format is wrong" grep -q 'invalid module format\|Exec format error' /tmp/error
before=$(said)
ok "the kernel's log says why" [ "$before" -gt 0 ] # busybox tries twice
is "no device has files of dflres" "$(managed)" 0
ok "the right module loads" insmod "$DFL/dflres.ko"
is "all devices have its files" "$(managed)" "$devices"
ok "the right module unloads" rmmod dflres

card unbind
ok "without devices the module for another bus loads" insmod "$DFL/other-bus.ko"
ok "a card comes" card up /cards/basic.card
is "no device of the card has files of dflres" "$(managed)" 0
is "the kernel's log says why, for each" "$(said)" $((before + devices))
ok "a kernel driver binds to one of them" insmod "$DFL/uio_dfl.ko"
ok "the driver unloads" rmmod uio_dfl
card unbind
ok "the card goes, and the module unloads" rmmod dflres
finish
