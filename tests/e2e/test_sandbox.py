#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""The sandbox: what haild says of it, what works inside, and what does not."""
import errno
import os
import re
import signal
import socket
import unittest

from lib import confined, harness
from lib.confined import FORBIDDEN, attempt, field_of, need_landlock, need_seccomp, without
from lib.harness import (
    GREETING, Daemon, connect_unix, message_file, need, need_preloading, poll_until, read_all, run,
    temporary_directory)
from lib.reload import hang_up

DENIED = r"haild: cannot open the message file .*: Permission denied \(.*the sandbox.*\); the old greeting stays"


def is_instrumented():
    return harness.is_sanitized() or harness.measures_coverage()


class Start(unittest.TestCase):
    @unittest.skipIf(harness.WRAPPER, "what runs haild may keep the sandbox off")
    def test_line_says_what_is_on(self):
        with Daemon() as daemon:
            told = daemon.log_lines("sandbox: .+")
            self.assertEqual(len(told), 1)
            if is_instrumented():
                self.assertRegex(told[0], r"off \(this build is (with sanitizers|to measure coverage)\)")
                return
            self.assertRegex(told[0], r"\Asandbox: (Landlock ABI \d+|no Landlock \(.+\)), "
                                      r"(seccomp with \d+ kinds of system calls|no seccomp \(.+\))\Z")
            if confined.has_seccomp():
                self.assertEqual((daemon.status("NoNewPrivs"), daemon.status("Seccomp")), ("1", "2"))
            if confined.version_of_landlock():
                self.assertEqual(daemon.status("NoNewPrivs"), "1")

    # Nobody may take a sandbox that is missing for one that the machine lacks.
    def test_it_is_on_where_it_can_be(self):
        if is_instrumented() or harness.WRAPPER or harness.is_emulated():
            self.skipTest("this build, or what runs it, keeps the sandbox off")
        if harness.has("HAVE_LISTED_CALLS"):
            self.assertTrue(confined.has_seccomp(), confined.line())

    def test_no_sandbox(self):
        with Daemon("--no-sandbox") as daemon:
            self.assertEqual(daemon.log_lines("sandbox: .+"), ["sandbox: off (--no-sandbox)"])
            self.assertEqual(daemon.status("Seccomp"), field_of("self", "Seccomp"))
            self.assertEqual(daemon.greeting(), GREETING)

    def test_quiet_says_nothing(self):
        with Daemon("-q") as daemon:
            self.assertEqual(daemon.log(), "")

    def test_valgrind_is_left_alone(self):
        need("valgrind")
        if is_instrumented() or harness.WRAPPER or harness.is_static() or harness.is_emulated():
            self.skipTest("valgrind cannot run this build")
        with Daemon(prefix=("valgrind", "-q")) as daemon:
            self.assertEqual(daemon.log_lines("sandbox: .+"), ["sandbox: off (valgrind runs haild)"])


class Kernel(unittest.TestCase):
    """A kernel that lacks a part, or fails on the way"""

    def setUp(self):
        need_preloading(self)
        if is_instrumented() or harness.WRAPPER:
            self.skipTest("this build, or what runs it, keeps the sandbox off")

    def told(self, *parts):
        with Daemon("-l", "127.0.0.1", env=without(*parts)) as daemon:
            self.assertEqual(daemon.greeting(), GREETING)
            return daemon.log_lines("sandbox: .+")[0]

    def test_without_landlock(self):
        need_landlock(self)
        self.assertRegex(self.told("landlock"), r"\Asandbox: no Landlock \(Operation not supported\), ")

    def test_without_seccomp(self):
        need_seccomp(self)
        self.assertRegex(self.told("seccomp"),
                         r"\Asandbox: .+, no seccomp \(the kernel has none, or none as we need it\)\Z")

    def test_without_both(self):
        self.assertRegex(self.told("landlock", "seccomp"), r"\Asandbox: no Landlock \(.+\), no seccomp \(.+\)\Z")

    def refused(self, call, *options):
        return run("haild", "-p", 0, "-l", "127.0.0.1", *options, env=without(refusing=call))

    def test_half_entered_is_the_end(self):
        calls = {"landlock_create_ruleset": "Landlock", "landlock_add_rule": "Landlock",
                 "landlock_restrict_self": "Landlock"} if confined.version_of_landlock() else {}
        if confined.has_seccomp():
            calls["seccomp"] = "seccomp"
        path = message_file(self, b"text")
        for call, part in calls.items():
            with self.subTest(call=call):
                answer = self.refused(call, "-f", path)
                self.assertEqual((answer.exit, answer.stdout), (5, b""))
                self.assertEqual(answer.stderr.decode().splitlines()[-1],
                                 f"haild: cannot enter the sandbox: {part}: {call}: Operation not permitted "
                                 f"(--no-sandbox leaves it out)")

    def test_check(self):
        path = message_file(self, b"text")
        answer = run("haild", "-p", 0, "--check", "-f", path)
        self.assertEqual((answer.exit, answer.stdout, answer.stderr), (0, b"", b""))
        if confined.version_of_landlock():
            answer = self.refused("landlock_add_rule", "--check", "-f", path)
            self.assertEqual(answer.exit, 5, answer)
        answer = self.refused("landlock_restrict_self seccomp", "--check", "-f", path)
        self.assertEqual(answer.exit, 0, answer)  # a check gives up nothing


