# SPDX-License-Identifier: ISC
"""What unittest shows of two values that should be equal, without spinning over long ones.

unittest hands both, line by line, to difflib.ndiff(), which compares each line with each: for two lists of 2,000
equal items that takes hours. Of long values the first difference is enough.
"""
import difflib
import itertools
import types
import unittest

# Up to here ndiff() answers at once, whatever the lines are like.
MOST_LINES = 60
AROUND = 3


def first_difference(first, second):
    """The lines of both around the first that is not the same, marked as ndiff() does."""
    place = next((number for number, (a, b) in enumerate(itertools.zip_longest(first, second)) if a != b), 0)
    begin, end = max(0, place - AROUND), place + 1 + AROUND
    return [f"  ({len(first)} and {len(second)} lines; the first difference is in line {place + 1})\n",
            *(f"  {line}" for line in first[begin:place]),
            *(f"- {line}" for line in first[place:end]),
            *(f"+ {line}" for line in second[place:end])]


def difference(first, second):
    """In place of difflib.ndiff()."""
    if max(len(first), len(second)) <= MOST_LINES:
        return difflib.ndiff(first, second)
    return first_difference(first, second)


def keep_short():
    """Has unittest show differences so, whatever assertion fails."""
    unittest.case.difflib = types.SimpleNamespace(ndiff=difference)
