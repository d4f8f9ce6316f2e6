# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# lib: what the scripts here and .ci/run share. To be sourced.
#
# Sets $root, the source tree, and with build_variant $build, a build directory. An interruption ends what
# run_apart has started, and then the script.
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
library libseccomp    libseccomp-dev
program python3       python3
openbsd nc            netcat-openbsd
program ncat          ncat
program socat         socat
program curl          curl
program jq            jq
program nft           nftables
program ip            iproute2
program ps            procps
program strace        strace
program systemd-socket-activate systemd
program valgrind      valgrind
program mandoc        mandoc
program groff         groff-base
program tidy          tidy
program promtool      prometheus
program fish          fish
program zsh           zsh
library bash-completion bash-completion
module  jsonschema    python3-jsonschema
module  yaml          python3-yaml
'

# Of what a pipe brings, its beginning is taken by `sed -n 1,5p` and not by head: that closes the pipe, and what
# writes to it dies of SIGPIPE, with which pipefail and errexit end us.

# Prints each argument on a line of its own.
say() {
	printf '%s\n' "$@"
}

die() {
	say "$@" >&2
	exit 1
}

# Prints the comment that a script begins with, which is its help.
print_help() {
	sed -n '2,/^[^#]/ { /^# shellcheck/d; /^# SPDX-/d; s/^# \{0,1\}//p; }' "$0"
}

# Answers --help wherever it stands, and what is wrong with the arguments.
help_if_asked() { # argument...
	if [[ " $* " == *" --help "* || " $* " == *" -h "* ]]; then
		print_help
		exit 0
	fi
}

usage_error() { # what is wrong
	say "${0##*/}: $1" "Try ${0#"$PWD/"} --help" >&2
	exit 2
}

# The process group that run_apart waits for.
apart=

# Runs a command in a process group of its own, so that an interruption ends all that it has started.
run_apart() { # command...
	local status=0
	set -m
	"$@" </dev/null &
	apart=$!
	set +m
	wait "$apart" || status=$?
	apart=
	return "$status"
}

# Runs a command with all its output in a file. Not for run_apart itself, whose interruption is told to the user.
into_file() { # file, command...
	local file=$1
	shift
	"$@" >"$file" 2>&1
}

# Ends what runs apart: politely, and after five seconds for certain.
end_apart() {
	local tries=0
	if [ -z "$apart" ]; then
		return
	fi
	kill -TERM -- "-$apart" 2>/dev/null || return 0
	while kill -0 -- "-$apart" 2>/dev/null && [ $((tries += 1)) -le 50 ]; do
		sleep 0.1
	done
	kill -KILL -- "-$apart" 2>/dev/null || true
}

interrupt() { # the signal's number
	trap '' HUP INT TERM
	end_apart
	say "" "interrupted" >&2
	exit $((128 + $1))
}

# To be called again in a subshell that is to be interruptible, since it begins without traps.
catch_signals() {
	trap 'interrupt 1' HUP
	trap 'interrupt 2' INT
	trap 'interrupt 15' TERM
}

# Runs a command in a folder.
in_folder() { # folder, command...
	(cd "$1" && shift && exec "$@")
}

# Tells whether something that we need is there.
is_there() { # how, name
	case $1 in
	program) command -v "$2" >/dev/null ;;
	library) pkg-config --exists "$2" 2>/dev/null ;;
	file) [ -e "$2" ] ;;
	macro) [ -e "$(aclocal --print-ac-dir 2>/dev/null)/$2.m4" ] ;;
	module) python3 -c "import $2" 2>/dev/null ;;
	openbsd) [[ $("$2" -h 2>&1) == *OpenBSD* ]] ;;
	*) false ;;
	esac
}

# Prints what goes before a command that only root may run; fails if nothing helps.
as_root() {
	[ "$(id -u)" -eq 0 ] || command -v sudo
}

# Runs apt-get, with its output in a file.
run_apt() { # file, argument...
	local log=$1 sudo
	shift
	sudo=$(as_root)
	${sudo:+"$sudo"} env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=120 "$@" >>"$log" 2>&1
}

