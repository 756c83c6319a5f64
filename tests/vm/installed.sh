# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
# What the packages make of a card in a Debian system, for root, for alice, who is in the group dfl, and for bob, who is not.
# A rule in /etc/udev excludes the feature 0x21 and those of the port, and in the end another one the card. Called by system.sh.
# shellcheck source=tests/vm/tap.sh
. ./tap.sh

loaded() { [ -d "/sys/module/$1" ]; }

# files ID: the directory of the first feature with this id
files() {
	local device
	for device in /sys/bus/dfl/devices/*; do
		[ "$(cat "$device/feature_id")" != "$1" ] || { echo "$device/dflres"; return; }
	done
}

# rights DIR: mode, owner and group of `owner` and `lease`
rights() { stat -c '%a %U %G' "$1/owner" "$1/lease" | tr '\n' ' '; }

delegated='664 root dfl 664 root dfl '
kept='644 root root 644 root root '

is "the system is up, and nothing failed in it" "$(systemctl is-system-running --wait)" running
is "DKMS has built the module" "$(modinfo -F filename dflres)" "/lib/modules/$(uname -r)/updates/dkms/dflres.ko.xz"
ok "and signed it" [ -n "$(modinfo -F signer dflres)" ]
ok "it is loaded at boot" loaded dflres
is "what is loaded is the packages' version" "$(cat /sys/module/dflres/version)" \
	"$(dpkg-query -W -f '${Version}' dflres-dkms | sed 's/-.*//')"
is "the file that was loaded says the same" "$(modinfo -F version dflres)" "$(cat /sys/module/dflres/version)"

modprobe -r dflres dfl
ok "unloaded" not loaded dfl
modprobe dfl-pci
ok "it comes with the DFL bus" loaded dflres

ok "a card appears" ./card up basic.card
udevadm settle
feature=$(files 0x25)
name=$(basename "$(dirname "$feature")")
is "the group may claim its features" "$(rights "$feature")" "$delegated"
is "but not the excluded one" "$(rights "$(files 0x21)")" "$kept"
is "nor those of the excluded port" "$(rights "$(files 0x50)")" "$kept"
is "nor what a driver of Linux is for" "$(rights "$(files 0x10)")" "$kept"
is "alice reads a register by the tool" "$(as alice dflres read "$name" 0)" "$(./card peek 0x7000 64)"
is "which has given the feature back" "$(cat "$feature/owner")" none
ok "alice claims by hand" as alice sh -c "echo user >$feature/owner"
is "the registers are alice's alone" "$(stat -c '%a %U' "$feature/resource0")" "600 alice"
ok "alice writes one" as alice sh -c "printf '\\1\\2\\3\\4' | dd of=$feature/resource0 bs=4 seek=2 conv=notrunc status=none"
is "which arrives in the card" "$(./card peek 0x7008 32)" 0x4030201
ok "bob may not release it" not as bob sh -c "echo none >$feature/owner"
ok "alice may" as alice sh -c "echo none >$feature/owner"
ok "bob may not claim" not as bob sh -c "echo user >$feature/owner"
ok "nor by the tool" not as bob dflres read "$name" 0
ok "alice may not claim the excluded one" not as alice sh -c "echo user >$(files 0x21)/owner"

modprobe -r dflres
modprobe dflres
udevadm settle
is "the group has its rights again when the module comes after the card" "$(rights "$feature")" "$delegated"
is "and the excluded feature is still root's" "$(rights "$(files 0x21)")" "$kept"
ok "alice claims again" as alice sh -c "echo user >$feature/owner"
ok "and releases" as alice sh -c "echo none >$feature/owner"

# ---- what is kept, by udev ----
own='644 alice alice 644 alice alice '
user_has() { [ "$(cat "$1/owner")" = user ]; }
ok "root keeps a feature for alice" dflres keep --user alice fme:0x26
ok "root keeps one of a driver for the group" dflres keep --group dfl fme:0x10
ok "root keeps another with a claim" dflres keep --user alice --from dfl-emif --claim fme:0x9
./card unbind
udevadm settle
ok "the card appears again" ./card up basic.card
udevadm settle
feature=$(files 0x25)
is "udev gives the kept feature to alice alone" "$(rights "$(files 0x26)")" "$own"
is "and that of the driver to the group" "$(rights "$(files 0x10)")" "$delegated"
is "the others are as before" "$(rights "$feature")$(rights "$(files 0x21)")" "$delegated$kept"
is "it is claimed for alice" "$(stat -c %U "$(files 0x9)/resource0")" alice
ok "alice gives it to the kernel's driver" as alice dflres release --to-kernel fme:0x9
is "which is not there yet" "$(cat "$(files 0x9)/owner")" none
modprobe dfl_emif
ok "when it comes udev takes the feature off, and claims it again" wait_for user_has "$(files 0x9)"
echo "user nobody else" >>"$(grep -l 0x26 /etc/dflres.d/*)"
modprobe -r dfl_emif
dflres release fme:0x9
modprobe -r dflres
modprobe dflres
udevadm settle
is "with a file that is wrong udev gives nothing to anybody" "$(rights "$feature")$(rights "$(files 0x26)")" "$kept$kept"
ok "and the journal says why" sh -c "journalctl -b | grep -q '/etc/dflres.d/.*0x26.*:4: user is set twice'"
rm /etc/dflres.d/*0x26*
modprobe -r dflres
modprobe dflres
udevadm settle
is "without it the group has its features again" "$(rights "$feature")$(rights "$(files 0x26)")" "$delegated$delegated"
ok "what is removed" dflres keep --remove fme:0x10
ok "what was claimed with it" dflres keep --remove fme:0x9
ok "stays claimed until it is released" dflres release fme:0x9
udevadm settle
is "is as if it had never been kept" "$(rights "$(files 0x10)")" "$kept"

# its claim would keep the module loaded
rm -r /etc/dflres.d
dflres release fme:0x10
card=$(readlink -f "$feature")
card=${card%%/fpga_region/*}
card=${card##*/}
echo "SUBSYSTEM==\"dfl\", KERNELS==\"$card\", ENV{DFLRES_EXCLUDE}=\"1\"" >/etc/udev/rules.d/50-card.rules
modprobe -r dflres
udevadm control --reload
modprobe dflres
udevadm settle
is "features of an excluded card are root's" "$(rights "$feature")" "$kept"

rm /etc/udev/rules.d/50-card.rules
udevadm control --reload
finish
