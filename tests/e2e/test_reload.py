#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""SIGHUP: who comes later hears the new text, who is being greeted the whole old one, and a bad file changes
nothing."""
import contextlib
import errno
import itertools
import multiprocessing
import os
import re
import signal
import subprocess
import time
import unittest

from lib import harness
from lib.crowd import connect_all, serve_all
from lib.harness import Daemon, message_file, poll_until, read_all, run, strerror, temporary_directory
from lib.reload import NOTHING_TO_READ, READ_AGAIN, STAYS, clear, hang_up, replace

MEBIBYTE = 1024 * 1024
OLD, NEW = b"the old text", b"a new text, which is longer"
REPEATED = 8000  # more than the buffers of both ends hold
LONG_LOG = r"haild: the greeting (has|may have) \d+ bytes: .*"


class Reloading(unittest.TestCase):
    def setUp(self):
        self.path = message_file(self, OLD)

    def daemon(self, *options, **more):
        return Daemon("-f", self.path, *options, log=[READ_AGAIN, STAYS, LONG_LOG], **more)

    def is_read_again(self, daemon, expected):
        self.assertEqual(hang_up(daemon), [f"read {self.path} again"])
        self.assertEqual(daemon.greeting(), expected)

    def is_refused(self, daemon, why, expected=OLD):
        """The signal must lead to one line with the reason, and to nothing else."""
        lines = hang_up(daemon)
        self.assertEqual(len(lines), 1, lines)
        self.assertRegex(lines[0], rf"\Ahaild: [^;]*{re.escape(str(self.path))}{why}; the old greeting stays\Z")
        self.assertEqual(daemon.greeting(), expected)


class NewText(Reloading):
    def test_renamed(self):
        with self.daemon() as daemon:
            for text in (NEW, OLD, NEW):
                before = daemon.greeting()
                replace(self.path, text)
                self.assertEqual(daemon.greeting(), before)
                self.is_read_again(daemon, text)

    def test_written_in_place(self):
        with self.daemon() as daemon:
            for text in (NEW, b"short", b"", bytes(range(256)), OLD):
                self.path.write_bytes(text)
                self.is_read_again(daemon, text)

    def test_same_text_again(self):
        with self.daemon() as daemon:
            for _ in range(3):
                self.is_read_again(daemon, OLD)

    def test_file_from_the_environment(self):
        with Daemon(env={"HAILD_MESSAGE_FILE": str(self.path)}, log=[READ_AGAIN]) as daemon:
            replace(self.path, NEW)
            self.is_read_again(daemon, NEW)

    def test_symbolic_link_that_points_elsewhere(self):
        other = self.path.with_name("other")
        other.write_bytes(NEW)
        with self.daemon() as daemon:
            clear(self.path)
            self.path.symlink_to(other)
            self.is_read_again(daemon, NEW)

    def test_longest(self):
        with self.daemon() as daemon:
            replace(self.path, b"x" * MEBIBYTE)
            warning, again = hang_up(daemon)
            self.assertRegex(warning, LONG_LOG)
            self.assertEqual(again, f"read {self.path} again")
            self.assertEqual(daemon.greeting(), b"x" * MEBIBYTE)

    def test_quiet(self):
        with self.daemon("-q") as daemon:
            replace(self.path, NEW)
            daemon.signal(signal.SIGHUP)
            poll_until(lambda: daemon.greeting() == NEW)
            self.assertEqual(daemon.log(), "")
            clear(self.path)
            self.is_refused(daemon, ": No such file or directory", NEW)

    def test_datagrams(self):
        with self.daemon("-u") as daemon:
            for text in (NEW, OLD):
                replace(self.path, text)
                self.is_read_again(daemon, text)
                self.assertEqual(daemon.answer(bytes(512)), text)

    # What is the same for everyone is kept ready, and what is not is made for each.
    def test_from_constant_to_template_and_back(self):
        texts = (b"constant", b"{peer_port}", b"constant", b"{{}}", b"{local_port}")
        with self.daemon("-e") as daemon:
            for text in texts * 2:
                replace(self.path, text)
                self.assertEqual(hang_up(daemon), [f"read {self.path} again"])
                for _ in range(3):
                    with daemon.connect() as client:
                        values = {b"{peer_port}": b"%d" % client.getsockname()[1],
                                  b"{local_port}": b"%d" % daemon.port, b"{{}}": b"{}"}
                        self.assertEqual(read_all(client), values.get(text, text))

    def test_serial_goes_on(self):
        with self.daemon("-e") as daemon:
            serials = []
            for text in (b"{serial} ", b"{serial}", b"{serial}\\n"):
                replace(self.path, text)
                hang_up(daemon)
                serials += [int(daemon.greeting()) for _ in range(3)]
            self.assertEqual(serials, list(range(1, 10)))

    def test_many_signals_at_once(self):
        with self.daemon() as daemon:
            for number in range(1000):
                if number % 100 == 0:
                    replace(self.path, b"text %d" % number)
                daemon.signal(signal.SIGHUP)
            replace(self.path, NEW)
            # The last of them may be heeded only now, and take the place of ours.
            hang_up(daemon)
            poll_until(lambda: daemon.greeting() == NEW)


class BadFile(Reloading):
    def test_no_regular_file(self):
        not_regular = ": it is not a regular file"
        kinds = ((": No such file or directory", lambda: None), (not_regular, self.path.mkdir),
                 (f": {strerror(errno.ELOOP)}", lambda: self.path.symlink_to(self.path)),
                 (not_regular, lambda: os.mkfifo(self.path)),
                 (not_regular, lambda: self.path.symlink_to("/dev/zero")))
        with self.daemon() as daemon:
            for why, make in kinds:
                with self.subTest(why=why):
                    clear(self.path)
                    make()
                    self.is_refused(daemon, why)
            clear(self.path)
            replace(self.path, NEW)
            self.is_read_again(daemon, NEW)

    def test_unreadable(self):
        with self.daemon(prefix=self.without_rights()) as daemon:
            self.path.chmod(0)
            self.is_refused(daemon, r": Permission denied( \(.*\))?")
            self.path.chmod(0o600)
            self.is_read_again(daemon, OLD)

    def without_rights(self):
        """What to put before haild so that it is held to modes also where we are root."""
        if os.geteuid() != 0:
            return ()
        harness.need("setpriv")
        rights = "-dac_override,-dac_read_search"
        return ["setpriv", "--bounding-set", rights, "--inh-caps", rights]

    def test_too_long(self):
        with self.daemon() as daemon:
            for size in (MEBIBYTE + 1, 3 * MEBIBYTE):
                replace(self.path, b"x" * size)
                self.is_refused(daemon, " is too long: 1048576 bytes are the most")

    def test_too_long_for_datagrams(self):
        with self.daemon("-u") as daemon:
            replace(self.path, b"x" * 513)
            self.is_refused(daemon, r" has 513 bytes, with --udp 512 are the most \(RFC 865\)")
            self.assertEqual(daemon.answer(bytes(512)), OLD)
            replace(self.path, b"x" * 512)
            self.is_read_again(daemon, b"x" * 512)

    def test_template_that_may_become_too_long(self):
        with self.daemon("-e") as daemon:
            replace(self.path, b"{peer}" * 3000)
            self.is_refused(daemon, " may have 1533000 bytes, 1048576 are the most")

    # The place is told, and not shown: a log has one line for an event.
    def test_ill_formed(self):
        cases = ((b"\n{no}", ": an unknown placeholder, at byte 2"),
                 (b"{", r": a lone brace \(.*\), at byte 1"),
                 (rb"\q", r": an unknown escape \(.*\), at byte 1"),
                 (b"a\\", ": a backslash at the end, at byte 2"))
        with self.daemon("-e") as daemon:
            for text, why in cases:
                with self.subTest(text=text):
                    replace(self.path, text)
                    self.is_refused(daemon, why)
            replace(self.path, rb"a\x41{{")
            self.is_read_again(daemon, b"aA{")

    def test_hostile_name(self):
        folder = temporary_directory(self)
        path = folder / "a\n\x1b[2J"
        path.write_bytes(OLD)
        with Daemon("-f", path, log=[READ_AGAIN, STAYS]) as daemon:
            shown = rf"{folder}/a\x0A\x1B[2J"
            self.assertEqual(hang_up(daemon), [f"read {shown} again"])
            clear(path)
            self.assertEqual(hang_up(daemon), [f"haild: cannot open the message file {shown}: No such file or "
                                               "directory; the old greeting stays"])

    def test_no_file(self):
        for options, env in ((["-m", "text"], None), (["-e", "-m", "text"], None),
                             ([], {"HAILD_MESSAGE": "text"})):
            with self.subTest(options=options, env=env), \
                    Daemon(*options, env=env, log=[NOTHING_TO_READ]) as daemon:
                for _ in range(2):
                    self.assertEqual(hang_up(daemon), [NOTHING_TO_READ])
                    self.assertEqual(daemon.greeting(), b"text")


def write_for_ever(path, *texts):
    """Rewrites the file in place, each text by one pwrite."""
    descriptor = os.open(path, os.O_WRONLY)
    for text in itertools.cycle(texts):
        os.pwrite(descriptor, text, 0)


class InPlace(Reloading):
    """A file that is written to while it is read: no client may hear a mixture."""
    TEXTS = (b"A" * MEBIBYTE, b"B" * MEBIBYTE)

    def setUp(self):
        self.path = message_file(self, self.TEXTS[0])

    @contextlib.contextmanager
    def writer(self):
        writer = multiprocessing.get_context("fork").Process(target=write_for_ever, args=(self.path, *self.TEXTS),
                                                             daemon=True)
        writer.start()
        try:
            yield writer
        finally:
            writer.kill()
            writer.join()

    def need_mixtures(self):
        """Skips where a reader can't see half a write, as on XFS."""
        def reads_one():
            return len(set(self.path.read_bytes()[::4096])) > 1
        try:
            poll_until(reads_one, 10, every=0)
        except AssertionError:
            self.skipTest("this file system shows no half of a write")

    def test_no_mixture_while_writing_goes_on(self):
        with self.daemon("-q", "-l", "127.0.0.1") as daemon, self.writer() as writer:
            self.need_mixtures()
            for _ in range(1000):
                daemon.signal(signal.SIGHUP)
                self.assertEqual(len(set(daemon.greeting()[::1024])), 1)
            writer.kill()
            writer.join()
            self.path.write_bytes(self.TEXTS[1])
            daemon.signal(signal.SIGHUP)
            poll_until(lambda: daemon.greeting() == self.TEXTS[1])

    def test_writer_with_pauses_is_heard(self):
        """Signals that come amid the writing are heeded as soon as it has paused."""
        with self.daemon() as daemon:
            descriptor = os.open(self.path, os.O_WRONLY)
            self.addCleanup(os.close, descriptor)
            for number in range(1, 4):
                text, half = self.TEXTS[number % 2], MEBIBYTE // 2
                os.pwrite(descriptor, text[:half], 0)
                daemon.signal(signal.SIGHUP)
                os.pwrite(descriptor, text[half:], half)
                poll_until(lambda: len(daemon.log_lines(READ_AGAIN)) == number)
                self.assertTrue(daemon.greeting() == text)

    def test_gives_up_after_a_second_and_says_so(self):
        with self.daemon() as daemon, self.writer():
            began = time.monotonic()
            lines = hang_up(daemon)
            took = time.monotonic() - began
            # A writer that stood still, on a busy machine, may have let it be read.
            if not re.search(READ_AGAIN, lines[-1]):
                self.assertEqual(lines, [f"haild: cannot use the message file {self.path}: it is still being written "
                                         "to (rename a whole one to its name); the old greeting stays"])
                self.assertGreaterEqual(took, 0.9)
            self.assertEqual(len(set(daemon.greeting()[::1024])), 1)

    def test_others_are_served_meanwhile(self):
        with self.daemon("-q") as daemon, self.writer():
            daemon.signal(signal.SIGHUP)
            for _ in range(20):
                began = time.monotonic()
                self.assertEqual(len(daemon.greeting()), MEBIBYTE)
                self.assertLess(time.monotonic() - began, harness.DEADLINE / 3)

    def test_start(self):
        with self.writer():
            result = run("haild", "-p", "0", "--check", "-f", self.path)
            if result.exit:
                self.assertEqual((result.exit, result.stdout), (4, b""), result)
                self.assertRegex(result.stderr, rb"\Ahaild: cannot use the message file [^\n]+: it is still being "
                                                rb"written to \(rename a whole one to its name\)\n\Z")

    def test_signal_ends_a_start_that_waits(self):
        with self.writer():
            process = harness.start(harness.command_of("haild", ["-p", "0", "-f", self.path]),
                                    env=harness.environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            process.terminate()
            self.assertIn(process.wait(harness.DEADLINE), (0, -signal.SIGTERM, 4))

    def test_stop_while_it_waits(self):
        with self.daemon("-q") as daemon, self.writer():
            daemon.signal(signal.SIGHUP)
            self.assertEqual(daemon.stop(), 0)

    def test_time_of_the_future_is_not_young(self):
        for seconds in (60, 10 ** 9, -10 ** 9):
            self.path.write_bytes(NEW)
            os.utime(self.path, (min(time.time() + seconds, harness.last_time()),) * 2)
            with self.subTest(seconds=seconds), self.daemon() as daemon:
                began = time.monotonic()
                self.is_read_again(daemon, NEW)
                self.assertLess(time.monotonic() - began, harness.DEADLINE / 3)


class UnderWay(Reloading):
    """Clients amid a greeting that the kernel could not take at once."""

    def slow_crowd(self, daemon, earlier):
        """Five clients whose greeting has begun; so many others have come earlier."""
        crowd = connect_all(self, daemon.port, 5, slow=True)
        self.assertEqual(daemon.wait_counters(accepted=earlier + 5)["greeted"], 0)
        return crowd

    def check_three_texts(self, unit, *options):
        """Three texts, each with clients that hear it slowly, are replaced while they do.

        unit  what each text repeats; {peer_port} stands for the client's own port
        """
        texts, crowds = [name + unit * REPEATED for name in (b"a", b"b", b"c")], []
        self.path.write_bytes(texts[0])
        with self.daemon("-t", "1000s", *options) as daemon:
            for number, text in enumerate(texts):
                replace(self.path, text)
                hang_up(daemon)
                crowds.append(self.slow_crowd(daemon, 5 * number))
            clear(self.path)
            hang_up(daemon)
            for text, crowd in zip(texts, crowds, strict=True):
                expected = [text.replace(b"{peer_port}", b"%d" % client.getsockname()[1]) for client in crowd]
                # Not assertEqual(), which would be long about it.
                self.assertTrue(serve_all(crowd) == expected)

    def test_constant_texts(self):
        self.check_three_texts(b"0123456789" * 10)

    def test_templates(self):
        self.check_three_texts(b"{peer_port} " + b"0123456789" * 10, "-e")

    def test_during_a_stop(self):
        self.path.write_bytes(b"a" * MEBIBYTE)
        with self.daemon("-t", "1000s", "--drain", "1000s") as daemon:
            crowd = self.slow_crowd(daemon, 0)
            daemon.signal(signal.SIGTERM)
            daemon.wait_log("^stopping: waiting for 5 connections$")
            replace(self.path, NEW)
            self.assertEqual(hang_up(daemon), [f"read {self.path} again"])
            clear(self.path)
            self.assertEqual(len(hang_up(daemon)), 1)
            self.assertEqual({bytes(heard) for heard in serve_all(crowd)}, {b"a" * MEBIBYTE})
            self.assertEqual(daemon.wait(), 0)


if __name__ == "__main__":
    harness.main()
