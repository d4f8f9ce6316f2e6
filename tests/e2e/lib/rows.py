"""The rows of the reliability catalogue: how often a row is tried, and what it scored.

    class Closing(unittest.TestCase):
        @row("C1", "silent readers, one after the other", "all whole, 0 reset")
        def test_silent_readers(self, score):
            clients = times(500, full=10000)
            ...
            score.haild = f"{whole} of {clients} whole, {resets} reset"

script/test --full runs them with the catalogue's own counts, and writes what they score into
doc/reliability.md: python3 tests/e2e/lib/rows.py SCORES DOCUMENT. Rows that were not run stay there as they were.
"""
import functools
import json
import os
import pathlib
import platform
import re
import sys
import unittest

FULL = os.environ.get("HAILD_CATALOGUE") == "full"
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


def within(seconds):
    """The catalogue's limit of a time with --full, when a row runs alone; else twenty of it and some:
    other tests run at the same time, and a busy machine must not fail a row."""
    return seconds if FULL else 30 + 20 * seconds


class Score:
    """What a row has measured, as short texts for the table: naive (None: has no naive twin) and haild."""
    naive = haild = None


def row(number, set_up, figure):
    """Decorates the test of a row: gives it a Score to fill in, and keeps that for the table.

    number   as in the catalogue, "C1"
    set_up   what is done, in few words
    figure   what the catalogue asks for
    """
    def decorate(test):
        @functools.wraps(test)
        def run(self):
            score = Score()
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
        return run
    return decorate


def _keep(number, set_up, figure, score, is_met):
    line = f"{number}: {figure}; naive: {score.naive or '-'}; haild: {score.haild}"
    print(line, flush=True)
    if SCORES:
        folder = pathlib.Path(SCORES)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{number}.json").write_text(json.dumps(
            {"number": number, "set_up": set_up, "figure": figure, "naive": score.naive or "-",
             "haild": score.haild, "met": is_met, "full": FULL}))


SECTIONS = {"C": "Closing and loss", "O": "Overload", "B": "Bad input", "L": "Lifecycle", "S": "Security",
            "K": "Client"}
BEGIN, END = "<!-- the table begins -->\n", "<!-- the table ends -->\n"


ROW = re.compile(r"^\| (([A-Z])(\d+)(\w*)) \|")


def _order(line):
    _, letter, number, part = ROW.match(line).groups()
    return list(SECTIONS).index(letter), int(number), part


def _line(score):
    cells = [score[name].replace("|", "\\|").replace("\n", " ")
             for name in ("number", "set_up", "figure", "naive", "haild")]
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
            lines += ["", f"### {SECTIONS[section]}", "", "| row | what is done | it must | naive | haild |",
                      "|---|---|---|---|---|"]
        lines.append(line)
    met = sum("| not met: " not in line for line in rows)
    counts = "the catalogue's own counts" if all(score["full"] for score in scores) else "everyday counts"
    lines += ["", f"{met} of {len(rows)} rows met, with {counts}, on Linux {platform.release()} "
              f"({platform.machine()}, {os.cpu_count()} cores)."]
    if left := set(kept) - set(new):
        lines += ["", f"From an earlier run: {', '.join(sorted(left))}."]
    return "\n".join(lines) + "\n"


def write_table(folder, document):
    """Puts the table into the document, between the marks."""
    path = pathlib.Path(document)
    before, rest = path.read_text().split(BEGIN)
    old, after = rest.split(END)
    path.write_text(f"{before}{BEGIN}{table(folder, old)}\n{END}{after}")


if __name__ == "__main__":
    write_table(*sys.argv[1:])
