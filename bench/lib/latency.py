# SPDX-License-Identifier: ISC
"""How long a client waits from its intended start to the end of the stream, at a given rate."""
import statistics

from lib import load, machine, servers
from lib.rounds import Rounds, interleaved
from lib.speed import SLOW, present, warm_up
from lib.table import Table

# Those that meet the same rate: the highest tried that the generator can keep up with, whoever is asked.
SAME_RATE = ("haild", "haild-log", "haild-template", "plain", "hello", "nginx", "nginx-buffered")
# It keeps up while so small a share of the connections begins late; from half of what nginx gives at most, the rate
# falls by a fifth until that is so, or has fallen to an eighth.
LATE = 0.01
SLOWER = 0.8
TRIES = 10
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
                  _late(rounds, server),
                  float(len(rounds.of(server, "late"))))
    return table


def _late(rounds, name):
    """The share of the connections that the generator began late."""
    return sum(rounds.of(name, "late")) / sum(rounds.of(name, "greetings"))


def _rate_for_all(names, rate, effort):
    """A rate at which the generator keeps up with each of the servers, as three rounds have it."""
    for _ in range(TRIES):
        rounds = _at_rates({name: rate for name in names}, effort._replace(rounds=3))
        if all(_late(rounds, name) < LATE for name in names):
            break
        rate *= SLOWER
    return rate


def measure(effort):
    """The tables of this part. At its own rate each is measured in a third of the rounds: that takes long."""
    names = [name for name in present() if name not in SHORT_QUEUES]
    most = _saturation_rates(names, 3)
    rates = {name: most[name] / 2 for name in names}
    yield _table("latency", "Latency at half of each server's own saturation, open loop",
                 _at_rates(rates, effort._replace(rounds=max(effort.rounds // 3, 1)), SLOW), rates)
    if "nginx" in rates:
        names = present(SAME_RATE)
        rate = _rate_for_all(names, rates["nginx"], effort)
        same = {name: rate for name in names}
        yield _table("latency_same", "Latency at one rate for all, at which the generator keeps up, open loop",
                     _at_rates(same, effort), same, base="nginx")
