# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
# dflres(1) and bits, on virtio-vga: update, a wait for a register, and sessions with interrupts, their end, and what they cost.
# shellcheck source=tests/vm/tap.sh
. tap.sh

card unbind 2>/dev/null
card up /cards/msix.card
insmod "$DFL/dflres.ko"
feature=$(dflres info fme:0x301 | awk '$1 == "feature" { print $2 }')

# ---- bits ----
dflres write fme:0x301 0x20 0x1122334455667788
is "update changes the bits of the mask alone" "$(dflres update --mask 0xff00 fme:0x301 0x20 0xa500 && dflres read fme:0x301 0x20)" \
	0x112233445566a588
is "update --read-back prints what the register is then" "$(dflres update -w 32 --mask 0b1000_0000 --read-back fme:0x301 0x20 0)" 0x5566a508
is "read --fifo reads the same register several times" "$(dflres read -w 8 --fifo fme:0x301 0x21 3 | tr '\n' ' ')" "0xa5 0xa5 0xa5 "
status "a mask wider than the register" 2 'dflres: the mask 0x1ff is wider than the register, which has 8 bits.' \
	dflres update -w 8 --mask 0x1ff fme:0x301 0x20 0
is "no feature stays claimed after update and read" "$(owner "$feature")" none

dflres claim fme:0x301
dflres wait fme:0x301 --register 0x28 -w 32 --mask 0x8000_0000 --value 0x8000_0000 --timeout 60 >/tmp/wait &
tool=$!
sleep 1
ok "a wait for a register goes on until it has the value" kill -0 $tool
dflres write -w 32 fme:0x301 0x28 0xc0000001
wait $tool
is "a wait for a register ends when it has the value" "$? $(awk '$1 == "value" { print $2 }' /tmp/wait)" "0 0xc0000001"
status "a wait for a register's value that does not come" 6 "dflres: $feature: the register at 0x28 did not become 0x0 in time: its value is 0xc0000001." \
	dflres wait fme:0x301 -w 32 --register 0x28 --value 0 --timeout 0.3
json "a wait for a register tells the value in JSON" '.[0] | .offset == "0x28" and .width == 32 and .value == "0xc0000001"' \
	dflres wait fme:0x301 -w 32 --register 0x28 --value 0xc0000001 --json

# the processor's time of a wait, in hundredths of a second
dflres wait fme:0x301 --register 0x28 --value 0 &
tool=$!
sleep 4
spent=$(awk '{ print $14 + $15 }' /proc/$tool/stat)
ok "a wait of four seconds takes the processor for less than one ($spent/100 s)" [ "$spent" -lt 100 ]
dflres release fme:0x301
wait $tool
is "the end of the claim ends the wait for a register" $? 1

# ---- sessions ----
session() { printf '%s\n' "$@" >/tmp/session; }

session 'write 0x20 5' 'update -m 1 0x20 0 --read-back' 'expect 4' 'echo done'
is "a session runs all its lines" "$(dflres shell fme:0x301 /tmp/session | tr '\n' ' ')" "0x0000000000000004 done "
is "the claim of a session ends with it" "$(owner "$feature")" none
session 'read 0x20' 'expect 5'
status "a session with a value that is not expected" 1 'dflres: /tmp/session:2: the value is 0x4, not 0x5.' dflres shell fme:0x301 /tmp/session
session 'write 0x20 6' 'read 0x100000000'
status "a session with a line that is wrong" 7 "dflres: /tmp/session:2: $feature has only * bytes: *" dflres shell fme:0x301 /tmp/session
is "a session with a line that is wrong runs no line" "$(dflres read -w 8 fme:0x301 0x20)" 0x04

# what comes between two lines is not lost
session 'echo ready' 'sleep 3' 'wait --irq 1 --timeout 0' 'wait --irq 1 --timeout 0'
dflres shell fme:0x301 /tmp/session >/tmp/said 2>/tmp/errors &
tool=$!
ok "a session begins while interrupts are to come" wait_for grep -q ready /tmp/said
card irq 2
card irq 2
wait $tool
is "a session waits once for an interrupt that came before the wait" "$? $(cat /tmp/errors)" \
	"6 dflres: /tmp/session:4: $feature: interrupt 1 did not come in time."
