# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
# sudo as a deputy: what it says on standard error, above all a prompt that its caller words, is written to `owner`. It must do
# no more there than its caller could. Needs the files of tests/vm/tools.
# shellcheck source=tests/vm/tap.sh
. tap.sh

card up /cards/basic.card
insmod "$DFL/dflres.ko"
feature=dfl_dev.3
dir=/sys/bus/dfl/devices/$feature/dflres
chmod 666 $dir/owner
hostname localhost
chmod 4755 /usr/bin/sudo
chmod 440 /etc/sudoers
printf 'root:*:1::::::\nalice:*:1::::::\nbob:*:1::::::\n' >/etc/shadow
chmod 600 /etc/shadow
for word in none user kernel; do ln -s /usr/bin/sudo /tmp/$word; done

# as USER COMMAND
as() { su -s /bin/sh "$1" -c "$2"; }

# prompt USER WORD: sudo asks for a password, and gets a wrong one
prompt() { as "$1" "echo wrong | /usr/bin/sudo -S -p $2 true 2>$dir/owner"; }

# message USER WORD: sudo complains, of the word and by the name of the word
message() {
	as "$1" "/tmp/$2 -n true 2>$dir/owner"
	as "$1" "/usr/bin/sudo -u $2 true 2>$dir/owner"
}

claimant() { stat -c %U $dir/resource0 2>/dev/null; }

is "sudo asks alice, who has no password" "$(as alice "/tmp/none -n true 2>&1")" "sudo: a password is required"

# What alice may do herself sudo does for her: so it writes the word alone, at once
as alice "echo user >$dir/owner"
prompt alice none
is "alice's own claim is ended by sudo's prompt 'none'" "$(owner $feature)" none
prompt alice user
is "what sudo's prompt 'user' claims for alice is alice's" "$(claimant)" alice
prompt alice kernel
is "alice's own claim is handed back by sudo's prompt 'kernel'" "$(owner $feature)" none
dmesg -c >/dev/null

as bob "echo user >$dir/owner"
is "bob has claimed, for sudo to be prompted by alice" "$(claimant)" bob
for word in none kernel user; do
	prompt alice $word
	is "sudo's prompt '$word' leaves bob's claim alone" "$(owner $feature) $(claimant)" "user bob"
	message alice $word
	is "sudo's messages of '$word' leave bob's claim alone" "$(owner $feature) $(claimant)" "user bob"
done
as bob "echo none >$dir/owner"

insmod "$DFL/probe_fails.ko"
dmesg -c >/dev/null
prompt alice kernel
message alice kernel
is "sudo offers no unclaimed feature to a driver for alice" "$(dmesg | grep probe_fails)" ""
message alice user
is "sudo's messages of 'user' claim nothing" "$(owner $feature)" none
rmmod probe_fails
finish
