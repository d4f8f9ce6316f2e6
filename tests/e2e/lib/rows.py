# SPDX-License-Identifier: ISC
"""The rows of the reliability catalogue: how often a row is tried, and what it scored.

    class Closing(unittest.TestCase):
        @row("C1", "silent readers, one after the other", "all whole, 0 reset")
        def test_silent_readers(self, score):
            clients = times(500, full=10000)
            ...
            score.haild = f"{whole} of {clients} whole, {resets} reset"

A row whose promise is a time is timed: it runs alone, see within().

script/test --full runs them with the catalogue's own counts, and writes what they score into
doc/reliability.md: python3 tests/e2e/lib/rows.py SCORES DOCUMENT. Rows that were not run stay there as they were.
"""
import datetime
import functools
import json
import os
import pathlib
import platform
import re
import subprocess
import sys
import unittest

FULL = os.environ.get("HAILD_CATALOGUE") == "full"
# Which rows run: "timed" ones, which are then alone; "untimed" ones; or all.
CHOICE = os.environ.get("HAILD_ROWS")
# Whether timed rows that run alone are held to the catalogue's own limits, or else to so many times as much.
OWN_LIMITS = FULL or os.environ.get("HAILD_LIMITS") == "catalogue"
PATIENCE = 3
SCORES = os.environ.get("HAILD_SCORES")
# Slow ones have a tenth of the everyday count, and no time is asked of them.
SLOW = bool(os.environ.get("HAILD_WRAPPER"))


def times(everyday, full, slow=None):
    """How often: enough to see the row fail if it can, or the catalogue's own count with --full.

    slow  with a wrapper, if not a tenth of everyday; the naive twins have no wrapper
    """
    if FULL:
        return full
    return (slow or max(1, everyday // 10)) if SLOW else everyday


# Whether times are judged: the row under way has the machine to itself.
IS_ALONE = (FULL or CHOICE == "timed") and not SLOW
_is_timed = False


def within(seconds, patience=PATIENCE):
    """The limit of a time, for timed rows only: the catalogue's own with --full, `patience` times as much when the
    row runs alone in script/test. Else other tests run at the same time, or there is a wrapper, and
    the limit only tells a row that hangs.

    What a row waits for in any case, such as the time of -t, is not to be in it: `timeout + within(0.2)`.
    """
    assert _is_timed, "only a row with timed=True may ask for a time"
    if not IS_ALONE:
        return 30 + 20 * seconds
    return seconds if OWN_LIMITS else patience * seconds


class Score:
    """What a row has measured, as short texts for the table: naive (None: has no naive twin) and haild."""
    naive = haild = None


def row(number, set_up, figure, timed=False):
    """Decorates the test of a row: gives it a Score to fill in, and keeps that for the table.

    number   as in the catalogue, "C1"
    set_up   what is done, in few words
    figure   what the catalogue asks for
    timed    whether that is a time, so that the row must run alone
    """
    def decorate(test):
        @functools.wraps(test)
        def run(self):
            global _is_timed
            score, _is_timed = Score(), timed
            try:
                test(self, score)
                self.assertIsNotNone(score.haild, f"row {number} has kept no score")
                is_met = True
            except unittest.SkipTest:
                raise
            except BaseException as problem:
                score.haild = f"not met: {score.haild or problem}"
                is_met = False
                raise
            finally:
                if score.haild:
                    _keep(number, set_up, figure, score, is_met)
        run.is_timed = timed
        return run
    return decorate


class Loader(unittest.TestLoader):
    """Leaves out the rows that are not to run."""

    def getTestCaseNames(self, test_case):
        names = super().getTestCaseNames(test_case)
        is_timed = lambda name: getattr(getattr(test_case, name), "is_timed", False)
        if CHOICE == "timed":
            return [name for name in names if is_timed(name)]
        if CHOICE == "untimed":
            return [name for name in names if not is_timed(name)]
        return names


@functools.cache
def _commit():
    """What is tried: the commit, with a + if the sources have changed since; "-" without git."""
    def git(*words):
        return subprocess.run(["git", "-C", str(pathlib.Path(__file__).parent), *words], capture_output=True,
                              text=True, check=True).stdout.strip()
    try:
        changes = git("status", "--porcelain", "--untracked-files=no", "--", ":/src", ":/tests/e2e")
        return git("rev-parse", "--short", "HEAD") + ("+" if changes else "")
    except (OSError, subprocess.CalledProcessError):
        return "-"


def _keep(number, set_up, figure, score, is_met):
    line = f"{number}: {figure}; naive: {score.naive or '-'}; haild: {score.haild}"
    print(line, flush=True)
    if SCORES:
        folder = pathlib.Path(SCORES)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{number}.json").write_text(json.dumps(
            {"number": number, "set_up": set_up, "figure": figure, "naive": score.naive or "-",
             "haild": score.haild, "met": is_met, "full": FULL, "commit": _commit(),
             "date": datetime.date.today().isoformat()}))


SECTIONS = {"C": "Closing and loss", "O": "Overload", "B": "Bad input", "L": "Lifecycle", "S": "Security",
            "K": "Client"}
BEGIN, END = "<!-- the table begins -->\n", "<!-- the table ends -->\n"


ROW = re.compile(r"^\| (([A-Z])(\d+)(\w*)) \|")


def _order(line):
    _, letter, number, part = ROW.match(line).groups()
    return list(SECTIONS).index(letter), int(number), part


def _line(score):
    cells = [score[name].replace("|", "\\|").replace("\n", " ")
             for name in ("number", "set_up", "figure", "naive", "haild", "commit", "date")]
    return f"| {' | '.join(cells)} |"


def table(folder, old=""):
    """The table, in Markdown, of the scores in the folder, and of the old table's rows that have none there."""
    scores = [json.loads(file.read_text()) for file in pathlib.Path(folder).glob("*.json")]
    new = {score["number"]: _line(score) for score in scores}
    kept = {ROW.match(line)[1]: line for line in old.splitlines() if ROW.match(line)}
    lines, section = [], None
    for line in (rows := sorted({**kept, **new}.values(), key=_order)):
        if line[2] != section:
            section = line[2]
            lines += ["", f"### {SECTIONS[section]}", "",
                      "| row | what is done | it must | naive | haild | commit | date |",
                      "|---|---|---|---|---|---|---|"]
        lines.append(line)
    met = sum("| not met: " not in line for line in rows)
    counts = "the catalogue's own counts" if all(score["full"] for score in scores) else "everyday counts"
    lines += ["", f"{met} of {len(rows)} rows met, with {counts}, on Linux {platform.release()} "
              f"({platform.machine()}, {os.cpu_count()} cores)."]
    return "\n".join(lines) + "\n"


def write_table(folder, document):
    """Puts the table into the document, between the marks."""
    path = pathlib.Path(document)
    before, rest = path.read_text().split(BEGIN)
    old, after = rest.split(END)
    path.write_text(f"{before}{BEGIN}{table(folder, old)}\n{END}{after}")


if __name__ == "__main__":
    write_table(*sys.argv[1:])
