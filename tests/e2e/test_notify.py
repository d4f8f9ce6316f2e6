#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""What haild tells a service manager: when it is ready, reloads and stops, how it is, and that it lives."""
import os
import re
import signal
import time
import unittest

from lib import harness
from lib.harness import Daemon, GREETING, message_file, poll_until, program, read_all, run, temporary_directory
from lib.manager import Manager
from lib.reload import NOTHING_TO_READ, READ_AGAIN, STAYS, Haste, clear, hang_up, replace

IDLE = "STATUS=0 open, 0 greeted, 0 pauses\n"
READY = "READY=1\n"
STOPPING = r"STOPPING=1\n(STATUS=.*\n)?"
WARNING = r"haild: cannot notify the service manager.*; serving without it"
# It knows its process number only when it has begun.
WATCHED = ("sh", "-c", 'WATCHDOG_PID=$$ exec "$@"', "sh")


class Notified(unittest.TestCase):
    def manager(self):
        return self.enterContext(Manager(temporary_directory(self)))

    def is_reloading(self, message, began):
        """A message that a reload begins, with the time of our clock since then."""
        match = re.fullmatch(r"RELOADING=1\nMONOTONIC_USEC=(\d+)\n", message)
        self.assertTrue(match, message)
        now = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        self.assertTrue(began <= int(match[1]) <= now, (began, match[1], now))


class Ready(Notified):
    # Both come through one socket, which shows their order.
    def test_after_the_addresses(self):
        with Manager() as manager, manager.connected() as stdout:
            with Daemon("-l", "localhost", stdout=stdout, env=manager.env) as daemon:
                self.assertEqual(manager.receive().split(), daemon.addresses)
                self.assertEqual(manager.receive(), READY + IDLE)
                self.assertEqual(daemon.greeting(), GREETING)

    # systemd 262 wants SIGHUP caught by then, and signals that come at once are heeded.
    def test_signals_are_caught_by_then(self):
        manager = self.manager()
        process = harness.start([program("haild"), "-q", "-p", "0"], env=harness.environment(manager.env),
                                stdout=harness.subprocess.DEVNULL)
        manager.receive()
        with open(f"/proc/{process.pid}/status") as status:
            caught = int(re.search(r"^SigCgt:\s*(\w+)$", status.read(), re.MULTILINE)[1], 16)
        for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGINT, signal.SIGUSR1):
            self.assertTrue(caught & (1 << (number - 1)), number)
        process.send_signal(signal.SIGHUP)
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(harness.DEADLINE), 0)

    def test_not_before_all_listen(self):
        manager = self.manager()
        with Daemon("-l", "127.0.0.1", env=manager.env) as other:
            manager.receive()
            result = run("haild", "-l", "127.0.0.1", "-p", other.port, env=manager.env)
            self.assertEqual(result.exit, 3)
        self.assertTrue(all(message.startswith("STOPPING=1\n") for message in manager.rest()))

    def test_nobody_reads_standard_output(self):
        manager = self.manager()
        reader, writer = os.pipe()
        os.set_blocking(writer, False)
        with open(reader, "rb", 0), open(writer, "wb", 0) as full:
            while full.write(b"x" * 4096):
                pass
            with Daemon(stdout=full, env=manager.env):
                self.assertEqual(manager.receive(), READY + IDLE)

    def test_check_sends_nothing(self):
        manager = self.manager()
        for variables in (manager.env, {"NOTIFY_SOCKET": "/nowhere"}, {"NOTIFY_SOCKET": "vsock:1:2"}):
            result = run("haild", "--check", "-p", "0", env={**variables, "WATCHDOG_USEC": "x"})
            self.assertEqual((result.exit, result.stdout), (0, b""), result)
        self.assertEqual(manager.rest(), [])


