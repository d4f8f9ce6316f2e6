# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# shellcheck disable=SC2154 # $root is set by lib.sh
# root: makes a Debian of its own in a folder, runs the suite in it, and deletes it. To be sourced after lib.sh.
#
# Nothing is ever mounted that the system outside can see: what runs in a root has a mount namespace and a process
# namespace of its own, which end with it, however it ends.

# Where the packages come from.
mirror=${ELSEWHERE_MIRROR:-http://deb.debian.org/debian}
# Where the sources are in a root.
checkout=/usr/src/haild
# What script/test is run by in a root, if not by itself: a command.
root_before_suite=()

# Prints the folder of a place. In it are the root, and after a run: log, what the suite printed; versions, in one
# line; skips, for each test that was skipped the reason; tests/, what each test printed.
elsewhere_folder() { # place
	say "$root/build/elsewhere/$1"
}

# Deletes the root of a place, which is no mount and has none in it.
root_delete() { # place
	local folder
	folder=$(elsewhere_folder "$1")
	rm -rf --one-file-system "$folder/root" "$folder/root.new"
}

# Deletes the places named, or all.
root_clean() { # [place]...
	local place
	for place; do
		rm -rf --one-file-system "$(elsewhere_folder "$place")"
	done
	[ $# -gt 0 ] || rm -rf --one-file-system "$root/build/elsewhere"
}

# Makes the root of a place with debootstrap, if there is none. It has that name only once it is whole. Tests want
# netbase, which has /etc/services, and which few machines lack.
root_make() { # place, release, [debootstrap-option]...
	local folder release=$2
	folder=$(elsewhere_folder "$1")
	shift 2
	if [ -e "$folder/root" ]; then
		root_configure "$folder/root"
		return
	fi
	say "  debootstrap: makes $release in ${folder#"$root/"}/root"
	rm -rf --one-file-system "$folder/root.new"
	if ! debootstrap --variant=minbase --include=netbase "$@" "$release" "$folder/root.new" "$mirror" \
		>"$folder/debootstrap.log" 2>&1; then
		tail -n 20 "$folder/debootstrap.log" >&2
		say "debootstrap failed; all that it printed is in ${folder#"$root/"}/debootstrap.log" >&2
		return 1
	fi
	root_configure "$folder/root.new"
	mv "$folder/root.new" "$folder/root"
}

# Has apt reach the mirror as it does outside. And dpkg need not wait for the disk: what a crash of the machine
# spoils is made anew.
root_configure() { # root
	mkdir -p "$1/etc/dpkg/dpkg.cfg.d" "$1/etc/apt/apt.conf.d"
	say force-unsafe-io >"$1/etc/dpkg/dpkg.cfg.d/hurry"
	apt-config dump Acquire | grep -E '^Acquire::(Check-|http|Retries)' >"$1/etc/apt/apt.conf.d/outside" || true
}

# Runs a command in a root, as its first process but one. With BEFORE set, that command runs before, with the root's
# path added, in the same namespaces but still outside. UNSHARE holds more options for unshare(1).
root_run() { # root, command...
	# shellcheck disable=SC2086 # UNSHARE is a list
	unshare --mount --pid --fork --kill-child --propagation private ${UNSHARE-} \
		"$root/script/elsewhere.d/enter" "$@"
}

# Puts a copy of the checkout into a root, as it is now: what git has, changed or not, and what it could have.
root_bring_sources() { # root
	local place=$1$checkout
	rm -rf --one-file-system "$place"
	mkdir -p "$place"
	list_sources | tar -C "$root" --no-recursion --null --files-from=- -cf - |
		tar -C "$place" --no-same-owner -xf -
}

# Lists the files of the checkout, each with a NUL after it; of a tarball all but what is built.
list_sources() {
	local file
	if [ ! -e "$root/.git" ]; then
		(cd "$root" && find . -path ./build -prune -o -type f -print0)
		return
	fi
	git -C "$root" -c "safe.directory=$root" ls-files -z --cached --others --exclude-standard |
		while IFS= read -r -d '' file; do
			[ ! -e "$root/$file" ] || printf '%s\0' "$file"
		done
}

# Prints in one line the versions that matter of what a root has.
root_versions() { # root
	# shellcheck disable=SC2016 # that shell fills them in
	root_run "$1" sh -c '
		version() { dpkg-query -W -f "\${source:Upstream-Version}" "$1" 2>/dev/null | grep . || echo none; }
		printf "gcc %s, " "$(gcc -dumpfullversion)"
		printf "glibc %s, " "$(version libc6)"
		printf "libevent %s, valgrind %s, python %s\n" "$(version libevent-dev | sed "s/-stable//")" "$(version valgrind)" \
			"$(python3 -c "import platform; print(platform.python_version())")"'
}

# Notes the reasons of the skips that a folder of the tests' logs tells: a line each.
note_skips() { # folder with *.log, file
	find "$1" -name '*.log' -exec cat {} + |
		sed -n "s/^skipped: //p; s/^.* \.\.\. skipped ['\"]\(.*\)['\"]$/\1/p" >"$2"
}

# Runs the suite in the root of a place, and leaves log, skips and tests/. Fails if something failed.
root_suite() { # place, [argument of script/test]...
	local folder status=0
	folder=$(elsewhere_folder "$1")
	shift
	root_bring_sources "$folder/root"
	root_run "$folder/root" ${root_before_suite[@]+"${root_before_suite[@]}"} "$checkout/script/test" "$@" 2>&1 | tee -a "$folder/log" || status=$?
	root_keep_logs "$folder" "$folder/root$checkout/build"
	return "$status"
}

# Leaves skips and tests/ in the folder of a place: what the tests printed in the newest build, be it a variant.
root_keep_logs() { # folder, build folder
	local newest
	rm -rf "$1/tests"
	newest=$(find "$2" -name check.log -printf '%T@ %h\n' 2>/dev/null | sort -n | tail -n 1 | cut -d' ' -f2-)
	[ -n "$newest" ] || return 0
	mkdir -p "$1/tests"
	(cd "$newest/tests" && find . -name '*.log' -exec cp --parents {} "$1/tests" \;) || return 0
	note_skips "$1/tests" "$1/skips"
}
