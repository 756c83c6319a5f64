#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The emulated machines, to be sourced by tests/vm/run: the emulator of each, its kernel, its serial ports, and how programs for it
# are made.
# pc_machine and arm64_machine set them; $device, $log and $machine are the caller's.
# shellcheck shell=bash disable=SC2034,SC2154 # variables that the caller reads and sets

# number FILE OFFSET BYTES
number() { od -An -j "$2" -N "$3" -t "u$3" "$1" | tr -d ' '; }

# unpack_kernel FILE: the kernel unpacked, if this machine can start it so, by an entry of its own (PVH), or else a link to the packed
# one. To unpack it takes an emulated processor up to three seconds for each guest. The header says where it lies
# (Documentation/arch/x86/boot.rst); its length, which comes after what has been packed, is left out.
unpack_kernel() {
	local packed=$kernel_dir/vmlinuz at end by new

	at=$((($(number "$packed" 0x1f1 1) + 1) * 512 + $(number "$packed" 0x248 4)))
	end=$((at + $(number "$packed" 0x24c 4) - 4))
	case $(od -An -j "$at" -N 4 -t x1 "$packed") in
	' fd 37 7a 58') by=xz ;;
	' 28 b5 2f fd') by=zstd ;;
	*) by=false ;;
	esac
	need_packages xz-utils zstd binutils
	new=$(mktemp "$1.XXXXXX") || return 0 # not everybody's own kernel lies where one may write
	if ! head -c $end "$packed" | tail -c +$((at + 1)) | $by -dc >"$new" || ! readelf -n "$new" | grep -q 0x00000012; then
		ln -sf vmlinuz "$new"
	fi
	mv "$new" "$1"
}

pc_machine() {
	local accel=tcg,thread=multi

	sysroot='' cc=gcc ar=ar vgamem=16M console=ttyS0 tests_port=ttyS1 image=$kernel_dir/image
	[ -e "$image" ] || unpack_kernel "$image"
	[ -e "$image" ] || image=$kernel_dir/vmlinuz
	# A /dev/kvm without the processor's flag may hang.
	if grep -qwE 'vmx|svm' /proc/cpuinfo && [ -w /dev/kvm ]; then
		accel=kvm
		# an IOMMU that remaps interrupts needs QEMU's I/O APIC
		[ "$machine" != q35 ] || accel+=,kernel-irqchip=split
	fi
	emulator=(qemu-system-x86_64 -machine "$machine" -accel "$accel" -cpu "max,la57=off" -vga none)
	serials=(-serial "file:$log/kernel.log" -serial stdio)
	# no_timer_check: the kernel panics at boot when a busy machine lets the emulated timer wait for a moment.
	# tsc=reliable: in a busy minute it would give up the processors' clock. Each look at another one is slow, and to change
	# clocks it patches code that runs, which the emulator does not always survive ("Oops: int3").
	# norandmaps: the emulator finds its translation of a program sooner if that lies where it lay before.
	cmdline="nox2apic no_timer_check tsc=reliable norandmaps"
}

# Its one serial port has the kernel log, another on PCI what the tests say. The usual pointer authentication is slow to emulate.
# The card is large enough for tests/vm/cards with pages of 16 KiB.
# No interrupts: nothing that this emulator has on PCI has both MSI-X and plain memory in BAR 0, as virtio-vga elsewhere.
arm64_machine() {
	[ "$device" != virtio ] || die "QEMU has no virtio-vga for arm64"
	need_packages qemu-system-arm gcc-aarch64-linux-gnu libc6-dev-arm64-cross
	sysroot=$("$here/sysroot" arm64)
	cc="aarch64-linux-gnu-gcc -isystem $sysroot/usr/include -L$sysroot/usr/lib/aarch64-linux-gnu"
	ar=aarch64-linux-gnu-ar vgamem=64M console=ttyAMA0 tests_port=ttyS0 image=$kernel_dir/vmlinuz
	emulator=(qemu-system-aarch64 -machine "virt,gic-version=3" -accel "tcg,thread=multi" -cpu "max,pauth-impdef=on")
	serials=(-serial "file:$log/kernel.log" -chardev "stdio,id=tests")
	after_card=(-device "pci-serial,chardev=tests")
	cmdline=''
}

# build_user DIR: programs for 32-bit user space. Files' offsets have 64 bits in all of the library's own builds.
build_user() {
	local root

	[ "$user" = i386 ] || die "which user space? i386"
	need_packages gcc-i686-linux-gnu libc6-dev-i386-cross
	root=$("$here/sysroot" i386)
	mkdir -p "$1"
	make -s -j"$(nproc)" -C "$1" -f "$here/guest.mk" src="$here" AR=i686-linux-gnu-ar \
		CC="i686-linux-gnu-gcc -D_FILE_OFFSET_BITS=64 -isystem $root/usr/include -L$root/usr/lib/i386-linux-gnu" \
		user-programs >&2 || die "the programs of 32 bits do not build"
}

# copy_jq ROOT: what parses JSON, and the libraries that it is linked with
copy_jq() {
	local jq file

	if [ -n "$sysroot" ]; then
		cp "$sysroot/usr/bin/jq" "$1/bin/"
		mkdir -p "$1/lib"
		for file in 'ld-linux*.so.1' libc.so.6 libm.so.6 libjq.so.1 libonig.so.5; do
			cp -L "$(find "$sysroot"/{,usr/}lib -name "$file" -print -quit)" "$1/lib/"
		done
		return
	fi
	jq=$(command -v jq)
	cp "$jq" "$1/bin/"
	for file in $(ldd "$jq" | grep -o '/[^ ]*'); do
		mkdir -p "$1$(dirname "$file")"
		cp -L "$file" "$1$file"
	done
}
