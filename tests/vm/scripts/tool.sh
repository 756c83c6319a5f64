# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
# dflres(1) on a real bus: without a card, without the module, and with both; every command, as root and as alice.
# Interrupts are in tool-irq.sh, cards that come and go in tool-hotplug.sh.
# shellcheck source=tests/vm/tap.sh
. tap.sh
bus=/sys/bus/dfl/devices

# column N FEATURE: what the table says of a feature
column() { dflres list --long | awk -v column="$1" -v feature="$2" '$1 == feature { print $column }'; }

alice() { su alice -c "$*"; }

card unbind 2>/dev/null
ok "the list of an empty bus is no error" dflres list
json "a list of nothing is complete in JSON" '.[0] == {"version": 1, "complete": true, "features": []}' dflres list --json
is "dflres --help names 19 commands" "$(dflres --help | grep -c '^  [a-z]')" 19
for command in list map info claim release read write update dump load wait shell exec monitor watch keep cdi registers; do
	ok "dflres $command --help says how to use it" sh -c "dflres $command --help | grep -q '^Usage: dflres $command'"
done
ok "dflres --version says the version" sh -c "dflres --version | grep -q '^dflres [0-9]'"
card up /cards/basic.card
ok "the list without the module is incomplete" [ "$(dflres list >/dev/null 2>&1; echo $?)" = 1 ]
json "the list without the module says in JSON that it is incomplete" '.[0] | .version == 1 and .complete == false and (.features | length) == 10' dflres list --json
is "the list without the module has what is known" "$(column 4 dfl_dev.3)" 0x21
status "a read without the module" 1 'dflres: cannot claim dfl_dev.3: the dflres module is not loaded; *modprobe*' \
	dflres read dfl_dev.3 0
status "a monitor without the module" 1 '*the dflres module is not loaded*' dflres monitor dfl_dev.3
status "a map without the module" 1 '*the dflres module is not loaded*' dflres map
status "an info without the module" 1 '*does not manage dfl_dev.3*modprobe*' dflres info dfl_dev.3

insmod "$DFL/dflres.ko"
address=$(basename "$(card path)")
page=$(card page)
hex() { printf '%#x' $(($1)); }
is "the list with the module has a line for every feature" "$(dflres list | wc -l)" 11
is "the list tells a feature's card" "$(column 2 dfl_dev.3)" "$address"
is "the list tells a feature's type" "$(column 3 dfl_dev.9)" port
is "the list tells a feature's revision" "$(column 6 dfl_dev.3)" 0x2
is "the list tells a feature's size" "$(column 7 dfl_dev.6)" "$(hex 16*page)"
is "the list tells whether a feature is mappable" "$(column 8 dfl_dev.3)" yes
is "the list tells how many interrupts a feature has" "$(column 9 dfl_dev.3)" 0
is "the list tells a feature's dma" "$(column 10 dfl_dev.3)" "$(cat $bus/dfl_dev.3/dflres/dma)"
is "the list tells that nobody owns a feature" "$(column 11 dfl_dev.3)" none
is "the list tells the names of ids" "$(column 5 dfl_dev.0) $(column 5 dfl_dev.1) $(column 5 dfl_dev.4)" "emif eth-group -"
is "the list fits 80 columns" "$(dflres list | awk 'length > 80' | wc -l)" 0

