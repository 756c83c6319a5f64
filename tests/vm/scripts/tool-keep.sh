# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
# dflres keep on a real bus, with `keep --apply` where udev would run it. What udev's rules make of it is in ../installed.sh.
# shellcheck source=tests/vm/tap.sh
. tap.sh
bus=/sys/bus/dfl/devices

alice() { su alice -c "$*"; }
bob() { su bob -c "$*"; }

# rights FEATURE: of the files by which it is claimed
rights() { stat -c '%a %U %G' "$bus/$1/dflres/owner" "$bus/$1/dflres/lease" | tr '\n' ' '; }

# name TYPE:ID: what the bus calls it now
name() { dflres info "$1" | awk '$1 == "feature" { print $2 }'; }

roots='644 root root 644 root root '
alices='644 alice alice 644 alice alice '

card up /cards/basic.card
insmod "$DFL/dflres.ko"
insmod "$DFL/uio_dfl.ko"
plain=$(name fme:0x21) driven=$(name fme:0x10)

status "alice may keep nothing" 5 'dflres: cannot make /etc/dflres.d: Permission denied; run this as root.' \
	alice dflres keep --user alice fme:0x21
ok "a feature is kept for alice" dflres keep --user alice fme:0x21
is "which gives her the right to claim at once" "$(rights "$plain")" "$alices"
ok "alice claims" alice dflres claim "$plain"
ok "alice releases" alice dflres release "$plain"
status "bob may not claim" 5 '*you may not write*' bob dflres claim "$plain"
ok "one is kept for a group" dflres keep --group bob fme:0x25
ok "who is in the group claims" bob dflres claim fme:0x25
ok "and releases" bob dflres release fme:0x25
status "who is not does not" 5 '*you may not write*' alice dflres claim fme:0x25
json "both are listed" '.[0].kept | map([.selector[13:], .user, .group, .feature == null]) == [["fme:0x21:0", "alice", null, false], ["fme:0x25:0", null, "bob", false]]' \
	dflres keep --list --json

rmmod uio_dfl
card unbind
json "what is kept stays without the card" '.[0].kept | map(.feature) == [null, null]' dflres keep --list --json
card up /cards/basic.card
insmod "$DFL/uio_dfl.ko"
plain=$(name fme:0x21) driven=$(name fme:0x10)
is "a new card's files are root's" "$(rights "$plain")" "$roots"
is "udev is told of what is kept" "$(dflres keep --apply "$plain")" DFLRES_EXCLUDE=1
is "which makes it alice's again" "$(rights "$plain")" "$alices"
is "and of nothing else" "$(dflres keep --apply "$(name fme:0x26)")" ""
is "whose files stay root's" "$(rights "$(name fme:0x26)")" "$roots"

# ---- a driver of the kernel ----
status "another driver than the one that has it" 4 "dflres: $driven is to be taken from the driver dfl-emif, but uio_dfl has it; *" \
	dflres keep --from dfl-emif fme:0x10
is "which leaves the driver" "$(owner "$driven")" kernel
ok "the driver is taken off" dflres keep --from uio_dfl --user alice fme:0x10
is "and nobody has the feature" "$(owner "$driven")" none
is "so that alice may claim it" "$(rights "$driven")" "$alices"
echo "$driven" >/sys/bus/dfl/drivers/uio_dfl/bind
is "the driver takes it again" "$(owner "$driven")" kernel
is "and udev has it taken off" "$(dflres keep --apply "$driven"; owner "$driven")" "DFLRES_EXCLUDE=1
none"
ok "it is kept with a claim as well" dflres keep --from uio_dfl --user alice --claim fme:0x10
is "which is alice's" "$(owner "$driven") $(stat -c '%a %U' $bus/"$driven"/dflres/resource0)" "user 600 alice"
is "and lasts" "$(cat $bus/"$driven"/dflres/lease)" 0
ok "to apply it again changes nothing" dflres keep --apply "$driven"
ok "alice uses it" alice "dflres read -w 16 $driven 0"
ok "alice gives it to the driver" alice dflres release --to-kernel "$driven"
is "which has it" "$(owner "$driven")" kernel
ok "udev has it claimed" dflres keep --apply "$driven"
is "for alice" "$(stat -c %U $bus/"$driven"/dflres/resource0)" alice
dflres release "$driven"

# ---- all or nothing ----
ok "it is kept no longer" dflres keep --remove fme:0x10
is "and root's" "$(rights "$driven")" "$roots"
echo "$driven" >/sys/bus/dfl/drivers/uio_dfl/bind
echo 1 >/sys/module/dflres/parameters/require_iommu
status "where policy forbids claims nothing is kept" 5 "dflres: $driven cannot be taken over: *" \
	dflres keep --from uio_dfl --user alice fme:0x10
echo 0 >/sys/module/dflres/parameters/require_iommu
is "and the driver has it" "$(owner "$driven") $(rights "$driven")" "kernel $roots"
ok "a claim of bob's is in the way" sh -c "dflres release $driven 2>/dev/null; chown bob $bus/$plain/dflres/owner; su bob -c 'dflres claim $plain'"
before=$(rights "$plain")
status "of one that is to be alice's" 6 "dflres: $plain cannot be claimed: user bob has *" dflres keep --user alice --claim fme:0x21
is "nothing of it is done" "$(rights "$plain")" "$before"
is "the file is the one before" "$(grep -h claim /etc/dflres.d/*fme:0x21*)" ""
bob dflres release "$plain"
echo nonsense | tee -a /etc/dflres.d/*fme:0x25* >/dev/null
status "a file that somebody edited" 7 'dflres: /etc/dflres.d/*_fme:0x25:0.conf:4: there is no setting *' dflres keep --apply "$plain"
is "is the end of all that is kept" "$(rights "$plain")" "$before"
rm /etc/dflres.d/*fme:0x25*
ok "without it all is well" dflres keep --apply "$plain"
is "again" "$(rights "$plain")" "$alices"
ok "the last one is removed" dflres keep --remove "$plain"
is "and nothing is left" "$(ls /etc/dflres.d)" ""
finish
