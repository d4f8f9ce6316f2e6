#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""A client that does not end is cut at its bound, counted under its reason, and harms nobody else."""
import unittest

from lib import harness
from lib.harness import Daemon, GREETING, poll_until, read_all, reset, temporary_directory

MIB = 1024 * 1024
FLOOD = 16 * MIB
LONG_GREETING = r"haild: the greeting has 1048576 bytes: hailto prints the first 1024 unless told otherwise"


class Bounds(unittest.TestCase):
    def others_are_served(self, daemon, greeting=GREETING):
        for _ in range(3):
            self.assertEqual(daemon.greeting(), greeting)

    def milliseconds(self, daemon, reason):
        """How long the session that was closed for this reason has lived, as the log has it."""
        return int(daemon.wait_log(rf"^closed: .*: {reason}, .* (\d+) ms$")[1])

    def test_silent_client_is_cut_when_idle(self):
        with Daemon("-v", "--idle", "300ms", "-t", "60s") as daemon, daemon.connect() as client:
            self.assertEqual(read_all(client), GREETING)
            self.others_are_served(daemon)
            self.assertGreaterEqual(self.milliseconds(daemon, "timed out in linger"), 290)
            self.assertEqual(daemon.counters()["timed_out_linger"], 1)

    def test_sender_of_just_less_than_16_mib_is_not_cut(self):
        with Daemon("-v") as daemon, daemon.connect() as client:
            client.sendall(b"x" * (FLOOD - 1))
            self.assertEqual(read_all(client), GREETING)
            daemon.wait_counters(bytes_discarded=FLOOD - 1)
            self.assertEqual(daemon.counters()["open"], 1)

    # It has small buffers and small segments, so that the kernel does not take all for it.
    def test_slow_reader_is_reset_at_the_timeout(self):
        path = temporary_directory(self) / "message"
        path.write_bytes(b"x" * MIB)
        with Daemon("-v", "-t", "2500ms", "-f", path, log=[LONG_GREETING]) as daemon, \
                daemon.connect(receive_buffer=4096, segment=536) as client:

            def is_cut():
                if daemon.counters()["timed_out_greeting"]:
                    return True
                self.assertEqual(client.recv(1), b"x")
                self.others_are_served(daemon, b"x" * MIB)
                return False

            poll_until(is_cut, every=1)
            lived = self.milliseconds(daemon, "timed out in greeting")
            self.assertGreaterEqual(lived, 2490)
            self.assertLess(lived, 10000)
            self.assertEqual(daemon.counters()["timed_out_greeting"], 1)
            # A part must not pass for the whole.
            with self.assertRaises(ConnectionResetError):
                read_all(client)

    def test_resetting_clients(self):
        path = temporary_directory(self) / "message"
        path.write_bytes(b"x" * MIB)
        with Daemon("-v", "-f", path, log=[LONG_GREETING]) as daemon:
            for _ in range(20):
                client = daemon.connect(receive_buffer=4096, segment=536)
                client.recv(1)
                reset(client)
            daemon.wait_counters(reset_greeting=20, open=0)
            self.assertEqual(len(daemon.log_lines(r"closed: .*: reset in greeting, .*")), 20)
            self.others_are_served(daemon, b"x" * MIB)


if __name__ == "__main__":
    harness.main()