is "a session's wait tells how often the interrupt has come" "$(awk '$1 == "count" { print $2 }' /tmp/said)" 2

# the end of the claim meanwhile
session 'echo ready' 'sleep 3' 'read 0x20'
dflres shell fme:0x301 /tmp/session >/tmp/said 2>/tmp/errors &
tool=$!
wait_for grep -q ready /tmp/said
dflres release "$feature"
wait $tool
is "the end of the claim ends the session" $? 1
is "a session says that its claim has ended" "$(cut -d: -f1-5 </tmp/errors)" "dflres: /tmp/session:3: cannot access the registers of $feature: the claim has ended"

# ---- registers by name ----
mkdir -p /etc/dflres/registers
cat >/etc/dflres/registers/fme-0x301.json <<'END'
{ "type": "addrmap", "inst_name": "block", "addr_offset": 32, "children": [
	{ "type": "reg", "inst_name": "CTRL", "addr_offset": 0, "children": [
		{ "type": "field", "inst_name": "ENABLE", "lsb": 0, "msb": 0, "reset": 0, "sw_access": "rw" },
		{ "type": "field", "inst_name": "SPEED", "lsb": 8, "msb": 11, "reset": 3, "sw_access": "rw" } ] },
	{ "type": "reg", "inst_name": "DATA", "addr_offset": 8, "regwidth": 64, "children": [] } ] }
END
dflres write fme:0x301 0x20 0
is "names of registers are found by the feature's type and id" "$(dflres registers fme:0x301 | awk 'NR > 1 { print $2 }' | tr '\n' ' ')" \
	"CTRL CTRL.ENABLE CTRL.SPEED DATA "
is "a field is set by its name" "$(dflres update fme:0x301 CTRL.SPEED 5 --read-back)" 0x5
is "a field that is set by its name is set in its register" "$(dflres read -w 64 fme:0x301 0x20)" 0x0000000000000500
is "a register is written by its name" "$(dflres write fme:0x301 DATA 0x1122_3344_5566_7788 && dflres read fme:0x301 0x28)" \
	0x1122334455667788
is "a dump shows registers and fields by their names" "$(dflres dump --names fme:0x301 | awk 'NR > 1 { print $2, $4 }' | tr '\n' ' ')" \
	"CTRL 0x00000500 CTRL.ENABLE 0x0 CTRL.SPEED 0x5 DATA 0x1122334455667788 "
session 'update CTRL.ENABLE 1' 'read CTRL.ENABLE' 'expect 1' 'wait --register CTRL.SPEED --value 5 --timeout 0'
is "a session uses registers and fields by their names" "$(dflres shell fme:0x301 /tmp/session | awk '$1 == "value" { print $2 }')" 0x5
status "a read of a register by a name that there is not" 3 "dflres: no register of $feature has the name 'CTRL.SPED'; dflres registers $feature lists them." dflres read fme:0x301 CTRL.SPED
status "a dump by names of a feature that has none" 3 '*no file names the registers of *' dflres dump --names fme:0x300
sed -i 's/"msb": 11/"msb": 7/' /etc/dflres/registers/fme-0x301.json
status "a file of names that is wrong" 7 'dflres: /etc/dflres/registers/fme-0x301.json:4: msb is below lsb.' dflres read fme:0x301 CTRL
rm /etc/dflres/registers/fme-0x301.json

# ---- what it costs ----
now() { awk '{ print int($1 * 100) }' /proc/uptime; }
i=0
while [ $i -lt 1000 ]; do echo 'read 0x20'; i=$((i + 1)); done >/tmp/session
begin=$(now)
for _ in 1 2 3 4 5 6 7 8 9 10; do dflres read fme:0x301 0x20; done >/dev/null
ten=$(($(now) - begin))
begin=$(now)
dflres shell fme:0x301 /tmp/session >/dev/null
thousand=$(($(now) - begin))
ok "1,000 reads in a session take less than ten reads ($thousand and $ten hundredths of a second)" [ $thousand -lt $ten ]
ok "no claim is left after all sessions" owner_is "$feature" none
finish