# Installs Debian packages; if they can't all be had, each that can. Fails if one is missing then.
apt_install() { # package...
	local log status=0 package
	if ! as_root >/dev/null; then
		say "Neither root nor sudo: not installed. As root: apt-get install $*"
		return 1
	fi
	say "Installing with apt: $*"
	log=$(mktemp)
	run_apt "$log" update || say "apt-get update failed; going on with the lists that are here."
	if ! run_apt "$log" install --no-install-recommends "$@"; then
		status=1
		if [ $# -gt 1 ]; then
			for package; do
				run_apt "$log" install --no-install-recommends "$package" || say "apt could not install $package."
			done
		fi
		grep '^E: ' "$log" | sort -u | sed -n 1,5p || true
	fi
	rm -f "$log"
	return "$status"
}

# Sets the arrays names and packages to what a list has and the machine lacks.
list_missing() { # list
	local how name package
	names=() packages=()
	while read -r how name package; do
		if [ -z "$how" ] || is_there "$how" "$name"; then
			continue
		fi
		names+=("$name")
		[[ " ${packages[*]-} " == *" $package "* ]] || packages+=("$package")
	done <<<"$1"
}

# Makes sure that everything in a list is there: installs it, or says what to install. Only what "must" be there
# ends the script if it can't be had; without the others their tests are skipped.
need() { # list, "must" or "may"
	local names packages
	list_missing "$1"
	if [ ${#names[@]} -eq 0 ]; then
		return
	fi
	if command -v apt-get >/dev/null; then
		apt_install "${packages[@]}" || true
		hash -r
		list_missing "$1"
		if [ ${#names[@]} -eq 0 ]; then
			return
		fi
	fi
	say "Not found here:    ${names[*]}"
	say "On Debian this is: ${packages[*]}"
	if [ "$2" = must ]; then
		die "Please install what your system calls so. Then run this again."
	fi
	say "Tests that need it will be skipped."
}

# Stops a service that its installation may have started, and that nobody here has asked for.
stop_service() { # name
	local sudo=
	[ "$(id -u)" -eq 0 ] || sudo=sudo
	if [ -d /run/systemd/system ]; then
		$sudo systemctl --quiet disable --now "$1"
	elif [ -e "/etc/init.d/$1" ]; then
		$sudo service "$1" stop >/dev/null
	fi
}

# As need, for servers that we start ourselves: of the services named, those that are installed by it do not run then.
need_stopped() { # list, service...
	local list=$1 service absent=()
	shift
	for service; do
		is_there program "$service" || absent+=("$service")
	done
	need "$list" may
	for service in "${absent[@]}"; do
		! is_there program "$service" || stop_service "$service"
	done
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
	if ! run_apart into_file "$log" "$@"; then
		tail -n 80 "$log" >&2
		die "This failed: $*" "All that it printed is in $log"
	fi
}

# Whether configure or Makefile.in is missing, or older than what it is made from.
configure_is_stale() {
	local source
	if [ ! -e "$root/configure" ] || [ ! -e "$root/Makefile.in" ] || [ "$root/configure.ac" -nt "$root/configure" ]; then
		return 0
	fi
	for source in "$root/Makefile.am" "$root"/*/local.mk "$root"/*/*/local.mk; do
		[ ! "$source" -nt "$root/Makefile.in" ] || return 0
	done
	return 1
}

# Makes configure and its company, if they are missing or stale.
prepare_configure() {
	if configure_is_stale; then
		say "  autoreconf: makes configure"
		quietly "$root/build/autoreconf.log" in_folder "$root" autoreconf --install
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

# Runs configure in $build. An option that it does not know is an error, and is told shortly.
configure_build() { # [configure-argument]...
	local log=$build/configure.log reason
	say "  configure: looks at what is here"
	if run_apart into_file "$log" in_folder "$build" "$root/configure" --enable-option-checking=fatal "$@"; then
		return
	fi
	reason=$(sed -n '/^configure: error: /,$p' "$log" | sed -n 1,5p)
	if [[ $reason == *"unrecognized option"* ]]; then
		[ -e "$build/config.status" ] || rm -rf "$build"
		say "$reason" "Ours are --enable-sanitizers, --enable-coverage, --enable-werror, --disable-extensions and --disable-hardening." >&2
		exit 2
	fi
	say "${reason:-$(tail -n 40 "$log")}" >&2
	die "All that configure printed is in $log"
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
		configure_build "$@"
		printf '%s\n' "$found" >"$build/found"
	fi
	say "  make: compiles what has changed"
	quietly "$build/make.log" make -C "$build" -j2
}

catch_signals
