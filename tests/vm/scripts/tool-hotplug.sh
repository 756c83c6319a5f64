# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
# dflres monitor while cards and the module come and go: as alice, as text and as JSON, from before there is anything.
# shellcheck source=tests/vm/tap.sh
. tap.sh
features=10	# of basic.card, on the bus

# said EVENT: how often the monitor has told of it
said() { awk -v event="$1" '$3 == event { n++ } END { print n + 0 }' /tmp/monitor; }
has_said() { [ "$(said "$1")" = "$2" ]; }
# present: the features whose last event is not that they are gone
present() { awk '{ last[$2] = $3 } END { for (f in last) n += last[f] != "gone"; print n + 0 }' /tmp/monitor; }
has_present() { [ "$(present)" = "$1" ]; }

card unbind 2>/dev/null
card lay /cards/basic.card
touch /tmp/monitor /tmp/monitor.json /tmp/messages /tmp/named
# shellcheck disable=SC2016 # the number of the process that becomes the monitor
su alice -c 'echo $$ >/tmp/monitor.pid; exec dflres monitor' >/tmp/monitor 2>/tmp/messages &
su alice -c 'exec dflres monitor --json' >/tmp/monitor.json 2>/dev/null &
ok "without a card it waits" wait_for grep -q "there are no features .*waiting" /tmp/messages
monitor=$(cat /tmp/monitor.pid)
insmod "$DFL/dflres.ko"
card bind
ok "each feature of a card is new" wait_for has_said new $features
is "with its owner" "$(awk '$2 == "dfl_dev.3" { print $4, $5 }' /tmp/monitor)" "none -"
is "and none is told of twice" "$(wc -l </tmp/monitor)" $features
dflres claim dfl_dev.3
ok "its owner is watched" wait_for grep -q 'dfl_dev.3  owner  user  .*root' /tmp/monitor
card unbind
ok "each is gone with the card" wait_for has_said gone $features
card bind
ok "and new again" wait_for has_said new $((2 * features))
is "nobody's" "$(awk '$2 == "dfl_dev.3" { last = $4 } END { print last }' /tmp/monitor)" none

rmmod dflres
ok "all are gone with the module" wait_for has_said gone $((2 * features))
insmod "$DFL/dflres.ko"
ok "and new with it" wait_for has_said new $((3 * features))
card remove
ok "a card that is pulled" wait_for has_said gone $((3 * features))
card rescan
card up /cards/basic.card
ok "and one that is plugged" wait_for has_said new $((4 * features))

# faster than anybody can look: what is told may be less, the end has to be true
for _ in 1 2 3; do
	card unbind
	card bind
done
ok "a card that comes and goes" wait_for has_present $features
card unbind
ok "is gone in the end" wait_for has_present 0

# the kernel drops what the monitor has no room for: here all of the card's messages
kill -STOP "$monitor"
for _ in $(seq 1000); do echo change >/sys/devices/virtual/mem/null/uevent; done
card bind
kill -CONT "$monitor"
ok "messages that are lost" wait_for has_present $features
ok "the monitor still runs" kill -0 "$monitor"

# the other one was not held up, so it has seen each that was there
json_present() { jq -s 'reduce .[] as $e ({}; .[$e.feature] = $e.event) | [.[] | select(. != "gone")] | length' /tmp/monitor.json; }
has_json_present() { [ "$(json_present)" = "$1" ]; }
ok "the same in JSON" wait_for has_json_present $features
json "a new one has an owner, what is gone has none" \
	'all(.[]; if .event == "gone" then has("owner") | not else .owner == "none" or .owner == "user" end)' cat /tmp/monitor.json
dflres monitor dfl_dev.3 >/tmp/named &
named=$!
wait_for grep -q 'dfl_dev.3  owner' /tmp/named
card unbind
wait $named
is "what was named is not waited for again" "$? $(awk '{ print $3 }' /tmp/named | tr '\n' ' ')" "0 owner gone "
ok "the others go on" kill -0 "$monitor"
kill "$monitor"
finish
