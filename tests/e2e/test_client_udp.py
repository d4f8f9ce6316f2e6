#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""hailto -u: what it asks, how often, whom of several, which answer it takes, and how each failure ends.

Runs in a network namespace with its own /etc/hosts.
"""
import errno
import re
import socket

from lib import harness, machine
from lib.clients import ClientTest, Terminal, ask, given, prompt_lookups, together, undisturbed
from lib.harness import Daemon, GREETING, strerror, temporary_directory
from lib.hostile import EVERY_BYTE, on_terminal
from lib.servers import DatagramServer, answers, ignores, refusing

NAME = "server.example"
V4, V6 = "127.0.0.1", "::1"
TIME = r"\d+(\.\d+)? ms"
SPAN = rf"\d+\.\d to {TIME}"  # of an address that was not the first


def seconds_of(time):
    """How long a time is that given() has made."""
    return float(time[:-2]) / 1000 if time.endswith("ms") else float(time[:-1])


class Asking(ClientTest):
    def test_haild(self):
        with Daemon("-u", "-l", "localhost") as daemon:
            for operands in ([V4, daemon.port], [f"{V4}:{daemon.port}"], [V6, daemon.port],
                             [f"[{V6}]:{daemon.port}"], ["localhost", daemon.port]):
                for option in ("-u", "--udp"):
                    with self.subTest(operands=operands):
                        self.hears(GREETING, option, *operands)
            self.assertEqual(daemon.counters()["datagrams_answered"], 10)

    def test_port_12345_is_the_default(self):
        with Daemon("-u", port=None):
            self.hears(GREETING, "-u", V4)

    def test_zone(self):
        machine.own(self, "fe80::77")
        with DatagramServer(answers(GREETING), ("fe80::77%lo", 4242)):
            self.hears(GREETING, "-u", "[fe80::77%lo]:4242")

    def test_request(self):
        """Blanks, as many as -b wants bytes."""
        for options, size in (([], 1024), (["-b", "200"], 200), (["-b1"], 1), (["-b", "63K"], 64512),
                              (["-b", "65507"], 65507)):
            with self.subTest(options=options), DatagramServer(answers(b"x")) as server:
                self.hears(b"x", "-u", *options, V4, server.port)
                self.assertEqual(server.requests, [b" " * size])

    def test_request_decides_how_long_an_answer_may_be(self):
        with Daemon("-u", log=["14 bytes from .* not answered: .*"]) as daemon:
            self.hears(GREETING, "-u", "-b15", V4, daemon.port)
            self.fails(7, rf"{V4}:{daemon.port}: ask: no answer within .+", "-u", "-b14", "-w", "300ms", V4,
                       daemon.port)

    def test_services(self):
        machine.write(self, "services", "hailto-test 4242/tcp\n")
        with DatagramServer(answers(GREETING), (V4, 4242)):
            self.hears(GREETING, "-u", V4, "hailto-test")

    def test_every_byte(self):
        with DatagramServer(answers(EVERY_BYTE)) as server:
            self.hears(EVERY_BYTE, "-u", V4, server.port)
            self.hears(on_terminal(EVERY_BYTE), "-u", "--escape", V4, server.port)
            answer = self.on_screen("-u", V4, server.port)
            self.assertEqual((answer.exit, answer.screen), (0, on_terminal(EVERY_BYTE)), answer)


class Losses(ClientTest):
    def test_first_requests_are_lost(self):
        for since in (2, 3):
            time = given(0.9)
            each = seconds_of(time) / 3
            with self.subTest(since=since), DatagramServer(answers(GREETING, since)) as server:
                answer = self.hears(GREETING, "-u", "-w", time, V4, server.port)
                self.assertEqual(len(server.requests), since)
                self.took(answer, (since - 1) * min(1, each))

    def test_a_second_lies_between_them_at_the_most(self):
        with DatagramServer(answers(GREETING, 2)) as server:
            self.took(self.hears(GREETING, "-u", V4, server.port), 1)

    @undisturbed
    def test_nobody_answers(self):
        def silent(option):
            time = given(0.6)
            with DatagramServer(ignores) as server:
                answer = self.fails(7, rf"{V4}:{server.port}: ask: no answer within {time} \(to \d+ bytes; see -b\)",
                                    "-u", option, time, V4, server.port)
                self.took(answer, seconds_of(time))
                self.assertEqual(server.requests, [b" " * 1024] * 3)
        together(lambda: silent("-w"), lambda: silent("--read-timeout"))

    @undisturbed
    def test_the_shorter_time_counts(self):
        time = given(0.3)
        for options in (["-w", time, "--read-timeout", "60s"], ["-w", "60s", "--read-timeout", time]):
            with DatagramServer(ignores) as server:
                answer = self.fails(7, rf"{V4}:{server.port}: ask: no answer within {time} \(to \d+ bytes; see -b\)",
                                    "-u", *options, V4, server.port)
                self.took(answer, seconds_of(time))
                self.assertEqual(len(server.requests), 3, options)

    def test_shortest_time(self):
        with DatagramServer(ignores) as server:
            answer = ask("-u", "-w", "1ms", V4, server.port)
            # On a machine that is busy for longer hailto has no time at all, and blames nobody.
            line = "nothing of the 1ms was left .+" if answer.exit == 1 else "no answer within 1ms .+"
            self.judge_failure(answer, 1 if answer.exit == 1 else 7, f".*: ask: {line}")
            self.assertLessEqual(len(server.requests), 3)

    def test_first_answer_is_the_one(self):
        def twice(server, number, peer):
            server.say(b"one", peer)
            server.say(b"two", peer)
        with DatagramServer(twice) as server:
            self.hears(b"one", "-u", V4, server.port)


class Strangers(ClientTest):
    """Whoever was not asked is not heard"""

    def hears_only_the_server(self, stranger):
        def script(server, number, peer):
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
                other.bind((stranger, 0 if stranger == V4 else server.port))
                other.sendto(b"evil", peer)
            server.say(GREETING, peer)
        with DatagramServer(script) as server:
            self.hears(GREETING, "-u", V4, server.port)

    def test_another_port(self):
        self.hears_only_the_server(V4)

    def test_another_address(self):
        self.hears_only_the_server("127.0.0.2")

    def test_own_port(self):
        """A client asks from just the port that it asks, and hears itself."""
        self.fails(4, rf"{V4}:7777: ask: Connection refused", "-u", "-s", f"{V4}:7777", V4, "7777")


class Ends(ClientTest):
    def test_empty_answer(self):
        with DatagramServer(answers(b"")) as server:
            self.fails(7, rf"{V4}:{server.port}: ask: the answer is empty", "-u", V4, server.port)
            self.hears(b"", "-u", "-E", "", V4, server.port)
            self.fails(7, ".*: ask: the answer is empty", "-u", "-E", "x", V4, server.port)

    def test_answer_that_is_longer_than_wanted(self):
        with DatagramServer(answers(b"0123456789")) as server:
            self.hears(b"012", "-u", "-b3", V4, server.port)
            self.hears(b"012", "-u", "-b3", "--expect-prefix=012", V4, server.port)
            self.fails(8, rf"{V4}:{server.port}: expect: .+", "-u", "-b3", "-E", "012", V4, server.port,
                       stdout=b"012")

    def test_expected(self):
        with DatagramServer(answers(GREETING)) as server:
            for options in (["-E", "Hi from server"], ["--expect-prefix=Hi"], ["--expect-prefix", ""]):
                self.hears(GREETING, "-u", *options, V4, server.port)
            other, cut = "the greeting is not as expected", "only the beginning of what is expected came"
            for options, reason in ((["-E", "Hi"], other), (["-E", "Hi from server!"], cut), (["-E", ""], other),
                                    (["--expect-prefix=Ho"], other)):
                self.fails(8, rf"{V4}:{server.port}: expect: {reason}", "-u", *options, V4, server.port,
                           stdout=GREETING)

    def test_refused(self):
        for host in (V4, V6):
            with self.subTest(host=host), refusing(host) as port:
                shown = re.escape(f"[{host}]" if host == V6 else host)
                self.quickly(0.5, lambda: self.fails(4, rf"{shown}:{port}: ask: Connection refused", "-u", host,
                                                     port))

    def test_no_way(self):
        machine.route(self, "unreachable", "192.0.2.1")
        machine.route(self, "prohibit", "192.0.2.2")
        for host, reason in (("192.0.2.1", strerror(errno.EHOSTUNREACH)), ("192.0.2.2", "Permission denied"),
                             ("192.0.2.3", strerror(errno.ENETUNREACH))):
            with self.subTest(host=host):
                self.quickly(0.5, lambda: self.fails(4, rf"{host}:7: ask: {reason}", "-u", host, "7"))

    def test_name_that_there_is_not(self):
        machine.know(self, NAME, V4)
        self.fails(3, r"other\.example:7: resolve: .+", "-u", "-w", given(2), "other.example", "7")

    def test_quiet(self):
        with DatagramServer(answers(GREETING)) as server, refusing() as port:
            for exit, *arguments in ((0, V4, server.port), (8, "-E", "x", V4, server.port), (4, V4, port),
                                     (0, "-E", "Hi from server", V4, server.port)):
                answer = ask("-qu", *arguments)
                self.assertEqual((answer.exit, answer.stdout, answer.stderr), (exit, b"", b""), answer)


class Several(ClientTest):
    """Names with several addresses"""

    def test_one_refuses(self):
        for dead, alive in ((V6, V4), (V4, V6)):
            machine.know(self, NAME, V6, V4)
            with self.subTest(dead=dead), DatagramServer(answers(GREETING), (alive, 0)) as server:
                self.quickly(0.5, lambda: self.hears(GREETING, "-u", NAME, server.port))

    def test_localhost_of_which_one_refuses(self):
        with Daemon("-u", "-l", V4) as daemon:
            self.quickly(0.5, lambda: self.hears(GREETING, "-u", "localhost", daemon.port))

    @undisturbed
    def test_one_is_silent(self):
        machine.know(self, NAME, V6, V4)
        self.assertEqual(machine.order_of(NAME)[0], V6)
        with DatagramServer(ignores, (V6, 4242)), DatagramServer(answers(b"four"), (V4, 4242)):
            self.took(self.hears(b"four", "-u", NAME, 4242), 0.25)

    def test_silent_one_answers_late(self):
        machine.know(self, NAME, V6, V4)
        with DatagramServer(answers(b"six", 2), (V6, 4242)) as six, DatagramServer(ignores, (V4, 4242)) as four:
            self.hears(b"six", "-u", "-w", given(3), NAME, 4242)
            self.assertEqual(len(six.requests), 2)
            self.assertGreaterEqual(len(four.requests), 1)

    def test_all_refuse(self):
        machine.know(self, NAME, V6, V4)
        with refusing() as port:
            answer = self.fails(4, rf"{NAME}:{port} \(.+:{port}\): ask: Connection refused", "-u", NAME, port)
            self.took(answer, 0)

    @undisturbed
    def test_all_are_silent(self):
        machine.know(self, NAME, V6, V4)
        with DatagramServer(ignores, (V6, 4242)), DatagramServer(ignores, (V4, 4242)):
            self.fails(7, rf"{NAME}:4242 \(\[::1\]:4242 and 1 more\): ask: no answer within .+", "-u", "-w",
                       given(0.6), NAME, 4242)

    def test_one_leads_nowhere_and_one_refuses(self):
        """Told is what says something of the server."""
        machine.know(self, NAME, "2001:db8::1", V4)
        with refusing() as port:
            self.fails(4, rf"{NAME}:{port} \({V4}:{port}\): ask: Connection refused", "-u", NAME, port)

    def test_nine_of_ten_refuse(self):
        machine.know(self, NAME, *(f"127.0.0.{i}" for i in range(1, 11)))
        alive = machine.order_of(NAME)[-1]
        with DatagramServer(answers(GREETING), (alive, 4242)):
            self.quickly(0.5, lambda: self.hears(GREETING, "-u", NAME, 4242))

    def test_one_family(self):
        machine.know(self, NAME, V6, V4)
        with DatagramServer(answers(b"six"), (V6, 4242)), DatagramServer(answers(b"four"), (V4, 4242)):
            for options, greeting in ((["-4"], b"four"), (["-6"], b"six"), (["-s", V4], b"four"),
                                      (["-s", V6], b"six")):
                with self.subTest(options=options):
                    self.hears(greeting, "-u", *options, NAME, 4242)


class Source(ClientTest):
    def seen(self, source, listen):
        with DatagramServer(answers(GREETING), (listen, 4242)) as server:
            self.hears(GREETING, "-u", "-s", source, listen, 4242)
            return server.peers[0][:2]

    def test_address(self):
        machine.own(self, "2001:db8::77")
        self.assertEqual(self.seen("127.0.0.77", V4)[0], "127.0.0.77")
        self.assertEqual(self.seen("2001:db8::77", V6)[0], "2001:db8::77")

    def test_port(self):
        self.assertEqual(self.seen("127.0.0.77:7777", V4), ("127.0.0.77", 7777))
        self.assertEqual(self.seen("[::1]:7777", V6), (V6, 7777))

    def test_port_that_only_tcp_has(self):
        with refusing() as port:
            self.assertEqual(self.seen(f"{V4}:{port}", V4), (V4, port))

    def test_not_ours(self):
        with DatagramServer(answers(GREETING)) as server, DatagramServer(ignores) as other:
            self.fails(2, "bad source '192.0.2.1': .+", "-u", "-s", "192.0.2.1", V4, server.port)
            self.fails(2, f"bad source '{V4}:{other.port}': {strerror(errno.EADDRINUSE)}", "-u", "-s",
                       f"{V4}:{other.port}", V4, server.port)
            self.assertEqual(server.requests, [])


class Verbose(ClientTest):
    def stages(self, expected, *arguments, exit=0, stdout=GREETING):
        """-v must tell these stages in this order, a line each."""
        answer = ask("-u", "-v", *arguments)
        self.assertEqual((answer.exit, answer.stdout), (exit, stdout), answer)
        lines = answer.stderr.decode().splitlines()
        self.assertEqual(len(lines), len(expected), answer)
        for line, pattern in zip(lines, expected):
            self.assertRegex(line, rf"\A{pattern}\Z")

    def test_answer(self):
        with DatagramServer(answers(GREETING)) as server:
            shown = rf"{V4}:{server.port}"
            self.stages([rf"resolve: {shown} \({TIME}\)", rf"ask: {shown} answered, 14 bytes \({TIME}\)"],
                        V4, server.port)

    @prompt_lookups
    def test_failures(self):
        machine.know(self, NAME, V6, V4)
        with refusing() as port:
            self.stages([rf"resolve: .+:{port}, .+:{port} \({TIME}\)", rf"ask: .+:{port}: Connection refused \({TIME}\)",
                         rf"ask: .+:{port}: Connection refused \({SPAN}\)",
                         rf"hailto: {NAME}:{port} \(.+:{port}\): ask: Connection refused"],
                        NAME, port, exit=4, stdout=b"")


class Refused(ClientTest):
    """One line each, exit code 2, and nobody is asked"""

    def setUp(self):
        self.server = self.enterContext(DatagramServer(answers(GREETING), (V4, 12345)))

    def tearDown(self):
        self.assertEqual(self.server.requests, [])

    def test_options_that_make_no_sense(self):
        for line, *options in (
                ("--zero only connects, and --udp never does", "-z"),
                ("--connect-timeout is for connecting, and --udp never does", "--connect-timeout=1s"),
                ("with --udp, --bytes is 65507 at most: the request is as long", "-b65508"),
                ("with --udp, --bytes is 65507 at most: the request is as long", "-b1M"),
                ("--ipv4 and --ipv6 exclude each other", "-46"),
                ("--quiet and --verbose exclude each other", "-qv"),
                ("--udp is given twice", "--udp")):
            with self.subTest(options=options):
                self.fails(2, line, "-u", *options, V4)

    def test_unix_socket(self):
        path = temporary_directory(self) / "socket"
        with Daemon("-l", f"unix:{path}", port=None) as daemon:
            self.fails(2, "a UNIX socket is not asked by --udp", "-u", f"unix:{path}")
            self.assertEqual(daemon.counters()["accepted"], 0)


class Prompts(ClientTest):
    BOTH = b"Enter server address: Enter server port: "

    def test_answers(self):
        with DatagramServer(answers(GREETING)) as server:
            answer = ask("-u", input=b"%b\n%d\n" % (V4.encode(), server.port))
            self.assertEqual((answer.exit, answer.stdout, answer.stderr), (0, GREETING, self.BOTH), answer)

    def test_empty_answers(self):
        with Daemon("-u", port=None):
            answer = ask("-u", input=b"\n\n")
            self.assertEqual((answer.exit, answer.stdout, answer.stderr), (0, GREETING, self.BOTH), answer)

    def test_unix_socket(self):
        answer = ask("-u", input=b"unix:/nowhere\n")
        self.assertEqual((answer.exit, answer.stdout), (2, b""), answer)
        self.assertRegex(answer.stderr,
                         rb"\AEnter server address: \n?hailto: a UNIX socket is not asked by --udp\n\Z")

    def test_terminal(self):
        with Daemon("-u", port=None), Terminal("-u") as terminal:
            terminal.wait_screen(b"Enter server address: ")
            terminal.type(b"\n")
            terminal.wait_screen(b"Enter server port: ")
            terminal.type(b"\n")
            answer = terminal.end()
            self.assertEqual(answer.exit, 0, answer)
            self.assertTrue(answer.screen.endswith(b"Hi from server\r\n"), answer.screen)


if __name__ == "__main__":
    machine.enter()
    harness.main()
