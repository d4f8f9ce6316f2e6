#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""examples/two-services: a program that is run once two services are there, and not before.

Runs in a network namespace of its own, where the ports of the example are free.
"""
import os
import pathlib
import re
import shlex
import signal
import socket
import subprocess
import unittest

from lib import harness
from lib.clients import Running
from lib.harness import program, temporary_directory

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "examples/two-services"
HOST = "127.0.0.1"


class Service:
    """A port for a with-block. It refuses until its service starts."""

    def __enter__(self):
        self._socket = socket.socket()
        self._socket.bind((HOST, 0))
        self.address = f"{HOST}:{self._socket.getsockname()[1]}"
        return self

    def __exit__(self, *_):
        self._socket.close()

    def start(self):
        """From now on the kernel accepts, and nobody closes."""
        self._socket.listen()


class ServicesTest(unittest.TestCase):
    def setUp(self):
        self.database, self.cache = self.enterContext(Service()), self.enterContext(Service())
        # hailto, which tells on standard error what it sees.
        self.folder = temporary_directory(self)
        (self.folder / "hailto").write_text(f'#!/bin/sh\nexec {shlex.quote(program("hailto"))} -v "$@"\n')
        (self.folder / "hailto").chmod(0o755)

    def entrypoint(self, *words, **variables):
        """The entry point under way, with that program."""
        given = {"DATABASE": self.database.address, "CACHE": self.cache.address,
                 "PATH": f"{self.folder}:{os.environ['PATH']}", **variables}
        return Running(*words, program=str(FOLDER / "entrypoint"), env=harness.environment(given))

    def start_both(self):
        self.database.start()
        self.cache.start()


class TwoServices(ServicesTest):
    def waits_for(self, second, client):
        """Sees that the other service is there, and that this one is asked again and again all the same."""
        refused = rf"(.*\n)*wait: {second.address}: connect: Connection refused; again in .*\n"
        client.wait_error(rf"read: 0 bytes, then quiet for .*\n{2 * refused}")
        self.assertEqual(client.status("Name"), "hailto")

    def program_is_run_after(self, first, second):
        with self.entrypoint("sh", "-c", 'echo "$$ $1"; exit 42', "sh", "--fast") as client:
            client.wait_error(f"wait: {first.address}: connect: Connection refused")
            first.start()
            self.waits_for(second, client)
            second.start()
            answer = client.end()
        self.assertEqual((answer.exit, answer.stdout), (42, f"{client.pid} --fast\n".encode()), answer)

    def test_cache_first(self):
        self.program_is_run_after(self.cache, self.database)

    def test_database_first(self):
        self.program_is_run_after(self.database, self.cache)

    def test_one_that_never_comes(self):
        self.cache.start()
        with self.entrypoint("echo", "run", PATIENCE="3s") as client:
            answer = client.end()
        self.assertEqual((answer.exit, answer.stdout), (4, b""), answer)
        self.assertRegex(answer.stderr.decode(), rf"\nhailto: {self.database.address}: connect: Connection refused; "
                                                 r"gave up after 3s, \d+ attempts?\n\Z")

    def test_missing_address(self):
        with self.entrypoint("echo", "run", CACHE="") as client:
            answer = client.end()
        self.assertNotEqual(answer.exit, 0)
        self.assertEqual(answer.stdout, b"")
        self.assertIn(b"CACHE", answer.stderr)


class Signals(ServicesTest):
    def test_end_while_it_waits(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(number=number), self.entrypoint("echo", "run") as client:
                client.wait_error("; again in ")
                client.signal(number)
                answer = client.end()
                self.assertEqual((answer.exit, answer.stdout), (-number, b""), answer)

    def test_reach_the_program(self):
        script = "trap 'echo ending; exit 7' TERM; echo ready >&2; while :; do sleep 0.01; done"
        with self.entrypoint("sh", "-c", script) as client:
            self.start_both()
            client.wait_error("ready")
            client.signal(signal.SIGTERM)
            answer = client.end()
        self.assertEqual((answer.exit, answer.stdout), (7, b"ending\n"), answer)

    def test_are_as_they_were(self):
        """hailto ignores SIGPIPE for itself alone."""
        command = ["grep", "-E", "^Sig(Blk|Ign|Cgt):", "/proc/self/status"]
        direct = subprocess.run(["sh", "-c", shlex.join(command)], stdout=subprocess.PIPE, check=True).stdout
        with self.entrypoint(*command) as client:
            self.start_both()
            self.assertEqual(client.end().stdout, direct)


class Example(unittest.TestCase):
    def test_run(self):
        folders = (os.path.dirname(program(name)) for name in ("haild", "hailto"))
        result = harness.run(str(FOLDER / "run"), env={"PATH": ":".join([*folders, os.environ["PATH"]])})
        [shown] = re.findall(r"\n    \$ examples/two-services/run\n((?:    .*\n)+)", self.readme())
        self.assertEqual(result.stdout.decode(), re.sub("(?m)^    ", "", shown), result)
        self.assertEqual(result.exit, 0, result)
        warnings = 2 if harness.is_warned_of_root() else 0
        self.assertRegex(result.stderr.decode(), rf"\A({harness.WARNING_OF_ROOT}\n){{{warnings}}}\Z")
        for port in (15432, 16379):
            with self.assertRaises(ConnectionRefusedError):
                harness.connect(port)

    def test_readme_shows_the_entry_point(self):
        self.assertIn(f"\n    {(FOLDER / 'entrypoint').read_text().splitlines()[-1]}\n", self.readme())

    @staticmethod
    def readme():
        return (FOLDER / "README.md").read_text()


if __name__ == "__main__":
    harness.enter_network_namespace()
    harness.main()
