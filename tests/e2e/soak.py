#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Three haild behind HAProxy for so many seconds, with what happens to such a service; prints a table, and judges.

For script/soak, which builds the programs and installs HAProxy. Argument: seconds.
"""
import collections
import contextlib
import datetime
import itertools
import json
import pathlib
import platform
import signal
import subprocess
import sys
import tempfile
import threading
import time

from lib import foreign, haproxy, harness
from lib.harness import poll_until
from lib.reload import replace

# The server that lives from the beginning to the end, and those that are restarted in turn.
STEADY, OTHERS = "one", ("two", "three")
# As README.md of the example says: longer than HAProxy takes to see it.
STOPPING = ("--lame-duck", "4s", "--drain", "5s")
# As many as ever come at once, so that what they need is there before memory is measured.
MOST_AT_ONCE = 100
LOADS = {"listen": ("-i", "5ms"), "talk first": ("-i", "100ms", "--talk-first=64K")}
MOST_GROWTH = 64  # KiB, as in row L11 of the catalogue

Failure = collections.namedtuple("Failure", "time kind")


class Load:
    """hailto, which asks again and again, for a with-block: what it tells of each attempt is counted as it comes."""

    def __init__(self, *options):
        self._options = ["-c", "0", "-P", str(MOST_AT_ONCE // 2), *options, "-j"]
        self.greetings, self.failures, self.summary = collections.Counter(), [], None

    def __enter__(self):
        self._client = harness.start(harness.command_of("hailto", [*self._options, "127.0.0.1", haproxy.PORT]),
                                     stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                     env=harness.environment())
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        return self

    def __exit__(self, *_):
        self._client.send_signal(signal.SIGINT)
        self._reader.join(harness.DEADLINE)
        self._client.kill()
        self._client.wait()

    def _read(self):
        with self._client.stdout as lines:
            for line in lines:
                told = json.loads(line)
                if told["type"] == "summary":
                    self.summary = told
                elif told["status"] == 0:
                    self.greetings[told["greeting"]] += 1
                else:
                    self.failures.append(self._failure(told))

    @staticmethod
    def _failure(told):
        empty = told["status"] == 7 and told["ended_by"] == "end of stream"
        kind = "empty close" if empty else f"{told['stage']}: {told['reason']}"
        return Failure(datetime.datetime.fromisoformat(told["time"]).timestamp(), kind)

    def is_running(self):
        return self._client.poll() is None

    @property
    def greeted(self):
        return sum(self.greetings.values())

    def problems(self):
        """What it heard that is no greeting, whole; and whether all that hailto has told was read."""
        begins = tuple(f"Hi from {server}, text " for server in haproxy.ADDRESSES)
        wrong = [heard for heard in self.greetings if not (heard.startswith(begins) and heard.endswith("\n"))]
        if wrong:
            yield f"heard {wrong[:5]}"
        read = self.greeted, len(self.failures)
        if not self.greeted or not self.summary or (self.summary["successes"], self.summary["failures"]) != read:
            yield f"greetings and failures: {read}; hailto's summary: {self.summary}"


class Fleet:
    """The back ends, whose one text is changed, and which are restarted; for a with-block."""

    def __init__(self, proxy, folder):
        self.proxy, self._message, self.daemons = proxy, folder / "message", {}
        self.counts, self.kills, self._texts = collections.Counter(), [], itertools.count(1)

    def __enter__(self):
        self._write()
        for name in (STEADY, *OTHERS):
            self.daemons[name] = self._start(name)
        return self

    def __exit__(self, *problem):
        for daemon in self.daemons.values():
            daemon.signal(signal.SIGTERM)  # that of __exit__() then ends the lame duck
            daemon.__exit__(*problem)

    def _write(self):
        self.text = f"text {next(self._texts)}"
        replace(self._message, f"Hi from {{instance}}, {self.text}\n".encode())

    def _start(self, name):
        # Under load it always has a client or two.
        return haproxy.back_end(name, "-q", *STOPPING, message=("-f", self._message), descriptors=False).__enter__()

    def change_text(self):
        """Lets each read a new text, and waits until each says it."""
        self._write()
        for name, daemon in self.daemons.items():
            daemon.signal(signal.SIGHUP)
            poll_until(lambda: self._says(name), every=0.05)
        self.counts["texts"] += 1

    def _says(self, name):
        said = harness.run("hailto", "-q", "--send-proxy-v2", "-E", f"Hi from {name}, {self.text}\n",
                           haproxy.ADDRESSES[name], haproxy.GREETING_PORT)
        return said.exit == 0

    def restart(self, name):
        """Stops one as its service manager does, and starts the next."""
        self.daemons.pop(name).__exit__(None, None, None)
        self._replace(name)
        self.counts["restarts"] += 1

    def kill(self, name):
        """Kills one, and starts the next when HAProxy has seen it. That time is remembered."""
        began, daemon = time.time() - 1, self.daemons.pop(name)
        daemon.expected_exit = -signal.SIGKILL
        daemon.signal(signal.SIGKILL)
        self.proxy.wait_states(**{name: "DOWN"})
        self.kills.append((began, time.time()))
        daemon.__exit__(None, None, None)
        self._replace(name)

    def _replace(self, name):
        self.daemons[name] = self._start(name)
        self.proxy.wait_states(**{name: "UP"})

    def reload_proxy(self):
        self.proxy.reload()
        self.counts["reloads"] += 1


class State(collections.namedtuple("State", "memory descriptors")):
    """What the steady one has open and in memory while nobody comes but checks."""

    @classmethod
    def of(cls, daemon):
        daemon.wait_counters(open=0)
        # A check may have one of its own.
        return cls(daemon.memory(), min(daemon.descriptors() for _ in range(100)))


def warm_up():
    """As much at once as will ever be, so that all the memory that this takes is there."""
    for options in ("-c", "10000"), ("-c", "1000", "--talk-first=64K"):
        answer = harness.run("hailto", *options, "-P", MOST_AT_ONCE, "-i", "0", "-q", "127.0.0.1", haproxy.PORT)
        if answer.exit != 0:
            raise AssertionError(f"the warm-up failed: {answer}")


def go_through(seconds, fleet, loads):
    """Three times a minute each gets a new text; each minute one is restarted, or each tenth time killed; each seventh
    minute HAProxy reloads. In less than ten minutes, a tenth of the time counts as a minute, and each third time is
    a kill, and has a reload."""
    short, begin = seconds < 600, time.monotonic()
    minute, kills, reloads = min(60, seconds / 10), 3 if short else 10, 3 if short else 7
    others = itertools.cycle(OTHERS)
    for number in itertools.count(3):
        time.sleep(max(0, min(begin + seconds, begin + (number - 2) * minute / 3) - time.monotonic()))
        if not all(load.is_running() for load in loads.values()):
            raise AssertionError("a hailto has ended")
        if time.monotonic() >= begin + seconds:
            return
        fleet.change_text()
        this, third = divmod(number, 3)
        if third == 0:
            (fleet.restart if this % kills else fleet.kill)(next(others))
        elif third == 1 and this % reloads == 0:
            fleet.reload_proxy()
        elif third == 2:
            greeted = sum(load.greeted for load in loads.values())
            failures = sum(len(load.failures) for load in loads.values())
            print(f"{time.monotonic() - begin:.0f} s: {greeted} greetings, {failures} failures", flush=True)


def by_kind(failures):
    kinds = collections.Counter(failure.kind for failure in failures)
    return ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items())) or "0"


def show(rows):
    print("\n| what | how much |\n| --- | ---: |")
    for what, value in rows.items():
        print(f"| {what} | {value} |")
    print(f"\nVersions: Linux {platform.release()}, {foreign.version_of('haproxy')}", flush=True)


def sum_up(took, fleet, loads, before, after):
    """Prints the table; returns what is not as it should be."""
    failures = [failure for load in loads.values() for failure in load.failures]
    in_kills = [failure for failure in failures if any(begin <= failure.time <= end for begin, end in fleet.kills)]
    others = [failure for failure in failures if failure not in in_kills]
    memory, descriptors = after.memory - before.memory, after.descriptors - before.descriptors
    show({
        "seconds": f"{took:.0f}",
        **{f"greetings of clients that {name}": load.greeted for name, load in loads.items()},
        "new texts by SIGHUP, in each": fleet.counts["texts"],
        "restarts with a lame duck": fleet.counts["restarts"],
        "kills": len(fleet.kills),
        "reloads of HAProxy": fleet.counts["reloads"],
        "failures while HAProxy had not seen a kill": by_kind(in_kills),
        "other failures": by_kind(others),
        "memory of the one never restarted": f"{before.memory} KiB, {memory:+d}",
        "its descriptors": f"{before.descriptors}, {descriptors:+d}",
    })
    problems = [f"clients that {name}: {problem}" for name, load in loads.items() for problem in load.problems()]
    if others:
        problems.append(f"failures that no kill explains: {others[:20]}")
    # A sanitizer keeps freed memory.
    if memory > MOST_GROWTH and not harness.is_sanitized():
        problems.append(f"its memory has grown by {memory} KiB")
    if descriptors > 0:
        problems.append(f"it has {descriptors} more descriptors")
    return problems


def main():
    seconds = float(sys.argv[1])
    # Not ignored, as a shell has it in the background: hailto would inherit that, and is to end by it.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    with contextlib.ExitStack() as stack:
        folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="haild-soak-")))
        proxy = stack.enter_context(haproxy.Haproxy(master=True))
        fleet = stack.enter_context(Fleet(proxy, folder))
        proxy.wait_checked()
        warm_up()
        for _ in range(5):
            fleet.change_text()
        before = State.of(fleet.daemons[STEADY])
        loads = {name: Load(*options) for name, options in LOADS.items()}
        with contextlib.ExitStack() as clients:
            for load in loads.values():
                clients.enter_context(load)
            began = time.monotonic()
            go_through(seconds, fleet, loads)
            took = time.monotonic() - began
        after = State.of(fleet.daemons[STEADY])
        problems = sum_up(took, fleet, loads, before, after)
    for problem in problems:
        print(f"not as it should be: {problem}")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    harness.enter_network_namespace()
    main()
