#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""A start that waits for a name server can be ended like any other program.

Runs in a network namespace with its own /etc/resolv.conf.
"""
import signal
import subprocess
import unittest

from lib import harness, machine


class Waiting(unittest.TestCase):
    def ends(self, number):
        machine.write(self, "resolv.conf", "nameserver 127.0.0.1\noptions timeout:30 attempts:5\n")
        with machine.name_server() as asked:
            daemon = harness.start(harness.command_of("haild", ["-l", "server.example", "-p", "0"]),
                                   stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=harness.environment())
            with daemon.stdout as stdout:
                self.assertTrue(asked.wait(harness.DEADLINE))
                daemon.send_signal(number)
                self.assertEqual(daemon.wait(harness.DEADLINE / 3), -number)
                self.assertEqual(stdout.read(), b"")

    def test_term(self):
        self.ends(signal.SIGTERM)

    def test_interrupt(self):
        self.ends(signal.SIGINT)


if __name__ == "__main__":
    machine.enter()
    harness.main()
