# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
# Features in containers, by Debian's podman with crun and runc: with root, and without as alice, who is in the group dfl.
# AppArmor's profile is enforced, which lets nobody write below /sys. Called by system.sh.
# shellcheck source=tests/vm/tap.sh
. ./tap.sh
# shellcheck source=tests/packaging/rack.sh
. ./rack.sh

spec=/run/cdi/dflres.json
names() { jq -r '.devices[].name' $spec | tr '\n' ' '; }

# In it are a shell, the tool, and the examples, with what they are linked with
make_image() {
	local root=/opt/image file

	mkdir -p $root/bin $root/usr/bin $root/proc $root/sys $root/dev $root/run $root/tmp $root/etc
	cp /bin/busybox $root/bin
	chroot $root /bin/busybox --install -s /bin
	cp /usr/bin/dflres ./example-interrupt ./example-survive $root/usr/bin
	for file in $(ldd /usr/bin/dflres | grep -o '/[^ ]*'); do
		mkdir -p "$root$(dirname "$file")"
		cp -L "$file" "$root$file"
	done
	echo root:x:0:0::/:/bin/sh >$root/etc/passwd
	tar -C $root -cf /opt/image.tar .
	chmod 644 /opt/image.tar
}

configure() {
	printf '[storage]\ndriver = "vfs"\nrunroot = "/run/containers/storage"\ngraphroot = "/var/lib/containers/storage"\n' \
		>/etc/containers/storage.conf
	printf '[containers]\nnetns = "none"\nlog_driver = "k8s-file"\n[engine]\nevents_logger = "file"\ncgroup_manager = "cgroupfs"\n' \
		>/etc/containers/containers.conf
	rm -f /etc/cni/net.d/* # it complains of plugins that it does not need
	mkdir -p /home/alice/.config/containers /run/user/1000
	printf '[storage]\ndriver = "vfs"\n' >/home/alice/.config/containers/storage.conf
	chown -R alice: /home/alice /run/user/1000
	grep -qs ^alice: /etc/subuid || usermod --add-subuids 100000-165535 --add-subgids 100000-165535 alice
}

# podman of alice's, who has no session
alices() { as alice env -C /home/alice HOME=/home/alice XDG_RUNTIME_DIR=/run/user/1000 podman "$@"; }
rootless="--cgroups=disabled --group-add keep-groups"

# given FEATURE: what --device names it
given() { echo "dflres.org/feature=$1"; }

is "udev has written the CDI specification" "$(names)" \
	"$(by 0x10 0) $card-fme-0x10-0 $f0 $card-fme-0x30-0 $f1 $card-fme-0x30-1 $f2 $card-fme-0x31-0 "
is "all users can read the CDI specification" "$(stat -c %a $spec)" 644
ok "an image for the containers is made" make_image
configure
ok "root imports the image" podman import --quiet /opt/image.tar image
ok "alice imports the image" alices import --quiet /opt/image.tar image

# ---- one that is given the second ----

cat >/opt/one.sh <<'END'
cat /proc/self/attr/current
dflres exec fme:0x30:any -- sh -c '
	echo $DFLRES_FEATURE_0 $DFLRES_FILES_0
	dflres write $DFLRES_FEATURE_0 8 0x55
	dflres read $DFLRES_FEATURE_0 8
	dflres read $DFLRES_FILES_0 0 2>&1 | grep -c ^0x
	dd bs=8 count=2 2>/dev/null <&$DFLRES_FD_0 | od -An -tx1 | grep -c 55'
dflres read "$1" 0 2>/dev/null; echo "other $?"
dflres claim fme:0x31:any 2>/dev/null; echo "other kind $?"
cat "/sys/bus/dfl/devices/$2/dflres/owner"
(echo user >"/sys/bus/dfl/devices/$2/dflres/owner") 2>/dev/null; echo "by sysfs $?"
END
chmod 755 /opt/one.sh
# one WHAT WHO OPTION...: what such a container does
one() {
	local what=$1 who=$2
	shift 2
	$who run --rm "$@" --device "$(given "$f1")" --volume /opt/one.sh:/one.sh image sh /one.sh "$f0" "$f1" >/tmp/one 2>&1
	is "$what claims what it was given, and nothing else" "$(sed 1d /tmp/one)" "$f1 /run/dfl/fme-0x30/$f1
0x0000000000000055
1
1
other 5
other kind 5
none
by sysfs 1"
}
one "a container (crun, AppArmor)" podman
is "AppArmor is enforced in the container" "$(sed -n '1s/^containers-default.*(enforce)$/enforced/p' /tmp/one)" enforced
one "a container (runc) without capabilities, read-only, of a user in the group" podman --runtime runc --cap-drop all --read-only \
	--security-opt no-new-privileges --user "1001:1001" --group-add "$(getent group dfl | cut -d: -f3)"
# shellcheck disable=SC2086 # options are words
one "a container without root" alices $rootless

# ---- one that is given nothing ----

dflres claim "$f0"
# shellcheck disable=SC2016 # for the container's shell
is "a container that is given nothing reads no register of root's claim, nor ends it, nor claims" \
	"$(podman run --rm image sh -c '
		(od -An -N 8 /sys/bus/dfl/devices/$1/dflres/resource0) 2>/dev/null; echo $?
		dflres read $1 0 2>/dev/null; echo $?
		dflres release $1 2>/dev/null; echo $?
		dflres exec fme:0x30:any -- true' sh "$f0" 2>&1)" \
	"1
5
5
dflres: cannot claim 'fme:0x30:any' (busy: 1, not given to this process: 1); wait with --timeout, or see dflres list."
is "root's claim is still there after the container's attempts" "$(owner "$f0")" user
dflres release "$f0"

# ---- three that want two ----

# shellcheck disable=SC2016
podman run --rm --device "$(given "$f0")" --device "$(given "$card-fme-0x30-1")" image sh -c '
	for i in 1 2 3; do
		dflres exec fme:0x30:any -- sh -c "echo got \$DFLRES_FEATURE_0; sleep 8" &
	done
	wait
	dflres exec fme:0x30:any fme:0x30:any -- sh -c "echo both \$DFLRES_FEATURES"' >/tmp/three 2>&1
is "of three containers that want one of two features two get one each" "$(grep -o 'got dfl_dev[.0-9]*' /tmp/three | sort -u | wc -l)" 2
is "the third container is told how many features are busy" "$(grep -c "cannot claim 'fme:0x30:any' (busy: 2, not given to this process: 0)" /tmp/three)" 1
is "a container that wants both features gets both" "$(grep ^both /tmp/three)" "both 2"

# ---- what becomes of claims ----

# shellcheck disable=SC2086
alices run --rm $rootless --device "$(given "$f1")" image example-interrupt "$f1" 100000 >/tmp/waits 2>&1 &
waits=$!
ok "a container without root waits for an interrupt" wait_for grep -qs waiting /tmp/waits
is "the host sees that the container's claim is alice's" "$(dflres info --json "$f1" | jq -r .user)" alice
./card irq 1
wait $waits
is "the interrupt comes to alice's container" "$? $(tail -n 1 /tmp/waits)" "0 interrupts: 1"
ok "the claim ends with alice's container" wait_for owner_is "$f1" none

podman run --rm --name killed --device "$(given "$f1")" image dflres exec "$f1" -- sleep 1000 &
ok "a container claims, to be killed" wait_for owner_is "$f1" user
podman kill killed >/dev/null
ok "the claim ends when its container is killed" wait_for owner_is "$f1" none
wait $!

podman run --rm --device "$(given "$f1")" image example-survive "$f1" >/tmp/survives 2>&1 &
survives=$!
ok "a container uses a register, to lose its card" wait_for owner_is "$f1" user
./card remove
wait $survives
is "the container hears that the card is pulled" "$? $(tail -n 1 /tmp/survives)" "0 $f1 was taken away"
udevadm settle
ok "the CDI specification goes with the last feature" [ ! -e $spec ]
is "the links below /run/dfl go with the last feature" "$(find /run/dfl ! -type d)" ''
plug
is "the CDI specification comes with the card" "$(names | wc -w)" 8
# shellcheck disable=SC2016
is "a name by card, type, id and instance names the feature again" \
	"$(podman run --rm --device "$(given "$card-fme-0x31-0")" image \
		dflres exec fme:0x31:any -- sh -c 'echo $DFLRES_FEATURE_0')" "$f2"

./card poke 0x20000 64 0x1122334455667788
# shellcheck disable=SC2016
is "descriptors of a claim outside are passed on" "$(dflres exec --replace "$f0" -- \
	podman run --rm --preserve-fds 2 image sh -c 'echo $LISTEN_FDS; od -An -tx8 -N 8 <&3' 2>/dev/null | tr '\n' ' ')" \
	"2  1122334455667788 "

modprobe -r dflres
udevadm settle
is "there is no CDI specification, and no link, without the module" "$(find $spec /run/dfl ! -type d 2>/dev/null)" ''
modprobe dflres
udevadm settle
is "the CDI specification and the links come back with the module" "$(names | wc -w) $(find /run/dfl -type l | wc -l)" "8 4"
finish