class Reload(Notified):
    def setUp(self):
        self.manager_, self.path = self.manager(), message_file(self, b"old")
        self.began = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000

    def daemon(self, *options):
        return Daemon(*options, env=self.manager_.env, log=[READ_AGAIN, STAYS, NOTHING_TO_READ])

    def reload(self, daemon):
        """Hangs up; returns the message that ends the reload, after the one that begins it."""
        daemon.signal(signal.SIGHUP)
        self.is_reloading(self.manager_.receive(), self.began)
        return self.manager_.receive()

    def test_good_or_not(self):
        with self.daemon("-f", self.path) as daemon:
            self.manager_.receive()
            replace(self.path, b"new")
            self.assertEqual(self.reload(daemon), READY)
            clear(self.path)
            failed = IDLE.replace("\n", "; the last reload failed\n")
            self.assertEqual(self.reload(daemon), READY + failed)
            self.assertEqual(self.reload(daemon), READY)
            replace(self.path, b"newer")
            self.assertEqual(self.reload(daemon), READY + IDLE)
            self.assertEqual(daemon.greeting(), b"newer")

    # A file that has just been written must settle first: READY has the new greeting with it.
    def test_later(self):
        with self.daemon("-f", self.path) as daemon:
            self.manager_.receive()
            self.path.write_bytes(b"written in place")
            began = time.monotonic()
            self.assertEqual(self.reload(daemon), READY)
            self.assertGreater(time.monotonic() - began, 0.1)
            self.assertEqual(daemon.greeting(), b"written in place")

    def test_without_a_file(self):
        with self.daemon() as daemon:
            self.manager_.receive()
            for _ in range(3):
                self.assertEqual(self.reload(daemon), READY)
                self.assertEqual(hang_up(daemon), [NOTHING_TO_READ])
                self.is_reloading(self.manager_.receive(), self.began)
                self.assertEqual(self.manager_.receive(), READY)

    # The second joins the first, and one end is the end of both.
    def test_twice_at_a_time(self):
        with self.daemon("-f", self.path) as daemon:
            self.manager_.receive()
            self.path.write_bytes(b"written in place")
            for _ in range(2):
                daemon.signal(signal.SIGHUP)
                self.is_reloading(self.manager_.receive(), self.began)
            self.assertEqual(self.manager_.receive(), READY)
            self.assertEqual(len(daemon.log_lines(READ_AGAIN)), 1)


class Stop(Notified):
    def test_once(self):
        manager = self.manager()
        with Daemon("--idle", "60s", "-t", "60s", env=manager.env) as daemon:
            manager.receive()
            with daemon.connect() as client:
                self.assertEqual(read_all(client), GREETING)
                daemon.signal(signal.SIGTERM)
                self.assertRegex(manager.receive_until(STOPPING)[-1], r"STATUS=draining: 1 open, 1 greeted, 0 pauses\n")
                daemon.signal(signal.SIGHUP)
                daemon.signal(signal.SIGINT)
                self.assertEqual(daemon.wait(), 0)
            self.assertEqual([message for message in manager.rest() if not message.startswith("STATUS=")], [])
            daemon.expected_log.append(NOTHING_TO_READ)

    def test_count_is_reached(self):
        manager = self.manager()
        with Daemon("-n", "1", env=manager.env) as daemon:
            self.assertEqual(daemon.greeting(), GREETING)
            self.assertEqual(daemon.wait(), 0)
        messages = [message for message in manager.rest() if "=1\n" in message]
        self.assertEqual(len(messages), 2)
        self.assertTrue(messages[1].startswith("STOPPING=1\n"))

    def test_lame_duck(self):
        manager = self.manager()
        with Daemon("--lame-duck", "60s", env=manager.env) as daemon:
            manager.receive()
            daemon.signal(signal.SIGTERM)
            self.assertEqual(manager.receive(), "STOPPING=1\n" + IDLE.replace("=", "=lame duck: "))
            self.assertEqual(daemon.greeting(), GREETING)
            manager.receive_until(r"STATUS=lame duck: 0 open, 1 greeted, 0 pauses\n")
            daemon.signal(signal.SIGTERM)
            self.assertEqual(daemon.wait(), 0)
            self.assertEqual(manager.rest(), [])


class Status(Notified):
    def test_changes_at_most_once_a_second(self):
        manager = self.manager()
        with Daemon("-q", env=manager.env) as daemon:
            manager.receive()
            times = []
            with Haste(daemon.port, GREETING.decode()) as haste:
                while len(times) < 4:
                    self.assertRegex(manager.receive(), r"\ASTATUS=\d+ open, \d+ greeted, \d+ pauses\n\Z")
                    times.append(time.monotonic())
            # The first may be read late, and the last must not come early.
            self.assertGreater(times[-1] - times[0], 2.5)
            last = manager.receive_until(r"STATUS=0 open, .*\n")[-1]
            greeted = daemon.counters()["greeted"]
            self.assertGreaterEqual(greeted, haste.heard[0])
            self.assertEqual(last, f"STATUS=0 open, {greeted} greeted, 0 pauses\n")

    # Not even a timer is left: haild sleeps until something happens.
    def test_nothing_when_nothing_happens(self):
        manager = self.manager()
        with Daemon(env=manager.env) as daemon:
            manager.receive()
            self.assertEqual(daemon.greeting(), GREETING)
            manager.receive_until("STATUS=0 open, 1 greeted, 0 pauses\n")
            # The look at the client may have made one more turn due.
            self.assertTrue(manager.is_silent(1.2))
            switches = daemon.status("voluntary_ctxt_switches")
            self.assertTrue(manager.is_silent(1.5))
            self.assertEqual(daemon.status("voluntary_ctxt_switches"), switches)

    # A greeting that is taken late changes the status with no client coming or going.
    def test_of_who_stays(self):
        manager = self.manager()
        path = message_file(self, b"x" * 256 * 1024)
        with Daemon("-f", path, "--idle", "60s", "-t", "60s", env=manager.env,
                    log=[r"haild: the greeting has .*"]) as daemon:
            manager.receive()
            with daemon.connect(receive_buffer=4096, segment=536) as client:
                manager.receive_until("STATUS=1 open, 0 greeted, 0 pauses\n")
                read_all(client)
                manager.receive_until("STATUS=1 open, 1 greeted, 0 pauses\n")
            manager.receive_until("STATUS=0 open, 1 greeted, 0 pauses\n")

    def test_pauses(self):
        manager = self.manager()
        with Daemon("-c", "1", "--idle", "60s", "-t", "60s", env=manager.env,
                    log=[r"1 open, the most allowed; .*"]) as daemon:
            with daemon.connect() as client:
                self.assertEqual(read_all(client), GREETING)
                manager.receive_until(r"STATUS=1 open, 1 greeted, [1-9]\d* pauses\n")


