#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Under valgrind: no error, and at the end not a byte nor a descriptor is still in use.

A taste of what script/test --valgrind does with all the tests.
"""
import os
import socket
import struct
import unittest

from lib import harness, valgrind
from lib.harness import Daemon, GREETING, connect_unix, need, read_all, run, temporary_directory
from lib.servers import Server, refusing, says

MIB = 1024 * 1024
harness.DEADLINE = max(harness.DEADLINE, 120)


class Judgement(unittest.TestCase):
    """Of reports as the versions of valgrind write them"""

    def judge(self, *paragraphs, errors, left="0 bytes in 0 blocks"):
        text = "\n\n".join((*paragraphs, f"    in use at exit: {left}",
                            f"ERROR SUMMARY: {errors} errors from {errors} contexts (suppressed: 0 from 0)"))
        return valgrind.judge("".join(f"==7== {line}\n" for line in text.split("\n"))).faults

    INHERITED = "Open file descriptor 10: /dev/null\n   <inherited from parent>"
    STANDARD = "Open file descriptor 1: /dev/null\n   at 0x1: dup2 (a.c:1)\n   by 0x2: main (b.c:2)"
    LEFT_OPEN = "Open AF_INET socket 12: 127.0.0.1:1 <-> unbound\n   at 0x1: socket (a.c:1)"
    ERROR = "Invalid read of size 1\n   at 0x1: main (b.c:2)"

    def test_what_is_no_fault(self):
        self.assertEqual(self.judge(errors=0), [])
        self.assertEqual(self.judge(self.INHERITED, errors=0), [])
        self.assertEqual(self.judge(self.INHERITED, errors=1), [])  # 3.24
        self.assertEqual(self.judge(self.INHERITED, self.STANDARD, errors=2), [])  # 3.27

    def test_what_is_one(self):
        for errors in (0, 1, 2):
            self.assertIn(self.LEFT_OPEN, self.judge(self.LEFT_OPEN, self.INHERITED, errors=errors))
            self.assertIn(self.ERROR, self.judge(self.ERROR, self.INHERITED, errors=errors))
        self.assertEqual(self.judge(self.INHERITED, errors=2), ["there were errors"])

    def test_memory_in_use_at_exit(self):
        left, suppressed = "1,272 bytes in 2 blocks", "        suppressed: {} bytes in 1 blocks".format
        for paragraphs in ((), (suppressed("272"),)):
            self.assertEqual(self.judge(*paragraphs, errors=0, left=left), ["memory is in use at exit"])
        self.assertEqual(self.judge(suppressed("1,272"), errors=0, left=left), [])


class Valgrind(unittest.TestCase):
    def setUp(self):
        need("valgrind")
        if harness.WRAPPER:
            self.skipTest("HAILD_WRAPPER is set")
        if harness.is_sanitized():
            self.skipTest("haild is built with sanitizers, which valgrind can't run")
        if harness.is_static():
            self.skipTest("haild is static: valgrind cannot see what it allocates")
        self.folder = temporary_directory(self)
        self.reports = temporary_directory(self)
        self.prefix = valgrind.command(self.reports)

    def judgements(self):
        return [valgrind.judge(file.read_text()) for file in self.reports.iterdir()]

    def all_well(self, runs):
        self.assertEqual(self.judgements(), [valgrind.Judgement(was_killed=False, faults=[])] * runs)

    def test_exchanges(self):
        path = self.folder / "socket"
        with Daemon("-v", "-l", "localhost", "-l", f"unix:{path}", "--idle", "100ms", "--drain", "50ms",
                    prefix=self.prefix) as daemon:
            for client in (harness.connect(daemon.port), harness.connect(daemon.port, "::1"), connect_unix(path)):
                with client:
                    client.sendall(b"x" * 10000)
                    self.assertEqual(read_all(client), GREETING)
            with daemon.connect() as client:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            with daemon.connect() as client:
                read_all(client)
                daemon.wait_counters(timed_out_linger=1)
        self.all_well(1)

    def test_stop_with_greetings_under_way(self):
        message = self.folder / "message"
        message.write_bytes(b"x" * MIB)
        with Daemon("-f", message, "-c", "2", "--drain", "50ms", prefix=self.prefix,
                    log=[r"haild: the greeting has 1048576 .*", r"2 open, the most allowed; .*"]) as daemon:
            with daemon.connect(receive_buffer=4096, segment=536), daemon.connect() as client, daemon.connect():
                self.assertEqual(len(read_all(client)), MIB)
                daemon.wait_counters(accepted=3)
                self.assertEqual(daemon.stop(), 0)
        self.all_well(1)

    def test_client(self):
        with Server(says(GREETING)) as server, refusing() as port:
            for code, target in ((0, f"localhost:{server.port}"), (4, f"localhost:{port}"), (2, "[::1")):
                self.assertEqual(run("hailto", target, prefix=self.prefix).exit, code)
        self.all_well(3)

    # The naive client leaks what it connects with.
    def test_can_fail(self):
        with refusing() as port:
            naive = os.path.abspath(os.environ.get("NAIVE_CLIENT", "tests/e2e/naive_client"))
            run(naive, "127.0.0.1", port, prefix=self.prefix)
        judgement, = self.judgements()
        self.assertIn("definitely lost", "".join(judgement.faults))


if __name__ == "__main__":
    harness.main()
