#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""The benchmark: measures what is asked for, prints tables, writes them as TSV, and draws plots of them.

script/bench installs and builds what this needs, and starts it; bench/README.md tells how to read it.
"""
import argparse
import collections
import importlib
import os
import pathlib
import signal
import subprocess
import sys
import time

from lib import excerpts, machine, plots, targets

Effort = collections.namedtuple("Effort", "rounds seconds")

# What there is to measure: the module of that name, and how much of it, in full and with --quick.
# seconds is how long a round measures each server, where it is the time that is given; for many, how often it asks.
PARTS = {
    "exact": (Effort(1, None), Effort(1, None)),
    "speed": (Effort(41, 0.25), Effort(3, 0.25)),
    "look": (Effort(31, 0.25), Effort(3, 0.25)),
    "latency": (Effort(31, 0.5), Effort(3, 0.5)),
    "held": (Effort(7, 0.5), Effort(1, 0.2)),
    "message": (Effort(7, 0.5), Effort(1, 0.2)),
    "datagram": (Effort(11, 0.5), Effort(2, 0.2)),
    "memory": (Effort(5, None), Effort(1, None)),
    "start": (Effort(50, None), Effort(5, None)),
    "clients": (Effort(200, None), Effort(20, None)),
    "many": (Effort(9, 100000), Effort(3, 10000)),
    "limits": (Effort(21, None), Effort(3, None)),
    "instances": (Effort(21, 0.5), Effort(3, 0.2)),
    "ended": (Effort(1, None), Effort(1, None)),
    "queue": (Effort(1, None), Effort(1, None)),
}
PLOTS = ("held", "message")


def _arguments():
    parser = argparse.ArgumentParser(description="Compares haild and hailto with others.")
    parser.add_argument("--quick", action="store_true",
                        help="small counts, some minutes; results go to build/bench/, not to bench/results/")
    parser.add_argument("--guard", action="store_true",
                        help="only hold haild's exact figures against those recorded")
    parser.add_argument("parts", nargs="*", metavar="PART",
                        help=f"only these, of {', '.join([*PARTS, 'plots'])}; without any: all")
    arguments = parser.parse_args()
    if unknown := set(arguments.parts) - {*PARTS, "plots"}:
        parser.error(f"there is no part {', '.join(sorted(unknown))}")
    return arguments


def _origin():
    """Where the figures come from, as comment lines of a TSV file."""
    found = "; ".join(f"{name} {value}" for name, value in machine.describe())
    server_core, load_core = machine.cores()
    return [f"machine: {found}; servers on core {server_core}, the load on core {load_core}",
            f"load average before: {os.getloadavg()[0]:.2f}",
            time.strftime("date: %Y-%m-%d %H:%M UTC", time.gmtime())]


def _measure(part, effort, folder, origin):
    """Measures one part; prints its tables as they come, and writes them."""
    began = time.monotonic()
    for table in importlib.import_module(f"lib.{part}").measure(effort):
        table.save(folder, origin)
        if not table.detail:
            print(f"\n{table.text()}", flush=True)
    print(f"({part}: {time.monotonic() - began:.0f} s)", flush=True)


def _run(arguments):
    folder = pathlib.Path(machine.built("src/haild")).parents[1] / "bench" if arguments.quick else (
        machine.ROOT / "bench/results")
    folder.mkdir(parents=True, exist_ok=True)
    wanted = arguments.parts or [*PARTS, "plots"]
    origin = _origin()
    print("\n".join(origin), flush=True)
    # This process must not run where a server does.
    os.sched_setaffinity(0, {machine.cores()[1]})
    for part, efforts in PARTS.items():
        if part in wanted:
            _measure(part, efforts[arguments.quick], folder, origin)
    if "plots" in wanted:
        plots.draw(PLOTS, folder)
    tables = [targets.summarize(folder), targets.judge(folder)]
    for table in tables:
        if table.rows:
            table.save(folder, origin)
            print(f"\n{table.text()}", flush=True)
    if not arguments.quick:
        tables.append(targets.brief(folder))
        targets.tell(tables, [machine.ROOT / "README.md", machine.ROOT / "doc/performance.md"])
        excerpts.write(folder)


def _end(number, _frame):
    """Ends the run, and all that it has started with it."""
    print(f"ended by {signal.Signals(number).name}", file=sys.stderr)
    sys.exit(128 + number)


def main():
    arguments = _arguments()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _end)
    # Whatever is started reads no translations: that would be part of its start.
    os.environ["LC_ALL"] = "C"
    machine.enter_namespace()
    machine.raise_descriptor_limit()
    if arguments.guard:
        sys.exit(importlib.import_module("lib.exact").guard())
    try:
        _run(arguments)
    except (RuntimeError, OSError, subprocess.SubprocessError) as problem:
        sys.exit(f"{pathlib.Path(__file__).name}: {problem}")


if __name__ == "__main__":
    main()
