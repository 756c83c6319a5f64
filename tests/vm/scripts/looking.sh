# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
# Programs that look around in sysfs, as root, at a claimed feature whose registers QEMU traces (run with --trace
# 'memory_region_ops_*' and the files of tests/vm/tools). Between them marks are written to a register: tests/vm/touched tells what was read
# after each of them.
# shellcheck source=tests/vm/tap.sh
. tap.sh

card up /cards/looking.card
insmod "$DFL/dflres.ko"
for dir in /sys/bus/dfl/devices/*; do
	[ "$(cat "$dir/feature_id")" != 0x302 ] || feature=$(readlink -f "$dir")
done
dir=$feature/dflres
marks=0

# mark READS TEXT: how often registers are to be read from here to the next mark
mark() {
	marks=$((marks + 1))
	echo "# mark $marks $*"
	# shellcheck disable=SC2059 # a byte, as an octal escape
	printf "\\$(printf %o $marks)\\000\\300\\253" | dd of="$dir/resource0" bs=4 conv=notrunc 2>/dev/null
}

# looks TEXT COMMAND...: it ends, and reads no register; how it ends does not matter
looks() {
	mark 0 "$1"
	shift
	"$@" >/tmp/seen 2>&1
}

# refused WHAT COMMAND...: a read that the kernel refuses, and that reads no register
refused() {
	mark 0 "$1"
	ok "$1 is refused" eval "! $2 2>/dev/null >/dev/null"
}

registers() { dd if="$dir/resource0" "$@" 2>/dev/null; }

ok "the feature is claimed, to be looked at" eval "echo user >$dir/owner"
looks "udevadm info -a" /usr/bin/udevadm info -a -p "${feature#/sys}"
ok "udevadm tells of the feature" grep -q 'KERNEL=="dfl_dev' /tmp/seen
looks "systool -v" /usr/bin/systool -b dfl -v
ok "systool tells of the feature" grep -q 'feature_id' /tmp/seen
looks "systool -A resource0" /usr/bin/systool -b dfl -A resource0 -v
looks "grep -r" /usr/bin/grep -r nothing "$dir/"
looks "grep -r as text" /usr/bin/grep -ra . "$dir/"
ok "grep finds the owner" grep -q owner:user /tmp/seen
looks "cp -r" /usr/bin/cp -r "$dir" /tmp/copy
is "cp copies the owner" "$(cat /tmp/copy/owner)" user
looks "tar" /usr/bin/tar -c -f /tmp/archive -C "$feature" dflres
ok "tar archives the owner" eval "tar -t -f /tmp/archive | grep -q dflres/owner"
looks "cat" eval "/usr/bin/cat $dir/*"
looks "find and head" eval "/usr/bin/find $dir -type f | /usr/bin/xargs /usr/bin/head -n 1"
looks "find and head of a kilobyte" eval "/usr/bin/find $dir -type f | /usr/bin/xargs /usr/bin/head -c 1024"
looks "busybox grep -r" grep -r nothing "$dir/"
looks "busybox cp -r" cp -r "$dir" /tmp/other-copy
looks "busybox cat" eval "cat $dir/*"
looks "dflres list, info and map" eval "dflres list; dflres info ${feature##*/}; dflres map"
refused "a read of 3 bytes" "registers bs=3 count=1"
refused "a read of 4 bytes at 2" "registers bs=2 skip=1 count=1 ibs=4 iflag=skip_bytes"
refused "a read of 16 bytes" "registers bs=16 count=1"
refused "a read of all registers" "registers bs=4096 count=1"
refused "a read of more than all registers" "registers bs=65536 count=1"
mark 1 "a read of 4 bytes"
ok "a read of 4 bytes is done" eval "registers bs=4 count=1 skip=1 >/dev/null"
mark 1 "a read of 1 byte"
ok "a read of 1 byte is done" eval "registers bs=1 count=1 skip=5 >/dev/null"
mark 0 "the end"
echo none >"$dir/owner"
finish
