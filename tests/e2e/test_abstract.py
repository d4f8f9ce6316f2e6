#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""UNIX sockets that have a name and no file, and the rights of those that have one."""
import os
import socket
import stat
import unittest

from lib import harness
from lib.harness import Daemon, GREETING, connect_unix, read_all, run, temporary_directory

ONE_LINE = rb"\A(haild|hailto): [^\n]+\n\Z"
LACKS = b"this system has no abstract sockets; the file of that name is unix:./@NAME\n"


def within(folder):
    """What runs a command in that folder."""
    return "sh", "-c", 'cd "$0" && exec "$@"', folder


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
        folder = temporary_directory(self)
        with Daemon("-l", f"unix:@{self.name}", "--socket-mode=600", port=None, prefix=within(folder)):
            self.assertEqual(os.listdir(folder), [])
        self.assertEqual(os.listdir(folder), [])

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
            checked = run("haild", "--check", "-l", f"unix:@{self.name}", "--socket-mode=0")
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
        self.within = within(self.folder)

    def test_file_of_such_a_name(self):
        with Daemon("-l", "unix:./@name", port=None, prefix=self.within) as daemon:
            self.assertEqual(daemon.addresses, ["unix:./@name"])
            self.assertTrue((self.folder / "@name").is_socket())
            self.assertEqual(run("hailto", "unix:./@name", prefix=self.within).stdout, GREETING)

    def test_client_with_such_a_file_is_no_name(self):
        connect = "import socket; end = socket.socket(socket.AF_UNIX); end.bind('@client'); end.connect('socket')"
        with Daemon("-l", "unix:socket", port=None, prefix=self.within) as daemon:
            self.assertEqual(run("python3", "-c", connect, cwd=self.folder).exit, 0)
            daemon.wait_log(r"^connected: unix:\./@client$")

    def test_system_without_names(self):
        if harness.has("HAVE_ABSTRACT_SOCKETS"):
            self.skipTest("the programs know abstract sockets")
        for command in (("haild", "-l"), ("hailto",)):
            result = run(*command, "unix:@name")
            self.assertEqual(result.exit, 2)
            self.assertTrue(result.stderr.endswith(LACKS), result)


class Mode(unittest.TestCase):
    def setUp(self):
        self.path = temporary_directory(self) / "socket"

    def mode(self, *options, mask=0o022):
        """The rights of the daemon's socket."""
        before = os.umask(mask)
        self.addCleanup(os.umask, before)
        with Daemon("-l", f"unix:{self.path}", *options, port=None):
            return stat.S_IMODE(self.path.stat().st_mode)

    def test_default_is_the_umask(self):
        self.assertEqual(self.mode(mask=0o022), 0o755)
        self.assertEqual(self.mode(mask=0o077), 0o700)

    def test_mode_is_set_whatever_the_umask(self):
        for mode in (0o0, 0o600, 0o660, 0o777):
            for mask in (0, 0o077, 0o777):
                self.assertEqual(self.mode(f"--socket-mode={mode:o}", mask=mask), mode)

    # Files that are opened later have the umask of before: the mode is for the socket alone.
    def test_umask_stays(self):
        self.addCleanup(os.umask, os.umask(0o027))
        with Daemon("-l", f"unix:{self.path}", "--socket-mode=600", port=None) as daemon:
            self.assertEqual(int(daemon.status("Umask"), 8), 0o027)

    def test_each_socket_has_it(self):
        other = self.path.with_name("other")
        with Daemon("-l", f"unix:{self.path}", "-l", f"unix:{other}", "-l", "127.0.0.1", "--socket-mode=640"):
            self.assertEqual([stat.S_IMODE(path.stat().st_mode) for path in (self.path, other)], [0o640] * 2)

    def test_bad_modes_are_usage_errors(self):
        for mode in ("", "8", "0o600", "1000", "-1", "rw", "600 "):
            for more in ((), ("--check",)):
                result = run("haild", "-l", f"unix:{self.path}", f"--socket-mode={mode}", *more)
                self.assertEqual((result.exit, result.stderr.decode()), (
                    2, f"haild: --socket-mode: '{mode}' is not a mode from 0 to 777, in octal, such as 660\n"))
        self.assertFalse(self.path.exists())

    def test_check_makes_nothing(self):
        checked = run("haild", "--check", "-l", f"unix:{self.path}", "--socket-mode=660")
        self.assertEqual((checked.exit, checked.stderr), (0, b""))
        self.assertFalse(self.path.exists())

    def test_rights_decide_who_connects(self):
        if os.geteuid() != 0:
            self.skipTest("needs root, to be another user")
        self.path.parent.chmod(0o755)
        for mode, may in ((0o666, True), (0o660, False)):
            with Daemon("-l", f"unix:{self.path}", f"--socket-mode={mode:o}", port=None):
                result = run("python3", "-c", "import socket, sys; socket.socket(socket.AF_UNIX).connect(sys.argv[1])",
                             self.path, user=65534, group=65534, extra_groups=[])
                self.assertEqual(result.exit == 0, may, result)
                self.assertIn(b"" if may else b"PermissionError", result.stderr)
                with connect_unix(self.path) as client:
                    self.assertEqual(read_all(client), GREETING)


if __name__ == "__main__":
    harness.main()
