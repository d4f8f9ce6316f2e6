#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""One daemon takes over from another on a port that they share, while clients come: who is lost, and who is not.

Each greeting has its daemon's name and its serial number, so that what clients heard certifies what was said: no
number is missing, none comes twice, and each client hears rising ones. Runs in a network namespace of its own, where
net.ipv4.tcp_migrate_req can be set.
"""
import collections
import pathlib
import socket
import threading
import unittest

from lib import harness
from lib.harness import DEADLINE, Daemon, poll_until

MIGRATE = pathlib.Path("/proc/sys/net/ipv4/tcp_migrate_req")
HANDOVERS = 5
GREETED_BETWEEN = 100  # before each


class Clients:
    """A with-block in which some threads ask again and again; .heard has the greetings of each, in order."""

    def __init__(self, port, threads=4):
        self.heard, self.failures = [[] for _ in range(threads)], collections.Counter()
        self._port, self._over = port, threading.Event()
        self._threads = [threading.Thread(target=self._ask_on, args=(one,)) for one in self.heard]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        for thread in self._threads:
            thread.join()

    def count(self):
        return sum(map(len, self.heard))

    def _ask_on(self, heard):
        while not self._over.is_set():
            said = b""
            try:
                with socket.create_connection(("127.0.0.1", self._port), DEADLINE) as client:
                    while part := client.recv(100):
                        said += part
                heard.append(said)
            except OSError as failure:
                self.failures["short" if said else type(failure).__name__] += 1


class Handover(unittest.TestCase):
    def setUp(self):
        harness.can_share_ports(self) or self.skipTest("this build has no --reuse-port")
        if not MIGRATE.exists():
            self.skipTest("this kernel has no net.ipv4.tcp_migrate_req")

    def daemon(self, number, port=0):
        return Daemon("-l", "127.0.0.1", "--reuse-port", "-e", "-m", r"{instance} {serial}\n",
                      "--instance", number, port=port)

    def certify(self, clients, greeted):
        """Holds what was heard against how many each daemon says that it has greeted."""
        numbers = collections.defaultdict(list)
        for heard in clients.heard:
            last = collections.defaultdict(int)
            for text in heard:
                self.assertRegex(text, rb"\A\d+ \d+\n\Z")
                name, serial = map(int, text.split())
                self.assertGreater(serial, last[name])
                last[name] = serial
                numbers[name].append(serial)
        self.assertEqual({name: sorted(serials) for name, serials in numbers.items()},
                         {name: list(range(1, count + 1)) for name, count in greeted.items()})

    def hand_over(self, migrates):
        """Daemons take over from one another; returns what clients met besides greetings."""
        MIGRATE.write_text(f"{migrates:d}\n")
        greeted, running = {}, self.daemon(0).__enter__()
        try:
            with Clients(running.port) as clients:
                for number in range(1, HANDOVERS + 1):
                    enough = clients.count() + GREETED_BETWEEN
                    poll_until(lambda: clients.count() >= enough)
                    following = self.daemon(number, running.port).__enter__()
                    old, running = running, following
                    enough = clients.count() + GREETED_BETWEEN
                    poll_until(lambda: clients.count() >= enough)
                    greeted[number - 1] = self.end(old)
        finally:
            greeted[HANDOVERS] = self.end(running)
        self.certify(clients, greeted)
        return clients.failures

    def end(self, daemon):
        """Ends a daemon; returns how many it has greeted."""
        daemon.process.terminate()
        self.assertEqual(daemon.wait(), 0)
        return self.greeted_of(daemon)

    def greeted_of(self, daemon):
        return int(daemon.log_lines(r"stopped: .*")[-1].partition("greeted=")[2].split()[0])

    def test_nobody_is_lost_where_requests_migrate(self):
        self.assertEqual(self.hand_over(True), {})

    def test_nobody_hears_half_a_greeting_where_they_do_not(self):
        # Nor does anybody wait in vain: that would be a TimeoutError.
        failures = self.hand_over(False)
        print(f"without net.ipv4.tcp_migrate_req: {dict(failures)}", flush=True)
        self.assertLessEqual(set(failures), {"ConnectionResetError"})


if __name__ == "__main__":
    harness.enter_network_namespace()
    harness.main()
