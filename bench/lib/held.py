"""What a greeting costs while many other connections are held."""
import contextlib

from lib import load, machine, servers
from lib.rounds import Rounds, interleaved
from lib.speed import present, saturate
from lib.table import Table

# The descriptor limit of many machines is 20,000, and some are taken.
HELD = (1, 10, 100, 1000, 10000, 19000)
HOLDERS = ("haild", "lingering", "hello", "nginx")
# Whoever is held shall stay.
PATIENT = ("--timeout=60m", "--idle=60m")


def _hold_more_and_more(server, seconds):
    """Yields how many connections are held, how many of them the server has still open, and what
    a greeting costs meanwhile; with none at the beginning, and with none again at the end."""
    yield 0, 0, saturate(server, seconds)
    at_first = server.sockets()
    with contextlib.ExitStack() as holders:
        held = 0
        for count in HELD:
            holders.enter_context(load.held(server, count - held))
            held = count
            yield held, server.sockets() - at_first, saturate(server, seconds)
    yield 0, 0, saturate(server, seconds)


def _held_rounds(names, effort):
    """A Rounds for each number held. The costs with none are the mean of before and after: what
    changes slowly meanwhile then changes no ratio."""
    by_held = {held: Rounds() for held in (0, *HELD)}
    for number, name in interleaved(names, effort.rounds):
        empty = []
        with servers.by_name(name).running(core=machine.cores()[0], options=PATIENT) as server:
            for held, kept, cost in _hold_more_and_more(server, effort.seconds):
                by_held[held].add(number, name, kept=kept, **cost)
                if not held:
                    empty.append(cost)
        for field in ("cpu_ns", "per_second"):
            mean = sum(cost[field] for cost in empty) / len(empty)
            by_held[0].add(number, name, **{field: mean})
            for rounds in by_held.values():
                rounds.add(number, name, **{f"{field}_ratio": rounds.of(name, field)[-1] / mean})
    return by_held


def _held_table(names, effort):
    by_held = _held_rounds(names, effort)
    table = Table(
        "held", "Cost of a greeting while lingering connections are held: greeted, and not closed by clients",
        ("server", "held", "kept_by_server", "cpu_ns", "cpu_ratio", "per_second", "per_second_ratio",
         "load_busy"),
        ("kept_by_server: how many of them the server has still open. hello and nginx close at once, so that",
         "nothing is held but by the kernel; they have no way to hold a client who has the greeting.",
         "..._ratio: to none held, within each round, where none is measured before and after.",
         f"Medians of {effort.rounds} interleaved rounds [quartiles]."))
    for name in names:
        for held, rounds in by_held.items():
            table.add(name, float(held), rounds.spread(name, "kept").median,
                      *(rounds.spread(name, field) for field in (
                          "cpu_ns", "cpu_ns_ratio", "per_second", "per_second_ratio")),
                      rounds.spread(name, "load_busy").median)
    return table


def measure(effort):
    """The tables of this part."""
    yield _held_table(present(HOLDERS), effort)
