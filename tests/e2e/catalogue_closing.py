#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""C1 to C9 of the catalogue: who connects hears the whole greeting, whatever it says and whatever is lost.

Runs in a network namespace, so that the kernel's counters tell of our connections alone.
"""
import contextlib
import functools
import os
import re
import signal
import socket
import time
import unittest

from lib import harness, machine
from lib.harness import Daemon, GREETING, kernel_counter, message_file, poll_until, read_all, reset
from lib.naive import NaiveServer
from lib.rows import row, times, within
from lib.servers import Server
from lib.talkers import talk, talk_first

KIB = 1024
MIB = 1024 * KIB
CAP = 16 * MIB

NOTHING, BYTE, MUCH, VERY_MUCH = (b"x" * size for size in (0, 1, 64 * KIB, MIB))
NAMES = {0: "0 B", 1: "1 B", 64 * KIB: "64 KiB", MIB: "1 MiB"}

# A machine that is busy elsewhere must not make a client look idle.
PATIENT = ("-q", "--idle", "5m", "-t", "10m")
LONG_GREETING = r"haild: the greeting has \d+ bytes: hailto prints the first 1024 unless told otherwise"
IGNORING_SIGPIPE = ("sh", "-c", "trap '' PIPE; exec \"$@\"", "sh")


def talk_at_once(server, clients, say, expect):
    """As talk_first(), but nothing holds the server up."""
    return talk(server.port, clients, say, expect)


def half_close_first(server, clients, say, expect):
    """As talk_at_once(), and they half-close before they listen."""
    return talk(server.port, clients, say, expect, half_closes=True)


def each(says, server, clients, expect=GREETING, talks=talk_first):
    """Lets that many clients say each of these. Returns what they heard, by the size of what they said."""
    return {len(say): talks(server, clients, say, expect) for say in says}


def told(outcomes):
    """What each() returns, as a short text."""
    return "; ".join(f"{NAMES[size]}: {heard}" for size, heard in outcomes.items())


def kernel_aborts():
    """How often the kernel reset a connection because input was unread at its close, or came after it.

    Tcp's OutRsts can't tell: on a busy machine a late ACK, too, is reset, when both ends are through.
    """
    return [kernel_counter("netstat", "TcpExt", name) for name in ("TCPAbortOnClose", "TCPAbortOnData")]


class Closing(unittest.TestCase):
    def all_hear(self, says, daemon, clients, expect=GREETING, talks=talk_first):
        """each(), but fails unless all hear all, and haild counts the same."""
        before = daemon.counters()
        outcomes = each(says, daemon, clients, expect, talks)
        self.assertTrue(all(heard.is_perfect for heard in outcomes.values()), told(outcomes))
        after = daemon.wait_counters(open=0)
        everyone = clients * len(says)
        self.assertEqual({name: after[name] - before[name] for name in after}, dict.fromkeys(after, 0) | {
            "accepted": everyone, "greeted": everyone, "bytes_sent": everyone * len(expect),
            "bytes_discarded": clients * sum(map(len, says))})
        return outcomes

    def silent_readers_hear(self, daemon, clients, expect=GREETING):
        """Row C1, which must hold after other rows, too. Returns its score."""
        before = kernel_aborts()
        heard = self.all_hear([NOTHING], daemon, clients, expect, talk_at_once)[0]
        self.assertEqual(kernel_aborts(), before)
        return f"{heard.whole} of {clients} whole, {heard.resets} reset, TCPAbortOnClose +0"

    @row("C1", "silent readers", "all whole, 0 reset, TCPAbortOnClose +0")
    def test_silent_readers(self, score):
        with Daemon(*PATIENT) as daemon:
            score.haild = self.silent_readers_hear(daemon, times(1000, full=10000))

    @row("C2", "1 B or 64 KiB are in the queue with the client", "0 lost, 0 reset, TCPAbortOnClose +0")
    def test_input_in_the_queue(self, score):
        says, few, clients = (BYTE, MUCH), times(100, full=2000, slow=100), times(1000, full=10000)
        before = kernel_aborts()
        with NaiveServer() as server:
            naive = each(says, server, few)
        score.naive = f"{told(naive)}; TCPAbortOnClose +{kernel_aborts()[0] - before[0]}"
        for heard in naive.values():
            self.assertGreater(heard.resets, few / 2)

        before = kernel_aborts()
        with Daemon(*PATIENT) as daemon:
            score.haild = f"{told(self.all_hear(says, daemon, clients))}; TCPAbortOnClose +0"
            self.assertEqual(kernel_aborts(), before)

    @row("C3", "0 B, 1 B or 64 KiB are in the queue; the first data segment to each client is lost",
         "0 lost, 0 reset")
    def test_first_segment_is_lost(self, score):
        says, few, clients = (NOTHING, BYTE, MUCH), times(100, full=2000, slow=100), times(200, full=2000)
        with NaiveServer() as server, machine.first_data_lost(server.port):
            naive = each(says, server, few)
        score.naive = told(naive)
        self.assertGreater(naive[len(BYTE)].lost, few / 2)

        with Daemon(*PATIENT) as daemon, machine.first_data_lost(daemon.port) as dropped:
            score.haild = told(self.all_hear(says, daemon, clients))
            self.assertEqual(dropped(), clients * len(says))

    # Of the naive one's thousand clients that talk, one in twenty meets its loss.
    @row("C4", "0 B, 1 B or 64 KiB are in the queue; 5 % of the data segments are lost at random",
         "0 lost, 0 reset")
    def test_segments_are_lost_at_random(self, score):
        says, few, clients = (NOTHING, BYTE, MUCH), 500, times(200, full=2000)
        with NaiveServer() as server, machine.data_lost(server.port, percent=5):
            naive = each(says, server, few)
        score.naive = told(naive)
        self.assertGreater(naive[len(BYTE)].lost + naive[len(MUCH)].lost, 0)

        with Daemon(*PATIENT) as daemon, machine.data_lost(daemon.port, percent=5):
            outcomes = self.all_hear(says, daemon, clients)
        p99 = max(heard.p99 for heard in outcomes.values())
        score.haild = f"{told(outcomes)}; p99 {1000 * p99:.0f} ms"

    @row("C5", "writers of 1 MiB that give up at the first write error", "0 lost, 0 reset")
    def test_writers_that_give_up(self, score):
        few, clients = times(100, full=2000, slow=100), times(200, full=2000)
        with NaiveServer() as server:
            naive = each([VERY_MUCH], server, few)
        score.naive = told(naive)
        self.assertGreater(naive[len(VERY_MUCH)].lost, few / 2)

        with Daemon(*PATIENT) as daemon:
            score.haild = told(self.all_hear([VERY_MUCH], daemon, clients))

    @row("C6", "endless writers, at line rate or slow",
         "at most 16 MiB + 64 KiB taken, CPU at most 50 ms, cut 0.2 s after -t at the latest", timed=True)
    def test_endless_writers(self, score):
        most, writers = 256 * MIB, times(3, full=20)
        with Server(swallow) as server, harness.connect(server.port) as client:
            self.assertFalse(flood(client, most))
            score.naive = f"a lingering close without bounds: {most // MIB} MiB taken, not cut"

        with Daemon("-v") as daemon:
            used = daemon.cpu_seconds()
            for _ in range(writers):
                with daemon.connect() as client:
                    self.assertEqual(read_all(client), GREETING)
                    self.assertTrue(flood(client, most))
            self.assertEqual(daemon.wait_counters(flooded=writers)["bytes_discarded"], writers * CAP)
            used = (daemon.cpu_seconds() - used) / writers
            lived = lives(daemon, rf"sent too much, 14 bytes sent, {CAP} discarded")
            self.assertEqual(len(lived), writers)
            self.silent_readers_hear(daemon, 3)
        slow = self.slow_writer_lives()
        score.haild = (f"16 MiB taken, {1000 * used:.1f} ms of CPU, cut within {1000 * max(lived):.0f} ms; "
                       f"slow: cut after {slow:.3f} s with -t 1s")
        self.assertLessEqual(used, within(0.05))
        self.assertLessEqual(max(lived), 30 + within(0.2))
        self.assertLessEqual(slow, 1 + within(0.2))

    # Each byte is a sign of life, but -t is the longest in all.
    def slow_writer_lives(self):
        """How many seconds one does with -t 1s that writes a byte now and then."""
        with Daemon("-v", "--idle", "60s", "-t", "1s") as daemon, daemon.connect() as client:
            self.assertEqual(read_all(client), GREETING)

            def is_cut():
                with contextlib.suppress(OSError):
                    client.send(BYTE)
                return lives(daemon, "timed out in linger, .*")

            [lived] = poll_until(is_cut, every=0.1)
            self.assertGreaterEqual(lived, 0.99)
            counters = daemon.counters()
            self.assertEqual(counters["timed_out_linger"], 1)
            self.assertGreater(counters["bytes_discarded"], 2)
            self.silent_readers_hear(daemon, 3)
        return lived

    # The naive one loses what has not left its own end when it closes. With small buffers at the other end
    # that is a lot; else it may be nothing, if the client is quick and the server is not.
    @row("C7", "greetings of 64 KiB and 1 MiB; 1 B or 64 KiB are in the queue; the naive one's clients have small "
         "buffers", "0 lost (truncated), 0 reset")
    def test_long_greetings(self, score):
        says, few, clients = (BYTE, MUCH), times(100, full=500, slow=100), times(200, full=500)
        talk_slowly = functools.partial(talk_first, receive_buffer=4096)
        naive, ours = [], []
        for size in (64 * KIB, MIB):
            message = os.urandom(size)
            with NaiveServer(size=size) as server:
                naive.append(each(says, server, few, b"x" * size, talk_slowly))
            with Daemon(*PATIENT, "-f", message_file(self, message), log=[LONG_GREETING]) as daemon:
                ours.append(self.all_hear(says, daemon, clients, message))
        score.naive, score.haild = ("greeting of 64 KiB ({}), of 1 MiB ({})".format(*map(told, outcomes))
                                    for outcomes in (naive, ours))
        self.assertGreater(sum(heard.lost for heard in naive[1].values()), few)

    # With the long greeting, the end of what they say comes before all of it is out.
    @row("C8", "half-closing clients that say 0 B or 64 KiB; greetings of 14 B and 1 MiB", "0 lost, 0 reset")
    def test_half_closing_clients(self, score):
        says, clients, message = (NOTHING, MUCH), times(200, full=2000), os.urandom(MIB)
        with Daemon(*PATIENT) as daemon:
            short = self.all_hear(says, daemon, clients, GREETING, half_close_first)
        with Daemon(*PATIENT, "-f", message_file(self, message), log=[LONG_GREETING]) as daemon:
            long = self.all_hear(says, daemon, clients, message, half_close_first)
        score.haild = f"greeting of 14 B ({told(short)}), of 1 MiB ({told(long)})"

    @row("C9", "resets in the queue, before reading, amid the greeting, in lingering; started with SIGPIPE "
         "default or ignored", "alive, SIGPIPE ignored, at most 5 log lines/s; then 100 of 100 whole")
    def test_resets(self, score):
        clients = times(50, full=5000)
        score.haild = "; ".join(f"SIGPIPE {name}: {self.outlives_resets(clients, prefix)}"
                                for name, prefix in (("default", ()), ("ignored", IGNORING_SIGPIPE)))

    def outlives_resets(self, clients, prefix):
        """So many at each stage. Returns what to tell of it."""
        message = os.urandom(MIB)
        options = (*PATIENT, "-f", message_file(self, message))
        with Daemon(*options, prefix=prefix, log=[LONG_GREETING]) as daemon:
            self.assertTrue(int(daemon.status("SigIgn"), 16) & 1 << signal.SIGPIPE - 1)
            begin = time.monotonic()
            for come_and_reset in (in_the_queue, before_reading, amid_the_greeting, in_lingering):
                come_and_reset(daemon, clients)
            counters = daemon.wait_counters(open=0)
            # All but our counters and the line about the long greeting.
            lines = len(daemon.log_lines("(?!counters:).*")) - 1
            self.assertLessEqual(lines, 5 * (time.monotonic() - begin))
            self.assertEqual(counters["accepted"], 4 * clients)
            self.assertEqual(counters["reset"] + counters["reset_greeting"], 4 * clients)
            # At least those of the last stage.
            self.assertGreaterEqual(counters["greeted"], clients)
            after = self.silent_readers_hear(daemon, times(100, full=100), message)
        return f"{4 * clients} resets, {lines} log lines, then {after}"


def swallow(connection):
    """The script of a server that lingers, and knows no bound."""
    connection.sendall(GREETING)
    connection.shutdown(socket.SHUT_WR)
    while connection.recv(MIB):
        pass


def flood(client, most):
    """Writes until it is cut, but not more than this. Returns whether it was."""
    try:
        for _ in range(most // MIB):
            client.sendall(VERY_MUCH)
        return False
    except (ConnectionResetError, BrokenPipeError):
        return True


def lives(daemon, end):
    """How many seconds those connections were open that ended so, as the log has it."""
    found = re.findall(rf"^closed: .*: {end}, (\d+) ms$", daemon.whole_log(), re.MULTILINE)
    return [int(milliseconds) / 1000 for milliseconds in found]


def in_the_queue(daemon, clients):
    """Gone before they are accepted: the kernel gives dead sockets, and keeps them in the queue till then."""
    for first in range(0, clients, 100):
        batch = min(100, clients - first)
        with daemon.frozen():
            for _ in range(batch):
                reset(daemon.connect())
        daemon.wait_counters(accepted=first + batch)


def before_reading(daemon, clients):
    for _ in range(clients):
        reset(daemon.connect())


# They have small buffers and small segments, so that the kernel does not take all for them.
def amid_the_greeting(daemon, clients):
    for _ in range(clients):
        client = daemon.connect(receive_buffer=4096, segment=536)
        client.recv(1)
        reset(client)


def in_lingering(daemon, clients):
    for _ in range(clients):
        client = daemon.connect()
        read_all(client)
        reset(client)


if __name__ == "__main__":
    harness.enter_network_namespace()
    harness.main()
