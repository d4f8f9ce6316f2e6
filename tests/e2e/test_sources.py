#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""How often clients of one source may come to haild, and how many at a time; and clients that proxies pass on.

Runs in a network namespace of its own, which has more addresses.
"""
import contextlib
import signal
import time
import unittest

from lib import harness, machine
from lib.harness import (
    Daemon, GREETING, connect, connect_unix, has_heard, poll_until, read_all, reset, run, temporary_directory)
from lib.naive import NaiveAnswerer
from lib.visitors import DISTRUSTED, NOT_LET_IN, asker, header, hear, visitor

NOTHING = b""
HERE = ("-l", "127.0.0.1")
FULL = r"1 open, the most allowed; other connections wait in the queue"
# No test waits until such a rate allows one more.
ONE_A_DAY, THREE_A_DAY = "1/86400s", "3/86400s"
# What comes at once at most is so many times the rate.
BURST = 2


class Host(Daemon):
    """A haild that may refuse clients, and has patience with the others, some of which stay to its end."""

    def __init__(self, *options, log=(), **more):
        super().__init__("--idle", "10m", "-t", "10m", *options, log=[NOT_LET_IN, *log], **more)
        self._stay = []

    def keeps(self, source):
        """Connects a client that has its greeting and stays; returns it."""
        client = visitor(self.port, source)
        self._stay.append(client)
        heard = read_all(client)
        assert heard == GREETING, heard
        return client

    def __exit__(self, *problem):
        for client in self._stay:
            client.close()
        super().__exit__(*problem)


class AtATime(unittest.TestCase):
    def test_third_is_refused_while_two_stay(self):
        with Host(*HERE, "--max-per-source", 2) as server:
            first, _ = (server.keeps("127.0.0.1") for _ in range(2))
            for _ in range(3):
                self.assertEqual(hear(server.port, "127.0.0.1"), NOTHING)
            self.assertEqual(hear(server.port, "127.0.0.2"), GREETING)
            counters = server.counters()
            self.assertEqual((counters["accepted"], counters["greeted"], counters["too_many"]), (6, 3, 3))
            server.wait_log(r"^127\.0\.0\.1:\d+: not let in: too many connections from there "
                            r"\(see --max-per-source\) ")
            first.close()
            server.wait_counters(open=1)
            self.assertEqual(hear(server.port, "127.0.0.1"), GREETING)

    # haild looks up to 40 ms later whether a client has closed.
    def test_one_after_the_other(self):
        with Host(*HERE, "--max-per-source", 1) as server:
            for _ in range(50):
                self.assertEqual(hear(server.port, "127.0.0.1"), GREETING)
            self.assertEqual(server.counters()["too_many"], 0)

    def test_one_after_the_other_beside_one_that_has_too_many(self):
        """What a stranger is refused is nobody else's loss."""
        with Host(*HERE, "--max-per-source", 1) as server:
            server.keeps("127.0.0.2")
            for pause in 0, 0.005, 0.03:
                for _ in range(50):
                    # Both are in the queue when haild looks there.
                    with server.frozen():
                        stranger, client = (visitor(server.port, source) for source in ("127.0.0.2", "127.0.0.1"))
                    with stranger, client:
                        self.assertEqual(read_all(client), GREETING)
                        self.assertEqual(read_all(stranger), NOTHING)
                    poll_until(lambda end=time.monotonic() + pause: time.monotonic() > end, every=0.001)
            self.assertEqual(server.counters()["too_many"], 150)

    # Whatever the end is, the place is free again, and is not counted twice.
    def test_each_end_gives_the_place_back(self):
        endings = {
            "done": lambda client: read_all(client),
            "reset": lambda client: (read_all(client), reset(client)),
            "talks first": lambda client: (client.sendall(b"x" * 100000), read_all(client)),
            "leaves at once": lambda client: None,
        }
        with Host(*HERE, "--max-per-source", 1) as server:
            for end in endings.values():
                for _ in range(5):
                    with visitor(server.port, "127.0.0.1") as client:
                        end(client)
                    server.wait_counters(open=0)
            server.keeps("127.0.0.1")
            self.assertEqual(hear(server.port, "127.0.0.1"), NOTHING)

    def test_evicted_client_gives_its_place_back(self):
        with Host(*HERE, "--max-per-source", 1, "-c", 1, log=[FULL]) as server:
            server.keeps("127.0.0.1")
            self.assertEqual(hear(server.port, "127.0.0.2"), GREETING)
            server.wait_counters(open=0, evicted=1)
            self.assertEqual(hear(server.port, "127.0.0.1"), GREETING)

    def test_words_do_not_count(self):
        with Host(*HERE, "--max-per-source", 1, "--refusal", "one only\n") as server:
            stays = server.keeps("127.0.0.1")
            with visitor(server.port, "127.0.0.1") as refused:
                self.assertEqual(read_all(refused), b"one only\n")
                stays.close()
                server.wait_counters(open=1)
                self.assertEqual(hear(server.port, "127.0.0.1"), GREETING)

    def test_unix_clients_are_no_source(self):
        path = temporary_directory(self) / "socket"
        with Host("-l", f"unix:{path}", "--max-per-source", 1, "--rate-per-source", ONE_A_DAY, port=None) as server, \
                contextlib.ExitStack() as stack:
            for _ in range(10):
                self.assertEqual(read_all(stack.enter_context(connect_unix(path))), GREETING)
            self.assertEqual(server.counters()["open"], 10)

    def test_a_stop_waits_for_them(self):
        with Host(*HERE, "--max-per-source", 2, "--drain", "10m") as server:
            stays = server.keeps("127.0.0.1")
            server.signal(signal.SIGTERM)
            server.wait_log("stopping: waiting for 1 connection")
            stays.close()
            self.assertEqual(server.wait(), 0)

    def test_a_stop_cuts_them(self):
        with Host(*HERE, "--max-per-source", 2, "--drain", "0") as server:
            server.keeps("127.0.0.1")
            server.signal(signal.SIGTERM)
            self.assertEqual(server.wait(), 0)

    # Who comes while haild stands still is judged at the stop.
    def test_queued_clients_are_judged_at_a_stop(self):
        with Host(*HERE, "--max-per-source", 2) as server:
            with server.frozen():
                clients = [self.enterContext(visitor(server.port, "127.0.0.1")) for _ in range(5)]
                server.signal(signal.SIGTERM)
            self.assertEqual(sorted(map(read_all, clients)), [NOTHING] * 3 + [GREETING] * 2)
            for client in clients:
                client.close()
            self.assertEqual(server.wait(), 0)