# ---- naming, info ----
is "info finds a feature by its name" "$(dflres info dfl_dev.3 | awk '$1 == "id" { print $2 }')" 0x21
selector=$(dflres info dfl_dev.3 | awk '$1 == "selector" { print $2 }')
is "info tells a feature's selector" "$selector" "$address/fme:0x21:0"
is "info finds a feature by its selector" "$(dflres info "$selector" | awk '$1 == "feature" { print $2 }')" dfl_dev.3
is "info finds a feature by a selector without the PCI domain" "$(dflres info "${address#0000:}/fme:33" | awk '$1 == "feature" { print $2 }')" dfl_dev.3
is "info finds a feature by a selector without a card" "$(dflres info port:0x50 | awk '$1 == "id" { print $2 }')" 0x50
is "info tells whether a feature can be claimed" "$(dflres info dfl_dev.3 | awk '$1 == "claimable" { print $2 }')" yes
is "info finds a feature by its path" "$(dflres info $bus/dfl_dev.3/ | awk '$1 == "id" { print $2 }')" 0x21
json "info tells a feature in JSON" ".[0] | .id == \"0x21\" and .size == $page and .selector == \"$selector\" and .owner == \"none\" and .pid == null" \
	dflres info dfl_dev.3 --json
json "the list is one object in JSON" ".[0] | .version == 1 and .complete and (.features | length == 10 and .[3].card == \"$address\" and .[6].size == $((16 * page)) and all(.[]; .owner == \"none\"))" \
	dflres list --json
json "the map is one object in JSON" ".[0] | .version == 1 and .complete and (.bars[0] | .card == \"$address\" and ([.runs[].features[].feature] | length == 10) and .size == $(stat -c %s "$(card path)/resource0"))" \
	dflres map --json
status "a name that no feature has" 3 "dflres: there is no feature 'dfl_dev.99'*" dflres info dfl_dev.99
status "an id that no feature has" 3 "dflres: there is no feature 'fme:0x99'*" dflres info fme:0x99
status "an id that is hexadecimal without 0x" 3 "dflres: there is no feature 'fme:21' with the id 0x15, but one with the id 0x21: *0x." \
	dflres info fme:21
is "the directory dflres of a feature stands for it" "$(dflres info $bus/dfl_dev.3/dflres | awk '$1 == "feature" { print $2 }')" dfl_dev.3
mkdir -p /tmp/away
mount --bind $bus/dfl_dev.3/dflres /tmp/away
status "a directory dflres that is mounted away from its feature" 3 "dflres: '/tmp/away' is a feature's directory dflres, mounted elsewhere; *" dflres info /tmp/away
umount /tmp/away
status "an instance that there is not" 3 "dflres: there is no feature 'fme:0x21:1'*" dflres info fme:0x21:1
status "what names no feature at all" 2 "dflres: 'fme:x' is not the name of a feature*" dflres info fme:x

# ---- claim and release ----
ok "dflres claim claims a feature" dflres claim dfl_dev.3
is "a claim by dflres claim stays" "$(owner dfl_dev.3)" user
is "the list tells the user of a lasting claim" "$(dflres list | grep '^dfl_dev.3 ' | sed 's/.*user *//')" "- (root)"
status "a second claim of a claimed feature" 4 'dflres: cannot claim dfl_dev.3: user root has a lasting claim on it; wait *, or release it with dflres release dfl_dev.3.' \
	dflres claim dfl_dev.3
status "a claim of a claimed feature by taking over" 4 '*user root has *claim*' dflres claim --take-over dfl_dev.3
status "a claim of a claimed feature that waits half a second" 6 '*user root has *claim*' dflres claim --timeout 0.5 dfl_dev.3
(sleep 1; dflres release dfl_dev.3) &
ok "a claim that waits works when the feature is released meanwhile" dflres claim --timeout 20 dfl_dev.3
wait
ok "dflres release ends a claim" dflres release dfl_dev.3
is "nobody has a feature after dflres release" "$(owner dfl_dev.3)" none
ok "a release without a claim has no effect" dflres release dfl_dev.3
status "a claim by alice who may not claim" 5 'dflres: cannot claim dfl_dev.3: you may not write to the files in */dflres; *' alice dflres claim dfl_dev.3
status "a release by alice who may not claim" 5 'dflres: cannot release dfl_dev.3: you may not*' alice dflres release dfl_dev.3
status "a read by alice who may not claim" 5 'dflres: cannot claim dfl_dev.3: you may not*' alice dflres read dfl_dev.3 0

insmod "$DFL/uio_dfl.ko"
is "the list tells that the kernel owns a feature" "$(column 11 dfl_dev.1)" kernel
is "the list tells the driver that has a feature" "$(column 12 dfl_dev.1)" uio_dfl
status "a claim of a driver's feature" 4 'dflres: cannot claim dfl_dev.1: the driver uio_dfl is bound to it; take it over (--take-over*' dflres claim dfl_dev.1
status "a release of a driver's feature" 4 'dflres: cannot release dfl_dev.1: the driver uio_dfl is bound to it*' dflres release dfl_dev.1
status "a read of a driver's feature" 4 '*the driver uio_dfl is bound to it*' dflres read dfl_dev.1 0
status "a write of a driver's feature" 4 '*the driver uio_dfl is bound to it*' dflres write dfl_dev.1 0x18 0
status "a dump of a driver's feature" 4 '*the driver uio_dfl is bound to it*' dflres dump dfl_dev.1
ran=no
status "a program for a driver's feature" 4 '*the driver uio_dfl is bound to it*' dflres exec dfl_dev.3 dfl_dev.1 -- touch /tmp/ran
[ -e /tmp/ran ] && ran=yes
is "a program that does not get its features is not run" "$ran" no
is "a feature that was claimed for a program that is not run is free again" "$(owner dfl_dev.3)" none
ok "claim --take-over claims a driver's feature" dflres claim --take-over dfl_dev.1
is "user space has a feature after claim --take-over" "$(owner dfl_dev.1)" user
ok "release --to-kernel ends a claim that took over" dflres release --to-kernel dfl_dev.1
is "release --to-kernel gives the feature back to the driver" "$(owner dfl_dev.1)" kernel
is "read --take-over reads a driver's feature" "$(dflres read --take-over --width 16 dfl_dev.1 0)" 0x1010
is "read --take-over gives the feature back to the driver" "$(owner dfl_dev.1)" kernel
ok "write --take-over writes a driver's feature" dflres write --take-over dfl_dev.1 0x18 0x77
is "write --take-over gives the feature back to the driver" "$(owner dfl_dev.1)" kernel
is "dump --take-over dumps a driver's feature" "$(dflres dump --take-over dfl_dev.1 --offset 0x18 --length 8)" "00000018  0000000000000077"
is "dump --take-over gives the feature back to the driver" "$(owner dfl_dev.1)" kernel
status "a wait --take-over for an interrupt that there is not" 3 'dflres: dfl_dev.1 has no interrupts.' dflres wait --take-over --irq 9 dfl_dev.1
is "wait --take-over gives the feature back to the driver" "$(owner dfl_dev.1)" kernel
status "a take-over by alice who may not" 5 'dflres: cannot take over dfl_dev.1: *run this as root*' alice dflres claim --take-over dfl_dev.1
# shellcheck disable=SC2016 # the program's variable
is "exec --take-over runs a program with a driver's feature" "$(dflres exec --take-over dfl_dev.1 -- sh -c 'cat $DFLRES_PATH_0/dflres/owner')" user
is "exec --take-over gives the feature back to the driver" "$(owner dfl_dev.1)" kernel

# ---- read, write, dump ----
is "64 bits are written and read" "$(dflres write dfl_dev.3 0x20 0x1122334455667788 && dflres read dfl_dev.3 0x20)" 0x1122334455667788
is "32 bits of a register are read" "$(dflres read -w 32 dfl_dev.3 0x24)" 0x11223344
is "16 bits of a register are read" "$(dflres read -w 16 dfl_dev.3 0x22)" 0x5566
is "8 bits of a register are read" "$(dflres read -w 8 dfl_dev.3 0x27)" 0x11
is "8 bits of a register are written" "$(dflres write -w 8 dfl_dev.3 0x27 0xaa && dflres read dfl_dev.3 0x20)" 0xaa22334455667788
is "16 bits of a register are written" "$(dflres write -w 16 dfl_dev.3 32 0xbeef && dflres read dfl_dev.3 32)" 0xaa2233445566beef
is "32 bits of a register are written" "$(dflres write -w 32 dfl_dev.3 0x20 1K && dflres read dfl_dev.3 0x20)" 0xaa22334400000400
is "read reads several registers" "$(dflres read -w 32 dfl_dev.3 0x20 2 | tr '\n' ' ')" "0x00000400 0xaa223344 "
json "read tells several registers in JSON" '.[0] | .feature == "dfl_dev.3" and .offset == "0x20" and .width == 32 and .values == ["0x00000400", "0xaa223344"]' \
	dflres read -jw 32 dfl_dev.3 0x20 2
is "no feature stays claimed after reads and writes" "$(owner dfl_dev.3)" none
status "a read beyond the end" 2 "dflres: dfl_dev.3 has only $(hex page) bytes*" dflres read dfl_dev.3 "$page"
status "a misaligned read" 2 'dflres: dfl_dev.3: accesses of 64 bits do not fit*' dflres read dfl_dev.3 4
status "a value that is too large" 2 "dflres: the value '0x100' is too large: the maximum is 0xff." dflres write -w 8 dfl_dev.3 0x20 0x100

# ---- what another claim has is waited for ----
dflres claim dfl_dev.3
chown alice $bus/dfl_dev.3/dflres/owner $bus/dfl_dev.3/dflres/lease
for command in "read dfl_dev.3 0x20" "write dfl_dev.3 0x28 1" "dump dfl_dev.3 -l 8" "wait dfl_dev.3 -i 0" "exec dfl_dev.3 -- true"; do
	status "alice's ${command%% *} of root's claim" 4 '*user root has *claim*; wait *, or ask that user or root to release it.' alice "dflres $command"
done
for command in "read -T 20 dfl_dev.3 0x20" "write -T 20 dfl_dev.3 0x28 1" "dump --timeout 20 dfl_dev.3 -l 8" \
	"exec --timeout 20 dfl_dev.3 -- true"; do
	(sleep 0.5; dflres release dfl_dev.3) &
	ok "alice's ${command%% *} with a timeout waits for the end of root's claim" alice "dflres $command"
	wait
	dflres claim dfl_dev.3
done
dflres release dfl_dev.3
chown root $bus/dfl_dev.3/dflres/owner $bus/dfl_dev.3/dflres/lease

is "a dump has a line for every two registers" "$(dflres dump dfl_dev.6 | wc -l)" "$page"
ok "a dump is written as bytes" dflres dump dfl_dev.6 --bin /tmp/dump
is "a dump as bytes has as many as the feature" "$(stat -c %s /tmp/dump)" $((16 * page))
dflres claim dfl_dev.6
# one register a read, as a file that is open for reading alone wants it
registers() { dd bs=8 if="$bus/$1/dflres/resource0" 2>/dev/null; }
registers dfl_dev.6 >/tmp/registers
ok "a dump as bytes has what resource0 has" cmp /tmp/dump /tmp/registers
ok "a dump uses a claim of one's own" sh -c 'dflres dump dfl_dev.6 --bin - | cmp - /tmp/dump'
is "a claim of one's own stays after a dump" "$(owner dfl_dev.6)" user
is "a dump shows a part in 32 bits" "$(dflres dump -w 32 -o 0x20 -l 8 dfl_dev.3)" "00000020  00000400 aa223344"
json "a dump is told in JSON" '.[0] | .width == 64 and .values == ["0xaa22334400000400"]' dflres dump --json -o 0x20 -l 8 dfl_dev.3
status "a dump into a directory that there is not" 3 'dflres: cannot write to /nowhere/dump: *' dflres dump --bin /nowhere/dump dfl_dev.3
status "a dump into a full device" 1 'dflres: cannot write*' dflres dump --bin /dev/full dfl_dev.3

# ---- whose claim it is ----
chown alice $bus/dfl_dev.4/dflres/owner $bus/dfl_dev.4/dflres/lease
ok "alice claims where she may" alice dflres claim dfl_dev.4
is "the list tells that a claim is alice's" "$(dflres list | grep '^dfl_dev.4 ' | sed 's/.*user *//')" "- (alice)"
status "root's read of alice's claim" 4 '*user alice has *claim*; wait *dflres release dfl_dev.4.' dflres read dfl_dev.4 0
ok "alice writes a register of her claim" alice dflres write dfl_dev.4 0x20 5
is "alice dumps a register of her claim" "$(alice dflres dump dfl_dev.4 -o 0x20 -l 8)" "00000020  0000000000000005"
json "alice reads a register of her claim in JSON" '.[0].values == ["0x0000000000000005"]' alice dflres read --json dfl_dev.4 0x20
is "alice writes 16 bits of her claim and reads 32" "$(alice dflres write --width 16 dfl_dev.4 0x22 0xbeef && alice dflres read --width 32 dfl_dev.4 0x20)" 0xbeef0005
registers dfl_dev.4 >/tmp/registers
touch /tmp/secret && chmod 0 /tmp/secret
status "alice's names of registers in a file that she may not read" 5 'dflres: cannot read /tmp/secret: Permission denied.' \
	alice dflres read --registers /tmp/secret dfl_dev.4 0x20
status "alice's load of a file that she may not read" 5 'dflres: cannot read /tmp/secret: Permission denied.' \
	alice dflres load dfl_dev.4 /tmp/secret
ok "alice dumps her claim as bytes" sh -c 'su alice -c "dflres dump dfl_dev.4 --bin -" | cmp - /tmp/registers'
ok "alice dumps a part of her claim into a file" alice dflres dump dfl_dev.4 --length 64 --bin /tmp/alice
is "the file of alice's dump is hers" "$(stat -c '%U %s' /tmp/alice)" "alice 64"
alice dflres write dfl_dev.4 0x20 5
json "info tells alice in JSON that the claim is hers" '.[0] | .owner == "user" and .user == "alice" and .driver == null' alice dflres info --json dfl_dev.4
json "info tells root in JSON that the claim is alice's" '.[0] | .owner == "user" and .user == "alice"' dflres info --json dfl_dev.4
is "alice monitors her claim" "$(alice dflres monitor -T 0 dfl_dev.4 | awk '{ print $2, $3, $4 }')" "dfl_dev.4 owner user"
is "alice reads a register of her claim" "$(alice dflres read dfl_dev.4 0x20)" 0x0000000000000005
ok "alice releases her claim" alice dflres release dfl_dev.4
is "alice's program uses a feature by exec" "$(alice "dflres exec dfl_dev.4 -- dflres read dfl_dev.4 0x20")" 0x0000000000000005
is "the lease of alice's program has ended" "$(owner dfl_dev.4)" none
chmod 666 $bus/dfl_dev.6/dflres/owner
status "alice's release of root's claim" 5 'dflres: cannot release dfl_dev.6: user root has *claim*only that user and root*' \
	alice dflres release dfl_dev.6
status "alice's read of root's claim" 5 'dflres: cannot claim dfl_dev.6: you may not write to the files in */dflres; *' alice dflres read dfl_dev.6 0
status "alice's release of root's claim to the kernel" 5 '*user root has *claim*' alice dflres release --to-kernel dfl_dev.6
dflres release dfl_dev.6

# ---- exec ----
# shellcheck disable=SC2016 # the program's variables
is "exec tells the program its features" "$(dflres exec dfl_dev.3 port:0x50 -- sh -c 'echo $DFLRES_FEATURES $DFLRES_FEATURE_0 $DFLRES_FEATURE_1')" \
	"2 dfl_dev.3 $(dflres info port:0x50 | awk '$1 == "feature" { print $2 }')"
# shellcheck disable=SC2016
is "exec opens the registers for the program" "$(dflres exec dfl_dev.3 -- sh -c 'dd bs=8 skip=4 count=1 <&$DFLRES_FD_0 2>/dev/null | od -An -tx8 | tr -d " "')" aa22334400000400
status "an exec's program that exits with 42" 42 '' dflres exec dfl_dev.3 -- sh -c 'exit 42'
# shellcheck disable=SC2016
status "an exec's program that a signal kills" 137 '' dflres exec dfl_dev.3 -- sh -c 'kill -9 $$'
status "an exec of no program" 127 'dflres: cannot run nothing-such: *' dflres exec dfl_dev.3 -- nothing-such
status "an exec of a directory" 126 'dflres: cannot run /etc: *' dflres exec dfl_dev.3 -- /etc
is "the feature is free after exec" "$(owner dfl_dev.3)" none
dflres exec dfl_dev.3 -- sleep 1000 &
tool=$!
ok "the feature is claimed while exec's program runs" wait_for owner_is dfl_dev.3 user
holder=$(cat $bus/dfl_dev.3/dflres/owner_pid)
is "the claim of exec is the tool's" "$holder" "$tool"
is "the list tells the process that holds a lease" "$(dflres list | grep '^dfl_dev.3 ' | sed 's/.*user *//')" "$holder dflres (root)"
status "a claim of what exec has" 4 "dflres: cannot claim dfl_dev.3: process $holder (dflres) of user root has claimed it; *" dflres claim dfl_dev.3
kill $tool
wait $tool
is "a signal to the tool ends exec's program" $? 143
is "a signal to the tool ends exec's claim" "$(owner dfl_dev.3)" none
dflres claim dfl_dev.4
status "an exec of two features of which one is claimed" 4 '*user root has *claim*' dflres exec dfl_dev.3 dfl_dev.4 -- touch /tmp/ran
is "exec runs no program when it does not get all features" "$(ls /tmp/ran 2>/dev/null)" ""
is "exec claims no feature when it does not get all" "$(owner dfl_dev.3)" none
dflres release dfl_dev.4
# shellcheck disable=SC2016
dflres exec dfl_dev.3 -- sh -c 'echo $$ >/tmp/program; exec sleep 1000' &
tool=$!
wait_for owner_is dfl_dev.3 user
wait_for [ -s /tmp/program ]
kill -9 $tool
wait $tool 2>/dev/null
is "a tool that is killed leaves exec's program its claim" "$(owner dfl_dev.3)" user
kill "$(cat /tmp/program)"
ok "the claim of a tool that was killed ends with exec's program" wait_for owner_is dfl_dev.3 none

status "a feature that is named twice" 2 "dflres: the feature 'fme:0x21' is named twice; *" dflres exec dfl_dev.3 fme:0x21 -- true

# each wants what the other has got first: with one kept while the other is waited for, neither would ever run
dflres claim dfl_dev.5
dflres exec -T 60 dfl_dev.3 dfl_dev.5 dfl_dev.4 -- true &
one=$!
dflres exec -T 60 dfl_dev.4 dfl_dev.5 dfl_dev.3 -- true &
other=$!
sleep 1
is "programs that wait for two features keep none meanwhile" "$(owner dfl_dev.3) $(owner dfl_dev.4)" "none none"
dflres release dfl_dev.5
wait $one
is "of two programs that want the same features the first gets them" $? 0
wait $other
is "of two programs that want the same features the second gets them, too" $? 0
tools='' failed=0
for _ in 1 2 3; do
	dflres exec -T 120 dfl_dev.3 dfl_dev.4 -- sleep 0.1 &
	tools="$tools $!"
	dflres exec -T 120 dfl_dev.4 dfl_dev.3 -- sleep 0.1 &
	tools="$tools $!"
done
for tool in $tools; do
	wait "$tool" || failed=$((failed + 1))
done
is "six that want two, in either order, all get them" "$failed $(owner dfl_dev.3) $(owner dfl_dev.4)" "0 none none"

# ---- wait for an owner, monitor ----
is "wait --owner returns at once where the owner is there already" "$(dflres wait dfl_dev.3 --owner none | awk '$1 == "owner" { print $2 }')" none
status "a wait for an owner that does not come" 6 "dflres: dfl_dev.3: its owner did not become 'user' in time*" dflres wait dfl_dev.3 --owner user --timeout 0.2
(sleep 1; dflres claim dfl_dev.3) &
json "wait --owner returns when the owner comes" '.[0] | .feature == "dfl_dev.3" and .owner == "user" and .user == "root"' \
	dflres wait dfl_dev.3 --owner user -T 20 --json
wait
dflres release dfl_dev.3
ok "alice may wait for an owner" alice dflres wait dfl_dev.3 --owner none
status "a monitor for a while" 0 '' dflres monitor -T 0.2
dflres monitor dfl_dev.3 dfl_dev.1 >/tmp/monitor &
monitor=$!
dflres monitor --json >/tmp/monitor.json &
json_monitor=$!
ok "monitor begins with each feature's owner" wait_for grep -q 'dfl_dev.1  owner  kernel  uio_dfl' /tmp/monitor
wait_for grep -q '"dfl_dev.1","event":"owner","owner":"kernel"' /tmp/monitor.json
dflres claim dfl_dev.3
ok "monitor shows a claim" wait_for grep -q 'dfl_dev.3  owner  user' /tmp/monitor
dflres release dfl_dev.3
ok "monitor shows a release" wait_for sh -c 'tail -n 1 /tmp/monitor | grep -q "dfl_dev.3  owner  none  -"'
monitored() { [ "$(wc -l </tmp/monitor.json)" = 12 ]; }
wait_for monitored
kill $monitor $json_monitor
wait
is "monitor in JSON writes a line for each event" "$(wc -l </tmp/monitor.json)" 12
json "monitor in JSON writes one object a line" 'length == 12 and all(.[]; .event == "owner" and (.time | test("^[0-9-]{10}T[0-9:.]{12}Z$")))' cat /tmp/monitor.json
json "monitor in JSON shows the claim and the release" '[.[] | select(.feature == "dfl_dev.3") | .owner] == ["none", "user", "none"]' cat /tmp/monitor.json
# shellcheck disable=SC2046 # names are words
dflres monitor $(dflres list | awk 'NR > 1 { print $1 }') -T 30 >/tmp/monitor &
tool=$!
wait_for grep -q 'dfl_dev.9' /tmp/monitor

# ---- lockdown is in the program of that name; the end of a card ----
card unbind
wait $tool
is "monitor ends with the card whose features it was told" $? 0
is "monitor says of each feature that it is gone" "$(grep -c gone /tmp/monitor)" 10
status "a read of a feature that is gone" 3 "dflres: there is no feature 'dfl_dev.3'*" dflres read dfl_dev.3 0
card up /cards/layout.card
shared=$(dflres list | awk '$4 == "0x102" { print $1 }')
is "a feature that shares a page is not mappable" "$(column 8 "$shared")" no
ok "a feature that shares a page is written" dflres write fme:0x102 0x20 7
is "a feature that shares a page is read" "$(dflres read fme:0x102 0x20)" 0x0000000000000007
is "a feature that shares a page is dumped" "$(dflres dump fme:0x102 -o 0x20 -l 8)" "00000020  0000000000000007"
ok "a feature whose size is no multiple of 8 is dumped" dflres dump fme:0x109 --bin /tmp/dump
is "a dump of a feature whose size is no multiple of 8 has all its bytes" "$(stat -c %s /tmp/dump)" 1036
ok "the map shows a page that features share" sh -c "dflres map | grep -q '^  $(printf '0x%08x' $((2 * page)))  %  *1  .*0x102  $(hex 2*page)  0x800  none'"
ok "the map shows a feature that nobody has" sh -c "dflres map | grep -q '^  $(printf '0x%08x' "$page")  -  *1  .*0x101  $(hex page)  $(hex page)'"
ok "the map shows the hole at the end of the BAR" sh -c 'dflres map | grep "hole" | grep -q -F "//"'
json "the map shows shared pages in JSON" 'any(.[0].bars[0].runs[]; .use == "shared" and (.features | length) > 1)' dflres map --json
is "an unprivileged user sees the same list" "$(alice dflres list)" "$(dflres list)"
is "an unprivileged user sees the same map" "$(alice dflres map)" "$(dflres map)"
# ---- any of those that are alike ----
card unbind
card up /cards/alike.card
first=$(dflres info fme:0x30:0 | awk '$1 == "feature" { print $2 }')
second=$(dflres info fme:0x30:1 | awk '$1 == "feature" { print $2 }')
third=$(dflres info fme:0x30:2 | awk '$1 == "feature" { print $2 }')
# shellcheck disable=SC2016 # the program's variables
names='echo $DFLRES_FEATURE_0 $DFLRES_FEATURE_1'
is "exec with any twice gets two features" "$(dflres exec fme:0x30:any fme:0x30:any -- sh -c "$names")" "$first $second"
is "claim with any tells which feature it is" "$(dflres claim fme:0x30:any)" "$first"
is "any passes a claimed feature over" "$(dflres exec fme:0x30:any -- sh -c "$names")" "$second"
is "read with any reads a feature" "$(dflres read -w 16 fme:0x30:any 0)" 0x0030
status "an exec of three with any of which one is busy" 4 \
	"dflres: cannot claim 'fme:0x30:any' (busy: *, not given to this process: 0); wait with --timeout, *" \
	dflres exec fme:0x30:any fme:0x30:any fme:0x30:any -- true
is "exec with any claims all features, or none" "$(owner "$second") $(owner "$third")" "none none"
(sleep 1; dflres release "$first") &
ok "exec with any waits for three features" dflres exec -T 60 fme:0x30:any fme:0x30:any fme:0x30:any -- true
wait
chown alice "$bus/$second/dflres/owner" "$bus/$second/dflres/lease"
is "any passes over what was not given to alice" "$(alice "dflres exec fme:0x30:any -- sh -c 'echo \$DFLRES_FEATURE_0'")" "$second"
dflres claim "$second"
status "alice's read with any" 4 \
	"dflres: cannot claim 'fme:0x30:any' (busy: 1, not given to this process: 2); wait with --timeout, *" \
	alice dflres read fme:0x30:any 0
dflres release "$second"
files=$(readlink -f "$bus/$first/dflres")
mount --bind "$files" "$files"
mount -o remount,bind,ro "$files"
status "a read in a container that was not given the feature" 5 \
	"dflres: cannot claim $first: this container or service was not given it: */$first/dflres is read-only here; *" \
	dflres read "$first" 0
is "any passes over what the container was not given" "$(dflres claim fme:0x30:any)" "$second"
dflres release "$second"
umount "$files"
is "the list has no colour in a file" "$(dflres list | grep -c "$(printf '\033')")" 0
status "a read without an offset" 2 'dflres: read needs FEATURE OFFSET*--help.' dflres read
finish
