#!/bin/sh
# SPDX-License-Identifier: ISC
# fuzz: gives every fuzz target the inputs of its corpus; it must stand them all.
#
# Sources: srcdir; programs: tests/fuzz/ in the current directory. script/fuzz looks for more.
set -u

srcdir=${srcdir:-$(dirname "$0")/..}
passed=0 failed=0

# Counts as many inputs as there are files.
count() { # passed or FAILED, target, file...
	verdict=$1 target=$2
	shift 2
	echo "$verdict: $target with $# inputs"
	if [ "$verdict" = passed ]; then
		passed=$((passed + $#))
	else
		failed=$((failed + $#))
	fi
}

for source in "$srcdir"/tests/fuzz/fuzz_*.c; do
	target=$(basename "$source" .c)
	set -- "$srcdir/tests/fuzz/corpus/${target#fuzz_}"/*
	if "tests/fuzz/$target" "$@"; then
		count passed "$target" "$@"
	else
		count FAILED "$target" "$@"
	fi
done 2>&1

echo "fuzz: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
