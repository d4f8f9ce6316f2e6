#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""hailto --talk-first and --send-proxy: what a server is told before it speaks, and what becomes of its greeting."""
import errno
import pathlib
import socket
import threading

from lib import harness
from lib.clients import ClientTest, ask, given
from lib.harness import DEADLINE, Daemon, GREETING, poll_until, strerror, temporary_directory
from lib.naive import NaiveServer
from lib.objects import read_objects
from lib.servers import Server, in_turn, resets, says, stays
from lib.surveys import SurveyTest

LOCAL = "127.0.0.1"
LINE = b"hailto speaks before it listens\n"
KIB, MIB = 1024, 1024 * 1024
# What no buffers hold, so that a server must read for the client to send it all.
ENDLESS = "1024M"
# A machine that is busy elsewhere must not make a client look idle.
PATIENT = ("-v", "--idle", "60s", "-t", "120s")


def lines(size):
    """What hailto says with --talk-first=SIZE."""
    return (LINE * (size // len(LINE) + 1))[:size]


def listens(heard, size, then=GREETING):
    """A script: reads so many bytes before it greets, and to the end after that."""
    def script(connection):
        while len(heard) < size:
            heard.extend(connection.recv(size - len(heard)))
        connection.sendall(then)
        connection.shutdown(socket.SHUT_WR)
        while part := connection.recv(1 << 16):
            heard.extend(part)
        heard.ended = True
    return script


class Heard(bytearray):
    ended = False


def closes_on_input(data):
    """A script: greets once input has come, which it does not read, and closes."""
    def script(connection):
        connection.recv(1, socket.MSG_PEEK)
        connection.sendall(data)
    return script


class TalkFirst(ClientTest):
    def reset(self, answer, *, sent, heard=GREETING):
        """hailto must print what came, and say in one line that, and how much of what it had to say was sent."""
        self.assertEqual((answer.exit, answer.stdout), (6, heard), answer)
        self.assertRegex(answer.stderr.decode(), (
            rf"\Ahailto: \S+: read: {strerror(errno.ECONNRESET)} after {len(heard)} bytes; sent {sent} bytes\n\Z"))

    def test_haild_keeps_its_greeting(self):
        with Daemon(*PATIENT) as daemon:
            for size in ("1", "64K", "1M", "8M"):
                with self.subTest(size=size):
                    for _ in range(5):
                        self.hears(GREETING, f"--talk-first={size}", LOCAL, daemon.port)
            self.hears(GREETING, "--talk-first", LOCAL, daemon.port)
            self.assertEqual(daemon.wait_counters(open=0, greeted=21)["reset"], 0)

    def test_haild_keeps_its_greeting_on_a_unix_socket(self):
        path = temporary_directory(self) / "socket"
        with Daemon(*PATIENT, "-l", f"unix:{path}", port=None) as daemon:
            for size in ("1", "64K", "1M"):
                self.hears(GREETING, f"--talk-first={size}", f"unix:{path}")
            daemon.wait_counters(open=0, greeted=3)

    def test_what_is_said(self):
        for size in (1, 33, 64 * KIB, 3 * MIB):
            with self.subTest(size=size):
                heard = Heard()
                with Server(listens(heard, size)) as server:
                    self.hears(GREETING, f"--talk-first={size}", LOCAL, server.port)
                    poll_until(lambda: heard.ended)
                self.assertEqual(heard, lines(size))

    # The server of libevent's sample closes with what the client has said unread.
    def test_naive_server_resets(self):
        with NaiveServer() as server:
            for size in (1, 64 * KIB):
                with server.frozen():
                    talker = TalkerInBackground(f"--talk-first={size}", LOCAL, server.port)
                    poll_until(lambda: _unread(server.port) == size)
                self.reset(talker.end(), sent=f"{size} of {size}")

    def test_server_that_resets(self):
        for data in (b"", GREETING):
            with self.subTest(data=data), Server(closes_on_input(data)) as server:
                self.reset(ask("--talk-first=1", LOCAL, server.port), sent="1 of 1", heard=data)

    # Whoever learns of the reset first, the writer or the reader, what came before it is printed.
    def test_server_that_resets_while_it_is_told_more(self):
        for _ in range(10):
            with Server(closes_on_input(GREETING)) as server:
                self.reset(ask(f"--talk-first={ENDLESS}", LOCAL, server.port), sent=rf"\d+ of {1024 * MIB}")

    # The stream has ended before the reset: nothing is lost.
    def test_server_that_resets_after_the_end(self):
        with Server(resets(GREETING, half_closes=True)) as server:
            self.hears(GREETING, f"--talk-first={ENDLESS}", LOCAL, server.port)

    def test_server_that_resets_on_a_unix_socket(self):
        path = temporary_directory(self) / "socket"
        with Server(closes_on_input(GREETING), path) as server:
            self.reset(ask("--talk-first=1", f"unix:{path}"), sent="1 of 1")
            self.assertEqual(len(server.peers), 1)

    def test_slow_server(self):
        with Server(says(GREETING, pause=0.5)) as server:
            answer = ask("--talk-first=1", LOCAL, server.port)
        self.reset(answer, sent="1 of 1")

    def test_server_that_reads_nothing(self):
        with Server(stays_deaf(GREETING)) as server:
            answer = ask("-v", f"--talk-first={ENDLESS}", LOCAL, server.port)
        self.assertEqual((answer.exit, answer.stdout), (0, GREETING), answer)
        self.assertRegex(answer.stderr, rb"\ntalk: [1-9]\d* of 1073741824 bytes sent \(.* ms\)\n"
                                        rb"read: 14 bytes, then quiet for \d+ ms ")

    def test_server_that_neither_reads_nor_speaks(self):
        with Server(stays_deaf()) as server:
            answer = ask("-w", given(0.5), f"--talk-first={ENDLESS}", LOCAL, server.port)
        self.assertEqual((answer.exit, answer.stdout), (7, b""), answer)
        self.assertRegex(answer.stderr, rb"\Ahailto: \S+: read: connected, but no greeting within \S+; "
                                        rb"sent [1-9]\d* of 1073741824 bytes\n\Z")

    def test_server_that_closes_without_a_word(self):
        heard = Heard()
        with Server(listens(heard, 64 * KIB, then=b"")) as server:
            answer = ask("--talk-first", LOCAL, server.port)
        self.assertEqual((answer.exit, answer.stdout), (7, b""), answer)
        self.assertRegex(answer.stderr, rb"without a greeting; sent 65536 of 65536 bytes\n\Z")

    # HTTP clients do not end their stream either, and a server may take that for a client that leaves.
    def test_stream_is_not_ended(self):
        pending = []

        def script(connection):
            connection.recv(1)
            connection.setblocking(False)
            try:
                pending.append(connection.recv(1))
            except BlockingIOError:
                pending.append(None)
            connection.setblocking(True)
            connection.sendall(GREETING)
            connection.shutdown(socket.SHUT_WR)
            connection.recv(1)
        with Server(script) as server:
            self.hears(GREETING, "--talk-first=1", LOCAL, server.port)
        self.assertEqual(pending, [None])

    def test_quiet_moment_and_expectations_are_as_ever(self):
        with Server(stays(b"220 ready\r\n")) as server:
            self.hears(b"220 ready\r\n", "--talk-first", LOCAL, server.port)
            self.hears(b"220 ready\r\n", "--talk-first", "--expect-prefix=220 ", LOCAL, server.port)
            answer = ask("--talk-first", "-E", "Hi", LOCAL, server.port)
        self.assertEqual((answer.exit, answer.stdout), (8, b"220 ready\r\n"), answer)
        self.assertNotIn(b"sent", answer.stderr)

    def test_how_much_is_told(self):
        with Daemon(*PATIENT) as daemon:
            answer = ask("-v", "--talk-first", LOCAL, daemon.port)
            self.assertEqual((answer.exit, answer.stdout), (0, GREETING), answer)
            self.assertRegex(answer.stderr, rb"\ntalk: 65536 of 65536 bytes sent \(.* ms\)\nread: 14 bytes, end ")

    def test_what_makes_no_sense(self):
        for options in (("-u", "--talk-first"), ("-z", "--talk-first"), ("-u", "--send-proxy"),
                        ("-z", "--send-proxy-v2"), ("--send-proxy", "--send-proxy-v2")):
            with self.subTest(options=options):
                answer = ask(*options, LOCAL)
                self.assertEqual((answer.exit, answer.stdout, answer.stderr.count(b"\n")), (2, b"", 1), answer)


def stays_deaf(data=b""):
    """A script: sends the bytes, reads nothing, and stays until the test ends."""
    def script(connection):
        connection.sendall(data)
        poll = harness.select.poll()
        poll.register(connection, 0)
        poll.poll(DEADLINE * 1000)  # until the other end resets, or the test has shut it down
    return script


class Many(SurveyTest):
    def test_what_is_known_is_told(self):
        """A server that hangs has lost nothing."""
        talks = ["--talk-first=1", "-i0", "-w", given(0.5), "-c4"]
        scripts = stays(), closes_on_input(b""), closes_on_input(GREETING), listens(Heard(), 1)
        with Server(in_turn(*scripts)) as server:
            told = self.tells(6, *talks, LOCAL, server.port)
        self.assertEqual(told.summary[-1], "talked first: 2 without a greeting, 1 reset after some bytes")
        with Server(in_turn(*scripts)) as server:
            *_, summary = read_objects(self, ask("-j", *talks, LOCAL, server.port).stdout)
        self.assertEqual(summary["talk_first"], {"without": 2, "reset": 1})
        with Server(says(GREETING)) as server:
            *_, summary = read_objects(self, ask("-j", "-c1", LOCAL, server.port).stdout)
        self.assertIsNone(summary["talk_first"])


class TalkerInBackground:
    """A hailto that runs in a thread; .end() gives its answer."""

    def __init__(self, *arguments):
        self._answers = []
        self._thread = threading.Thread(target=lambda: self._answers.append(ask(*arguments)))
        self._thread.start()

    def end(self):
        self._thread.join()
        return self._answers[0]


def _unread(port):
    """How many bytes wait to be read by the server at that port; 0 before there is a client."""
    established = "01"
    for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]:
        _, local, _, state, queues, *_ = line.split()
        if local == f"0100007F:{port:04X}" and state == established:
            return int(queues.partition(":")[2], 16)
    return 0


class SendProxy(ClientTest):
    """What HAProxy and nginx take it for is in test_client_proxies.py."""

    def header(self, *options, length, host=LOCAL):
        """What a server hears first; and the client's port and its own."""
        heard = Heard()
        with Server(listens(heard, length), (host, 0)) as server:
            self.hears(GREETING, *options, host, server.port)
            poll_until(lambda: heard.ended)
            [peer] = server.peers
            return bytes(heard), (peer[1], server.port)

    def test_own_address(self):
        heard, (ours, theirs) = self.header("--send-proxy", length=20)
        self.assertEqual(heard, b"PROXY TCP4 127.0.0.1 127.0.0.1 %d %d\r\n" % (ours, theirs))
        heard, (ours, theirs) = self.header("--send-proxy=own", length=20, host="::1")
        self.assertEqual(heard, b"PROXY TCP6 ::1 ::1 %d %d\r\n" % (ours, theirs))

    def test_given_source(self):
        heard, (_, theirs) = self.header("--send-proxy=192.0.2.1:56324", length=20)
        self.assertEqual(heard, b"PROXY TCP4 192.0.2.1 127.0.0.1 56324 %d\r\n" % theirs)

    def test_version_2(self):
        heard, (ours, theirs) = self.header("--send-proxy-v2", length=28)
        self.assertEqual(heard, b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c" + socket.inet_aton(LOCAL) * 2 +
                         ours.to_bytes(2, "big") + theirs.to_bytes(2, "big"))

    def test_no_client(self):
        self.assertEqual(self.header("--send-proxy=local", length=15)[0], b"PROXY UNKNOWN\r\n")
        self.assertEqual(self.header("--send-proxy-v2=local", length=16)[0], b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0")

    def test_unix_socket(self):
        for option, header in (("--send-proxy", b"PROXY UNKNOWN\r\n"),
                               ("--send-proxy-v2", b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0")):
            path = temporary_directory(self) / "socket"
            heard = Heard()
            with Server(listens(heard, len(header)), path):
                self.hears(GREETING, option, f"unix:{path}")
                poll_until(lambda: heard.ended)
            self.assertEqual(heard, header)

    def test_unix_socket_has_no_family_for_the_source(self):
        answer = ask("--send-proxy=192.0.2.1:80", "unix:/none")
        self.assertEqual((answer.exit, answer.stderr),
                         (2, b"hailto: a UNIX socket has no IP address and no IP family\n"))

    # The header names both ends, in one family: `localhost` is both, and the other is not tried.
    def test_family_of_the_source(self):
        with Server(stays(b"6"), ("::1", 0)) as server:
            self.hears(b"6", "--send-proxy=[2001:db8::1]:80", "localhost", server.port)
            answer = ask("--send-proxy=192.0.2.1:80", "::1", server.port)
            self.assertEqual(answer.exit, 2, answer)
            self.assertIn(b"--send-proxy leaves only IPv4", answer.stderr)

    def test_header_comes_before_the_talk(self):
        heard, _ = self.header("--send-proxy=local", "--talk-first=100", length=115)
        self.assertEqual(heard, b"PROXY UNKNOWN\r\n" + lines(100))

    def test_it_is_told(self):
        with Daemon(*PATIENT) as daemon:
            answer = ask("-v", "--send-proxy-v2=192.0.2.1:80", LOCAL, daemon.port)
            self.assertRegex(answer.stderr, rb"\nproxy: version 2, from 192\.0\.2\.1:80 to 127\.0\.0\.1:%d\n" %
                             daemon.port)


if __name__ == "__main__":
    harness.main()
