#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""How a connection ended: what the log calls it, which counter it has, and how long the client took."""
import re
import socket
import unittest

from lib import harness
from lib.harness import Daemon, GREETING, connect_unix, poll_until, read_all, reset, temporary_directory

CLIENTS = 50
# What a client has taken, and since when it is silent.
IS_TOLD = harness.has("HAVE_STRUCT_TCP_INFO_TCPI_BYTES_ACKED")
# Until its half-close, so that the answer to a greeting can't come before.
IS_HELD_BACK = harness.has("HAVE_DECL_TCP_CORK")


def closed(reason):
    return rf"closed: .*: {reason}, .*"


class Endings(unittest.TestCase):
    def leave(self, daemon):
        """Connects as a port check does, and closes: stopped meanwhile, haild greets only then."""
        with daemon.frozen():
            for _ in range(CLIENTS):
                daemon.connect().close()
        counters = daemon.wait_counters(accepted=CLIENTS, open=0)
        self.assertEqual(counters["greeted"] + counters["reset_greeting"], CLIENTS)
        if IS_HELD_BACK:
            self.assertEqual(counters["greeted"], CLIENTS)
        return counters

    def test_port_check_has_left_without_the_greeting(self):
        with Daemon("-v") as daemon:
            counters = self.leave(daemon)
            self.assertEqual((counters["left"], counters["reset"]), (counters["greeted"] if IS_TOLD else 0, 0))
            self.assertEqual(len(daemon.log_lines(closed("left without the greeting"))), counters["left"])

    # That would take a system call for each connection.
    def test_port_check_counts_as_any_other_without_verbose(self):
        with Daemon() as daemon:
            self.assertEqual(self.leave(daemon)["left"], 0)

    def test_client_that_half_closes_first_has_not_left(self):
        with Daemon("-v") as daemon:
            for _ in range(CLIENTS):
                with daemon.connect() as client:
                    client.shutdown(socket.SHUT_WR)
                    self.assertEqual(read_all(client), GREETING)
            self.assertEqual(daemon.wait_counters(accepted=CLIENTS, open=0)["left"], 0)
            self.assertEqual(len(daemon.log_lines(closed("done"))), CLIENTS)

    # Whether it has read the greeting can't be told.
    def test_client_that_resets_with_the_greeting_unread(self):
        with Daemon("-v") as daemon:
            with daemon.connect() as client:
                daemon.wait_counters(greeted=1)
                reset(client)
                daemon.wait_counters(reset=1, open=0)
            self.assertEqual(len(daemon.log_lines(closed("reset by peer"))), 1)

    def test_client_that_resets_before_it_is_greeted(self):
        with Daemon("-v") as daemon:
            with daemon.frozen():
                for _ in range(CLIENTS):
                    reset(daemon.connect())
            counters = daemon.wait_counters(accepted=CLIENTS, open=0)
            self.assertEqual((counters["reset_greeting"], counters["reset"], counters["greeted"]), (CLIENTS, 0, 0))
            self.assertEqual(len(daemon.log_lines(closed("reset in greeting"))), CLIENTS)

    # haild looks 20 to 40 ms later; a busy machine can bring the client's end as late, but not each time.
    def test_time_is_the_clients(self):
        with Daemon("-v") as daemon:
            for count in range(200):
                self.assertEqual(daemon.greeting(), GREETING)
                line = poll_until(lambda: daemon.log_lines(closed("done"))[count:])[0]
                if not IS_TOLD:
                    self.assertRegex(line, r", up to \d+ ms$")
                    return
                if int(re.search(r", (\d+) ms$", line)[1]) < 15:
                    return
        self.fail("never under 15 ms")

    # Where the kernel doesn't tell, as of UNIX sockets, the line says that our look is in it.
    def test_time_of_unix_client_is_told_as_a_bound(self):
        path = temporary_directory(self) / "socket"
        with Daemon("-v", "-l", f"unix:{path}") as daemon:
            with connect_unix(path) as client:
                self.assertEqual(read_all(client), GREETING)
            daemon.wait_log(r"^closed: .*: done, 14 bytes sent, 0 discarded, up to \d+ ms$")


if __name__ == "__main__":
    harness.main()
