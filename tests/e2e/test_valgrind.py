#!/usr/bin/env python3
"""Under valgrind: no error, and at the end not a byte nor a descriptor is still in use."""
import contextlib
import pathlib
import re
import socket
import struct
import unittest

from lib import harness
from lib.harness import Daemon, GREETING, connect_unix, need, read_all, run, temporary_directory

SUPPRESSIONS = pathlib.Path(__file__).resolve().parents[1] / "valgrind.supp"
harness.DEADLINE = max(harness.DEADLINE, 120)


class Valgrind(unittest.TestCase):
    def setUp(self):
        need("valgrind")
        if harness.WRAPPER:
            self.skipTest("HAILD_WRAPPER is set")
        if harness.is_sanitized():
            self.skipTest("haild is built with sanitizers, which valgrind can't run")
        self.folder = temporary_directory(self)
        self.report = self.folder / "report"
        self.prefix = ["valgrind", "--leak-check=full", "--show-leak-kinds=all", "--track-fds=yes",
                       "--error-exitcode=99", f"--suppressions={SUPPRESSIONS}", f"--log-file={self.report}"]

    def check_report(self):
        report = self.report.read_text()
        self.assertIn("in use at exit: 0 bytes in 0 blocks", report)
        self.assertIn("ERROR SUMMARY: 0 errors", report)
        self.assertIn("FILE DESCRIPTORS: ", report)
        open_ones = re.findall(r"^==\d+== Open (?:file descriptor|AF_).*", report, re.MULTILINE)
        self.assertEqual([line for line in open_ones if str(self.report) not in line], [], report)

    @contextlib.contextmanager
    def daemon(self, *options, **more):
        with Daemon(*options, prefix=self.prefix, **more) as daemon:
            yield daemon
            self.assertEqual(daemon.stop(), 0, self.report.read_text())
        self.check_report()

    def test_exchanges_and_stop(self):
        path = self.folder / "socket"
        with self.daemon("-v", "-l", "localhost", "-l", f"unix:{path}", "--idle", "100ms") as daemon:
            for client in (harness.connect(daemon.port), harness.connect(daemon.port, "::1"), connect_unix(path)):
                with client:
                    client.sendall(b"x" * 10000)
                    self.assertEqual(read_all(client), GREETING)
            with daemon.connect() as client:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            with daemon.connect() as client:
                read_all(client)
                daemon.wait_counters(timed_out_linger=1)

    def test_stop_with_open_connections(self):
        with self.daemon("--drain", "50ms") as daemon:
            with daemon.connect() as client, daemon.connect() as other:
                read_all(client)
                read_all(other)
                daemon.stop()

    def test_stop_with_a_greeting_under_way(self):
        message = self.folder / "message"
        message.write_bytes(b"x" * 1024 * 1024)
        with self.daemon("-f", message, "--drain", "0", log=[r"haild: the greeting has 1048576 .*"]) as daemon:
            with daemon.connect(receive_buffer=4096, segment=536):
                daemon.wait_counters(accepted=1)
                daemon.stop()

    def test_full(self):
        log = [r"1 open, the most allowed; other connections wait in the queue"]
        with self.daemon("-c", "1", log=log) as daemon:
            with daemon.connect() as first, daemon.connect() as second:
                self.assertEqual(read_all(first), GREETING)
                self.assertEqual(read_all(second), GREETING)
                daemon.wait_counters(evicted=1)

    def test_count(self):
        with self.daemon("-n", "1") as daemon:
            self.assertEqual(daemon.greeting(), GREETING)
            daemon.wait()

    def test_runs_that_end_at_once(self):
        folder = str(self.folder)
        for code, options in ((0, ["--help"]), (0, ["--version"]), (0, ["--check", "-l", "*:0"]), (2, ["--bogus"]),
                              (2, ["-l", "x", "-l", "[::1"]), (3, ["-l", "127.0.0.1:0", "-l", "192.0.2.1:0"]),
                              (3, ["-l", f"unix:{folder}"]), (4, ["-f", f"{folder}/missing"])):
            with self.subTest(options=options):
                result = run("haild", *options, prefix=self.prefix)
                self.assertEqual(result.exit, code, result)
                self.check_report()


if __name__ == "__main__":
    harness.main()
