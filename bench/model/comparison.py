# SPDX-License-Identifier: ISC
"""Holds the simulation against theory, where clients come at a steady rate: mean wait, and who waits longest.

Waits of clients that follow each other are alike. So they are cut into long batches, whose means hardly depend on each
other, and their spread gives the interval that holds the true mean with a probability of 99.9 %.
"""
import collections
import itertools
import random
import statistics

from model import queueing
from model.simulation import World, simulate

BATCHES = 32
# Student's t for 31 degrees of freedom: 99.9 % lie within that on both sides.
STUDENT = 3.633
# At first nobody is there: that part of the clients is left out.
WARM_UP = 0.05
# The servers' time for a greeting, in seconds.
SERVICE = 1 / 1000
# Of the waits, so many should be longer than that one of theory.
LONG = 0.05

Interval = collections.namedtuple("Interval", "mean half")

# balancer, servers, load
# theory     the mean wait
# simulated  an Interval for it
# long       the wait that theory has LONG of all exceed
# exceed     an Interval for how many do
# exponential  the mean wait if service times were so
Comparison = collections.namedtuple("Comparison", "balancer servers load theory simulated long exceed exponential")

# With a random choice, each server is a queue of its own. With the others, all are as one queue: a client then comes
# to the server that is free first. In turn, too, since all greetings take equally long.
CASES = (("least", 1, 0.5), ("least", 1, 0.9), ("random", 4, 0.8), ("least", 2, 0.8), ("least", 4, 0.5),
         ("round-robin", 4, 0.9), ("least", 8, 0.95))


def holds(interval, value):
    """Whether the interval has the value."""
    return abs(interval.mean - value) <= interval.half


def agrees(comparison):
    """Whether simulation and theory do."""
    return holds(comparison.simulated, comparison.theory) and holds(comparison.exceed, LONG)


def interval(values):
    """The Interval for the mean of all of a series."""
    size = len(values) // BATCHES
    means = [statistics.fmean(values[i * size:(i + 1) * size]) for i in range(BATCHES)]
    return Interval(statistics.fmean(means), STUDENT * statistics.stdev(means) / BATCHES ** 0.5)


def steady_waits(balancer, servers, load, clients, seed):
    """The waits, in service times, of so many clients that come at a steady rate."""
    world = World(SERVICE, clients, (1,), servers, balancer, syns=(), patience=clients)
    rate = servers * load / SERVICE
    outcome = simulate(world, lambda time: rate, round(clients / rate) + 1, random.Random(seed))
    waits = [wait / SERVICE for wait in itertools.chain.from_iterable(outcome.waits)]
    return waits[round(len(waits) * WARM_UP):]


def compare(balancer, servers, load, clients, seed):
    """Simulates one case, and holds it against theory."""
    together = 1 if balancer == "random" else servers
    theory = queueing.Waits(together, load)
    long = theory.exceeded_by(LONG)
    waits = steady_waits(balancer, servers, load, clients, seed)
    return Comparison(balancer, servers, load, queueing.crommelin_mean(together, load), interval(waits), long,
                      interval([wait > long for wait in waits]), queueing.erlang_mean(together, load))
