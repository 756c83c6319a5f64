# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
# dflres(1) and interrupts, on virtio-vga: wait --irq and monitor.
# shellcheck source=tests/vm/tap.sh
. tap.sh
bus=/sys/bus/dfl/devices

alice() { su alice -c "exec $*"; }
field() { awk -v key="$1" '$1 == key { print $2 }'; }

card unbind 2>/dev/null
card up /cards/msix.card
insmod "$DFL/dflres.ko"
feature=$(dflres info fme:0x301 | field feature)
is "info tells how many interrupts a feature has" "$(dflres info fme:0x301 | field interrupts)" 3

# nobody has it: the tool claims it meanwhile
dflres wait fme:0x301 --irq 1 --timeout 30 >/tmp/wait &
tool=$!
ok "wait --irq claims a feature that nobody has" wait_for owner_is "$feature" user
# from the claim to the wait the tool has still to open the interrupt: fire until it has come
wait_for sh -c "card irq 2; ! kill -0 $tool 2>/dev/null"
wait $tool
is "wait --irq ends with the interrupt" $? 0
is "wait --irq tells which interrupt has come" "$(field irq </tmp/wait)" 1
is "wait --irq gives the feature back" "$(owner "$feature")" none

dflres wait fme:0x301 --irq 0 --timeout 0.3 2>/tmp/stderr
is "wait --irq ends when its time is over" $? 6
is "wait --irq says that the interrupt has not come in time" "$(cat /tmp/stderr)" "dflres: $feature: interrupt 0 did not come in time."
dflres wait fme:0x301 --irq 3 2>/tmp/stderr
is "wait --irq fails for an interrupt that there is not" $? 3
is "wait --irq says how many interrupts there are" "$(cat /tmp/stderr)" "dflres: $feature has no interrupt 3: it has 3, counted from 0."
dflres wait fme:0x301 2>/tmp/stderr
is "wait without an interrupt or an owner is wrong usage" $? 2

# a claim that is there
dflres claim fme:0x301
dflres monitor fme:0x301 --json >/tmp/monitor.json &
json_monitor=$!
dflres monitor fme:0x301 >/tmp/monitor &
monitor=$!
wait_for grep -q owner /tmp/monitor
wait_for grep -q owner /tmp/monitor.json
dflres wait fme:0x301 --irq 2 --timeout 30 --json >/tmp/wait &
tool=$!
wait_for sh -c "card irq 3; ! kill -0 $tool 2>/dev/null"
wait $tool
is "wait --irq uses a claim of the same user" $? 0
json "wait --irq tells the interrupt in JSON" ".[0] | .feature == \"$feature\" and .irq == 2 and .count >= 1" cat /tmp/wait
ok "wait --irq leaves a claim of the same user" owner_is "$feature" user
ok "monitor shows an interrupt of a claim" wait_for grep -q "$feature  interrupt  2  " /tmp/monitor
wait_for grep -q '"event":"interrupt","irq":2' /tmp/monitor.json

# exact: as many as the kernel has counted
before=$(awk '/interrupt  0/ { n += $NF } END { print n + 0 }' /tmp/monitor)
for _ in 1 2 3 4 5; do card irq 1; done
counted() { [ "$(awk '/interrupt  0/ { n += $NF } END { print n + 0 }' /tmp/monitor)" = $((before + 5)) ]; }
ok "monitor shows all interrupts of a claim" wait_for counted
is "irq0 has counted the interrupts that monitor shows" "$(cat "$bus/$feature/dflres/irq0")" 5
dflres release fme:0x301
wait_for grep -q none /tmp/monitor
wait_for grep -q none /tmp/monitor.json
kill $monitor $json_monitor
wait
is "monitor goes on after the end of the claim" "$(tail -n 1 /tmp/monitor | awk '{ print $4 }')" none
json "monitor shows interrupts and the end of the claim in JSON" '.[-1].owner == "none" and (map(select(.event == "interrupt" and .irq == 0) | .count) | add) >= 5' cat /tmp/monitor.json

