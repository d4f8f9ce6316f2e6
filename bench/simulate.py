#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""A flash crowd before many haild: simulates it, prints tables, draws a plot, and holds the simulation against theory.

script/simulate starts this, and tells what is simulated.
"""
import argparse
import collections
import itertools
import random
import shutil
import sys

from lib import excerpts, machine, plots
from lib.table import Table, load
from model import comparison
from model.simulation import NEVER, World, simulate

# What a greeting takes of a server is read from here: behind a balancer that sends PROXY headers.
COST = ("limits", "haild-proxy", "cpu_ns")
# When the crowd begins, and how many come before that, as a share of what all servers can greet.
QUIET_SECONDS, QUIET = 5, 0.1
# How long a balancer goes on sending clients to a server that has died, in seconds.
UNNOTICED = 2
# When a SYN is sent again: until Linux 6.4, each time after twice as long; since then the first five times at 1 s.
DOUBLING = (1, 3, 7)
LINEAR = (1, 2, 3, 4, 5, 7)

# Fewer clients make no batches to compare.
FEWEST = 10_000

# A run: the balancer, the crowd's peak as a share of what all can greet, the times of SYNs, whether a server dies.
Run = collections.namedtuple("Run", "balancer peak syns dies", defaults=(LINEAR, False))


def numbers(text):
    values = tuple(float(word) for word in text.split(","))
    if not all(0 < value < NEVER for value in values):
        raise ValueError
    return values


def positive(text):
    value, = numbers(text)
    return value


def count(text):
    value = int(text)
    if value < 1:
        raise ValueError
    return value


def _arguments():
    parser = argparse.ArgumentParser("script/simulate", "script/simulate [--NAME=VALUE]...", allow_abbrev=False)
    for name, kind, default in (
            ("peaks", numbers, (0.5, 0.9, 1.1, 1.3)), ("regions", numbers, (55.0, 45.0)), ("servers", count, 2),
            ("backlog", count, 4096), ("patience", positive, 10.0), ("rise", positive, 5.0),
            ("half-life", positive, 20.0), ("seconds", count, 60), ("service", positive, None),
            ("scale", positive, 20.0), ("seed", int, 1), ("clients", count, 300_000)):
        parser.add_argument(f"--{name}", type=kind, default=default)
    for name in ("compare", "record"):
        parser.add_argument(f"--{name}", action="store_true")
    arguments = parser.parse_args()
    if arguments.clients < FEWEST:
        parser.error(f"--clients must be {FEWEST} at least")
    return arguments


def _measured_cost():
    """The seconds that a greeting takes, as the benchmark has measured them."""
    table, server, column = COST
    for row in load(machine.ROOT / "bench/results", table):
        if row["server"] == server:
            return row[column] / 1e9
    sys.exit(f"bench/results/{table}.tsv has no {server}: run script/bench {table}, or give --service")


def _runs(peaks, servers):
    """What is simulated: each balancer with each peak; then a death, where others live, and the older times of SYNs."""
    runs = [Run(balancer, peak) for balancer in ("random", "round-robin", "least") for peak in peaks]
    below = max([peak for peak in peaks if peak < 1], default=min(peaks))
    deaths = [Run(balancer, below, dies=True) for balancer in ("random", "least") if servers > 1]
    return [*runs, *deaths, Run("least", max(peaks), DOUBLING)]


def _simulate(run, arguments, service):
    """Simulates a run, of which the scale leaves one client in so many; returns its Outcome."""
    capacity = len(arguments.regions) * arguments.servers / service / arguments.scale
    at_peak = QUIET_SECONDS + arguments.rise

    def rate(time):
        shape = min(max(time - QUIET_SECONDS, 0) / arguments.rise, 1)
        if time > at_peak:
            shape = 0.5 ** ((time - at_peak) / arguments.half_life)
        return capacity * (QUIET + (run.peak - QUIET) * shape if run.peak > QUIET else run.peak)

    death = at_peak if run.dies else NEVER
    # The kernel lets one more wait than it was asked for.
    world = World(service * arguments.scale, (arguments.backlog + 1) / arguments.scale, arguments.regions,
                  arguments.servers, run.balancer, run.syns, arguments.patience, death, death + UNNOTICED)
    return simulate(world, rate, arguments.seconds, random.Random(arguments.seed))


def _at(values, part):
    """The value below which this part of the sorted ones is; None of none."""
    return values[min(int(part * len(values)), len(values) - 1)] if values else None


def _milliseconds(seconds):
    return None if seconds is None else seconds * 1e3


class Tables:
    """The tables of the flash crowd, a row for each run, and one for each second of some."""

    def __init__(self, arguments, service):
        self._arguments, self._service = arguments, service
        shares = ":".join(f"{share:g}" for share in arguments.regions)
        self.sums = Table(
            "crowd", f"A flash crowd before {len(arguments.regions)} regions of {arguments.servers} servers each",
            ("balancer", "peak", "in_busiest_region", "syns_again_at", "one_dies", "busy", "mean_ms", "p50_ms",
             "p99_ms", "queue_filled", "dropped", "lost", "gave_up"),
            (f"A greeting takes {service * 1e6:.4g} us; regions have {shares} of the clients; seed {arguments.seed}.",
             f"The crowd comes after {QUIET_SECONDS} s, is greatest {arguments.rise:g} s later, and then half as great "
             f"every {arguments.half_life:g} s.",
             "peak: the most that come, as a share of what all servers can greet; in_busiest_region: as one of its.",
             f"..._ms: from the first SYN to the greeting. Who waits for {arguments.patience:g} s gives up.",
             f"queue_filled: at most, as a share of {arguments.backlog} + 1. dropped: SYNs for each client.",
             f"lost: clients of the server that dies, as a share; its balancer notices {UNNOTICED} s later.",
             f"Scale {arguments.scale:g}: one client of so many is simulated. Waits far below 1 ms grow with that."))
        self.seconds = Table(
            "crowd_seconds", "The same, for each second in which clients come",
            ("balancer", "peak", "second", "came", "p50_ms", "p99_ms"),
            ("came: as a share of what all servers can greet", f"Seed {arguments.seed}, scale {arguments.scale:g}."),
            detail=True)

    def add(self, run, outcome):
        """Adds what has come of a run."""
        arguments, by_second = self._arguments, [sorted(waits) for waits in outcome.waits]
        waits, came = sorted(itertools.chain.from_iterable(by_second)), max(sum(outcome.came), 1)
        busiest = run.peak * max(arguments.regions) / sum(arguments.regions) * len(arguments.regions)
        self.sums.add(run.balancer, run.peak, busiest, ", ".join(f"{syn:g}" for syn in run.syns),
                      "yes" if run.dies else "no", outcome.busy, _milliseconds(sum(waits) / max(len(waits), 1)),
                      _milliseconds(_at(waits, 0.5)), _milliseconds(_at(waits, 0.99)),
                      outcome.queue * arguments.scale / (arguments.backlog + 1),
                      outcome.dropped / came, outcome.lost / came, outcome.gave_up / came)
        if run.syns == LINEAR and not run.dies:
            capacity = len(arguments.regions) * arguments.servers / self._service / arguments.scale
            for second, (came, waits) in enumerate(zip(outcome.came, by_second)):
                self.seconds.add(run.balancer, f"{run.peak:g}", float(second), came / capacity,
                                 _milliseconds(_at(waits, 0.5)), _milliseconds(_at(waits, 0.99)))


def _simulate_crowds(arguments, folder, origin):
    service = arguments.service * 1e-6 if arguments.service else _measured_cost()
    tables = Tables(arguments, service)
    for run in _runs(arguments.peaks, arguments.servers):
        tables.add(run, _simulate(run, arguments, service))
    for table in (tables.sums, tables.seconds):
        table.save(folder, origin)
    print(tables.sums.text())
    if shutil.which("gnuplot"):
        plots.draw(["crowd"], folder, " ".join(f"{peak:g}" for peak in arguments.peaks))
    else:
        print("gnuplot is not installed: no plot is drawn.")


def _compare(arguments, folder, origin):
    """Holds the simulation against theory; returns whether they agree."""
    compared = [comparison.compare(*case, arguments.clients, arguments.seed) for case in comparison.CASES]
    table = Table(
        "queueing", "The simulation and theory: a steady rate, no queue is full, waits in service times",
        ("balancer", "servers", "load", "M/D/c", "mean_wait", "within", "5%_wait_over", "waited_so", "within_that",
         "M/M/c", "outcome"),
        ("M/D/c: the mean wait in theory, by Crommelin's series; with one server it is load / (2 (1 - load)).",
         "mean_wait: the simulated one; within: its interval of 99.9 % reaches so far up and down, from "
         f"{comparison.BATCHES} batches",
         f"of {arguments.clients:,} clients in all. 5%_wait_over: in theory, by Franx's sum. waited_so: the simulated "
         "share, and its interval.",
         "With a random choice, each server has a queue of its own, M/D/1. M/M/c: what a theory for other service "
         "times says."))
    for row in compared:
        table.add(row.balancer, float(row.servers), row.load, row.theory, *row.simulated, row.long, *row.exceed,
                  row.exponential, "agrees" if comparison.agrees(row) else "DIFFERS")
    if folder:
        table.save(folder, origin)
    print(table.text())
    return all(map(comparison.agrees, compared))


def _folder(arguments):
    """Where results go; None if they are only printed."""
    if arguments.record:
        return machine.ROOT / "bench/results"
    if arguments.compare:
        return None
    folder = machine.ROOT / "build/simulate"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def main():
    arguments = _arguments()
    folder = _folder(arguments)
    origin = [f"{sys.argv[0].rpartition('/')[2]}, with no measurement but {COST[1]}'s of bench/results/{COST[0]}.tsv"]
    agrees = _compare(arguments, folder, origin)
    if not arguments.compare:
        _simulate_crowds(arguments, folder, origin)
    if arguments.record:
        excerpts.write(folder)
    if not agrees:
        sys.exit("The simulation and theory differ. If they agree with another --seed, it was chance.")


if __name__ == "__main__":
    main()
