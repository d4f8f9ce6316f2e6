#!/usr/bin/env python3
"""What programs read of haild: readiness lines, log lines, and greetings for JSON, HTTP and line readers."""
import os
import re
import socket
import unittest

from lib import harness
from lib.harness import Daemon, GREETING, connect_unix, read_all, temporary_directory

# Characters that change the direction of a line or break it.
DIRECTIONS = "\u061c\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff"
HOSTILE_NAMES = (rb"C:\new\x", rb"a\x41\n", "\u202eevil".encode(), b"a\nb\x1b[2J\xc2\x9b", b"\xff\xc3", b'"\\"',
                 DIRECTIONS.encode())


def unescaped(text):
    """The bytes that a readiness line or a log line stands for, as the man page has it."""
    return re.sub(rb"\\x([0-9A-F]{2})", lambda match: bytes([int(match[1], 16)]), text.encode())


class Lines(unittest.TestCase):
    def setUp(self):
        self.folder = os.fsencode(temporary_directory(self))

    def test_path_can_be_taken_from_a_readiness_line(self):
        for name in HOSTILE_NAMES:
            path = self.folder + b"/" + name
            with self.subTest(name=name), Daemon("-l", os.fsdecode(b"unix:" + path), port=None) as daemon:
                self.assertEqual(len(daemon.addresses), 1, daemon.addresses)
                self.assertEqual(unescaped(daemon.addresses[0]), b"unix:" + path)
                with connect_unix(os.fsdecode(path)) as client:
                    self.assertEqual(read_all(client), GREETING)

    def test_plain_path_stands_as_it_is(self):
        for name in (r"C:\new", r"a\x4", "Gr\u00fc\u00dfe", "\u05e9\u05dc", "'\"$x"):
            path = os.fsdecode(self.folder) + "/" + name
            with self.subTest(name=name), Daemon("-l", f"unix:{path}", port=None) as daemon:
                self.assertEqual(daemon.addresses, [f"unix:{path}"])

    def test_log_line_can_pass_for_no_other(self):
        for name in HOSTILE_NAMES:
            theirs = self.folder + b"/" + name
            with self.subTest(name=name), Daemon("-l", f"unix:{os.fsdecode(self.folder)}/s", port=None) as daemon, \
                    socket.socket(socket.AF_UNIX) as client:
                client.bind(theirs)
                client.settimeout(harness.DEADLINE)
                client.connect(self.folder + b"/s")
                shown = daemon.wait_log("^connected: (.+)$")[1]
                self.assertEqual(unescaped(shown), b"unix:" + theirs)
                self.assertFalse(set(DIRECTIONS) & set(shown), ascii(shown))
                self.assertTrue(shown.isprintable(), ascii(shown))
                os.unlink(theirs)


if __name__ == "__main__":
    harness.main()
