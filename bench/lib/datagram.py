# SPDX-License-Identifier: ISC
"""What an answer to a datagram costs a server, and how many it gives in a second, at saturation."""
from lib import load, rest, servers
from lib.speed import SATURATED, each
from lib.table import Table

SLOW = ("socat",)
# Those to whose cost every other's is compared.
BASES = ("loop", "loop-epoll")


def _ask(server, count):
    """Asks so many times, as many at once as the server can take; returns what the generator tells."""
    with load.Load("datagrams", server, servers.GREETING, count=count,
                   concurrency=server.server.crowd) as asking:
        return asking.numbers()


def _saturate(server, seconds):
    """Asks for about that long; returns what it has cost, by name."""
    rate = _ask(server, 200 if server.server.forks else 5000)["per_second"]
    count = max(server.server.crowd, round(rate * seconds))
    before = rest.cpu_at_rest(server)
    told = _ask(server, count)
    cpu = rest.cpu_at_rest(server) - before
    return {"cpu_ns": cpu / told["greetings"] * 1e9, "per_second": told["per_second"], "lost": told["lost"] / count,
            "server_busy": cpu / told["seconds"], "load_busy": told["busy"]}


def measure(effort):
    """The table of this part."""
    there = {server.name: server for server in servers.DATAGRAM_SERVERS if server.is_there()}
    rounds = each(there, effort.rounds, lambda server: _saturate(server, effort.seconds), SLOW)
    table = Table(
        "datagram", "Cost of an answer by datagram at saturation: requests of 512 bytes, in a closed loop",
        ("server", "requests", "cpu_ns", *(f"to_{base}" for base in BASES), "per_second", "lost", "server_busy",
         "load_busy", "rounds"),
        ("requests: so many at a time. cpu_ns: the server's CPU time for an answer, its children's included.",
         f"lost: without an answer in 200 ms, as a share. Whoever is busy for {SATURATED:.0%} is the limit.",
         f"Medians of {effort.rounds} interleaved rounds [quartiles]; ratios are taken within each round."))
    for name, server in there.items():
        table.add(name, float(server.crowd), rounds.spread(name, "cpu_ns"),
                  *(rounds.ratio(name, base, "cpu_ns") for base in BASES),
                  *(rounds.spread(name, field).median for field in ("per_second", "lost", "server_busy", "load_busy")),
                  float(len(rounds.of(name, "lost"))))
    yield table
