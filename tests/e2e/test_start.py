#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""How haild starts: readiness, addresses, where its greeting comes from, and what it inherits."""
import os
import re
import socket
import time
import unittest

from lib import harness
from lib.harness import Daemon, GREETING, own_address, read_all, run, temporary_directory


class Readiness(unittest.TestCase):
    def test_every_address_answers_as_soon_as_it_is_printed(self):
        for _ in range(10):
            with Daemon("-l", "127.0.0.1", "-l", "[::1]", "-l", "127.0.0.2") as daemon:
                for host, port in zip(("127.0.0.1", "::1", "127.0.0.2"), daemon.ports, strict=True):
                    with harness.connect(port, host) as client:
                        self.assertEqual(read_all(client), GREETING)

    # On a busy machine one may take longer, but not each.
    def test_start_takes_no_time(self):
        def seconds():
            began = time.monotonic()
            with Daemon():
                return time.monotonic() - began
        limit = 30 if harness.WRAPPER or harness.is_sanitized() else 0.3
        self.assertTrue(any(seconds() < limit for _ in range(20)))

    def test_start_line_names_everything(self):
        with Daemon() as daemon:
            self.assertRegex(daemon.log(), r"\Asandbox: .+\nhaild \d+\.\d+\.\d+ \(libevent 2\.\d\S*, epoll\) listens on " +
                             re.escape(", ".join(daemon.addresses)) + r"\n\Z")

    def test_nothing_listens_where_one_address_fails(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            path = temporary_directory(self) / "socket"
            result = run("haild", "-l", f"unix:{path}", "-l", "127.0.0.2", "-l", "127.0.0.1", "-p", port)
            self.assertEqual((result.exit, result.stdout), (3, b""), result)
            self.assertFalse(path.exists())
            with self.assertRaises(ConnectionRefusedError):
                harness.connect(port, "127.0.0.2")

    def test_free_port_is_the_same_for_both_families(self):
        with Daemon() as daemon:
            self.assertEqual(daemon.addresses, [f"127.0.0.1:{daemon.port}", f"[::1]:{daemon.port}"])
            self.assertGreater(daemon.port, 0)

    def test_addresses(self):
        for option, expected in (("127.0.0.1", r"127\.0\.0\.1:\d+"), ("::1", r"\[::1\]:\d+"),
                                 ("[::1]", r"\[::1\]:\d+"), ("[::1]:0", r"\[::1\]:\d+"),
                                 ("localhost:0", r"127\.0\.0\.1:(\d+)\n\[::1\]:\1"),
                                 ("*", r"0\.0\.0\.0:(\d+)\n\[::\]:\1"), ("*:0", r"0\.0\.0\.0:(\d+)\n\[::\]:\1"),
                                 (":0", r"0\.0\.0\.0:(\d+)\n\[::\]:\1")):
            with self.subTest(option=option), Daemon("-l", option) as daemon:
                self.assertRegex("\n".join(daemon.addresses), rf"\A{expected}\Z")

    # Each socket has its own family, so that the log shows IPv4 peers as IPv4.
    def test_wildcard_serves_both_families(self):
        with Daemon("-l", "*") as daemon:
            for host, peer in (("127.0.0.1", r"127\.0\.0\.1:\d+"), ("::1", r"\[::1\]:\d+")):
                with harness.connect(daemon.port, host) as client:
                    self.assertEqual(read_all(client), GREETING)
                daemon.wait_log(rf"^connected: {peer}$")



class SharedPort(unittest.TestCase):
    def test_two_daemons_share_one(self):
        if not harness.can_share_ports(self):
            return
        with Daemon("-l", "127.0.0.1", "--reuse-port") as first, \
                Daemon("-l", "127.0.0.1", "--reuse-port", port=first.port) as second:
            for _ in range(64):
                self.assertEqual(first.greeting(), GREETING)
            accepted = first.counters()["accepted"], second.counters()["accepted"]
            self.assertEqual(sum(accepted), 64)
            self.assertGreater(min(accepted), 0)

    def test_only_if_both_want_to(self):
        if not harness.can_share_ports(self):
            return
        for mine, yours in (([], []), (["--reuse-port"], []), ([], ["--reuse-port"])):
            with self.subTest(mine=mine, yours=yours), Daemon("-l", "127.0.0.1", *mine) as daemon:
                result = run("haild", "-l", "127.0.0.1", "-p", daemon.port, *yours)
                self.assertEqual(result.exit, 3, result)

    def test_restart_on_the_same_port(self):
        address = own_address()
        with Daemon("-l", address) as daemon, harness.connect(daemon.port, address) as client:
            self.assertEqual(read_all(client), GREETING)
            port = daemon.port
        # Its closed connection is in TIME_WAIT now; it is no obstacle.
        with Daemon("-l", address, port=port) as daemon, harness.connect(daemon.port, address) as client:
            self.assertEqual(read_all(client), GREETING)



class Greeting(unittest.TestCase):
    def heard(self, *options, env=None, log=()):
        with Daemon(*options, env=env, log=log) as daemon:
            return daemon.greeting()

    def file(self, content):
        path = temporary_directory(self) / "message"
        path.write_bytes(content)
        return path

    def test_message(self):
        self.assertEqual(self.heard("-m", "Good day"), b"Good day")
        self.assertEqual(self.heard("--message=Grüß Gott\n\\n {peer}",
                                    log=[r"the greeting says \\n literally; with -e it is expanded"]),
                         "Grüß Gott\n\\n {peer}".encode())

    def test_empty_message(self):
        self.assertEqual(self.heard("-m", ""), b"")

    def test_file_of_all_bytes(self):
        everything = bytes(range(256))
        self.assertEqual(self.heard("-f", self.file(everything)), everything)

    def test_empty_file(self):
        self.assertEqual(self.heard("-f", self.file(b"")), b"")

    # Until a SIGHUP, for which there is test_reload.py.
    def test_file_is_read_once(self):
        path = self.file(b"first")
        with Daemon("-f", path) as daemon:
            path.write_bytes(b"second")
            self.assertEqual(daemon.greeting(), b"first")

    def test_message_of_more_than_1024_bytes_is_a_warning(self):
        text = "x" * 1025
        self.assertEqual(self.heard("-m", "x" * 1024), b"x" * 1024)
        self.assertEqual(self.heard("-m", text, log=[r"haild: the greeting has 1025 bytes: .*"]), text.encode())

    def test_empty_greeting_under_load(self):
        with Daemon("-m", "") as daemon:
            for _ in range(100):
                self.assertEqual(daemon.greeting(), b"")
            self.assertEqual(daemon.wait_counters(open=0)["greeted"], 100)

    def test_environment(self):
        path = self.file(b"from file")
        text, file = {"HAILD_MESSAGE": "from environment"}, {"HAILD_MESSAGE_FILE": str(path)}
        for options, env, expected in (([], text, b"from environment"), ([], file, b"from file"),
                                       (["-m", "option"], text, b"option"),
                                       (["-m", "option"], file, b"option"),
                                       (["-m", ""], text, b""),
                                       (["-m", "option"], {**text, **file}, b"option"),
                                       (["-f", path], text, b"from file"),
                                       (["-f", path], {**text, **file}, b"from file"),
                                       ([], {"HAILD_MESSAGE": "", "HAILD_MESSAGE_FILE": ""}, GREETING),
                                       ([], {**text, "HAILD_MESSAGE_FILE": ""}, b"from environment")):
            with self.subTest(options=options, env=env):
                self.assertEqual(self.heard(*options, env=env), expected)


class Environment(unittest.TestCase):
    def addresses(self, *options, port=None, **env):
        with Daemon(*options, port=port, env=env) as daemon:
            return [re.sub(r":\d+$", "", address) for address in daemon.addresses]

    def test_port(self):
        self.assertEqual(self.addresses(HAILD_PORT="0"), ["127.0.0.1", "[::1]"])

    def test_port_option_goes_first(self):
        self.assertEqual(self.addresses(port=0, HAILD_PORT="nonsense"), ["127.0.0.1", "[::1]"])

    def test_listen(self):
        path = temporary_directory(self) / "socket"
        self.assertEqual(self.addresses(HAILD_LISTEN=f"  127.0.0.2:0\t[::1]:0 unix:{path}\n"),
                         ["127.0.0.2", "[::1]", f"unix:{path}"])

    def test_listen_option_goes_first(self):
        self.assertEqual(self.addresses("-l", "127.0.0.1", port=0, HAILD_LISTEN="bad::address::here"),
                         ["127.0.0.1"])

    def test_empty_or_blank_is_unset(self):
        self.assertEqual(self.addresses(port=0, HAILD_LISTEN=""), ["127.0.0.1", "[::1]"])
        self.assertEqual(self.addresses(port=0, HAILD_LISTEN=" \t"), ["127.0.0.1", "[::1]"])

    # libevent's own switches would choose another back end.
    def test_libevent_variables_are_ignored(self):
        env = {name: "1" for name in ("EVENT_NOEPOLL", "EVENT_NOPOLL", "EVENT_NOSELECT", "EVENT_PRECISE_TIMER",
                                      "EVENT_EPOLL_USE_CHANGELIST")}
        with Daemon(env=env) as daemon:
            self.assertRegex(daemon.log(), r"(?m)^haild .*, epoll\) listens")
            self.assertEqual(daemon.greeting(), GREETING)


class StandardDescriptors(unittest.TestCase):
    def test_full_standard_output(self):
        log = [r"haild: cannot print the addresses on standard output: No space left on device"]
        with open("/dev/full", "wb") as full, Daemon(stdout=full, log=log) as daemon:
            self.assertEqual(daemon.greeting(), GREETING)
            daemon.wait_log(log[0])

    def test_standard_output_that_nobody_reads(self):
        reader, writer = os.pipe()
        os.close(reader)
        log = [r"haild: cannot print the addresses on standard output: Broken pipe"]
        with os.fdopen(writer, "wb") as pipe, Daemon(stdout=pipe, log=log) as daemon:
            self.assertEqual(daemon.greeting(), GREETING)

    # Who waits for the addresses may wait for the end of the stream; nothing else comes.
    def test_standard_output_ends(self):
        with Daemon() as daemon:
            self.assertEqual(os.readlink(f"/proc/{daemon.pid}/fd/1"), "/dev/null")

    def test_sigpipe_is_ignored(self):
        with Daemon() as daemon:
            self.assertTrue(int(daemon.status("SigIgn"), 16) & 1 << harness.signal.SIGPIPE - 1)


class Check(unittest.TestCase):
    def checked(self, *options, exit=0, stderr=rb"\Z", env=None):
        result = run("haild", "--check", *options, env=env)
        self.assertEqual((result.exit, result.stdout), (exit, b""), result)
        self.assertRegex(result.stderr, stderr)

    def test_good(self):
        path = temporary_directory(self) / "socket"
        self.checked("-l", "*:0", "-l", f"unix:{path}", "-m", "text")
        self.assertFalse(path.exists())

    def test_in_use_is_no_error(self):
        path = temporary_directory(self) / "socket"
        with Daemon("-l", "127.0.0.1", "-l", f"unix:{path}") as daemon:
            self.checked("-l", f"127.0.0.1:{daemon.port}", "-l", f"unix:{path}",
                         stderr=rb"\A127\.0\.0\.1:\d+ is in use now\nunix:/\S+ is in use now\n\Z")
            self.assertEqual(daemon.counters()["failed"], 0)

    def test_stale_path_is_left(self):
        path = temporary_directory(self) / "socket"
        with socket.socket(socket.AF_UNIX) as dead:
            dead.bind(str(path))
        self.checked("-l", f"unix:{path}")
        self.assertTrue(path.exists())

    def test_bad(self):
        folder = temporary_directory(self)
        one_line = rb"\Ahaild: [^\n]+\n\Z"
        self.checked("--bad", exit=2, stderr=one_line)
        self.checked("-l", "192.0.2.1:0", exit=3, stderr=one_line)
        self.checked("-l", f"unix:{folder}/missing/socket", exit=3, stderr=one_line)
        self.checked("-l", f"unix:{folder}", exit=3, stderr=one_line)
        self.checked("-f", folder / "missing", exit=4, stderr=one_line)
        self.checked("-u", "-p", "0", "-m", "x" * 513, exit=4, stderr=one_line)
        self.checked("-e", "-p", "0", "-m", "{x}", exit=4, stderr=rb"\Ahaild: [^\n]+\n  \{x\}\n  \^\n\Z")


class Information(unittest.TestCase):
    def test_help_and_version(self):
        for option, expected in (("--help", rb"\AUsage: haild .*\n(.*\n)+\Z"), ("-h", rb"\AUsage: haild "),
                                 ("--version", rb"\Ahaild \d+\.\d+\.\d+\n\Z"), ("-V", rb"\Ahaild ")):
            with self.subTest(option=option):
                result = run("haild", option)
                self.assertEqual((result.exit, result.stderr), (0, b""), result)
                self.assertRegex(result.stdout, expected)

    def test_lines_of_help_are_not_longer_than_a_terminal(self):
        self.assertEqual([line for line in run("haild", "--help").stdout.splitlines() if len(line) > 80], [])

    def test_where_nobody_can_read_it(self):
        with open("/dev/full", "wb") as full:
            for option in ("--help", "--version"):
                result = run("haild", option, stdout=full)
                self.assertEqual(result.exit, 1, result)
                self.assertRegex(result.stderr, rb"\Ahaild: [^\n]+\n\Z")


if __name__ == "__main__":
    harness.main()