class Prefixes(unittest.TestCase):
    def test_ipv4(self):
        with Host(*HERE, "--max-per-source", 1, "--source-prefix", "24:48") as server:
            server.keeps("127.0.0.1")
            self.assertEqual(hear(server.port, "127.0.0.99"), NOTHING)
            self.assertEqual(hear(server.port, "127.0.1.1"), GREETING)

    def test_ipv6(self):
        for address in "2001:db8:1::1", "2001:db8:1:2::1", "2001:db8:2::1":
            machine.own(self, address)
        with Host("-l", "::1", "--max-per-source", 1, "--source-prefix", "24:48") as server:
            server.keeps("2001:db8:1::1")
            self.assertEqual(hear(server.port, "2001:db8:1:2::1"), NOTHING)
            self.assertEqual(hear(server.port, "2001:db8:2::1"), GREETING)

    # By default an IPv6 source is a /64: each client has as many addresses as it likes.
    def test_default(self):
        for address in "2001:db8:1::1", "2001:db8:1::2", "2001:db8:1:2::1":
            machine.own(self, address)
        with Host("-l", "::1", "-l", "127.0.0.1", "--max-per-source", 1) as server:
            port, port_v4 = server.ports
            server.keeps("2001:db8:1::1")
            self.assertEqual(hear(port, "2001:db8:1::2"), NOTHING)
            self.assertEqual(hear(port, "2001:db8:1:2::1"), GREETING)
            with visitor(port_v4, "127.0.0.1") as stays:
                self.assertEqual(read_all(stays), GREETING)
                self.assertEqual(hear(port_v4, "127.0.0.2"), GREETING)


