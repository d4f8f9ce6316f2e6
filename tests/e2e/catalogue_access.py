#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""The catalogue's rows of the limits of each source: one that comes too often must cost the others nothing.

Runs in a network namespace of its own, as root there: in it anybody's name can stand on a datagram.
"""
import contextlib
import subprocess
import sys
import time
import unittest

from lib import harness, machine
from lib.harness import Daemon, GREETING, poll_until, raise_descriptor_limit
from lib.naive import NaiveAnswerer
from lib.rows import row, times
from lib.visitors import hear

# Opens connections at a rate, each for a second, whatever comes of them.
ATTACKER = """
import collections, socket, sys, time
server, rate = ("127.0.0.1", int(sys.argv[1])), int(sys.argv[2])
held, began, opened = collections.deque(), time.monotonic(), 0
while True:
    if opened >= (time.monotonic() - began) * rate:
        time.sleep(0.001)
        continue
    client = socket.socket()
    client.bind(("127.0.0.2", 0))
    client.setblocking(False)
    client.connect_ex(server)
    held.append(client)
    opened += 1
    if len(held) > rate:
        held.popleft().close()
"""


@contextlib.contextmanager
def attack(port, rate):
    """A with-block in which somebody at 127.0.0.2 opens so many connections a second, and holds each for one."""
    process = harness.start([sys.executable, "-S", "-c", ATTACKER, str(port), str(rate)], stderr=subprocess.PIPE)
    try:
        yield process
        if process.poll() is not None:
            raise AssertionError(f"the attacker has ended: {process.stderr.read()}")
    finally:
        process.kill()
        process.wait()
        process.stderr.close()


class Attacked(unittest.TestCase):
    RATE, ROOM = 2000, 100

    def late(self, clients, *options):
        """Lets good clients come amid an attack, one after the other; returns after how many seconds 99 of 100 had
        their greeting, and what haild has counted."""
        took = []
        with Daemon("-q", "-l", "127.0.0.1", "-c", self.ROOM, "--timeout", "10m", *options) as daemon, \
                attack(daemon.port, self.RATE):
            # From here on they take all that they can get.
            poll_until(lambda: daemon.counters()["accepted"] > 2 * self.ROOM)
            for _ in range(clients):
                began = time.monotonic()
                self.assertEqual(hear(daemon.port, "127.0.0.1"), GREETING)
                took.append(time.monotonic() - began)
            counters = daemon.counters()
        return sorted(took)[clients * 99 // 100], counters

    @row("S10", "100 connections allowed; one source opens 2000 a second, and holds each for a second; good clients "
         "come, one after the other", "with limits for each source, none is refused, and 99 of 100 are greeted sooner")
    def test_attack(self, score):
        raise_descriptor_limit(2 * self.RATE)
        without, _ = self.late(times(10, full=100, slow=5))
        score.naive = f"without limits: 99 of 100 within {without:.2f} s"
        clients = times(100, full=1000)
        limited, counters = self.late(clients, "--max-per-source=10")
        refused = counters["too_many"]
        score.haild = f"{clients} greeted, 99 of 100 within {limited:.4f} s; {refused} refused, all of that source"
        self.assertGreater(refused, 0)
        self.assertLess(limited, without)


class Answered(unittest.TestCase):
    BURST, RATE = 200, 100  # datagrams of a source: at once, and a second
    ENDLESS = 2000

    def begin(self, daemon, stack):
        """Has haild answer two that answer whatever they are sent, at greater length."""
        for source in "127.0.0.1", "127.0.0.2":
            answerer = stack.enter_context(NaiveAnswerer(100, source))
            machine.spoof((source, answerer.port), ("127.0.0.1", daemon.port), bytes(100))

    def answered_without(self):
        with Daemon("-u", "-q", "-l", "127.0.0.1", "--rate-per-source=0") as daemon, contextlib.ExitStack() as stack:
            self.begin(daemon, stack)
            return poll_until(lambda: (found := daemon.counters()["datagrams_answered"]) > self.ENDLESS and found)

    # A loop ends with the first datagram that is not answered. Where it is slower than the rate, it may go on.
    def answered(self, seconds):
        """What haild has answered until both loops have ended, or so many seconds are over; and how many those were."""
        with Daemon("-u", "-q", "-l", "127.0.0.1") as daemon, contextlib.ExitStack() as stack:
            began = time.monotonic()
            self.begin(daemon, stack)
            with contextlib.suppress(AssertionError):
                poll_until(lambda: daemon.counters()["datagrams_too_often"] == 2, seconds)
            return daemon.counters()["datagrams_answered"], time.monotonic() - began

    @row("S11", "two senders that answer every datagram, and each answer to that, with 100 bytes",
         "each is answered 200 times at once, then 100 times a second, and the first silence ends it")
    def test_answerers(self, score):
        endless = self.answered_without()
        score.naive = f"without the limit: {endless}, and so on"
        answered, seconds = self.answered(times(5, full=10))
        score.haild = f"{answered} answers in {seconds:.2f} s, at most {self.BURST} each and {self.RATE} a second"
        self.assertLessEqual(answered, 2 * (self.BURST + self.RATE * seconds) + 2)


if __name__ == "__main__":
    machine.enter()
    harness.main()
