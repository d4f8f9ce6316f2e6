#!/bin/sh
# SPDX-License-Identifier: ISC
# html: makes the man pages as HTML, and holds them to what readers and links need.
#
# Each option of --help must have an anchor, each link must lead somewhere, nothing may be fetched from elsewhere, and
# tidy, where it is installed, may find nothing. Programs: HAILD and HAILTO; sources: srcdir; runs in the build folder.
set -u
LC_ALL=C
export LC_ALL
# What the make that runs the tests says to its own.
unset MAKEFLAGS MFLAGS MAKELEVEL

srcdir=${srcdir:-$(dirname "$0")/..}
# shellcheck source=tests/sources.sh
. "$srcdir/tests/sources.sh"
skipped=0

make_pages() { # [argument]...
	make -s html "$@" 2>&1
}

# Prints the options that a program's --help names.
options_of_help() { # program
	"$1" --help | sed -nE 's/^  (-.,|   ) --([a-z0-9-]+).*/--\2/p'
}

# Prints the sections and subsections of a man page, as their anchors.
sections_of() { # man page
	sed -nE 's/^\.S[hs] //p' "$1" | tr ' ' _
}

# Prints each anchor of a page.
anchors_of() { # page
	grep -o ' id="[^"]*"' "$1" | sed 's/^ id="//; s/"$//'
}

# Prints where each link of a page leads.
links_of() { # page
	grep -o ' href="[^"]*"' "$1" | sed 's/^ href="//; s/"$//'
}

# Prints the names from standard input that have no anchor in a page, or no link to it; or that there are no names.
against_names() { # page
	sed 's/^/#/' >"$work/names"
	[ -s "$work/names" ] || echo "no names found"
	anchors_of "$1" | sed 's/^/#/' >"$work/anchors"
	links_of "$1" >"$work/links"
	grep -vxF -f "$work/anchors" "$work/names" | sed 's/$/ has no anchor/'
	grep -vxF -f "$work/links" "$work/names" | sed 's/$/ has no link/'
}

# Prints anchors that are there twice.
against_anchors() { # page
	anchors_of "$1" | sort | uniq -d | sed 's/$/ is there twice/'
}

# Prints links that lead nowhere: to no anchor, or to a page that is neither ours nor on the site of Debian's.
against_links() { # page
	anchors_of "$1" | sed 's/^/#/' >"$work/anchors"
	links_of "$1" >"$work/links"
	[ -s "$work/links" ] || echo "no links found"
	grep '^#' "$work/links" | grep -vxF -f "$work/anchors"
	grep -vE '^(#.*|(haild\.8|hailto\.1)\.html|https://manpages\.debian\.org/[a-z._-]+\.[1-8])$' "$work/links"
}

# Prints what makes a browser fetch more than the page.
against_fetching() { # page
	grep -nE ' src=|<link|<script|@import|[^a-z]url\(' "$1"
}

check_page() { # program, man page, HTML
	name=${3##*/}
	report "$name: each option of --help has an anchor" "$(options_of_help "$1" | against_names "$3")"
	report "$name: each section has an anchor" "$(sections_of "$2" | grep -vx -e NAME -e SYNOPSIS | against_names "$3")"
	report "$name: each anchor is there once" "$(against_anchors "$3")"
	report "$name: each link leads somewhere" "$(against_links "$3")"
	report "$name: nothing is fetched" "$(against_fetching "$3")"
	if command -v tidy >/dev/null; then
		report "$name: tidy finds nothing" "$(tidy -q -e "$3" 2>&1)"
	else
		skipped=$((skipped + 1))
		echo "skipped: $name in tidy: it is not installed"
	fi
}

# Passes if something was found.
must_find() { # what, findings
	[ -n "$2" ] && found= || found="nothing was said"
	report "$1 would be noticed" "$found"
}

# A check that cannot fail is none.
check_the_checks() { # program, HTML
	sed 's/ id="--quiet"//' "$2" >"$work/wrong"
	must_find "an option without an anchor" "$(options_of_help "$1" | against_names "$work/wrong")"
	must_find "a help without options" "$(against_names "$2" </dev/null)"
	sed 's/ id="--quiet"/ id="--port"/' "$2" >"$work/wrong"
	must_find "an anchor that is there twice" "$(against_anchors "$work/wrong")"
	must_find "a link to no anchor" "$(sed 's/ id="Options"//' "$2" >"$work/wrong" && against_links "$work/wrong")"
	sed 's/hailto\.1\.html/hailto.8.html/' "$2" >"$work/wrong"
	must_find "a link to no page" "$(against_links "$work/wrong")"
	sed 's/<title>/<link rel="stylesheet" href="x.css">&/' "$2" >"$work/wrong"
	must_find "a style sheet that is fetched" "$(against_fetching "$work/wrong")"
}

# What a machine without mandoc is told, and that no half page is left there.
check_without_mandoc() {
	rm -f man/hailto.1.html
	said=$(make_pages MANDOC=no-such-formatter) && wrong="make html succeeds"
	case $said in
	*"needs mandoc"*) ;;
	*) wrong="it says: $said" ;;
	esac
	[ ! -e man/hailto.1.html ] || wrong="there is a page"
	report "without mandoc, make html says what it needs" "${wrong-}"
}

if ! command -v mandoc >/dev/null; then
	echo "skipped: mandoc is not installed"
	echo "html: 0 passed, 0 failed, 1 skipped"
	exit 77
fi
check_without_mandoc
rm -f man/haild.8.html man/hailto.1.html
report "make html says nothing but what it makes" "$(make_pages | grep -v '^  GEN ')"
check_page "${HAILD:-src/haild}" "$srcdir/man/haild.8" man/haild.8.html
check_page "${HAILTO:-src/hailto}" "$srcdir/man/hailto.1" man/hailto.1.html
check_the_checks "${HAILD:-src/haild}" man/haild.8.html

echo "html: $passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
