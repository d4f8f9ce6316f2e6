# SPDX-License-Identifier: ISC
"""What hailto costs, and other clients: the time of the whole process, and its instructions."""
import os
import re
import shutil
import signal
import subprocess
import sys
import time

from lib import machine, servers
from lib.rounds import Rounds, interleaved
from lib.table import Table

DEADLINE = 60


def _commands(port):
    """The clients that this machine has: the command line of each."""
    port = str(port)
    commands = {
        "hailto": [machine.built("src/hailto"), "-4", "127.0.0.1", port],
        "nc": ["nc.openbsd", "-4", "127.0.0.1", port],
        "ncat": ["ncat", "-4", "--recv-only", "127.0.0.1", port],
        "socat": ["socat", "-u", f"TCP4:127.0.0.1:{port}", "STDOUT"],
        "python": [sys.executable, str(machine.ROOT / "bench/peers/tutorial_client.py"), "127.0.0.1", port],
    }
    found = {name: shutil.which(command[0]) for name, command in commands.items()}
    return {name: [found[name], *command[1:]] for name, command in commands.items() if found[name]}


def _check(name, heard):
    if heard.rstrip(b"\n") != servers.GREETING:
        raise RuntimeError(f"{name} has heard {heard!r}")


def _run_once(name, command):
    """Runs a client to its end; returns the milliseconds that it took, and those of CPU time."""
    ours, theirs = os.pipe()
    actions = [(os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0), (os.POSIX_SPAWN_DUP2, theirs, 1)]
    began = time.perf_counter()
    pid = os.posix_spawn(command[0], command, os.environ, file_actions=actions, setsigdef=[signal.SIGPIPE])
    try:
        _, status, usage = os.wait4(pid, 0)
    except BaseException:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        raise
    took = time.perf_counter() - began
    os.close(theirs)
    with open(ours, "rb") as stdout:
        heard = stdout.read()
    if status != 0:
        raise RuntimeError(f"{name} has failed: wait status {status}")
    _check(name, heard)
    return {"ms": took * 1e3, "cpu_ms": (usage.ru_utime + usage.ru_stime) * 1e3}


def _instructions(name, command):
    """The instructions that a client executes in user mode, its dynamic linking included."""
    done = subprocess.run(
        ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", "--vgdb=no", *command],
        stdin=subprocess.DEVNULL, capture_output=True, timeout=DEADLINE, check=False)
    _check(name, done.stdout)
    return float(re.search(rb"Collected : (\d+)", done.stderr)[1])


def measure(effort):
    """The tables of this part."""
    with servers.by_name("haild").running(core=machine.cores()[0]) as server:
        commands = _commands(server.port)
        rounds = Rounds()
        for number, name in interleaved(list(commands), effort.rounds):
            rounds.add(number, name, **_run_once(name, commands[name]))
        counted = {name: _instructions(name, command) for name, command in commands.items()}
    table = Table(
        "clients", "Clients: the whole process, from its start to its end, with one greeting",
        ("client", "ms", "to_nc", "cpu_ms", "instructions"),
        ("All are started with posix_spawn() on the generator's core, and ask the same haild on the other.",
         "instructions: in user mode, with dynamic linking (callgrind).",
         f"Medians of {effort.rounds} interleaved rounds [quartiles]; ratios are taken within each round."))
    for name in commands:
        table.add(name, rounds.spread(name, "ms"), rounds.ratio(name, "nc", "ms"),
                  rounds.spread(name, "cpu_ms"), counted[name])
    yield table
