# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# lib: what the findings share: pinned packages in a folder of their own, and the exit status. To be sourced.
#
# A finding exits 0 if it saw what it states, 1 if that has changed, and 77 if this machine lacks what it needs.
# shellcheck source=script/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../script/lib.sh"
help_if_asked "$@"

# The Debian release that packages come from; a finding may set another.
release=bookworm
mirror=http://deb.debian.org
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# Where packages are unpacked, and what runs the programs among them.
tree=$work/tree
mkdir "$tree" "$work/bin"
export PATH=$work/bin:$PATH

# Ends the finding, since it cannot be seen here.
lacks() { # what
	say "cannot be seen here: $1"
	exit 77
}

need_programs() { # name...
	local name
	for name; do
		command -v "$name" >/dev/null || lacks "no $name"
	done
}

# Runs an apt program on lists of our own, as if nothing were installed.
private_apt() { # program, argument...
	local program=$1
	shift
	"$program" -q -o Dir::State="$apt" -o Dir::State::status="$apt/status" -o Dir::Cache="$apt" \
		-o Dir::Etc::sourcelist="$apt/sources" -o Dir::Etc::sourceparts=/dev/null -o APT::Sandbox::User=root \
		-o APT::Install-Recommends=false -o APT::Get::AutomaticRemove=false "$@"
}

# Fetches the release's lists, or takes those that findings/run keeps for all; sets $apt.
fetch_lists() {
	apt=${FINDINGS_KEPT:-$work}/apt-$release
	if [ -e "$apt/complete" ]; then
		return
	fi
	mkdir -p "$apt/lists/partial" "$apt/archives/partial"
	: >"$apt/status"
	[ -e "$keyring" ] || lacks "no $keyring"
	cat >"$apt/sources" <<-END
		deb [signed-by=$keyring] $mirror/debian $release main
		deb [signed-by=$keyring] $mirror/debian $release-updates main
		deb [signed-by=$keyring] $mirror/debian-security $release-security main
	END
	private_apt apt-get update -o APT::Update::Error-Mode=any >"$work/apt.log" 2>&1 ||
		lacks "no package lists from $mirror: $(grep '^[EW]: ' "$work/apt.log" | sed -n 1p)"
	: >"$apt/complete"
}

# Unpacks Debian packages of exactly these versions, and the libraries that they depend on, below $tree.
debian() { # package=version...
	local package chosen=() names=" ${*%%=*} "
	need_programs apt-get dpkg
	fetch_lists
	private_apt apt-get install --simulate "$@" >"$work/apt.log" 2>&1 ||
		lacks "no longer in $release, or not for this architecture: $(grep '^E: ' "$work/apt.log" | sed -n 1p)"
	while read -r package; do
		if [[ $names == *" ${package%%=*} "* || $package == lib* && $package != *-perl=* ]]; then
			chosen+=("$package")
		fi
	done < <(awk '$1 == "Inst" { print $2 "=" substr($3, 2) }' "$work/apt.log")
	(cd "$apt/archives" && private_apt apt-get download "${chosen[@]}") >"$work/apt.log" 2>&1 ||
		lacks "packages cannot be fetched: $(grep '^E: ' "$work/apt.log" | sed -n 1p)"
	for package in "${chosen[@]}"; do
		dpkg -x "$apt/archives/${package%%=*}"_*.deb "$tree"
	done
	say "packages: $*"
}

# Makes unpacked programs callable by name, with their own C library.
programs() { # name...
	local name file loader libraries
	loader=$(find "$tree"/lib* "$tree"/usr/lib* -maxdepth 1 -name 'ld-linux*.so.*' | sed -n 1p)
	libraries=$(find "$tree/lib" "$tree/usr/lib" -maxdepth 3 -name 'lib*.so*' -printf '%h\n' | sort -u |
		paste -sd:)
	for name; do
		file=$(find "$tree"/{usr/,}{s,}bin "$tree"/{usr/,}lib/{systemd,nagios/plugins} -maxdepth 1 -name "$name" \
			2>/dev/null | sed -n 1p) || true
		[ -n "$file" ] || die "no $name in the packages"
		if ! grep -a ld-linux "$file" >/dev/null; then
			ln -s "$file" "$work/bin/$name"
			continue
		fi
		printf '#!/bin/sh\nexec "%s" --library-path "%s" "%s" "$@"\n' "$loader" "$libraries" "$file" >"$work/bin/$name"
		chmod +x "$work/bin/$name"
	done
}

# Compiles the C source on stdin against the unpacked headers and libraries.
compile() { # name, library...
	local name=$1 triplet
	shift
	need_programs cc
	triplet=$(cc -print-multiarch)
	cc -x c -o "$work/bin/$name" - -x none -I"$tree/usr/include" -I"$tree/usr/include/$triplet" \
		-L"$tree/usr/lib/$triplet" -Wl,-rpath,"$tree/usr/lib/$triplet" "$@"
}

# Makes sure that observe_apart can work here.
need_namespace() {
	need_programs unshare ip
	unshare --map-root-user --net true 2>/dev/null || lacks "no root, and no user namespaces without it"
}

# Runs the Python program on stdin, which has watch.py; its verdict is the finding's.
observe() {
	run_observer env
}

# The same, as root in a network of its own.
observe_apart() {
	run_observer unshare --map-root-user --net
}

run_observer() { # command to run it with...
	local status=0
	need_programs python3
	cat >"$work/observe.py"
	PYTHONPATH=$here PYTHONDONTWRITEBYTECODE=1 WORK=$work TREE=$tree run_apart "$@" python3 "$work/observe.py" || status=$?
	exit "$status"
}
