#!/bin/sh
# SPDX-License-Identifier: ISC
# version: holds each place that names our version to the one in configure.ac, and NEWS.md to its form.
#
# Each section of NEWS.md is "## VERSION (DATE)", the newest first. Only the topmost may be "(unreleased)", and it is
# about the version in configure.ac; so is the topmost entry of debian/changelog, where there is one. Program: HAILD,
# if set; sources: srcdir.
set -u
LC_ALL=C
export LC_ALL

srcdir=${srcdir:-$(dirname "$0")/..}
# shellcheck source=tests/sources.sh
. "$srcdir/tests/sources.sh"

number='[0-9][0-9]*\.[0-9][0-9]*\.[0-9][0-9]*'

# Prints the version in the tree below a folder.
version_of() { # folder
	sed -n "s/^AC_INIT(\[haild\], \[\($number\)\])\$/\1/p" "$1/configure.ac"
}

# Prints the places below a folder that name a version of haild: "file:line:haild 1.2.3". NEWS.md has all of them.
list_places() { # folder
	(cd "$1" && find ./*.md doc examples man systemd debian -type f ! -name NEWS.md ! -path debian/changelog \
		-exec grep -noE "haild[ :_-]$number" /dev/null {} + 2>/dev/null) | sed 's|^\./||'
}

# Prints the places that name another version, or that there are none.
against_places() { # folder
	version=$(version_of "$1")
	list_places "$1" >"$work/places"
	[ -s "$work/places" ] || echo "nothing names the version"
	grep -vE "haild[ :_-]$version\$" "$work/places" | sed "s/:haild.\($number\)\$/ names \1, and configure.ac $version/"
}

# Prints the sections of NEWS.md that are out of form or order, and a topmost one that is about another version.
against_news() { # folder
	version=$(version_of "$1")
	awk -v version="$version" '
	function weight(text,    part) {
		split(text, part, ".")
		return (part[1] * 1000 + part[2]) * 1000 + part[3]
	}
	!/^## / { next }
	{ sections++ }
	$0 !~ /^## [0-9]+\.[0-9]+\.[0-9]+ \((unreleased|20[0-9][0-9]-[01][0-9]-[0-3][0-9])\)$/ {
		print "NEWS.md:" NR ": \"" $0 "\" is not \"## VERSION (YYYY-MM-DD)\""
		next
	}
	sections == 1 && $2 != version { print "NEWS.md:" NR " is about " $2 ", and configure.ac " version }
	sections > 1 && $3 == "(unreleased)" { print "NEWS.md:" NR ": " $2 " is below another one, and unreleased" }
	sections > 1 && weight($2) >= last { print "NEWS.md:" NR ": " $2 " is below an older one" }
	{ last = weight($2) }
	END { if (!sections) print "NEWS.md has no section" }' "$1/NEWS.md"
}

# Prints what is wrong with the topmost entry of debian/changelog: "haild (VERSION-REVISION) ...".
against_changelog() { # folder
	version=$(version_of "$1")
	[ ! -e "$1/debian/changelog" ] ||
		sed -n "1 { /^haild (\([0-9]:\)\{0,1\}${version}[-)]/!s|^|debian/changelog, and configure.ac $version: |p; }" \
			"$1/debian/changelog"
}

# Prints what a program says of itself that is another version.
against_program() { # folder, program
	said=$("$2" --version)
	case $said in
	"haild $(version_of "$1")"*) ;;
	*) echo "it says: $said" ;;
	esac
}

# Passes if something was found.
must_find() { # what, findings
	[ -n "$2" ] && found= || found="nothing was said"
	report "$1 would be noticed" "$found"
}

# Writes NEWS.md with these headings into the tree of the sinner.
news() { # heading...
	printf '# News\n\n' >"$sinner/NEWS.md"
	printf '%s\n\n- a change\n\n' "$@" >>"$sinner/NEWS.md"
}

# A check that cannot fail is none.
check_the_checks() {
	sinner=$work/sinner
	mkdir -p "$sinner/debian" "$sinner/man"
	echo 'AC_INIT([haild], [1.2.3])' >"$sinner/configure.ac"
	must_find "a tree that names no version" "$(against_places "$sinner")"
	echo 'It says: haild 1.2.2 listens' >"$sinner/man/haild.8"
	must_find "an old version in a man page" "$(against_places "$sinner")"
	news '## 1.2.3 (unreleased)' '## 1.2.2 (2026-12-01)' '## 1.0.11 (2026-11-28)' '## 1.0.9 (2026-11-27)'
	report "news in its form pass" "$(against_news "$sinner")"
	news '## 1.2.3' '## 1.2.2 (2026-11-28)'
	must_find "news without a date" "$(against_news "$sinner")"
	news '## 1.2.2 (2026-11-28)'
	must_find "no news of the version" "$(against_news "$sinner")"
	news '## 1.2.3 (2026-11-28)' '## 1.2.2 (unreleased)'
	must_find "an old section that is unreleased" "$(against_news "$sinner")"
	news '## 1.2.3 (2026-11-28)' '## 1.2.10 (2026-11-27)'
	must_find "sections out of order" "$(against_news "$sinner")"
	news
	must_find "news without a section" "$(against_news "$sinner")"
	echo 'haild (1.2.3-1) unstable; urgency=medium' >"$sinner/debian/changelog"
	report "a package of the version passes" "$(against_changelog "$sinner")"
	echo 'haild (1.2.30-1) unstable; urgency=medium' >"$sinner/debian/changelog"
	must_find "a package of another version" "$(against_changelog "$sinner")"
	must_find "a program of another version" "$(against_program "$sinner" echo)"
}

report "configure.ac has a version" "$([ -n "$(version_of "$srcdir")" ] || echo "no AC_INIT([haild], [VERSION])")"
report "each place that names a version names that one" "$(against_places "$srcdir")"
report "NEWS.md is in form" "$(against_news "$srcdir")"
report "debian/changelog is about that version" "$(against_changelog "$srcdir")"
[ -z "${HAILD-}" ] || report "haild says that version" "$(against_program "$srcdir" "$HAILD")"
check_the_checks

echo "version: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
