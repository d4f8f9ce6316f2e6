# SPDX-License-Identifier: ISC
"""What theory says of clients that come at random to servers that take equally long for each: M/D/c.

They come as a Poisson process, wait in one queue, and are served in their order. All times are in service times, and
the load is the share of its time for which a server is busy.

- Crommelin, "Delay probability formulae when the holding times are constant", Post Office Electrical Engineers'
  Journal 25, 1932: the mean wait, and the equations for the number of clients.
- Franx, "A simple solution for the M/D/c waiting time distribution", Operations Research Letters 29, 2001.
- Tijms, "A First Course in Stochastic Models", 2003, chapter 9: far out, those numbers are
  distributed as a geometric series is.
"""
import itertools
import math

# The numbers of clients whose probabilities are solved for; all beyond them are taken as a geometric series.
EXACTLY = 60
# What is smaller than this is left out.
TINY = 1e-15


def poisson(mean, count):
    """The probability of that count."""
    return math.exp(count * math.log(mean) - mean - math.lgamma(count + 1))


def single_mean(load):
    """The mean wait at one server, M/D/1."""
    return load / (2 * (1 - load))


def crommelin_mean(servers, load):
    """The mean wait at several servers, by Crommelin's series."""
    total = 0.0
    for i in itertools.count(1):
        at_least = _poisson_tail(i * servers * load, i * servers)
        more = at_least - poisson(i * servers * load, i * servers)
        total += at_least - more / load
        if at_least < TINY:
            return total


def _poisson_tail(mean, least):
    """The probability of that count or more, where the mean is less than it."""
    total = 0.0
    for count in itertools.count(least):
        term = poisson(mean, count)
        total += term
        if term < TINY * max(total, TINY):
            return total


def erlang_mean(servers, load):
    """The mean wait if service times were exponential, M/M/c: what a wrong formula would say here."""
    offered = servers * load
    waiting = offered ** servers / math.factorial(servers) / (1 - load)
    others = sum(offered ** i / math.factorial(i) for i in range(servers))
    return waiting / (waiting + others) / (servers * (1 - load))


class Waits:
    """The distribution of the waits at several servers."""

    def __init__(self, servers, load):
        self._servers, self._rate = servers, servers * load
        self._ratio = _decay(load)
        clients = _clients(servers, self._rate, self._ratio)
        self._last, self._at_most = clients[-1], list(itertools.accumulate(clients))

    def at_most(self, wait):
        """The probability of a wait that is not longer: Franx's sum."""
        turns = math.floor(wait) + 1
        mean = self._rate * (turns - wait)
        return sum(poisson(mean, j) * self._fewer(turns * self._servers - j) for j in range(turns * self._servers))

    def exceeded_by(self, part):
        """The wait that this part of the clients exceeds."""
        low, high = 0.0, 1.0
        while 1 - self.at_most(high) > part:
            high *= 2
        for _ in range(50):
            middle = (low + high) / 2
            low, high = (middle, high) if 1 - self.at_most(middle) > part else (low, middle)
        return high

    def _fewer(self, waiting):
        """The probability that fewer clients than that are in the queue."""
        last = self._servers + waiting - 1
        if last < EXACTLY:
            return self._at_most[last]
        return 1 - self._last * self._ratio ** (last + 1 - EXACTLY) / (1 - self._ratio)


def _decay(load):
    """How many times less likely it is, far out, that one more client is there."""
    # 1 / x, where log(x) = load (x - 1) beyond 1. In between the left side is greater, most of all at 1 / load.
    low, high = 1 / load, 2 / load
    while math.log(high) > load * (high - 1):
        high *= 2
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if math.log(middle) > load * (middle - 1) else (low, middle)
    return 1 / low


def _clients(servers, rate, ratio):
    """The probabilities of 0 to EXACTLY clients in all, by Crommelin's equations.

    Those in service at a time are gone one service time later, and those that have come since are there.
    """
    came = [poisson(rate, count) for count in range(EXACTLY + 1)]
    rows = []
    for j in range(EXACTLY):
        row = [0.0] * (EXACTLY + 2)
        row[j] -= 1
        for i in range(servers + j + 1):
            weight = came[j] if i <= servers else came[j + servers - i]
            row[min(i, EXACTLY)] += weight * ratio ** max(i - EXACTLY, 0)
        rows.append(row)
    rows.append([1.0] * EXACTLY + [1 / (1 - ratio), 1.0])  # all of them together
    return _solve(rows)


def _solve(rows):
    """Solves linear equations, of which each row has the coefficients and the right side: Gauss's way."""
    size = len(rows)
    for column in range(size):
        best = max(range(column, size), key=lambda row: abs(rows[row][column]))
        rows[column], rows[best] = rows[best], rows[column]
        pivot = rows[column]
        for row in rows[column + 1:]:
            factor = row[column] / pivot[column]
            for i in range(column, size + 1):
                row[i] -= factor * pivot[i]
    solved = [0.0] * size
    for column in reversed(range(size)):
        known = sum(rows[column][i] * solved[i] for i in range(column + 1, size))
        solved[column] = (rows[column][size] - known) / rows[column][column]
    return solved
