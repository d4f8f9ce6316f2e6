#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""The harness itself: what it must not do to a test that fails, or to one that a shell started in the background."""
import datetime
import os
import signal
import sys
import tempfile
import textwrap
import unittest

from lib import harness, rows
from lib.harness import run, temporary_directory

FOLDER = os.path.dirname(os.path.abspath(__file__))
# Nothing of how this file itself is run.
PLAIN = {"PYTHONPATH": FOLDER, "HAILD_CATALOGUE": "", "HAILD_LIMITS": "", "HAILD_ROWS": "", "HAILD_SCORES": "",
         "HAILD_WRAPPER": ""}


class Files(unittest.TestCase):
    def outcome(self, body, prefix=(), deadline=None, env=None):
        """Runs a file with one test, whose body this is; returns the Result."""
        path = temporary_directory(self) / "test_file.py"
        path.write_text(textwrap.dedent("""
            import signal, time, unittest
            from lib import harness, rows
            from lib.rows import row, within
            class Test(unittest.TestCase):
            {}
            harness.main()
            """).format(textwrap.indent(textwrap.dedent(body), "    ")))
        return run(sys.executable, path, env={**PLAIN, **(env or {})}, prefix=prefix,
                   deadline=deadline)


class Harness(Files):
    def fails_quickly(self, assertion, *shown):
        outcome = self.outcome(f"""
            def test(self):
                self.{assertion}
            """)
        self.assertEqual(outcome.exit, 1)
        for text in shown:
            self.assertIn(text, outcome.stdout)
        self.assertTrue(outcome.stdout.endswith(b"test_file: 0 passed, 1 failed, 0 skipped\n"), outcome)

    def test_long_values_do_not_spin(self):
        self.fails_quickly("assertEqual([b'x' * 100] * 2000, [b'x' * 99] * 1999)", b"First differing element 0")
        self.fails_quickly("assertEqual(['same'] * 2000, ['same'] * 1999)", b"2000 and 1999 lines",
                           b"the first difference is in line 1999")
        self.fails_quickly("assertEqual({n: 'same' for n in range(2000)}, {n: 'same' for n in range(1, 2001)})",
                           b"the first difference is in line 1)")
        self.fails_quickly("assertEqual('same\\n' * 3000, 'same\\n' * 2999 + 'other\\n')",
                           b"the first difference is in line 3000", b"- same", b"+ other")

    def test_short_values_are_shown_whole(self):
        self.fails_quickly("assertEqual(['a', 'b', 'c'], ['a', 'x', 'c'])", b"- ['a', 'b', 'c']", b"?        ^")

    def test_ignored_signals_are_restored(self):
        outcome = self.outcome("""
            def test(self):
                for number in (signal.SIGINT, signal.SIGQUIT):
                    child = harness.start(["sh", "-c", f"ulimit -c 0; kill -{int(number)} $$; exit 7"])
                    self.assertEqual(child.wait(), -number)
            """, prefix=("sh", "-c", "trap '' INT QUIT; exec \"$@\"", "sh"))
        self.assertEqual(outcome.exit, 0, outcome)

    def test_name_server_that_nobody_would_ask(self):
        outcome = self.outcome("""
            def test(self):
                from lib import machine
                with machine.name_server():
                    self.fail("it would not be asked")
            """)
        self.assertEqual(outcome.exit, 77, outcome)
        self.assertIn(b"skipped \"/etc/resolv.conf can't be replaced in a mount namespace here\"", outcome.stdout)

    def test_interruption_ends_it(self):
        for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
            outcome = self.outcome(f"""
                def test_1(self):
                    signal.raise_signal({int(number)})
                def test_2(self):
                    print("went on")
                """)
            self.assertEqual(outcome.exit, 128 + number)
            self.assertTrue(outcome.stdout.endswith(b"interrupted\n"), outcome)
            self.assertNotIn(b"went on", outcome.stdout)


