#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What tests/run, tests/demo and tests/vm/* share; to be sourced. Progress goes to stderr: stdout belongs to results.

say() { printf '%s\n' "$*" >&2; }

die() {
	say "${0##*/}: $*"
	exit 1
}

# step N/M TEXT
step() {
	say "[$1] ${*:2}"
}

# Everything downloaded or built is kept here; removing it costs nothing but time.
cache_dir() {
	local home=${HOME:-}

	[ -n "$home" ] || home=$(getent passwd "$(id -u)" | cut -d: -f6)
	local dir=${XDG_CACHE_HOME:-${home:-/root}/.cache}/dflres
	mkdir -p "$dir"
	printf '%s\n' "$dir"
}

# lock NAME ... unlock: two runs at a time never build the same thing. A process holds one lock.
lock() {
	exec {lock_fd}>"$(cache_dir)/$1.lock"
	flock -n "$lock_fd" && return
	say "waiting for another run (lock $1)"
	flock "$lock_fd"
}

unlock() { exec {lock_fd}>&-; }

# What git has or would take, or what the release holds; $top is the tree.
list_files() {
	# shellcheck disable=SC2154 # whoever has files to list has it
	if [ -e "$top/.git" ]; then
		git -C "$top" ls-files -co --exclude-standard
	else
		cat "$top/MANIFEST"
	fi
}

# copy_tree DIR: what is in the tree, and nothing that was in an earlier copy. Files are kept that have not changed, so that little
# is built again.
copy_tree() {
	local file before

	mkdir -p "$1"
	before=$(cat "$1/MANIFEST" 2>/dev/null) || true
	# MANIFEST makes the copy look like a release
	list_files | while IFS= read -r file; do
		[ ! -e "$top/$file" ] || printf '%s\n' "$file"
	done >"$1/MANIFEST"
	comm -23 <(sed '/^$/d' <<<"$before" | sort) <(sort "$1/MANIFEST") | while IFS= read -r file; do rm -f "$1/$file"; done
	while IFS= read -r file; do
		if [ ! -e "$1/$file" ]; then
			install -D -p "$top/$file" "$1/$file"
		elif ! cmp -s "$top/$file" "$1/$file"; then
			# newer than what was made of the one before, whenever it was written
			install "$top/$file" "$1/$file"
		fi
		chmod --reference="$top/$file" "$1/$file"
	done <"$1/MANIFEST"
}

# use_ccache: from here on a compiler that is given the same again gives what it gave before, warnings included, wherever below
# the cache the sources lie
use_ccache() {
	need_packages ccache
	export PATH=/usr/lib/ccache:$PATH CCACHE_NOHASHDIR=yes
	CCACHE_DIR=$(cache_dir)/ccache CCACHE_BASEDIR=$(cache_dir)
	export CCACHE_DIR CCACHE_BASEDIR
}

installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

# need_packages PKG...: installs what is missing with the machine's own apt, whose configuration is not touched.
need_packages() {
	local package missing=()

	for package; do
		installed "$package" || missing+=("$package")
	done
	[ ${#missing[@]} -gt 0 ] || return 0
	[ "$(id -u)" = 0 ] || die "these packages are missing and only root can install them: ${missing[*]}"
	say "installing ${missing[*]}"
	apt_update
	with_apt quietly apt-get -qq install -y --no-install-recommends "${missing[@]}" </dev/null ||
		die "apt-get could not install ${missing[*]}"
}

# with_apt COMMAND...: one at a time, for apt does not wait for another one
with_apt() { (flock 9 && DEBIAN_FRONTEND=noninteractive "$@" 9>&-) 9>"$(cache_dir)/apt.lock"; }

# Package managers say a lot, of interest only when they fail
quietly() {
	local output
	output=$("$@" 2>&1) || {
		say "$output"
		return 1
	}
}

apt_update() {
	[ "$(id -u)" = 0 ] || die "the lists of packages are missing or old, and only root can update them"
	with_apt apt-get -qq update >&2 || die "apt-get update failed"
}

# Where this machine's apt has Debian from; nothing before apt has its lists
debian_mirror() {
	# shellcheck disable=SC2016 # apt fills it in
	apt-get indextargets --format '$(REPO_URI)' 'Origin: Debian' 'Label: Debian' 'Created-By: Packages' | sed -n 1p
}
