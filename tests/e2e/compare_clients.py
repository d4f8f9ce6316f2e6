#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""What clients say of a fault, and how soon: runs each client against each fault, prints tables.

For script/compare-clients, which builds hailto and installs the others. Arguments: the faults to be made; all, if none
are named. It ends with 1 if hailto is not first in one of them.
"""
import collections
import contextlib
import os
import platform
import re
import shlex
import subprocess
import sys
import tempfile
import time
import unittest

from compare_commands import CLIENTS, Target
from compare_faults import LONG_NAME, PORT, TABLES, target_of
from lib import foreign, harness, machine

# The exit status of what timeout(1) has ended.
KILLED = 124
# What is kept of a client's output: more than any greeting here has.
KEPT = 1 << 17
LONGEST_MESSAGE = 84
# What ends below this, in seconds, is run so often.
SHORT, TIMES = 0.5, 5
# What is no difference between two times: in seconds, and as a share.
SAME, SAME_SHARE = 0.01, 0.05

# What became of a run. length counts the bytes of the output, of which heard has the first; share tells how often it
# went so, if not always.
Answer = collections.namedtuple("Answer", "seconds exit heard length message share", defaults=[""])


class Cleanup(contextlib.ExitStack):
    """Stands for a test: what was changed for its time is changed back when the with-block ends."""

    addCleanup = contextlib.ExitStack.callback


def drained(descriptor):
    """Reads to the end; returns the first bytes, and how many there were."""
    heard, length = b"", 0
    while part := os.read(descriptor, 1 << 20):
        heard, length = heard + part[:KEPT - len(heard)], length + len(part)
    return heard, length


def last_line(errors):
    """A client's last word, without its name, the date, and what hailto was asked for."""
    lines = errors.decode(errors="replace").strip().splitlines() or [""]
    text = re.sub(r"^(\S+/\S+ \S+ socat\[\d+\] . |\w+: )", "", lines[-1])
    text = re.sub(r"^\S+( \(\S+( and \d+ more)?\))?: (?=(resolve|connect|read|expect): )", "", text)
    return re.sub(r"/\S*/haild-\w+/", "", text).replace(LONG_NAME, "xxx")


def shortened(text):
    """Leaves out the middle of a text that is too long for a cell."""
    half = LONGEST_MESSAGE // 2
    return text if len(text) <= LONGEST_MESSAGE else f"{text[:half].rstrip()}...{text[-half:].lstrip()}"


def run(command):
    """Runs a client to its end; returns the Answer."""
    with tempfile.TemporaryFile() as errors:
        start = time.monotonic()
        with harness.start(list(map(str, command)), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors,
                           env=harness.environment()) as process:
            heard, length = drained(process.stdout.fileno())
            status = process.wait()
        seconds = time.monotonic() - start
        errors.seek(0)
        return Answer(seconds, status, heard, length, last_line(errors.read()))


def typical(command):
    """The Answer that is most frequent in some runs, if they do not take long, and of those the soonest."""
    answers = [run(command)]
    while answers[-1].seconds < SHORT and len(answers) < TIMES:
        answers.append(run(command))
    end, times = collections.Counter((answer.exit, answer.heard) for answer in answers).most_common(1)[0]
    alike = [answer for answer in answers if (answer.exit, answer.heard) == end]
    soonest = min(alike, key=lambda answer: answer.seconds)
    return soonest._replace(share="" if times == len(answers) else f" ({times} of {len(answers)})")


def is_true(fault, client, answer):
    """Whether a client succeeds with the greeting, or fails without one to get. One that only connects has said
    nothing of the greeting, so its success is enough."""
    if fault.heard is None:
        return answer.exit != 0
    return answer.exit == 0 and (not client.reads or answer.heard == fault.heard)


def shown_time(seconds):
    if seconds < 0.1:
        return f"{max(1, round(seconds * 1000))} ms"
    return f"{seconds:.2f} s" if seconds < 1 else f"{seconds:.2g} s"


def said(client, answer):
    """What a client printed: a message if it failed, the length of the greeting if there was any."""
    if answer.exit == 0 and not client.reads:
        return "connected"
    if answer.exit == 0 or (answer.exit == KILLED and answer.length):
        return f"{answer.length:,} bytes"
    return f"`{shortened(answer.message)}`".replace("|", r"\|") if answer.message else "no message"


def shown(fault, client, answer):
    """A cell of the table: the exit status, bold if the verdict is false, the time, and what was printed."""
    if answer is None:
        return "-"
    mark = "" if is_true(fault, client, answer) else "**"
    return f"{mark}{answer.exit}{mark}, {shown_time(answer.seconds)}: {said(client, answer)}{answer.share}"


def is_first(fault, answers):
    """Whether hailto's verdict is what it must be, and no true one of a client that reads came sooner. Where the fault
    has a time that is soon enough, that is the limit instead."""
    ours = answers[CLIENTS[0]]
    others = [answer.seconds for client, answer in answers.items()
              if client.reads and answer and is_true(fault, client, answer)]
    enough = fault.enough or min(others, default=0) * (1 + SAME_SHARE) + SAME
    return (ours.exit == fault.exit and is_true(fault, CLIENTS[0], ours) and bool(re.search(fault.says, ours.message))
            and not ours.share and ours.seconds <= enough)


def measure(fault):
    """Makes the fault, and asks all clients one after the other; returns their Answers by client."""
    with Cleanup() as test:
        target = target_of(fault, test)
        with fault.start(test):
            commands = {client: client.command(target) for client in CLIENTS}
            return {client: typical([*fault.prefix, *command]) if command else None
                    for client, command in commands.items()}


def show(*cells):
    print(f"| {' | '.join(cells)} |", flush=True)


def show_commands():
    print("Each client has 10 s, by options of its own or by timeout(1):\n")
    show("client", "command")
    show("---", "---")
    for client in CLIENTS:
        command = shlex.join(map(str, client.command(Target("HOST", PORT))))
        show(client.name, f"`{command.replace(harness.program('hailto'), 'hailto')}`")


def table(title, faults):
    """Measures the faults, and prints a table; returns for the name of each whether hailto is first."""
    print(f"\n{title}:\n")
    show("fault", *(client.name for client in CLIENTS))
    show(*("---" for _ in range(len(CLIENTS) + 1)))
    first = {}
    for fault in faults:
        try:
            answers = measure(fault)
        except unittest.SkipTest as reason:
            print(f"left out, since {reason}: {fault.title}", file=sys.stderr)
            continue
        show(fault.title, *(shown(fault, client, answers[client]) for client in CLIENTS))
        first[fault.name] = is_first(fault, answers)
    return first


def main():
    wanted, first = sys.argv[1:], {}
    show_commands()
    for title, faults in TABLES.items():
        if chosen := [fault for fault in faults if fault.name in wanted or not wanted]:
            first |= table(title, chosen)
    versions = [foreign.version_of(client.package) for client in CLIENTS if client.package]
    ours = subprocess.run([harness.program("hailto"), "-V"], capture_output=True, text=True).stdout.splitlines()[0]
    print(f"\nVersions: Linux {platform.release()}, {', '.join([ours, *versions])}")
    if behind := [name for name, is_so in first.items() if not is_so]:
        sys.exit(f"hailto is not first in: {', '.join(behind)}")
    print(f"In all of these {len(first)} faults hailto's verdict is true, and in time.")


if __name__ == "__main__":
    machine.enter()
    main()
