# SPDX-License-Identifier: ISC
"""hailto as people and scripts run it, and the judgement of what it says."""
import concurrent.futures
import contextlib
import fcntl
import functools
import os
import pty
import re
import select
import signal
import subprocess
import tempfile
import termios
import time
import tty
import unittest

from lib import harness
from lib.harness import DEADLINE, Daemon, Result, SANITIZER_TEXT, WRAPPER, poll_until
from lib.hostile import is_harmless, on_terminal

# What a busy machine may add to any time; and how much longer a wrapper takes than nothing at all.
MARGIN = 30 if WRAPPER else 2
# Programs with a sanitizer need a tenth of a second to begin and to end: times are for the others to keep.
SLOW = WRAPPER or harness.is_sanitized("hailto")
# Runs the command behind it with a standard stream closed.
WITHOUT_STDIN, WITHOUT_STDOUT, WITHOUT_STDERR = (
    ("sh", "-c", f'exec "$@" {closed}', "sh") for closed in ("<&-", ">&-", "2>&-"))


def ask(*arguments, **options):
    """Runs hailto to its end, as harness.run() does; .seconds tells how long it took."""
    start = time.monotonic()
    answer = harness.run("hailto", *arguments, **options)
    answer.seconds = time.monotonic() - start
    return answer


def given(seconds):
    """A time for hailto that shall run out, as it shows it: longer if a wrapper makes it slow to get so far."""
    ms = round(seconds * 1000) * (4 if WRAPPER else 1)
    return f"{ms}ms" if ms % 1000 else f"{ms // 1000}s"


def undisturbed(test):
    """Of a test that a machine which stands still for 50 ms makes another: another answer is right then.

    Of two families that take longer to be found, each is asked for apart; of a request that is due twice, one is sent.
    So what fails is tried again. A fault of ours does not depend on that, and fails each time. (What fails in a subTest
    is not tried again.)
    """
    @functools.wraps(test)
    def tried_again(self):
        for _ in range(4):
            try:
                return test(self)
            except AssertionError as failure:
                print(f"\n    tried again, for it may have been a standstill: {failure}", flush=True)
        return test(self)
    return tried_again


def prompt_lookups(test):
    """The same for a test of lookups that has no chance beside a wrapper."""
    return unittest.skipIf(WRAPPER, "beside a wrapper a lookup takes longer than the 50 ms after which the "
                                    "families are asked for apart")(undisturbed(test))


def together(*calls):
    """Makes the calls at the same time, for they only wait; returns their results."""
    with concurrent.futures.ThreadPoolExecutor(len(calls)) as pool:
        return [future.result() for future in [pool.submit(call) for call in calls]]