class Calls(unittest.TestCase):
    """What seccomp makes of system calls"""

    def setUp(self):
        need_seccomp(self)

    def test_forbidden_calls_are_fatal(self):
        for deed in FORBIDDEN:
            with self.subTest(deed=deed):
                self.assertEqual(attempt("sandbox", deed, "1"), -signal.SIGSYS)

    def test_they_are_possible_outside(self):
        """Or the test above would say nothing: outside, none of them is fatal."""
        for deed in ("socket", "mmap", "mprotect", "setuid", "connect", "bind", "kill"):
            with self.subTest(deed=deed):
                self.assertNotEqual(attempt("sandbox", deed, str(os.getpid()), "--no-sandbox"), -signal.SIGSYS)

    def test_datagrams_go_nowhere_else(self):
        self.assertEqual(attempt("sandbox", "send", "9"), -signal.SIGSYS)

    def test_other_numbers_of_the_same_call(self):
        if os.uname().machine != "x86_64" or not harness.has_64_bits():
            self.skipTest("only x86-64 has them")
        self.assertEqual(attempt("sandbox", "x32", ""), -signal.SIGSYS)

    def test_newer_calls_are_unknown(self):
        self.assertEqual(attempt("sandbox", "future", ""), errno.ENOSYS)

    def test_abort_is_an_end_all_the_same(self):
        self.assertEqual(attempt("sandbox", "abort", ""), -signal.SIGSYS)

    def test_files_are_only_read(self):
        path = message_file(self, b"text")
        for deed in ("write", "make"):
            with self.subTest(deed=deed):
                self.assertEqual(attempt("sandbox", deed, path, "-f", path), -signal.SIGSYS)
        self.assertEqual(attempt("sandbox", "read", path, "-f", path), "done")
        self.assertEqual(attempt("sandbox", "read", path), -signal.SIGSYS)  # no file is read again
        self.assertEqual(attempt("sandbox", "remove", path, "-f", path), -signal.SIGSYS)


class Landlock(unittest.TestCase):
    """What Landlock alone denies: a second lock, and the only one without seccomp"""

    def setUp(self):
        need_landlock(self)
        self.folder = temporary_directory(self)
        self.path = self.folder / "texts" / "message"
        self.path.parent.mkdir()
        self.path.write_bytes(b"text")

    def test_other_files(self):
        other = self.folder / "other"
        other.write_bytes(b"secret")
        given = "-f", self.path
        self.assertEqual(attempt("landlock", "read", self.path, *given), "done")
        self.assertEqual(attempt("landlock", "read", other, *given), errno.EACCES)
        self.assertEqual(attempt("landlock", "read", "/etc/passwd", *given), errno.EACCES)
        for deed in ("write", "make", "remove"):
            with self.subTest(deed=deed):
                self.assertEqual(attempt("landlock", deed, self.path, *given), errno.EACCES)
        self.assertEqual(self.path.read_bytes(), b"text")

    def test_sockets_may_be_removed_but_not_made(self):
        given = "-l", f"unix:{self.folder}/texts/socket"
        self.assertEqual(attempt("landlock", "settle", self.folder / "texts/new", *given), errno.EACCES)
        self.assertEqual(attempt("landlock", "read", self.path, *given), errno.EACCES)
        self.assertEqual(attempt("landlock", "remove", self.path, *given), "done")

    def test_execve(self):
        self.assertEqual(attempt("landlock", "execve", ""), errno.EACCES)

    def test_tcp(self):
        need_landlock(self, 4)
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
            self.assertEqual(attempt("landlock", "connect", port), errno.EACCES)
            self.assertEqual(attempt("sandbox", "connect", port, "--no-sandbox"), "done")
        self.assertEqual(attempt("landlock", "bind", 0), errno.EACCES)

    def test_processes_and_names_outside(self):
        need_landlock(self, 6)
        self.assertEqual(attempt("landlock", "kill", os.getpid()), errno.EPERM)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as server:
            server.bind(f"\0haild-test-{os.getpid()}")
            name = f"@haild-test-{os.getpid()}"
            self.assertEqual(attempt("landlock", "call", name), errno.EPERM)
            self.assertEqual(attempt("sandbox", "call", name, "--no-sandbox"), "done")


