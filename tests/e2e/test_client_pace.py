#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""hailto -c: when its attempts begin, how many are under way, what is late, and how fast it may be elsewhere.

Runs in a network namespace, whose loopback has an address that is none of the loopback's.
"""
import re
import signal
import time
import unittest

from lib import harness, machine
from lib.clients import Running, SLOW, WRAPPER, ask, given, undisturbed
from lib.harness import Daemon, GREETING, poll_until
from lib.servers import Server, holds_until, says
from lib.surveys import SurveyTest

LOCAL = "127.0.0.1"
ELSEWHERE = "192.0.2.7"
LATE = r"\d+: .*, (\d+) ms late"


class Clock(SurveyTest):
    def test_interval(self):
        """Attempt n begins n - 1 intervals after the first, not earlier; a busy machine may be late."""
        with Server(says(GREETING, pause=0.01)) as server:
            answer = ask("-c6", "-i50ms", LOCAL, server.port)
            self.judge(answer, 0)
            self.assertGreaterEqual(answer.seconds, 5 * 0.05)

    def test_a_second_if_none_is_given(self):
        with Server(says(GREETING)) as server:
            answer = ask("-c2", LOCAL, server.port)
            self.judge(answer, 0)
            self.assertGreaterEqual(answer.seconds, 1)

    @undisturbed
    def test_slow_server(self):
        """It keeps the next attempt waiting, which is told, on its line and in the sum."""
        with Server(says(GREETING, pause=0.12)) as server:
            told = self.tells(0, "-c4", "-P1", "-i50ms", LOCAL, server.port)
        self.assertNotRegex(told.lines[0], LATE)
        for line in told.lines[1:]:
            self.assertGreaterEqual(int(re.match(LATE, line)[1]), 50)
        self.assertEqual(told.late, 3)

    def test_slow_server_holds_up_nothing_if_several_may_be_asked(self):
        with Server(holds_until(3)) as server:
            told = self.tells(0, "-c3", "-P3", "-i10ms", LOCAL, server.port)
            self.assertEqual(told.successes, 3)

    def test_stopped_for_a_while(self):
        """One attempt is late, and no burst makes up for those that were missed."""
        interval, stopped = 0.05, 1.2
        with Server(says(GREETING)) as server, \
                Running("-c0", "-i", f"{interval}", LOCAL, server.port) as client:
            client.wait_lines(2)
            with client.frozen():
                begin = time.monotonic()
                before = len(server.peers)
                poll_until(lambda: time.monotonic() > begin + stopped)
                went_on = time.monotonic()
            poll_until(lambda: len(server.peers) >= before + 5)
            # One that was in the queue, the late one, one that was due at once, and those of the clock.
            self.assertLessEqual(len(server.peers) - before, 3 + (time.monotonic() - went_on) / interval)
            late = client.wait_lines(1, r"\d+: .*, \d{4,} ms late")
            told = self.ends(client, signal.SIGINT)
        self.assertGreater(int(re.match(LATE, late[0])[1]), (stopped - 2 * interval) * 1000)
        self.assertRegex(told.summary[0], r"; \d+ began late, by up to \d+\.\d+ (s|ms)\Z")


    @unittest.skipIf(WRAPPER or harness.is_emulated(), "a wrapper has descriptors of its own")
    def test_only_a_clock_takes_a_precise_timer(self):
        """libevent's own clock is too coarse to keep an interval of a millisecond."""
        for options, count in (["-i2ms"], 1), (["-i1m"], 1), (["-i0"], 0), (["-P2"], 0):
            with self.subTest(options), Server(says(GREETING)) as server, \
                    Running("-v", "-c0", *options, LOCAL, server.port) as client:
                client.wait_lines(1)
                self.assertEqual(client.descriptors("anon_inode:[timerfd]"), count)


class Together(SurveyTest):
    def test_so_many_are_under_way(self):
        """No more and no less: all of them are waited for."""
        for count in 1, 2, 20:
            with self.subTest(count):
                script = holds_until(count)
                with Server(script) as server:
                    told = self.tells(0, "-c", 4 * count, "-P", count, "-i0", LOCAL, server.port)
                self.assertEqual((told.successes, script.most), (4 * count, count))

    def test_fewer_attempts_than_that(self):
        with Server(holds_until(3)) as server:
            self.assertEqual(self.tells(0, "-c3", "-P100", LOCAL, server.port).successes, 3)

    def test_haild_greets_them_all(self):
        count = 1000 if SLOW else 10000
        with Daemon() as daemon:
            told = self.tells(0, "-c", count, "-P100", "-E", GREETING.decode(), LOCAL, daemon.port)
            self.assertEqual((told.successes, told.failures, told.lines), (count, 0, []))
            counters = daemon.wait_counters(open=0)
            self.assertEqual((counters["accepted"], counters["greeted"]), (count, count))

    def test_haild_answers_their_datagrams(self):
        with Daemon("-u", "--rate-per-source=0") as daemon:
            told = self.tells(0, "-u", "-c500", "-P10", LOCAL, daemon.port)
            self.assertEqual(told.successes, 500)
            self.assertGreaterEqual(daemon.counters()["datagrams_answered"], 500)


class Elsewhere(SurveyTest):
    """Nobody else's server is flooded, unless an interval is given"""

    def setUp(self):
        machine.own(self, ELSEWHERE)

    def test_100_each_second(self):
        begin = time.monotonic()
        with Server(says(GREETING), (ELSEWHERE, 0)) as server, \
                Running("-c0", "-P20", ELSEWHERE, server.port) as client:
            poll_until(lambda: len(server.peers) > 60)
            self.assertLessEqual(len(server.peers), 1 + (time.monotonic() - begin) / 0.01)
            self.ends(client, signal.SIGINT)

    def test_after_a_stall(self):
        """What was missed is not made up for."""
        with Server(says(GREETING), (ELSEWHERE, 0)) as server, \
                Running("-c0", "-P20", ELSEWHERE, server.port) as client:
            server.wait_opened()
            with client.frozen():
                begin, before = time.monotonic(), len(server.peers)
                poll_until(lambda: time.monotonic() > begin + 1)
                went_on = time.monotonic()
            poll_until(lambda: len(server.peers) > before + 60)
            # All 20 may have been in the queue when we counted.
            self.assertLessEqual(len(server.peers) - before, 22 + (time.monotonic() - went_on) / 0.01)
            self.assertEqual(self.ends(client, signal.SIGINT).late, 0)

    @unittest.skipIf(SLOW, "what makes hailto slow may keep it below the limit")
    def test_interval_lifts_the_limit(self):
        with Daemon("-l", ELSEWHERE) as daemon, \
                Running("-c0", "-P20", "-i0", ELSEWHERE, daemon.port) as client:
            poll_until(lambda: daemon.counters()["accepted"] > 0)
            begin = time.monotonic()
            poll_until(lambda: daemon.counters()["accepted"] > 100 + 100 * (time.monotonic() - begin))
            self.ends(client, signal.SIGINT)

    def test_not_on_this_machine(self):
        """Its own addresses of the loopback have no limit."""
        with Server(holds_until(20)) as server:
            self.assertEqual(self.tells(0, "-c20", "-P20", LOCAL, server.port).successes, 20)

    def test_time_that_is_over_while_connecting(self):
        with machine.black_hole(ELSEWHERE):
            told = self.tells(5, "-c2", "-i0", "-w", given(0.3), ELSEWHERE, 4242)
            self.assertEqual(told.kinds, "2 connect (exit status 5)")


if __name__ == "__main__":
    machine.enter()
    harness.main()
