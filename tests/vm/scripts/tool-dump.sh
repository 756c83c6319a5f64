# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
# dflres(1) on many registers of a real bus: dump --canonical and load, watch, and how many events monitor tells of.
# shellcheck source=tests/vm/tap.sh
. tap.sh
bus=/sys/bus/dfl/devices

card unbind 2>/dev/null
card up /cards/basic.card
insmod "$DFL/dflres.ko"
page=$(card page)
feature=$(dflres info fme:0x30 | awk '$1 == "feature" { print $2 }')
lines() { wc -l <"$1"; }
has_lines() { [ "$(lines "$1")" -ge "$2" ]; }

# ---- dump and load ----
is "info finds a feature by the name of its id" "$(dflres info fme:emif | awk '$1 == "id" { print $2, $3 }')" "0x9 (emif)"
is "the list of one type and one id by name has one feature" "$(dflres list --type fme --id emif | awk 'NR > 1 { print $4 }')" 0x9
is "the list of what the kernel has is empty here" "$(dflres list --owner kernel | wc -l)" 1
# beyond the header, which is not to be written
dflres write fme:0x30 0x40 0x4142434445464748
is "dump --canonical shows characters in the order of addresses" "$(dflres dump -C -o 0x40 -l 16 fme:0x30)" \
	"00000040  4142434445464748 $(dflres read fme:0x30 0x48 | cut -c 3-)  |HGFEDCBA$(dflres dump -C -o 0x48 -l 8 fme:0x30 | sed -n 's/.*|\(.*\)|/\1/p')|
00000050"
seq 1 40000 | head -c $((page * 8)) >/tmp/bytes
ok "load --verify writes a file of bytes" dflres load --verify --bin /tmp/bytes --offset "$page" fme:0x30
dflres dump --bin - -o "$page" -l $((page * 8)) fme:0x30 >/tmp/read
ok "the registers have the bytes that load wrote" cmp /tmp/bytes /tmp/read
dflres dump -o "$page" fme:0x30 >/tmp/dump
dflres dump --canonical -o "$page" fme:0x30 >/tmp/canonical
ok "dump --canonical leaves out lines that repeat" [ "$(lines /tmp/canonical)" -lt "$(lines /tmp/dump)" ]
for text in dump canonical; do
	head -c $((page * 15)) /dev/zero >/tmp/zero
	ok "load writes zeros before the load of a $text" dflres load -v -b /tmp/zero -o "$page" fme:0x30
	ok "load reads a $text as text" dflres load --verify fme:0x30 /tmp/$text
	dflres dump -o "$page" fme:0x30 >/tmp/again
	ok "load of a $text brings all back" cmp /tmp/dump /tmp/again
done
is "no feature stays claimed after dump and load" "$(owner "$feature")" none
printf '00000040  1111111111111111\n00000048  x\n' >/tmp/wrong
status "a load of a file that is wrong" 7 'dflres: /tmp/wrong:2: it has something other than numbers.' dflres load fme:0x30 /tmp/wrong
is "a load of a file that is wrong writes nothing" "$(dflres read fme:0x30 0x40)" 0x4142434445464748
head -c $((page * 16 + 1)) /dev/zero >/tmp/zero
status "a load of more bytes than the feature has" 2 "dflres: $feature has only *" dflres load -b /tmp/zero fme:0x30
is "a load of more bytes than the feature has writes nothing" "$(dflres read fme:0x30 0x40)" 0x4142434445464748

# ---- write-combined ----
if dflres exec fme:0x30 -- test -e "$bus/$feature/dflres/resource0_wc"; then
	ok "load --write-combine --verify writes a file of bytes" dflres load -cvb /tmp/bytes -o "$page" fme:0x30
	dflres dump --bin - -o "$page" -l $((page * 8)) fme:0x30 >/tmp/read
	ok "the registers have the bytes that were written write-combined" cmp /tmp/bytes /tmp/read
	dflres claim "$feature"
	dflres read "$feature" 0x40 >/dev/null
	status "a write-combined load in a claim that has been used otherwise" 4 \
		"dflres: $feature: this claim already uses its registers without --write-combine; *" \
		dflres load -cb /tmp/bytes "$feature"
	dflres release "$feature"
else
	skip "load --write-combine writes a file of bytes" "this card's BAR is not prefetchable"
fi

# ---- watch ----
dflres monitor "$feature" >/tmp/monitor &
monitor=$!
wait_for has_lines /tmp/monitor 1
dflres watch --interval 0.05 --count 10 "$feature" 0 64 >/tmp/watch
is "64 registers are shown at first, and none again that did not change" "$(lines /tmp/watch)" 64
wait_for has_lines /tmp/monitor 3
is "64 registers, ten times, are one claim" "$(grep -c 'owner  user' /tmp/monitor)" 1
kill $monitor
wait $monitor 2>/dev/null
is "watch shows the values that are there" "$(awk '$3 == "0x40" { print $4, $5 }' /tmp/watch)" "0x4142434445464748 -"
dflres watch -I 0.05 --json "$feature" 0x40 2 >/tmp/watch &
watch=$!
wait_for has_lines /tmp/watch 2
dflres write "$feature" 0x48 7
ok "watch shows a change of a register" wait_for has_lines /tmp/watch 3
json "watch shows a change in JSON with the value before" \
	'.[2] | .feature == "'"$feature"'" and .offset == "0x48" and .value == "0x0000000000000007" and .before != null and .before != .value' cat /tmp/watch
dflres release "$feature"
wait $watch
is "watch ends with the claim" $? 1

# ---- how many events, and for how long ----
dflres monitor --count 2 "$feature" >/tmp/monitor &
monitor=$!
wait_for has_lines /tmp/monitor 1
dflres claim "$feature"
dflres release "$feature"
wait $monitor
is "monitor --count ends by itself" $? 0
is "monitor --count ends after so many events" "$(awk '{ print $3, $4 }' /tmp/monitor | tr '\n' ' ')" "owner none owner user owner none "
began=$(date +%s)
dflres monitor --idle-timeout 2 "$feature" >/tmp/monitor &
monitor=$!
wait_for has_lines /tmp/monitor 1
sleep 1
dflres claim "$feature"
wait $monitor
is "monitor --idle-timeout ends when nothing happens" $? 0
ok "monitor --idle-timeout begins anew with a change" [ $(($(date +%s) - began)) -ge 3 ]
dflres release "$feature"
finish
