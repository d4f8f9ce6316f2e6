# SPDX-License-Identifier: ISC
# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # those that source this set srcdir and use the rest
# sources: what html.sh, layers.sh, licence.sh, links.sh, posix.sh and version.sh share: where the sources are, a
# folder to work in, and how findings are reported. To be sourced, with srcdir set.
src=$srcdir/src
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
passed=0 failed=0

# Reports passed if nothing was found; else what was found.
report() { # what, findings
	if [ -z "$2" ]; then
		passed=$((passed + 1))
		echo "passed: $1"
	else
		failed=$((failed + 1))
		echo "FAILED: $1"
		printf '%s\n' "$2" | sed 's/^/  /'
	fi
}
