#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""What haild says: one line an event, as much as was asked for, and never at the cost of the service."""
import contextlib
import fcntl
import json
import os
import pathlib
import re
import resource
import signal
import subprocess
import time
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


class Together(unittest.TestCase):
    """Many clients have many lines, which are written together: none is lost, late or out of order."""

    def burst(self, daemon, count):
        """Connects so many while the daemon stands still, then has them greeted; returns their ports in order."""
        with contextlib.ExitStack() as stack:
            with daemon.frozen():
                clients = [stack.enter_context(daemon.connect()) for _ in range(count)]
            for client in clients:
                self.assertEqual(read_all(client), GREETING)
            return [client.getsockname()[1] for client in clients]

    def shown(self, daemon):
        """The ports of the clients in the log, in order."""
        return [int(line.rpartition(":")[2]) for line in daemon.log_lines("connected: .*")]

    def test_lines_keep_their_order(self):
        with Daemon("-l", "127.0.0.1") as daemon:
            ports = self.burst(daemon, 300) + self.burst(daemon, 300)
            poll_until(lambda: len(self.shown(daemon)) == 600)
            self.assertEqual(self.shown(daemon), ports)

    # In JSON and with -v as well.
    def test_lines_keep_their_order_in_json(self):
        with Daemon("-l", "127.0.0.1", "-v", "--log=json", log=[r"\{.*\}"]) as daemon:
            ports = self.burst(daemon, 300)
            poll_until(lambda: daemon.whole_log().count('"event":"closed"') == 300)
            lines = [json.loads(line) for line in daemon.log_lines()]
            connected, closed = ([int(line["peer"].rpartition(":")[2]) for line in lines if line.get("event") == event]
                                 for event in ("connected", "closed"))
            self.assertEqual(connected, ports)
            self.assertEqual(sorted(closed), sorted(ports))

    # Nothing else happens that could write it.
    def test_last_line_comes_by_itself(self):
        with Daemon("-l", "127.0.0.1") as daemon:
            for count in (1, 2, 3, 20):
                port = self.burst(daemon, count)[-1]
                daemon.wait_log(rf"^connected: 127\.0\.0\.1:{port}$")

    @unittest.skipIf(harness.WRAPPER, "a wrapper writes, too")
    def test_writes_are_few(self):
        with Daemon("-l", "127.0.0.1") as daemon:
            self.burst(daemon, 10)
            poll_until(lambda: len(self.shown(daemon)) == 10)
            before, began = self.writes(daemon), time.monotonic()
            for _ in range(4):
                self.burst(daemon, 250)
            poll_until(lambda: len(self.shown(daemon)) == 1010)
            # One for each 10 ms in which there are lines, and one for each 4096 bytes of them.
            most = (time.monotonic() - began) / 0.01 + 1000 * len("connected: 127.0.0.1:12345\n") / 4096
            self.assertLessEqual(self.writes(daemon) - before, most + 10)

    def writes(self, daemon):
        """How many times the daemon has written to a file."""
        return int(re.search(r"^syscw: (\d+)$", pathlib.Path(f"/proc/{daemon.pid}/io").read_text(), re.MULTILINE)[1])

    def test_stop_writes_all(self):
        with Daemon("-l", "127.0.0.1") as daemon:
            ports = self.burst(daemon, 200)
            self.assertEqual(daemon.stop(), 0)
            self.assertEqual(self.shown(daemon), ports)
            self.assertTrue(daemon.log_lines()[-1].startswith("stopped: accepted=200 "))

    # With clients that are held, only a second signal ends it before its time.
    def test_second_signal_writes_all(self):
        with Daemon("-l", "127.0.0.1", "-v", "--drain=60s", "--idle=60s", log=["stopping: waiting for .*"]) as daemon:
            with contextlib.ExitStack() as stack:
                clients = [stack.enter_context(daemon.connect()) for _ in range(200)]
                for client in clients:
                    self.assertEqual(read_all(client), GREETING)
                daemon.signal(signal.SIGTERM)
                daemon.wait_log("^stopping: waiting for 200 connections$")
                self.assertEqual(daemon.stop(), 0)
            self.assertEqual(len(self.shown(daemon)), 200)
            self.assertEqual(len(daemon.log_lines("closed: .*: stopped, .*")), 200)
            self.assertTrue(daemon.log_lines()[-1].startswith("stopped: accepted=200 "))

    # What is urgent is not kept waiting, nor does it overtake anything.
    def test_other_lines_come_after_those_held(self):
        with Daemon("-l", "127.0.0.1") as daemon:
            ports = self.burst(daemon, 50)
            daemon.wait_counters(accepted=50)
            lines = daemon.log_lines()
            first = next(place for place, line in enumerate(lines) if line.startswith("counters: accepted=50 "))
            self.assertEqual([int(line.rpartition(":")[2]) for line in lines[:first] if line.startswith("connected: ")],
                             ports)


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
        lines = (first + rest).decode().splitlines()
        for line in lines:
            self.assertRegex(line, r"\A(sandbox: |haild |haild: |connected: |closed: |stopped: ).+\Z")
        lost = [int(match[1]) for line in lines if (match := re.match(r"haild: (\d+) log lines? lost: ", line))]
        self.assertGreater(sum(lost), 0)
        self.assertEqual(len(lines) - len(lost) + sum(lost), 3 + 2 * 401)

    def test_pipe_without_reader_harms_nobody(self):
        reader, writer = os.pipe()
        process, port = self.start(writer)
        os.close(writer)
        os.close(reader)
        self.greet(port, 20)
        self.stop(process)


if __name__ == "__main__":
    harness.main()
