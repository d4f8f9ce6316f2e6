# SPDX-License-Identifier: ISC
"""How long a client waits from its intended start to the end of the stream, at a given rate."""
import statistics

from lib import load, machine, servers
from lib.rounds import Rounds, interleaved
from lib.speed import SLOW, present, warm_up
from lib.table import Table

# Those that meet the same rate: half of what nginx can do.
SAME_RATE = ("haild", "plain", "hello", "nginx")
# An open loop does not wait, and a queue of 10 overflows some time: then a client is connected, and never greeted.
SHORT_QUEUES = ("ncat",)
FIELDS = ("p50_us", "p99_us", "p999_us")


def _saturation_rates(names, count):
    """How many greetings a second each gives at most: the medians of short rounds."""
    rates = {name: [] for name in names}
    for _, name in interleaved(names, count):
        with servers.by_name(name).running(core=machine.cores()[0]) as server:
            warm_up(server)
            rates[name].append(warm_up(server))
    return {name: statistics.median(values) for name, values in rates.items()}


def _at_rates(rates, effort, now_and_then=()):
    rounds = Rounds()
    for number, name in interleaved(list(rates), effort.rounds, now_and_then):
        with servers.by_name(name).running(core=machine.cores()[0]) as server:
            told = load.open_loop(server, rates[name], effort.seconds, warm_seconds=0.2)
            rounds.add(number, name, **told)
    return rounds


def _table(name, title, rounds, rates, base=None):
    table = Table(
        name, title, ("server", "rate", *FIELDS, *([f"p99_to_{base}"] if base else []), "late", "rounds"),
        ("From a connection's intended start to the end of its stream: what waits behind a stall counts.",
         "late: the share of connections that the generator itself began more than 1 ms late.",
         "Medians of interleaved rounds [quartiles]; ratios are taken within each round."))
    for server, rate in rates.items():
        table.add(server, float(round(rate)), *(rounds.spread(server, field) for field in FIELDS),
                  *([rounds.ratio(server, base, "p99_us")] if base else []),
                  sum(rounds.of(server, "late")) / sum(rounds.of(server, "greetings")),
                  float(len(rounds.of(server, "late"))))
    return table


def measure(effort):
    """The tables of this part."""
    names = [name for name in present() if name not in SHORT_QUEUES]
    most = _saturation_rates(names, 3)
    rates = {name: most[name] / 2 for name in names}
    yield _table("latency", "Latency at half of each server's own saturation, open loop",
                 _at_rates(rates, effort, SLOW), rates)
    same = {name: rates["nginx"] for name in present(SAME_RATE)} if "nginx" in rates else {}
    if same:
        yield _table("latency_same", "Latency at half of nginx's saturation for all, open loop",
                     _at_rates(same, effort), same, base="nginx")
