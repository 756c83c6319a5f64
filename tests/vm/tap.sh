# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
# TAP for the shell tests: `. tap.sh`, then ok/is/skip for each check and `finish` at the end. Where the script is in the tree is in
# $tap_dir; a function does not know the line that calls it, but an alias does (bash has them with -O expand_aliases).
tap_count=0
alias ok='ok_at "$LINENO"' is='is_at "$LINENO"' json='json_at "$LINENO"' status='status_at "$LINENO"'

# ok DESCRIPTION COMMAND...: passes if the command succeeds
ok_at() {
	local line=$1 desc=$2
	shift 2
	tap_count=$((tap_count + 1))
	if "$@"; then
		echo "ok $tap_count - $desc"
	else
		echo "not ok $tap_count - $desc"
		echo "# at ${tap_dir:-tests/vm/scripts}/${0##*/}:$line"
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
is_at() {
	ok_at "$1" "$2" [ "$3" = "$4" ]
	[ "$3" = "$4" ] || printf 'got:\n%s\nexpected:\n%s\n' "$3" "$4" | sed 's/^/#   /'
}

# json DESCRIPTION FILTER COMMAND...: what the command prints is JSON, and jq's filter of an array of it is true
json_at() {
	local line=$1 desc=$2 filter=$3
	shift 3
	"$@" >/tmp/json 2>/dev/null
	is_at "$line" "$desc" "$(jq -s "$filter" /tmp/json 2>&1)" true
}

# status WHAT WANT PATTERN COMMAND...: how it exits, and a shell pattern of what it says on standard error
status_at() {
	local line=$1 what=$2 want=$3 pattern=$4 errors
	shift 4
	"$@" >/tmp/stdout 2>/tmp/stderr
	is_at "$line" "$what: the exit status" $? "$want"
	errors=$(cat /tmp/stderr)
	# shellcheck disable=SC2254 # it is a pattern
	case $errors in
	$pattern) ok_at "$line" "$what: the error message" true ;;
	*) is_at "$line" "$what: the error message" "$errors" "$pattern" ;;
	esac
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