class Log(unittest.TestCase):
    """What a test reads in the log of a daemon that is writing it"""

    def setUp(self):
        self.log = tempfile.TemporaryFile()
        self.addCleanup(self.log.close)
        self.daemon = harness.Daemon()
        self.daemon._log = self.log

    def write(self, text):
        self.log.write(text)
        self.log.flush()

    def test_line_counts_once_its_newline_is_there(self):
        self.write(b"closed: a: done, 1 ms\nclosed: b: done, 12")
        self.assertEqual(self.daemon.log_lines("closed: .*"), ["closed: a: done, 1 ms"])
        self.assertEqual(self.daemon.whole_log(), "closed: a: done, 1 ms\n")
        with self.assertRaises(AssertionError):
            self.daemon.wait_log(r"^closed: b: done, (\d+)", deadline=0)
        self.write(b"3 ms\n")
        self.assertEqual(self.daemon.wait_log(r"^closed: b: done, (\d+)")[1], "123")
        self.assertEqual(self.daemon.log_lines("closed: b.*"), ["closed: b: done, 123 ms"])

    def test_judgement_sees_a_line_without_its_newline(self):
        self.write(b"haild: odd")
        with self.assertRaisesRegex(AssertionError, "unexpected log lines.*odd"):
            self.daemon._judge(0)


class Rows(Files):
    """Which rows run, and how long they may take"""

    BODY = """
        @row("C1", "nothing", "within a second", timed={timed})
        def test(self, score):
            score.haild = f"limit {{within(1):g}} s" if {timed} else "right"
        """

    def row(self, timed=True, **env):
        return self.outcome(self.BODY.format(timed=timed), env=env)

    def limit(self, **env):
        outcome = self.row(**env)
        self.assertEqual(outcome.exit, 0, outcome)
        return float(outcome.stdout.partition(b"limit ")[2].split()[0])

    def test_limits(self):
        self.assertEqual(self.limit(HAILD_CATALOGUE="full"), 1)
        self.assertEqual(self.limit(HAILD_ROWS="timed", HAILD_LIMITS="catalogue"), 1)
        self.assertLessEqual(self.limit(HAILD_ROWS="timed"), 5)
        self.assertGreater(self.limit(), 30)

    def test_only_a_timed_row_asks_for_a_time(self):
        outcome = self.outcome("""
            @row("C1", "nothing", "within a second")
            def test(self, score):
                within(1)
            """)
        self.assertEqual(outcome.exit, 1)
        self.assertIn(b"only a row with timed=True may ask for a time", outcome.stdout)

    def test_choice(self):
        for timed, choice, runs in ((True, "timed", 1), (True, "untimed", 0), (True, "", 1),
                                    (False, "timed", 0), (False, "untimed", 1)):
            outcome = self.row(timed=timed, HAILD_ROWS=choice)
            self.assertTrue(outcome.stdout.endswith(b"test_file: %d passed, 0 failed, 0 skipped\n" % runs), outcome)

    def test_table(self):
        folder = temporary_directory(self)
        self.row(HAILD_SCORES=str(folder), HAILD_CATALOGUE="full")
        old = ("| C1 | nothing | old | - | old | 1111111 | 2001-01-01 |\n"
               "| C2 | nothing | old | - | old | 2222222 | 2002-02-02 |\n")
        lines = rows.table(folder, old).splitlines()
        today = datetime.date.today()
        # One that was run has the commit that was tried; one that was not keeps its own.
        self.assertRegex(lines[5], r"\A\| C1 \| nothing \| within a second \| - \| limit 1 s \| (-|[0-9a-f]{7,}\+?) \| "
                         rf"({today - datetime.timedelta(1)}|{today}) \|\Z")
        self.assertEqual(lines[6], old.splitlines()[1])
        self.assertTrue(lines[8].startswith("2 of 2 rows met"), lines)


if __name__ == "__main__":
    harness.main()
