#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""What hailto takes for the greeting: slow, long, endless and unfinished ones, of any server."""
import os
import re
import subprocess
import sys
import threading

from lib import harness
from lib.clients import ClientTest, ask
from lib.harness import DEADLINE, Daemon, GREETING, need, poll_until, temporary_directory
from lib.servers import Server, gushes, says, stays

LOCAL = "127.0.0.1"
KIB, MIB = 1024, 1024 * 1024
QUIET = 0.25
ONE_SHOT = """
import socket
server = socket.create_server(("127.0.0.1", 0))
print(server.getsockname()[1], flush=True)
client, address = server.accept()
client.sendall(b"Hi from server")
client.close()
server.close()
"""


def pattern(length):
    """Bytes that tell if some were lost, doubled or exchanged."""
    return b"".join(b"%07d\n" % i for i in range(length // 8 + 1))[:length]


class Ends(ClientTest):
    """How the greeting ends"""

    def test_end_of_stream(self):
        with Server(says(GREETING)) as server:
            self.took(self.hears(GREETING, LOCAL, server.port), 0)

    def test_quiet_moment(self):
        closed = threading.Event()

        def script(connection):
            stays(b"220 ready\r\n")(connection)
            closed.set()
        with Server(script) as server:
            self.took(self.hears(b"220 ready\r\n", LOCAL, server.port), QUIET)
            self.assertTrue(closed.wait(DEADLINE))

    def test_no_quiet_moment_before_the_first_byte(self):
        with Server(says(b"late", pause=2 * QUIET)) as server:
            self.took(self.hears(b"late", LOCAL, server.port), 2 * QUIET)

    def test_byte_limit(self):
        with Server(stays(b"x" * KIB)) as server:
            # Every byte that is asked for is there: there is nothing to wait for.
            self.quickly(QUIET, lambda: self.hears(b"x" * KIB, LOCAL, server.port))
            self.quickly(QUIET, lambda: self.hears(b"x", "-b", "1", LOCAL, server.port))

    def test_nothing_is_sent(self):
        got = []

        def script(connection):
            connection.sendall(GREETING)
            got.append(connection.recv(10))
        with Server(script) as server:
            self.hears(GREETING, LOCAL, server.port)
            poll_until(lambda: got)
        self.assertEqual(got, [b""])


class Slow(ClientTest):
    def test_two_parts_about_the_quiet_moment(self):
        with Server(says(b"one", b"two", pause=4 * QUIET)) as server:
            self.hears(b"one", LOCAL, server.port)

    def test_many_segments(self):
        text = pattern(3000)
        with Server(says(*(text[i:i + 7] for i in range(0, 3000, 7)), pause=0.0005)) as server:
            self.hears(text[:KIB], LOCAL, server.port)
            self.hears(text, "-b", "4K", LOCAL, server.port)


class Long(ClientTest):
    def test_about_the_default_limit(self):
        for length in (1, 1023, 1024, 1025, 4096):
            for script in (says, stays):
                with self.subTest(length=length, script=script.__name__):
                    with Server(script(pattern(length))) as server:
                        self.hears(pattern(length)[:KIB], LOCAL, server.port)

    def test_about_a_given_limit(self):
        text = pattern(2 * MIB)
        with Server(says(text)) as server:
            for given, length in (("1", 1), ("7", 7), ("1K", KIB), ("1025", 1025), ("1000000", 1000000),
                                  ("1M", MIB), ("1024K", MIB), (str(MIB), MIB)):
                with self.subTest(given=given):
                    answer = ask("-b", given, LOCAL, server.port)
                    self.assertEqual((answer.exit, len(answer.stdout), answer.stderr), (0, length, b""))
                    self.assertTrue(answer.stdout == text[:length])

    def test_endless(self):
        with Server(gushes) as server:
            self.took(self.hears(b"x" * KIB, LOCAL, server.port), 0)
            answer = ask("-b", "1M", LOCAL, server.port)
            self.assertEqual((answer.exit, answer.stdout == b"x" * MIB, answer.stderr), (0, True, b""))
            self.took(answer, 0)

    def test_mebibyte_of_haild(self):
        path = temporary_directory(self) / "message"
        path.write_bytes(os.urandom(MIB))
        with Daemon("-f", path, log=[r"haild: the greeting has 1048576 bytes: .*"]) as daemon:
            answer = ask("-b", "1M", LOCAL, daemon.port)
            self.assertEqual((answer.exit, answer.stdout == path.read_bytes(), answer.stderr), (0, True, b""))


class Servers(ClientTest):
    """Servers of others"""

    def test_python_one_shot(self):
        for options in ([], ["-v"], ["-E", "Hi from server"]):
            process = harness.start([sys.executable, "-c", ONE_SHOT], stdout=subprocess.PIPE)
            with process.stdout as stdout:
                port = int(stdout.readline())
            answer = ask(*options, LOCAL, port)
            self.assertEqual((answer.exit, answer.stdout), (0, GREETING), answer)
            self.assertEqual(process.wait(DEADLINE), 0)

    def nc(self, *options, stdin):
        need("nc.openbsd")
        process = harness.start(["nc.openbsd", "-n", "-v", *options, "-l", LOCAL, "0"], stdin=subprocess.PIPE,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        process.stdin.write(stdin)
        process.stdin.flush()
        port = re.search(rb" (\d+)$", process.stderr.readline().strip())[1].decode()
        return process, port

    def test_nc_that_closes(self):
        process, port = self.nc("-N", stdin=GREETING)
        process.stdin.close()
        self.hears(GREETING, LOCAL, port)
        self.nc_ends(process)

    def test_nc_that_stays(self):
        process, port = self.nc(stdin=b"Hi from nc\n")
        self.took(self.hears(b"Hi from nc\n", LOCAL, port), QUIET)
        process.stdin.close()
        self.nc_ends(process)

    def nc_ends(self, process):
        self.assertEqual(process.wait(DEADLINE), 0)
        # hailto says nothing.
        self.assertEqual(process.stdout.read(), b"")
        process.stdout.close()
        process.stderr.close()

    def test_ncat(self):
        need("ncat")
        path = temporary_directory(self) / "socket"
        process = harness.start(["ncat", "--send-only", "-U", "-l", str(path)], stdin=subprocess.PIPE)
        with process.stdin as stdin:
            stdin.write(GREETING)
        poll_until(path.exists)
        # The path is there before it listens.
        poll_until(lambda: self.listens(path))
        self.hears(GREETING, f"unix:{path}")
        self.assertEqual(process.wait(DEADLINE), 0)

    def listens(self, path):
        with open("/proc/net/unix") as table:
            # The flag of a listening socket is __SO_ACCEPTCON (0x10000).
            return any(line.split()[3] == "00010000" and line.rstrip().endswith(str(path)) for line in table)


if __name__ == "__main__":
    harness.main()
