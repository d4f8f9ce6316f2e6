# SPDX-License-Identifier: ISC
"""What hailto costs where it asks many times, and what else can: CPU time and instructions of an attempt."""
import os
import re
import resource
import shutil
import subprocess
import time

from lib import load, machine, servers
from lib.rounds import Rounds, interleaved
from lib.table import Table

AT_ONCE = 64
DEADLINE = 300
# How many of a round's attempts those make that start a process for each: they are a hundred times slower.
FORKING_SHARE = 200
COUNTED = (1000, 3000)  # attempts: the difference leaves out what only the start costs

# Each bash starts the next nc as soon as one ends; xargs has so many of them.
LOOP_OF_NC = 'seq {count} | xargs -P {at_once} -I_ sh -c "nc.openbsd -4 127.0.0.1 {port} | grep -q \\"^Hi from server\\\\$\\""'


def hailto(count, port):
    """The command with which it asks so often."""
    return [machine.built("src/hailto"), "-c", str(count), "-P", str(AT_ONCE), "-q", "-E", servers.GREETING.decode(),
            "127.0.0.1", str(port)]


def _children_cpu():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _run(command, count):
    """Runs a client on the generator's core; returns what an attempt costs, and attempts a second."""
    began, before = time.perf_counter(), _children_cpu()
    subprocess.run(["taskset", "-c", str(machine.cores()[1]), *command], check=True, timeout=DEADLINE,
                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    return {"cpu_us": (_children_cpu() - before) / count * 1e6, "per_second": count / (time.perf_counter() - began)}


def _generator(server, count):
    """The bare generator: it has a warm start, and tells its figures itself."""
    told = load.closed(server, count, AT_ONCE)
    return {"cpu_us": told["load_cpu_us"], "per_second": told["per_second"]}


def _ask(name, server, count):
    if name == "generator":
        return _generator(server, count)
    if name == "hailto":
        return _run(hailto(count, server.port), count)
    few = max(count // FORKING_SHARE, AT_ONCE)
    if name == "nc":
        return _run(["bash", "-c", LOOP_OF_NC.format(count=few, at_once=AT_ONCE, port=server.port)], few)
    # It connects and closes, and reads no greeting; it has one attempt under way.
    return _run(["nping", "--tcp-connect", "--rate", "1000000", "-c", str(few), "-p", str(server.port), "127.0.0.1"], few)


def _instructions(port):
    """The instructions of an attempt in user mode, its start left out."""
    totals = []
    for count in COUNTED:
        done = subprocess.run(
            ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", "--vgdb=no", *hailto(count, port)],
            stdin=subprocess.DEVNULL, capture_output=True, timeout=DEADLINE, check=True)
        totals.append(int(re.search(rb"Collected : (\d+)", done.stderr)[1]))
    return round((totals[1] - totals[0]) / (COUNTED[1] - COUNTED[0]))


def measure(effort):
    """The table of this part."""
    count = round(effort.seconds)
    names = ["generator", "hailto"] + [name for name, program in (("nc", "nc.openbsd"), ("nping", "nping"))
                                       if shutil.which(program)]
    rounds = Rounds()
    with servers.by_name("haild").running(core=machine.cores()[0]) as server:
        for number, name in interleaved(names, effort.rounds, now_and_then=("nc", "nping")):
            rounds.add(number, name, **_ask(name, server, count))
        instructions = _instructions(server.port)
    table = Table(
        "many", f"Clients that ask many times, {AT_ONCE} at once",
        ("client", "cpu_us", "cpu_ratio", "per_second", "rate_ratio", "instructions"),
        (f"generator: bench/load/load, a bare closed loop. hailto: -c {count} -P {AT_ONCE} -q, each greeting compared.",
         f"nc: xargs -P {AT_ONCE}, with a shell, nc and grep for each. nping --tcp-connect: one at a time, reads nothing.",
         "All run on the generator's core, and ask the same haild on the other. CPU: user and system, of an attempt.",
         "instructions: of an attempt in user mode, without the start of the program (callgrind).",
         f"Medians of {effort.rounds} interleaved rounds [quartiles]; ratios to the generator are taken within each."))
    for name in names:
        table.add(name, rounds.spread(name, "cpu_us"), rounds.ratio(name, "generator", "cpu_us"),
                  rounds.spread(name, "per_second"), rounds.ratio(name, "generator", "per_second"),
                  instructions if name == "hailto" else None)
    yield table
