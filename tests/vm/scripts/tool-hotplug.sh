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
ok "monitor waits where there is no card" wait_for grep -q "manages no features yet; waiting" /tmp/messages
monitor=$(cat /tmp/monitor.pid)
insmod "$DFL/dflres.ko"
card bind
ok "monitor tells of each feature of a new card" wait_for has_said new $features
is "monitor tells the owner of a new feature" "$(awk '$2 == "dfl_dev.3" { print $4, $5 }' /tmp/monitor)" "none -"
is "monitor tells of no new feature twice" "$(wc -l </tmp/monitor)" $features
dflres claim dfl_dev.3
ok "monitor watches the owner of a new feature" wait_for grep -q 'dfl_dev.3  owner  user  .*root' /tmp/monitor
card unbind
ok "monitor tells that each feature is gone with the card" wait_for has_said gone $features
card bind
ok "monitor tells of each feature of a card that comes back" wait_for has_said new $((2 * features))
is "monitor tells that nobody has a feature that comes back" "$(awk '$2 == "dfl_dev.3" { last = $4 } END { print last }' /tmp/monitor)" none

rmmod dflres
ok "monitor tells that each feature is gone with the module" wait_for has_said gone $((2 * features))
insmod "$DFL/dflres.ko"
ok "monitor tells of each feature when the module comes back" wait_for has_said new $((3 * features))
card remove
ok "monitor tells that each feature is gone with a card that is pulled" wait_for has_said gone $((3 * features))
card rescan
card up /cards/basic.card
ok "monitor tells of each feature of a card that is plugged" wait_for has_said new $((4 * features))

# faster than anybody can look: what is told may be less, the end has to be true
for _ in 1 2 3; do
	card unbind
	card bind
done
ok "monitor knows all features after a card has come and gone three times" wait_for has_present $features
card unbind
ok "monitor knows in the end that all features are gone" wait_for has_present 0

# the kernel drops what the monitor has no room for: here all of the card's messages
kill -STOP "$monitor"
for _ in $(seq 1000); do echo change >/sys/devices/virtual/mem/null/uevent; done
card bind
kill -CONT "$monitor"
ok "monitor knows all features though the kernel dropped its messages" wait_for has_present $features
ok "monitor still runs after the kernel dropped its messages" kill -0 "$monitor"

# the other one was not held up, so it has seen each that was there
json_present() { jq -s 'reduce .[] as $e ({}; .[$e.feature] = $e.event) | [.[] | select(. != "gone")] | length' /tmp/monitor.json; }
has_json_present() { [ "$(json_present)" = "$1" ]; }
ok "monitor in JSON knows the same features" wait_for has_json_present $features
json "a new one has an owner, what is gone has none" \
	'all(.[]; if .event == "gone" then has("owner") | not else .owner == "none" or .owner == "user" end)' cat /tmp/monitor.json
dflres monitor dfl_dev.3 >/tmp/named &
named=$!
wait_for grep -q 'dfl_dev.3  owner' /tmp/named
card unbind
wait $named
is "monitor of a named feature ends when the feature is gone" "$? $(awk '{ print $3 }' /tmp/named | tr '\n' ' ')" "0 owner gone "
ok "monitor of all features goes on when a feature is gone" kill -0 "$monitor"
kill "$monitor"
finish
