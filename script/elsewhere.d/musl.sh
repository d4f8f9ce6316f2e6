# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# shellcheck disable=SC2154 # $root is set by lib.sh, $arguments by script/elsewhere
# musl: the suite with static programs that have musl for their C library. To be sourced after root.sh.
#
# Such programs run on this machine, so no system is made: libevent and Check are built from Debian's sources.

to_build_with_musl='
program musl-gcc      musl-tools
program dpkg-source   dpkg-dev
'

# Prints where libevent and Check are installed.
musl_prefix() {
	say "$(elsewhere_folder musl)/root"
}

# Runs apt-get with lists of its own, of Debian's sources, in a folder.
musl_apt() { # folder, argument...
	local state=$1/apt
	shift
	apt-get -q -o Dir::State::Lists="$state/lists" -o Dir::Cache="$state" -o Dir::Etc::SourceList="$state/sources.list" \
		-o Dir::Etc::SourceParts=- -o APT::Sandbox::User=root "$@"
}

# Fetches the sources of libevent and Check, with the fixes of Debian's security team.
musl_fetch() { # folder
	local release keys=/usr/share/keyrings/debian-archive-keyring.gpg
	release=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
	mkdir -p "$1/apt/lists/partial" "$1/apt/archives/partial"
	say "deb-src [signed-by=$keys] $mirror $release main" \
		"deb-src [signed-by=$keys] ${mirror%debian}debian-security $release-security main" >"$1/apt/sources.list"
	musl_apt "$1" update && (cd "$1" && musl_apt "$1" source libevent check)
}

# Makes a folder with the kernel's headers alone, which musl does not bring.
musl_link_kernel() { # folder
	local name of_this_machine
	of_this_machine=/usr/include/$(gcc -print-multiarch)
	mkdir -p "$1"
	for name in linux asm-generic; do
		ln -sfn "/usr/include/$name" "$1/$name"
	done
	ln -sfn "$of_this_machine/asm" "$1/asm"
}

# Builds a library from its sources, to be staged in a folder. Debian's patches have made configure look outdated.
musl_build() { # sources, stage, configure-argument...
	local sources=$1 stage=$2
	shift 2
	in_folder "$sources" ./configure CC=musl-gcc --prefix="$(musl_prefix)" --disable-shared "$@" &&
		make -C "$sources" -j2 SUBDIRS='lib src .' AUTOCONF=: AUTOHEADER=: AUTOMAKE=: ACLOCAL=: DESTDIR="$stage" install
}

# Makes libevent and Check, and the folder of kernel headers beside them. It has that name only once it is whole.
musl_make() {
	local prefix work stage
	prefix=$(musl_prefix) work=$(musl_prefix).new stage=$(musl_prefix).new/stage
	if [ -e "$prefix" ]; then
		return
	fi
	rm -rf "$work"
	mkdir -p "$work"
	say "  apt-get source: brings libevent and Check"
	quietly "${prefix%/*}/fetch.log" musl_fetch "$work"
	musl_link_kernel "$stage$prefix/kernel"
	export CPPFLAGS="-idirafter $stage$prefix/kernel"
	say "  make: compiles them with musl"
	quietly "${prefix%/*}/libevent.log" musl_build "$(echo "$work"/libevent-*/)" "$stage" \
		--disable-openssl --disable-samples --disable-libevent-regress
	quietly "${prefix%/*}/check.log" musl_build "$(echo "$work"/check-*/)" "$stage" --disable-subunit --disable-build-docs
	# Debian's check.pc names it so.
	ln -s libcheck.a "$stage$prefix/lib/libcheck_pic.a"
	# With Debian's revisions, which tell the fixes.
	sed -n 's/^Version: //p' "$work"/libevent_*.dsc >"$stage$prefix/libevent-version"
	sed -n 's/^Version: //p' "$work"/check_*.dsc >"$stage$prefix/check-version"
	mv "$stage$prefix" "$prefix"
	rm -rf "$work"
}

# Prints in one line the versions that matter.
musl_versions() {
	local prefix
	prefix=$(musl_prefix)
	say "gcc $(gcc -dumpfullversion), musl $(dpkg-query -W -f '${Version}' musl-dev), libevent $(cat \
		"$prefix/libevent-version"), check $(cat "$prefix/check-version"), static"
}

# Builds with musl, runs the suite, and leaves log, versions, skips and tests/ as the other places do.
elsewhere_musl() {
	local folder prefix status=0
	folder=$(elsewhere_folder musl)
	need "$to_build_with_musl" must
	musl_make
	musl_versions >"$folder/versions"
	prefix=$(musl_prefix)
	export PKG_CONFIG_LIBDIR="$prefix/lib/pkgconfig" CPPFLAGS="-idirafter $prefix/kernel"
	"$root/script/test" CC=musl-gcc LDFLAGS=-static --enable-werror ${arguments[@]+"${arguments[@]}"} 2>&1 |
		tee -a "$folder/log" || status=$?
	root_keep_logs "$folder" "$root/build/variant"
	return "$status"
}
