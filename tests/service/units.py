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
import subprocess
import sys
import threading
import time
import unittest

PORT = 12345
GREETING = b"Hi from server"
UNITS = pathlib.Path("/usr/lib/systemd/system")
# Seconds until a test gives up waiting; only one that fails waits that long.
DEADLINE = 60
# What clients do meanwhile: so many connections a second.
RATE = 500
VERSION = int(re.search(r"\d+", subprocess.run(["systemctl", "--version"], capture_output=True, text=True,
                                               check=True).stdout)[0])


def run(*command, check=True):
    """Runs a command; returns how it ended, with what it printed."""
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=DEADLINE * 2)
    if check and done.returncode != 0:
        raise AssertionError(f"{' '.join(command)}: {done.returncode}\n{done.stdout}{done.stderr}{journal()}")
    return done


def systemctl(*arguments):
    return run("systemctl", *arguments).stdout.strip()


def show(unit, key):
    """A property of a unit."""
    return systemctl("show", "--value", "-p", key, unit)


def journal():
    """The last of what all units have logged."""
    return run("journalctl", "--no-pager", "-q", "-n", "40", check=False).stdout


def poll_until(condition):
    """Returns the condition's first true value."""
    end = time.monotonic() + DEADLINE
    while not (value := condition()):
        if time.monotonic() > end:
            raise AssertionError(f"not within {DEADLINE} s\n{journal()}")
        time.sleep(0.01)
    return value


def ask(port=PORT, host="127.0.0.1"):
    """The greeting of a haild."""
    with socket.create_connection((host, port), DEADLINE) as client:
        return b"".join(iter(lambda: client.recv(4096), b""))


class Clients(threading.Thread):
    """A with-block in which clients come at RATE; .saw counts what became of them."""

    def __init__(self, expected=GREETING):
        super().__init__()
        self.saw = dict.fromkeys(("greeted", "short", "reset", "refused", "other"), 0)
        self._expected, self._over, self._lock = expected, threading.Event(), threading.Lock()

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *failure):
        self._over.set()
        self.join()

    def _ask_once(self):
        try:
            heard = ask()
            outcome = "greeted" if re.fullmatch(self._expected, heard) else "short"
        except ConnectionRefusedError:
            outcome = "refused"
        except ConnectionResetError:
            outcome = "reset"
        except OSError:
            outcome = "other"
        with self._lock:
            self.saw[outcome] += 1

    def run(self):
        crowd, begun = [], time.monotonic()
        for number in range(1, sys.maxsize):
            if self._over.wait(max(0, begun + number / RATE - time.monotonic())):
                break
            crowd = [one for one in crowd if one.is_alive()]
            crowd.append(threading.Thread(target=self._ask_once))
            crowd[-1].start()
        for one in crowd:
            one.join()


class UnitTest(unittest.TestCase):
    """A test that leaves no unit running, and no settings."""

    def setUp(self):
        self.began = time.time()
        self.addCleanup(self.clean)

    def clean(self):
        systemctl("stop", "haild*.socket", "haild*.service")
        run("systemctl", "reset-failed", check=False)
        for path in pathlib.Path("/etc/default").glob("haild*"):
            path.unlink()
        run("rm", "-rf", *map(str, pathlib.Path("/run/systemd/system").glob("haild*.d")))
        systemctl("daemon-reload")

    def configure(self, text, name="haild"):
        """Writes the settings that administrators make."""
        pathlib.Path("/etc/default").mkdir(exist_ok=True)
        pathlib.Path("/etc/default", name).write_text(text)

    def override(self, unit, text):
        """What `systemctl edit` does."""
        folder = pathlib.Path("/run/systemd/system", unit + ".d")
        folder.mkdir(parents=True)
        (folder / "override.conf").write_text(text)
        systemctl("daemon-reload")

    def told(self, text):
        print(f"    {text}", flush=True)

    def message_file(self, text):
        """A file with a greeting, which the service may read; its path."""
        path = pathlib.Path("/etc/haild-message")
        path.write_text(text)
        old = time.time() - 10
        os.utime(path, (old, old))
        self.addCleanup(path.unlink, missing_ok=True)
        return path


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
        self.assertRegex(lines[0][1], r"\Ahaild \S+ \(libevent .+\) listens on 127\.0\.0\.1:12345, ")
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


class Several(UnitTest):
    """haild@N.socket: several on one port"""

    NUMBERS = range(1, 5)

    def test_each_answers_and_no_restart_loses_anybody(self, rounds=5):
        self.configure("HAILD_OPTIONS=-e\nHAILD_MESSAGE={instance}\n")
        systemctl("start", *(f"haild@{number}.socket" for number in self.NUMBERS))
        wanted = {str(number).encode() for number in self.NUMBERS}
        heard = set()
        poll_until(lambda: heard.add(ask()) or heard == wanted)
        with Clients(rb"[1-4]") as clients:
            for _ in range(rounds):
                for number in self.NUMBERS:
                    systemctl("restart", f"haild@{number}.service")
        self.told(f"{rounds} restarts of each of {len(self.NUMBERS)} haild@.service: {clients.saw}")
        self.assertGreater(clients.saw["greeted"], 500)
        self.assertEqual({**clients.saw, "greeted": 0}, dict.fromkeys(clients.saw, 0))

    def test_settings_of_one(self):
        self.configure("HAILD_MESSAGE=all\n")
        self.configure("HAILD_MESSAGE=second\n", "haild-2")
        for number in (1, 2):  # each with a port of its own
            self.override(f"haild@{number}.socket",
                          f"[Socket]\nListenStream=\nListenStream=127.0.0.1:{PORT + number}\n")
            systemctl("start", f"haild@{number}.socket")
        self.assertEqual((ask(PORT + 1), ask(PORT + 2)), (b"all", b"second"))

    def test_it_sees_no_network_but_its_socket(self):
        systemctl("start", "haild@1.socket")
        self.assertEqual(ask(), GREETING)
        pid = show("haild@1.service", "MainPID")
        self.assertNotEqual(os.readlink(f"/proc/{pid}/ns/net"), os.readlink("/proc/self/ns/net"))


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