class Reload(unittest.TestCase):
    """Files that are read again inside"""

    def setUp(self):
        self.folder = temporary_directory(self)

    def reload(self, daemon, text):
        daemon.signal(signal.SIGHUP)
        poll_until(lambda: daemon.greeting() == text)

    def test_config_map(self):
        """As Kubernetes replaces the files of a volume: a link to a folder is renamed over the other."""
        def write(version, text):
            (self.folder / version).mkdir()
            (self.folder / version / "message").write_bytes(text)
            (self.folder / version / "denied").write_bytes(b"192.0.2.0/24\n")
            (self.folder / "..data_tmp").symlink_to(version)
            os.replace(self.folder / "..data_tmp", self.folder / "..data")
        write("..2026_1", b"one")
        for name in ("message", "denied"):
            (self.folder / name).symlink_to(f"..data/{name}")
        with Daemon("-f", self.folder / "message", "--deny-file", self.folder / "denied",
                    log=["read .* again", ".*denied.*"]) as daemon:
            self.assertEqual(daemon.greeting(), b"one")
            write("..2026_2", b"two")
            self.reload(daemon, b"two")
            self.assertEqual(daemon.log_lines("haild: .*"), [])

    def test_list_that_grows(self):
        """glibc's qsort asks the kernel for more memory than a few entries need, and how much there is."""
        denied = self.folder / "denied"
        denied.write_text("192.0.2.0/24\n")
        os.utime(denied, (1, 1))
        with Daemon("-l", "127.0.0.1", "--deny-file", denied, log=["read .* again"]) as daemon:
            for count in 40, 50, 2000:
                denied.write_text("".join(f"198.{i // 256}.{i % 256}.0/24\n" for i in range(0, 2 * count, 2)))
                os.utime(denied, (1, 1))
                self.assertEqual(hang_up(daemon), [f"read {denied} again"])
                self.assertEqual(daemon.greeting(), GREETING)

    def test_link_to_another_folder(self):
        here, there = self.folder / "here", self.folder / "there"
        here.mkdir()
        there.mkdir()
        (there / "text").write_bytes(b"one")
        (there / "next").write_bytes(b"two")
        (here / "message").symlink_to(there / "text")
        with Daemon("-f", here / "message", log=["read .* again"]) as daemon:
            os.replace(there / "next", there / "text")
            self.reload(daemon, b"two")
            (here / "next").write_bytes(b"three")
            os.replace(here / "next", here / "message")
            self.reload(daemon, b"three")

    def test_folder_that_is_replaced(self):
        """It cannot be followed, and the log says why."""
        need_landlock(self)
        texts, following = self.folder / "texts", self.folder / "following"
        for folder, text in ((texts, b"one"), (following, b"two")):
            folder.mkdir()
            (folder / "message").write_bytes(text)
        with Daemon("-f", texts / "message", log=[DENIED, "read .* again"]) as daemon:
            texts.rename(self.folder / "old")
            following.rename(texts)
            daemon.signal(signal.SIGHUP)
            daemon.wait_log(f"^{DENIED}$")
            self.assertEqual(daemon.greeting(), b"one")
        with Daemon("-f", texts / "message", "--no-sandbox", log=["read .* again"]) as daemon:
            texts.rename(self.folder / "older")
            (self.folder / "old").rename(texts)
            self.reload(daemon, b"one")


    def test_link_that_is_turned_to_a_new_folder(self):
        need_landlock(self)
        path, new = self.folder / "message", message_file(self, b"two")
        path.write_bytes(b"one")
        with Daemon("-f", path, log=[DENIED]) as daemon:
            path.unlink()
            path.symlink_to(new)
            daemon.signal(signal.SIGHUP)
            daemon.wait_log(f"^{DENIED}$")
            self.assertEqual(daemon.greeting(), b"one")

    def test_kind_of_file_is_told(self):
        """Landlock denies a folder before anyone sees that it is one."""
        path, log = self.folder / "message", "haild: .*: it is not a regular file; the old greeting stays"
        path.write_bytes(b"one")
        with Daemon("-f", path, log=[log]) as daemon:
            path.unlink()
            path.mkdir()
            daemon.signal(signal.SIGHUP)
            daemon.wait_log(f"^{log}$")


class Sockets(unittest.TestCase):
    def test_path_is_removed_at_the_end(self):
        path = temporary_directory(self) / "socket"
        with Daemon("-l", f"unix:{path}", "--metrics", f"unix:{path}.metrics", port=None) as daemon:
            with connect_unix(path) as client:
                self.assertEqual(read_all(client), GREETING)
            self.assertEqual(daemon.stop(), 0)
            self.assertEqual(sorted(os.listdir(path.parent)), [])


if __name__ == "__main__":
    harness.main()
