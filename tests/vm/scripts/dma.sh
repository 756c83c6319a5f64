# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
# dma WORD: what the card can reach by DMA is WORD, and `off` while it may not be the bus's master; and who may claim then
# with require_iommu. `weak`: the card's DMA is translated, and the messages that are its interrupts are not.
# shellcheck source=tests/vm/tap.sh
. tap.sh

word=$1
parameter=/sys/module/dflres/parameters/require_iommu
feature=dfl_dev.3
dir=/sys/bus/dfl/devices/$feature/dflres

# The low byte of the card's command register, of which bit 2 is the bus master's
command() { dd if="$(card path)/config" bs=1 skip=4 count=1 2>/dev/null | od -An -tu1; }
set_command() {
	# shellcheck disable=SC2059 # a byte, as an octal escape
	printf "\\$(printf %o "$1")" | dd of="$(card path)/config" bs=1 seek=4 conv=notrunc 2>/dev/null
}
master_off() { set_command $(($(command) & ~4)); }
master_on() { set_command $(($(command) | 4)); }

# What all features say, once if it is the same
dma() { cat /sys/bus/dfl/devices/*/dflres/dma | sort -u; }

# Both print why not, or nothing
claim() { { echo user >$dir/owner; } 2>&1 | sed 's/.*: //'; }
lease() { registers $feature lease </dev/null 2>&1 | sed 's/.*: //'; }

# Waits for the end of a lease
nobody_has_it() {
	local i=0
	until [ "$(cat $dir/owner)" = none ]; do
		i=$((i + 1))
		[ $i -lt 100 ] || return
		sleep 0.1
	done
}

allowed() {
	is "$1: a claim is allowed" "$(claim)" ""
	is "$1: the owner of an allowed claim is user" "$(cat $dir/owner)" user
	echo none >$dir/owner
	is "$1: a lease is allowed" "$(lease)" ""
	ok "$1: the allowed lease ends" nobody_has_it
}

refused() {
	dmesg -c >/dev/null
	is "$1: a claim is refused" "$(claim)" "Operation not permitted"
	is "$1: a lease is refused" "$(lease)" "Operation not permitted"
	is "$1: nobody has the feature after the refusals" "$(cat $dir/owner)" none
	is "$1: the feature has no driver after the refusals" "$(ls -d $dir/../driver 2>/dev/null)" ""
	is "$1: the feature has no claim's files after the refusals" "$(ls -d $dir/resource0 2>/dev/null)" ""
	is "$1: the refusals leave nothing in the kernel's log" "$(dmesg | grep -E "dfl|irq")" ""
}

# What a translating IOMMU is worth: without interrupts that it remaps as well, the card can get around it
if dmesg | grep -q 'Enabled IRQ remapping'; then confined=translated; else confined=weak; fi

# What the kernel itself says of the card's IOMMU
domain() {
	case $(cat "$(card path)/iommu_group/type" 2>/dev/null) in
	'') echo unprotected ;;
	DMA | DMA-FQ) echo $confined ;;
	identity) echo identity ;;
	esac
}

card up /cards/basic.card
insmod "$DFL/dflres.ko"
is "the kernel says of the card's DMA domain what the test is for" "$(domain)" "$word"
is "all features of the card have the same dma" "$(dma)" "$word"
is "dma is readable for all users" "$(stat -c '%a %u' $dir/dma)" "444 0"
is "dma says the same to alice" "$(su alice -c "cat $dir/dma")" "$word"
is "by default no IOMMU is required" "$(cat $parameter)" N
allowed "by default"

master_off
is "dma is off while the card is no bus master" "$(dma)" off
allowed "no bus master"
master_on
is "dma is what it was when the card is bus master again" "$(dma)" "$word"

rmmod dflres
insmod "$DFL/dflres.ko" require_iommu=1
is "require_iommu=1 is taken when the module loads" "$(cat $parameter)" Y
is "dma is the same where an IOMMU is required" "$(dma)" "$word"
if [ "$word" = translated ]; then
	allowed "required"
else
	refused "required"
	echo 0 >$parameter
	allowed "no longer required"
	echo 1 >$parameter
	refused "required again"
fi
master_off
is "dma is off without a bus master where an IOMMU is required" "$(dma)" off
allowed "required, and no bus master"
is "a claim is taken while the card is no bus master" "$(claim)" ""
master_on
is "a claim outlives that the card becomes bus master" "$(cat $dir/owner)" user
is "dma tells that the card has become bus master" "$(dma)" "$word"
ok "a claim is released after the card became bus master" eval "echo none >$dir/owner"

# The card comes back with another domain, where it has one
if [ "$word" != unprotected ]; then
	card unbind
	case $word in
	translated | weak) other=identity type=identity ;;
	identity) other=$confined type=DMA ;;
	esac
	ok "the administrator makes the card's domain $other" eval "echo $type >$(card path)/iommu_group/type"
	card bind
	is "dma tells that the card's domain is $other" "$(dma)" "$other"
	if [ "$other" = translated ]; then allowed "in the other domain"; else refused "in the other domain"; fi
fi
finish
