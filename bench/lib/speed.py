# SPDX-License-Identifier: ISC
"""What a greeting costs a server, and how many it gives in a second, at saturation."""
import time

from lib import load, machine, rest, servers
from lib.rounds import Rounds, interleaved
from lib.table import Table

# Whoever is busy for so much of the time is the limit.
SATURATED = 0.9
# Those that fork take many times as long; a few rounds show it.
SLOW = ("tcpserver", "socat", "ncat")
# So many bytes are no matter of microseconds.
LONG = 65536
# As many as fit into the queue of a server that stands still, and those for whom that queue is long enough.
BURST = 4000
BURST_SERVERS = ("haild", "haild-log", "haild-template", "plain", "corked", "lingering", "hello", "nginx", "nginx-log",
                 "nginx-buffered", "nginx-template")
# Those to whose cost every other's is compared; and in the column to_twin, the server's own twin.
BASES = ("plain", "nginx", "haild", "lingering")
RATIOS = (*(f"to_{base}" for base in BASES), "to_twin")


def present(names=None):
    """The names of the servers that this machine has, in the order of the tables."""
    return [server.name for server in servers.SERVERS
            if server.is_there() and (names is None or server.name in names)]


def warm_up(server, greeting=None):
    """Greets until everything is in place; returns how many greetings a second the server gives."""
    count = 200 if server.server.forks or len(greeting or b"") >= LONG else 2000
    return load.closed(server, count, greeting=greeting)["per_second"]


def saturate(server, seconds, greeting=None):
    """A closed loop for about that long; returns what it has cost, by name."""
    count = max(server.server.crowd, round(warm_up(server, greeting) * seconds))
    before = rest.cpu_at_rest(server)
    core = rest.CoreClock(machine.cores()[0])
    told = load.closed(server, count, greeting=greeting)
    core_busy = core.busy()
    cpu = rest.cpu_at_rest(server) - before
    return {"cpu_ns": cpu / count * 1e9, "per_second": told["per_second"], "core_busy": core_busy,
            "server_busy": cpu / told["seconds"], "load_busy": told["busy"],
            "load_ns": told["load_cpu_us"] * 1e3}


def burst(server, count=BURST):
    """Lets so many connect while the server stands still, and then go on; returns what that has cost.

    The generator is not the limit then: its work of connecting is done."""
    before = rest.cpu_at_rest(server)
    with rest.frozen(server) as go_on, load.crowd(server, count, concurrency=count) as crowd:
        machine.poll_until(lambda: rest.waiting(server.port) == count, "all to wait in the queue")
        began = go_on()
        crowd.numbers()
        seconds = time.monotonic() - began
    cpu = rest.cpu_at_rest(server) - before
    return {"cpu_ns": cpu / count * 1e9, "wall_ms": seconds * 1e3, "server_busy": cpu / seconds}


def warm_burst(server):
    """As burst(), when everything is in place."""
    warm_up(server)
    return burst(server)


def each(compared, count, measure, now_and_then=()):
    """Interleaved rounds in which each server is started anew: where its memory lies is chance, too.

    compared  the servers, by name
    """
    rounds = Rounds()
    for number, name in interleaved(list(compared), count, now_and_then):
        with compared[name].running(core=machine.cores()[0]) as server:
            rounds.add(number, name, **measure(server))
    return rounds


def _by_name(names):
    return {name: servers.by_name(name) for name in names}


def _ratios(rounds, name):
    """How much CPU a server takes, to each of the others."""
    return [rounds.ratio(name, base, "cpu_ns") for base in (*BASES, servers.by_name(name).twin)]


def _limit(rounds, name):
    """Who is busy all the time when this server is saturated."""
    for who, field in (("server", "server_busy"), ("generator", "load_busy"), ("others", "core_busy")):
        if rounds.spread(name, field).median >= SATURATED:
            return who
    return "neither"


def _saturation_table(rounds, names, count):
    table = Table(
        "speed", "Cost of a greeting at saturation, in a closed loop",
        ("server", "clients", "cpu_ns", *RATIOS, "per_second", "server_busy", "core_busy", "load_busy", "load_ns",
         "limit", "rounds"),
        ("clients: so many at a time. cpu_ns: the server's CPU time for a greeting, its children's included.",
         "to_...: its ratio to another's; to_twin: to that of the nginx that does the same.",
         f"Medians of {count} interleaved rounds [quartiles]; ratios are taken within each round.",
         "server_busy: the server's share of the time; core_busy: its core's, whoever was at work there.",
         "load_busy, load_ns: the generator's share of its core, and its CPU time for a greeting.",
         "limit: who is busy all the time; others: somebody else on the server's core."))
    for name in names:
        limit = _limit(rounds, name)
        table.add(name, float(servers.by_name(name).crowd), rounds.spread(name, "cpu_ns"),
                  *_ratios(rounds, name),
                  *(rounds.spread(name, field).median
                    for field in ("per_second", "server_busy", "core_busy", "load_busy", "load_ns")),
                  limit, float(len(rounds.of(name, "cpu_ns"))))
        if limit == "generator":
            table.notes.append(f"{name}: the generator is the limit, the server could give more than that.")
    return table


def _burst_table(rounds, names, count):
    table = Table(
        "burst", f"Cost of a greeting when {BURST:,} clients wait already: the server is the limit",
        ("server", "cpu_ns", *RATIOS, "wall_ms", "server_busy"),
        (f"The server stands still (SIGSTOP) until {BURST:,} have connected.",
         "wall_ms: from then on until the last has met the end.",
         f"Medians of {count} interleaved rounds [quartiles]; ratios are taken within each round."))
    for name in names:
        table.add(name, rounds.spread(name, "cpu_ns"),
                  *_ratios(rounds, name), rounds.spread(name, "wall_ms"), rounds.spread(name, "server_busy").median)
    return table


def measure(effort):
    """The tables of this part."""
    names = present()
    rounds = each(_by_name(names), effort.rounds, lambda server: saturate(server, effort.seconds), SLOW)
    yield _saturation_table(rounds, names, effort.rounds)
    names = present(BURST_SERVERS)
    yield _burst_table(each(_by_name(names), effort.rounds, warm_burst), names, effort.rounds)
