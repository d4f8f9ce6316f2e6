#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""hailto -a and -c of a name: how its addresses are found, shared and found anew, and each of them asked.

Runs in a network namespace with its own name server and /etc/hosts.
"""
import errno
import signal
import unittest

from lib import harness, machine
from lib.clients import Running, WRAPPER, ask, given
from lib.harness import Daemon, GREETING, poll_until, strerror
from lib.machine import AtFirst, Late
from lib.servers import DatagramServer, Server, answers, holds_until, in_turn, refusing, says, stays
from lib.surveys import LATENCIES, MS, SurveyTest, TIMES, Told

NAME = "server.example"
V4, OTHER_V4, V6 = "127.0.0.1", "127.0.0.2", "::1"
PORT = 4242
# What one lookup may ask at most: both families together, and if that takes its time, each of them apart.
QUESTIONS = 4


def shown(address, port=PORT):
    return rf"\[{address}\]:{port}" if ":" in address else f"{address}:{port}"


class Shared(SurveyTest):
    """A name is looked up once, and again after a failure"""

    def test_once(self):
        with machine.name_server({"A": [V4], "AAAA": []}) as asked, Server(says(GREETING), (V4, PORT)):
            for options in ["-i0"], ["-P5", "-i0"], ["-P20"]:
                with self.subTest(options):
                    before = len(asked.questions)
                    told = self.tells(0, "-c20", *options, NAME, PORT)
                    self.assertEqual(told.successes, 20)
                    self.assertIn(len(asked.questions) - before, range(1, QUESTIONS + 1))

    def test_others_wait_for_the_first(self):
        answers = {"A": Late(0.4, [V4]), "AAAA": Late(0.4, [])}
        with machine.name_server(answers) as asked, Server(holds_until(5), (V4, PORT)):
            told = self.tells(0, "-c5", "-P5", NAME, PORT)
            self.assertEqual(told.successes, 5)
            self.assertLessEqual(len(asked.questions), QUESTIONS)

    def test_again_after_a_failure(self):
        good, bad = says(GREETING), says()
        with machine.name_server({"A": [V4], "AAAA": []}) as asked, \
                Server(in_turn(good, bad, good, good, bad, good), (V4, PORT)):
            self.tells(7, "-c6", "-i0", NAME, PORT)
            self.assertIn(asked.questions.count((NAME, "A")), range(3, 3 * QUESTIONS // 2 + 1))

    def test_as_long_as_it_is_not_found(self):
        with machine.name_server(3) as asked:
            told = self.tells(3, "-c3", "-i0", NAME, PORT)
            self.judge_lines(told, *[rf"resolve: Name or service not known \(end {MS} ms\)"] * 3)
            self.assertGreaterEqual(asked.questions.count((NAME, "A")), 3)

    def test_other_addresses_are_told(self):
        machine.know(self, NAME, V4)
        with Running("-c0", "-i20ms", NAME, PORT) as client:
            with Server(says(GREETING), (V4, PORT)):
                client.wait_lines(2, rf"\d+: {V4}:{PORT}: 14 bytes")
                machine.know(self, NAME, OTHER_V4)
            with Server(says(GREETING), (OTHER_V4, PORT)):
                client.wait_lines(2, rf"\d+: {OTHER_V4}:{PORT}: 14 bytes")
                client.signal(signal.SIGINT)
                answer = client.end()
        self.assertEqual(answer.stderr.decode(),
                         f"hailto: {NAME}:{PORT} has other addresses now: {OTHER_V4}:{PORT}\n")
        self.assertGreaterEqual(Told(answer.stdout).successes, 4)


    def test_half_list_is_no_change(self):
        """An address of one family may answer before those of the other are known."""
        answers = {"AAAA": [V6], "A": AtFirst(2, Late(0.6, [V4]), [V4])}
        with machine.name_server(answers) as asked, \
                Server(in_turn(says(GREETING), says(), says(GREETING)), (V6, PORT)):
            told = self.tells(7, "-c3", "-i0", NAME, PORT)
            self.assertEqual(told.successes, 2)
            self.assertGreaterEqual(asked.questions.count((NAME, "A")), 3)

    def test_other_addresses_are_not_told_quietly(self):
        machine.know(self, NAME, V4)
        with Running("-q", "-c0", "-i20ms", NAME, PORT) as client:
            with Server(says(GREETING), (V4, PORT)) as server:
                poll_until(lambda: len(server.peers) > 1)
                machine.know(self, NAME, OTHER_V4)
            with Server(says(GREETING), (OTHER_V4, PORT)) as server:
                poll_until(lambda: len(server.peers) > 1)
                client.signal(signal.SIGINT)
                answer = client.end()
        self.assertEqual((answer.stdout, answer.stderr), (b"", b""), answer)


class Each(SurveyTest):
    """-a: an attempt for every address, all at the same time"""

    def judge_each(self, told, patterns):
        """For each address a line, in any order, with the number that it has in the machine's order."""
        order = machine.order_of(NAME)
        self.assertEqual(len(told.lines), len(patterns), told.lines)
        for line in told.lines:
            address = order[int(line.partition(":")[0]) - 1]
            self.assertRegex(line, rf"\A\d+: {shown(address)}: {patterns.pop(address)}\Z")

    def test_all_greet(self):
        machine.know(self, NAME, V6, V4, OTHER_V4)
        hosts = V6, V4, OTHER_V4
        with Server(says(b"6"), (V6, PORT)), Server(says(b"4"), (V4, PORT)), Server(says(b"2"), (OTHER_V4, PORT)):
            told = self.tells(0, "-a", NAME, PORT)
            self.judge_each(told, {host: rf"1 bytes {TIMES}: {said}" for host, said in zip(hosts, "642")})
            self.assertEqual(self.tells(0, "--all", "-4", NAME, PORT).successes, 2)
            self.assertEqual(self.tells(0, "--all", "-6", NAME, PORT).successes, 1)

    def test_one_is_not_as_the_others(self):
        machine.know(self, NAME, V4, OTHER_V4)
        refused = rf"connect: Connection refused \(resolved {MS}, end {MS} ms\)"
        for options, exit in ([], 4), (["--any"], 0):
            with Server(says(GREETING), (V4, PORT)):
                told = self.tells(exit, "-a", *options, NAME, PORT)
                self.judge_each(told, {V4: f"14 bytes {TIMES}: Hi from server", OTHER_V4: refused})
                # They are no attempts at one server, which would have an outage.
                self.judge_summary(told, r"2 attempts, 1 success, 1 failure: 1 connect \(exit status 4\)", LATENCIES)
        told = self.tells(4, "-a", "--any", NAME, PORT)
        self.judge_each(told, {V4: refused, OTHER_V4: refused})

    def test_at_the_same_time(self):
        hosts = [f"127.0.1.{number}" for number in range(1, 21)]
        machine.know(self, NAME, *hosts)
        with Server(holds_until(20), ("0.0.0.0", PORT)) as server:
            self.assertEqual(self.tells(0, "-a", NAME, PORT).successes, 20)
            self.assertEqual(len(server.peers), 20)

    def test_without_a_lookup(self):
        with Daemon("-l", "localhost") as daemon:
            self.assertEqual(self.tells(0, "-a", "localhost", daemon.port).successes, 2)
            self.judge_lines(self.tells(0, "-a", V6, daemon.port),
                             f"{shown(V6, daemon.port)}: 14 bytes {TIMES}: Hi from server")

    def test_datagrams(self):
        machine.know(self, NAME, V6, V4)
        with DatagramServer(answers(b"6"), (V6, PORT)), DatagramServer(answers(b"4"), (V4, PORT)):
            self.assertEqual(self.tells(0, "-u", "-a", NAME, PORT).successes, 2)

    def test_connections(self):
        machine.know(self, NAME, V6, V4)
        with Server(stays(), (V6, PORT)), refusing(V4) as refused:
            told = self.tells(4, "-z", "-a", NAME, PORT)
            self.judge_each(told, {V6: rf"connected \(.+\)", V4: "connect: Connection refused .*"})

    def test_from_one_port(self):
        """It leads to several servers at the same time."""
        machine.know(self, NAME, V4, OTHER_V4)
        with Server(holds_until(2), ("0.0.0.0", PORT)) as server:
            told = self.tells(0, "-a", "-s", f"{V4}:4343", NAME, PORT)
            self.assertEqual((told.successes, [peer[1] for peer in server.peers]), (2, [4343, 4343]))

    def test_too_many(self):
        """Those that are left out are told."""
        machine.know(self, NAME, *(f"127.0.1.{number}" for number in range(1, 71)))
        with Server(holds_until(64), ("0.0.0.0", PORT)):
            told = self.tells(0, "-a", NAME, PORT, stderr=f"hailto: {NAME}:{PORT} has more than 64 addresses, "
                              "and only these are asked\n".encode())
            self.assertEqual(told.attempts, 64)

    @unittest.skipIf(WRAPPER or harness.is_emulated(), "a wrapper has limits and descriptors of its own")
    def test_too_few_descriptors(self):
        """That is told before any of them is asked; fewer are asked at the same time."""
        machine.know(self, NAME, *(f"127.0.1.{number}" for number in range(1, 51)))
        with Server(stays(GREETING), ("0.0.0.0", PORT)):
            answer = ask("-a", NAME, PORT, prefix=("sh", "-c", 'ulimit -n 40; exec "$@"', "sh"))
            self.assertEqual((answer.exit, Told(answer.stdout).successes), (0, 50), answer)
            self.assertRegex(answer.stderr.decode(), r"\Ahailto: only 1\d attempts at the same time: 50 need more "
                             r"descriptors than the limit of 40 \(see ulimit -n\)\n\Z")

    def test_quiet(self):
        machine.know(self, NAME, V4, OTHER_V4)
        with Server(says(GREETING), (V4, PORT)):
            for options, exit in ([], 4), (["--any"], 0):
                answer = ask("-q", "-a", *options, NAME, PORT)
                self.assertEqual((answer.exit, answer.stdout, answer.stderr), (exit, b"", b""), answer)


