#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""The static programs in a root with nothing in it: no hosts file, no services, no /dev and no /proc.

Runs in a network namespace of its own, where no name server answers.
"""
import pathlib
import shutil
import unittest

from lib import harness
from lib.clients import ClientTest, given
from lib.harness import Daemon, GREETING, run, temporary_directory


class EmptyRoot(ClientTest):
    def setUp(self):
        if not harness.is_static():
            self.skipTest("haild is dynamic: an empty root has no libraries for it")
        if harness.WRAPPER:
            self.skipTest("the root has no wrapper")
        self.root = temporary_directory(self)
        for name in ("haild", "hailto"):
            path = self.root / harness.program(name).lstrip("/")
            path.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(harness.program(name), path)
        self.prefix = ["chroot", str(self.root)]

    def ask(self, *arguments):
        return run("hailto", *arguments, prefix=self.prefix)

    def test_default_daemon_and_its_clients(self):
        with Daemon(port=None, prefix=self.prefix) as daemon:
            self.assertEqual(daemon.addresses, ["127.0.0.1:12345", "[::1]:12345"])
            for host in ("127.0.0.1", "::1", "localhost", "LOCALHOST", "localhost."):
                with self.subTest(host=host):
                    answer = self.ask(host)
                    self.assertEqual((answer.exit, answer.stdout, answer.stderr), (0, GREETING, b""))
            self.assertEqual(daemon.counters()["greeted"], 5)

    def test_all_addresses(self):
        with Daemon("-l", "*", prefix=self.prefix) as daemon:
            answer = self.ask("127.0.0.1", daemon.port)
            self.assertEqual((answer.exit, answer.stdout, answer.stderr), (0, GREETING, b""))

    def test_expanded_greeting(self):
        with Daemon("-e", "-m", "{peer_address} {local} {time}", prefix=self.prefix) as daemon:
            answer = self.ask("127.0.0.1", daemon.port)
            self.assertRegex(answer.stdout.decode(), rf"\A127\.0\.0\.1 127\.0\.0\.1:{daemon.port} [-0-9]+T[:0-9]+Z\Z")

    def test_name(self):
        """One line says that it is the name."""
        reason = "(no answer from the name service within .+|Temporary failure in name resolution)"
        self.judge_failure(self.ask("-w", given(0.5), "server.example"), 3, f"server.example:12345: resolve: {reason}")
        answer = run("haild", "-l", "server.example", prefix=self.prefix)
        self.assertEqual((answer.exit, answer.stderr), (
            3, b"haild: cannot listen on server.example:12345: Temporary failure in name resolution\n"))

    def test_service(self):
        """There is no list of them."""
        for name, arguments in (("haild", ["-p", "http"]), ("hailto", ["localhost", "http"])):
            answer = run(name, *arguments, prefix=self.prefix)
            self.assertEqual(answer.exit, 2)
            self.assertRegex(answer.stderr.decode(), rf"\A{name}: .*'http': a port is a number up to 65535 or .+\n\Z")

    def test_file(self):
        self.assertTrue(pathlib.Path(self.root, "greeting").write_bytes(b"from within"))
        with Daemon("-f", "/greeting", prefix=self.prefix) as daemon:
            self.assertEqual(self.ask("localhost", daemon.port).stdout, b"from within")


if __name__ == "__main__":
    harness.enter_network_namespace()
    harness.main()
