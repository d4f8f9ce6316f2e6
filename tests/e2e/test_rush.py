#!/usr/bin/env python3
"""A rush of clients: the queue holds them all, everyone is greeted, and the rest of the loop has its turn."""
import select
import signal
import unittest

from lib import harness
from lib.crowd import connect_all, serve_all
from lib.harness import Daemon, GREETING, kernel_counter, raise_descriptor_limit


class Rush(unittest.TestCase):
    def test_5000_at_once(self):
        raise_descriptor_limit(5100)
        with Daemon("-q") as daemon:
            clients = connect_all(self, daemon.port, 5000)
            self.assertEqual(serve_all(clients), [GREETING] * 5000)
            self.assertEqual(daemon.wait_counters(open=0)["greeted"], 5000)

    # Who finds the queue full is left connected and without greeting, or comes back after a second.
    def test_2000_wait_in_the_queue(self):
        raise_descriptor_limit(2100)
        before = kernel_counter("netstat", "TcpExt", "ListenOverflows")
        with Daemon("-q") as daemon:
            with daemon.frozen():
                clients = connect_all(self, daemon.port, 2000)
            self.assertEqual(serve_all(clients), [GREETING] * 2000)
            self.assertEqual(daemon.wait_counters(open=0)["greeted"], 2000)
        self.assertEqual(kernel_counter("netstat", "TcpExt", "ListenOverflows"), before)

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