class Rate(unittest.TestCase):
    def test_rate(self):
        with Host(*HERE, "--rate-per-source", THREE_A_DAY) as server:
            heard = [hear(server.port, "127.0.0.1") for _ in range(10)]
            self.assertEqual(heard, [GREETING] * 3 * BURST + [NOTHING] * (10 - 3 * BURST))
            self.assertEqual(hear(server.port, "127.0.0.2"), GREETING)
            self.assertEqual(server.counters()["too_often"], 10 - 3 * BURST)
            server.wait_log(r"^127\.0\.0\.1:\d+: not let in: too often from there \(see --rate-per-source\) ")

    def test_comes_back(self):
        with Host(*HERE, "--rate-per-source", "1/100ms") as server:
            poll_until(lambda: hear(server.port, "127.0.0.1") == NOTHING, every=0)
            poll_until(lambda: hear(server.port, "127.0.0.1") == GREETING)

    # Who has too many open has come all the same; a look for closed clients does not count it twice.
    def test_with_too_many(self):
        with Host(*HERE, "--rate-per-source", THREE_A_DAY, "--max-per-source", 1) as server:
            server.keeps("127.0.0.1")
            for _ in range(10):
                self.assertEqual(hear(server.port, "127.0.0.1"), NOTHING)
            counters = server.counters()
            self.assertEqual((counters["too_many"], counters["too_often"]), (5, 5))

    def test_denied_come_first(self):
        with Host(*HERE, "--rate-per-source", ONE_A_DAY, "--deny", "127.0.0.2") as server:
            for _ in range(5):
                self.assertEqual(hear(server.port, "127.0.0.2"), NOTHING)
            counters = server.counters()
            self.assertEqual((counters["denied"], counters["too_often"]), (5, 0))


class Proxied(unittest.TestCase):
    def passes_on(self, server, client, source="127.0.0.1"):
        """What a client hears that a proxy there passes on."""
        return hear(server.proxy_port, source, header(client))

    def test_the_real_client_is_judged(self):
        with Host("--proxy-listen", "127.0.0.1:0", "--deny", "192.0.2.0/24", "--deny", "2001:db8::/32",
                    "--refusal", "no\n", port=None) as server:
            self.assertEqual(self.passes_on(server, "198.51.100.1"), GREETING)
            self.assertEqual(self.passes_on(server, "192.0.2.1"), b"no\n")
            self.assertEqual(self.passes_on(server, "2001:db8::7"), b"no\n")
            server.wait_log(r"^192\.0\.2\.1:4242: not let in: denied ")
            counters = server.wait_counters(open=0)
            self.assertEqual((counters["proxied"], counters["greeted"], counters["denied"]), (3, 1, 2))

    # Otherwise a balancer would take its servers for dead.
    def test_its_own_connections_are_not(self):
        with Host("--proxy-listen", "127.0.0.1:0", "--allow", "192.0.2.1", "--max-per-source", 1,
                    "--rate-per-source", ONE_A_DAY, port=None) as server:
            for _ in range(5):
                self.assertEqual(self.passes_on(server, None), GREETING)
            self.assertEqual(self.passes_on(server, "192.0.2.1"), GREETING)
            self.assertEqual(server.wait_counters(open=0)["proxied_local"], 5)

    def test_clients_of_one_proxy_are_sources_of_their_own(self):
        with Host("--proxy-listen", "127.0.0.1:0", "--max-per-source", 1, port=None) as server, \
                connect(server.proxy_port) as first, connect(server.proxy_port) as second:
            for client, name in (first, "192.0.2.1"), (second, "192.0.2.2"):
                client.sendall(header(name))
                self.assertEqual(read_all(client), GREETING)
            self.refused(server, "192.0.2.1")
            first.close()
            server.wait_counters(open=1)
            self.assertEqual(self.passes_on(server, "192.0.2.1"), GREETING)

    def refused(self, server, client):
        """One that a proxy passes on must hear nothing; a reset tells the proxy that nobody was served."""
        before = server.counters()["too_many"]
        with contextlib.suppress(ConnectionResetError):
            self.assertEqual(self.passes_on(server, client), NOTHING)
        server.wait_counters(too_many=before + 1)

    def test_distrusted_proxy_is_closed(self):
        with Host("--proxy-listen", "127.0.0.1:0", "--proxy-from", "127.0.0.2", port=None,
                    log=[DISTRUSTED]) as server:
            self.assertEqual(self.passes_on(server, "192.0.2.1", "127.0.0.2"), GREETING)
            for _ in range(3):
                with self.assertRaises((ConnectionResetError, BrokenPipeError)):
                    self.passes_on(server, "192.0.2.1", "127.0.0.1")
            self.assertEqual(server.counters()["distrusted"], 3)
            self.assertEqual(len(server.log_lines(DISTRUSTED)), 1)

    def test_plain_clients_are_judged_as_such(self):
        with Host(*HERE, "--proxy-listen", "127.0.0.1:0", "--deny", "127.0.0.1") as server:
            self.assertEqual(hear(server.port, "127.0.0.1"), NOTHING)
            self.assertEqual(self.passes_on(server, "192.0.2.1"), GREETING)


