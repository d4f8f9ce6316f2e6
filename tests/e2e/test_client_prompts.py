#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""The two prompts of hailto, word for word, and every kind of answer to them.

Runs in a network namespace, where port 12345 is free.
"""
import os
import signal

from lib import harness
from lib.clients import ClientTest, Terminal, ask
from lib.harness import Daemon, GREETING, temporary_directory
from lib.hostile import is_harmless
from lib.servers import Server, says

ADDRESS, PORT = b"Enter server address: ", b"Enter server port: "
BOTH = ADDRESS + PORT
# A missing last newline in front of the line that tells what is wrong is a matter of taste.
LINE = rb"\n?hailto: ([^\n]+)\n\Z"


class Answers(ClientTest):
    """From a pipe"""

    def answers(self, text, prompts, greeting=GREETING, options=()):
        answer = ask(*options, input=text)
        self.assertEqual((answer.exit, answer.stdout, answer.stderr), (0, greeting, prompts), answer)

    def refuses(self, text, prompts, reason=".+"):
        answer = ask(input=text)
        self.assertEqual((answer.exit, answer.stdout), (2, b""), answer)
        self.assertTrue(is_harmless(answer.stderr), answer)
        self.assertRegex(answer.stderr, rb"\A" + prompts + LINE)
        self.assertRegex(answer.stderr.decode(), rf"hailto: {reason}\n\Z")

    def test_address_and_port(self):
        with Server(says(b"other")) as server:
            port = str(server.port).encode()
            for text in (b"127.0.0.1\n%b\n", b"127.0.0.1\r\n%b\r\n", b"localhost\n%b\n", b"127.0.0.1\n%b",
                         b"127.0.0.1\n%b\r", b"127.0.0.1\n%b\nwhat follows is left alone\n"):
                with self.subTest(text=text):
                    self.answers(text % port, BOTH, b"other")

    def test_empty_answers_mean_localhost_and_12345(self):
        with Daemon(port=None):
            for text in (b"\n\n", b"\r\n\r\n", b"localhost\n\n", b"127.0.0.1\n\n", b"::1\n\n", b"[::1]\n\n",
                         b"\n12345\n"):
                with self.subTest(text=text):
                    self.answers(text, BOTH)

    def test_blanks_around_an_answer_are_dropped(self):
        with Server(says(b"other")) as server:
            port = b"%d" % server.port
            for text in (b" 127.0.0.1 \n\t" + port + b" \r\n", b"\tlocalhost\n " + port):
                with self.subTest(text=text):
                    self.answers(text, BOTH, b"other")
            self.answers(b" 127.0.0.1:" + port + b" \n", ADDRESS, b"other")
        with Daemon(port=None):
            self.answers(b"  \n\t\n", BOTH)

    def test_port_with_the_address(self):
        with Server(says(b"other")) as server:
            for text in (b"127.0.0.1:%d\n", b"localhost:%d\r\n", b"127.0.0.1:%d"):
                with self.subTest(text=text):
                    self.answers(text % server.port, ADDRESS, b"other")
        with Server(says(b"other"), ("::1", 0)) as server:
            self.answers(b"[::1]:%d\n" % server.port, ADDRESS, b"other")

    def test_unix_path(self):
        path = temporary_directory(self) / "socket"
        with Daemon("-l", f"unix:{path}", port=None):
            self.answers(f"unix:{path}\n".encode(), ADDRESS)

    def test_no_input(self):
        for text, prompts in ((b"", ADDRESS), (b"localhost\n", BOTH), (b"\n", BOTH), (b"localhost", BOTH)):
            with self.subTest(text=text):
                self.refuses(text, prompts, ".*(no answer|input|end).*")

    def test_no_stdin(self):
        answer = ask(prefix=("sh", "-c", 'exec "$@" <&-', "sh"))
        self.assertEqual((answer.exit, answer.stdout), (2, b""), answer)
        self.assertRegex(answer.stderr, rb"\A" + ADDRESS + LINE)

    def test_stdin_that_cannot_be_read(self):
        directory = os.open("/", os.O_RDONLY)
        self.addCleanup(os.close, directory)
        answer = ask(stdin=directory)
        self.assertEqual((answer.exit, answer.stdout), (2, b""), answer)
        self.assertRegex(answer.stderr, rb"\A" + ADDRESS + LINE)

    def test_overlong_answers(self):
        for length in (511, 512, 513, 1023, 5000, 1000000):
            for end in (b"\n", b""):
                with self.subTest(length=length, end=end):
                    self.refuses(b"x" * length + end, ADDRESS)
                    self.refuses(b"localhost\n" + b"1" * length + end, BOTH)

    def test_nul_bytes(self):
        self.refuses(b"local\0host\n\n", ADDRESS)
        self.refuses(b"localhost\n1\0002\n", BOTH)

    def test_bad_addresses(self):
        for text in (b":12345\n", b"*\n", b"*:12345\n", b"[::1\n", b"[::1]x\n", b"[localhost]\n",
                     b"localhost:\n", b"localhost:0\n", b"localhost:65536\n", b"localhost:-1\n", b"1:2:3\n",
                     b"12345\n", b"127.1\n", b"010.0.0.1\n", b"http://localhost:12345/\n", b"a b\n",
                     b"unix:\n", b"unix:" + b"x" * 108 + b"\n", b"localhost:0x1F\n"):
            with self.subTest(text=text):
                self.refuses(text, ADDRESS, "bad address .+")

    def test_bad_ports(self):
        for text in (b"0", b"65536", b"-1", b"+1", b"0x1F", b"1 1", b"1x", b"1.5",
                     b"99999999999999999999", b"no-such-service", b"\r\r", b"1\r\r"):
            with self.subTest(text=text):
                self.refuses(b"localhost\n" + text + b"\n", BOTH, "bad port .+")

    def test_options_hold_for_what_was_asked(self):
        with Server(says(GREETING)) as server:
            text = b"127.0.0.1\n%d\n" % server.port
            self.answers(text, BOTH, b"Hi", ["-b", "2"])
            self.answers(text, BOTH, b"", ["-z"])
            self.assertEqual(ask("-E", "x", input=text).exit, 8)

    def test_failure_names_what_was_asked(self):
        answer = ask(input=b"\n\n")
        self.assertEqual((answer.exit, answer.stdout), (4, b""), answer)
        self.assertRegex(answer.stderr, rb"\A" + BOTH + rb"\n?hailto: localhost:12345 \([^\n]+:12345\): "
                         rb"connect: Connection refused\n\Z")

    def test_operands_leave_stdin_alone(self):
        reader, writer = os.pipe()
        with open(reader, "rb") as reading, Daemon() as daemon:
            with open(writer, "wb") as writing:
                writing.write(b"for others\n")
            self.hears(GREETING, "127.0.0.1", daemon.port, stdin=reading)
            self.assertEqual(reading.read(), b"for others\n")

    def test_bad_options_ask_nothing(self):
        self.fails(2, ".+", "--no-such-option", input=b"\n\n")
        self.fails(2, ".+", "-w", "0", input=b"\n\n")


class Conversation(ClientTest):
    """On a terminal"""

    def test_tutorial(self):
        with Daemon(port=None), Terminal() as terminal:
            terminal.wait_screen(ADDRESS)
            terminal.type(b"localhost\n")
            terminal.wait_screen(PORT)
            terminal.type(b"12345\n")
            answer = terminal.end()
            self.assertEqual((answer.exit, answer.screen),
                             (0, ADDRESS + b"localhost\r\n" + PORT + b"12345\r\nHi from server\r\n"), answer)

    def test_two_returns(self):
        with Daemon(port=None), Terminal() as terminal:
            terminal.wait_screen(ADDRESS)
            terminal.type(b"\r")
            terminal.wait_screen(PORT)
            terminal.type(b"\r")
            answer = terminal.end()
            self.assertEqual((answer.exit, answer.screen),
                             (0, ADDRESS + b"\r\n" + PORT + b"\r\nHi from server\r\n"), answer)

    def test_greeting_to_a_pipe(self):
        """The prompts are no part of what a script reads."""
        with Daemon(port=None), Terminal(streams=("stdin", "stderr")) as terminal:
            terminal.wait_screen(ADDRESS)
            terminal.type(b"\n")
            terminal.wait_screen(PORT)
            terminal.type(b"\n")
            answer = terminal.end()
            self.assertEqual((answer.exit, answer.stdout), (0, GREETING), answer)
            self.assertEqual(answer.screen, ADDRESS + b"\r\n" + PORT + b"\r\n")

    def ends(self, exit, prompts, keys, line):
        with Terminal() as terminal:
            for prompt, typed in zip(prompts, keys):
                terminal.wait_screen(prompt)
                terminal.type(typed)
            answer = terminal.end()
            self.assertEqual(answer.exit, exit, answer.screen)
            self.assertRegex(answer.screen, line)

    def test_end_of_input(self):
        line = rb"[^\n]+: (\r\n)hailto: no answer[^\n]*\r\n\Z"
        self.ends(2, [ADDRESS], [b"\x04"], rb"\A" + ADDRESS + rb"\r\nhailto: [^\n]+\r\n\Z")
        self.ends(2, [ADDRESS, PORT], [b"localhost\n", b"\x04"], line)

    def test_bad_answer(self):
        self.ends(2, [ADDRESS], [b"[\n"], rb"\A" + ADDRESS + rb"\[\r\nhailto: bad address '\[': [^\n]+\r\n\Z")
        self.ends(2, [ADDRESS, PORT], [b"x\n", b"y\n"], rb"\r\nhailto: bad port 'y': [^\n]+\r\n\Z")

    def test_control_c(self):
        self.ends(-signal.SIGINT, [ADDRESS], [b"\x03"], rb"\A" + ADDRESS + rb"\^C\Z")
        self.ends(-signal.SIGINT, [ADDRESS, PORT], [b"\n", b"\x03"], rb"\^C\Z")


if __name__ == "__main__":
    harness.enter_network_namespace()
    harness.main()
