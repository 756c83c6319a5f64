# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
# manual CARD EXAMPLE...: these examples of the manual, by their numbers, do what they show, on a fresh card with uio_dfl
# loaded. /examples has them as transcripts: commands behind a prompt, and below each what it prints. On a card with
# interrupts the first vector is fired all the time.
# shellcheck source=tests/vm/tap.sh
. tap.sh

card up "/cards/$1.card"
shift
insmod "$DFL/dflres.ko"
insmod "$DFL/uio_dfl.ko"
if [ "$(cat /sys/bus/dfl/devices/dfl_dev.0/dflres/num_irqs)" != 0 ]; then
	while sleep 0.2; do card irq 0; done 2>/dev/null &
fi

command='' expected=''

# In this shell, so that what one command changes the next one sees. Messages (standard error) are not part of it.
check() {
	[ -n "$command" ] || return 0
	eval "$command" >/tmp/out 2>/dev/null
	is "$command" "$(cat /tmp/out)" "$expected"
}

number=0
while IFS= read -r line; do
	[ "$line" != "%%" ] || number=$((number + 1))
	case " $* " in
	*" $number "*) ;;
	*) continue ;;
	esac
	case $line in
	'%%') ;;
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
