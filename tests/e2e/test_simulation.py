#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""The simulation of a flash crowd: agrees with theory where there is one, and sees what theory does not cover.

Everything here is the same in each run: the seed decides about chance.
"""
import pathlib
import random
import sys
import unittest

from lib import harness
from lib.harness import run

BENCH = pathlib.Path(__file__).resolve().parents[2] / "bench"
sys.path.append(str(BENCH))

from model import comparison, queueing
from model.simulation import NEVER, World, simulate

CLIENTS, SEED = 60_000, 1
LOADS = (0.3, 0.5, 0.8)


def steady(rate):
    return lambda time: rate


class Theory(unittest.TestCase):
    def test_one_server_is_the_simple_formula(self):
        for load in LOADS:
            self.assertAlmostEqual(queueing.crommelin_mean(1, load), load / (2 * (1 - load)))

    # The two come from different papers, and share nothing but Poisson's probabilities.
    def test_mean_of_the_distribution_is_crommelins(self):
        steps = 200
        for servers in (1, 2, 5):
            for load in LOADS:
                waits = queueing.Waits(servers, load)
                longer = (1 - waits.at_most((i + 0.5) / steps) for i in range(50 * steps))
                self.assertAlmostEqual(sum(longer) / steps, queueing.crommelin_mean(servers, load), places=4)

    def test_exceeded_by(self):
        waits = queueing.Waits(3, 0.8)
        self.assertAlmostEqual(waits.at_most(waits.exceeded_by(0.05)), 0.95)


class Agreement(unittest.TestCase):
    def test_simulation_agrees(self):
        for case in (("least", 1, 0.5), ("least", 1, 0.8), ("random", 3, 0.8), ("least", 2, 0.8), ("least", 4, 0.8),
                     ("round-robin", 4, 0.8)):
            with self.subTest(case):
                found = comparison.compare(*case, CLIENTS, SEED)
                self.assertTrue(comparison.agrees(found), found)
                # Another theory is seen to be wrong, and so is this one for a load that is a little greater.
                self.assertFalse(comparison.holds(found.simulated, found.exponential), found)
                balancer, servers, load = case
                greater = queueing.crommelin_mean(1 if balancer == "random" else servers, load + 0.05)
                self.assertFalse(comparison.holds(found.simulated, greater), found)

    # Chance then favours nobody: in one queue nobody waits while a server is free.
    def test_random_choice_is_not_one_queue(self):
        found = comparison.interval(comparison.steady_waits("random", 4, 0.8, CLIENTS, SEED))
        self.assertFalse(comparison.holds(found, queueing.crommelin_mean(4, 0.8)), found)


class Crowd(unittest.TestCase):
    """What follows from the model alone: one server with 1000 greetings a second"""

    def outcome(self, rate, seconds=4, **changes):
        world = World(service=0.001, queue=10, shares=(1,), servers=1, balancer="least", syns=(1, 3), patience=10)
        return simulate(world._replace(**changes), steady(rate), seconds, random.Random(SEED))

    def is_complete(self, outcome):
        greeted = sum(map(len, outcome.waits))
        self.assertEqual(sum(outcome.came), greeted + outcome.lost + outcome.gave_up)
        return greeted

    def test_below_capacity_nobody_is_turned_away(self):
        outcome = self.outcome(500, queue=100)
        self.assertEqual(self.is_complete(outcome), sum(outcome.came))
        self.assertEqual(outcome.dropped, 0)
        self.assertAlmostEqual(outcome.busy, 0.5, delta=0.05)

    def test_waits_are_those_of_the_queue_and_of_syns(self):
        outcome = self.outcome(2000)
        self.is_complete(outcome)
        self.assertEqual(outcome.queue, 10)
        self.assertGreater(outcome.gave_up, 0)
        waits = [wait for second in outcome.waits for wait in second]
        for wait in waits:
            self.assertTrue(any(0 <= wait - syn + 1e-9 <= 0.011 for syn in (0, 1, 3)), wait)
        self.assertEqual({round(wait) for wait in waits}, {0, 1, 3})

    def test_impatience(self):
        outcome = self.outcome(2000, patience=2)
        self.is_complete(outcome)
        self.assertLess(max(wait for second in outcome.waits for wait in second), 1.011)

    def test_region_with_too_many(self):
        even, uneven = (self.outcome(1600, shares=shares, queue=100) for shares in ((1, 1), (3, 1)))
        self.assertEqual(even.dropped, 0)
        self.assertGreater(uneven.dropped, 0)

    def test_death(self):
        whole = self.outcome(400, servers=2, queue=100)
        self.assertEqual(self.is_complete(whole), sum(whole.came))
        for balancer in ("random", "round-robin"):
            unnoticed = self.outcome(400, servers=2, queue=100, balancer=balancer, death=1, noticed=NEVER)
            self.assertGreater(unnoticed.gave_up, 500)
            noticed = self.outcome(400, servers=2, queue=100, balancer=balancer, death=1, noticed=1.5)
            self.is_complete(noticed)
            self.assertEqual(noticed.gave_up, 0)
            self.assertLessEqual(noticed.lost, 5)
            # Who came in vain came until it was noticed, and again a second later.
            late = [second for second, waits in enumerate(noticed.waits) if max(waits) >= 1]
            self.assertEqual(late, [1])


class Script(unittest.TestCase):
    def test_comparison_is_printed(self):
        outcome = run(sys.executable, BENCH / "simulate.py", "--compare", "--clients=30000", "--seed=2", cwd=BENCH)
        self.assertEqual((outcome.exit, outcome.stderr), (0, b""), outcome)
        self.assertEqual(outcome.stdout.count(b" agrees\n"), len(comparison.CASES), outcome)


if __name__ == "__main__":
    harness.main()
