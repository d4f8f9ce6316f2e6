#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""hailto -c whose output nobody reads, or only slowly: signals end it, and it says what it has lost."""
import concurrent.futures
import contextlib
import errno
import fcntl
import os
import resource
import signal
import subprocess

from lib import harness
from lib.clients import Running, Terminal, ask
from lib.harness import GREETING, poll_until, strerror
from lib.objects import read_objects
from lib.servers import Server, says
from lib.surveys import SurveyTest, Told

LOCAL = "127.0.0.1"
SIGNALS = signal.SIGINT, signal.SIGTERM
XOFF = b"\x13"  # ^S
HELD_UP = r"\Ahailto: standard output held up the run for \d+\.\d s: times are longer for that\n\Z"
LOST = f"cannot write to standard output: {strerror(errno.EINTR)}"


class UnreadTest(SurveyTest):
    def small_pipe(self, filled=False):
        """Both ends of a small pipe; filled: there is no room in it."""
        reader, writer = os.pipe()
        for end in reader, writer:
            self.addCleanup(os.close, end)
        fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, resource.getpagesize())
        if filled:
            os.set_blocking(writer, False)
            with contextlib.suppress(BlockingIOError):
                while True:
                    os.write(writer, b"x")
            os.set_blocking(writer, True)
        return reader, writer

    def wait_held_up(self, server):
        """Waits until no more attempts come, since their lines are not read."""
        counts = []

        def stands():
            counts.append(len(server.peers))
            return counts[-1] > 0 and counts[-30:] == [counts[-1]] * 30
        poll_until(stands)


class Ended(UnreadTest):
    """One signal ends the run"""

    def test_pipe(self):
        for number in SIGNALS:
            for options in [], ["-j"]:
                with self.subTest(number=number, options=options), Server(says(GREETING)) as server:
                    _, writer = self.small_pipe()
                    with Running("-c0", "-i1ms", *options, LOCAL, server.port, stdout=writer) as client:
                        self.wait_held_up(server)
                        client.signal(number)
                        self.judge_failure(client.end(), 1, LOST)

    def test_terminal(self):
        """It is held by ^S."""
        for number in SIGNALS:
            with self.subTest(number), Server(says(GREETING)) as server, \
                    Terminal("-c0", "-i1ms", LOCAL, server.port, streams=("stdout",)) as terminal:
                terminal.type(XOFF)
                self.wait_held_up(server)
                terminal.signal(number)
                answer = terminal.end()
                answer.stdout = b""  # what was on the screen before ^S
                self.judge_failure(answer, 1, LOST)

    def test_nothing_is_read(self):
        """Standard error, neither; then nobody can know why."""
        _, writer = self.small_pipe()
        with Server(says(GREETING)) as server, \
                Running("-c0", "-i1ms", LOCAL, server.port, stdout=writer, stderr=writer) as client:
            self.wait_held_up(server)
            client.signal(signal.SIGTERM)
            self.assertEqual(client.end().exit, 1)

    def test_sent_twice(self):
        """timeout(1) does that."""
        for options in [], ["-P4", "-j"]:
            with Server(says(GREETING)) as server, Running("-c0", "-i1ms", *options, LOCAL, server.port) as client:
                client.wait_lines(2)
                for _ in range(2):
                    client.signal(signal.SIGTERM)
                answer = client.end()
                self.assertEqual((answer.exit, answer.stderr), (0, b""), answer)
                self.assertIn(b'"type":"summary"' if "-j" in options else b" attempts, ", answer.stdout)


class Report(UnreadTest):
    """Another signal ends the program while the report is not read"""

    def end_by_more(self, client, number):
        """Sends the signal until it ends that."""
        def has_ended():
            client.signal(number)
            return client.process.poll() is not None
        poll_until(has_ended)

    def test_default_action(self):
        for number in SIGNALS:
            _, writer = self.small_pipe(filled=True)
            with self.subTest(number), Server(says(GREETING)) as server, \
                    Running("-c0", "-i1ms", "-P2", LOCAL, server.port, stdout=writer) as client:
                poll_until(lambda: server.peers)
                self.end_by_more(client, number)
                answer = client.end()
                self.assertEqual((answer.exit, answer.stderr), (-number, b""), answer)


class Slow(UnreadTest):
    def test_reader_that_comes_late(self):
        """Nothing is lost; what that delays is told."""
        with Server(says(GREETING)) as server, concurrent.futures.ThreadPoolExecutor(1) as pool, \
                Running("-c0", "-i1ms", LOCAL, server.port, stdout=subprocess.PIPE) as client:
            self.wait_held_up(server)
            before = len(server.peers)
            output = pool.submit(harness.read_until_end, client.process.stdout.fileno(), os.read)
            poll_until(lambda: len(server.peers) > before)
            client.signal(signal.SIGINT)
            answer = client.end()
        told = Told(output.result())
        self.assertEqual(answer.exit, 0, answer)
        self.assertRegex(answer.stderr.decode(), HELD_UP)
        self.assertEqual(len(told.lines), told.attempts)
        self.assertGreater(told.late, 0)

    def test_json(self):
        """A member says it."""
        reader, writer = self.small_pipe(filled=True)
        with Server(says(GREETING)) as server, Running("-j", "-c1", LOCAL, server.port, stdout=writer) as client:
            self.wait_held_up(server)
            output = os.read(reader, 1 << 16)
            while b'"summary"' not in output:
                output += os.read(reader, 1 << 16)
            answer = client.end()
        self.assertEqual((answer.exit, answer.stderr), (0, b""), answer)
        _, summary = read_objects(self, output.lstrip(b"x"))
        self.assertGreater(summary["blocked_us"], 0)

    def test_prompt_reader(self):
        """Then nothing is said."""
        with Server(says(GREETING)) as server:
            *_, summary = read_objects(self, ask("-j", "-c3", "-i0", LOCAL, server.port).stdout)
            self.assertEqual(summary["blocked_us"], 0)


if __name__ == "__main__":
    harness.main()
