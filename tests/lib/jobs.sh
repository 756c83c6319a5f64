# SPDX-License-Identifier: GPL-2.0
# What tests/run has done side by side; to be sourced after common.sh. One job more runs at a time than there are processors, since
# each waits now and then. What a job says comes as a whole when it has ended, and its time with it.
# shellcheck shell=bash

passed=0 failed=0 skipped=0 ended=0
queue=() # what to call for each job, in words for eval
declare -A running=() times=() # process: number of the job; group: seconds
jobs_took=() # "SECONDS BUSY TEXT": of each job, how long it took, and how much of that a processor was busy with it
kinds=() groups=() texts=() logs_of=()
at_once=$(($(nproc) + 1))

add() {
	passed=$((passed + $1)) failed=$((failed + $2)) skipped=$((skipped + $3))
}

# judge STATUS TEXT LOG...: one test; its output is shown if it has failed
judge() {
	if [ "$1" = 0 ]; then
		echo "ok - $2"
		add 1 0 0
	else
		echo "not ok - $2"
		cat "${@:3}" | sed 's/^/# /'
		add 0 1 0
	fi
}

# check TEXT COMMAND...: at once
check() {
	local status=0

	# shellcheck disable=SC2154 # whoever has jobs has it
	"${@:2}" >"$logs/check.log" 2>&1 || status=$?
	judge $status "$1" "$logs/check.log"
}

# job KIND TEXT LOG COMMAND...: of the present $group. KIND is check, which is judged by its status, or tap, whose tests say for
# themselves how they ended and whose counts are in LOG/counts.
job() {
	kinds+=("$1") groups+=("$group") texts+=("$2") logs_of+=("$3")
	queue+=("$(printf '%q ' "${@:4}")")
}

# busy_seconds FILE: of what the shell's `times` has written, its children's line: "1m2.3s 0m4.5s"
busy_seconds() { awk -F '[ms ]+' 'NR == 2 { printf "%.0f\n", 60 * ($1 + $3) + $2 + $4 }' "$1"; }

start_job() {
	local log=${logs_of[$1]} since status

	rm -f "$log"/{counts,said,errors,ended}
	mkdir -p "$log"
	{
		since=$SECONDS status=0
		eval "${queue[$1]}" >"$log/said" 2>"$log/errors" || status=$?
		times >"$log/times"
		echo "$status $((SECONDS - since)) $(busy_seconds "$log/times")" >"$log/ended"
	} &
	running[$!]=$1
}

# Of the many lines of TAP on standard input: a line for each test, and all that is not ok
summary() {
	awk '
		function close_test() { if (name != "") printf "  %-28s %4d ok\n", name, good; name = "" }
		/^# test / { close_test(); name = substr($0, 8); good = 0; next }
		/^ok / && !/# SKIP/ { good++; next }
		/^1\.\.|^# kernel / { next }
		/^not ok|^ok .*# SKIP|^#/ { print "  " $0; fflush() }
		END { close_test() }'
}

# tap_job TEXT LOG SECONDS
tap_job() {
	local counts

	echo "# $1 ($3 s):"
	summary <"$2/said"
	if [ -e "$2/counts" ]; then
		read -r -a counts <"$2/counts"
		add "${counts[@]}"
	else
		cat "$2/errors"
		echo "not ok - $1: did not run to its end"
		add 0 1 0
	fi
}

# Waits until one ends
end_job() {
	local process number log status=255 seconds=0 busy=0

	wait -n -p process "${!running[@]}" || true
	number=${running[$process]}
	unset "running[$process]"
	log=${logs_of[$number]}
	[ ! -e "$log/ended" ] || read -r status seconds busy <"$log/ended"
	ended=$((ended + 1))
	times[${groups[$number]}]=$((${times[${groups[$number]}]:-0} + seconds))
	jobs_took+=("$seconds $busy ${texts[$number]}")
	case ${kinds[$number]} in
	check) judge "$status" "${texts[$number]} ($seconds s)" "$log"/{said,errors} ;;
	tap) tap_job "${texts[$number]}" "$log" "$seconds" ;;
	esac
	say "[$ended of ${#queue[@]} jobs]"
}

run_jobs() {
	local number

	for number in "${!queue[@]}"; do
		[ ${#running[@]} -lt "$at_once" ] || end_job
		start_job "$number"
	done
	while [ ${#running[@]} -gt 0 ]; do end_job; done
}

# The jobs that took longest, and what all of them kept processors busy with
longest_jobs() {
	echo "the longest jobs, in seconds, and how many of these a processor was busy:"
	printf '%s\n' "${jobs_took[@]}" | sort -rn | head -n 10 | awk '{ printf "%6d %6d  ", $1, $2; sub(/^[0-9]+ [0-9]+ /, ""); print }'
	printf '%s\n' "${jobs_took[@]}" | awk '{ took += $1; busy += $2 } END { printf "%6d %6d  all jobs\n", took, busy }'
}
