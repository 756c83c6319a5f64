# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC2034
# What the tests of engines share, to be sourced after tap.sh: the card rack.card, its address, and the names of its features.

# by ID INSTANCE: the name of such a feature
by() { dflres info --json "fme:$1:$2" | jq -r .feature; }

# lay the card, also when it comes back
plug() {
	[ -e /sys/bus/pci/drivers/dfl-pci ] || modprobe dfl-pci
	./card path >/dev/null 2>&1 || ./card rescan
	wait_for ./card path >/dev/null 2>&1
	./card up rack.card
	udevadm settle
	card=$(dflres list --json | jq -r '.features[0].card')
	f0=$(by 0x30 0) f1=$(by 0x30 1) f2=$(by 0x31 0)
}

# what another test has had kept
rm -rf /etc/dflres.d
plug