# trigger, then wait
dflres claim fme:0x301
card irq 1
wait_for [ "$(cat "$bus/$feature/dflres/irq0")" = 1 ]
dflres wait fme:0x301 --irq 0 --since 0 --timeout 30 >/tmp/wait
is "wait --since 0 tells of an interrupt from before the wait" "$? $(field count </tmp/wait) $(field total </tmp/wait)" "0 1 1"
dflres wait fme:0x301 --irq 0 --since 1 --timeout 0.3 2>/tmp/stderr
is "wait --since does not tell of an interrupt twice" $? 6
dflres wait fme:0x301 --irq 0 --since 7 2>/tmp/stderr
is "wait --since refuses a count of another claim" "$? $(cat /tmp/stderr)" \
	"1 dflres: $feature: interrupt 0 has come 1 times in this claim, so --since 7 belongs to another claim."
dflres release fme:0x301

# the loop of the manual, in a claim of one's own, while interrupts come
cat >/tmp/loop <<'END'
total=0
while told=$(dflres wait --irq 0 --since $total "$DFLRES_FEATURE_0"); do
	before=$total
	total=${told##* }
	echo $((total - before))
done
END
for _ in $(seq 30); do sleep 0.05; card irq 1; done &
firing=$!
dflres exec fme:0x301 -- sh /tmp/loop >/tmp/wait &
tool=$!
wait $firing
wait_for owner_is "$feature" user
before=$(cat "$bus/$feature/dflres/irq0")
for _ in 1 2 3 4 5; do card irq 1; done
told() { [ "$(awk '{ n += $1 } END { print n + 0 }' /tmp/wait)" = $((before + 5)) ]; }
ok "the manual's loop of wait --since loses no interrupt" wait_for told
is "irq0 has counted the interrupts that the loop was told" "$(cat "$bus/$feature/dflres/irq0")" $((before + 5))
dflres release fme:0x301
wait $tool
is "the manual's loop of wait --since ends with the claim" $? 0

# the end of the claim while it is waited for
dflres claim fme:0x301
dflres wait fme:0x301 --irq 0 --timeout 30 2>/tmp/stderr &
tool=$!
ok "wait --irq waits in a claim that is there" wait_for sh -c "ls -l /proc/$tool/fd | grep -q irq0"
dflres release fme:0x301
wait $tool
is "wait --irq ends with the claim" $? 1
is "wait --irq says that the claim has ended" "$(cat /tmp/stderr)" \
	"dflres: cannot wait for an interrupt of $feature: the claim has ended: somebody released it, or the feature is gone."

# an interrupt that is another's
dflres claim fme:0x301
dflres claim fme:0x302 2>/tmp/stderr
is "a claim is refused when another claim has one of its interrupts" $? 4
ok "the refusal says that one of its interrupts is taken" grep -q "another driver uses one of its interrupts" /tmp/stderr
dflres release fme:0x301

# whom root lets, and who is not root
chown alice "$bus/$feature/dflres/owner" "$bus/$feature/dflres/lease"
alice dflres wait fme:0x301 --irq 1 --timeout 30 >/tmp/wait &
tool=$!
ok "alice's wait --irq claims a feature that she may claim" wait_for owner_is "$feature" user
wait_for sh -c "card irq 2; ! kill -0 $tool 2>/dev/null"
wait $tool
is "alice's wait --irq ends with the interrupt" "$? $(field irq </tmp/wait)" "0 1"
is "alice's wait --irq gives the feature back" "$(owner "$feature")" none
alice dflres claim fme:0x301
alice dflres monitor fme:0x301 >/tmp/monitor &
tool=$!
wait_for grep -q owner /tmp/monitor
card irq 3
ok "alice's monitor shows interrupts of her claim" wait_for grep -q "$feature  interrupt  2  1" /tmp/monitor
kill $tool
wait $tool 2>/dev/null
alice dflres release fme:0x301

# what a driver has
insmod "$DFL/uio_dfl.ko"
feature=$(dflres info fme:0x10 | field feature)
is "a driver has the feature that wait is to take over" "$(owner "$feature")" kernel
dflres wait fme:0x10 --take-over --irq 1 --timeout 30 >/tmp/wait &
tool=$!
ok "wait --take-over claims a driver's feature" wait_for owner_is "$feature" user
wait_for sh -c "card irq 7; ! kill -0 $tool 2>/dev/null"
wait $tool
is "wait --take-over ends with the interrupt" "$? $(field irq </tmp/wait)" "0 1"
is "wait --take-over gives the feature back to the driver" "$(dflres info "$feature" | field by)" uio_dfl
finish
