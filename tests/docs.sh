#!/bin/sh
# SPDX-License-Identifier: ISC
# docs: holds the option table in the source, --help and the man page against each other.
#
# An option that is in one of them and not in the others fails, and so does one that
# takes a value in one place only, or has another default in the man page. Likewise the variables, the exit statuses,
# the counters, the metrics and the placeholders, as far as the source names them. Programs: HAILD and HAILTO; sources:
# srcdir.
set -u
LC_ALL=C
export LC_ALL

srcdir=${srcdir:-$(dirname "$0")/..}
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
passed=0 failed=0
tab=$(printf '\t')

# An option is listed as "letter name value", in lower case but for the letter, and "-" for what it lacks. A value that
# may be left out is "[value]".

# Lists the rows of an option table in C.
options_of_table() {
	sed -nE "s/^${tab}\{('.'|0), \"([a-z0-9-]+)\", (NULL|\"[A-Z]+\"|\"\[[A-Z]+\]\"),.*/\1 \2 \3/p" "$1" |
		sed "s/^'\(.\)'/\1/; s/^0/-/; s/ NULL\$/ -/; s/\"//g" | lower_values | sort
}

# Lists the options that a program's --help names.
options_of_help() {
	sed -nE 's/^  (-.,|   ) --([a-z0-9-]+)(=[A-Z]+|\[=[A-Z]+\])? .*/\1 \2 \3/p' "$1" |
		sed 's/^-\(.\),/\1/; s/^    */- /; s/\[=/[/; s/ =/ /; s/ $/ -/' | lower_values | sort
}

# Lists the options that have an entry in a man page.
options_of_page() {
	awk '$1 == ".It" && $2 == "Fl" {
		letter = name = value = "-"
		for (i = 2; i <= NF; i++) {
			if ($i == "Fl" && $(i + 1) ~ /^-/) name = substr($(i + 1), 2)
			else if ($i == "Fl") letter = $(i + 1)
			else if ($i == "Ar") value = $(i - 3) $(i - 2) == "Op=" ? "[" $(i + 1) "]" : $(i + 1)
		}
		print letter, name, value
	}' "$1" | sort
}

# Lists what the SYNOPSIS of a man page names: "letter value", or "name value" of those without a letter.
options_of_synopsis() {
	awk '$1 == ".Sh" { inside = $2 == "SYNOPSIS" }
	inside {
		for (i = 1; i <= NF; i++) {
			if ($i != "Fl") continue
			value = "-"
			for (k = i + 2; k <= NF && $k != "Fl" && $k != "|"; k++)
				if ($k == "Ar") value = $(k - 3) $(k - 2) == "Op=" ? "[" $(k + 1) "]" : $(k + 1)
			if ($(i + 1) ~ /^-/) { print substr($(i + 1), 2), value; continue }
			for (c = 1; c <= length($(i + 1)); c++) print substr($(i + 1), c, 1), value
		}
	}' "$1" | sort
}

# Turns the list of options into what a SYNOPSIS should name. A letter takes no value that may be left out.
as_synopsis() {
	awk '$1 != "-" && $3 ~ /^\[/ { print $1, "-"; $1 = "-" }
	{ print ($1 == "-" ? $2 : $1), $3 }' "$1" | sort
}

lower_values() {
	awk '{ print $1, $2, tolower($3) }'
}

# Lists the entries with macro $2 in section or subsection $3 of man page $1.
entries_of_page() {
	awk -v macro="$2" -v wanted="$3" '
	$1 == ".Sh" || $1 == ".Ss" { name = $0; sub(/^.S[hs] /, "", name); inside = name == wanted }
	inside && $1 == ".It" && (macro == "" || $2 == macro) { print (macro == "" ? $2 : $3) }' "$1" | sort
}

# Lists "name: default" of the options whose default --help shows; a table's row is the only place that it has
# them from. One that begins with "as" is words about another limit, which the man page puts in its own.
defaults_of_help() {
	sed -nE 's/^  (-.,|   ) --([a-z0-9-]+)(=[A-Z]+|\[=[A-Z]+\])? .*\(([^()]*)\)$/\2: \4/p' "$1" | grep -v ': as ' | sort
}

# Lists those that a man page states in an option's entry: "The default is 5s.", "The default, 0, means never.", or
# "The default is" and a line with a macro.
defaults_of_page() {
	awk '
	$1 == ".Sh" || $1 == ".Ss" { name = "" }
	$1 == ".It" && $2 == "Fl" { for (i = 3; i <= NF; i++) if ($i ~ /^-/) name = substr($i, 2) }
	name == "" { next }
	awaited { sub(/^\.(Cm|Dq|Li) /, ""); sub(/ \.$/, ""); print name ": " $0 }
	{ awaited = $0 == "The default is" }
	/^The default is .*\.$/ { sub(/^The default is /, ""); sub(/\.$/, ""); print name ": " $0 }
	/^The default, [^ ,]+, means/ { gsub(/^The default, |, means.*/, ""); print name ": " $0 }' "$1" | sort
}

