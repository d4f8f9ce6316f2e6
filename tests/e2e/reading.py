#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Runs the clients of examples/reading, and ways to read that are wrong, and prints what came of each.

For script/reading, which builds haild. Arguments: --needs prints what all of them need; else the clients' files, or
none for all.
"""
import collections
import concurrent.futures
import sys

from lib import harness, misreading, reading


def tell(outcome, name, more, problems=()):
    """Prints an outcome's line, and what went wrong below it; returns the outcome."""
    print(f"{outcome:8} {name:20} {more}", flush=True)
    for problem in problems:
        print(f"         {problem}")
    return outcome


def judge(session, row):
    """Runs one client."""
    lacking = reading.missing(row)
    if lacking:
        packages = " ".join(filter(None, (row.packages, row.library)))
        return tell("skipped", row.file, f"{lacking} is not here (Debian: {packages})")
    problems = session.problems(row)
    version = f"{row.library or next(iter(reading.programs(row)))} {reading.version(row)}"
    return tell("FAILED" if problems else "passed", row.file, version + "".join(f", not {one}" for one in row.lacks), problems)


def judge_patience(session, rows):
    """Has the clients read from a server that says nothing, many at a time, since they wait; returns the outcomes."""
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        problems = list(pool.map(session.patience_problem, rows))
    return [tell("FAILED", row.file, "does not give up", [problem]) for row, problem in zip(rows, problems) if problem]


def judge_wrong(session, wrong):
    """Has one client read in a wrong way, which must go wrong as stated."""
    if misreading.missing(wrong):
        return tell("skipped", wrong.file, wrong.what)
    problem = misreading.problem(wrong, session.ports)
    return tell("CHANGED" if problem else "wrong", wrong.file, wrong.what, [problem] if problem else [])


def main():
    wanted = sys.argv[1:] or [row.file for row in reading.ROWS]
    rows = [row for row in reading.ROWS if row.file in wanted]
    with reading.Reading() as session:
        outcomes = [judge(session, row) for row in rows]
        outcomes += judge_patience(session, [row for row in rows if not reading.missing(row)])
        print("\nWrong ways:")
        outcomes += [judge_wrong(session, wrong) for wrong in misreading.WRONG if wrong.file in wanted]
    counts = collections.Counter(outcomes)
    print("\nreading:", ", ".join(f"{counts[one]} {one}" for one in ("passed", "wrong", "FAILED", "CHANGED", "skipped")))
    return 1 if counts["FAILED"] or counts["CHANGED"] else 0


if __name__ == "__main__":
    if sys.argv[1:] == ["--needs"]:
        print("\n".join(need for row in reading.ROWS for need in reading.needs(row)))
    else:
        harness.enter_network_namespace()
        sys.exit(main())
