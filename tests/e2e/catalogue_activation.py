#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Rows L4, L5 and L8: a socket that a service manager holds outlives each haild that serves it, and loses nobody."""
import contextlib
import os
import signal
import socket
import threading
import time
import unittest

from lib import harness
from lib.activation import Activated, listening, listening_unix, port_of, run_activated
from lib.crowd import connect_all, serve_all
from lib.harness import GREETING, connect, message_file, poll_until, read_all, temporary_directory
from lib.naive import NaiveServer
from lib.reload import Haste
from lib.rows import FULL, row, times, within


def wait_connected(clients):
    poll_until(lambda: all(client.is_connected() for client in clients))


def lost_of(clients, text):
    """How many of the clients do not hear the whole text."""
    lost = 0
    for client in clients:
        client.settimeout(harness.DEADLINE)
        heard = b""
        with contextlib.suppress(ConnectionResetError):
            heard = read_all(client)
        lost += heard != text
    return lost


class Prober(threading.Thread):
    """Connects again and again until its with-block ends; .longest tells how long one has waited for its greeting."""

    def __init__(self, port):
        super().__init__()
        self._port, self._is_over = port, threading.Event()
        self.longest, self.problem = 0, None

    def run(self):
        try:
            while not self._is_over.is_set():
                began = time.monotonic()
                with connect(self._port) as client:
                    heard = read_all(client)
                self.longest = max(self.longest, time.monotonic() - began)
                assert heard == GREETING, heard
        except BaseException as problem:  # as the with-block's
            self.problem = problem

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, kind, *_):
        self._is_over.set()
        self.join()
        if self.problem and not kind:
            raise self.problem


class Restarting(unittest.TestCase):
    def lost_by_naive(self, clients):
        """How many of the clients that wait for the naive server are lost when it ends."""
        with NaiveServer() as naive:
            naive.signal(signal.SIGSTOP)
            crowd = connect_all(self, naive.port, clients)
            wait_connected(crowd)
            naive.signal(signal.SIGKILL)
            naive.wait()
            return lost_of(crowd, GREETING)

    def haild(self, held):
        return Activated(held, options=["-q", "--timeout", "1000s"], descriptors=False)

    @row("L4", "10 restarts of haild by SIGTERM, on a socket that the test holds; clients come as fast as they can", "0 refused, 0 reset, 0 short; none waits over 100 ms", timed=True)
    def test_restarts(self, score):
        lost = self.lost_by_naive(100)
        self.assertEqual(lost, 100)
        score.naive = f"{lost} of 100 in the queue lost"
        restarts, each = 10, times(100, 4000)
        # The last one outlives the clients.
        with listening() as held, contextlib.ExitStack() as last:
            with Haste(port_of(held), GREETING) as haste, Prober(port_of(held)) as prober:
                for _ in range(restarts):
                    with self.haild(held) as daemon:
                        poll_until(lambda: daemon.counters()["accepted"] > each)
                        daemon.signal(signal.SIGTERM)
                        daemon.process.wait()  # with a time limit, it would look only now and then
                last.enter_context(self.haild(held))
        score.haild = (f"{restarts} restarts: 0 of {sum(haste.heard)} connections lost, at most "
                       f"{prober.longest * 1000:.0f} ms")
        self.assertGreater(sum(haste.heard), each * restarts // 2)
        self.assertLessEqual(prober.longest, within(0.1))
        if FULL:
            self.assertGreaterEqual(sum(haste.heard), 25000)

    @row("L5", "kill -9 while some are greeted slowly and others wait in the queue; then another haild on the same "
         "socket", "lost: at most those that were being greeted; all that waited are greeted")
    def test_killed(self, score):
        lost = self.lost_by_naive(100)
        self.assertEqual(lost, 100)
        score.naive = f"{lost} of 100 in the queue lost"
        open_, waiting, text = 20, times(200, 1000), b"x" * (1 << 20)
        harness.raise_descriptor_limit(waiting + 200)
        options = ["-q", "-f", message_file(self, text)]
        log = [r"haild: the greeting has 1048576 bytes: .*"]
        with listening() as held:
            with Activated(held, options=options, log=log, exit=-signal.SIGKILL) as daemon:
                slow = connect_all(self, port_of(held), open_, slow=True)
                daemon.wait_counters(open=open_)
                daemon.signal(signal.SIGSTOP)
                crowd = connect_all(self, port_of(held), waiting)
                wait_connected(crowd)
                daemon.signal(signal.SIGKILL)
                daemon.wait()
            with Activated(held):
                heard = serve_all(crowd)
        lost = lost_of(slow, text)
        score.haild = f"{lost} of {open_} that were being greeted lost, {heard.count(GREETING)} of {waiting} in the queue"
        score.haild += " greeted"
        self.assertEqual(heard, [GREETING] * waiting)
        self.assertEqual(lost, open_)


class Inheriting(unittest.TestCase):
    @row("L8", "LISTEN_FDS: a blocking socket, another LISTEN_PID, 0, x, 2^31, no socket, not listening; IPv4, IPv6 and "
         "UNIX at once", "1,000 greeted, ended within 0.1 s of SIGTERM; what is wrong is told, exit 3", timed=True)
    def test_environment(self, score):
        clients = times(200, 1000)
        harness.raise_descriptor_limit(clients + 200)
        with listening() as held:
            held.setblocking(True)
            with Activated(held) as daemon:
                self.assertEqual(serve_all(connect_all(self, daemon.port, clients)), [GREETING] * clients)
                daemon.wait_counters(open=0)
                began = time.monotonic()
                daemon.signal(signal.SIGTERM)
                daemon.wait()
                seconds = time.monotonic() - began
            refused = self.refuse(held)
            self.pass_over(held)
        self.serve_all_families()
        score.haild = f"{clients} greeted by a blocking socket, ended after {seconds:.3f} s; {refused} refused"
        self.assertLessEqual(seconds, within(0.1))

    def refuse(self, held):
        """Passes what haild must refuse; returns how many cases that were."""
        with socket.socket() as silent, open(os.devnull) as file:
            silent.bind(("127.0.0.1", 0))
            cases = [(held, {"LISTEN_FDS": "x"}), (held, {"LISTEN_FDS": str(2 ** 31)}), (file, {}), (silent, {}),
                     (None, {})]
            for passed, variables in cases:
                result = run_activated(passed, variables=variables)
                self.assertEqual((result.exit, result.stderr.count(b"\n")), (3, 1), result)
        return len(cases)

    def pass_over(self, held):
        """Passes what is for nobody, or another."""
        for variables in {"LISTEN_PID": "1"}, {"LISTEN_FDS": "0"}:
            with Activated(held, options=["-l", "127.0.0.1:0"], variables=variables) as daemon:
                self.assertNotEqual(daemon.port, port_of(held))
                self.assertEqual(daemon.greeting(), GREETING)

    def serve_all_families(self):
        with contextlib.ExitStack() as stack:
            made = [stack.enter_context(one) for one in (
                listening(), listening("::1"), listening_unix(temporary_directory(self) / "socket"))]
            with Activated(*made):
                for one in made:
                    with socket.socket(one.family) as client:
                        client.settimeout(harness.DEADLINE)
                        client.connect(one.getsockname())
                        self.assertEqual(read_all(client), GREETING)


if __name__ == "__main__":
    harness.main()
