# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC2012
# The virtual card itself: what a description says is what the kernel enumerates.
# shellcheck source=tests/vm/tap.sh
. tap.sh

# The DFL bus in `card expect`'s words; addresses are in /proc/iomem only, revisions and interrupts nowhere. Sorted, as numbers
# do not tell the order: the last card's come back one by one where the kernel frees with delay.
bus() {
	local n
	for n in $(ls /sys/bus/dfl/devices | sed 's/dfl_dev\.//'); do
		echo "$(cat "/sys/bus/dfl/devices/dfl_dev.$n/type") $(cat "/sys/bus/dfl/devices/dfl_dev.$n/feature_id")" \
			"$(sed -n "s/^ *\([0-9a-f]*\)-\([0-9a-f]*\) : dfl_dev\.$n\$/\1 \2/p" /proc/iomem)"
	done | sort
}

expected() {
	card expect "$1" | while read -r type id start end _; do
		printf '%s %s %08x %08x\n' "$type" "$id" "$start" "$end"
	done | sort
}

# The arguments are the cards that this kernel and device can have
for name; do
	ok "the card $name comes up" card up "/cards/$name.card"
	is "the card $name is enumerated as described" "$(bus)" "$(expected "/cards/$name.card")"
done

ok "the basic card comes up after the others" card up /cards/basic.card
is "a peek finds the FME's GUID" "$(card peek 8 64)" 0x1111222233334444
card unbind
is "the DFL bus is empty when the card is unbound" "$(bus)" ""
ok "the card can be bound again" card bind
is "all features are back when the card is bound again" "$(bus)" "$(expected /cards/basic.card)"
ok "the card can be removed" card remove
is "the DFL bus is empty when the card is removed" "$(bus)" ""
ok "a rescan finds the removed card" card rescan
ok "the card comes up after the rescan" card up /cards/basic.card
is "all features are back after the rescan" "$(bus)" "$(expected /cards/basic.card)"
card unbind
card many 64 >/tmp/many.card
ok "a card of 64 features comes up" card up /tmp/many.card
is "all 64 features are on the bus" "$(ls /sys/bus/dfl/devices | wc -l)" 64
card unbind
finish
