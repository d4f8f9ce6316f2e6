#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""A whole exchange costs six TCP segments: greeting and FIN travel in one, where the system can hold back."""
import socket
import time
import unittest

from lib import harness
from lib.harness import Daemon, GREETING, kernel_counter, read_all, temporary_directory

EXCHANGES = 1000
IS_HELD_BACK = harness.has("HAVE_DECL_TCP_CORK")


class Segments(unittest.TestCase):
    def read_counters(self):
        """Segments sent and received; both ends are in this namespace, so each is sent once and
        received once. A client that gets no processor for 40 ms sends its delayed ACK: not haild's doing,
        and left out."""
        delayed = kernel_counter("netstat", "TcpExt", "DelayedACKs")
        return (kernel_counter("snmp", "Tcp", "OutSegs") - delayed,
                kernel_counter("snmp", "Tcp", "InSegs") - delayed,
                kernel_counter("snmp", "Tcp", "RetransSegs"))

    def cost(self, daemon, host):
        before = self.read_counters()
        for _ in range(EXCHANGES):
            with harness.connect(daemon.port, host) as client:
                self.assertEqual(read_all(client), GREETING)
        daemon.wait_counters(open=0)
        return tuple(after - start for after, start in zip(self.read_counters(), before))

    def judge(self, daemon, host):
        """Elsewhere the greeting leaves alone, mostly with an acknowledgement of its own."""
        sent, received, again = self.cost(daemon, host)
        self.assertEqual((received, again), (sent, 0))
        if IS_HELD_BACK:
            self.assertEqual(sent, 6 * EXCHANGES)
        else:
            self.assertGreater(sent, 6 * EXCHANGES)
            self.assertLessEqual(sent, 8 * EXCHANGES)

    def test_ipv4(self):
        with Daemon("-q") as daemon:
            self.judge(daemon, "127.0.0.1")

    def test_ipv6(self):
        with Daemon("-q") as daemon:
            self.judge(daemon, "::1")

    # A greeting longer than a segment must not wait for anything either.
    def test_long_greeting_is_not_delayed(self):
        path = temporary_directory(self) / "message"
        path.write_bytes(b"x" * 100000)
        with Daemon("-q", "-f", path, log=[r"haild: the greeting has 100000 bytes: .*"]) as daemon:
            before = time.monotonic()
            for _ in range(20):
                self.assertEqual(daemon.greeting(), b"x" * 100000)
            # The kernel pushes a corked rest after 200 ms.
            self.assertLess(time.monotonic() - before, 20 * 0.2)


MULTIPATH = harness.preloading("multipath")


class Multipath(unittest.TestCase):
    """haild as `mptcpize run` starts it: its listening socket speaks MPTCP, and also plain TCP."""
    cost = Segments.cost
    judge = Segments.judge
    read_counters = Segments.read_counters

    def setUp(self):
        harness.need_preloading(self)
        try:
            socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_MPTCP).close()
        except OSError as error:
            self.skipTest(f"no MPTCP in this kernel: {error}")

    # The kernel holds a corked MPTCP connection's data and FIN back for 200 ms.
    def test_greeting_is_not_delayed(self):
        with Daemon("-q", env=MULTIPATH) as daemon:
            before = time.monotonic()
            for _ in range(20):
                with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_MPTCP) as client:
                    client.connect(("127.0.0.1", daemon.port))
                    self.assertEqual(read_all(client), GREETING)
            self.assertLess(time.monotonic() - before, 20 * 0.2)

    def test_plain_client_keeps_its_segments(self):
        with Daemon("-q", env=MULTIPATH) as daemon:
            self.judge(daemon, "127.0.0.1")


if __name__ == "__main__":
    harness.enter_network_namespace()
    harness.main()
