#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""How hailto waits for the rest of a greeting, what it makes of a standstill, and how it leaves a server.

Runs in a network namespace with its own /etc/hosts.
"""
import contextlib
import re
import socket
import subprocess
import threading
import time

from lib import harness, machine
from lib.clients import ClientTest, Running, ask, given, prompt_lookups, together
from lib.distance import FAR, FarServer
from lib.harness import DEADLINE, Daemon, GREETING, kernel_counter, need, poll_until
from lib.rows import FULL, times
from lib.servers import DatagramServer, Server, ignores, resets, says, stays

V4 = "127.0.0.1"
TEXT = GREETING.decode()
# More than the quiet moment of a server that is near; and a time that a frozen client lets pass.
PAUSE, WAIT = 0.4, 1.6
TIME = r"\(\d+\.\d ms\)"
# How many servers may be too slow to be left without a reset.
SLOW = 0 if FULL else 5


def seconds_of(time):
    return float(time[:-2]) / 1000 if time.endswith("ms") else float(time[:-1])


def says_after(event, data, then=says()):
    """A script: sends the bytes once the event is set, and goes on with another script."""
    def script(connection):
        assert event.wait(DEADLINE), "it was never time to speak"
        connection.sendall(data)
        then(connection)
    return script


class Patience(ClientTest):
    """A pause in the middle of a greeting"""

    def test_pause_in_what_is_expected(self):
        with Server(says(b"Hi ", b"from", b" server", pause=PAUSE)) as server:
            together(lambda: self.hears(GREETING, "-E", TEXT, V4, server.port),
                     lambda: self.hears(GREETING, "--expect-prefix", TEXT, V4, server.port))

    def test_pause_after_what_is_expected(self):
        """Then the quiet moment counts again."""
        with Server(says(GREETING, GREETING, pause=4 * PAUSE)) as server:
            together(lambda: self.hears(GREETING, "-E", TEXT, V4, server.port),
                     lambda: self.hears(GREETING, "--expect-prefix", "Hi", V4, server.port))

    def test_more_than_is_expected(self):
        with Server(says(GREETING, b"!", pause=PAUSE / 4)) as server:
            self.fails(8, ".*: expect: .+", "-E", TEXT, V4, server.port, stdout=GREETING + b"!")
            self.hears(GREETING + b"!", "--expect-prefix", TEXT, V4, server.port)

    def test_what_can_no_longer_be_as_expected_is_not_waited_for(self):
        """It is printed whole, as far as it came without a pause."""
        with Server(stays(b"Ho from server")) as server:
            for option in ("-E", "--expect-prefix"):
                answer = self.fails(8, ".*: expect: .+", option, TEXT, V4, server.port, stdout=b"Ho from server")
                self.took(answer, 0.25)

    def test_rest_that_never_comes(self):
        with Server(stays(b"Hi from")) as server:
            def row(*options):
                answer = self.fails(8, ".*: expect: only the beginning of what is expected came", *options, V4,
                                    server.port, stdout=b"Hi from")
                self.took(answer, 1)
            together(lambda: row("-w", given(1), "-E", TEXT),
                     lambda: row("--read-timeout", given(1), "-E", TEXT),
                     lambda: row("-w", given(1), "--expect-prefix", TEXT))

    def test_stream_ends_before_the_rest(self):
        with Server(says(b"Hi from")) as server:
            self.quickly(0.25, lambda: self.fails(8, ".*: expect: .+", "-E", TEXT, V4, server.port,
                                                  stdout=b"Hi from"))

    def test_lost_segment(self):
        """The last one comes again only after two to four round trips."""
        text = bytes(range(256)) * 10
        for round_trip in (0.06, 0.15, 0.3):
            with self.subTest(round_trip=round_trip), FarServer(stays(text), round_trip, lost=[2]) as server:
                answer = ask("-b", "4K", FAR, server.port)
                self.assertEqual((answer.exit, len(answer.stdout), answer.stderr), (0, len(text), b""))

    def test_slow_connect(self):
        """Its answer to the connect takes a second: so the silence must last three."""
        def pauses():
            with Server(says(b"one", b"two", pause=1)) as server, machine.first_packet_lost(server.port):
                self.took(self.hears(b"onetwo", V4, server.port), 3)

        def stays_open():
            with Server(stays(GREETING)) as server, machine.first_packet_lost(server.port):
                answer = ask("-v", V4, server.port)
                self.assertEqual((answer.exit, answer.stdout), (0, GREETING), answer)
                self.assertRegex(answer.stderr, rb"(?m)^read: 14 bytes, then quiet for 3[12]\d\d ms")
                self.took(answer, 4.2)
        together(pauses, stays_open)


class Told(ClientTest):
    """-v tells how the reading ended"""

    def told(self, pattern, script, *options, exit=0):
        with Server(script) as server:
            answer = ask("-v", *options, V4, server.port)
        self.assertEqual(answer.exit, exit, answer)
        self.assertRegex(answer.stderr.decode(), rf"(?m)^read: {pattern} {TIME}$")

    def test_end_of_stream(self):
        self.told("14 bytes, end of stream", says(GREETING))

    def test_quiet(self):
        self.told(r"14 bytes, then quiet for [2-9]\d\d ms", stays(GREETING))

    def test_byte_limit(self):
        self.told("5 bytes, then the limit of -b", stays(GREETING), "-b5")

    def test_more_than_the_byte_limit(self):
        self.told("5 bytes, and more than the limit of -b", stays(b"Hi from"), "-b5", "-E", "Hi fr", exit=8)

    def test_deadline(self):
        time = given(0.5)
        self.told(f"2 bytes, then the deadline of {time}", stays(b"Hi"), "-w", time, "-E", "Hi!", exit=8)
        self.told(f"2 bytes, then the deadline of {time}", stays(b"Hi"), "--read-timeout", time, "-E", "Hi!", exit=8)


class Standstill(ClientTest):
    """Whatever came while hailto was stopped counts, although each of its timers has passed"""

    def stop(self, client, began, seconds, meanwhile):
        """Stops it, and lets it go on when `meanwhile()` is done and so many seconds have passed in all."""
        with client.frozen():
            meanwhile()
            poll_until(lambda: time.monotonic() - began > seconds)

    def stopped_while_it_reads(self, *options, heard=GREETING, then=says()):
        go = threading.Event()
        with Server(says_after(go, GREETING, then)) as server:
            began = time.monotonic()
            with Running(*options, V4, server.port) as client:
                server.wait_opened()
                client.wait_asleep()
                self.stop(client, began, seconds_of(given(WAIT)) + 0.5, go.set)
                answer = client.end()
        self.assertEqual((answer.exit, answer.stdout, answer.stderr), (0, heard, b""), answer)

    def test_reading(self):
        time = given(WAIT)
        together(lambda: self.stopped_while_it_reads("-w", time),
                 lambda: self.stopped_while_it_reads("--read-timeout", time),
                 lambda: self.stopped_while_it_reads("-w", time, "--read-timeout", time, then=stays()),
                 lambda: self.stopped_while_it_reads("-w", time, "-E", TEXT, then=stays()),
                 lambda: self.stopped_while_it_reads("-w", time, "-b", "2", heard=b"Hi"))

    def test_reset_meanwhile(self):
        go = threading.Event()
        with Server(resets(GREETING, go)) as server:
            began = time.monotonic()
            with Running("-w", given(WAIT), V4, server.port) as client:
                server.wait_opened()
                client.wait_asleep()
                self.stop(client, began, seconds_of(given(WAIT)) + 0.5, go.set)
                self.judge_failure(client.end(), 6, ".*: read: Connection reset by peer.*", GREETING)

    def test_nothing_came_meanwhile(self):
        limit = given(WAIT)
        with Server(stays()) as server:
            began = time.monotonic()
            with Running("-w", limit, V4, server.port) as client:
                server.wait_opened()
                client.wait_asleep()
                self.stop(client, began, seconds_of(limit) + 0.5, lambda: None)
                self.judge_failure(client.end(), 7, f".*: read: connected, but no greeting within {limit}")

    def stopped_while_it_resolves(self, script):
        """The answer comes to a thread, while hailto is stopped; returns the answer and the time that was given."""
        limit = given(WAIT)
        late = {"A": machine.Late(0.4, [V4]), "AAAA": []}
        with Server(script, (V4, 4242)), machine.name_server(late) as asked:
            began = time.monotonic()
            with Running("-w", limit, "server.example", 4242) as client:
                assert asked.wait(DEADLINE)
                client.wait_asleep()
                self.stop(client, began, seconds_of(limit) + 0.5, lambda: None)
                return client.end(), limit

    def test_resolving(self):
        answer, _ = self.stopped_while_it_resolves(says(GREETING))
        self.assertEqual((answer.exit, answer.stdout, answer.stderr), (0, GREETING, b""), answer)

    @prompt_lookups
    def test_server_that_had_no_time_is_not_blamed(self):
        answer, limit = self.stopped_while_it_resolves(stays())
        self.judge_failure(answer, 1, rf".*: read: nothing of the {limit} was left \(hailto was stopped, or .*\)")

    def stopped_while_it_connects(self, server, *options, heard=GREETING):
        """The kernel connects, at its second try, while hailto is stopped."""
        began = time.monotonic()
        with Running(*options, V4, server.port) as client:
            poll_until(lambda: machine.connecting(V4))
            self.stop(client, began, seconds_of(given(WAIT)) + 0.5, server.wait_opened)
            answer = client.end()
        self.assertEqual((answer.exit, answer.stdout, answer.stderr), (0, heard, b""), answer)

    def test_connecting(self):
        limit = given(WAIT)
        with Server(stays(GREETING)) as server, machine.first_packet_lost(server.port):
            together(lambda: self.stopped_while_it_connects(server, "-w", limit),
                     lambda: self.stopped_while_it_connects(server, "--connect-timeout", limit),
                     lambda: self.stopped_while_it_connects(server, "-z", "-w", limit, heard=b""))

    def stopped_while_it_asks(self, *options, host=V4, addresses=(V4,)):
        """The first server answers while hailto is stopped; returns how many were asked in all."""
        asked, go = threading.Event(), threading.Event()

        def script(server, number, peer):
            asked.set()
            assert go.wait(DEADLINE)
            server.say(GREETING, peer)
        with contextlib.ExitStack() as stack:
            first = stack.enter_context(DatagramServer(script, (addresses[0], 0)))
            others = [stack.enter_context(DatagramServer(ignores, (address, first.port))) for address in addresses[1:]]
            began = time.monotonic()
            with Running("-u", *options, host, first.port) as client:
                assert asked.wait(DEADLINE)
                client.wait_asleep()
                self.stop(client, began, seconds_of(given(WAIT)) + 0.5, go.set)
                answer = client.end()
                self.assertEqual((answer.exit, answer.stdout, answer.stderr), (0, GREETING, b""), answer)
        return len(first.requests) + sum(len(other.requests) for other in others)

    def test_asking(self):
        together(lambda: self.stopped_while_it_asks("-w", given(WAIT)),
                 lambda: self.stopped_while_it_asks("--read-timeout", given(WAIT)))

    def test_who_has_answered_is_not_asked_again(self):
        self.assertEqual(self.stopped_while_it_asks(), 1)


class Leaving(ClientTest):
    """hailto leaves no reset, where a server that hears its end soon closes"""

    def leaves_no_reset(self, attempt):
        """Not in any attempt; but a busy machine can make a server slow."""
        before = kernel_counter("snmp", "Tcp", "OutRsts")
        for _ in range(times(20, full=60)):
            attempt()
        self.assertLessEqual(kernel_counter("snmp", "Tcp", "OutRsts") - before, SLOW)

    def test_connecting_only_to_haild(self):
        with Daemon() as daemon:
            self.leaves_no_reset(lambda: self.hears(b"", "-z", V4, daemon.port))
            daemon.wait_counters(open=0)
            self.assertLessEqual(daemon.counters()["reset"], SLOW)

    def test_connecting_only_to_a_banner(self):
        with Server(stays(b"220 ready\r\n")) as server:
            self.leaves_no_reset(lambda: self.hears(b"", "-z", V4, server.port))

    def test_connecting_only_to_nc(self):
        need("nc.openbsd")

        def attempt():
            process = harness.start(["nc.openbsd", "-n", "-v", "-l", V4, "0"], stdin=subprocess.PIPE,
                                    stderr=subprocess.PIPE)
            with process.stdin as stdin, process.stderr as stderr:
                stdin.write(GREETING)
                stdin.flush()
                port = re.search(rb" (\d+)$", stderr.readline().strip())[1].decode()
                self.hears(b"", "-z", V4, port)
            self.assertEqual(process.wait(DEADLINE), 0)
        self.leaves_no_reset(attempt)

    def test_server_that_never_closes_is_not_waited_for(self):
        with contextlib.closing(socket.create_server((V4, 0))) as listening:
            port = listening.getsockname()[1]
            self.quickly(0.1, lambda: self.hears(b"", "-z", V4, port))

    def test_rest_beyond_the_byte_limit(self):
        with Daemon() as daemon:
            self.leaves_no_reset(lambda: self.hears(b"H", "-b", "1", V4, daemon.port))


if __name__ == "__main__":
    machine.enter()
    harness.main()
