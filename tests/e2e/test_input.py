#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Bad input to haild: one line on standard error, the exit code that tells which kind, and nothing bound."""
import os
import socket
import unittest

from lib import harness
from lib.harness import Daemon, run, temporary_directory

ONE_LINE = rb"\Ahaild: [\x20-\x7e]+\n\Z"
USAGE, LISTEN, GREETING = 2, 3, 4
TOO_LONG = 1024 * 1024 + 1
TOO_LARGE = "18446744073709551616"
NO_HOST = b"no..host"  # an empty label: no name server is asked


class BadInput(unittest.TestCase):
    # Every run has a UNIX socket as its first address: it must be gone, or never have been there.
    def is_refused(self, code, *options, env=None, **popen):
        path = temporary_directory(self) / "socket"
        with self.subTest(options=options, env=env):
            result = run("haild", "-l", f"unix:{path}", *options, env=env, **popen)
            self.assertEqual((result.exit, result.stdout), (code, b""), result)
            self.assertRegex(result.stderr, ONE_LINE)
            self.assertFalse(path.exists())
            return result.stderr.decode()

    def test_ports(self):
        for port in (" ", "12 34", "0x1F", "65536", "-1", "", " 1", "1 ", "+1", "1x", "1.5", "999999999999", TOO_LARGE,
                     "no-such-service"):
            self.is_refused(USAGE, f"--port={port}", "-l", "127.0.0.1")
            self.is_refused(USAGE, "-l", f"127.0.0.1:{port}")
            self.is_refused(USAGE, "-l", f"[::1]:{port}")

    def test_unknown_options(self):
        for option in ("--bogus", "--bogus=1", "-Z", "-vZ", "-1", "--message-", "--ver"):
            self.is_refused(USAGE, option)

    def test_operands(self):
        self.is_refused(USAGE, "12345")
        self.is_refused(USAGE, "--", "-v")
        self.is_refused(USAGE, "")

    def test_missing_and_needless_values(self):
        for option in ("-l", "-p", "-m", "-f", "-n", "-c", "-b", "-t", "--idle", "--drain", "--instance"):
            self.is_refused(USAGE, option)
        for option in ("--check=1", "--expand=", "--udp=1", "--quiet=", "--verbose=2", "--reuse-port=no",
                       "--help=1"):
            self.is_refused(USAGE, option)

    def test_options_given_twice(self):
        for option in ("-p0", "-mx", "-fx", "-n1", "-c1", "-b1", "-t1", "--idle=1", "--drain=1", "-q",
                       "-e", "-u", "--instance=x", "--check", "--reuse-port"):
            self.is_refused(USAGE, option, option)

    def test_options_that_exclude_each_other(self):
        self.is_refused(USAGE, "-m", "text", "-f", "/dev/null")
        self.is_refused(USAGE, "-q", "-v")
        self.is_refused(USAGE, env={"HAILD_MESSAGE": "text", "HAILD_MESSAGE_FILE": "/dev/null"})

    # UNIX sockets have no datagrams of ours.
    def test_datagrams_without_an_address(self):
        self.is_refused(USAGE, "-u")
        self.is_refused(USAGE, "-u", "-l", "unix:elsewhere")
        self.is_refused_from_environment(options=["-u"], HAILD_LISTEN="unix:one unix:two")

    def test_counts(self):
        strange = ["", "-1", "+1", "1x", " 1", "1 ", "0x10", "1.5", "1K", TOO_LARGE]
        for option, outside in (("-n", ["4294967296"]), ("-c", ["0", "2147483648"]), ("-b", ["0", "2147483648"])):
            for value in strange + outside:
                self.is_refused(USAGE, option, value)

    def test_times(self):
        strange = ["", "-1", "+1", "1x", " 1", "1 ", "1h", "1.", ".5", "1.2345", "1.5ms", "86401", "86400.001",
                   "1441m", "s", "1ss", "1S", "0x10s", TOO_LARGE, TOO_LARGE + "s", "1e3", "nan"]
        for option, outside in (("-t", ["0", "0.0s"]), ("--idle", ["0", "0ms"]), ("--drain", [])):
            for value in strange + outside:
                self.is_refused(USAGE, option, value)

    def test_least_and_most_are_allowed(self):
        for options in (["-n", "4294967295", "-c", "2147483647", "-b", "4096"], ["-c", "1", "-b", "1"],
                        ["-t", "1ms", "--idle", "1ms", "--drain", "0"],
                        ["-t", "86400", "--idle", "1440m", "--drain", "86400000ms"], ["-t", "1.5", "--idle", "0.001s"]):
            with self.subTest(options=options):
                result = run("haild", "--check", "-p", "0", *options)
                self.assertEqual((result.exit, result.stdout, result.stderr), (0, b"", b""), result)

    def test_bad_address_text(self):
        for address in ("", "[::1", "[127.0.0.1]", "[::1]x", "[]:1", "a:b:c", "1:2:3", "[localhost]:1", ":",
                        "h:", "x" * 5000):
            self.is_refused(USAGE, "-l", address)
            if address:
                self.is_refused_from_environment(HAILD_LISTEN=address)

    def is_refused_from_environment(self, code=USAGE, options=(), **env):
        with self.subTest(options=options, env=env):
            result = run("haild", *options, env=env)
            self.assertEqual((result.exit, result.stdout), (code, b""), result)
            self.assertRegex(result.stderr, ONE_LINE)

    def test_bad_environment(self):
        self.is_refused_from_environment(HAILD_PORT="65536")
        self.is_refused_from_environment(HAILD_PORT=" ")
        self.is_refused_from_environment(HAILD_PORT="0", HAILD_LISTEN="127.0.0.1 [::1")
        self.is_refused_from_environment(GREETING, HAILD_PORT="0", HAILD_MESSAGE_FILE="/no/such/file")

    def test_address_that_is_not_ours(self):
        for address in ("192.0.2.1:0", "[2001:db8::1]:0"):
            self.assertIn(address[:9].strip("["), self.is_refused(LISTEN, "-l", address))

    def test_unknown_host(self):
        self.is_refused(LISTEN, "-l", os.fsdecode(NO_HOST) + ":0")

    def test_port_in_use(self):
        for host in ("127.0.0.1", "::1"):
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            with socket.create_server((host, 0), family=family) as taken:
                port = taken.getsockname()[1]
                self.assertIn(str(port), self.is_refused(LISTEN, "-l", host, "-p", port))
        with Daemon() as daemon:
            self.is_refused(LISTEN, "-l", "localhost", "-p", daemon.port)
            self.assertEqual(daemon.counters()["accepted"], 0)

    def test_same_address_twice(self):
        with socket.create_server(("127.0.0.1", 0)) as chosen:
            port = chosen.getsockname()[1]
        self.is_refused(USAGE, "-l", f"127.0.0.1:{port}", "-l", f"127.0.0.1:{port}")
        self.is_refused(LISTEN, "-l", f"127.0.0.1:{port}", "-l", f"localhost:{port}")

    def test_message_files(self):
        folder = temporary_directory(self)
        long, fifo, loop = folder / "long", folder / "fifo", folder / "loop"
        long.write_bytes(b"x" * TOO_LONG)
        os.mkfifo(fifo)
        loop.symlink_to(loop)
        for path in (folder / "missing", folder, long, fifo, loop, "/dev/zero", "/dev/null", "",
                     folder / "missing\n\x1b[2J", "/" + "x" * 300):
            self.is_refused(GREETING, "-f", path)

    def test_messages_that_are_too_long_for_datagrams(self):
        path = harness.message_file(self, b"x" * 513)
        for options in (["-m", "x" * 513], ["-f", path], ["-e", "-m", "{peer}" * 9]):
            self.assertIn("with --udp 512 are the most",
                          self.is_refused(GREETING, "-l", "127.0.0.1:0", "-u", *options))

    def test_longest_message_is_allowed(self):
        path = temporary_directory(self) / "message"
        path.write_bytes(b"x" * (TOO_LONG - 1))
        with Daemon("-f", path, log=[r"haild: the greeting has 1048576 bytes: .*"]) as daemon:
            self.assertEqual(len(daemon.greeting()), TOO_LONG - 1)

    # What is shown of the input must not drive a terminal, nor make a second line.
    def test_hostile_input_is_shown_escaped(self):
        hostile = b"x\nhaild: \x1b[2J\x9b\xff\x7f"
        self.is_refused(USAGE, "-p", os.fsdecode(hostile), "-l", "127.0.0.1")
        self.is_refused(USAGE, "-l", os.fsdecode(b"[" + hostile))
        self.is_refused(USAGE, "-t", os.fsdecode(hostile))
        self.is_refused(USAGE, os.fsdecode(hostile))
        self.is_refused(USAGE, "--" + os.fsdecode(hostile))
        self.is_refused(LISTEN, "-l", os.fsdecode(hostile.replace(b":", b"").replace(b" ", b"") + NO_HOST))

    def test_complaint_that_nobody_can_hear(self):
        result = run("sh", "-c", 'exec "$@" 2>&-', "sh", *harness.command_of("haild", ["--bogus"]))
        self.assertEqual(result.exit, USAGE)


if __name__ == "__main__":
    harness.main()
