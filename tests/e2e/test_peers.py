#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Every usual client gets the greeting, byte for byte, and then the end of the stream."""
import unittest

from lib import harness
from lib.harness import Daemon, GREETING, need, read_all, run


class Peers(unittest.TestCase):
    def hears(self, command, *arguments, **options):
        """Runs a client, with the daemon's port in place of PORT, and checks what it printed."""
        with Daemon("-v", "-l", "127.0.0.1") as daemon:
            filled = [argument.replace("PORT", str(daemon.port)) for argument in arguments]
            result = run(command, *filled, **options)
            self.assertEqual(result.stdout, GREETING, result)
            self.assertEqual(result.exit, 0, result)
            daemon.wait_log(r"^closed: 127\.0\.0\.1:\d+: done, 14 bytes sent")
            self.assertEqual(daemon.counters()["reset"], 0)

    def test_nc(self):
        need("nc.openbsd")
        self.hears("nc.openbsd", "127.0.0.1", "PORT")

    def test_nc_that_talks(self):
        need("nc.openbsd")
        self.hears("nc.openbsd", "-N", "127.0.0.1", "PORT", input=b"GET / HTTP/1.0\r\n\r\n")

    def test_ncat(self):
        need("ncat")
        self.hears("ncat", "127.0.0.1", "PORT")

    def test_ncat_that_receives_only(self):
        need("ncat")
        self.hears("ncat", "--recv-only", "127.0.0.1", "PORT")

    def test_socat(self):
        need("socat")
        self.hears("socat", "-", "TCP4:127.0.0.1:PORT")

    def test_socat_that_reads_only(self):
        need("socat")
        self.hears("socat", "-u", "TCP4:127.0.0.1:PORT", "-")

    def test_curl(self):
        need("curl")
        self.hears("curl", "--silent", "--show-error", "--no-buffer", "telnet://127.0.0.1:PORT")

    def test_bash(self):
        need("bash")
        self.hears("bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/PORT && cat <&3")

    def test_hailto(self):
        self.hears("hailto", "127.0.0.1", "PORT")

    def test_python(self):
        with Daemon() as daemon:
            for host in ("127.0.0.1", "::1"):
                with self.subTest(host=host), harness.connect(daemon.port, host) as client:
                    self.assertEqual(read_all(client), GREETING)

    def test_python_that_half_closes_first(self):
        with Daemon() as daemon, daemon.connect() as client:
            client.shutdown(harness.socket.SHUT_WR)
            self.assertEqual(read_all(client), GREETING)


if __name__ == "__main__":
    harness.main()
