#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""How haild ends: who is connected or waits is served whole, the exit code is 0. Rows L1-L3 have the rest."""
import contextlib
import os
import signal
import socket
import threading
import time
import unittest

from lib import harness
from lib.crowd import linger
from lib.harness import Daemon, GREETING, connect_unix, poll_until, read_all, temporary_directory


def wait_refused(daemon):
    """Waits until nobody can connect any more."""
    def is_refused():
        try:
            daemon.connect().close()
        except ConnectionRefusedError:
            return True
        except ConnectionResetError:
            return False  # the socket was closed just as the handshake ended
    poll_until(is_refused)


class Stop(unittest.TestCase):
    def test_waits_for_50_that_linger(self):
        with Daemon("--drain", "60s", "--idle", "60s", "-t", "60s") as daemon, contextlib.ExitStack() as stack:
            clients = linger(daemon, 50, stack)
            daemon.signal(signal.SIGTERM)
            daemon.wait_log("^stopping: waiting for 50 connections$")
            for client in clients[1:]:
                client.close()
            daemon.wait_counters(open=1)
            self.assertTrue(daemon.is_running())
            clients[0].close()
            self.assertEqual(daemon.wait(), 0)

    # With room for one, those who go on coming to one address take it from nobody who waits at the other.
    def test_who_waits_is_greeted_beside_a_flood(self):
        full = "1 open, the most allowed; other connections wait in the queue"
        with Daemon("-l", "127.0.0.1", "-l", "127.0.0.2", "-c", 1, "--drain", "60s", log=[full]) as daemon, \
                contextlib.ExitStack() as stack:
            places = [(address.rpartition(":")[0], port) for address, port in zip(daemon.addresses, daemon.ports)]
            over = threading.Event()
            stack.callback(over.set)

            def flood(place):
                while not over.is_set():
                    with contextlib.suppress(OSError), socket.create_connection(place, harness.DEADLINE) as client:
                        read_all(client)
            crowds = [threading.Thread(target=flood, args=(place,)) for place in places[1:] for _ in range(8)]
            for one in crowds:
                one.start()
            waiting = [stack.enter_context(socket.create_connection(places[0], harness.DEADLINE)) for _ in range(3)]
            daemon.signal(signal.SIGTERM)
            self.assertEqual([read_all(client) for client in waiting], [GREETING] * 3)
            over.set()
            for one in crowds:
                one.join(harness.DEADLINE)
            for client in waiting:
                client.close()
            self.assertEqual(daemon.wait(), 0)

    def test_drain_time_is_the_longest(self):
        with Daemon("-v", "--drain", "300ms", "--idle", "60s", "-t", "60s") as daemon, \
                contextlib.ExitStack() as stack:
            linger(daemon, 50, stack)
            began = time.monotonic()
            self.assertEqual(daemon.stop(), 0)
            self.assertGreaterEqual(time.monotonic() - began, 0.29)
            daemon.wait_log("^stopping: closing 50 connections that did not end in time$")
            self.assertEqual(len(daemon.log_lines("closed: .*: stopped, 14 bytes sent, .*")), 50)

    # On a busy machine one may take longer, but not each.
    def test_drain_of_0_does_not_wait(self):
        def seconds():
            with Daemon("--drain", "0", "--idle", "60s", "-t", "60s") as daemon, contextlib.ExitStack() as stack:
                linger(daemon, 5, stack)
                began = time.monotonic()
                self.assertEqual(daemon.stop(), 0)
                return time.monotonic() - began
        limit = 30 if harness.WRAPPER or harness.is_sanitized() else 0.3
        self.assertTrue(any(seconds() < limit for _ in range(20)))

    # Who has closed is not waited for, also if haild has not yet looked. On a busy machine it may have.
    def test_who_has_just_closed_is_not_waited_for(self):
        def waits():
            with Daemon("--idle", "60s", "-t", "60s") as daemon:
                with daemon.connect() as client:
                    self.assertEqual(read_all(client), GREETING)
                    os.kill(daemon.pid, signal.SIGSTOP)
                daemon.signal(signal.SIGTERM)
                daemon.signal(signal.SIGCONT)
                self.assertEqual(daemon.wait(), 0)
                return daemon.log_lines("stopping: .*")
        self.assertTrue(any(not waits() for _ in range(20)))

    # The last of them come when haild cleans up, and its signals are its own no more.
    def test_signals_to_the_end(self):
        for _ in range(20):
            with Daemon(descriptors=False, log=["nothing to read again: .*"]) as daemon:
                while daemon.process.poll() is None:
                    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1, signal.SIGHUP) * 20:
                        os.kill(daemon.pid, number)
                self.assertEqual(daemon.process.returncode, 0)

    # Their hands are shaken by the kernel: they must not be left with nothing. They are more than haild
    # accepts before it looks at its signals.
    def test_who_waits_in_the_queue_is_greeted(self):
        path = temporary_directory(self) / "socket"
        with Daemon("-l", "localhost", "-l", f"unix:{path}") as daemon, contextlib.ExitStack() as stack:
            with daemon.frozen():
                clients = [stack.enter_context(harness.connect(daemon.port, host))
                           for host in ("127.0.0.1", "::1") * 100]
                clients += [stack.enter_context(connect_unix(path)) for _ in range(100)]
                daemon.signal(signal.SIGTERM)
            for client in clients:
                self.assertEqual(read_all(client), GREETING)
                client.close()
            self.assertEqual(daemon.wait(), 0)
            self.assertEqual(len(daemon.log_lines("connected: .*")), 300)

    # One lingers in the only slot, one waits. TERM comes about when the first may make room for the second,
    # a little earlier or later for each of the daemons.
    def test_who_waits_for_the_only_slot_is_greeted(self):
        log = [r"1 open, the most allowed; other connections wait in the queue"]
        with contextlib.ExitStack() as stack:
            daemons = [stack.enter_context(Daemon("-c", "1", log=log)) for _ in range(20)]
            clients = []
            for daemon in daemons:
                first = stack.enter_context(daemon.connect())
                self.assertEqual(read_all(first), GREETING)
                may_end = time.monotonic() + 1.0
                clients.append((daemon, may_end, first, stack.enter_context(daemon.connect())))
            for i, (daemon, may_end, _, _) in enumerate(clients):
                poll_until(lambda: time.monotonic() >= may_end + i / 2000, every=0.0002)
                daemon.signal(signal.SIGTERM)
            for daemon, _, first, second in clients:
                self.assertEqual(read_all(second), GREETING)
                first.close()
                second.close()
                self.assertEqual(daemon.wait(), 0)


