#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""What haild says: one line an event, as much as was asked for, and never at the cost of the service."""
import fcntl
import os
import resource
import signal
import subprocess
import unittest

from lib import harness
from lib.harness import Daemon, GREETING, connect_unix, poll_until, read_all, temporary_directory
from lib.reload import NOTHING_TO_READ

COUNTERS = ("accepted greeted left reset reset_greeting timed_out_greeting timed_out_linger flooded evicted stopped failed "
            "header_left header_missing header_bad proxied proxied_local distrusted denied "
            "too_many too_often bytes_sent bytes_discarded datagrams datagrams_answered datagrams_too_small "
            "datagrams_ignored datagrams_denied datagrams_too_often datagrams_failed accept_pauses open").split()


class Log(unittest.TestCase):
    def test_connected(self):
        with Daemon() as daemon, daemon.connect() as client:
            daemon.wait_log(rf"^connected: 127\.0\.0\.1:{client.getsockname()[1]}$")
            read_all(client)
            client.close()
            daemon.wait_counters(open=0)
            self.assertEqual(len(daemon.log_lines("closed: .*")), 0)

    def test_ipv6_peer(self):
        with Daemon("-l", "::1") as daemon, harness.connect(daemon.port, "::1") as client:
            daemon.wait_log(rf"^connected: \[::1\]:{client.getsockname()[1]}$")

    def test_unix_peer(self):
        path = temporary_directory(self) / "socket"
        with Daemon("-v", "-l", f"unix:{path}") as daemon:
            connect_unix(path).close()
            daemon.wait_log(r"^connected: unix:\(unnamed\)$")
            daemon.wait_log(r"^closed: unix:\(unnamed\): (done|reset by peer|reset in greeting), ")

    def test_verbose_closing_line(self):
        with Daemon("-v") as daemon:
            with daemon.connect() as client:
                client.sendall(b"hello")
                self.assertEqual(read_all(client), GREETING)
                port = client.getsockname()[1]
            limit = "" if harness.has("HAVE_STRUCT_TCP_INFO_TCPI_BYTES_ACKED") else "up to "
            daemon.wait_log(rf"^closed: 127\.0\.0\.1:{port}: done, 14 bytes sent, 5 discarded, {limit}\d+ ms$")

    def test_quiet_is_silent(self):
        with Daemon("-q", "--drain", "10ms", "--idle", "60s") as daemon:
            for _ in range(10):
                self.assertEqual(daemon.greeting(), GREETING)
            with daemon.connect() as client:
                self.assertEqual(read_all(client), GREETING)
                self.assertEqual(daemon.stop(), 0)
            self.assertEqual(daemon.log(), "")

    def test_counters(self):
        with Daemon("-q") as daemon:
            self.assertEqual(daemon.counters(), dict.fromkeys(COUNTERS, 0))
            self.assertEqual(list(daemon.counters()), COUNTERS)
            with daemon.connect() as client:
                client.sendall(b"12345")
                self.assertEqual(read_all(client), GREETING)
                self.assertEqual(daemon.wait_counters(greeted=1)["open"], 1)
            counters = daemon.wait_counters(open=0)
            expected = {"accepted": 1, "greeted": 1, "bytes_sent": 14, "bytes_discarded": 5}
            self.assertEqual({name: value for name, value in counters.items() if value}, expected)

    def test_many_signals_at_once(self):
        with Daemon("-q") as daemon:
            for _ in range(1000):
                daemon.signal(signal.SIGUSR1)
            self.assertEqual(daemon.greeting(), GREETING)
            daemon.wait_counters(accepted=1)

    def test_times_are_about_right(self):
        with Daemon("-v", "--idle", "500ms") as daemon, daemon.connect() as client:
            read_all(client)
            lived = int(daemon.wait_log(r"^closed: .* (\d+) ms$")[1])
            self.assertGreaterEqual(lived, 490)
            self.assertLess(lived, 10000)

    def test_hangup_without_a_file(self):
        with Daemon(log=[NOTHING_TO_READ]) as daemon:
            daemon.signal(signal.SIGHUP)
            daemon.wait_log(f"^{NOTHING_TO_READ}$")
            self.assertEqual(daemon.greeting(), GREETING)


class Unread(unittest.TestCase):
    """Standard error is a pipe that is full, or that nobody reads."""

    def start(self, stderr):
        process = harness.start(harness.command_of("haild", ["-v", "-l", "127.0.0.1", "-p", "0"]),
                                env=harness.environment(), stdout=subprocess.PIPE, stderr=stderr)
        with process.stdout as stdout:
            address = harness.read_until_end(stdout.fileno(), os.read)
        return process, int(address.rpartition(b":")[2])

    def greet(self, port, clients):
        for _ in range(clients):
            with harness.connect(port) as client:
                self.assertEqual(read_all(client), GREETING)

    def has_closed_all(self, process):
        """Whether the daemon has no socket but the one that listens."""
        return sum(target.startswith("socket:") for target in harness.descriptors_of(process.pid)) == 1

    def stop(self, process):
        process.terminate()
        self.assertEqual(process.wait(harness.DEADLINE), 0)

    # And when it is read again, it says how much was lost.
    def test_full_pipe_holds_up_nobody(self):
        reader, writer = os.pipe()
        fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4 * resource.getpagesize())
        process, port = self.start(writer)
        os.close(writer)
        self.greet(port, 400)
        poll_until(lambda: self.has_closed_all(process))  # and logged that, or lost it
        first = os.read(reader, 1 << 16)
        self.assertLess(len(first), 5 * resource.getpagesize())
        self.greet(port, 1)
        self.stop(process)
        with os.fdopen(reader, "rb") as pipe:
            rest = pipe.read()
        self.assertRegex(rest, rb"\Ahaild: \d+ log lines lost: [^\n]+\n(connected|closed): 127\.0\.0\.1:\d+")
        for line in (first + rest).decode().splitlines():
            self.assertRegex(line, r"\A(sandbox: |haild |haild: |connected: |closed: |stopped: ).+\Z")

    def test_pipe_without_reader_harms_nobody(self):
        reader, writer = os.pipe()
        process, port = self.start(writer)
        os.close(writer)
        os.close(reader)
        self.greet(port, 20)
        self.stop(process)


if __name__ == "__main__":
    harness.main()
