# shellcheck shell=bash
# lib: what the scripts here and .ci/run share. To be sourced.
#
# Sets $root, the source tree, and with build_variant $build, a build directory.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=
# Not in everyone's PATH on Debian, but there are ip and nft.
PATH=$PATH:/usr/sbin:/sbin

# What we need: how it is found, its name, and the Debian package that has it.
to_build='
program cc            build-essential
program make          build-essential
program autoreconf    autoconf
program automake      automake
macro   ax_pthread    autoconf-archive
program pkg-config    pkg-config
library libevent_core libevent-dev
'
# Without these the tests that want them are skipped.
to_test='
library check         check
program python3       python3
openbsd nc            netcat-openbsd
program ncat          ncat
program socat         socat
program curl          curl
program jq            jq
program nft           nftables
program ip            iproute2
program ps            procps
program valgrind      valgrind
program mandoc        mandoc
program groff         groff-base
'

# Prints each argument on a line of its own.
say() {
	printf '%s\n' "$@"
}

die() {
	say "$@" >&2
	exit 1
}

# Tells whether something that we need is there.
is_there() { # how, name
	case $1 in
	program) command -v "$2" >/dev/null ;;
	library) pkg-config --exists "$2" 2>/dev/null ;;
	file) [ -e "$2" ] ;;
	macro) [ -e "$(aclocal --print-ac-dir 2>/dev/null)/$2.m4" ] ;;
	openbsd) [[ $("$2" -h 2>&1) == *OpenBSD* ]] ;;
	*) false ;;
	esac
}

# Installs Debian packages, as root or with sudo.
apt_install() {
	local log sudo=
	if [ "$(id -u)" -ne 0 ]; then
		command -v sudo >/dev/null || die "Please run as root: apt-get install $*"
		sudo=sudo
	fi
	say "Installing with apt: $*"
	log=$(mktemp)
	$sudo apt-get -q update >"$log" 2>&1 || say "apt-get update failed; I go on with the lists that are here."
	$sudo env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=120 \
		install --no-install-recommends "$@" >>"$log" 2>&1 || {
		tail -n 40 "$log" >&2
		die "apt-get could not install: $*"
	}
	rm -f "$log"
}

# Makes sure that everything in a list is there: installs it, or says what to install.
need() { # list, "must" or "may"
	local how name package packages=() names=()
	while read -r how name package; do
		if [ -z "$how" ] || is_there "$how" "$name"; then
			continue
		fi
		names+=("$name")
		[[ " ${packages[*]-} " == *" $package "* ]] || packages+=("$package")
	done <<<"$1"
	if [ ${#names[@]} -eq 0 ]; then
		return
	fi
	if command -v apt-get >/dev/null; then
		apt_install "${packages[@]}"
		return
	fi
	say "Not found here:    ${names[*]}"
	say "On Debian this is: ${packages[*]}"
	say "Please install what your system calls so."
	if [ "$2" = must ]; then
		die "Then run this again."
	fi
	say "Tests that need it will be skipped."
}

# Makes sure that clang can link with its sanitizers, and with libFuzzer, which is in the same package.
need_clang_runtime() {
	echo 'int main(void) { return 0; }' |
		clang -fsanitize=address,undefined -x c - -o /dev/null 2>/dev/null ||
		apt_install "libclang-rt-$(clang -dumpversion | cut -d. -f1)-dev"
}

# Runs a command with its output in a file, whose end is shown if the command fails.
quietly() { # file, command...
	local log=$1
	shift
	if ! "$@" >"$log" 2>&1; then
		tail -n 80 "$log" >&2
		die "This failed: $*" "All that it printed is in $log"
	fi
}

# Makes configure and its company, if they are missing or older than their sources.
prepare_configure() {
	if [ ! -e "$root/configure" ] || [ ! -e "$root/Makefile.in" ] ||
		[ "$root/configure.ac" -nt "$root/configure" ] || [ "$root/Makefile.am" -nt "$root/Makefile.in" ]; then
		(cd "$root" && quietly "$root/build/autoreconf.log" autoreconf --install)
	fi
}

# Lists what is there of all that we need: if that changes, configure has to look again.
list_found() {
	local how name package
	while read -r how name package; do
		if [ -n "$how" ] && is_there "$how" "$name"; then
			printf '%s\n' "$package"
		fi
	done <<<"$to_build$to_test"
}

# Builds in build/, or with configure arguments in a directory of their own below it; sets $build.
build_variant() { # [configure-argument]...
	local name
	name=$(printf '%s' "$*" | tr -cs 'A-Za-z0-9' '-' | sed 's/^-*//; s/-*$//')
	build_in "$root/build${name:+/variant/$name}" "$@"
}

# Builds in a directory; sets $build.
build_in() { # directory, [configure-argument]...
	local found
	build=$1
	shift
	mkdir -p "$build"
	say "Building in ${build#"$root/"}/"
	prepare_configure
	found=$(list_found)
	if [ ! -e "$build/config.status" ] || [ "$found" != "$(cat "$build/found" 2>/dev/null)" ]; then
		(cd "$build" && quietly configure.log "$root/configure" "$@")
		printf '%s\n' "$found" >"$build/found"
	fi
	quietly "$build/make.log" make -C "$build" -j2
}
