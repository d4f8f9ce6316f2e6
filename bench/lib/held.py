# SPDX-License-Identifier: ISC
"""What a greeting costs while many other connections are held."""
import contextlib

from lib import load, machine, servers
from lib.rounds import Rounds, interleaved
from lib.speed import burst, present, saturate, warm_up
from lib.table import Table

# The descriptor limit of many machines is 20,000, and some are taken.
HELD = (1, 10, 100, 1000, 10000, 19000)
HOLDERS = ("haild", "lingering", "hello", "nginx")
# Where the server is to be the limit: those that can hold a client who has the greeting; how many they hold;
# and bursts that are small, for who holds 19,000 has no room for many more, and many, for they are short.
BURST_HOLDERS = ("haild", "lingering")
BURST_HELD = (10000, 19000)
BURST, BURSTS = 900, 10
# Whoever is held shall stay.
PATIENT = ("--timeout=60m", "--idle=60m")

RATIOS = ("cpu_ns", "per_second")
RATIO_NOTES = ("..._ratio: to none held, within each round, where none is measured before and after.",)


def _while_held(server, numbers, measure):
    """Yields how many connections are held, more and more, and what is measured meanwhile; with none at the
    beginning, and with none again at the end."""
    warm_up(server)
    server.wait_idle()
    at_first = server.sockets()

    def measured():
        return {"kept": server.sockets() - at_first, **measure(server)}
    yield 0, measured()
    with contextlib.ExitStack() as holders:
        held = 0
        for number in numbers:
            holders.enter_context(load.held(server, number - held))
            held = number
            yield held, measured()
    yield 0, measured()


def _rounds(names, count, numbers, measure):
    """A Rounds for each number held. The costs with none are the mean of before and after: what changes
    slowly meanwhile then changes no ratio."""
    by_held = {held: Rounds() for held in (0, *numbers)}
    for number, name in interleaved(names, count):
        with servers.by_name(name).running(core=machine.cores()[0], options=PATIENT) as server:
            (_, before), *costs, (_, after) = _while_held(server, numbers, measure)
        none = {field: (before[field] + after[field]) / 2 for field in before}
        for held, cost in [(0, none), *costs]:
            by_held[held].add(number, name, **cost,
                              **{f"{field}_ratio": cost[field] / none[field] for field in RATIOS})
    return by_held


def _bursts(server):
    """What a greeting costs when clients wait already, over several bursts."""
    costs = [burst(server, BURST) for _ in range(BURSTS)]
    greetings, seconds = BURST * BURSTS, sum(cost["wall_ms"] for cost in costs) / 1e3
    cpu_ns = sum(cost["cpu_ns"] for cost in costs) / BURSTS
    return {"cpu_ns": cpu_ns, "per_second": greetings / seconds,
            "server_busy": cpu_ns / 1e9 * greetings / seconds}


def _fill(table, names, by_held, *plain):
    """Adds a row for each name and number held: costs with their ratios, and the fields that are told plainly."""
    for name in names:
        for held, rounds in by_held.items():
            table.add(name, float(held), rounds.spread(name, "kept").median,
                      *(rounds.spread(name, field) for field in (
                          "cpu_ns", "cpu_ns_ratio", "per_second", "per_second_ratio")),
                      *(rounds.spread(name, field).median for field in plain))
    return table


COLUMNS = ("server", "held", "kept_by_server", "cpu_ns", "cpu_ratio", "per_second", "per_second_ratio")


def _loop_table(names, effort):
    by_held = _rounds(names, effort.rounds, HELD, lambda server: saturate(server, effort.seconds))
    return _fill(Table(
        "held", "Cost of a greeting while lingering connections are held: greeted, and not closed by clients",
        (*COLUMNS, "load_busy"),
        ("kept_by_server: how many of them the server has still open. hello and nginx close at once, so that",
         "nothing is held but by the kernel; they have no way to hold a client who has the greeting.",
         *RATIO_NOTES, f"Medians of {effort.rounds} interleaved rounds [quartiles].")),
        names, by_held, "load_busy")


def _burst_table(names, effort):
    count = 2 * effort.rounds  # each is short
    by_held = _rounds(names, count, BURST_HELD, _bursts)
    return _fill(Table(
        "held_burst", "Cost of a greeting while lingering connections are held, and the server is the limit",
        (*COLUMNS, "server_busy"),
        (f"The server stands still (SIGSTOP) until {BURST} more have connected; {BURSTS} such bursts are one figure.",
         "per_second: from then on until the last has met the end.",
         *RATIO_NOTES, f"Medians of {count} interleaved rounds [quartiles].")),
        names, by_held, "server_busy")


def measure(effort):
    """The tables of this part."""
    yield _loop_table(present(HOLDERS), effort)
    yield _burst_table(present(BURST_HOLDERS), effort)
