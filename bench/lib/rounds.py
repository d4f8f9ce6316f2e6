# SPDX-License-Identifier: ISC
"""Interleaved rounds: what else the machine does at a time then meets everyone alike.

    rounds = Rounds()
    for number, name in interleaved(["haild", "plain"], 21):
        rounds.add(number, name, cpu_ns=...)
    rounds.ratio("haild", "plain", "cpu_ns")
"""
from lib.table import Spread


def interleaved(names, count, now_and_then=()):
    """Yields (round, name) so that each round goes through all names, in an order that is rotated.

    now_and_then  names that take part in every third round only: they are slow, and far from the others
    """
    for number in range(count):
        present = [name for name in names if name not in now_and_then or number % 3 == 0]
        first = number % len(present)
        for name in present[first:] + present[:first]:
            yield number, name


class Rounds:
    """What each round has measured of each name."""

    def __init__(self):
        self._values = {}

    def add(self, number, name, **values):
        self._values.setdefault(name, {}).setdefault(number, {}).update(values)

    def of(self, name, field):
        """The values of all rounds, in order."""
        return [values[field] for _, values in sorted(self._values[name].items())]

    def spread(self, name, field):
        return Spread(self.of(name, field))

    def ratio(self, name, base, field):
        """The ratio to another one, taken within each round; None where they have no round in common."""
        return self._compared(name, base, field, lambda mine, other: mine / other)

    def difference(self, name, base, field):
        """Likewise how much more it is."""
        return self._compared(name, base, field, lambda mine, other: mine - other)

    def _compared(self, name, base, field, compare):
        mine, other = self._values[name], self._values.get(base, {})
        values = [compare(mine[number][field], other[number][field]) for number in mine if number in other]
        return Spread(values) if values else None
