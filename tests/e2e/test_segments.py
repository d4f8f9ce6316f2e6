#!/usr/bin/env python3
"""A whole exchange costs six TCP segments: greeting and FIN travel in one."""
import unittest

from lib import harness
from lib.harness import Daemon, GREETING, kernel_counter, read_all, temporary_directory

EXCHANGES = 1000


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

    def test_ipv4(self):
        with Daemon("-q") as daemon:
            self.assertEqual(self.cost(daemon, "127.0.0.1"), (6 * EXCHANGES, 6 * EXCHANGES, 0))

    def test_ipv6(self):
        with Daemon("-q") as daemon:
            self.assertEqual(self.cost(daemon, "::1"), (6 * EXCHANGES, 6 * EXCHANGES, 0))

    # A greeting longer than a segment must not wait for anything either.
    def test_long_greeting_is_not_delayed(self):
        path = temporary_directory(self) / "message"
        path.write_bytes(b"x" * 100000)
        with Daemon("-q", "-f", path, log=[r"haild: the greeting has 100000 bytes: .*"]) as daemon:
            before = harness.time.monotonic()
            for _ in range(20):
                self.assertEqual(daemon.greeting(), b"x" * 100000)
            # The kernel pushes a corked rest after 200 ms.
            self.assertLess(harness.time.monotonic() - before, 20 * 0.2)


if __name__ == "__main__":
    harness.enter_network_namespace()
    harness.main()
