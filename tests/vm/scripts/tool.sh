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
ok "an empty bus is no error" dflres list
json "a list of nothing is complete in JSON" '.[0] == {"version": 1, "complete": true, "features": []}' dflres list --json
is "there is help" "$(dflres --help | grep -c '^  [a-z]')" 19
for command in list map info claim release read write update dump load wait shell exec monitor watch keep cdi registers; do
	ok "and for $command" sh -c "dflres $command --help | grep -q '^Usage: dflres $command'"
done
ok "the version" sh -c "dflres --version | grep -q '^dflres [0-9]'"
card up /cards/basic.card
ok "without the module the list is incomplete" [ "$(dflres list >/dev/null 2>&1; echo $?)" = 1 ]
json "in JSON it says so" '.[0] | .version == 1 and .complete == false and (.features | length) == 10' dflres list --json
is "but has what is known" "$(column 4 dfl_dev.3)" 0x21
status "read without the module" 1 'dflres: dfl_dev.3 cannot be claimed: the dflres module is not loaded; *modprobe*' \
	dflres read dfl_dev.3 0
status "monitor without the module" 1 '*the dflres module is not loaded*' dflres monitor dfl_dev.3
status "map without the module" 1 '*the dflres module is not loaded*' dflres map
status "info without the module" 1 '*does not manage dfl_dev.3*modprobe*' dflres info dfl_dev.3

insmod "$DFL/dflres.ko"
address=$(basename "$(card path)")
page=$(card page)
hex() { printf '%#x' $(($1)); }
is "with the module every feature has a line" "$(dflres list | wc -l)" 11
is "its card" "$(column 2 dfl_dev.3)" "$address"
is "its type" "$(column 3 dfl_dev.9)" port
is "its revision" "$(column 6 dfl_dev.3)" 0x2
is "its size" "$(column 7 dfl_dev.6)" "$(hex 16*page)"
is "whether it is mappable" "$(column 8 dfl_dev.3)" yes
is "its interrupts" "$(column 9 dfl_dev.3)" 0
is "its dma" "$(column 10 dfl_dev.3)" "$(cat $bus/dfl_dev.3/dflres/dma)"
is "its owner, none" "$(column 11 dfl_dev.3)" none
is "the names of ids" "$(column 5 dfl_dev.0) $(column 5 dfl_dev.1) $(column 5 dfl_dev.4)" "emif eth-group -"
is "the list fits 80 columns" "$(dflres list | awk 'length > 80' | wc -l)" 0

