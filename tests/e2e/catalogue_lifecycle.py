#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""How haild ends, also amid greetings (L1-L3), starts, also among rivals (L10), takes signals (L6, L7), and
lives long (L11)."""
import contextlib
import itertools
import os
import select
import signal
import socket
import time
import unittest
from subprocess import DEVNULL, PIPE

from lib import harness
from lib.crowd import connect_all, linger, serve_all
from lib.harness import (
    Daemon, GREETING, connect_unix, message_file, own_address, poll_until, raise_descriptor_limit, read_all,
    temporary_directory)
from lib.naive import NaiveServer
from lib.reload import Haste, naive_rereader, replace
from lib.rows import FULL, row, times, within

MEBIBYTE = 1024 * 1024
LONG = b"x" * MEBIBYTE
# More than the hasty clients have open at once.
MANY_AT_ONCE = 5000
LONG_LOG = [rf"haild: the greeting has {MEBIBYTE} bytes: .*"]


def seconds_to_end(server, number=signal.SIGTERM):
    """Sends the signal; returns how long it takes the server to end."""
    with open(os.pidfd_open(server.pid)) as ended:
        began = time.monotonic()
        server.signal(number)
        if not select.select([ended], [], [], harness.DEADLINE)[0]:
            raise AssertionError("the server did not end")
        return time.monotonic() - began


def need_much(test, daemon):
    """Opens more sessions than will be: what they have needed at once is kept for later ones."""
    serve_all(connect_all(test, daemon.port, MANY_AT_ONCE))
    daemon.wait_counters(open=0)


def is_memory_exact():
    """Whether its growth means anything: a sanitizer keeps freed memory, and valgrind has some of its own; they
    find leaks by themselves."""
    return not harness.is_sanitized() and not harness.WRAPPER


class Stop(unittest.TestCase):
    @row("L1", "SIGTERM or SIGINT to an idle daemon; a second one while 50 connections linger",
         "ended within 0.1 s, exit code 0", timed=True)
    def test_idle_and_second_signal(self, score):
        signals = (signal.SIGTERM, signal.SIGINT) * times(2, 25)
        idle = max(self.stop_when_idle(number) for number in signals)
        second = max(self.stop_twice(number) for number in signals)
        score.haild = (f"idle within {1000 * idle:.1f} ms, at the second one within {1000 * second:.1f} ms, "
                       f"{len(signals)} times each; exit code 0")
        self.assertLessEqual(max(idle, second), within(0.1))

    def stop_when_idle(self, number):
        with Daemon("--drain", "1000s") as daemon:
            seconds = seconds_to_end(daemon, number)
            self.assertEqual(daemon.log_lines("stopping.*"), [])
        return seconds

    def stop_twice(self, number):
        with Daemon("-v", "--drain", "1000s", "--idle", "1000s", "-t", "1000s") as daemon, \
                contextlib.ExitStack() as stack:
            linger(daemon, 50, stack)
            daemon.signal(signal.SIGTERM)
            daemon.wait_log("^stopping: waiting for 50 connections$")
            seconds = seconds_to_end(daemon, number)
            self.assertEqual(len(daemon.log_lines("closed: .*: stopped, 14 bytes sent, .*")), 50)
        return seconds

    @row("L2", "SIGTERM while 20 slow readers are sent 1 MiB each; others connect meanwhile",
         "0 truncated; others refused within 50 ms", timed=True)
    def test_amid_long_greetings(self, score):
        with NaiveServer(size=MEBIBYTE) as naive, contextlib.ExitStack() as stack:
            readers = self.slow_readers(naive, stack)
            seconds_to_end(naive)
            truncated = self.truncated(readers)
            score.naive = f"{truncated} of 20 truncated"
        path = temporary_directory(self) / "socket"
        with Daemon("-l", "localhost", "-l", f"unix:{path}", "-f", message_file(self, LONG), "--drain", "60s",
                    "-t", "60s", log=LONG_LOG) as daemon, contextlib.ExitStack() as stack:
            readers = self.slow_readers(daemon, stack)
            self.assertEqual(daemon.counters()["greeted"], 0)
            refused = self.seconds_to_refuse(daemon, path)
            daemon.wait_log("^stopping: waiting for 2[0-9] connections$")
            truncated_ours = self.truncated(readers)
            score.haild = f"{truncated_ours} of 20 truncated; others refused after {1000 * refused:.1f} ms"
            self.assertEqual(daemon.wait(), 0)
        self.assertEqual(truncated, 20)
        self.assertEqual(truncated_ours, 0)
        self.assertLessEqual(refused, within(0.05))

    def slow_readers(self, server, stack):
        """20 clients whose greeting has begun and has far to go: the kernel can't take it off the server."""
        readers = [stack.enter_context(server.connect(receive_buffer=4096, segment=1400)) for _ in range(20)]
        for reader in readers:
            self.assertEqual(reader.recv(1), b"x")
        return readers

    def truncated(self, readers):
        """How many don't hear the rest."""
        truncated = 0
        for reader in readers:
            try:
                truncated += len(read_all(reader)) != MEBIBYTE - 1
            except ConnectionResetError:
                truncated += 1
            reader.close()
        return truncated

    def seconds_to_refuse(self, daemon, path):
        """Stops the daemon; returns how long it takes until nobody gets in any more."""
        began = time.monotonic()
        daemon.signal(signal.SIGTERM)
        for connect in (daemon.connect, lambda: daemon.connect(host="::1"), lambda: connect_unix(path)):
            poll_until(lambda: self.is_refused(connect), every=0.001)
        return time.monotonic() - began

    def is_refused(self, connect):
        """Tries to connect. Who gets in is greeted whole, or reset in the instant before the closing."""
        try:
            with connect() as client:
                self.assertEqual(len(read_all(client)), MEBIBYTE)
            return False
        except (ConnectionError, FileNotFoundError):
            return True

    @row("L3", "SIGTERM while a client never reads its 1 MiB",
         "ended after --drain, give or take 0.5 s; the part of a greeting is reset", timed=True)
    def test_client_that_never_reads(self, score):
        drain = times(500, 5000) / 1000
        with Daemon("-f", message_file(self, LONG), "--drain", f"{drain}s", "-t", "1000s",
                    log=LONG_LOG) as daemon, daemon.connect(receive_buffer=4096, segment=536) as client:
            daemon.wait_counters(accepted=1)
            seconds = seconds_to_end(daemon)
            with self.assertRaises(ConnectionResetError):
                read_all(client)
        score.haild = f"--drain {drain:g}s: ended after {seconds:.3f} s, reset"
        self.assertGreaterEqual(seconds, 0.9 * drain)
        self.assertLessEqual(seconds, drain + within(0.5))


