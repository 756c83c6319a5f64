# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
# The README's tour: the same feature brought up from a shell, from C, from C++ and from Python, while its interrupt comes and comes.
# Then the commands that it shows behind a prompt. The scripts and README.md are in /bringup.
# shellcheck source=tests/vm/tap.sh
. tap.sh
id=0x30

card up /cards/demo.card
insmod "$DFL/dflres.ko"
feature=$(dflres info "fme:$id" | awk '$1 == "feature" { print $2 }')
while sleep 0.1; do card irq 0; done 2>/dev/null &
firing=$!

# tried LANGUAGE COMMAND...: what it prints of the register and the interrupt, and what is left of its claim
tried() {
	language=$1
	shift
	"$@" >/tmp/out 2>/tmp/err
	is "$language: the tour ends well" $? 0
	sed 's/^/# /' /tmp/err
	ok "$language: the tour reads the register that it has written" grep -q 0x1122334455667788 /tmp/out
	ok "$language: the tour tells of an interrupt" grep -qE '^(interrupts:|count) +[1-9]' /tmp/out
	ok "$language: the tour gives the feature back" wait_for owner_is "$feature" none
}

tried shell sh /bringup/bringup.sh "fme:$id"
tried C example-bringup "fme:$id:any"
tried C++ example-raii "fme:$id:any"
tried Python env PYTHONPATH=/python LD_LIBRARY_PATH=/python /usr/bin/python3 /bringup/bringup.py "fme:$id:any"
tried "Python, the files alone" /usr/bin/python3 /bringup/files.py $id
kill $firing

# Blocks that begin with a prompt. Of a long output a block may show some of the lines. Each kernel has its own address for a BAR.
awk '/^    / { line = substr($0, 5); if (!inside) prompt = line ~ /^# /; inside = 1; if (prompt) print line; next } { inside = 0 }' \
	/bringup/README.md >/tmp/transcripts
in_order() {
	awk '{ sub(/ at 0x[0-9a-f]+,/, " at ADDRESS,") }
		NR == FNR { want[++n] = $0; next }
		$0 == want[i + 1] { i++ }
		END { exit (i + 0 < n + 0) }' /tmp/shown /tmp/out
}

tried_as_shown() {
	case $command in
	'' | podman*) return ;; # a container is in tests/packaging/containers.sh
	esac
	eval "$command" >/tmp/out 2>&1
	ok "the README's command prints what is shown: $command" in_order
	in_order || sed 's/^/#   /' /tmp/out
}

insmod "$DFL/uio_dfl.ko"
command=''
while IFS= read -r line; do
	case $line in
	'# '*)
		tried_as_shown
		command=${line#\# }
		: >/tmp/shown
		;;
	*) printf '%s\n' "$line" >>/tmp/shown ;;
	esac
done </tmp/transcripts
tried_as_shown
cd /
finish
