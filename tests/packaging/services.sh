# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
# The hardened service of userspace/examples/systemd, from the plug of the card to its unplug, and the metrics of
# userspace/examples/metrics as node_exporter passes them on. Called by system.sh.
# shellcheck source=tests/vm/tap.sh
. ./tap.sh
# shellcheck source=tests/packaging/rack.sh
. ./rack.sh
unit=dflres-example.service

shown() { systemctl show --property "$1" --value "${2:-$unit}"; }
shows() { [ "$(shown "$1")" = "$2" ]; }

udevadm settle
is "a feature is a device of systemd's by what it is" "$(shown ActiveState 'dfl-fme\x2d0x31.device')" active
is "a feature is a device of systemd's by its card as well" "$(shown SysFSPath "dfl-$card-fme\\x2d0x31.device")" \
	"$(readlink -f "/sys/bus/dfl/devices/$f2")"
dflres claim "$f2"
udevadm settle
is "a feature is still a device of systemd's when it is claimed" "$(shown ActiveState 'dfl-fme\x2d0x31.device')" active
dflres release "$f2"

# ---- the service ----

cp ./example-service /usr/local/bin/service
sed "s/0000:3b:00.0/$card/" examples/systemd/$unit >/etc/systemd/system/$unit
systemctl daemon-reload
systemctl --quiet enable $unit
ok "the service starts, and says itself when it is ready" systemctl start $unit
is "the service's main process is the program, and not the tool" "$(cat "/proc/$(shown MainPID)/comm")" service
held=$(dflres list --json | jq -r '.features[] | select(.owner == "user") | .feature')
is "the service has one feature" "$held" "$f0"
is "the registers are the service's user's" "$(stat -c %u "/sys/bus/dfl/devices/$f0/dflres/resource0")" \
	"$(stat -c %u "/proc/$(shown MainPID)")"
./card irq 0
ok "the service counts an interrupt, and tells systemd" wait_for shows StatusText "interrupts: 1"
is "the service has no capability" "$(sed -n 's/^CapEff:\t*//p' "/proc/$(shown MainPID)/status")" 0000000000000000
# shellcheck disable=SC2016
is "/sys is read-only in the service but for the card" \
	"$(nsenter -t "$(shown MainPID)" -m sh -c '[ -w /sys/bus/dfl/drivers_probe ]; echo $?; [ -w "/sys/bus/dfl/devices/$0/dflres/lease" ]; echo $?' "$f0" |
		tr '\n' ' ')" "1 0 "

systemctl kill --signal KILL $unit
ok "the claim ends when the service is killed" wait_for owner_is "$f0" none
systemctl reset-failed $unit
systemctl start $unit
ok "the service can be started again after it was killed" owner_is "$f0" user
systemctl stop $unit
is "the service is stopped by its own signal" "$(shown Result)" success
ok "the claim ends when the service is stopped" wait_for owner_is "$f0" none

systemctl start $unit
./card remove
ok "the service ends when the card is pulled" wait_for not systemctl --quiet is-active $unit
plug
ok "the service starts when the card is plugged" wait_for systemctl --quiet is-active $unit
ok "the service has the feature again when the card is plugged" wait_for owner_is "$f0" user

# who has no right to it
mkdir -p /run/systemd/system/$unit.d
printf '[Service]\nSupplementaryGroups=\nExecStart=\nExecStart=/usr/bin/dflres exec -r %s -- true\n' "$f1" >/run/systemd/system/$unit.d/test.conf
systemctl daemon-reload
ok "the service is refused without the group" not systemctl restart $unit
is "the service without the group says that it is refused" "$(shown ExecMainStatus)" 5
printf '[Service]\nReadWritePaths=\nExecStart=\nExecStart=/usr/bin/dflres exec -r %s -- true\n' "$f1" >/run/systemd/system/$unit.d/test.conf
systemctl daemon-reload
ok "the service does not get a feature that it is not given" not systemctl restart $unit
is "the service says that it was not given the feature" "$(shown ExecMainStatus)" 5
systemctl --quiet disable $unit
systemctl stop $unit
rm -r /run/systemd/system/$unit.d
systemctl daemon-reload
systemctl reset-failed

# ---- metrics ----

mkdir -p /usr/local/lib/dflres
cp examples/metrics/dflres-metrics examples/metrics/dflres.jq /usr/local/lib/dflres
cp examples/metrics/dflres-metrics.service examples/metrics/dflres-metrics.timer /etc/systemd/system
systemctl daemon-reload
as alice dflres claim "$f1"

# metrics NAME: as node_exporter has them
metrics() { busybox wget -q -O - http://127.0.0.1:9100/metrics | grep "^$1"; }
has_metrics() { metrics "$1" >/dev/null; }
systemctl start prometheus-node-exporter dflres-metrics.timer
ok "the timer has metrics written" wait_for test -e /var/lib/prometheus/node-exporter/dflres.prom
ok "node_exporter reads the metrics" wait_for has_metrics dflres_complete
is "the metrics say that all could be read" "$(metrics dflres_complete)" "dflres_complete 1"
is "the metrics say what a feature is" "$(metrics dflres_feature_info | grep "\"$f1\"")" \
	"dflres_feature_info{card=\"$card\",driver=\"\",feature=\"$f1\",id=\"0x30\",revision=\"0x1\",type=\"fme\"} 1"
is "the metrics say who owns a feature" "$(metrics dflres_feature_owner | grep "\"$f1\"" | sed 's/.*owner=//' | tr '\n' ' ')" \
	'"kernel"} 0 "none"} 0 "user"} 1 '
is "the metrics count each user's claims" "$(metrics dflres_claims)" 'dflres_claims{user="alice"} 1'
is "node_exporter finds no fault with the metrics" "$(metrics node_textfile_scrape_error)" "node_textfile_scrape_error 0"
is "no process is named in the metrics" "$(grep -c pid /var/lib/prometheus/node-exporter/dflres.prom)" 0
dflres release "$f1"
ok "the timer has the metrics written again and again" wait_for not has_metrics dflres_claims
systemctl stop dflres-metrics.timer prometheus-node-exporter
finish
