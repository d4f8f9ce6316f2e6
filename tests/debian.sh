#!/bin/sh
# SPDX-License-Identifier: ISC
# debian: holds debian/ against what it is about: the version, the licence, the documents, and what configure wants.
#
# Skipped in a tarball, which has no debian/: it is Debian's to add. Sources: srcdir.
set -u
LC_ALL=C
export LC_ALL

srcdir=${srcdir:-$(dirname "$0")/..}
if [ ! -d "$srcdir/debian" ]; then
	echo "skipped: there is no debian/ here"
	exit 77
fi
# shellcheck source=tests/sources.sh
. "$srcdir/tests/sources.sh"

# Prints what differs between the version of configure and that of the newest entry, but for its part after the "-".
against_version() { # configure.ac, changelog
	here=$(sed -n 's/^AC_INIT(\[haild\], \[\(.*\)\])$/\1/p' "$1")
	there=$(sed -n '1s/^haild (\(.*\)-[^-]*) .*/\1/p' "$2")
	[ -n "$here" ] && [ "$here" = "$there" ] || echo "configure.ac has '$here', debian/changelog has '$there'"
}

# Prints a text without its lines' ends, and without what debian/copyright has at their beginning.
words() {
	sed 's/^ \.$//' | tr -s '[:space:]' '\n'
}

# Prints what differs between LICENSE, but for its title, and the text in debian/copyright.
against_licence() { # LICENSE, copyright
	sed -n 's/^Copyright (c) //p' "$1" | words >"$work/here"
	sed -n 's/^Copyright: //p' "$2" | words >"$work/there"
	sed '1,/^Copyright/d' "$1" | words | sed '/^$/d' >>"$work/here"
	sed '1,/^License: ISC$/d' "$2" | sed '1,/^License: ISC$/d' | words | sed '/^$/d' >>"$work/there"
	diff "$work/here" "$work/there"
}

# Prints which documents and examples are in no package or in two, or are not there. doc/README.md is the checkout's.
against_documents() { # list of them, folder with *.docs and *.examples
	cat "$2"/*.docs "$2"/*.examples | grep -vx README.md | sort >"$work/packaged"
	sort "$1" | diff - "$work/packaged"
}

list_documents() {
	(cd "$srcdir" && ls -d doc/*.md examples/*) | grep -vx doc/README.md
}

# Lists "library version" of what configure wants at least, and of what debian/control wants.
least_of_configure() { # configure.ac
	sed -nE 's/.*PKG_CHECK_MODULES\(\[[A-Z]+\], \[([a-z]+)(_core)? >= ([0-9.]+)\].*/\1 \3/p' "$1" | sort
}
least_of_control() { # control
	sed -nE 's/^ (lib(event|seccomp)-dev|check) \(>= ([0-9.]+)\).*/\1 \3/p' "$1" | sed 's/-dev / /' | sort
}
against_least() { # configure.ac, control
	least_of_configure "$1" >"$work/least"
	[ -s "$work/least" ] || echo "configure.ac wants nothing"
	least_of_control "$2" | diff "$work/least" -
}

# A check that cannot fail is none.
noticed() { # what, findings
	[ -n "$2" ] && sin= || sin="nothing was said"
	report "$1 would be noticed" "$sin"
}

debian=$srcdir/debian
mkdir "$work/debian"
cp "$debian"/*.docs "$debian"/*.examples "$work/debian"
list_documents >"$work/documents"
sed '1s/(/(1/' "$debian/changelog" >"$work/changelog"
sed 's/AND FITNESS/OR FITNESS/' "$debian/copyright" >"$work/copyright"
sed 's/^Copyright: .*/Copyright: 1970 nobody/' "$debian/copyright" >"$work/copyright2"
sed 's/\(libevent-dev (>= \)2/\13/' "$debian/control" >"$work/control"

noticed "another version" "$(against_version "$srcdir/configure.ac" "$work/changelog")"
noticed "another licence" "$(against_licence "$srcdir/LICENSE" "$work/copyright")"
noticed "another author" "$(against_licence "$srcdir/LICENSE" "$work/copyright2")"
noticed "another libevent" "$(against_least "$srcdir/configure.ac" "$work/control")"
echo doc/new.md >>"$work/documents"
noticed "a document in no package" "$(against_documents "$work/documents" "$work/debian")"

list_documents >"$work/documents"
report "debian/changelog has the version of configure.ac" "$(against_version "$srcdir/configure.ac" "$debian/changelog")"
report "debian/copyright has the text of LICENSE" "$(against_licence "$srcdir/LICENSE" "$debian/copyright")"
report "debian/control wants what configure.ac wants" "$(against_least "$srcdir/configure.ac" "$debian/control")"
report "each document and example is in one package" "$(against_documents "$work/documents" "$debian")"

echo "debian: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
