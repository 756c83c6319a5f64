# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
# Run by a Debian system with the packages installed, when it has booted: the tests named in /opt/test/list, reported as
# tests/vm/init does. Then the system is switched off.
stty -F /dev/ttyS1 raw -echo
exec </dev/null >/dev/ttyS1 2>&1
cd /opt/test || exit
export tap_dir=tests/packaging

while read -r test; do
	echo "# test $test"
	echo "test $test" >/dev/kmsg
	timeout -k 5 900 bash -O expand_aliases "./$test.sh" </dev/null
	echo "# status $?"
done <list
echo "# guest done"
stty -F /dev/ttyS1 sane
systemctl poweroff --force --force