class LameDuck(unittest.TestCase):
    def test_greets_on_for_its_time(self):
        with Daemon("--lame-duck", "1.5s", "-u", log=[r"5 bytes from .* not answered: .*"]) as daemon:
            began = time.monotonic()
            daemon.signal(signal.SIGTERM)
            daemon.wait_log(r"^lame duck for 1500ms: new clients are still greeted; another TERM or INT begins the drain$")
            if time.monotonic() - began < 0.5:
                self.assertEqual(daemon.greeting(), GREETING)
                self.assertEqual(daemon.answer(bytes(512)), GREETING)
                self.assertTrue(daemon.is_running())
            self.assertEqual(daemon.wait(), 0)
            self.assertGreaterEqual(time.monotonic() - began, 1.4)
            self.assertEqual(len(daemon.log_lines("lame duck .*")), 1)

    # The first signal begins the lame duck, the second the drain, the third the end.
    def test_three_signals(self):
        with Daemon("--lame-duck", "600", "--drain", "600", "--idle", "600", "-t", "600") as daemon, \
                contextlib.ExitStack() as stack:
            daemon.signal(signal.SIGINT)
            daemon.wait_log(r"^lame duck for 600s: ")
            linger(daemon, 5, stack)
            daemon.signal(signal.SIGTERM)
            daemon.wait_log("^stopping: waiting for 5 connections$")
            wait_refused(daemon)
            self.assertTrue(daemon.is_running())
            daemon.signal(signal.SIGTERM)
            self.assertEqual(daemon.wait(), 0)
            self.assertEqual(len(daemon.log_lines("lame duck .*")), 1)

    # When its time is over the drain begins, with its own time, and who is there is served to the end.
    def test_drain_follows(self):
        with Daemon("--lame-duck", "200ms", "--drain", "600", "--idle", "600", "-t", "600") as daemon, \
                contextlib.ExitStack() as stack:
            clients = linger(daemon, 5, stack)
            daemon.signal(signal.SIGTERM)
            daemon.wait_log("^stopping: waiting for 5 connections$")
            for client in clients:
                client.close()
            self.assertEqual(daemon.wait(), 0)

    def test_reload_in_it(self):
        with Daemon("--lame-duck", "600", log=["nothing to read again: .*"]) as daemon:
            daemon.signal(signal.SIGTERM)
            daemon.wait_log("^lame duck ")
            daemon.signal(signal.SIGHUP)
            daemon.wait_log("^nothing to read again")
            self.assertEqual(daemon.greeting(), GREETING)
            self.assertEqual(daemon.stop(), 0)

    # Nobody can come any more, so there is nothing to be a lame duck for.
    def test_none_after_the_count(self):
        with Daemon("-n", "1", "--lame-duck", "600", "--idle", "600", "-t", "600") as daemon:
            with daemon.connect() as client:
                self.assertEqual(read_all(client), GREETING)
                wait_refused(daemon)
                daemon.signal(signal.SIGTERM)
                daemon.wait_log("^stopping: waiting for 1 connection$")
            self.assertEqual(daemon.wait(), 0)
            self.assertEqual(daemon.log_lines("lame duck .*"), [])

    def test_count_is_reached_in_it(self):
        with Daemon("-n", "2", "--lame-duck", "600") as daemon:
            self.assertEqual(daemon.greeting(), GREETING)
            daemon.signal(signal.SIGTERM)
            daemon.wait_log("^lame duck ")
            self.assertEqual(daemon.greeting(), GREETING)
            self.assertEqual(daemon.wait(), 0)