# Lists help texts in C that state a number themselves, and not by their row.
defaults_in_words() {
	grep -nE '"[^"]*\([0-9][^"()]*\)"' "$1"
}

report() {
	if [ "$1" = passed ]; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
	fi
	echo "$1: $2"
}

# Passes if two lists are the same and not empty; else shows what stands in one only.
same() {
	if [ -s "$2" ] && cmp -s "$2" "$3"; then
		report passed "$1"
	else
		report FAILED "$1 ($(wc -l <"$2") here, $(wc -l <"$3") there)"
		diff "$2" "$3" | sed -n 's/^[<>]/  &/p'
	fi
}

# The other way round: a comparison that must see a difference.
differ() {
	if [ -s "$2" ] && ! cmp -s "$2" "$3"; then
		report passed "$1"
	else
		report FAILED "$1: nothing was noticed"
	fi
}

# Passes if nothing was found; else shows it.
none() {
	if [ -z "$2" ]; then
		report passed "$1"
	else
		report FAILED "$1"
		echo "  $2"
	fi
}

# Holds one program's table, help and man page against each other.
check_options() { # name, program, table, page
	options_of_table "$3" >"$work/$1.table"
	"$2" --help >"$work/$1.text" || report FAILED "$1 --help runs"
	options_of_help "$work/$1.text" >"$work/$1.help"
	options_of_page "$4" >"$work/$1.page"
	as_synopsis "$work/$1.table" >"$work/$1.wanted"
	options_of_synopsis "$4" >"$work/$1.synopsis"
	defaults_of_help "$work/$1.text" >"$work/$1.defaults"
	defaults_of_page "$4" >"$work/$1.stated"
	same "$1: the table's options are those of --help" "$work/$1.table" "$work/$1.help"
	same "$1: the table's options have entries in the man page" "$work/$1.table" "$work/$1.page"
	same "$1: the SYNOPSIS has them all" "$work/$1.wanted" "$work/$1.synopsis"
	same "$1: the defaults are those of the man page" "$work/$1.defaults" "$work/$1.stated"
	none "$1: no text for --help states a default" "$(defaults_in_words "$3")"
}

# A check that cannot fail is none: takes --quiet out of each text in turn, and wants it missed.
check_the_checks() { # name, table, page
	grep -v '"quiet"' "$2" | options_of_table /dev/stdin >"$work/mutant"
	differ "$1: an option missing from the table is noticed" "$work/$1.help" "$work/mutant"
	grep -v -e '--quiet' "$work/$1.text" | options_of_help /dev/stdin >"$work/mutant"
	differ "$1: an option missing from --help is noticed" "$work/$1.table" "$work/mutant"
	grep -v 'Fl -quiet' "$3" | options_of_page /dev/stdin >"$work/mutant"
	differ "$1: an option missing from the man page is noticed" "$work/$1.table" "$work/mutant"
	sed '/^\.Op Fl/s/q//' "$3" | options_of_synopsis /dev/stdin >"$work/mutant"
	differ "$1: an option missing from the SYNOPSIS is noticed" "$work/$1.wanted" "$work/mutant"
	sed 's/(\([0-9]*\)s)/(1\1s)/' "$work/$1.text" | defaults_of_help /dev/stdin >"$work/mutant"
	differ "$1: another default in the table is noticed" "$work/$1.stated" "$work/mutant"
	sed 's/^\(The default is [0-9]*\)s/\1ms/' "$3" | defaults_of_page /dev/stdin >"$work/mutant"
	differ "$1: another default in the man page is noticed" "$work/$1.defaults" "$work/mutant"
	sed 's/"print this help"/"print this help (10s)"/' "$2" | defaults_in_words /dev/stdin >"$work/mutant"
	differ "$1: a default in a text for --help is noticed" "$work/mutant" /dev/null
}

check_statuses() { # name, header, page
	sed -n 's/^.*STATUS_[A-Z]* = \([0-9]*\),.*/\1/p' "$2" | sort >"$work/statuses"
	entries_of_page "$3" "" "EXIT STATUS" >"$work/listed"
	same "$1: EXIT STATUS has every code" "$work/statuses" "$work/listed"
}