# ---- naming, info ----
is "info of a name" "$(dflres info dfl_dev.3 | awk '$1 == "id" { print $2 }')" 0x21
selector=$(dflres info dfl_dev.3 | awk '$1 == "selector" { print $2 }')
is "its selector" "$selector" "$address/fme:0x21:0"
is "info of the selector" "$(dflres info "$selector" | awk '$1 == "feature" { print $2 }')" dfl_dev.3
is "of a short one" "$(dflres info "${address#0000:}/fme:33" | awk '$1 == "feature" { print $2 }')" dfl_dev.3
is "of one without a card" "$(dflres info port:0x50 | awk '$1 == "id" { print $2 }')" 0x50
is "whether it can be claimed" "$(dflres info dfl_dev.3 | awk '$1 == "claimable" { print $2 }')" yes
is "of a path" "$(dflres info $bus/dfl_dev.3/ | awk '$1 == "id" { print $2 }')" 0x21
json "in JSON" ".[0] | .id == \"0x21\" and .size == $page and .selector == \"$selector\" and .owner == \"none\" and .pid == null" \
	dflres info dfl_dev.3 --json
json "the list is one object" ".[0] | .version == 1 and .complete and (.features | length == 10 and .[3].card == \"$address\" and .[6].size == $((16 * page)) and all(.[]; .owner == \"none\"))" \
	dflres list --json
json "the map is one object" ".[0] | .version == 1 and .complete and (.bars[0] | .card == \"$address\" and ([.runs[].features[].feature] | length == 10) and .size == $(stat -c %s "$(card path)/resource0"))" \
	dflres map --json
status "no such name" 3 "dflres: there is no feature 'dfl_dev.99'*" dflres info dfl_dev.99
status "no such id" 3 "dflres: there is no feature 'fme:0x99'*" dflres info fme:0x99
status "an id that is hexadecimal without 0x" 3 "dflres: there is no feature 'fme:21', whose id is 0x15; there is one with the id 0x21: *0x." \
	dflres info fme:21
is "the directory dflres of a feature stands for it" "$(dflres info $bus/dfl_dev.3/dflres | awk '$1 == "feature" { print $2 }')" dfl_dev.3
mkdir -p /tmp/away
mount --bind $bus/dfl_dev.3/dflres /tmp/away
status "but not where it is mounted away from it" 3 "dflres: '/tmp/away' is a feature's directory dflres, mounted away *" dflres info /tmp/away
umount /tmp/away
status "no such instance" 3 "dflres: there is no feature 'fme:0x21:1'*" dflres info fme:0x21:1
status "no name at all" 2 "dflres: 'fme:x' names no feature*" dflres info fme:x

# ---- claim and release ----
ok "claim" dflres claim dfl_dev.3
is "the claim stays" "$(owner dfl_dev.3)" user
is "the list tells the user" "$(dflres list | grep '^dfl_dev.3 ' | sed 's/.*user *//')" "- (root)"
status "a second claim" 4 'dflres: dfl_dev.3 cannot be claimed: user root has a lasting claim on it; wait *, or end it with dflres release dfl_dev.3.' \
	dflres claim dfl_dev.3
status "nor by taking it over" 4 '*user root has *claim*' dflres claim --take-over dfl_dev.3
status "nor in half a second" 6 '*user root has *claim*' dflres claim --timeout 0.5 dfl_dev.3
(sleep 1; dflres release dfl_dev.3) &
ok "but when it is released meanwhile" dflres claim --timeout 20 dfl_dev.3
wait
ok "release" dflres release dfl_dev.3
is "leaves it free" "$(owner dfl_dev.3)" none
ok "a release without a claim has no effect" dflres release dfl_dev.3
status "alice may not claim" 5 'dflres: dfl_dev.3 cannot be claimed: you may not write to the files in */dflres; *' alice dflres claim dfl_dev.3
status "nor release" 5 'dflres: dfl_dev.3 cannot be released: you may not*' alice dflres release dfl_dev.3
status "nor read" 5 'dflres: dfl_dev.3 cannot be claimed: you may not*' alice dflres read dfl_dev.3 0

insmod "$DFL/uio_dfl.ko"
is "its owner, kernel" "$(column 11 dfl_dev.1)" kernel
is "and the driver" "$(column 12 dfl_dev.1)" uio_dfl
status "a driver's feature is not claimed" 4 'dflres: dfl_dev.1 cannot be claimed: the driver uio_dfl has it; take it over (--take-over*' dflres claim dfl_dev.1
status "nor released" 4 'dflres: dfl_dev.1 cannot be released: the driver uio_dfl has it*' dflres release dfl_dev.1
status "nor read" 4 '*the driver uio_dfl has it*' dflres read dfl_dev.1 0
status "nor written" 4 '*the driver uio_dfl has it*' dflres write dfl_dev.1 0x18 0
status "nor dumped" 4 '*the driver uio_dfl has it*' dflres dump dfl_dev.1
ran=no
status "nor given to a program" 4 '*the driver uio_dfl has it*' dflres exec dfl_dev.3 dfl_dev.1 -- touch /tmp/ran
[ -e /tmp/ran ] && ran=yes
is "which is not run" "$ran" no
is "and what was claimed for it before is free again" "$(owner dfl_dev.3)" none
ok "claim --take-over" dflres claim --take-over dfl_dev.1
is "does" "$(owner dfl_dev.1)" user
ok "release --to-kernel" dflres release --to-kernel dfl_dev.1
is "gives it back" "$(owner dfl_dev.1)" kernel
is "read --take-over" "$(dflres read --take-over --width 16 dfl_dev.1 0)" 0x1010
is "gives it back" "$(owner dfl_dev.1)" kernel
ok "write --take-over" dflres write --take-over dfl_dev.1 0x18 0x77
is "gives it back" "$(owner dfl_dev.1)" kernel
is "dump --take-over" "$(dflres dump --take-over dfl_dev.1 --offset 0x18 --length 8)" "00000018  0000000000000077"
is "gives it back" "$(owner dfl_dev.1)" kernel
status "wait --take-over" 3 'dflres: dfl_dev.1 has no interrupt 9: it has 0 of them.' dflres wait --take-over --irq 9 dfl_dev.1
is "gives it back" "$(owner dfl_dev.1)" kernel
status "alice may not take over" 5 'dflres: dfl_dev.1 cannot be taken over: *run this as root*' alice dflres claim --take-over dfl_dev.1
# shellcheck disable=SC2016 # the program's variable
is "exec --take-over" "$(dflres exec --take-over dfl_dev.1 -- sh -c 'cat $DFLRES_PATH_0/dflres/owner')" user
is "gives it back" "$(owner dfl_dev.1)" kernel

# ---- read, write, dump ----
is "write and read 64 bits" "$(dflres write dfl_dev.3 0x20 0x1122334455667788 && dflres read dfl_dev.3 0x20)" 0x1122334455667788
is "read 32 bits" "$(dflres read -w 32 dfl_dev.3 0x24)" 0x11223344
is "read 16 bits" "$(dflres read -w 16 dfl_dev.3 0x22)" 0x5566
is "read 8 bits" "$(dflres read -w 8 dfl_dev.3 0x27)" 0x11
is "write 8 bits" "$(dflres write -w 8 dfl_dev.3 0x27 0xaa && dflres read dfl_dev.3 0x20)" 0xaa22334455667788
is "write 16 bits" "$(dflres write -w 16 dfl_dev.3 32 0xbeef && dflres read dfl_dev.3 32)" 0xaa2233445566beef
is "write 32 bits" "$(dflres write -w 32 dfl_dev.3 0x20 1K && dflres read dfl_dev.3 0x20)" 0xaa22334400000400
is "read several" "$(dflres read -w 32 dfl_dev.3 0x20 2 | tr '\n' ' ')" "0x00000400 0xaa223344 "
json "in JSON" '.[0] | .feature == "dfl_dev.3" and .offset == "0x20" and .width == 32 and .values == ["0x00000400", "0xaa223344"]' \
	dflres read -jw 32 dfl_dev.3 0x20 2
is "nothing of it stays claimed" "$(owner dfl_dev.3)" none
status "beyond the end" 2 "dflres: dfl_dev.3 has only $(hex page) bytes*" dflres read dfl_dev.3 "$page"
status "misaligned" 2 'dflres: dfl_dev.3: accesses of 64 bits do not fit*' dflres read dfl_dev.3 4
status "too large a value" 2 "dflres: the value '0x100' is too large: 0xff is the most." dflres write -w 8 dfl_dev.3 0x20 0x100

# ---- what another claim has is waited for ----
dflres claim dfl_dev.3
chown alice $bus/dfl_dev.3/dflres/owner $bus/dfl_dev.3/dflres/lease
for command in "read dfl_dev.3 0x20" "write dfl_dev.3 0x28 1" "dump dfl_dev.3 -l 8" "wait dfl_dev.3 -i 0" "exec dfl_dev.3 -- true"; do
	status "alice's ${command%% *} is refused" 4 '*user root has *claim*; wait *, or ask that user or root to release it.' alice "dflres $command"
done
for command in "read -T 20 dfl_dev.3 0x20" "write -T 20 dfl_dev.3 0x28 1" "dump --timeout 20 dfl_dev.3 -l 8" \
	"exec --timeout 20 dfl_dev.3 -- true"; do
	(sleep 0.5; dflres release dfl_dev.3) &
	ok "her ${command%% *} waits for the end of it" alice "dflres $command"
	wait
	dflres claim dfl_dev.3
done
dflres release dfl_dev.3
chown root $bus/dfl_dev.3/dflres/owner $bus/dfl_dev.3/dflres/lease

is "a dump has all of it" "$(dflres dump dfl_dev.6 | wc -l)" "$page"
ok "and in bytes" dflres dump dfl_dev.6 --bin /tmp/dump
is "as many" "$(stat -c %s /tmp/dump)" $((16 * page))
dflres claim dfl_dev.6
# one register a read, as a file that is open for reading alone wants it
registers() { dd bs=8 if="$bus/$1/dflres/resource0" 2>/dev/null; }
registers dfl_dev.6 >/tmp/registers
ok "the same as the file's" cmp /tmp/dump /tmp/registers
ok "a claim of one's own is used" sh -c 'dflres dump dfl_dev.6 --bin - | cmp - /tmp/dump'
is "and stays" "$(owner dfl_dev.6)" user
is "a part in 32 bits" "$(dflres dump -w 32 -o 0x20 -l 8 dfl_dev.3)" "00000020  00000400 aa223344"
json "a dump in JSON" '.[0] | .width == 64 and .values == ["0xaa22334400000400"]' dflres dump --json -o 0x20 -l 8 dfl_dev.3
status "a dump nowhere" 1 'dflres: cannot write to /nowhere/dump: *' dflres dump --bin /nowhere/dump dfl_dev.3
status "a dump into the full" 1 'dflres: cannot write*' dflres dump --bin /dev/full dfl_dev.3

# ---- whose claim it is ----
chown alice $bus/dfl_dev.4/dflres/owner $bus/dfl_dev.4/dflres/lease
ok "alice claims" alice dflres claim dfl_dev.4
is "the list says so" "$(dflres list | grep '^dfl_dev.4 ' | sed 's/.*user *//')" "- (alice)"
status "root does not use her claim" 4 '*user alice has *claim*; wait *dflres release dfl_dev.4.' dflres read dfl_dev.4 0
ok "she does" alice dflres write dfl_dev.4 0x20 5
is "and dumps" "$(alice dflres dump dfl_dev.4 -o 0x20 -l 8)" "00000020  0000000000000005"
json "in JSON, too" '.[0].values == ["0x0000000000000005"]' alice dflres read --json dfl_dev.4 0x20
is "and in 16 bits" "$(alice dflres write --width 16 dfl_dev.4 0x22 0xbeef && alice dflres read --width 32 dfl_dev.4 0x20)" 0xbeef0005
registers dfl_dev.4 >/tmp/registers
ok "and dumps bytes" sh -c 'su alice -c "dflres dump dfl_dev.4 --bin -" | cmp - /tmp/registers'
ok "into a file" alice dflres dump dfl_dev.4 --length 64 --bin /tmp/alice
is "that is hers" "$(stat -c '%U %s' /tmp/alice)" "alice 64"
alice dflres write dfl_dev.4 0x20 5
json "it is hers" '.[0] | .owner == "user" and .user == "alice" and .driver == null' alice dflres info --json dfl_dev.4
json "for everybody" '.[0] | .owner == "user" and .user == "alice"' dflres info --json dfl_dev.4
is "she monitors it" "$(alice dflres monitor -T 0 dfl_dev.4 | awk '{ print $2, $3, $4 }')" "dfl_dev.4 owner user"
is "and reads" "$(alice dflres read dfl_dev.4 0x20)" 0x0000000000000005
ok "and releases" alice dflres release dfl_dev.4
is "her program" "$(alice "dflres exec dfl_dev.4 -- dflres read dfl_dev.4 0x20")" 0x0000000000000005
is "a lease of hers" "$(owner dfl_dev.4)" none
chmod 666 $bus/dfl_dev.6/dflres/owner
status "she does not release root's claim" 5 'dflres: dfl_dev.6 cannot be released: user root has *claim*only that user and root*' \
	alice dflres release dfl_dev.6
status "or read it" 5 'dflres: dfl_dev.6 cannot be claimed: you may not write to the files in */dflres; *' alice dflres read dfl_dev.6 0
status "or take it over to the kernel" 5 '*user root has *claim*' alice dflres release --to-kernel dfl_dev.6
dflres release dfl_dev.6

# ---- exec ----
# shellcheck disable=SC2016 # the program's variables
is "exec tells the program" "$(dflres exec dfl_dev.3 port:0x50 -- sh -c 'echo $DFLRES_FEATURES $DFLRES_FEATURE_0 $DFLRES_FEATURE_1')" \
	"2 dfl_dev.3 $(dflres info port:0x50 | awk '$1 == "feature" { print $2 }')"
# shellcheck disable=SC2016
is "its registers are open" "$(dflres exec dfl_dev.3 -- sh -c 'dd bs=8 skip=4 count=1 <&$DFLRES_FD_0 2>/dev/null | od -An -tx8 | tr -d " "')" aa22334400000400
status "its status" 42 '' dflres exec dfl_dev.3 -- sh -c 'exit 42'
# shellcheck disable=SC2016
status "a signal" 137 '' dflres exec dfl_dev.3 -- sh -c 'kill -9 $$'
status "no program" 127 'dflres: cannot run nothing-such: *' dflres exec dfl_dev.3 -- nothing-such
status "one that cannot be run" 126 'dflres: cannot run /etc: *' dflres exec dfl_dev.3 -- /etc
is "then it is free" "$(owner dfl_dev.3)" none
dflres exec dfl_dev.3 -- sleep 1000 &
tool=$!
ok "while it runs it is claimed" wait_for owner_is dfl_dev.3 user
holder=$(cat $bus/dfl_dev.3/dflres/owner_pid)
is "by the tool" "$holder" "$tool"
is "the list tells" "$(dflres list | grep '^dfl_dev.3 ' | sed 's/.*user *//')" "$holder dflres (root)"
status "and so does a refusal" 4 "dflres: dfl_dev.3 cannot be claimed: process $holder (dflres) of user root has claimed it; *" dflres claim dfl_dev.3
kill $tool
wait $tool
is "a signal to the tool ends the program" $? 143
is "and the claim" "$(owner dfl_dev.3)" none
dflres claim dfl_dev.4
status "all features, or none" 4 '*user root has *claim*' dflres exec dfl_dev.3 dfl_dev.4 -- touch /tmp/ran
is "so that nothing has been run" "$(ls /tmp/ran 2>/dev/null)" ""
is "and nothing is claimed" "$(owner dfl_dev.3)" none
dflres release dfl_dev.4
# shellcheck disable=SC2016
dflres exec dfl_dev.3 -- sh -c 'echo $$ >/tmp/program; exec sleep 1000' &
tool=$!
wait_for owner_is dfl_dev.3 user
wait_for [ -s /tmp/program ]
kill -9 $tool
wait $tool 2>/dev/null
is "a tool that is killed leaves the program its claim" "$(owner dfl_dev.3)" user
kill "$(cat /tmp/program)"
ok "until that ends" wait_for owner_is dfl_dev.3 none

status "a feature that is named twice" 2 "dflres: the feature 'fme:0x21' is named twice; *" dflres exec dfl_dev.3 fme:0x21 -- true

# each wants what the other has got first: with one kept while the other is waited for, neither would ever run
dflres claim dfl_dev.5
dflres exec -T 60 dfl_dev.3 dfl_dev.5 dfl_dev.4 -- true &
one=$!
dflres exec -T 60 dfl_dev.4 dfl_dev.5 dfl_dev.3 -- true &
other=$!
sleep 1
is "while they wait they keep none" "$(owner dfl_dev.3) $(owner dfl_dev.4)" "none none"
dflres release dfl_dev.5
wait $one
is "of two that want the same features one gets them" $? 0
wait $other
is "and then the other" $? 0
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
is "an owner that is there is not waited for" "$(dflres wait dfl_dev.3 --owner none | awk '$1 == "owner" { print $2 }')" none
status "one that does not come" 6 "dflres: dfl_dev.3: its owner has not become 'user' in time*" dflres wait dfl_dev.3 --owner user --timeout 0.2
(sleep 1; dflres claim dfl_dev.3) &
json "one that comes" '.[0] | .feature == "dfl_dev.3" and .owner == "user" and .user == "root"' \
	dflres wait dfl_dev.3 --owner user -T 20 --json
wait
dflres release dfl_dev.3
ok "alice may wait" alice dflres wait dfl_dev.3 --owner none
status "monitor for a while" 0 '' dflres monitor -T 0.2
dflres monitor dfl_dev.3 dfl_dev.1 >/tmp/monitor &
monitor=$!
dflres monitor --json >/tmp/monitor.json &
json_monitor=$!
ok "monitor begins" wait_for grep -q 'dfl_dev.1  owner  kernel  uio_dfl' /tmp/monitor
wait_for grep -q '"dfl_dev.1","event":"owner","owner":"kernel"' /tmp/monitor.json
dflres claim dfl_dev.3
ok "and shows a claim" wait_for grep -q 'dfl_dev.3  owner  user' /tmp/monitor
dflres release dfl_dev.3
ok "and a release" wait_for sh -c 'tail -n 1 /tmp/monitor | grep -q "dfl_dev.3  owner  none  -"'
monitored() { [ "$(wc -l </tmp/monitor.json)" = 12 ]; }
wait_for monitored
kill $monitor $json_monitor
wait
is "in JSON each is a line" "$(wc -l </tmp/monitor.json)" 12
json "of one event" 'length == 12 and all(.[]; .event == "owner" and (.time | test("^[0-9-]{10}T[0-9:.]{12}Z$")))' cat /tmp/monitor.json
json "and these are the same" '[.[] | select(.feature == "dfl_dev.3") | .owner] == ["none", "user", "none"]' cat /tmp/monitor.json
# shellcheck disable=SC2046 # names are words
dflres monitor $(dflres list | awk 'NR > 1 { print $1 }') -T 30 >/tmp/monitor &
tool=$!
wait_for grep -q 'dfl_dev.9' /tmp/monitor

# ---- lockdown is in the program of that name; the end of a card ----
card unbind
wait $tool
is "monitor ends with the card whose features it was told" $? 0
is "and says of each feature that it is gone" "$(grep -c gone /tmp/monitor)" 10
status "a feature that is gone" 3 "dflres: there is no feature 'dfl_dev.3'*" dflres read dfl_dev.3 0
card up /cards/layout.card
shared=$(dflres list | awk '$4 == "0x102" { print $1 }')
is "what shares a page is not mappable" "$(column 8 "$shared")" no
ok "but is read and written" dflres write fme:0x102 0x20 7
is "as any other" "$(dflres read fme:0x102 0x20)" 0x0000000000000007
is "and dumped" "$(dflres dump fme:0x102 -o 0x20 -l 8)" "00000020  0000000000000007"
ok "a size that is no multiple of 8" dflres dump fme:0x109 --bin /tmp/dump
is "has all its bytes" "$(stat -c %s /tmp/dump)" 1036
ok "the map shows what is shared" sh -c "dflres map | grep -q '^  $(printf '0x%08x' $((2 * page)))  %  *1  .*0x102  $(hex 2*page)  0x800  none'"
ok "and what is free" sh -c "dflres map | grep -q '^  $(printf '0x%08x' "$page")  -  *1  .*0x101  $(hex page)  $(hex page)'"
ok "and the hole at the end" sh -c 'dflres map | grep "hole" | grep -q -F "//"'
json "in JSON" 'any(.[0].bars[0].runs[]; .use == "shared" and (.features | length) > 1)' dflres map --json
is "an unprivileged user sees the same list" "$(alice dflres list)" "$(dflres list)"
is "and map" "$(alice dflres map)" "$(dflres map)"
# ---- any of those that are alike ----
card unbind
card up /cards/alike.card
first=$(dflres info fme:0x30:0 | awk '$1 == "feature" { print $2 }')
second=$(dflres info fme:0x30:1 | awk '$1 == "feature" { print $2 }')
third=$(dflres info fme:0x30:2 | awk '$1 == "feature" { print $2 }')
# shellcheck disable=SC2016 # the program's variables
names='echo $DFLRES_FEATURE_0 $DFLRES_FEATURE_1'
is "any twice gives two" "$(dflres exec fme:0x30:any fme:0x30:any -- sh -c "$names")" "$first $second"
is "claim tells which any it is" "$(dflres claim fme:0x30:any)" "$first"
is "the claimed one is passed over" "$(dflres exec fme:0x30:any -- sh -c "$names")" "$second"
is "any is read" "$(dflres read -w 16 fme:0x30:any 0)" 0x0030
status "three of which one is busy" 4 \
	"dflres: no feature 'fme:0x30:any' can be claimed (busy: *, not given to this process: 0); wait with --timeout, *" \
	dflres exec fme:0x30:any fme:0x30:any fme:0x30:any -- true
is "all or none" "$(owner "$second") $(owner "$third")" "none none"
(sleep 1; dflres release "$first") &
ok "three are waited for" dflres exec -T 60 fme:0x30:any fme:0x30:any fme:0x30:any -- true
wait
chown alice "$bus/$second/dflres/owner" "$bus/$second/dflres/lease"
is "what was not given to alice is passed over" "$(alice "dflres exec fme:0x30:any -- sh -c 'echo \$DFLRES_FEATURE_0'")" "$second"
dflres claim "$second"
status "she is told how many are busy and not given" 4 \
	"dflres: no feature 'fme:0x30:any' can be claimed (busy: 1, not given to this process: 2); wait with --timeout, *" \
	alice dflres read fme:0x30:any 0
dflres release "$second"
files=$(readlink -f "$bus/$first/dflres")
mount --bind "$files" "$files"
mount -o remount,bind,ro "$files"
status "a container that was not given it" 5 \
	"dflres: $first cannot be claimed: this container or service was not given it: */$first/dflres is read-only here; *" \
	dflres read "$first" 0
is "which any passes over" "$(dflres claim fme:0x30:any)" "$second"
dflres release "$second"
umount "$files"
is "no colour in a file" "$(dflres list | grep -c "$(printf '\033')")" 0
status "usage" 2 'dflres: read needs FEATURE OFFSET*--help.' dflres read
finish
