#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Short of slots or descriptors, haild pauses quietly and serves everyone in the end."""
import errno
import resource
import time
import unittest

from lib import harness
from lib.crowd import connect_all, serve_all
from lib.harness import Daemon, GREETING, poll_until, read_all, strerror

EVERYONE = 200
FULL = r"\d+ open, the most allowed; other connections wait in the queue"
SHORT = (rf"haild: cannot accept connections: {strerror(errno.EMFILE)}; "
         r"they wait in the queue; retrying every 100 ms")

# valgrind keeps some for itself.
counts_descriptors = unittest.skipIf(harness.WRAPPER, "a wrapper may need descriptors, too")


class Limits(unittest.TestCase):
    def pressed(self, daemon, most):
        """200 clients that do not close: watches what that costs, then lets them end."""
        clients = connect_all(self, daemon.port, EVERYONE)
        poll_until(lambda: daemon.counters()["accept_pauses"] > 0)
        began, used = time.monotonic(), daemon.cpu_seconds()
        # Paused: from time to time who has lingered longest makes room for others.
        poll_until(lambda: self.open_sockets(daemon, most) and daemon.counters()["evicted"] >= 16, every=0.1)
        cpu, wall = daemon.cpu_seconds() - used, time.monotonic() - began
        self.assertLess(cpu, wall / 10)
        self.assertEqual(serve_all(clients), [GREETING] * EVERYONE)
        counters = daemon.wait_counters(open=0)
        self.assertEqual(counters["accepted"], EVERYONE)
        self.assertEqual(counters["greeted"], EVERYONE)
        self.assertLess(len(daemon.log_lines()) - len(daemon.log_lines("counters: .*")), 10)

    def open_sockets(self, daemon, most):
        """How many connections haild holds, by its own account and by the kernel's; never over the most.

        For the moment from accept(2) to the close of who makes room the kernel has one more, and under a
        wrapper that moment is long: so who sees one too many waits for its end."""
        counted, held = daemon.counters()["open"], daemon.descriptors() - daemon.baseline
        self.assertLessEqual(counted, most)
        self.assertLessEqual(held, most + 1)
        if held > most:
            poll_until(lambda: daemon.descriptors() - daemon.baseline <= most, every=0.001)
        return min(held, most)

    def test_descriptor_limit_of_32(self):
        with Daemon("-q", limits={resource.RLIMIT_NOFILE: (32, 32)}) as daemon:
            # Stdin and stdout are on /dev/null, which the baseline leaves out; one is to stay free.
            self.pressed(daemon, 32 - daemon.baseline - 2 - 1)

    def test_8_connections_at_most(self):
        with Daemon("-q", "-c", 8) as daemon:
            self.pressed(daemon, 8)

    def test_never_more_than_8_while_clients_come_and_go(self):
        with Daemon("-c", 8, log=[FULL]) as daemon:
            clients = connect_all(self, daemon.port, EVERYONE)
            for some in (clients[i:i + 10] for i in range(0, EVERYONE, 10)):
                self.open_sockets(daemon, 8)
                self.assertEqual(serve_all(some), [GREETING] * 10)
            self.assertLessEqual(len(daemon.log_lines(FULL)), 1)

    @counts_descriptors
    def test_soft_limit_is_raised(self):
        limits = {resource.RLIMIT_NOFILE: (32, 200)}
        with Daemon("-q", limits=limits) as daemon:
            self.assertEqual(resource.prlimit(daemon.pid, resource.RLIMIT_NOFILE), (200, 200))
            clients = connect_all(self, daemon.port, 100)
            daemon.wait_counters(open=100)
            self.assertEqual(serve_all(clients), [GREETING] * 100)

    @counts_descriptors
    def test_more_connections_than_descriptors_is_a_warning(self):
        log = [r"haild: --max-connections=1000 is more than the descriptor limit of 64 allows: using \d+"]
        with Daemon("-q", "-c", 1000, limits={resource.RLIMIT_NOFILE: (64, 64)}, log=log) as daemon:
            self.assertEqual(len(daemon.log_lines(log[0])), 1)

    def test_out_of_descriptors_pauses_and_recovers(self):
        with Daemon("-q", log=[SHORT]) as daemon:
            before = resource.prlimit(daemon.pid, resource.RLIMIT_NOFILE)
            resource.prlimit(daemon.pid, resource.RLIMIT_NOFILE, (4, before[1]))
            clients = connect_all(self, daemon.port, 20)
            poll_until(lambda: daemon.counters()["accept_pauses"] >= 2, every=0.05)
            began, used = time.monotonic(), daemon.cpu_seconds()
            poll_until(lambda: daemon.counters()["accept_pauses"] >= 12, every=0.05)
            self.assertLess(daemon.cpu_seconds() - used, (time.monotonic() - began) / 10)
            self.assertEqual(daemon.counters()["accepted"], 0)
            self.assertEqual(len(daemon.log_lines(SHORT)), 1)
            resource.prlimit(daemon.pid, resource.RLIMIT_NOFILE, before)
            self.assertEqual(serve_all(clients), [GREETING] * 20)
            self.assertEqual(daemon.wait_counters(open=0)["greeted"], 20)


class Room(unittest.TestCase):
    # All slots are taken when the last has come, but 24 of these clients have closed meanwhile. haild looks at a few in
    # each turn, and those that stay come first.
    def test_room_that_is_seen_in_the_next_turn_is_no_want(self):
        with Daemon("-c", 40, "--idle", "5m", "-t", "10m") as daemon:
            with daemon.frozen():
                stay = [daemon.connect() for _ in range(16)]
                for _ in range(24):
                    daemon.connect().close()
            daemon.wait_counters(accepted=40, open=16)
            self.assertEqual(daemon.counters()["accept_pauses"], 0)
            for client in stay:
                self.assertEqual(read_all(client), GREETING)
                client.close()


if __name__ == "__main__":
    harness.main()
