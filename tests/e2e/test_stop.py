#!/usr/bin/env python3
"""How haild ends: who is connected or waits is served whole, nobody new is let in, the exit code is 0."""
import contextlib
import signal
import time
import unittest

from lib import harness
from lib.harness import Daemon, GREETING, connect_unix, poll_until, read_all, temporary_directory


class Stop(unittest.TestCase):
    def linger(self, daemon, clients, stack):
        """Connects clients that have had their greeting and stay."""
        sockets = [stack.enter_context(daemon.connect()) for _ in range(clients)]
        for client in sockets:
            self.assertEqual(read_all(client), GREETING)
        daemon.wait_counters(open=clients)
        return sockets

    def test_idle(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(signal=number), Daemon("--drain", "60s") as daemon:
                daemon.signal(number)
                self.assertEqual(daemon.wait(), 0)
                self.assertEqual(daemon.log_lines("stopping.*"), [])

    def test_waits_for_50_that_linger(self):
        with Daemon("--drain", "60s", "--idle", "60s", "-t", "60s") as daemon, contextlib.ExitStack() as stack:
            clients = self.linger(daemon, 50, stack)
            daemon.signal(signal.SIGTERM)
            daemon.wait_log("^stopping: waiting for 50 connections$")
            for client in clients[1:]:
                client.close()
            daemon.wait_counters(open=1)
            self.assertTrue(daemon.is_running())
            clients[0].close()
            self.assertEqual(daemon.wait(), 0)

    def test_new_connections_are_refused_meanwhile(self):
        path = temporary_directory(self) / "socket"
        with Daemon("-l", "localhost", "-l", f"unix:{path}", "--drain", "60s") as daemon, \
                contextlib.ExitStack() as stack:
            self.linger(daemon, 1, stack)
            daemon.signal(signal.SIGTERM)
            daemon.wait_log("^stopping: waiting for 1 connection$")
            for host in ("127.0.0.1", "::1"):
                with self.assertRaises(ConnectionRefusedError):
                    harness.connect(daemon.port, host)
            with self.assertRaises(FileNotFoundError):
                connect_unix(path)

    def test_drain_time_is_the_longest(self):
        with Daemon("-v", "--drain", "300ms", "--idle", "60s", "-t", "60s") as daemon, \
                contextlib.ExitStack() as stack:
            self.linger(daemon, 50, stack)
            began = time.monotonic()
            self.assertEqual(daemon.stop(), 0)
            self.assertGreaterEqual(time.monotonic() - began, 0.29)
            daemon.wait_log("^stopping: closing 50 connections that did not end in time$")
            self.assertEqual(len(daemon.log_lines("closed: .*: stopped, 14 bytes sent, .*")), 50)

    def test_drain_of_0_does_not_wait(self):
        with Daemon("--drain", "0", "--idle", "60s", "-t", "60s") as daemon, contextlib.ExitStack() as stack:
            self.linger(daemon, 5, stack)
            self.assertEqual(daemon.stop(), 0)

    def test_second_signal_ends_at_once(self):
        for first, second in ((signal.SIGTERM, signal.SIGTERM), (signal.SIGTERM, signal.SIGINT)):
            with self.subTest(first=first, second=second), contextlib.ExitStack() as stack, \
                    Daemon("-v", "--drain", "1000s", "--idle", "1000s", "-t", "1000s") as daemon:
                self.linger(daemon, 50, stack)
                daemon.signal(first)
                daemon.wait_log("^stopping: waiting for 50 connections$")
                daemon.signal(second)
                self.assertEqual(daemon.wait(), 0)
                self.assertEqual(len(daemon.log_lines("closed: .*: stopped, .*")), 50)

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

    def test_long_greetings_under_way_end_whole(self):
        message = b"x" * 1024 * 1024
        path = temporary_directory(self) / "message"
        path.write_bytes(message)
        with Daemon("-f", path, "--drain", "60s", log=[r"haild: the greeting has 1048576 bytes: .*"]) as daemon, \
                contextlib.ExitStack() as stack:
            clients = [stack.enter_context(daemon.connect(receive_buffer=4096, segment=1400))
                       for _ in range(10)]
            daemon.wait_counters(accepted=10)
            self.assertEqual(daemon.counters()["greeted"], 0)
            daemon.signal(signal.SIGTERM)
            daemon.wait_log("^stopping: waiting for 10 connections$")
            for client in clients:
                self.assertEqual(read_all(client), message)
                client.close()
            self.assertEqual(daemon.wait(), 0)

    def test_part_of_a_greeting_is_reset_at_the_end(self):
        path = temporary_directory(self) / "message"
        path.write_bytes(b"x" * 1024 * 1024)
        with Daemon("-f", path, "--drain", "100ms", log=[r"haild: the greeting has 1048576 bytes: .*"]) as daemon, \
                daemon.connect(receive_buffer=4096, segment=536) as client:
            daemon.wait_counters(accepted=1)
            self.assertEqual(daemon.stop(), 0)
            with self.assertRaises(ConnectionResetError):
                read_all(client)


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
                with self.assertRaises(ConnectionRefusedError):
                    poll_until(daemon.connect)
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
