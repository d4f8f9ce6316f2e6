#!/usr/bin/env python3
"""What hailto prints: the very bytes to a pipe, and nothing that could drive a terminal to a terminal."""
import os
import random
import re
import unicodedata

from lib import harness
from lib.clients import ClientTest, Terminal, ask, is_harmless
from lib.harness import Daemon, GREETING, temporary_directory
from lib.servers import Server, refusing, says

LOCAL = "127.0.0.1"
EVERY_BYTE = bytes(range(256))
BELL, ESC = b"\x07", b"\x1b"
HOSTILE = {
    "every byte": EVERY_BYTE,
    "every byte, backwards": EVERY_BYTE[::-1],
    "OSC 52, which writes the clipboard": ESC + b"]52;c;cm0gLXJmIC8=" + BELL,
    "OSC 0, which sets the title": ESC + b"]0;owned" + ESC + b"\\",
    "CSI, which clears the screen": b"before" + ESC + b"[2J" + ESC + b"[Hafter",
    "CSI 21 t, which makes the terminal type": ESC + b"[21t",
    "DCS": ESC + b"P+q544e" + ESC + b"\\",
    "C1 as bytes": bytes(range(0x80, 0xA0)) + b"31m",
    "C1 in UTF-8": b"".join(b"\xc2" + bytes([c]) for c in range(0x80, 0xA0)) + b"31m",
    "C0 but newline and tab": bytes(c for c in range(32) if c not in b"\n\t") + b"\x7f",
    "carriage returns, which hide text": b"evil\rgood\r\n",
    "backspaces": b"rm -rf /\b\b\b\b\b\b\b\bls      ",
    "only a NUL": b"\0",
    "only an ESC": ESC,
    "overlong forms": b"\xc0\x80\xc1\xbf\xe0\x80\x80\xe0\x9f\xbf\xf0\x80\x80\x80\xf0\x8f\xbf\xbf",
    "surrogates": b"\xed\xa0\x80\xed\xbf\xbf",
    "past the last character": b"\xf4\x90\x80\x80\xf5\x80\x80\x80\xf8\x88\x80\x80\x80",
    "characters cut short": b"\xc3 \xe2\x82 \xf0\x9f\x98 \xe2",
    "an escape after a character cut short": b"\xe2\x82" + ESC + b"[31m" + b"\xf0\x9f" + b"\xc2\x9b31m",
    "C1 cut in two by the end": b"text\xc2",
}
HARMLESS = {
    "greeting": GREETING,
    "lines": b"one\ntwo\n",
    "tabs": b"a\tb",
    "only a newline": b"\n",
    "UTF-8 of 2, 3 and 4 bytes": "Grüße, 你好, 😀 ÿ\u07ff\u0800\uffff\U00010000\U0010ffff".encode(),
    "first printable above C1": b"\xc2\xa0\xc2\xa1",
    "backslashes": rb"C:\x41 \\ \n",
}


def shown(data):
    """The same as text for a terminal, as Python understands UTF-8."""
    text = ""
    for character in data.decode("utf-8", "surrogateescape"):
        if character in "\n\t" or unicodedata.category(character) not in ("Cc", "Cs"):
            text += character
        else:
            text += "".join(rf"\x{byte:02X}" for byte in character.encode("utf-8", "surrogateescape"))
    return (text if text.endswith("\n") else text + "\n").encode()


class Greeting(ClientTest):
    """Each greeting in each of the four ways"""

    def on_terminal(self, *arguments, streams=("stdout",)):
        with Terminal(*arguments, streams=streams, raw=True) as terminal:
            return terminal.end()

    def check(self, said):
        with Server(says(said)) as server:
            self.hears(said, LOCAL, server.port)
            self.hears(shown(said), "--escape", LOCAL, server.port)
            for options, screen in (([], shown(said)), (["--escape"], shown(said)), (["--raw"], said)):
                answer = self.on_terminal(*options, LOCAL, server.port)
                self.assertEqual((answer.exit, answer.screen, answer.stderr), (0, screen, b""), answer)
            self.hears(said, "--raw", LOCAL, server.port)

    def test_hostile(self):
        for what, said in HOSTILE.items():
            with self.subTest(what):
                self.assertTrue(is_harmless(shown(said)))
                self.check(said)

    def test_harmless(self):
        for what, said in HARMLESS.items():
            with self.subTest(what):
                self.assertEqual(shown(said), said if said.endswith(b"\n") else said + b"\n")
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

    def test_of_haild(self):
        path = temporary_directory(self) / "message"
        path.write_bytes(EVERY_BYTE)
        with Daemon("-f", path) as daemon:
            self.hears(EVERY_BYTE, LOCAL, daemon.port)
            self.assertEqual(self.on_terminal(LOCAL, daemon.port).screen, shown(EVERY_BYTE))

    def test_failed_greeting_is_shown_no_other_way(self):
        with Server(says(ESC + b"c")) as server:
            answer = self.on_terminal("-E", "x", LOCAL, server.port)
            self.assertEqual((answer.exit, answer.screen), (8, b"\\x1Bc\n"), answer)
            self.fails(8, ".*: expect: .*", "-E", "x", LOCAL, server.port, stdout=ESC + b"c")

    def test_nothing(self):
        with Server(says()) as server:
            answer = self.on_terminal(LOCAL, server.port)
            self.assertEqual((answer.exit, answer.screen), (7, b""), answer)


class ErrorLines(ClientTest):
    """What comes from the user, or who told him, is shown in one harmless line"""

    TEXT = "\x1b]52;c;eA==\x07\r\n\t\x7f" + "\x9b31m" + os.fsdecode(b"\x9b\xff\xc2")
    SHOWN = r"\\x1B\]52;c;eA==\\x07\\x0D\\x0A\\x09\\x7F\\xC2\\x9B31m\\x9B\\xFF\\xC2"

    def test_host(self):
        # A name like that is looked up nowhere: no name server is asked.
        self.fails(3, rf"{self.SHOWN}:12345: resolve: .+", self.TEXT)

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
