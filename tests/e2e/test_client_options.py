#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""hailto's command line: every form of address, what each option prints, and what is refused.

Runs in a network namespace with its own /etc/services.
"""
import pathlib
import re

from lib import harness, machine
from lib.clients import ClientTest, ask, prompt_lookups
from lib.harness import Daemon, GREETING, poll_until, temporary_directory
from lib.servers import Server, refusing, says, stays

LOCAL = "127.0.0.1"
ROOT = pathlib.Path(__file__).resolve().parents[2]
TIME = r"\d+(\.\d+)? ms"
SPAN = rf"\d+\.\d to {TIME}"  # of an address that was not the first


class Addresses(ClientTest):
    def test_forms(self):
        with Daemon("-l", "localhost") as daemon:
            port = daemon.port
            for operands in (["127.0.0.1", port], [f"127.0.0.1:{port}"], ["::1", port], ["[::1]", port],
                             [f"[::1]:{port}"], ["localhost", port], [f"localhost:{port}"],
                             ["LOCALHOST", port], ["0:0:0:0:0:0:0:1", port], ["--", "127.0.0.1", port],
                             ["127.0.0.1", f"0{port}"],
                             ["::ffff:127.0.0.1", port]):
                with self.subTest(operands=operands):
                    self.hears(GREETING, *operands)

    def test_zone(self):
        machine.own(self, "fe80::77")
        with Server(says(GREETING), ("fe80::77%lo", 4242)):
            self.hears(GREETING, "[fe80::77%lo]:4242")
            self.hears(GREETING, "fe80::77%lo", 4242)
            self.fails(4, r"\[fe80::77%lo\]:4243: connect: Connection refused", "fe80::77%lo", 4243)
            self.fails(3, r"\[fe80::77%none\]:4242: resolve: .+", "fe80::77%none", 4242)

    def test_port_12345_is_the_default(self):
        with Daemon(port=None):
            for host in ("127.0.0.1", "::1", "[::1]", "localhost"):
                with self.subTest(host=host):
                    self.hears(GREETING, host)

    def test_options_behind_operands(self):
        with Daemon() as daemon:
            self.hears(b"Hi", LOCAL, "-b", "2", daemon.port)
            self.hears(b"Hi", LOCAL, daemon.port, "--bytes=2")

    def test_services(self):
        machine.write(self, "services", "hailto-test 4242/tcp hailto-alias\nhailto-udp 4243/udp\n")
        with Server(says(GREETING), (LOCAL, 4242)):
            self.hears(GREETING, LOCAL, "hailto-test")
            self.hears(GREETING, f"{LOCAL}:hailto-test")
            self.hears(GREETING, LOCAL, "hailto-alias")
        with Server(says(GREETING), ("::1", 4242)):
            self.hears(GREETING, "[::1]:hailto-test")
        self.fails(2, "bad port 'hailto-udp': .+", LOCAL, "hailto-udp")
        self.fails(4, rf"{LOCAL}:4242: connect: Connection refused", LOCAL, "hailto-test")

    def test_unix_path(self):
        path = temporary_directory(self) / "a socket: odd %s"
        with Daemon("-l", f"unix:{path}", port=None):
            self.hears(GREETING, f"unix:{path}")
            self.hears(GREETING, f"unix:{path.name}", cwd=path.parent)
            self.hears(b"", "-z", f"unix:{path}")

    def test_longest_unix_path(self):
        directory = temporary_directory(self)
        longest = "x" * 107
        with Daemon("-l", f"unix:{longest}", port=None, prefix=["env", "-C", str(directory)]):
            self.hears(GREETING, f"unix:{longest}", cwd=directory)
        self.fails(2, "bad address .+", f"unix:{longest}x", cwd=directory)


class Zero(ClientTest):
    def test_connected_is_enough(self):
        with Server(stays(GREETING)) as speaking, Server(stays()) as silent:
            for server in speaking, silent:
                self.hears(b"", "-z", LOCAL, server.port)
                self.hears(b"", "--zero", LOCAL, server.port)
                poll_until(lambda: len(server.peers) == 2)

    def test_not_connected(self):
        with refusing() as port:
            self.fails(4, f"{LOCAL}:{port}: connect: Connection refused", "-z", LOCAL, port)


class Quiet(ClientTest):
    def silent(self, exit, *arguments, **options):
        answer = ask(*arguments, **options)
        self.assertEqual((answer.exit, answer.stdout, answer.stderr), (exit, b"", b""), answer)

    def test_exit_code_alone(self):
        with Server(says(GREETING)) as server:
            self.silent(0, "-q", LOCAL, server.port)
            self.silent(0, "--quiet", LOCAL, server.port)
            self.silent(0, "-qE", "Hi from server", LOCAL, server.port)
            self.silent(8, "-q", "-E", "Hi", LOCAL, server.port)
            self.silent(0, "-qz", LOCAL, server.port)
        with Server(says()) as server:
            self.silent(7, "-q", LOCAL, server.port)
        with refusing() as port:
            self.silent(4, "-q", LOCAL, port)

    def test_usage_is_told(self):
        self.fails(2, ".+", "-q", LOCAL, "0")


class Verbose(ClientTest):
    def stages(self, expected, *arguments, exit=0, stdout=GREETING):
        """-v must tell these stages in this order, a line each; the network's line only where the kernel tells of it."""
        answer = ask(*arguments)
        self.assertEqual((answer.exit, answer.stdout), (exit, stdout), answer)
        lines = [line for line in answer.stderr.decode().splitlines() if not line.startswith("network: ")]
        self.assertEqual(len(lines), len(expected), answer)
        for line, pattern in zip(lines, expected):
            self.assertRegex(line, rf"\A{pattern}\Z")

    @prompt_lookups
    def test_greeting(self):
        machine.know(self, "server.example", "127.0.0.1")
        with Server(says(GREETING)) as server:
            shown = rf"127\.0\.0\.1:{server.port}"
            expected = [rf"resolve: {shown} .*{TIME}.*", rf"connect: {shown} .*{TIME}.*",
                        rf"read: 14 bytes.* .*{TIME}.*"]
            for option in ("-v", "--verbose", "-vv"):
                self.stages(expected, option, "server.example", server.port)
                self.stages(expected, option, LOCAL, server.port)
            self.stages(expected[:2], "-v", "-z", LOCAL, server.port, stdout=b"")

    def test_unix_path(self):
        path = temporary_directory(self) / "socket"
        with Daemon("-l", f"unix:{path}", port=None):
            self.stages([rf"connect: unix:{path} .*{TIME}.*", rf"read: 14 bytes.* .*{TIME}.*"],
                        "-v", f"unix:{path}")

    @prompt_lookups
    def test_failure(self):
        machine.know(self, "server.example", "::1", "127.0.0.1")
        with refusing() as port:
            self.stages([rf"resolve: .*127\.0\.0\.1:{port}.*{TIME}.*",
                         rf"connect: .*:{port}: Connection refused \({TIME}\)",
                         rf"connect: .*:{port}: Connection refused \({SPAN}\)",
                         rf"hailto: server\.example:{port} \(.*:{port}\): connect: Connection refused"],
                        "-v", "server.example", port, exit=4, stdout=b"")

    def test_quiet_moment(self):
        with Server(stays(GREETING)) as server:
            self.stages(["resolve: .+", "connect: .+", rf"read: 14 bytes.*quiet.*{TIME}.*"],
                        "-v", LOCAL, server.port)


