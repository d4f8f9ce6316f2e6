#!/bin/sh
# SPDX-License-Identifier: ISC
# pages: renders the man pages as a terminal of 80 columns shows them, in groff and in mandoc.
#
# Neither may warn, and no line may go past column 80, also where text begins one column further to the right, as
# in groff 1.23. Sources: srcdir.
set -u
LC_ALL=C
export LC_ALL

srcdir=${srcdir:-$(dirname "$0")/..}
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
passed=0 failed=0 skipped=0
most=79

report() { # passed, FAILED or skipped; what
	case $1 in
	passed) passed=$((passed + 1)) ;;
	skipped) skipped=$((skipped + 1)) ;;
	*) failed=$((failed + 1)) ;;
	esac
	echo "$1: $2"
}

# Renders a page without bold and underline; warnings go to standard error. man(1) leaves two columns free.
render() { # groff or mandoc, utf8 or ascii, page
	case $1 in
	groff) groff -mandoc -T "$2" -P -cbou -ww -rLL=78n -rLT=78n "$3" ;;
	mandoc) mandoc -T "$2" -O width=78 "$3" | sed "s/.$(printf '\b')//g" ;;
	esac
}

# Prints the lines that are too long. A character of several bytes counts as one.
too_long() { # file
	awk -v most="$most" '{
		columns = $0
		gsub(/[\200-\277]/, "", columns)
		if (length(columns) > most) print length(columns) " columns: " $0
	}' "$1"
}

# Prints what a formatter has against a page.
against_page() { # groff or mandoc, utf8 or ascii, page
	render "$1" "$2" "$3" >"$work/text" 2>"$work/warnings" || echo "$1 fails"
	[ -s "$work/text" ] || echo "$1 prints nothing"
	cat "$work/warnings"
	too_long "$work/text"
}

# Prints what mandoc warns of in a page.
against_lint() { # page
	mandoc -T lint -W warning "$1"
}

# Reports passed if nothing was found; else what was found.
judge() { # what, findings
	if [ -z "$2" ]; then
		report passed "$1"
	else
		report FAILED "$1"
		printf '%s\n' "$2" | sed 's/^/  /'
	fi
}

# The other way round: a check that cannot fail is none.
must_find() { # what, findings
	if [ -n "$2" ]; then
		report passed "$1 would be noticed"
	else
		report FAILED "$1 is not noticed"
	fi
}

# Makes pages that are wrong: a line that is too long, a table cell that cannot be broken, an unknown macro.
make_wrong_pages() {
	set -- '.Dd November 26, 2026' '.Dt WRONG 1' '.Os' '.Sh NAME' '.Nm wrong' '.Nd is wrong' '.Sh DESCRIPTION'
	long=$(printf '%90s' '' | tr ' ' x)
	printf '%s\n' "$@" '.Bd -literal' "$long" '.Ed' >"$work/line.1"
	printf '%s\n' "$@" ".Bl -column \"$long\" \"b\"" '.It a Ta two words and some more that stand after it' \
		'.El' >"$work/cell.1"
	printf '%s\n' "$@" '.Wrong macro' >"$work/macro.1"
}

check_with() { # groff or mandoc
	if ! command -v "$1" >/dev/null; then
		report skipped "the pages in $1: it is not installed"
		return
	fi
	for device in utf8 ascii; do
		for page in "$srcdir"/man/*.[1-8]; do
			judge "${page##*/} in $1 -T $device" "$(against_page "$1" "$device" "$page")"
		done
		must_find "a long line in $1 -T $device" "$(against_page "$1" "$device" "$work/line.1")"
		must_find "a wide table in $1 -T $device" "$(against_page "$1" "$device" "$work/cell.1")"
	done
}

check_lint() {
	if ! command -v mandoc >/dev/null; then
		return
	fi
	for page in "$srcdir"/man/*.[1-8]; do
		judge "${page##*/} in mandoc -T lint" "$(against_lint "$page")"
	done
	must_find "an unknown macro in mandoc -T lint" "$(against_lint "$work/macro.1")"
}

make_wrong_pages
check_with groff
check_with mandoc
check_lint

echo "pages: $passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ] || exit 1
[ "$passed" -gt 0 ] || exit 77