class Lookups(SurveyTest):
    """-a waits until all is known, and a part is not all"""

    def test_neither_addresses_nor_output(self):
        with machine.name_server(3), open("/dev/full", "wb") as full:
            for options in [], ["-j"]:
                answer = ask("-a", *options, NAME, PORT, stdout=full)
                self.judge_failure(answer, 1, f"cannot write to standard output: {strerror(errno.ENOSPC)}")

    def test_none(self):
        with machine.name_server(3):
            told = self.tells(3, "-a", NAME, PORT)
            self.judge_lines(told, rf"resolve: Name or service not known \(end {MS} ms\)")
            self.judge_summary(told, r"1 attempt, 0 successes, 1 failure: 1 resolve \(exit status 3\)")

    def test_failure_that_cannot_be_written(self):
        with machine.name_server(3), open("/dev/full", "wb") as full:
            answer = ask("-a", NAME, PORT, stdout=full)
            self.assertEqual((answer.exit, answer.stderr),
                             (1, b"hailto: cannot write to standard output: No space left on device\n"), answer)

    def test_one_family_is_late(self):
        with machine.name_server({"AAAA": [V6], "A": Late(0.5, [V4])}), \
                Server(says(GREETING), (V4, PORT)), Server(says(GREETING), (V6, PORT)):
            self.assertEqual(self.tells(0, "-a", NAME, PORT).successes, 2)

    def test_never_an_answer(self):
        with machine.name_server({}):
            self.judge_lines(self.tells(3, "-a", "-w", given(0.5), NAME, PORT),
                             rf"resolve: no answer from the name service within {given(0.5)} \(end {MS} ms\)")

    def test_never_an_answer_for_one_family(self):
        """What is known is asked, and what is missing is a failure of its own."""
        reason = rf"resolve: no answer from the name service within {given(0.5)}; IPv4 addresses may be missing"
        with machine.name_server({"AAAA": [V6]}), Server(says(GREETING), (V6, PORT)):
            for options, exit in ([], 3), (["--any"], 0):
                told = self.tells(exit, "-a", *options, "-w", given(0.5), NAME, PORT)
                self.assertRegex(sorted(told.lines)[0], rf"\A1: {shown(V6)}: 14 bytes {TIMES}: Hi from server\Z")
                self.assertRegex(sorted(told.lines)[1], rf"\A2: {reason} \(end {MS} ms\)\Z")
                self.judge_summary(told, r"2 attempts, 1 success, 1 failure: 1 resolve \(exit status 3\)", LATENCIES)

    def test_interrupted(self):
        for number in signal.SIGINT, signal.SIGTERM:
            with self.subTest(number), machine.name_server() as asked, Running("-a", NAME, PORT) as client:
                self.assertTrue(asked.wait(harness.DEADLINE))
                self.judge_summary(self.ends(client, number, exit=1), "0 attempts, 0 successes, 0 failures")


if __name__ == "__main__":
    machine.enter()
    harness.main()
