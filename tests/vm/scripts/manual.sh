# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
# The examples of the manual do what they show: /examples has them as a transcript, commands behind a prompt and below
# each what it prints, on a fresh cards/basic.card with uio_dfl loaded.
# shellcheck source=tests/vm/tap.sh
. tap.sh

card up /cards/basic.card
insmod "$DFL/dflres.ko"
insmod "$DFL/uio.ko" 2>/dev/null
insmod "$DFL/uio_dfl.ko"

command='' expected=''

# In this shell, so that what one command changes the next one sees. Messages (standard error) are not part of it.
check() {
	[ -n "$command" ] || return 0
	eval "$command" >/tmp/out 2>/dev/null
	is "$command" "$(cat /tmp/out)" "$expected"
}

while IFS= read -r line; do
	case $line in
	'# '*)
		check
		command=${line#\# } expected=''
		;;
	*)
		expected=${expected:+$expected
}$line
		;;
	esac
done </examples
check
cd /
finish