class Start(unittest.TestCase):
    @row("L10", "start with some of descriptors 0-2 closed; 50 at once on one port, on one stale UNIX path",
         "no socket on 0-2; exactly 1 runs, 49 exit with 3")
    def test_descriptors_and_rivals(self, score):
        closable = range(0 if harness.WRAPPER else 3)  # valgrind's own files would take their places
        sets = [closed for count in (1, 2, 3) for closed in itertools.combinations(closable, count)]
        for closed in sets:
            self.assertEqual(self.standard_descriptors(closed), ["/dev/null"] * 3)
        rivals, rounds = times(50, 50), times(2, 20)
        address, path = self.free_address(), temporary_directory(self) / "socket"
        for _ in range(rounds):
            self.one_of(rivals, address)
            with socket.socket(socket.AF_UNIX) as dead:
                dead.bind(str(path))
            self.one_of(rivals, f"unix:{path}")
        score.haild = (f"0 sockets on 0-2, {len(sets)} ways; 1 of {rivals} runs, {rivals - 1} exit with 3, "
                       f"{rounds} times each")

    def standard_descriptors(self, closed):
        """What a daemon has on its descriptors 0 to 2 when it is started with some of them closed."""
        path = temporary_directory(self) / "socket"
        closing = " ".join(f"{number}<&-" for number in closed)
        daemon = harness.command_of("haild", ["-l", f"unix:{path}"])
        process = harness.start(["sh", "-c", f'exec "$@" {closing}', "sh", *daemon],
                                env=harness.environment(), stdin=DEVNULL, stdout=DEVNULL, stderr=DEVNULL)
        poll_until(lambda: self.greets(path) or process.poll() is not None)
        found = [os.readlink(f"/proc/{process.pid}/fd/{number}") for number in range(3)]
        process.terminate()
        self.assertEqual(process.wait(harness.DEADLINE), 0)
        return found

    def greets(self, path):
        try:
            with connect_unix(path) as client:
                return read_all(client) == GREETING
        except (FileNotFoundError, ConnectionRefusedError):
            return False

    def free_address(self):
        with socket.create_server((own_address(), 0)) as chosen:
            return "{}:{}".format(*chosen.getsockname())

    def one_of(self, rivals, address):
        """Starts so many daemons at the same moment: one must run and greet, the others must exit with 3."""
        starts = self.start_at_once(rivals, address)
        ready = [process for process in starts if self.is_ready(process)]
        self.assertEqual(len(ready), 1)
        for process in starts:
            if process not in ready:
                self.assertEqual(process.wait(harness.DEADLINE), 3)
        with self.connect_to(address) as client:
            self.assertEqual(read_all(client), GREETING)
        ready[0].terminate()
        self.assertEqual(ready[0].wait(harness.DEADLINE), 0)

    def is_ready(self, process):
        """Waits until the daemon is ready, or has given up."""
        with process.stdout as stdout:
            return harness.read_until_end(stdout.fileno(), os.read) != b""

    def start_at_once(self, count, address):
        """Starts the daemons behind one closed gate, and opens it."""
        gate, opener = os.pipe()
        daemon = harness.command_of("haild", ["-l", address])
        with open(gate), open(opener, "w"):
            return [harness.start(["sh", "-c", 'read gate; exec "$@"', "sh", *daemon],
                                  env=harness.environment(), stdin=gate, stdout=PIPE, stderr=DEVNULL)
                    for _ in range(count)]

    def connect_to(self, address):
        host, port = address.split(":")
        return connect_unix(port) if host == "unix" else harness.connect(int(port), host)


