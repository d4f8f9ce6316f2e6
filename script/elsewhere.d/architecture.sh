# SPDX-License-Identifier: ISC
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # script/elsewhere sets $arguments, lib.sh $to_build and $to_test; root.sh reads $root_before_suite
# architecture: the suite on another architecture, emulated by QEMU. To be sourced after root.sh.
#
# The root is one of this machine's own architecture, with a cross compiler, and the foreign C library, libevent and
# Check beside its own: a compiler that is emulated takes ten times as long. So only what we have built is emulated;
# make, the shell, Python and the peers are not. The kernel starts the emulator (see emulated), so that the tests
# need not know, but that all takes longer: HAILD_WRAPPER says so. The kernel is this machine's.

# Prints the release of Debian that has an architecture.
architecture_release() { # architecture
	case $1 in
	riscv64) say trixie ;;
	loong64) say unstable ;;
	*) say bookworm ;;
	esac
}

# Prints what QEMU calls an architecture.
architecture_of_qemu() { # architecture
	case $1 in
	amd64) say x86_64 ;;
	arm64) say aarch64 ;;
	armel | armhf) say arm ;;
	loong64) say loongarch64 ;;
	ppc64el) say ppc64le ;;
	*) say "$1" ;;
	esac
}

# Prints the packages that the root needs: ours, of which the libraries are foreign; compiler and emulator.
architecture_packages() { # architecture, GNU's name of the system
	awk 'NF { print $3 }' <<<"$to_build$to_test" | sed -E "s/^(libevent-dev|check)\$/&:$1/" | sort -u
	say "gcc-${2//_/-}" "libc6-dev:$1" netbase qemu-user-static
}

# Prints what dpkg knows of an architecture.
architecture_fact() { # root, architecture, variable
	root_run "$1" perl -MDpkg::Arch=debarch_to_gnutriplet,debarch_to_multiarch -e "print $3(shift)" "$2"
}

# Installs what is missing in the root.
architecture_install() { # root, architecture, package...
	local place=$1 architecture=$2
	shift 2
	# shellcheck disable=SC2016 # that shell fills them in
	root_run "$place" env DEBIAN_FRONTEND=noninteractive sh -c '
		architecture=$1
		shift
		dpkg --add-architecture "$architecture"
		apt-get -q update
		apt-get -q -y --no-install-recommends install "$@"' sh "$architecture" "$@"
}

# Prints in one line the versions that matter.
architecture_versions() { # root, architecture, GNU's name of the system
	# shellcheck disable=SC2016 # that shell fills them in
	root_run "$1" sh -c '
		version() { dpkg-query -W -f "\${source:Upstream-Version}" "$1"; }
		printf "qemu %s, gcc %s, " "$(qemu-arm-static --version | sed -n "s/.*version \([0-9.]*\).*/\1/p")" \
			"$("$2-gcc" -dumpfullversion)"
		printf "glibc %s, libevent %s\n" "$(version "libc6:$1")" "$(version "libevent-dev:$1")"' sh "$2" "$3"
}

# Runs the suite on an architecture.
elsewhere_architecture() { # architecture
	local folder place system library qemu packages status=0
	folder=$(elsewhere_folder "$1") place=$folder/root
	root_make "$1" "$(architecture_release "$1")" --include=libdpkg-perl || return 1
	system=$(architecture_fact "$place" "$1" debarch_to_gnutriplet)
	library=/usr/lib/$(architecture_fact "$place" "$1" debarch_to_multiarch)
	qemu=/usr/bin/qemu-$(architecture_of_qemu "$1")-static
	mapfile -t packages < <(architecture_packages "$1" "$system")
	say "  apt: installs the cross compiler, libraries and the emulator"
	quietly "$folder/apt.log" architecture_install "$place" "$1" "${packages[@]}"
	root_before_suite=("$checkout/script/elsewhere.d/emulated" "$library/libc.so.6" "$qemu"
		env "PKG_CONFIG_LIBDIR=$library/pkgconfig" "HAILD_WRAPPER=$qemu")
	root_suite "$1" "--host=$system" ${arguments[@]+"${arguments[@]}"} || status=$?
	architecture_versions "$place" "$1" "$system" >"$folder/versions"
	return "$status"
}
