#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""A rush of clients: the queue is as long as asked for, and the rest of the loop has its turn."""
import select
import signal
import unittest

from lib import harness
from lib.crowd import connect_all, serve_all
from lib.harness import Daemon, GREETING, raise_descriptor_limit


class Rush(unittest.TestCase):
    # The kernel queues one more than the backlog; the others are not connected.
    def test_backlog(self):
        with Daemon("-q", "-b", "4") as daemon:
            with daemon.frozen():
                clients = connect_all(self, daemon.port, 20)
                connected = select.select([], clients, [], 0)[1]
                for client in clients:
                    if client not in connected:
                        client.close()
                self.assertIn(len(connected), (4, 5))
            self.assertEqual(serve_all(connected), [GREETING] * len(connected))

    # Libevent would accept the whole queue before anything else may happen.
    def test_signal_is_heard_in_between(self):
        raise_descriptor_limit(2100)
        with Daemon("-q") as daemon:
            with daemon.frozen():
                clients = connect_all(self, daemon.port, 2000)
                daemon.signal(signal.SIGUSR1)
            accepted = int(daemon.wait_log(r"^counters: accepted=(\d+) ")[1])
            self.assertLess(accepted, 500)
            self.assertEqual(serve_all(clients), [GREETING] * 2000)


if __name__ == "__main__":
    harness.enter_network_namespace()
    harness.main()