def _give_back_signals():
    """A shell may have started the tests in the background, with SIGINT ignored."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Running:
    """A hailto under way, or another of our programs, for a with-block; its stdout and stderr go to files."""

    status, frozen = Daemon.status, Daemon.frozen

    def __init__(self, *arguments, program="hailto", **popen):
        self._program, self._arguments, self._popen = program, arguments, popen

    def __enter__(self):
        self._stdout, self._stderr = tempfile.TemporaryFile(), tempfile.TemporaryFile()
        self.process = harness.start(
            harness.command_of(self._program, self._arguments),
            **{"stdin": subprocess.DEVNULL, "stdout": self._stdout, "stderr": self._stderr,
               "env": harness.environment(), "preexec_fn": _give_back_signals, **self._popen})
        self.pid = self.process.pid
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self._stdout.close()
        self._stderr.close()

    def signal(self, number):
        self.process.send_signal(number)

    def wait_error(self, pattern):
        """Waits until stderr contains the pattern."""
        poll_until(lambda: re.search(pattern, _content(self._stderr).decode(errors="replace")))

    def wait_lines(self, count, pattern=".*"):
        """Waits until so many lines of stdout match the pattern from their beginning; returns them."""
        return poll_until(lambda: (lines := _lines(_content(self._stdout), pattern))[count - 1:] and lines)

    def wait_asleep(self):
        """Waits until it runs, and waits for something."""
        poll_until(lambda: self.status("Name") == "hailto" or WRAPPER)
        poll_until(lambda: self.status("State").startswith("S"))

    def sockets(self):
        """How many sockets it has open."""
        return self.descriptors("socket:")

    def descriptors(self, kind):
        """How many descriptors it has open of that kind, as the kernel names it."""
        count = 0
        for name in os.listdir(f"/proc/{self.pid}/fd"):
            with contextlib.suppress(FileNotFoundError):
                count += os.readlink(f"/proc/{self.pid}/fd/{name}").startswith(kind)
        return count

    def end(self):
        """Waits for its end; returns the Result."""
        try:
            self.process.wait(DEADLINE)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self._program} {self._arguments} did not end") from None
        return _judged(Result(self.process.returncode, _content(self._stdout), _content(self._stderr)))


def _content(file):
    return os.pread(file.fileno(), os.fstat(file.fileno()).st_size, 0)


def _lines(output, pattern):
    """The whole lines that match."""
    return [line for line in output.decode().split("\n")[:-1] if re.match(pattern, line)]


def _judged(result, screen=b""):
    if SANITIZER_TEXT.search((result.stderr + screen).decode(errors="replace")):
        raise AssertionError(f"a sanitizer spoke: {result}")
    return result


class Terminal(Running):
    """A hailto with some of its streams on a pseudo-terminal, for a with-block.

    streams  which of "stdin", "stdout", "stderr" are the terminal; the others are as in Running
    raw      the terminal changes nothing; else it echoes and makes CR LF of LF, as they do
    """

    def __init__(self, *arguments, streams=("stdin", "stdout", "stderr"), raw=False, **others):
        super().__init__(*arguments, start_new_session=True, **others)
        self._streams, self._raw, self._screen = streams, raw, b""

    def __enter__(self):
        self._terminal, line = pty.openpty()
        if self._raw:
            tty.setraw(line)
        self._popen.update({stream: line for stream in self._streams})
        self._popen["preexec_fn"] = lambda: (_give_back_signals(), fcntl.ioctl(line, termios.TIOCSCTTY))
        try:
            return super().__enter__()
        finally:
            os.close(line)

    def __exit__(self, *problem):
        super().__exit__(*problem)
        os.close(self._terminal)

    def type(self, keys):
        os.write(self._terminal, keys)

    def _read(self):
        """Reads what is on the screen; False at its end."""
        if not select.select([self._terminal], [], [], DEADLINE)[0]:
            raise AssertionError(f"no more than {self._screen!r} came to the screen")
        try:
            part = os.read(self._terminal, 65536)
        except OSError:  # EIO: nobody has the terminal open any more
            return False
        self._screen += part
        return bool(part)

    def wait_screen(self, text):
        """Reads until the screen ends with the text."""
        while not self._screen.endswith(text) and self._read():
            pass
        assert self._screen.endswith(text), self._screen

    def end(self):
        """Waits for its end; returns the Result, with all that came to the screen as .screen."""
        while self._read():
            pass
        result = super().end()
        result.screen = self._screen
        return _judged(result, self._screen)


class ClientTest(unittest.TestCase):
    """What the tests of the client have in common: how an answer is judged."""

    def hears(self, greeting, *arguments, **options):
        """hailto must print exactly these bytes, and nothing else, and end well."""
        answer = ask(*arguments, **options)
        self.assertEqual((answer.exit, answer.stdout, answer.stderr), (0, greeting, b""), answer)
        return answer

    def on_screen(self, *arguments, streams=("stdout",)):
        with Terminal(*arguments, streams=streams, raw=True) as terminal:
            return terminal.end()

    def shows(self, said, port, host="127.0.0.1"):
        """hailto must show this greeting so that it is harmless, and give the very bytes to who wants them."""
        self.hears(said, host, port)
        self.hears(said, "--raw", host, port)
        self.hears(on_terminal(said), "--escape", host, port)
        for screen, *options in ((on_terminal(said),), (on_terminal(said), "--escape"), (said, "--raw")):
            answer = self.on_screen(*options, host, port)
            self.assertEqual((answer.exit, answer.screen, answer.stderr), (0, screen, b""), answer)

    def fails(self, exit, line, *arguments, stdout=b"", **options):
        """hailto must end so, print these bytes, and say why in one line that matches."""
        answer = ask(*arguments, **options)
        self.judge_failure(answer, exit, line, stdout)
        return answer

    def judge_failure(self, answer, exit, line, stdout=b""):
        self.assertEqual(answer.exit, exit, answer)
        self.assertEqual(answer.stdout, stdout, answer)
        self.assertEqual(answer.stderr.count(b"\n"), 1, answer)
        self.assertTrue(answer.stderr.endswith(b"\n") and is_harmless(answer.stderr), answer)
        self.assertRegex(answer.stderr.decode(), rf"\Ahailto: (?:{line})\n\Z")

    def interrupt(self, client):
        """SIGINT must end it without a word; returns the Result, .seconds after the signal."""
        start = time.monotonic()
        client.signal(signal.SIGINT)
        answer = client.end()
        answer.seconds = time.monotonic() - start
        self.assertEqual((answer.exit, answer.stdout, answer.stderr), (-signal.SIGINT, b"", b""), answer)
        return answer

    def took(self, answer, least, most=None):
        """The answer must have taken so many seconds, give or take a tenth and what the machine adds."""
        self.assertGreaterEqual(answer.seconds, least * 0.9, answer)
        self.assertLessEqual(answer.seconds, (most or least) * 1.1 + MARGIN, answer)

    def quickly(self, enough, attempt):
        """One of three answers of attempt() must take no more than that: the machine may be busy.
        Returns the shortest time."""
        best = attempt().seconds
        for _ in range(2):
            if best > enough:
                best = min(best, attempt().seconds)
        self.assertLessEqual(best, enough + (MARGIN if SLOW else 0))
        return best
