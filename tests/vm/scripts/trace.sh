# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
# The tracepoints: one line for what has happened, and nothing but it. `trace irq` is about interrupts: cards/irqs.card.
# shellcheck source=tests/vm/tap.sh
. tap.sh

tracing=/sys/kernel/tracing

# What the events of dflres have said since the last time; addresses differ
events() {
	sed -n 's/^.* \([a-z_]*: dfl_dev\.[0-9]* \)/\1/p' $tracing/trace | sed 's/address=0x[0-9a-f]*/address=0xX/'
	echo >$tracing/trace
}

# Who has caused the first one: COMMAND-PID
who() { sed -n '/^#/!{s/^ *\([^ ]*\).*/\1/p;q}' $tracing/trace; }

# of FEATURE WORD...: the event WORD of that feature
of() {
	local name=$1 dir=/sys/bus/dfl/devices/$1
	shift
	echo "dflres_$1: $name type=$(($(cat "$dir/type"))) id=$(cat "$dir/feature_id")${2:+ $2}"
}

# set_owner FEATURE WORD
set_owner() { echo "$2" >"/sys/bus/dfl/devices/$1/dflres/owner"; }

insmod "$DFL/dflres.ko"
is "there are five events of dflres" "$(cd $tracing/events/dflres && echo ./*)" "./dflres_claim ./dflres_denied ./dflres_fault ./dflres_irq ./dflres_release ./enable ./filter"
for event in dflres_claim dflres_denied dflres_fault dflres_irq dflres_release; do
	is "the event $event names its feature" "$(grep -cE 'field:.* (dev|type|feature_id);' $tracing/events/dflres/$event/format)" 3
done
echo 1 >$tracing/events/dflres/enable

if [ "$1" = irq ]; then
	card up /cards/irqs.card
	a=dfl_dev.1 b=dfl_dev.2
	set_owner $a user
	set_owner $b user
	events >/dev/null
	card irq 1 2
	card irq 5
	card irq 1
	is "each interrupt is traced with its number" "$(events)" "$(of $a irq "irq=0 count=1"; of $a irq "irq=0 count=2"
		of $b irq "irq=1 count=1"; of $a irq "irq=0 count=3")"
	echo 0 >$tracing/events/dflres/dflres_irq/enable
	card irq 1 3
	is "interrupts are not traced while their event is off" "$(events)" ""
	is "interrupts are counted while their event is off" "$(cat /sys/bus/dfl/devices/$a/dflres/irq0)" 6
	echo 1 >$tracing/events/dflres/dflres_irq/enable
	card irq 1
	is "interrupts are traced again with their number when the event is on" "$(events)" "$(of $a irq "irq=0 count=7")"
	echo "irq == 1" >$tracing/events/dflres/dflres_irq/filter
	card irq 1
	card irq 2
	is "a filter of interrupts knows their fields" "$(events)" "$(of $a irq "irq=1 count=1")"
	set_owner $a none
	set_owner $b none
	finish
	exit
fi

card up /cards/basic.card
plain=dfl_dev.3 big=dfl_dev.6 uio=dfl_dev.1
is "nothing is traced when a card comes" "$(events)" ""

set_owner $plain user
is "the trace of a claim names the process" "$(who)" "sh-$$"
is "a claim is traced as one" "$(events)" "$(of $plain claim "uid=0 lease=0")"
set_owner $plain none
is "a release is traced as one" "$(events)" "$(of $plain release reason=released)"
set_owner $plain none
is "nothing is traced of none where nobody has the feature" "$(events)" ""
set_owner $plain user
set_owner $plain kernel
is "a hand back is traced as a claim and a release to the kernel" "$(events)" "$(of $plain claim "uid=0 lease=0"; of $plain release reason=released_to_kernel)"
set_owner $plain kernel
is "nothing is traced of kernel where nobody has the feature" "$(events)" ""

{
	set_owner $plain root
	echo 1x >/sys/bus/dfl/devices/$plain/dflres/lease
	echo 999 >/sys/bus/dfl/devices/$plain/dflres/lease
} 2>/dev/null
is "writes that make no sense are traced with their errno" "$(events)" "$(for error in 22 22 9; do of $plain denied "uid=0 error=-$error"; done)"

chmod 666 /sys/bus/dfl/devices/$plain/dflres/owner
su alice -c "echo user >/sys/bus/dfl/devices/$plain/dflres/owner"
is "a claim of alice's is traced with her uid" "$(events)" "$(of $plain claim "uid=1001 lease=0")"
su bob -c "echo none >/sys/bus/dfl/devices/$plain/dflres/owner" 2>/dev/null
is "a refused release of bob's is traced with his uid" "$(events)" "$(of $plain denied "uid=1002 error=-1")"
{
	set_owner $plain user
	registers $plain lease </dev/null
} >/dev/null 2>&1
is "refused claims of a claimed feature are traced" "$(events)" "$(of $plain denied "uid=0 error=-16"; of $plain denied "uid=0 error=-16")"
echo "error == -22" >$tracing/events/dflres/dflres_denied/filter
{
	set_owner $plain user
	set_owner $plain root
} 2>/dev/null
is "a filter of refusals knows the errno" "$(events)" "$(of $plain denied "uid=0 error=-22")"
echo 0 >$tracing/events/dflres/dflres_denied/filter
set_owner $plain none
is "root's release of alice's claim is traced" "$(events)" "$(of $plain release reason=released)"

mkfifo /tmp/questions
registers $plain lease </tmp/questions >/dev/null &
exec 3>/tmp/questions
wait_for owner_is $plain user
is "the trace of a lease names the process" "$(who)" "registers-$!"
is "a lease is traced as a claim by lease" "$(events)" "$(of $plain claim "uid=0 lease=1")"
kill -9 $!
wait_for owner_is $plain none
# which it says when the end begins: what is written there waits for the rest
set_owner $plain none
is "the end of a lease is traced as one" "$(events)" "$(of $plain release reason=lease_ended)"
exec 3>&-

page=$(card page)
set_owner $big user
events >/dev/null
for offset in $((3 * page + 8)) $((3 * page)) 0 $((16 * page - 8)); do echo "read $offset"; done | registers $big >/dev/null
is "the first touch of a mapping is traced with its page" "$(events)" "$(of $big fault "address=0xX page=3")"
echo "read $((16 * page - 8))" | registers $big >/dev/null
is "the first touch of another mapping is traced with its page" "$(events)" "$(of $big fault "address=0xX page=15")"
registers $big </dev/null
dd if=/sys/bus/dfl/devices/$big/dflres/resource0 of=/dev/null bs=8 count=1 2>/dev/null
is "nothing is traced of a mapping without a touch, and of a read" "$(events)" ""

set_owner $big none
set_owner $big user
events >/dev/null
gone="$(of $big release reason=device_gone)"
card unbind
is "the end of a claim by the card's unbind is traced" "$(events)" "$gone"
card bind
is "nothing is traced when the card comes back" "$(events)" ""

insmod "$DFL/uio_dfl.ko"
{
	set_owner $uio user
	set_owner $uio none
} 2>/dev/null
is "refused claims of a kernel driver's feature are traced" "$(events)" "$(of $uio denied "uid=0 error=-16"; of $uio denied "uid=0 error=-16")"
echo $uio >/sys/bus/dfl/drivers/uio_dfl/unbind
echo $uio >/sys/bus/dfl/drivers/uio_dfl/bind
is "nothing is traced when a driver binds and unbinds" "$(events)" ""

echo 0 >$tracing/events/dflres/enable
set_owner $plain user
set_owner $plain none
is "nothing is traced when the events are off" "$(events)" ""
finish