class Datagrams(unittest.TestCase):
    def read_answers(self, client):
        """Reads what has come; returns how many answers that were."""
        answers = 0
        while has_heard(client):
            self.assertEqual(client.recv(1 << 16), GREETING)
            answers += 1
        return answers

    def ask(self, server, source, times):
        """Sends so many datagrams from there, and waits until haild has seen them; returns how many were answered."""
        before = server.counters()
        with asker(server.port, source) as client:
            answers = 0
            for sent in range(1, times + 1):
                client.send(bytes(100))
                if sent % 50 == 0 or sent == times:  # or the kernel may lose some
                    now = server.wait_counters(datagrams=before["datagrams"] + sent)
                    answers += self.read_answers(client)
        self.assertEqual(now["datagrams_answered"] - before["datagrams_answered"], answers)
        self.assertEqual(now["datagrams_too_often"] - before["datagrams_too_often"], times - answers)
        return answers

    def test_rate_of_connections_holds_for_datagrams(self):
        with Host(*HERE, "-u", "--rate-per-source", THREE_A_DAY) as server:
            self.assertEqual(self.ask(server, "127.0.0.1", 20), 3 * BURST)
            self.assertEqual(self.ask(server, "127.0.0.2", 2), 2)
            # Each kind has an account of its own.
            self.assertEqual(hear(server.port, "127.0.0.1"), GREETING)

    # By default it is 100/1s. haild stands still while they come, so all come at once; some more may be answered
    # while it reads them.
    def test_default(self):
        with Host(*HERE, "-u") as server, asker(server.port, "127.0.0.1") as client:
            with server.frozen():
                for _ in range(230):
                    client.send(bytes(20))
                began = time.monotonic()
            counters = server.wait_counters(datagrams=230)
            seconds = time.monotonic() - began
            self.assertGreaterEqual(counters["datagrams_answered"], 100 * BURST)
            self.assertLessEqual(counters["datagrams_answered"], 100 * (BURST + seconds) + 1)
            self.assertEqual(counters["datagrams_too_often"], 230 - counters["datagrams_answered"])
            self.assertEqual(counters["too_often"], 0)

    def test_zero_is_no_limit(self):
        with Host(*HERE, "-u", "--rate-per-source", 0) as server:
            self.assertEqual(self.ask(server, "127.0.0.1", 500), 500)
            for _ in range(10):
                self.assertEqual(hear(server.port, "127.0.0.1"), GREETING)

    # What answers whatever it is sent, at greater length, would be answered for ever (CVE-2024-2169).
    def test_an_answerer_is_answered_at_the_rate_only(self):
        with Host(*HERE, "-u", "--rate-per-source", THREE_A_DAY) as server, \
                NaiveAnswerer(100) as first, NaiveAnswerer(100, "127.0.0.2") as second:
            for source, answerer in ("127.0.0.1", first), ("127.0.0.2", second):
                machine.spoof((source, answerer.port), ("127.0.0.1", server.port), bytes(100))
            counters = server.wait_counters(datagrams_answered=2 * 3 * BURST, datagrams_too_often=2)
            self.assertEqual(counters["datagrams"], 2 * 3 * BURST + 2)


if __name__ == "__main__":
    machine.enter()
    harness.main()