class Together(ClientTest):
    """The table of the man page: which options go together"""

    ARGUMENTS = {"-E": ["-E", GREETING.decode()], "-c": ["-c", "1"], "-P": ["-P", "2"]}

    def table(self):
        """The pairs of the table, and whether it has a plus sign for them."""
        page = (ROOT / "man/hailto.1").read_text()
        head, *rows = re.search(r"literal -offset 4n\n( +-W .+?)\n\.Ed", page, re.S)[1].splitlines()
        for row in rows:
            for column in re.finditer(r"-\w", head):
                mark = row[column.start() + 1:column.end() + 1].strip()
                self.assertIn(mark, ("+", "-", ""), row)
                yield row[:2], column[0], mark == "+" if mark else None

    def test_table(self):
        table = list(self.table())
        self.assertEqual(len(table), 81)
        goes = {(one, other): together for one, other, together in table}
        with Daemon("-l", LOCAL, "-u") as daemon:
            for (one, other), together in goes.items():
                if one == other:
                    self.assertIsNone(together)
                    continue
                self.assertEqual(together, goes[other, one], (one, other))
                options = [*self.ARGUMENTS.get(one, [one]), *self.ARGUMENTS.get(other, [other])]
                if "-P" in (one, other) and "-c" not in (one, other):
                    options += ["-c", "1"]
                answer = ask(*options, LOCAL, daemon.port)
                self.assertEqual(answer.exit, 0 if together else 2, (options, answer))


