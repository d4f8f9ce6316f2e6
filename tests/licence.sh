#!/bin/sh
# SPDX-License-Identifier: ISC
# licence: holds each source to saying in its first line under which licence it is, or below "#!" in its second.
#
# Sources are what has the suffix of one, and scripts without any suffix. Sources: srcdir.
set -u
LC_ALL=C
export LC_ALL

srcdir=${srcdir:-$(dirname "$0")/..}
# shellcheck source=tests/sources.sh
. "$srcdir/tests/sources.sh"

licence='SPDX-License-Identifier: ISC'

# Lists the sources below a folder, or the one file of that name.
list_sources() { # folder or file
	find "$1" -type f \( -name '*.[ch]' -o -name '*.py' -o -name '*.sh' -o -name '*.[1-8]' -o -name '*.am' \
		-o -name '*.ac' -o -name '*.mk' -o -name '*.gnuplot' -o -name '*.sed' -o -name '*.bash' -o -name '*.fish' \
		-o -name '*.zsh' \)
	find "$1" -name corpus -prune -o -type f ! -name '*.*' -exec awk 'FNR == 1 && /^#!/ { print FILENAME }' {} +
	find "$1" -type f \( -name '*.p*inst' -o -name '*.p*rm' \)
}

# Whether a source has the line, as a comment of its language.
has_line() { # file
	case $1 in
	*.[ch]) wanted="/* $licence */" ;;
	*.[1-8]) wanted=".\\\" $licence" ;;
	*) wanted="# $licence" ;;
	esac
	{
		read -r line
		case $line in '#!'* | '#compdef '*) read -r line ;; esac
	} <"$1"
	[ "$line" = "$wanted" ]
}

# Prints the sources that lack the line, or that there are none.
against() { # folder or file
	list_sources "$1" >"$work/list"
	[ -s "$work/list" ] || echo "no sources found"
	while read -r source; do
		has_line "$source" || echo "$source"
	done <"$work/list"
}

# A check that cannot fail is none: each of these files lacks the line, or has another one, or has it too low.
make_sinners() { # folder
	mkdir "$1"
	echo 'set -e' >"$1/haild.postinst"
	echo 'int sin;' >"$1/none.c"
	printf '/* sin: comes first. */\n/* %s */\n' "$licence" >"$1/low.h"
	printf '#!/usr/bin/env python3\n"""Sin."""\n# %s\n' "$licence" >"$1/low.py"
	printf '#!/bin/sh\n# %s-style\n' "$licence" >"$1/other.sh"
	printf '# %s\n.Dd November 26, 2026\n' "$licence" >"$1/foreign.1"
	printf '#!/bin/sh\n# script\n' >"$1/script"
	echo 'AC_INIT' >"$1/configure.ac"
	echo 'TESTS =' >"$1/Makefile.am"
	echo 'TESTS +=' >"$1/local.mk"
	echo 'plot 1' >"$1/plot.gnuplot"
	echo 's/sin//' >"$1/page.sed"
	echo 'complete' >"$1/complete.bash"
	echo 'complete' >"$1/complete.fish"
	echo '#compdef sin' >"$1/complete.zsh"
	: >"$1/empty.py"
}

make_sinners "$work/sinners"
for sinner in "$work/sinners"/*; do
	[ "$(against "$sinner")" = "$sinner" ] && sin= || sin="nothing was said"
	report "${sinner##*/} would be noticed" "$sin"
done
for name in .ci Makefile.am bench completion configure.ac examples findings man script src tests; do
	report "the sources in $name say their licence" "$(against "$srcdir/$name")"
done
# The tarball has none; and what a build leaves there is none of ours.
for name in rules tests haild.postinst haild.postrm haild.prerm; do
	[ ! -e "$srcdir/debian/$name" ] ||
		report "the sources in debian/$name say their licence" "$(against "$srcdir/debian/$name")"
done

echo "licence: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
