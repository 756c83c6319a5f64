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
ok "modinfo dfl finds the DFL bus" sh -c 'modinfo dfl >/dev/null'
is "DKMS has built the module" "$(modinfo -F filename dflres)" "/lib/modules/$(uname -r)/updates/dkms/dflres.ko.xz"
ok "DKMS has signed the module" [ -n "$(modinfo -F signer dflres)" ]
ok "the module is loaded at boot" loaded dflres
is "the module that is loaded has the packages' version" "$(cat /sys/module/dflres/version)" \
	"$(dpkg-query -W -f '${Version}' dflres-dkms | sed 's/-.*//')"
is "the module's file has the version of the loaded one" "$(modinfo -F version dflres)" "$(cat /sys/module/dflres/version)"

modprobe -r dflres dfl
ok "the DFL bus and the module are unloaded" not loaded dfl
modprobe dfl-pci
ok "the module comes with the DFL bus" loaded dflres

ok "a card appears in the installed system" ./card up basic.card
udevadm settle
feature=$(files 0x25)
name=$(basename "$(dirname "$feature")")
is "the group may claim features of the card" "$(rights "$feature")" "$delegated"
is "the group may not claim the excluded feature" "$(rights "$(files 0x21)")" "$kept"
is "the group may not claim a feature of the excluded port" "$(rights "$(files 0x50)")" "$kept"
is "the group may not claim what a driver of Linux is for" "$(rights "$(files 0x10)")" "$kept"
is "alice reads a register by the tool" "$(as alice dflres read "$name" 0)" "$(./card peek 0x7000 64)"
is "the tool has given the feature back after alice's read" "$(cat "$feature/owner")" none
ok "alice claims by hand" as alice sh -c "echo user >$feature/owner"
is "the registers are alice's alone" "$(stat -c '%a %U' "$feature/resource0")" "600 alice"
ok "alice writes a register of her claim" as alice sh -c "printf '\\1\\2\\3\\4' | dd of=$feature/resource0 bs=4 seek=2 conv=notrunc status=none"
is "alice's write arrives in the card" "$(./card peek 0x7008 32)" 0x4030201
ok "bob may not release alice's claim" not as bob sh -c "echo none >$feature/owner"
ok "alice may release her claim" as alice sh -c "echo none >$feature/owner"
ok "bob may not claim by hand" not as bob sh -c "echo user >$feature/owner"
ok "bob may not claim by the tool" not as bob dflres read "$name" 0
ok "alice may not claim the excluded feature" not as alice sh -c "echo user >$(files 0x21)/owner"

modprobe -r dflres
modprobe dflres
udevadm settle
is "the group has its rights again when the module comes after the card" "$(rights "$feature")" "$delegated"
is "the excluded feature is root's when the module comes after the card" "$(rights "$(files 0x21)")" "$kept"
ok "alice claims when the module comes after the card" as alice sh -c "echo user >$feature/owner"
ok "alice releases when the module comes after the card" as alice sh -c "echo none >$feature/owner"

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
is "udev gives the kept feature of the driver to the group" "$(rights "$(files 0x10)")" "$delegated"
is "udev leaves the rights of the other features" "$(rights "$feature")$(rights "$(files 0x21)")" "$delegated$kept"
is "udev claims the kept feature for alice" "$(stat -c %U "$(files 0x9)/resource0")" alice
ok "alice gives it to the kernel's driver" as alice dflres release --to-kernel fme:0x9
is "nobody has the feature while the kernel's driver is not there" "$(cat "$(files 0x9)/owner")" none
modprobe dfl_emif
ok "udev takes the feature off the driver that comes, and claims it again" wait_for user_has "$(files 0x9)"
echo "user nobody else" >>"$(grep -l 0x26 /etc/dflres.d/*)"
modprobe -r dfl_emif
dflres release fme:0x9
modprobe -r dflres
modprobe dflres
udevadm settle
is "with a file that is wrong udev gives nothing to anybody" "$(rights "$feature")$(rights "$(files 0x26)")" "$kept$kept"
ok "the journal says which kept file is wrong, and why" sh -c "journalctl -b | grep -q '/etc/dflres.d/.*0x26.*:4: user is set twice'"
rm /etc/dflres.d/*0x26*
modprobe -r dflres
modprobe dflres
udevadm settle
is "the group has its features again when the wrong file is gone" "$(rights "$feature")$(rights "$(files 0x26)")" "$delegated$delegated"
ok "keep --remove removes what is kept for the group" dflres keep --remove fme:0x10
ok "keep --remove removes what is kept with a claim" dflres keep --remove fme:0x9
ok "the removed feature stays claimed until dflres release" dflres release fme:0x9
udevadm settle
is "a card that comes again knows nothing of what was removed" "$(rights "$(files 0x10)")" "$kept"

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
