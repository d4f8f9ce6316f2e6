#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""The commands of README.md, run as they stand there, in a folder that holds what a built clone does.

Runs in a network namespace, where the ports of the README are free. script/demo and script/test, and the build by
hand, are for .ci/run.
"""
import os
import pathlib
import re
import signal
import subprocess
import unittest

from lib import harness
from lib.harness import GREETING, connect, connect_unix, need, program, read_all, start, temporary_directory

ROOT = pathlib.Path(__file__).resolve().parents[2]


def sections():
    """The README's sections by name, each as a list of its blocks of commands, which are lists of lines."""
    found = {}
    for section in re.split(r"^## ", (ROOT / "README.md").read_text(), flags=re.MULTILINE)[1:]:
        name, _, text = section.partition("\n")
        blocks = re.findall(r"^\n((?:    .+\n|\n(?=    ))+)", text, re.MULTILINE)
        found[name] = [[line[4:] for line in block.splitlines() if line] for block in blocks]
    return found


def split(block):
    """A block's commands, each with the lines that it prints."""
    commands = []
    for line in block:
        if line.startswith("$ "):
            commands.append((line[2:], []))
        else:
            commands[-1][1].append(line)
    return commands


def without_comment(line):
    return re.sub(r"\s+# .*", "", line)


class Readme(unittest.TestCase):
    def setUp(self):
        need("bash", "nc", "curl")
        self.folder = temporary_directory(self)
        (self.folder / "build/src").mkdir(parents=True)
        for name in ("haild", "hailto"):
            (self.folder / "build/src" / name).symlink_to(program(name))
        for path in ROOT.iterdir():
            if path.name not in ("build", ".git"):
                (self.folder / path.name).symlink_to(path)
        self.env = harness.environment({"PATH": f"{self.folder}/build/src:{os.environ['PATH']}"})

    def run_line(self, line, input=""):
        return subprocess.run(["bash", "-c", line], cwd=self.folder, env=self.env, text=True, input=input,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=harness.DEADLINE)

    def daemon(self, line):
        """Starts a daemon by that line; returns the process, and what it has printed when it is ready."""
        process = start(["bash", "-c", f"exec {line}"], cwd=self.folder, env=self.env, stdin=subprocess.DEVNULL,
                        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        with process.stdout as stdout:
            return process, harness.read_until_end(stdout.fileno(), os.read).decode().splitlines()

    def end(self, process, number=signal.SIGINT):
        if number:
            process.send_signal(number)
        with process.stderr as stderr:
            log = stderr.read().decode().splitlines()
        self.assertEqual(process.wait(harness.DEADLINE), 0, log)
        return log

    def test_two_terminals(self):
        haild, asking, path, clients, _ = sections()["In two terminals"]
        [(command, shown)] = split(haild)
        process, addresses = self.daemon(command)
        self.assertEqual(addresses, shown[2:])
        for command, shown in split(asking):
            answers = [line.partition(": ")[2] for line in shown if line.startswith("Enter ")]
            result = self.run_line(command, "".join(f"{answer}\n" for answer in answers))
            self.assertEqual(result.returncode, 0, result)
            self.assertTrue(result.stdout.endswith(shown[-1]), result)
        self.assertEqual(path, ["PATH=$PWD/build/src:$PATH"])
        self.assertEqual(len(clients), 6)
        for line in clients:
            result = self.run_line(without_comment(line))
            self.assertEqual(result.returncode, 0, result)
        log = self.end(process)
        if harness.is_warned_of_root():  # the README's reader is not
            self.assertRegex(log.pop(0), harness.WARNING_OF_ROOT)
        version = r"\(libevent \S+, \w+\)"
        self.assertRegex(log[0], r"\Asandbox: ")
        self.assertEqual(re.sub(version, "", log[1]), re.sub(version, "", split(haild)[0][1][1]))

    def test_daemons(self):
        lines = [without_comment(line) for line in sections()["In two terminals"][-1]]
        self.assertEqual(len(lines), 4)
        for line in lines:
            process, addresses = self.daemon(line)
            self.assertGreater(len(addresses), 0, line)
            kind, _, place = addresses[0].rpartition(":")
            with connect_unix(place) if kind == "unix" else connect(int(place)) as client:
                heard = read_all(client)
            self.assertEqual(heard, b"Nice to meet you" if "-m" in line else
                             (ROOT / "LICENSE").read_bytes() if "-f" in line else GREETING)
            self.end(process, None if "-n 1" in line else signal.SIGINT)

    def test_what_it_can_say(self):
        if not harness.can_share_ports(self):
            self.skipTest("this build has no --reuse-port")
        for command, shown, lines in self.run_section("What it can say", 3):
            if command.startswith("for "):
                self.assertEqual(len(lines.splitlines()), len(shown))
                for line in (*lines.splitlines(), *shown):
                    self.assertRegex(line, r"\A(left|right) sees 127\.0\.0\.1:\d+\Z")
            elif shown:
                self.assertEqual(lines.splitlines(), shown, command)
            elif re.search("hailto|nc ", command):
                self.assertIn(lines, ("All is well\n", "Back at six\n"), command)

    def test_watching_it(self):
        for command, shown, lines in self.run_section("Watching it", 1):
            self.assertEqual(lines.splitlines(), shown, command)

    def run_section(self, name, count):
        """Runs a section's commands, of so many blocks, in one shell; returns each with the lines that the README
        shows, and with what it has printed."""
        blocks = sections()[name]
        self.assertEqual(len(blocks), count)
        commands = [command for block in blocks for command in split(block)]
        # After each command a line of its own, and at the end no job may be left.
        script = "".join(f"{command}\necho =====\n" for command, _ in commands) + "kill $(jobs -p); wait\n"
        process = start(["bash", "-c", script], cwd=self.folder, env=self.env, stdin=subprocess.DEVNULL,
                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        printed = process.communicate(timeout=harness.DEADLINE)[0].decode().split("=====\n")
        self.assertEqual(process.returncode, 0)
        return [(command, shown, lines) for (command, shown), lines in zip(commands, printed)]


if __name__ == "__main__":
    harness.enter_network_namespace()
    harness.main()