class Signals(unittest.TestCase):
    @row("L6", "SIGHUP again and again, while clients come as fast as they can; the file is replaced, A and B "
         "in turn, 4 KiB each", "each hears A or B whole, 0 lost, 0 mixed; memory +64 KiB at most")
    def test_reloads_under_load(self, score):
        reloads, texts = times(20, 1000), [b"A" * 4096, b"B" * 4096]
        path = message_file(self, texts[0])
        score.naive = f"mixed at reload {self.first_mixed(path, texts)}"
        log = [r"haild: the greeting has 4096 bytes: .*"]
        raise_descriptor_limit(MANY_AT_ONCE + 100)
        with Daemon("-q", "-l", "127.0.0.1", "-f", path, "--timeout", "1000s", log=log) as daemon:
            need_much(self, daemon)
            began = time.monotonic()
            with Haste(daemon.port, *texts) as haste:
                self.reload(daemon, path, texts, times(5, 10))
                memory = daemon.memory()
                self.reload(daemon, path, texts, reloads)
                growth = daemon.memory() - memory
            rate = sum(haste.heard) / (time.monotonic() - began)
            counters = daemon.wait_counters(open=0)
        score.haild = f"{reloads} reloads, {rate:.0f} connections a second: 0 lost, 0 mixed"
        self.assertEqual(counters["greeted"], counters["accepted"])
        self.assertGreater(min(haste.heard), 0)
        if FULL:
            self.assertGreaterEqual(rate, 1000)
        if is_memory_exact():
            score.haild += f"; memory {growth:+d} KiB"
            self.assertLessEqual(growth, 64)

    def reload(self, daemon, path, texts, reloads):
        """Replaces the text so many times, and each time waits until it is heard."""
        for number in range(1, reloads + 1):
            replace(path, texts[number % 2])
            daemon.signal(signal.SIGHUP)
            poll_until(lambda: self.hears(daemon, texts) == texts[number % 2], every=0.001)

    def hears(self, daemon, texts):
        heard = daemon.greeting()
        self.assertIn(heard, texts)
        return heard

    def first_mixed(self, path, texts):
        """How many reloads it takes until one of 20 clients of the naive server hears a bit of both."""
        with naive_rereader(path) as (server, port):
            for number in range(1, 10000):
                replace(path, texts[number % 2])
                with contextlib.ExitStack() as stack:
                    clients = [stack.enter_context(harness.connect(port)) for _ in range(20)]
                    server.send_signal(signal.SIGHUP)
                    if any([read_all(client) not in texts for client in clients]):
                        return number
        raise AssertionError("the naive server has mixed nothing")

    @row("L7", "SIGHUP and SIGUSR1, 10,000 in all within a second, then SIGSTOP and SIGCONT, 100 times, while "
         "clients come as fast as they can", "alive, 0 lost", timed=True)
    def test_signals_under_load(self, score):
        with NaiveServer() as naive:
            naive.signal(signal.SIGHUP)
            score.naive = f"ended by signal {-naive.wait()} at once"
        signals, stops, path = times(1000, 10000), times(10, 100), message_file(self, GREETING)
        with Daemon("-q", "-l", "127.0.0.1", "-f", path, "--timeout", "1000s") as daemon:
            with Haste(daemon.port, GREETING) as haste:
                poll_until(lambda: daemon.counters()["accepted"] > 100)
                seconds = self.shower(daemon, signals)
                for _ in range(stops):
                    with daemon.frozen():
                        pass
            daemon.wait_counters(open=0, accepted=sum(haste.heard) + signals // 20)
        score.haild = (f"{signals} in {seconds:.2f} s, {stops} stops: alive, 0 of {sum(haste.heard)} "
                       f"connections lost")
        self.assertLessEqual(seconds, within(1))

    def shower(self, daemon, signals):
        """Sends so many signals of both kinds, twenty at a time, amid clients; returns how long it takes."""
        began = time.monotonic()
        for _ in range(signals // 20):
            self.assertEqual(daemon.greeting(), GREETING)
            for _ in range(10):
                daemon.signal(signal.SIGHUP)
                daemon.signal(signal.SIGUSR1)
        return time.monotonic() - began


class Soak(unittest.TestCase):
    @row("L11", "clients that listen, talk first, end first or reset, as fast as they come, for 10 minutes",
         "all greeted whole; after the first 10,000 memory +64 KiB at most, descriptors +0")
    def test_soak(self, score):
        first, seconds = times(5000, 10000), times(3, 600)
        raise_descriptor_limit(MANY_AT_ONCE + 100)
        with Daemon("-q", "-l", "127.0.0.1") as daemon:
            self.hurry(daemon, first)
            need_much(self, daemon)
            memory, descriptors, connections = daemon.memory(), daemon.descriptors(), first + MANY_AT_ONCE
            end = time.monotonic() + seconds
            while time.monotonic() < end:
                connections += self.hurry(daemon, first)
            daemon.wait_counters(open=0, accepted=connections)
            growth, more = daemon.memory() - memory, daemon.descriptors() - descriptors
        score.haild = f"{connections} connections in {seconds} s, all greeted whole; descriptors {more:+d}"
        self.assertEqual(more, 0)
        if is_memory_exact():
            score.haild += f", memory {growth:+d} KiB"
            self.assertLessEqual(growth, 64)

    def hurry(self, daemon, connections):
        """Makes so many connections with two hasty clients; returns how many."""
        client = os.path.abspath(os.environ.get("HASTY_CLIENT", "tests/e2e/hasty_client"))
        clients = [harness.start([client, str(daemon.port), str(connections // 2), GREETING], stdout=DEVNULL,
                                 stderr=PIPE)
                   for _ in range(2)]
        for process in clients:
            self.assertEqual(process.communicate(timeout=harness.DEADLINE * 10)[1], b"")
            self.assertEqual(process.returncode, 0)
        return connections // 2 * 2


if __name__ == "__main__":
    harness.main()