class Watchdog(Notified):
    def daemon(self, manager, *options, usec="200000", **more):
        return Daemon(*options, env={**manager.env, "WATCHDOG_USEC": usec}, **more)

    def test_gets_signs_of_a_loop_that_runs(self):
        manager = self.manager()
        with self.daemon(manager, prefix=WATCHED) as daemon:
            manager.receive()
            for _ in range(3):
                self.assertEqual(manager.receive(), "WATCHDOG=1\n")
            with daemon.frozen():
                manager.rest()
                self.assertTrue(manager.is_silent(0.5))
            self.assertEqual(manager.receive(), "WATCHDOG=1\n")

    def test_until_the_end(self):
        manager = self.manager()
        with self.daemon(manager, "--lame-duck", "60s", "--idle", "60s", "-t", "60s", "--drain", "60s") as daemon:
            with daemon.connect() as client:
                self.assertEqual(read_all(client), GREETING)
                for pattern in (r"STOPPING=1\n.*\n", r"STATUS=draining: .*\n"):
                    daemon.signal(signal.SIGTERM)
                    manager.receive_until(pattern)
                    for _ in range(3):
                        manager.receive_until("WATCHDOG=1\n")
            self.assertEqual(daemon.wait(), 0)

    def test_of_another_process(self):
        manager = self.manager()
        with self.daemon(manager, prefix=("env", "WATCHDOG_PID=1")):
            self.assertEqual(manager.receive(), READY + IDLE)
            self.assertTrue(manager.is_silent(0.5))

    def test_garbage(self):
        manager = self.manager()
        with self.daemon(manager, usec="soon", log=[r"haild: WATCHDOG_USEC is 'soon', .*"]) as daemon:
            self.assertEqual(manager.receive(), READY + IDLE)
            self.assertEqual(daemon.greeting(), GREETING)


class NoManager(Notified):
    def test_serves_without(self):
        folder = temporary_directory(self)
        for address in ("vsock:2:1234", "no/path", str(folder / "nothing"), "@nobody-" + "x" * 200, f"/{'x' * 4096}"):
            with self.subTest(address=address[:40]), Daemon(env={"NOTIFY_SOCKET": address}, log=[WARNING]) as daemon:
                self.assertEqual(daemon.greeting(), GREETING)
                self.assertEqual(len(daemon.log_lines(WARNING)), 1)

    def test_goes_away(self):
        manager = self.manager()
        with Daemon(env={**manager.env, "WATCHDOG_USEC": "100000"}, log=[WARNING, NOTHING_TO_READ],
                    descriptors=False) as daemon:
            manager.receive()
            manager.close()
            daemon.wait_log(WARNING)
            hang_up(daemon)
            self.assertEqual(daemon.greeting(), GREETING)
            self.assertEqual(daemon.stop(), 0)
            self.assertEqual(len(daemon.log_lines(WARNING)), 1)

    # As a busy manager does: nothing waits for it, and nothing is lost.
    def test_does_not_read(self):
        manager = self.manager()
        with manager.connected() as other:
            other.setblocking(False)
            with self.assertRaises(BlockingIOError):
                while True:
                    other.send(b"X=1\n")
        with Daemon(env=manager.env) as daemon:
            self.assertEqual(daemon.greeting(), GREETING)
            self.assertRegex(manager.receive_until(r"READY=1\n.*\n")[-1], r"greeted")
            daemon.signal(signal.SIGTERM)
            manager.receive_until(STOPPING)


if __name__ == "__main__":
    harness.main()
