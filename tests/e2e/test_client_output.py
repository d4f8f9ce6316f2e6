#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""What hailto prints: the very bytes to a pipe, and nothing that could drive a terminal to a terminal."""
import os
import random
import re

from lib import harness
from lib.clients import ClientTest, Terminal, ask
from lib.harness import GREETING, temporary_directory
from lib.hostile import ESC, EVERY_BYTE, HOSTILE, is_harmless, on_terminal
from lib.servers import Server, refusing, says

LOCAL = "127.0.0.1"
HARMLESS = {
    "greeting": GREETING,
    "lines": b"one\ntwo\n",
    "tabs": b"a\tb",
    "only a newline": b"\n",
    "UTF-8 of 2, 3 and 4 bytes": "Grüße, 你好, 😀 ÿ\u07ff\u0800\uffff\U00010000\U0010ffff".encode(),
    "first printable above C1": b"\xc2\xa0\xc2\xa1",
    "backslashes": rb"C:\x41 \\ \n",
}


class Greeting(ClientTest):
    """Each greeting in each of the four ways"""

    def check(self, said):
        with Server(says(said)) as server:
            self.shows(said, server.port)

    def test_harmless(self):
        for what, said in HARMLESS.items():
            with self.subTest(what):
                self.assertEqual(on_terminal(said), said if said.endswith(b"\n") else said + b"\n")
                self.check(said)

    def test_lines_as_of_smtp(self):
        said = b"220 mail ready\r\n220-more\r\n\r\nlone\r\r\nlast\r"
        self.assertEqual(on_terminal(said), b"220 mail ready\n220-more\n\nlone\\x0D\nlast\n")
        self.check(said)

    def test_at_random(self):
        dice = random.Random(865)
        pieces = [*HOSTILE.values(), *HARMLESS.values(), *(bytes([c]) for c in range(256))]
        for turn in range(10):
            said = b"".join(dice.choices(pieces, k=60))[:dice.randint(1, 1024)]
            with self.subTest(turn=turn, said=said):
                self.check(said)

    def test_each_byte_alone(self):
        """In one greeting the byte before may hide what the next one does."""
        said = b"\n".join(bytes([c]) for c in range(256) if c != 10)
        self.check(said)

    def test_cut_at_the_byte_limit(self):
        """The limit can fall into the middle of a character, which then is none."""
        with Server(says("äöü".encode())) as server:
            self.hears(b"\xc3\xa4\xc3", "-b", "3", LOCAL, server.port)
            self.hears(b"\xc3\xa4\\xC3\n", "-b", "3", "--escape", LOCAL, server.port)

    def test_terminal_elsewhere_changes_nothing(self):
        """It is stdout that counts."""
        with Server(says(ESC + b"[2J")) as server, \
                Terminal(LOCAL, server.port, streams=("stdin", "stderr"), raw=True) as terminal:
            answer = terminal.end()
            self.assertEqual((answer.exit, answer.stdout, answer.screen), (0, ESC + b"[2J", b""), answer)

    def test_file(self):
        path = temporary_directory(self) / "greeting"
        with Server(says(EVERY_BYTE)) as server, path.open("wb") as file:
            self.assertEqual(ask(LOCAL, server.port, stdout=file).exit, 0)
        self.assertEqual(path.read_bytes(), EVERY_BYTE)

    def test_failed_greeting_is_shown_no_other_way(self):
        with Server(says(ESC + b"c")) as server:
            answer = self.on_screen("-E", "x", LOCAL, server.port)
            self.assertEqual((answer.exit, answer.screen), (8, b"\\x1Bc\n"), answer)
            self.fails(8, ".*: expect: .*", "-E", "x", LOCAL, server.port, stdout=ESC + b"c")

    def test_terminal_that_does_not_say_so(self):
        """Whatever system call fails, isatty() among them, the screen sees nothing raw."""
        folder, said, failed = temporary_directory(self), ESC + b"[2J", True
        at = shown = 0
        with Server(says(said)) as server:
            while failed:
                at += 1
                report = folder / f"report-{at}"
                env = harness.environment({"FAULT_KIND": "call", "FAULT_AT": str(at), "FAULT_REPORT": str(report)})
                with self.subTest(at=at), Terminal(LOCAL, server.port, program="hailto_faulty", env=env,
                                                   streams=("stdout",), raw=True) as terminal:
                    answer = terminal.end()
                    self.assertIn(answer.screen, (b"", on_terminal(said)), answer)
                    shown += bool(answer.screen)
                failed = report.read_text().split()[1] != "0"
        self.assertGreater(at, 10)
        self.assertGreater(shown, 1)

    def test_nothing(self):
        with Server(says()) as server:
            answer = self.on_screen(LOCAL, server.port)
            self.assertEqual((answer.exit, answer.screen), (7, b""), answer)


