#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Long greetings are whole, byte for byte, however a client takes them; where the system can, sockets share them."""
import contextlib
import re
import signal
import socket
import unittest

from lib import confined, harness
from lib.crowd import connect_all, serve_all
from lib.harness import Daemon, connect_unix, message_file, poll_until, read_all, reset, temporary_directory
from lib.reload import READ_AGAIN, hang_up, replace
from lib.visitors import header

KIB, MIB = 1024, 1024 * 1024
SHARED_LEAST = 32 * KIB
SHARES = harness.has("HAVE_SHARED_PAGES")
MOST = 4  # greetings in memory that is shared
LONG_LOG = r"haild: the greeting (has|may have) \d+ bytes: .*"
COPIED = r"the greeting is copied for each client: .*"


def text(size, name=b""):
    """A greeting of that size, in which no part looks like another."""
    return b"".join(b"%7d %s\n" % (number, name) for number in range(size // 8))[:size]


class Long(unittest.TestCase):
    def daemon(self, greeting, *options, log=(), **more):
        self.path = message_file(self, greeting)
        return Daemon("-f", self.path, *options, log=[LONG_LOG, READ_AGAIN, *log], **more)

    def shares(self, daemon, count):
        """So many greetings must be in memory that sockets share."""
        self.assertEqual(daemon.long_greetings(), count if SHARES else 0)

    def heard(self, crowd, expected):
        """All must hear that. What differs is not shown: it is long."""
        self.assertTrue(all(heard == expected for heard in serve_all(crowd)))


class Readers(Long):
    def test_sizes(self):
        for size in (SHARED_LEAST - 1, SHARED_LEAST, SHARED_LEAST + 1, 64 * KIB, MIB - 1, MIB):
            with self.subTest(size=size), self.daemon(text(size)) as daemon:
                self.shares(daemon, int(size >= SHARED_LEAST))
                self.heard(connect_all(self, daemon.port, 5), text(size))
                self.heard(connect_all(self, daemon.port, 5, slow=True), text(size))
                daemon.wait_counters(open=0, greeted=10, bytes_sent=10 * size)

    # Those at once leave libevent no time, those one by one find what the last one has left.
    def test_one_by_one(self):
        with self.daemon(text(MIB)) as daemon:
            for _ in range(20):
                self.assertTrue(daemon.greeting() == text(MIB))

    def test_all_kinds_of_sockets(self):
        path, greeting = temporary_directory(self) / "socket", text(MIB)
        with self.daemon(greeting, "-l", "localhost", "-l", f"unix:{path}",
                         "--proxy-listen=127.0.0.1:0") as daemon:
            for host in ("127.0.0.1", *(["::1"] if daemon.addresses[-2].startswith("[") else [])):
                with harness.connect(daemon.port, host) as client:
                    self.assertTrue(read_all(client) == greeting)
            with connect_unix(path) as client:
                self.assertTrue(read_all(client) == greeting)
            with harness.connect(daemon.proxy_port) as client:
                client.sendall(header("198.51.100.1"))
                self.assertTrue(read_all(client) == greeting)

    def test_talkers_that_do_not_listen_at_first(self):
        with self.daemon(text(MIB)) as daemon:
            crowd = connect_all(self, daemon.port, 10, slow=True)
            daemon.wait_counters(open=10)
            for client in crowd:
                client.setblocking(True)
                client.settimeout(harness.DEADLINE)
                client.sendall(bytes(64 * KIB))
                client.shutdown(socket.SHUT_WR)
            self.heard(crowd, text(MIB))
            daemon.wait_counters(open=0, greeted=10, reset_greeting=0)

    def test_readers_that_go(self):
        with self.daemon(text(MIB)) as daemon:
            crowd = connect_all(self, daemon.port, 10, slow=True)
            daemon.wait_counters(open=10)
            for client in crowd[::2]:
                reset(client)
            self.heard(crowd[1::2], text(MIB))
            daemon.wait_counters(open=0, greeted=5, reset_greeting=5)
            self.shares(daemon, 1)

    def test_count(self):
        with self.daemon(text(MIB), "-n", 3) as daemon:
            self.heard(connect_all(self, daemon.port, 3, slow=True), text(MIB))
            daemon.wait()

    def test_drain(self):
        with self.daemon(text(MIB)) as daemon:
            crowd = connect_all(self, daemon.port, 5, slow=True)
            daemon.wait_counters(open=5)
            daemon.signal(signal.SIGTERM)
            daemon.wait_log("stopping: waiting for 5 connections")
            self.heard(crowd, text(MIB))
            daemon.wait()

    def test_same_for_everyone_with_placeholders(self):
        greeting = text(MIB // 2)
        with self.daemon(b"{instance}" + greeting, "-e", "--instance=here") as daemon:
            self.shares(daemon, 1)
            self.heard(connect_all(self, daemon.port, 3, slow=True), b"here" + greeting)

    # The sandbox does not let it be shared: only a file's greeting may get longer.
    def test_from_the_command_line(self):
        greeting = "x" * 100000
        with Daemon("-m", greeting, log=[LONG_LOG]) as daemon:
            self.shares(daemon, 0)
            self.heard(connect_all(self, daemon.port, 3, slow=True), greeting.encode())


class Reloads(Long):
    def replace(self, daemon, greeting):
        replace(self.path, greeting)
        self.assertIn(f"read {self.path} again", hang_up(daemon))

    def test_old_and_new(self):
        with self.daemon(text(MIB, b"old")) as daemon:
            old = connect_all(self, daemon.port, 3, slow=True)
            daemon.wait_counters(open=3)
            self.replace(daemon, text(MIB, b"new"))
            new = connect_all(self, daemon.port, 3, slow=True)
            daemon.wait_counters(open=6)
            self.shares(daemon, 2)
            self.heard(new, text(MIB, b"new"))
            self.heard(old, text(MIB, b"old"))
            daemon.wait_counters(open=0, greeted=6)
            poll_until(lambda: daemon.long_greetings() <= 1)

    def test_long_and_short(self):
        with self.daemon(b"short") as daemon:
            for _ in range(3):
                for greeting in (text(MIB), b"short", b""):
                    self.replace(daemon, greeting)
                    for _ in range(2):
                        self.assertTrue(daemon.greeting() == greeting)
                    self.shares(daemon, int(len(greeting) == MIB))

    # More than can be shared at a time; each is being sent to somebody.
    def test_many(self):
        reloads, crowds = 2 * MOST, []
        with self.daemon(text(MIB, b"0"), "-v", log=[COPIED]) as daemon:
            for number in range(reloads):
                if number:
                    self.replace(daemon, text(MIB, b"%d" % number))
                crowds.append(connect_all(self, daemon.port, 2, slow=True))
                daemon.wait_counters(open=2 * len(crowds))
                self.shares(daemon, min(number + 1, MOST))
            if SHARES:
                self.assertEqual(len(daemon.log_lines(COPIED)), reloads - MOST)
            for number, crowd in enumerate(crowds):
                self.heard(crowd, text(MIB, b"%d" % number))
            daemon.wait_counters(open=0, greeted=2 * reloads)
            self.replace(daemon, text(MIB))
            self.assertTrue(daemon.greeting() == text(MIB))
            self.shares(daemon, 1)


class Refusals(Long):
    """A kernel, or the list of calls of a container, that does not let sockets share memory"""

    def setUp(self):
        harness.need_preloading(self)

    def test_refused(self):
        for call in ("memfd_create", "sendfile"):
            with self.subTest(call=call), self.daemon(
                    text(MIB), "-v", log=[COPIED], env=confined.without(refusing=call)) as daemon:
                self.assertEqual(daemon.long_greetings(), 0)
                if SHARES:
                    daemon.wait_log(re.escape("the greeting is copied for each client: no memory to share: ") +
                                    "Operation not permitted")
                self.heard(connect_all(self, daemon.port, 3, slow=True), text(MIB))
                self.heard(connect_all(self, daemon.port, 3), text(MIB))

    def test_quiet(self):
        with contextlib.ExitStack() as stack:
            daemon = stack.enter_context(self.daemon(text(MIB), env=confined.without(refusing="memfd_create")))
            self.assertTrue(daemon.greeting() == text(MIB))
            self.assertEqual(daemon.log_lines(COPIED), [])


if __name__ == "__main__":
    harness.main()
