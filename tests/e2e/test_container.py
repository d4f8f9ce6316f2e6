#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""examples/container: the last stage of its Containerfile, in an empty root, and hailto as a health check there.

Static programs have nothing beside them; others have their libraries. Runs in a network namespace of its own, where
the default port is free.
"""
import json
import pathlib
import re
import shlex
import shutil
import subprocess
import unittest

from lib import harness
from lib.harness import Daemon, GREETING, need, program, temporary_directory
from lib.servers import Server, says

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "examples/container"
PATIENCE = f"{harness.DEADLINE:g}s"


def last_stage():
    """The instructions of the last stage: pairs of a word and the rest, with continued lines joined."""
    text = (FOLDER / "Containerfile").read_text().replace("\\\n", " ")
    lines = [line for line in text.rpartition("\nFROM ")[2].splitlines()[1:] if line]
    return [(word, rest.strip()) for word, _, rest in (line.partition(" ") for line in lines)]


def instruction(name):
    """What follows the one instruction of that name."""
    [rest] = [rest for word, rest in last_stage() if word == name]
    return rest


def health_check():
    """The options of HEALTHCHECK, and its command in exec form."""
    options, _, command = instruction("HEALTHCHECK").partition(" CMD ")
    return dict(option[2:].split("=") for option in options.split()), json.loads(command)


def libraries(path):
    """The libraries that a program needs, of which static programs have none."""
    listed = subprocess.run(["ldd", path], capture_output=True, text=True).stdout
    return re.findall(r"(?:=> )?(/\S+) \(0x", listed)


class Container(unittest.TestCase):
    def setUp(self):
        need("chroot")
        for lacks, reason in ((harness.WRAPPER, "the root has no wrapper"),
                              (harness.is_emulated(), "the root has no emulator"),
                              (harness.is_sanitized(), "a sanitizer wants /proc"),
                              (harness.measures_coverage(), "the root has no folder for what coverage records")):
            if lacks:
                self.skipTest(reason)
        self.root = temporary_directory(self)
        self.copy()

    def copy(self):
        """Does what COPY does, and brings libraries."""
        from_build, *sources, target = instruction("COPY").split()
        self.assertEqual((from_build, target), ("--from=build", "/"))
        for source in sources:
            name = pathlib.PurePath(source).name
            self.assertEqual(source, f"/build/src/{name}")
            for path, to in ((program(name), name), *((path, path[1:]) for path in libraries(program(name)))):
                (self.root / to).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, self.root / to)

    def container(self, **more):
        """The daemon, as ENTRYPOINT starts it."""
        entry, *options = json.loads(instruction("ENTRYPOINT"))
        # The harness puts the program's path outside before the options.
        enter = f'shift; exec chroot "$0" {shlex.quote(entry)} "$@"'
        return Daemon(*options, port=None, prefix=["sh", "-c", enter, str(self.root)], **more)

    def ask(self, *command):
        """Runs a command in the root."""
        return harness.run("chroot", self.root, *command)

    def judge(self, exit, *command):
        """A command, or the health check with more time for a busy machine, must end so, without a word."""
        answer = self.ask(*(command or [PATIENCE if word == "2s" else word for word in health_check()[1]]))
        self.assertEqual((answer.exit, answer.stdout, answer.stderr), (exit, b"", b""), answer)

    def test_healthy(self):
        with self.container() as daemon:
            self.judge(0)
            self.judge(0, "/hailto", "-z", "-w", PATIENCE, "localhost")
            for host in ("127.0.0.1", "::1"):
                answer = self.ask("/hailto", host)
                self.assertEqual((answer.exit, answer.stdout), (0, GREETING), answer)
            daemon.wait_counters(open=0, accepted=4)

    def test_published_port(self):
        self.assertEqual(instruction("EXPOSE"), "12345")
        with self.container() as daemon:
            self.assertEqual(daemon.ports, [12345, 12345])

    def test_haild_has_ended(self):
        self.judge(4)
        self.judge(4, "/hailto", "-qz", "-w", PATIENCE, "localhost")

    def test_haild_hangs(self):
        """The kernel goes on to accept."""
        with self.container() as daemon:
            with daemon.frozen():
                self.judge(7, *health_check()[1])
                self.judge(0, "/hailto", "-z", "-w", PATIENCE, "localhost")
            self.judge(0)

    def test_another_server(self):
        with Server(says(b"something else"), ("127.0.0.1", 12345)):
            self.judge(0)
            self.judge(8, "/hailto", "-q", "-w", PATIENCE, "-E", GREETING.decode(), "localhost")

    def test_name(self):
        answer = self.ask("/hailto", "-q", "-w", "2s", "server.example")
        self.assertEqual((answer.exit, answer.stdout, answer.stderr), (3, b"", b""), answer)

    def test_wrong_option(self):
        answer = self.ask("/hailto", "-q", "--nonsense")
        self.assertEqual((answer.exit, answer.stdout), (2, b""), answer)
        self.assertIn(b"nonsense", answer.stderr)


class Containerfile(unittest.TestCase):
    def test_stages(self):
        text = (FOLDER / "Containerfile").read_text()
        self.assertEqual(re.findall("(?m)^FROM (.*)$", text)[1:], ["scratch"])
        self.assertEqual({word for word, _ in last_stage()}, {"COPY", "USER", "EXPOSE", "HEALTHCHECK", "ENTRYPOINT"})

    def test_user_is_a_number(self):
        """There is no /etc/passwd."""
        self.assertRegex(instruction("USER"), r"\A[1-9][0-9]*:[1-9][0-9]*\Z")

    def test_health_check_ends_before_it_is_ended(self):
        options, command = health_check()
        patience = command[command.index("-w") + 1]
        self.assertLess(int(patience.removesuffix("s")), int(options["timeout"].removesuffix("s")))

    def test_readme_has_the_same_health_check(self):
        words = [word.removeprefix("/") for word in health_check()[1]]
        text = (FOLDER / "README.md").read_text()
        self.assertIn(f"`{shlex.join(words)}`", text)
        self.assertIn(f"command: [/{', '.join(words)}]\n", text)


if __name__ == "__main__":
    harness.enter_network_namespace()
    harness.main()
