#!/usr/bin/env python3
"""Clients that talk before they listen lose no byte of the greeting, and see no reset."""
import os
import unittest

from lib import harness
from lib.harness import Daemon, GREETING, temporary_directory
from lib.naive import NaiveServer
from lib.talkers import talk_first

KIB = 1024
MIB = 1024 * KIB


# A machine that is busy elsewhere must not make a client look idle.
PATIENT = ("--idle", "5m", "-t", "10m")


class Closing(unittest.TestCase):
    def all_hear(self, daemon, clients, say, expect):
        heard = talk_first(daemon, daemon.port, clients, say, expect)
        self.assertEqual(heard, (clients, 0, 0))
        counters = daemon.wait_counters(open=0)
        self.assertEqual(counters["accepted"], clients)
        self.assertEqual(counters["greeted"], clients)
        self.assertEqual(counters["bytes_sent"], clients * len(expect))
        self.assertEqual(counters["bytes_discarded"], clients * len(say))
        for name in ("reset", "timed_out_greeting", "timed_out_linger", "flooded", "evicted", "failed"):
            self.assertEqual(counters[name], 0, name)

    def test_2000_clients_that_send_64_kib_first(self):
        with Daemon(*PATIENT) as daemon:
            self.all_hear(daemon, 2000, b"x" * 64 * KIB, GREETING)

    def test_500_clients_that_send_one_byte_first(self):
        with Daemon(*PATIENT) as daemon:
            self.all_hear(daemon, 500, b"x", GREETING)

    def test_200_clients_that_send_1_mib_first(self):
        with Daemon(*PATIENT) as daemon:
            self.all_hear(daemon, 200, b"x" * MIB, GREETING)

    def test_200_clients_with_a_message_of_1_mib(self):
        message = os.urandom(MIB)
        path = temporary_directory(self) / "message"
        path.write_bytes(message)
        with Daemon(*PATIENT, "-f", path, log=[r"haild: the greeting has 1048576 bytes: .*"]) as daemon:
            self.all_hear(daemon, 200, b"x" * 64 * KIB, message)

    # The same clients see resets from a server that closes when it has written.
    def test_can_fail(self):
        with NaiveServer() as server:
            heard = talk_first(server, server.port, 2000, b"x" * 64 * KIB, GREETING)
            self.assertGreater(heard.resets, 1000)


if __name__ == "__main__":
    harness.main()