class Texts(ClientTest):
    def test_help(self):
        for option in ("-h", "--help"):
            answer = ask(option)
            self.assertEqual((answer.exit, answer.stderr), (0, b""), answer)
            for word in (b"--timeout=TIME", b"--read-timeout", b"-z, --zero", b"unix:PATH"):
                self.assertIn(word, answer.stdout)

    def test_version(self):
        for option in ("-V", "--version"):
            self.assertRegex(self.hears(ask(option).stdout, option).stdout, rb"\Ahailto \d+\.\d+\.\d+\n\Z")

    def test_they_connect_to_nobody(self):
        with Server(says(GREETING)) as server:
            ask("-V", LOCAL, server.port)
            ask(LOCAL, server.port, "-h")
            self.assertEqual(server.peers, [])


class Refused(ClientTest):
    """One line each, exit code 2, and nobody is asked"""

    def setUp(self):
        self.server = self.enterContext(Server(says(GREETING), (LOCAL, 12345)))

    def tearDown(self):
        self.assertEqual(self.server.peers, [])

    def refuses(self, line, rows):
        for arguments in rows:
            with self.subTest(arguments=arguments):
                self.fails(2, line, *arguments)

    def test_ports(self):
        for port in ("0", "0x1F", "65536", "-1", "", "+1", " 1", "1 ", "1.0", "1e3", "12345x", "٣",
                     "18446744073709551617", "no-such-service"):
            self.refuses(f"bad port '{re.escape(port)}': .+", [["--", LOCAL, port]])
            self.refuses(f"bad address '{re.escape(LOCAL)}:{re.escape(port)}': .+", [[f"{LOCAL}:{port}"]])
        self.refuses(".+", [[LOCAL, "-1"]])

    def test_hosts(self):
        self.refuses("bad address .+", (
            [host] for host in (
                "", ":", ":12345", "*", "*:12345", "[", "[]", "[]:1", "[::1", "[::1]x", "[::1]:", "[::1]1",
                "[127.0.0.1]:1", "[localhost]", "1:2:3", "::1::2", "::1%", "[::1%]:1", "localhost:1:2", ":::",
                "unix:", "unix:" + "x" * 108, "x" * 1500, "::g")))

    def test_operands(self):
        self.refuses(".+", [[LOCAL, "1", "2"], [f"{LOCAL}:1", "2"], ["[::1]:1", "2"], ["unix:/nowhere", "1"],
                            [LOCAL, LOCAL], ["-z", LOCAL, "1", "-v", "2"]])

    def test_unknown_options(self):
        self.refuses("unknown option .+", [
            ["-x", LOCAL], ["-1", LOCAL], ["-U", LOCAL], ["-X", LOCAL], ["-n", "2", LOCAL], ["-o", LOCAL],
            ["--no-such-option", LOCAL], ["--Timeout=1", LOCAL], ["-vx", LOCAL], ["-?", LOCAL], ["-:", LOCAL],
            [LOCAL, "--wat"], ["-;"]])

    def test_values(self):
        self.refuses(".+", [["-b"], [LOCAL, "-w"], [LOCAL, "--connect-timeout"], ["-s"], ["-E"],
                            ["--expect-prefix"], ["--zero=1", LOCAL], ["--raw=yes", LOCAL],
                            ["--verbose=2", LOCAL], ["--help=x"], ["--quiet=", LOCAL]])

    def test_times(self):
        self.refuses(r"--(connect-|read-)?timeout: .+", (
            [option + value, LOCAL] for option in ("--timeout=", "--connect-timeout=", "--read-timeout=")
            for value in ("", "0", "0ms", "0.0s", "-1", "+1", " 1", "1 ", "1h", "1d", "ms", "s", ".5", "1.",
                          "1.5ms", "0.0001", "1.2345s", "1,5", "0x1", "1e3", "86401", "86400001ms", "1441m",
                          "18446744073709551616", "18446744073709551615m", "inf", "nan", "1ss", "1S", "1 s")))

    def test_times_at_their_ends(self):
        for value in ("86400", "86400s", "1440m", "86400000ms", "2000ms", "1.5s", "0.5m", "10.123"):
            with self.subTest(value=value), Server(says(GREETING)) as server:
                self.hears(GREETING, "-w", value, "--connect-timeout", value, "--read-timeout", value,
                           LOCAL, server.port)

    def test_sizes(self):
        self.refuses("--bytes: .+", (
            [f"--bytes={value}", LOCAL] for value in (
                "", "0", "-1", "+1", " 1", "1 ", "1048577", "2M", "1025K", "1k", "1m", "1G", "1KB", "1KiB",
                "K", "M", "0K", "0x10", "1.5K", "1e3", "18446744073709551617",
                "18446744073709551615K")))

    def test_sources(self):
        self.refuses("bad source .+", (
            ["-s", source, LOCAL] for source in (
                "", "localhost", "unix:/tmp/x", "*", ":1", "[::1", "127.0.0.1:", "127.0.0.1:65536",
                "127.0.0.1:x", "127.0.0.1:-1", "300.0.0.1", "127.0.0.1.1", "192.0.2.1", "2001:db8::1",
                "[127.0.0.1]:1", "127.0.0.1/8", "::1:2:", "127.0.0.1 ")))

    def test_conflicts(self):
        self.refuses(".+", [
            ["-4", "-6", LOCAL], ["-46", LOCAL], ["--ipv4", "--ipv6", LOCAL], ["--raw", "--escape", LOCAL],
            ["-q", "-v", LOCAL], ["-qv", LOCAL], ["--verbose", "--quiet", LOCAL],
            ["-E", "a", "--expect-prefix", "a", LOCAL], ["-z", "-E", "a", LOCAL], ["-z", "-E", "", LOCAL],
            ["-z", "--expect-prefix", "a", LOCAL], ["-b", "2", "-E", "abc", LOCAL],
            ["-b", "2", "--expect-prefix", "abc", LOCAL], ["-E", "x" * 1025, LOCAL],
            ["-4", "unix:/nowhere"], ["-6", "unix:/nowhere"], ["-s", LOCAL, "unix:/nowhere"],
            ["-4", "-s", "::1", "localhost"], ["-6", "-s", LOCAL, "localhost"]])

    def test_given_twice(self):
        self.refuses(".+", [["-w", "1", "-w", "2", LOCAL], ["-b1", "--bytes=1", LOCAL], ["-z", "-z", LOCAL],
                            ["-E", "a", "-E", "a", LOCAL], ["-s", LOCAL, "-s", LOCAL, LOCAL]])

    def test_environment_is_not_asked(self):
        """What the library would take from there changes nothing."""
        with Server(says(GREETING)) as server:
            for name in ("EVENT_NOEPOLL", "EVENT_SHOW_METHOD", "EVENT_DEBUG_LOGGING_ALL", "POSIXLY_CORRECT",
                         "HAILD_PORT"):
                with self.subTest(name=name):
                    self.hears(GREETING, LOCAL, server.port, env={name: "1"})


if __name__ == "__main__":
    machine.enter()
    harness.main()
