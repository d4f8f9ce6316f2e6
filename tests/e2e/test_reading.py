#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""The clients of examples/reading read greetings whole, and doc/clients.md shows them as they are.

Those in languages that most machines have are run; script/reading runs them all. In a network namespace of its own,
where no client can receive a long greeting at once.
"""
import re
import textwrap
import unittest

from lib import harness, reading
from lib.clients import together
from lib.reading import FOLDER, GREETINGS, ROWS

DOCUMENT = FOLDER.parents[1] / "doc/clients.md"
# What need not be compiled and begins within a moment.
HERE = ("bash.bash", "curl-http.sh", "curl-telnet.sh", "gawk.awk", "nc-openbsd.sh", "ncat.sh", "perl.pl", "python.py",
        "python-asyncio.py", "socat.sh")


def shown(document):
    """The clients that the document shows: pairs of a file's name and the lines."""
    return re.findall(r"\(\.\./examples/reading/([^)]+)\):\n\n```\w*\n(.*?)```\n", document, re.DOTALL)


def is_part(lines, text):
    """Whether these are consecutive lines of the text, maybe with less indentation."""
    count, whole = lines.count("\n"), text.splitlines(keepends=True)
    parts = (textwrap.dedent("".join(whole[start:start + count])) for start in range(len(whole) - count + 1))
    return lines in parts


CONNECT = "import socket, sys\nserver = socket.create_connection(sys.argv[1:3])\n"


def how_to_run(row):
    """The commands, in the client's own folder."""
    commands = [row.compile, f"{row.command} HOST PORT"] if row.compile else [f"{row.command} HOST PORT"]
    return "`" + " && ".join(commands).format(file=row.file, folder=".") + "`"


class ReadingTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.session = cls.enterClassContext(reading.Reading())


class Clients(ReadingTest):
    """A test for each client."""


    def test_none_waits_forever(self):
        rows = [row for row in ROWS if row.file in HERE and not reading.missing(row)]
        self.assertEqual(together(*(lambda row=row: self.session.patience_problem(row) for row in rows)), [None] * len(rows))


def add_test(row):
    def test(self):
        lacking = reading.missing(row)
        if lacking:
            self.skipTest(f"{lacking} is not installed")
        self.assertEqual(self.session.problems(row), [])
    setattr(Clients, f"test_{re.sub('[.-]', '_', row.file)}", test)


for client in ROWS:
    if client.file in HERE:
        add_test(client)


class Judge(ReadingTest):
    """A check that can't fail is none."""

    def problems(self, program, **changes):
        row = reading.row("wrong", "python3", f"python3 {{folder}}/wrong", version="python3 --version", **changes)
        (self.session.folder / "wrong").write_text(CONNECT + program)
        return self.session.problems(row)

    def test_first_segment_is_not_all(self):
        problems = self.problems("sys.stdout.buffer.write(server.recv(1 << 20))")
        self.assertEqual([problem.partition(":")[0] for problem in problems], ["long, IPv4", "long, IPv6"])

    def test_text_is_not_bytes(self):
        problems = self.problems("print(server.makefile(errors='replace').read(), end='')")
        self.assertEqual([problem.partition(":")[0] for problem in problems], ["bytes, IPv4", "bytes, IPv6"])

    def test_exit_status_counts(self):
        problems = self.problems("sys.stdout.buffer.write(server.makefile('rb').read())\nsys.exit(1)")
        self.assertEqual(len(problems), 6)

    def test_what_can_be_read_is_not_lacking(self):
        problems = self.problems("sys.stdout.buffer.write(server.makefile('rb').read())", lacks=("IPv6",))
        self.assertEqual(problems, [f"{kind}, IPv6: can be read after all" for kind in GREETINGS])

    def test_client_that_does_not_compile(self):
        self.assertRegex("".join(self.problems("", compile="false")), "^does not compile: ")

    def test_missing_program(self):
        row = reading.row("wrong", "nowhere", "no-such-program", version="no-such-program")
        self.assertEqual(reading.missing(row), "no-such-program")


class Document(unittest.TestCase):
    def test_each_client_is_run(self):
        self.assertEqual({row.file for row in ROWS}, {path.name for path in FOLDER.iterdir()} - {"README.md"})

    def test_what_is_shown_is_what_is_run(self):
        clients = shown(DOCUMENT.read_text())
        self.assertGreaterEqual(len(clients), 10)
        for name, lines in clients:
            self.assertTrue(is_part(lines, (FOLDER / name).read_text()), f"{name}: {lines}")

    def test_nothing_else_is_shown(self):
        section = DOCUMENT.read_text().partition("\n## Reading the greeting\n")[2]
        self.assertEqual(section.count("```"), 2 * len(shown(section)))

    def test_readme_says_how_each_is_run(self):
        lines = "".join(f"| {row.file} | {how_to_run(row)} |\n" for row in ROWS)
        self.assertIn(f"\n| --- | --- |\n{lines}", (FOLDER / "README.md").read_text())

    def test_each_client_is_named(self):
        text = DOCUMENT.read_text()
        for row in ROWS:
            self.assertIn(f"(../examples/reading/{row.file})", text)

    def test_changes_are_noticed(self):
        name, lines = shown(DOCUMENT.read_text())[0]
        text = (FOLDER / name).read_text()
        self.assertTrue(is_part(lines, text))
        self.assertFalse(is_part(lines.replace("(", "[", 1), text))
        self.assertFalse(is_part(lines, text.replace("(", "[")))


if __name__ == "__main__":
    harness.enter_network_namespace()
    harness.main()
