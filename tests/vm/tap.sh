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

skip() {
	tap_count=$((tap_count + 1))
	echo "ok $tap_count - $1 # SKIP $2"
}

finish() { echo "1..$tap_count"; }
