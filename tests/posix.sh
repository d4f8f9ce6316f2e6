#!/bin/sh
# SPDX-License-Identifier: ISC
# posix: holds the sources to POSIX.1-2008: what it lacks is behind a check of configure.
#
# Each source must compile with an answer of no to all that configure asks, and with headers that hide whatever is no
# part of POSIX; and also with the answers of FreeBSD, NetBSD and macOS. Sources: srcdir; compiler: CC.
set -u

srcdir=${srcdir:-$(dirname "$0")/..}
# shellcheck source=tests/sources.sh
. "$srcdir/tests/sources.sh"

# Writes the config.h of a system that has nothing but what POSIX has and the arguments define: in an #if the
# rest is 0.
configure() { # [name=value]...
	{
		echo '#define PACKAGE_VERSION "0"'
		for name in HAVE_STRUCT_STAT_ST_MTIM=1 "$@"; do
			echo "#define ${name%%=*} ${name#*=}"
		done
	} >"$work/config.h"
}

# Prints what the compiler has against a source.
against() { # source, [compiler-option]...
	source=$1
	shift
	# shellcheck disable=SC2086 # CC and EVENT_CFLAGS may hold options
	${CC:-cc} -std=c11 -Wall -Wextra -Werror=implicit-function-declaration -Werror -fsyntax-only "$@" \
		${EVENT_CFLAGS:-} -I"$work" -I"$src" "$source" 2>&1
}

# Has the headers hide what is no part of POSIX.1-2008, with its XSI option.
posix=-D_XOPEN_SOURCE=700

# A check that cannot fail is none.
configure
printf '#include <config.h>\n#include <netinet/in.h>\nstruct in6_pktinfo *info(void);\nint size = sizeof *info();\n' \
	>"$work/sin.c"
[ -n "$(against "$work/sin.c" "$posix")" ] && sin= || sin="nothing was said"
report "a struct that POSIX lacks would be noticed" "$sin"

for source in "$src"/*/*.c "$src"/*/*/*.c; do
	report "${source#"$src/"} is POSIX" "$(against "$source" "$posix")"
done

# The answers of other systems, of what differs most; Linux's headers lend what they must.
lent='-D_GNU_SOURCE'
configure HAVE_DECL_IP_SENDSRCADDR=1 HAVE_DECL_IPV6_RECVPKTINFO=1
report "FreeBSD's and NetBSD's destination of a datagram" \
	"$(against "$src/base/destination.c" $lent -DIP_RECVDSTADDR=7 -DIP_SENDSRCADDR=7)"
configure HAVE_DECL_SO_REUSEPORT=1 HAVE_DECL_SO_REUSEPORT_LB=1
report "FreeBSD's shared port" "$(against "$src/daemon/setup/bind.c" $lent -DSO_REUSEPORT_LB=0x10000)"
configure HAVE_DECL_TCP_NOPUSH=1
report "FreeBSD's and macOS' holding back" "$(against "$src/base/socket.c" $lent -DTCP_NOPUSH=4)"
configure HAVE_DECL_IPV6_RECVPKTINFO=1 HAVE_STRUCT_IN_PKTINFO_IPI_SPEC_DST=1
report "macOS' destination of a datagram" "$(against "$src/base/destination.c" $lent)"

echo "posix: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
