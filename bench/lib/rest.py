# SPDX-License-Identifier: ISC
"""What a server uses of the processors until it has come to rest."""
import contextlib
import os
import pathlib
import signal
import time

from lib import machine

# So many readings of a clock, 5 ms apart, must be the same: haild looks after its clients up to 40 ms later.
READINGS = 15


def cpu_at_rest(server):
    """The server's CPU seconds, once it does nothing any more: the last clients' ends may still be to do."""
    seen = []

    def has_stopped():
        seen.append(server.cpu_seconds())
        return len(seen) >= READINGS and len(set(seen[-READINGS:])) == 1
    machine.poll_until(has_stopped, f"{server.server.name} to rest")
    return seen[-1]


class CoreClock:
    """How busy a processor has been since this was made, whoever used it, as a share of the time."""

    def __init__(self, core):
        self._core = core
        self._began = self._read()

    def _read(self):
        """Ticks without work and ticks in all, as /proc/stat has them: the fourth and fifth are idle ones."""
        for line in pathlib.Path("/proc/stat").read_text().splitlines():
            name, *ticks = line.split()
            if name == f"cpu{self._core}":
                ticks = [int(tick) for tick in ticks[:8]]
                return ticks[3] + ticks[4], sum(ticks)
        raise RuntimeError(f"/proc/stat knows no cpu{self._core}")

    def busy(self):
        idle, all_ = (now - began for now, began in zip(self._read(), self._began))
        return 1 - idle / max(all_, 1)


def _state(pid):
    return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


@contextlib.contextmanager
def frozen(server):
    """A with-block in which the server stands still and the kernel goes on; gives the function that lets
    it go on, and which returns the time at which it did."""
    pids = server.pids()

    def go_on():
        began = time.monotonic()
        for pid in pids:
            os.kill(pid, signal.SIGCONT)
        return began
    try:
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        machine.poll_until(lambda: all(_state(pid) == "T" for pid in pids), "the server to stand still")
        yield go_on
    finally:
        go_on()


def waiting(port):
    """How many connections wait to be accepted there, as the kernel's table tells: listeners come first."""
    count = 0
    with open("/proc/net/tcp", encoding="ascii") as table:
        next(table)
        for line in table:
            _, local, _, state, queues, *_ = line.split()
            if state != "0A":
                break
            if local.endswith(f":{port:04X}"):
                count += int(queues.partition(":")[2], 16)
    return count