class Count(unittest.TestCase):
    def test_1_is_the_one_shot_server(self):
        with Daemon("-n", "1") as daemon:
            self.assertEqual(daemon.greeting(), GREETING)
            self.assertEqual(daemon.wait(), 0)
            self.assertEqual(len(daemon.log_lines("connected: .*")), 1)

    def test_1_waits_for_its_client(self):
        with Daemon("-n", "1", "--idle", "60s", "-t", "60s") as daemon:
            with daemon.connect() as client:
                self.assertEqual(read_all(client), GREETING)
                wait_refused(daemon)
                self.assertEqual(daemon.counters()["open"], 1)
            self.assertEqual(daemon.wait(), 0)

    def test_3_of_many_that_wait(self):
        with Daemon("-n", "3") as daemon, contextlib.ExitStack() as stack:
            with daemon.frozen():
                clients = [stack.enter_context(daemon.connect()) for _ in range(20)]
            heard = []
            for client in clients:
                with contextlib.suppress(ConnectionResetError):
                    heard.append(read_all(client))
                client.close()
            self.assertEqual(heard, [GREETING] * 3)
            self.assertEqual(daemon.wait(), 0)
            self.assertEqual(len(daemon.log_lines("connected: .*")), 3)

    def test_3_over_all_sockets(self):
        path = temporary_directory(self) / "socket"
        with Daemon("-l", "localhost", "-l", f"unix:{path}", "-n", "3") as daemon:
            for client in (harness.connect(daemon.port), harness.connect(daemon.port, "::1"), connect_unix(path)):
                with client:
                    self.assertEqual(read_all(client), GREETING)
            self.assertEqual(daemon.wait(), 0)

    def test_0_never_ends(self):
        with Daemon("-n", "0") as daemon:
            for _ in range(5):
                self.assertEqual(daemon.greeting(), GREETING)
            self.assertTrue(daemon.is_running())


if __name__ == "__main__":
    harness.main()
