# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
# TAP for the shell tests: `. tap.sh`, then ok/is/skip for each check and `finish` at the end.
tap_count=0

# ok DESCRIPTION COMMAND...: passes if the command succeeds
ok() {
	local desc=$1
	shift
	tap_count=$((tap_count + 1))
	if "$@"; then
		echo "ok $tap_count - $desc"
	else
		echo "not ok $tap_count - $desc"
	fi
}

# not COMMAND...: what it says when it fails is of no interest
not() { ! "$@" 2>/dev/null; }

# as USER COMMAND...
as() {
	local user=$1
	shift
	runuser -u "$user" -- "$@"
}

# is DESCRIPTION GOT EXPECTED
is() {
	ok "$1" [ "$2" = "$3" ]
	[ "$2" = "$3" ] || printf 'got:\n%s\nexpected:\n%s\n' "$2" "$3" | sed 's/^/#   /'
}

# json DESCRIPTION FILTER COMMAND...: what the command prints is JSON, and jq's filter of an array of it is true
json() {
	local desc=$1 filter=$2
	shift 2
	"$@" >/tmp/json 2>/dev/null
	is "$desc" "$(jq -s "$filter" /tmp/json 2>&1)" true
}

# status WHAT WANT PATTERN COMMAND...: how it exits, and a shell pattern of what it says on standard error
status() {
	local what=$1 want=$2 pattern=$3 errors
	shift 3
	"$@" >/tmp/stdout 2>/tmp/stderr
	is "$what: status" $? "$want"
	errors=$(cat /tmp/stderr)
	# shellcheck disable=SC2254 # it is a pattern
	case $errors in $pattern) ok "$what: message" true ;; *) is "$what: message" "$errors" "$pattern" ;; esac
}

# wait_for COMMAND...: until it succeeds, or for a minute
wait_for() {
	local tries=600
	until "$@"; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || return 1
		sleep 0.1
	done
}

# owner FEATURE, owner_is FEATURE WORD
owner() { cat "/sys/bus/dfl/devices/$1/dflres/owner"; }
owner_is() { [ "$(owner "$1")" = "$2" ]; }

skip() {
	tap_count=$((tap_count + 1))
	echo "ok $tap_count - $1 # SKIP $2"
}

finish() { echo "1..$tap_count"; }
