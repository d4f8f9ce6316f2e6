# SPDX-License-Identifier: ISC
"""HAProxy as examples/haproxy has it, with its back ends. For a network namespace of our own: its ports are fixed."""
import contextlib
import csv
import pathlib
import re
import signal
import socket

from lib import foreign, harness
from lib.harness import Daemon, poll_until

EXAMPLE = pathlib.Path(__file__).resolve().parents[3] / "examples/haproxy"
# Where clients connect, in both families, and where each back end listens on an address of its own.
PORT, GREETING_PORT, STATE_PORT, METRICS_PORT = 12345, 12346, 12347, 9345
ADDRESSES = {"one": "127.0.1.1", "two": "127.0.1.2", "three": "127.0.1.3"}
# As a check expects it to begin.
MESSAGE = "Hi from {instance}\n"


def back_end(name, *options, message=("-m", MESSAGE), **how):
    """A haild for the server of that name in the configuration, for a with-block."""
    address = ADDRESSES[name]
    return Daemon("-e", *message, "--instance", name, "--proxy-listen", f"{address}:{GREETING_PORT}",
                  "--metrics", f"{address}:{METRICS_PORT}", *options, port=None, **how)


class Haproxy(foreign.Foreign):
    """HAProxy with a configuration of the example, for a with-block.

    master   with a process that can be told to reload
    without  a line that is left out of the configuration
    """

    def __init__(self, name="haproxy.cfg", master=False, without=None):
        self._name, self._master, self._without = name, master, without
        super().__init__(self._command)

    def _command(self, _, folder):
        self._socket = folder / "stats"
        config = EXAMPLE / self._name
        if self._without:
            text = config.read_text()
            config = folder / self._name
            config.write_text(re.sub(rf"(?m)^\s*{re.escape(self._without)}\n", "", text))
            assert len(config.read_text()) < len(text), f"no line '{self._without}' in {self._name}"
        servers = (f"HAILD_{number}={address}:{GREETING_PORT}" for number, address in enumerate(ADDRESSES.values(), 1))
        return ["env", "-u", "GREETINGS", "ACCOUNT=root", f"STATS={self._socket}", *servers,
                "haproxy", *(["-W"] if self._master else []), "-db", "-f", str(config)]

    def _is_ready(self):
        if self.process.poll() is not None:
            raise AssertionError("haproxy ended")
        with contextlib.suppress(OSError):
            return self.ask("show info")
        return False

    def ask(self, command):
        """What a command on the stats socket is answered with."""
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(harness.DEADLINE)
            client.connect(str(self._socket))
            client.sendall(f"{command}\n".encode())
            return harness.read_all(client).decode()

    def rows(self):
        """What `show stat` says of the servers, and of the back end as "BACKEND", by name and column."""
        lines = self.ask("show stat haild 6 -1").removeprefix("# ").splitlines()
        return {row["svname"]: row for row in csv.DictReader(lines)}

    def states(self):
        """The state of each server: UP, DOWN, DRAIN, MAINT, without how many checks there are to a change."""
        return {name: row["status"].split()[0] for name, row in self.rows().items() if name != "BACKEND"}

    def wait_states(self, deadline=None, **wanted):
        """Waits until these servers are in these states, and no check is still to come that may change that."""
        def reached():
            rows = self.rows()
            return all(rows[name]["status"] == state for name, state in wanted.items())
        try:
            poll_until(reached, deadline, every=0.05)
        except AssertionError:
            raise AssertionError(f"wanted {wanted}, got {self.rows()}") from None

    def wait_checked(self):
        """Waits until each server has passed a check: at the start they are UP unseen."""
        poll_until(lambda: all(row["check_status"].lstrip("* ") == "L7OK" for name, row in self.rows().items()
                               if name != "BACKEND"), every=0.05)

    def sum(self, column):
        """A counter of the back end."""
        return int(self.rows()["BACKEND"][column])

    def worker(self):
        """The number of the process that serves."""
        return int(re.search(r"^Pid: (\d+)$", self.ask("show info"), re.MULTILINE)[1])

    def reload(self):
        """Lets a new process take over, and waits until it has."""
        before = self.worker()
        self.process.send_signal(signal.SIGUSR2)

        def has_changed():
            with contextlib.suppress(OSError):
                return self.worker() != before
            return False
        poll_until(has_changed, every=0.05)