class ErrorLines(ClientTest):
    """What comes from the user, or who told him, is shown in one harmless line"""

    TEXT = "\x1b]52;c;eA==\x07\r\n\t\x7f" + "\x9b31m" + os.fsdecode(b"\x9b\xff\xc2")
    SHOWN = r"\\x1B\]52;c;eA==\\x07\\x0D\\x0A\\x09\\x7F\\xC2\\x9B31m\\x9B\\xFF\\xC2"

    def test_host(self):
        # A name like that is looked up nowhere: no name server is asked. With a tab it is not even a name.
        self.fails(3, self.SHOWN.replace(r"\\x09", "") + ":12345: resolve: .+", self.TEXT.replace("\t", ""))
        self.fails(2, rf"bad address '{self.SHOWN}': the host has a blank in it", self.TEXT)

    def test_usage(self):
        for line, *arguments in (
                (rf"bad port '{self.SHOWN}': .+", "localhost", self.TEXT),
                (rf"bad address '\[{self.SHOWN}': .+", "[" + self.TEXT),
                (rf"bad address 'localhost:{self.SHOWN}': .+", "localhost:" + self.TEXT),
                (rf"bad source '{self.SHOWN}': .+", "-s", self.TEXT, "localhost"),
                (rf".*{self.SHOWN}.*", "-w", self.TEXT, "localhost"),
                (rf".*{self.SHOWN}.*", "-b", self.TEXT, "localhost"),
                (r"unknown option '--\\x1B\]52;c;eA'.*", "--" + self.TEXT, "localhost"),
                (r"unknown option '-\\x1B'.*", "-\x1b", "localhost"),
                (r"unknown option '-\\xFF'.*", os.fsdecode(b"-\xff"), "localhost"),
                (r"unknown option '-\\x0A'.*", "-\n", "localhost")):
            with self.subTest(arguments=arguments):
                self.fails(2, line, *arguments)

    def test_unix_path(self):
        path = temporary_directory(self) / self.TEXT
        self.fails(4, rf"unix:{re.escape(str(path.parent))}/{self.SHOWN}: connect: .+", f"unix:{path}")

    def test_prompted(self):
        for answers, pattern in (
                (b"[\x1b]0;x\x07\n", rb"bad address '\[\\x1B]0;x\\x07': .+"),
                (b"[\x9b\r\r\n", rb"bad address '\[\\x9B\\x0D': .+"),
                (b"localhost\n\x1b[31m\n", rb"bad port '\\x1B\[31m': .+")):
            answer = ask(input=answers)
            self.assertEqual((answer.exit, answer.stdout), (2, b""), answer)
            self.assertTrue(is_harmless(answer.stderr), answer)
            self.assertRegex(answer.stderr, rb"hailto: " + pattern + rb"\n\Z")

    def test_verbose(self):
        """The greeting is no part of what -v tells."""
        with Server(says(HOSTILE["every byte"])) as server:
            answer = ask("-v", LOCAL, server.port)
            self.assertTrue(is_harmless(answer.stderr), answer)

    def test_on_a_terminal(self):
        with refusing() as port, Terminal("-E", self.TEXT, f"{LOCAL}:{port}", raw=True) as terminal:
            answer = terminal.end()
            self.assertEqual(answer.exit, 4)
            self.assertTrue(is_harmless(answer.screen), answer.screen)


if __name__ == "__main__":
    harness.main()
