#!/bin/sh
# SPDX-License-Identifier: ISC
# shellcheck disable=SC2016 # backquotes are those of Markdown
# links: follows each link of the documents, and holds doc/README.md to naming them all.
#
# A link must lead to a file or folder of the tree, and its #fragment to a heading there. Where doc/README.md walks
# through the source, each function must be in a file that the same step names. Sources: srcdir.
set -u
LC_ALL=C
export LC_ALL

srcdir=${srcdir:-$(dirname "$0")/..}
# shellcheck source=tests/sources.sh
. "$srcdir/tests/sources.sh"

# Lists the documents below a folder, but not what a build or npm has put there.
list_documents() { # folder
	find "$1" \( -name build -o -name _build -o -name _inst -o -name node_modules -o -name '.git' \) -prune \
		-o -name '*.md' -print | sort
}

# Prints a document without its blocks of code. Lines that are indented are one if they follow an empty line.
prose_of() { # document
	awk '
	/^ *```/ { fenced = !fenced; next }
	/^(    |\t)/ && (was_empty || is_code) { is_code = 1; next }
	NF { is_code = 0 }
	{ was_empty = !NF }
	!fenced' "$1"
}

# Prints where the links of a document lead.
links_of() { # document
	prose_of "$1" | sed 's/`[^`]*`//g' | grep -oE '\]\([^)]+\)' | sed 's/^](//; s/)$//'
}

# Prints the fragments that a document's headings have.
fragments_of() { # document
	prose_of "$1" | sed -n 's/^##* *//p' | tr 'A-Z ' 'a-z-' | sed 's/[^a-z0-9_-]//g'
}

# Prints what is wrong with a link of a document.
against_link() { # document, link
	case $2 in
	https://*) return ;;
	'#'*) file=$1 ;;
	*) file=$(dirname "$1")/${2%%#*} ;;
	esac
	if [ ! -e "$file" ]; then
		echo "$2 leads to nothing"
		return
	fi
	case $2 in
	*'#'*) fragments_of "$file" | grep -qxF -e "${2#*#}" || echo "$2 leads to no heading" ;;
	esac
}

# Prints the links of a document that lead nowhere.
against_links() { # document
	links_of "$1" | while read -r link; do
		against_link "$1" "$link"
	done
}

# Prints the files that users are to read, as paths from the top.
list_readings() {
	list_documents "$srcdir" | sed "s|^$srcdir/||" | grep -vx doc/README.md
	(cd "$srcdir" && printf '%s\n' LICENSE doc/*.json man/*.[1-8])
}

# Prints those to which a document in doc/ has no link.
against_completeness() { # document
	links_of "$1" | sed 's/#.*//' | sed 's|^\.\./||; t; s|^|doc/|' >"$work/linked"
	list_readings | grep -vxF -f "$work/linked" | sed 's/$/ is not named/'
}

# Prints the functions of a walk through the source that are in no file which their step names; and of walks, that
# there are none.
against_steps() { # document
	awk '
	function judge(    i, j, there, line) {
		for (i = 1; i <= functions; i++) {
			there = 0
			for (j = 1; j <= files; j++) {
				while ((getline line < file[j]) > 0) if (index(line, name[i] "(")) there = 1
				close(file[j])
			}
			if (!there) print name[i] "() is in no file of its step"
		}
		seen += functions
		functions = files = 0
	}
	/^[0-9]+\. / { judge(); inside = 1 }
	/^$/ { judge(); inside = 0 }
	inside {
		rest = $0
		while (match(rest, /\]\([^)]*\)/)) {
			file[++files] = folder "/" substr(rest, RSTART + 2, RLENGTH - 3)
			rest = substr(rest, RSTART + RLENGTH)
		}
		rest = $0
		while (match(rest, /`[a-z_]+\(\)`/)) {
			name[++functions] = substr(rest, RSTART + 1, RLENGTH - 4)
			rest = substr(rest, RSTART + RLENGTH)
		}
	}
	END { judge(); if (!seen) print "no functions found" }' folder="$(dirname "$1")" "$1"
}

# Passes if something was found.
must_find() { # what, findings
	[ -n "$2" ] && found= || found="nothing was said"
	report "$1 would be noticed" "$found"
}

# A check that cannot fail is none. The documents are where the real one is, as far as links go.
check_the_checks() {
	mkdir -p "$work/tree/doc" "$work/tree/src"
	wrong=$work/tree/doc/wrong.md
	printf '# One two\n\n[a](none.md)\n' >"$wrong"
	must_find "a link to no file" "$(against_links "$wrong")"
	printf '# One two\n\n[a](#one-three)\n' >"$wrong"
	must_find "a link to no heading" "$(against_links "$wrong")"
	printf '# One: `two`\n\n[a](#one-two)\n\n    [b](none.md)\n' >"$wrong"
	report "code has no links" "$(against_links "$wrong")"
	grep -v security.md "$srcdir/doc/README.md" >"$wrong"
	must_find "a document that is not named" "$(against_completeness "$wrong")"
	echo 'int one(void)' >"$work/tree/src/one.c"
	printf '1. [one.c](../src/one.c): `one()`,\n   then `two()`.\n' >"$wrong"
	must_find "a function that is not there" "$(against_steps "$wrong")"
	printf '1. [one.c](../src/one.c): one.\n' >"$wrong"
	must_find "a walk without functions" "$(against_steps "$wrong")"
}

[ "$(list_documents "$srcdir" | wc -l)" -gt 15 ] && few= || few="only $(list_documents "$srcdir")"
report "there are documents" "$few"
for document in $(list_documents "$srcdir"); do
	report "the links of ${document#"$srcdir/"} lead somewhere" "$(against_links "$document")"
done
report "doc/README.md names each document" "$(against_completeness "$srcdir/doc/README.md")"
report "doc/README.md names functions that are there" "$(against_steps "$srcdir/doc/README.md")"
check_the_checks

echo "links: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
