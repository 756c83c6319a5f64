# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
# The story that tests/demo tells. It ends with an error if anything goes otherwise.
set -e
uio_dfl=/sys/bus/dfl/drivers/uio_dfl

# On a terminal the story is bold, and commands are blue
bold='' blue='' plain=''
[ "${colour:-}" != always ] || bold=$(printf '\033[1m') blue=$(printf '\033[34m') plain=$(printf '\033[0m')

tell() { printf '\n%s%s%s\n' "$bold" "$*" "$plain"; }

# Shows a command, and runs it
run() {
	printf '    %s# %s%s\n' "$blue" "$*" "$plain"
	eval "$*" 2>&1 | sed 's/^/    /'
}

# The same for a command that must fail
refused() {
	printf '    %s# %s%s\n' "$blue" "$*" "$plain"
	if eval "$*" >/tmp/out 2>&1; then
		echo "    this should have been refused"
		exit 1
	fi
	sed 's/^.*: /    /' /tmp/out
}

# Asks the program that has mapped the registers
ask() {
	printf '    registers> %s\n' "$*"
	echo "$*" >&3
	read -r reply <&4
	echo "    $reply"
}

# expect WANT GOT: the story's own check
expect() {
	[ "$1" = "$2" ] || { echo "    (this should have been: $1)"; exit 1; }
}

tell "This virtual machine has a PCI card with a Device Feature List in BAR 0. It runs Debian's kernel
$(uname -r). The kernel's own unmodified drivers dfl-pci, dfl-fme and dfl-afu have found the features:"
card up /cards/demo.card
insmod "$DFL/dflres.ko"
run dflres list

tell "Each feature now has a directory of files. dfl_dev.1 has no owner; its driver uio_dfl is not loaded."
cd /sys/bus/dfl/devices/dfl_dev.1/dflres
run ls -l

tell "1. Claim it for user space. The registers appear as a file that only the claimer may use."
run 'echo user >owner'
run 'cat owner'
run 'ls -l resource0 owner_pid'
run 'grep -B3 " : dflres" /proc/iomem'

tell "2. Read and write registers with pread and pwrite, here by dd. Register 0 is the feature's header:
id 0x10, revision 1."
run 'dd if=resource0 bs=8 count=1 2>/dev/null | od -An -tx8'
run 'printf "\336\300\255\336" | dd of=resource0 bs=4 seek=6 conv=notrunc 2>/dev/null'
run 'dd if=resource0 bs=8 skip=3 count=1 2>/dev/null | od -An -tx8'

tell "3. Map the registers. A program maps them, and keeps the mapping from here on."
mkfifo /tmp/questions /tmp/answers
registers dfl_dev.1 </tmp/questions >/tmp/answers &
exec 3>/tmp/questions 4</tmp/answers
ask read 0x18
expect 0x00000000deadc0de "$reply"
ask write 0x20 0x1122334455667788
run 'dd if=resource0 bs=8 skip=4 count=1 2>/dev/null | od -An -tx8'

tell "4. Load the kernel driver of this feature. It cannot bind to the feature, by itself or by hand, and the
program goes on."
insmod "$DFL/uio_dfl.ko"
run 'cat owner'
refused "echo dfl_dev.1 >$uio_dfl/bind"
ask read 0x18
expect 0x00000000deadc0de "$reply"

tell "5. Hand the feature back. The release revokes everything at once, and the driver is bound when the write returns:"
run 'echo kernel >owner'
run 'cat owner'
expect kernel "$(cat owner)"
run 'readlink ../driver'
run 'ls'

tell "6. The program touches its old mapping:"
ask read 0x18
expect SIGBUS "$reply"

tell "7. User space cannot claim a feature of the kernel:"
refused 'echo user >owner'
exec 3>&- 4<&-

tell "8. Interrupts are files too. dfl_dev.4 has two. dflres counts them from the claim on; a program waits by polling
the file, or attaches an eventfd. The card fires its first vector three times:"
cd ../../dfl_dev.4/dflres
run 'echo user >owner'
run 'ls'
run 'cat irq0 irq1'
for _ in 1 2 3; do card irq 0; done
run 'cat irq0 irq1'
expect 3 "$(cat irq0)"
run 'grep dfl_dev.4 /proc/interrupts'
run 'echo none >owner'

tell "9. A claim can end with its process. Unbind uio_dfl; then this program claims the feature by a lease:"
cd ../../dfl_dev.1/dflres
run 'echo dfl_dev.1 >../driver/unbind'
registers dfl_dev.1 lease kernel </tmp/questions >/tmp/answers &
holder=$!
exec 3>/tmp/questions 4</tmp/answers
ask read 0x18
run 'dflres list'
tell "   Kill the program. Nobody has to clean up: the kernel's driver gets its feature back."
run "kill -9 $holder"
wait $holder 2>/dev/null || true
until [ "$(cat owner)" = kernel ]; do sleep 0.1; done
run 'cat owner'
run 'dflres list'
exec 3>&- 4<&-

tell "10. The tool does all of this, too. It claims a feature without an owner, and releases it by itself:"
run 'dflres map'
run 'dflres write fme:0x30 0x18 0xcafe'
run 'dflres update --mask 0xff fme:0x30 0x18 0x42'
run 'dflres read fme:0x30 0x18'
run 'dflres wait --register 0x18 --mask 0xff --value 0x42 --timeout 5 fme:0x30'
# shellcheck disable=SC2016 # the program's variable
run 'dflres exec fme:0x30 -- sh -c "echo the feature is \$DFLRES_FEATURE_0; dflres list --owner user"'

tell "A bring-up test is a text file: one claim, one command a line, and an exit status that says pass or fail."
printf 'write 0x18 0x1234\nread 0x18\nexpect 0x1234\n' >/tmp/bringup
run 'cat /tmp/bringup'
run 'dflres shell fme:0x30 /tmp/bringup && echo passed'
expect passed "$(dflres shell fme:0x30 /tmp/bringup >/dev/null && echo passed)"

tell "That is the whole interface: write a word or a number to a file; other files are the registers and interrupts."
