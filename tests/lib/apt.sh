#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# apt for other suites or another architecture than the machine's, with lists and state of its own in the cache: the machine's
# configuration is not touched. To be sourced after common.sh. A STATE is a name: each has its own sources.
debian_key=/usr/share/keyrings/debian-archive-keyring.gpg

# own_apt STATE ARCHITECTURE TOOL ARGUMENT...: where the mirror is a snapshot its lists count as expired: they are as good here
own_apt() {
	local dir
	dir=$(cache_dir)/apt-$1
	"$3" -qq -o APT::Architecture="$2" -o APT::Architectures="$2" -o Dir::Etc::SourceList="$dir/sources.list" \
		-o Dir::Etc::SourceParts=- -o Dir::State="$dir" -o Dir::State::Status="$dir/status" -o Dir::Cache="$dir" \
		-o APT::Sandbox::User=root -o Acquire::Languages=none -o APT::Update::Error-Mode=any \
		-o Acquire::Check-Valid-Until=false "${@:4}"
}

# own_sources STATE: its sources are on standard input
own_sources() {
	local dir
	dir=$(cache_dir)/apt-$1
	mkdir -p "$dir/lists/partial" "$dir/archives/partial"
	: >"$dir/status"
	cat >"$dir/sources.list"
}

# suite_sources SUITE...: from the machine's mirror of Debian
suite_sources() {
	local mirror suite

	# apt knows whose a mirror is only once it has its lists
	[ -n "$(debian_mirror)" ] || apt_update
	mirror=$(debian_mirror)
	[ -n "$mirror" ] || die "this machine's apt has no mirror of Debian"
	for suite; do echo "deb [signed-by=$debian_key] $mirror $suite main"; done
}

# machine_sources: the suites of Debian that the machine itself has
machine_sources() {
	[ -n "$(debian_mirror)" ] || apt_update
	apt-get indextargets --format "deb [signed-by=$debian_key] \$(REPO_URI) \$(RELEASE) \$(COMPONENT)" \
		'Origin: Debian' 'Created-By: Packages' | grep ' main$'
}
