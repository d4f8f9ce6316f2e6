#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""The units that haild ships, started, reloaded, restarted and stopped by the systemd that is running here.

script/service boots the system that this is for. It prints what clients saw meanwhile.
"""
import contextlib
import json
import os
import pathlib
import re
import signal
import socket
import sys
import time
import unittest

from manager import (ask, Clients, DEADLINE, GREETING, journal, poll_until, PORT, run, show, systemctl, UNITS, UnitTest,
                     VERSION)
# Which unittest finds here, too.
from several import Example, Several  # noqa: F401


class Checks(UnitTest):
    """What systemd-analyze thinks of the units"""

    def test_verify_has_nothing_to_say(self):
        names = [path.name.replace("@.", "@1.") for path in sorted(UNITS.glob("haild*"))]
        self.assertEqual(len(names), 4)
        done = run("systemd-analyze", "verify", "--man=no", *(str(UNITS / name) for name in names))
        self.assertEqual((done.stdout, done.stderr), ("", ""))

    def test_exposure(self):
        for name, limit in (("haild.service", 1.1), ("haild@.service", 0.3)):
            done = run("systemd-analyze", "security", "--offline=true", f"--threshold={int(limit * 10)}",
                       str(UNITS / name))
            level = float(re.search(r"Overall exposure level for .*: ([0-9.]+)", done.stdout)[1])
            self.told(f"{name}: exposure {level}")
            self.assertLessEqual(level, limit)


class OwnSockets(UnitTest):
    """haild.service without a socket unit"""

    def test_start_reload_and_stop(self):
        path = self.message_file("one\n")
        self.configure(f"HAILD_OPTIONS=-f {path}\n")
        systemctl("start", "haild.service")
        self.assertEqual(show("haild.service", "ActiveState"), "active")
        self.assertEqual(ask(), b"one\n")
        self.message_file("two\n")
        systemctl("reload", "haild.service")
        poll_until(lambda: ask() == b"two\n")
        path.unlink()
        systemctl("reload", "haild.service")
        poll_until(lambda: "the last reload failed" in show("haild.service", "StatusText"))
        self.assertEqual(ask(), b"two\n")
        systemctl("stop", "haild.service")
        self.assertEqual(show("haild.service", "Result"), "success")
        self.assertEqual(show("haild.service", "ExecMainStatus"), "0")

    def test_status_counts(self):
        systemctl("start", "haild.service")
        for _ in range(7):
            self.assertEqual(ask(), GREETING)
        poll_until(lambda: re.search(r"\b7\b", show("haild.service", "StatusText")))

    def test_bad_option_fails_at_once(self):
        self.configure("HAILD_OPTIONS=--no-such-option\n")
        self.assertNotEqual(run("systemctl", "start", "haild.service", check=False).returncode, 0)
        self.assertEqual(show("haild.service", "ExecMainStatus"), "2")

    def test_one_that_stands_still_is_restarted(self):
        self.override("haild.service", "[Service]\nWatchdogSec=1s\nTimeoutAbortSec=1s\nRestartSec=0\n")
        systemctl("start", "haild.service")
        first = int(show("haild.service", "MainPID"))
        time.sleep(3)
        self.assertEqual(int(show("haild.service", "MainPID")), first)
        os.kill(first, signal.SIGSTOP)
        poll_until(lambda: show("haild.service", "MainPID") not in (str(first), "0") and
                   show("haild.service", "ActiveState") == "active")
        self.assertEqual(ask(), GREETING)

    def logged(self, unit):
        """The priority and the message of each line that a unit has logged since the test began."""
        lines = run("journalctl", "-q", "-o", "json", "-u", unit, f"--since=@{self.began:.6f}").stdout.splitlines()
        entries = [json.loads(line) for line in lines]
        return [(int(entry["PRIORITY"]), entry["MESSAGE"]) for entry in entries if entry.get("_COMM") == "haild"]

    # Standard error is the journal's, which takes the priorities off the lines.
    def test_journal_has_the_log_with_its_priorities(self):
        path = self.message_file("one\n")
        self.configure(f"HAILD_OPTIONS=-f {path}\n")
        systemctl("start", "haild.service")
        path.unlink()
        systemctl("reload", "haild.service")
        systemctl("stop", "haild.service")
        lines = poll_until(lambda: [line for line in self.logged("haild.service") if "stopped: " in line[1]] and
                           self.logged("haild.service"))
        self.assertRegex(lines[0][1], r"\Asandbox: Landlock ABI \d+, ")
        self.assertRegex(lines[1][1], r"\Ahaild \S+ \(libevent .+\) listens on 127\.0\.0\.1:12345, ")
        self.assertEqual(lines[0][0], 6)
        self.assertLessEqual(min(priority for priority, _ in lines), 4)
        self.assertRegex(lines[-1][1], r"\Astopped: accepted=0 ")

    def test_it_is_confined(self):
        systemctl("start", "haild.service")
        status = pathlib.Path("/proc", show("haild.service", "MainPID"), "status").read_text()
        self.assertRegex(status, r"\nNoNewPrivs:\s+1\n")
        self.assertRegex(status, r"\nSeccomp:\s+2\n")
        self.assertRegex(status, r"\nCapBnd:\s+0{16}\n")
        self.assertNotRegex(status, r"\nUid:\s+0\s")

    def test_lame_duck(self):
        self.configure("HAILD_OPTIONS=--lame-duck=1s\n")
        systemctl("start", "haild.service")
        with Clients() as clients:
            poll_until(lambda: clients.saw["greeted"] > 100)
            systemctl("stop", "--no-block", "haild.service")
            poll_until(lambda: show("haild.service", "ActiveState") == "deactivating")
            before = clients.saw["greeted"]
            poll_until(lambda: clients.saw["greeted"] > before + 200)
            poll_until(lambda: clients.saw["refused"] > 0)
        self.told(f"lame duck: {clients.saw}")
        self.assertEqual(clients.saw["short"] + clients.saw["reset"] + clients.saw["other"], 0)
        poll_until(lambda: show("haild.service", "ActiveState") == "inactive")


class HeldSocket(UnitTest):
    """haild.service with haild.socket, whose socket systemd holds"""

    def test_first_connection_starts_it(self):
        systemctl("start", "haild.socket")
        self.assertEqual(show("haild.service", "ActiveState"), "inactive")
        self.assertEqual(ask(), GREETING)
        self.assertEqual(ask(host="::1"), GREETING)
        self.assertEqual(show("haild.service", "ActiveState"), "active")

    def test_no_restart_loses_anybody(self, restarts=50):
        systemctl("start", "haild.socket", "haild.service")
        pids = set()
        with Clients() as clients:
            for _ in range(restarts):
                systemctl("restart", "haild.service")
                pids.add(show("haild.service", "MainPID"))
        self.told(f"{restarts} restarts of haild.service: {clients.saw}")
        self.assertEqual(len(pids), restarts)
        self.assertGreater(clients.saw["greeted"], 500)
        self.assertEqual({**clients.saw, "greeted": 0}, dict.fromkeys(clients.saw, 0))

    def test_starts_that_fail_leave_the_socket(self):
        self.configure("HAILD_OPTIONS=--no-such-option\n")
        systemctl("start", "haild.socket")
        with socket.create_connection(("127.0.0.1", PORT), DEADLINE) as client:
            poll_until(lambda: int(show("haild.service", "NRestarts")) > 6)
            self.configure("HAILD_OPTIONS=\n")
            self.assertEqual(client.recv(100), GREETING)


def main():
    print(f"systemd {VERSION}", flush=True)
    result = unittest.main(exit=False).result
    if not result.wasSuccessful():
        with contextlib.suppress(OSError):
            print(journal())
    bad = len(result.failures) + len(result.errors)
    print(f"units: {result.testsRun - bad - len(result.skipped)} passed, {bad} failed, {len(result.skipped)} skipped")
    sys.exit(0 if bad == 0 else 1)


if __name__ == "__main__":
    main()
