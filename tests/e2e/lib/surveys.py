# SPDX-License-Identifier: ISC
"""What hailto says of many attempts, taken apart."""
import re

from lib.clients import ClientTest, ask
from lib.hostile import is_harmless

MS = r"\d+\.\d\d"  # of an attempt
SPAN = r"\d+\.\d+ m?s"  # in a summary
MOMENT = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"
TIMES = rf"\(resolved {MS}, connected {MS}, first byte {MS}, end {MS} ms\)"
LATENCIES = rf"{SPAN} min, {SPAN} median, {SPAN} p95, {SPAN} p99, {SPAN} max"
SUMMARY = re.compile(
    r"(?P<attempts>\d+) attempts?, (?P<successes>\d+) success(es)?, (?P<failures>\d+) failures?"
    rf"(: (?P<kinds>[^;]+))?(; (?P<late>\d+) began late, by up to {SPAN})?")


class Told:
    """Lines of attempts and of the summary behind them, of hailto's standard output."""

    def __init__(self, output):
        lines = output.decode().splitlines()
        sums = [number for number, line in enumerate(lines) if SUMMARY.fullmatch(line)]
        if len(sums) != 1:
            raise AssertionError(f"there is no summary, or more than one: {lines[-20:]}")
        self.lines, self.summary = lines[:sums[0]], lines[sums[0]:]
        self._sum = SUMMARY.fullmatch(self.summary[0])
        self.attempts, self.successes, self.failures = (
            int(self._sum[name]) for name in ("attempts", "successes", "failures"))
        self.late = int(self._sum["late"] or 0)
        self.kinds = self._sum["kinds"]


class SurveyTest(ClientTest):
    """What tests of many attempts have in common."""

    def tells(self, exit, *arguments, stderr=b"", **options):
        """Runs hailto, which must end so; returns what it told of its attempts."""
        return self.judge(ask(*arguments, **options), exit, stderr)

    def judge(self, answer, exit, stderr=b""):
        self.assertEqual((answer.exit, answer.stderr), (exit, stderr), answer)
        self.assertTrue(is_harmless(answer.stdout), answer)
        told = Told(answer.stdout)
        self.assertEqual(told.attempts, told.successes + told.failures, answer)
        return told

    def judge_lines(self, told, *patterns):
        """There must be a line for each pattern, in their order, with its number."""
        self.assertEqual(len(told.lines), len(patterns), told.lines)
        for number, (line, pattern) in enumerate(zip(told.lines, patterns), 1):
            self.assertRegex(line, rf"\A{number}: {pattern}\Z")

    def judge_summary(self, told, *patterns):
        """The summary must have these lines."""
        self.assertEqual(len(told.summary), len(patterns), told.summary)
        for line, pattern in zip(told.summary, patterns):
            self.assertRegex(line, rf"\A{pattern}\Z")

    def ends(self, client, signal, exit=0, stderr=b""):
        """A signal must end it, and what it has done is told."""
        client.signal(signal)
        return self.judge(client.end(), exit, stderr)
