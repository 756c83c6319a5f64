# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
# dflres keep on a real bus, with `keep --apply` where udev would run it. What udev's rules make of it is in tests/packaging/installed.sh.
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

status "a keep by alice who is not root" 5 'dflres: cannot make /etc/dflres.d: Permission denied; run this as root.' \
	alice dflres keep --user alice fme:0x21
ok "a feature is kept for alice" dflres keep --user alice fme:0x21
is "keep --user gives alice the right to claim at once" "$(rights "$plain")" "$alices"
ok "alice claims what is kept for her" alice dflres claim "$plain"
ok "alice releases what is kept for her" alice dflres release "$plain"
status "a claim by bob of what is kept for alice" 5 '*you may not write*' bob dflres claim "$plain"
ok "keep --group keeps a feature for a group" dflres keep --group bob fme:0x25
ok "a member of the group claims what is kept for it" bob dflres claim fme:0x25
ok "a member of the group releases what is kept for it" bob dflres release fme:0x25
status "a claim by alice of what is kept for another group" 5 '*you may not write*' alice dflres claim fme:0x25
json "keep --list shows both features that are kept" '.[0].kept | map([.selector[13:], .user, .group, .feature == null]) == [["fme:0x21:0", "alice", null, false], ["fme:0x25:0", null, "bob", false]]' \
	dflres keep --list --json

rmmod uio_dfl
card unbind
json "keep --list shows what is kept when the card is gone" '.[0].kept | map(.feature) == [null, null]' dflres keep --list --json
card up /cards/basic.card
insmod "$DFL/uio_dfl.ko"
plain=$(name fme:0x21) driven=$(name fme:0x10)
is "the files of a card that comes back are root's" "$(rights "$plain")" "$roots"
is "keep --apply tells udev of a feature that is kept" "$(dflres keep --apply "$plain")" DFLRES_EXCLUDE=1
is "keep --apply gives a kept feature to alice again" "$(rights "$plain")" "$alices"
is "keep --apply tells udev nothing of another feature" "$(dflres keep --apply "$(name fme:0x26)")" ""
is "keep --apply leaves the files of another feature root's" "$(rights "$(name fme:0x26)")" "$roots"

# ---- a driver of the kernel ----
status "a keep --from another driver than the one that has the feature" 4 "dflres: cannot take $driven from the driver dfl-emif: uio_dfl is bound to it; *" \
	dflres keep --from dfl-emif fme:0x10
is "a refused keep --from leaves the driver bound" "$(owner "$driven")" kernel
ok "keep --from takes the driver off the feature" dflres keep --from uio_dfl --user alice fme:0x10
is "nobody has the feature after keep --from" "$(owner "$driven")" none
is "alice may claim the feature after keep --from" "$(rights "$driven")" "$alices"
echo "$driven" >/sys/bus/dfl/drivers/uio_dfl/bind
is "the driver takes the feature again by bind" "$(owner "$driven")" kernel
is "keep --apply takes the driver off again, and tells udev" "$(dflres keep --apply "$driven"; owner "$driven")" "DFLRES_EXCLUDE=1
none"
ok "keep --claim keeps a driver's feature with a claim" dflres keep --from uio_dfl --user alice --claim fme:0x10
is "the claim of keep --claim is alice's" "$(owner "$driven") $(stat -c '%a %U' $bus/"$driven"/dflres/resource0)" "user 600 alice"
is "the claim of keep --claim is a lasting one" "$(cat $bus/"$driven"/dflres/lease)" 0
ok "keep --apply changes nothing where the claim is there" dflres keep --apply "$driven"
ok "alice uses the feature that is claimed for her" alice "dflres read -w 16 $driven 0"
ok "alice gives the feature that was claimed for her to the driver" alice dflres release --to-kernel "$driven"
is "the driver has the feature that alice gave back" "$(owner "$driven")" kernel
ok "keep --apply claims the feature again" dflres keep --apply "$driven"
is "keep --apply claims the feature for alice" "$(stat -c %U $bus/"$driven"/dflres/resource0)" alice
dflres release "$driven"

# ---- all or nothing ----
ok "keep --remove of a driver's feature works" dflres keep --remove fme:0x10
is "the files are root's after keep --remove" "$(rights "$driven")" "$roots"
echo "$driven" >/sys/bus/dfl/drivers/uio_dfl/bind
echo 1 >/sys/module/dflres/parameters/require_iommu
status "a keep --from where policy forbids claims" 5 "dflres: cannot take over $driven: *" \
	dflres keep --from uio_dfl --user alice fme:0x10
echo 0 >/sys/module/dflres/parameters/require_iommu
is "the driver has the feature where policy forbids claims" "$(owner "$driven") $(rights "$driven")" "kernel $roots"
ok "a claim of bob's is made, to be in the way of alice's" sh -c "dflres release $driven 2>/dev/null; chown bob $bus/$plain/dflres/owner; su bob -c 'dflres claim $plain'"
before=$(rights "$plain")
status "a keep --claim where bob has claimed" 6 "dflres: cannot claim $plain: user bob has *" dflres keep --user alice --claim fme:0x21
is "a refused keep --claim changes no rights" "$(rights "$plain")" "$before"
is "a refused keep --claim leaves the file that was there" "$(grep -h claim /etc/dflres.d/*fme:0x21*)" ""
bob dflres release "$plain"
echo nonsense | tee -a /etc/dflres.d/*fme:0x25* >/dev/null
status "a keep --apply where somebody has edited a file wrongly" 7 'dflres: /etc/dflres.d/*_fme:0x25:0.conf:4: there is no setting *' dflres keep --apply "$plain"
is "a file that is wrong leaves all rights as they were" "$(rights "$plain")" "$before"
rm /etc/dflres.d/*fme:0x25*
ok "keep --apply works when the wrong file is gone" dflres keep --apply "$plain"
is "keep --apply gives the feature to alice when the wrong file is gone" "$(rights "$plain")" "$alices"
ok "keep --remove of the last feature works" dflres keep --remove "$plain"
is "no file is left after the last keep --remove" "$(ls /etc/dflres.d)" ""
finish
