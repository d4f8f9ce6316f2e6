# SPDX-License-Identifier: ISC
"""What the tests of units share: the systemd that is running here, its journal, and clients that come meanwhile."""
import os
import pathlib
import re
import socket
import subprocess
import sys
import threading
import time
import unittest

PORT = 12345
GREETING = b"Hi from server"
UNITS, OURS = pathlib.Path("/usr/lib/systemd/system"), pathlib.Path("/etc/systemd/system")
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
        run("rm", "-rf", *map(str, [*OURS.glob("haild*"), *OURS.glob("*.wants/haild*")]))
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