# The service manager's variables have no place in --help: it sets them.
check_variables() {
	grep -ohE '"(HAILD|LISTEN|NOTIFY|WATCHDOG)_[A-Z_]*"' "$srcdir/src/daemon/options.c" \
		"$srcdir/src/daemon/setup/inherited.c" "$srcdir/src/daemon/tell/notify.c" |
		tr -d '"' | sort -u >"$work/variables"
	entries_of_page "$srcdir/man/haild.8" Ev ENVIRONMENT >"$work/listed"
	same "haild: ENVIRONMENT has every variable" "$work/variables" "$work/listed"
	grep -o 'HAILD_[A-Z_]*' "$work/haild.text" | sort -u >"$work/listed"
	grep '^HAILD_' "$work/variables" >"$work/settings"
	same "haild: --help has every variable that is a setting" "$work/settings" "$work/listed"
}

check_counters() {
	sed -n "s/^${tab}X(\([a-z_]*\),.*/\1/p" "$srcdir/src/daemon/tell/stats.h" | sort >"$work/counters"
	entries_of_page "$srcdir/man/haild.8" Va Counters >"$work/listed"
	same "haild: Counters has every counter" "$work/counters" "$work/listed"
}

# Lists the metrics that a source names; a histogram has three names more.
metrics_of_source() {
	grep -o '\bhaild_[a-z_]*' "$1" | sed -E 's/_(bucket|sum|count)$//' | sort -u
}

# Each has an entry, and none of another name is spoken of.
check_metrics() {
	metrics_of_source "$srcdir/src/daemon/tell/metrics.c" >"$work/metrics"
	entries_of_page "$srcdir/man/haild.8" Va METRICS >"$work/listed"
	same "haild: METRICS has every metric" "$work/metrics" "$work/listed"
	metrics_of_source "$srcdir/man/haild.8" >"$work/listed"
	same "haild: the man page has no other metric" "$work/metrics" "$work/listed"
	grep -v 'haild_draining' "$srcdir/man/haild.8" | metrics_of_source /dev/stdin >"$work/mutant"
	differ "haild: a metric missing from the man page is noticed" "$work/metrics" "$work/mutant"
}

# Lists the placeholders that the source of the fields names.
placeholders_of_source() {
	sed -nE 's/^.*\[FIELD_[A-Z_]+\] = \{(\.name = )?"([a-z_]+)".*/\2/p' "$1" | sort
}

# Lists those that have an entry in the man page.
placeholders_of_page() {
	sed -nE 's/^\.It Li \{([a-z_]+)\} .*/\1/p' "$1" | sort
}

check_placeholders() {
	placeholders_of_source "$srcdir/src/daemon/say/field.c" >"$work/placeholders"
	placeholders_of_page "$srcdir/man/haild.8" >"$work/listed"
	same "haild: What it can say has every placeholder" "$work/placeholders" "$work/listed"
	grep -v '{peer} ' "$srcdir/man/haild.8" | placeholders_of_page /dev/stdin >"$work/mutant"
	differ "haild: a placeholder missing from the man page is noticed" "$work/placeholders" "$work/mutant"
}

# The default port is that of both programs, and haild knows how much hailto prints.
check_agreed() {
	sed -n 's/^port: //p' "$work/haild.defaults" >"$work/agreed"
	sed -nE '/^\.Ss Options/q; s/^The default is ([0-9]+)\.$/\1/p' "$srcdir/man/hailto.1" >"$work/listed"
	same "hailto: the default port is that of haild" "$work/agreed" "$work/listed"
	sed -n 's/^bytes: //p' "$work/hailto.defaults" >"$work/agreed"
	sed -nE 's/^prints only ([0-9]+) bytes by default\.$/\1/p' "$srcdir/man/haild.8" >"$work/listed"
	same "haild: what hailto prints by default is so" "$work/agreed" "$work/listed"
}

check_options haild "${HAILD:-src/haild}" "$srcdir/src/daemon/optiontable.c" "$srcdir/man/haild.8"
check_options hailto "${HAILTO:-src/hailto}" "$srcdir/src/client/optiontable.c" "$srcdir/man/hailto.1"
check_the_checks haild "$srcdir/src/daemon/optiontable.c" "$srcdir/man/haild.8"
check_the_checks hailto "$srcdir/src/client/optiontable.c" "$srcdir/man/hailto.1"
check_statuses haild "$srcdir/src/daemon/status.h" "$srcdir/man/haild.8"
check_statuses hailto "$srcdir/src/client/status.h" "$srcdir/man/hailto.1"
check_variables
check_counters
check_metrics
check_placeholders
check_agreed

echo "docs: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
