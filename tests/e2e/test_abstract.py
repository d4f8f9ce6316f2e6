#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""UNIX sockets that have a name and no file."""
import os
import socket
import unittest

from lib import harness
from lib.harness import Daemon, GREETING, read_all, run, temporary_directory

ONE_LINE = rb"\A(haild|hailto): [^\n]+\n\Z"
LACKS = b"this system has no abstract sockets; the file of that name is unix:./@NAME\n"


class Names(unittest.TestCase):
    def setUp(self):
        if not harness.has("HAVE_ABSTRACT_SOCKETS"):
            self.skipTest("the programs know no abstract sockets")
        # No other test has it, nor this one in another run at the same time.
        self.name = f"test_abstract-{os.getpid()}-{self.id()}"

    def greeting(self, name):
        """The greeting for a client that connects to the bytes of the name."""
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(harness.DEADLINE)
            client.connect(b"\0" + name)
            return read_all(client)

    def test_both_programs_take_one(self):
        target = f"unix:@{self.name}"
        with Daemon("-v", "-l", target, port=None) as daemon:
            self.assertEqual(daemon.addresses, [target])
            self.assertEqual(self.greeting(self.name.encode()), GREETING)
            result = run("hailto", "-v", target)
            self.assertEqual((result.exit, result.stdout), (0, GREETING))
            self.assertIn(f"connect: {target} answered".encode(), result.stderr)
            daemon.wait_counters(greeted=2)
        with self.assertRaises(ConnectionRefusedError):
            self.greeting(self.name.encode())

    def test_no_file_is_made(self):
        os.chdir(temporary_directory(self))
        self.addCleanup(os.chdir, "/")
        with Daemon("-l", f"unix:@{self.name}", port=None):
            self.assertEqual(os.listdir(), [])
        self.assertEqual(os.listdir(), [])

    # What is shown can be given to either program.
    def test_odd_bytes_are_shown_and_read_again(self):
        for given, meant, shown in ((r"\x00", b"\0", r"\000"), (r"a\377\xFE", b"a\xff\xfe", r"a\xFF\xFE"),
                                    ("b\n\u202e", "b\n\u202e".encode(), r"b\x0A\xE2\x80\xAE"),
                                    (r"\x5Cx41", rb"\x41", r"\134x41"), ("gr\u00fc\u00df", "gr\u00fc\u00df".encode(), "gr\u00fc\u00df")):
            with self.subTest(given=given), Daemon("-l", f"unix:@{self.name}{given}", port=None) as daemon:
                self.assertEqual(daemon.addresses, [f"unix:@{self.name}{shown}"])
                self.assertEqual(self.greeting(self.name.encode() + meant), GREETING)
                self.assertEqual(run("hailto", daemon.addresses[0]).stdout, GREETING)
                again = run("haild", "-l", daemon.addresses[0])
                self.assertEqual((again.exit, again.stdout), (3, b""))

    def test_name_in_use_is_refused(self):
        with Daemon("-n", "1", "-l", f"unix:@{self.name}", port=None, descriptors=False) as daemon:
            result = run("haild", "-l", f"unix:@{self.name}")
            self.assertEqual((result.exit, result.stdout), (3, b""))
            self.assertEqual(result.stderr.decode(), f"haild: cannot listen on unix:@{self.name}: "
                             f"{harness.strerror(98)} (another socket has it; 'ss -xap' shows whose)\n")
            checked = run("haild", "--check", "-l", f"unix:@{self.name}")
            self.assertEqual((checked.exit, checked.stderr.decode()), (0, f"unix:@{self.name} is in use now\n"))
            self.assertEqual(self.greeting(self.name.encode()), GREETING)  # the first that connects
            self.assertEqual(daemon.wait(), 0)

    def test_check_takes_nothing(self):
        for _ in range(2):
            checked = run("haild", "--check", "-l", f"unix:@{self.name}")
            self.assertEqual((checked.exit, checked.stderr), (0, b""))

    def test_bad_names_are_usage_errors(self):
        for name, why in ((b"", b"the name is empty"), (b"x" * 200, b"too long for a UNIX socket"), (rb"a\b", b"a backslash")):
            for command in (("haild", "-l"), ("hailto",)):
                result = run(*command, b"unix:@".decode() + name.decode())
                self.assertEqual(result.exit, 2)
                self.assertRegex(result.stderr, ONE_LINE)
                self.assertIn(why, result.stderr)

    def test_nobody_there(self):
        result = run("hailto", f"unix:@{self.name}")
        self.assertEqual(result.exit, 4)
        self.assertEqual(result.stderr.decode(),
                         f"hailto: unix:@{self.name}: connect: {harness.strerror(111)}\n")


class Files(unittest.TestCase):
    def setUp(self):
        self.folder = temporary_directory(self)
        os.chdir(self.folder)
        self.addCleanup(os.chdir, "/")

    def test_file_of_such_a_name(self):
        with Daemon("-l", "unix:./@name", port=None) as daemon:
            self.assertEqual(daemon.addresses, ["unix:./@name"])
            self.assertTrue((self.folder / "@name").is_socket())
            self.assertEqual(run("hailto", "unix:./@name").stdout, GREETING)

    def test_client_with_such_a_file_is_no_name(self):
        with Daemon("-l", "unix:socket", port=None) as daemon, socket.socket(socket.AF_UNIX) as client:
            client.bind("@client")
            client.connect("socket")
            daemon.wait_log(r"^connected: unix:\./@client$")

    def test_system_without_names(self):
        if harness.has("HAVE_ABSTRACT_SOCKETS"):
            self.skipTest("the programs know abstract sockets")
        for command in (("haild", "-l"), ("hailto",)):
            result = run(*command, "unix:@name")
            self.assertEqual(result.exit, 2)
            self.assertTrue(result.stderr.endswith(LACKS), result)


if __name__ == "__main__":
    harness.main()
