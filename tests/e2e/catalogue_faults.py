#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Rows O10 and O11: accept(2) fails in every way it can, and every allocation fails once or for good.

Runs in a network namespace with its own /etc/hosts.
"""
import concurrent.futures
import contextlib
import errno
import mmap
import os
import re
import signal
import socket
import struct
import time
import unittest

from lib import harness, machine
from lib.activation import Passing, listening, listening_unix
from lib.harness import Daemon, GREETING, poll_until, read_all, run, temporary_directory
from lib.naive import NaiveServer
from lib.rows import row, times, within
from lib.servers import Server, stays
from lib.surveys import SUMMARY, Told
from lib.visitors import header

# What haild waits out, 100 ms each time.
SHORTAGES = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.EPERM)
# What went wrong for one connection only.
TRANSIENTS = (errno.ECONNABORTED, errno.ENETDOWN, errno.EPROTO, errno.ENOPROTOOPT, errno.EHOSTDOWN,
              errno.ENONET, errno.EHOSTUNREACH, errno.EOPNOTSUPP, errno.ENETUNREACH)
# So long that sockets share it, if they can.
LONG = bytes(range(256)) * 1024
SHORT = r"haild: cannot accept connections: .+; they wait in the queue; retrying every 100 ms"


class Faults:
    """The file through which accept.so is told what is to fail, and how often."""

    def __init__(self, path):
        path.write_bytes(bytes(8))
        with path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), 8)
        self.env = harness.preloading("accept", ACCEPT_FAULTS_FILE=str(path))

    def set(self, reason, count):
        self._map[:] = struct.pack("!ii", reason, count)

    def left(self):
        return struct.unpack("!ii", self._map)[1]


class Accepting(unittest.TestCase):
    def outlast(self, faults, server, reason, count):
        """Lets a client wait while accept4() fails; returns how long it waited when that was over."""
        faults.set(reason, count)
        with server.connect() as client:
            poll_until(lambda: not faults.left(), seconds=harness.DEADLINE + count)
            over = time.monotonic()
            self.assertEqual(read_all(client), GREETING)
            return time.monotonic() - over

    def outlast_by_haild(self, folder, reason, count):
        faults = Faults(folder / errno.errorcode[reason])
        with Daemon("-q", env=faults.env, log=[SHORT]) as daemon:
            began = time.monotonic()
            wait = self.outlast(faults, daemon, reason, count)
            seconds = max(1, time.monotonic() - began)
            self.assertEqual(daemon.greeting(), GREETING)
            self.assertEqual(daemon.counters()["accept_pauses"], count if reason in SHORTAGES else 0)
            return wait, len(daemon.log_lines(SHORT)) / seconds, daemon.cpu_seconds()

    def outlast_by_naive(self, folder, count):
        """libevent's own way: returns the log lines and the seconds."""
        faults = Faults(folder / "naive")
        with NaiveServer(env=faults.env) as naive:
            began = time.monotonic()
            self.outlast(faults, naive, errno.EMFILE, count)
            return len(naive.log_lines(".*accept.*")), time.monotonic() - began

    @row("O10", "accept4() returns each of 14 errors 1,000 times",
         "alive, <= 1 log line/s, next client <= 1 s", timed=True)
    def test_accept_fails(self, score):
        harness.need_preloading(self)
        folder, transient, shortage = temporary_directory(self), times(1000, 1000), times(20, 1000)
        lines, seconds = self.outlast_by_naive(folder, transient)
        self.assertGreater(lines / max(1, seconds), 1)
        score.naive = f"{lines} log lines in {seconds:.2f} s"
        with concurrent.futures.ThreadPoolExecutor(len(SHORTAGES)) as pool:
            outlast = self.outlast_by_haild
            outcomes = [*pool.map(lambda reason: outlast(folder, reason, shortage), SHORTAGES),
                        *pool.map(lambda reason: outlast(folder, reason, transient), TRANSIENTS)]
        waits, rates, cpu = zip(*outcomes)
        score.haild = (f"{len(outcomes)} alive, at most {max(rates):.2g} lines/s, next client after "
                       f"{max(waits):.3f} s, CPU at most {max(cpu):.2f} s")
        self.assertLessEqual(max(waits), within(1))
        self.assertLessEqual(max(rates), 1)


class Faulty:
    """The environment in which something that a program asks for fails, and the program's report.

    kind     "memory", or "call": it is a system call that fails
    at       the number of the one that fails; 0: none
    forever  all behind it fail as well
    """

    def __init__(self, folder, kind, at, forever):
        self._report = folder / f"report-{at}-{forever}"
        self.env = {"FAULT_KIND": kind, "FAULT_AT": str(at), "FAULT_REPORT": str(self._report),
                    **({"FAULT_FOREVER": ""} if forever else {})}

    def read(self):
        """How many there were and how many failed; a program that crashed has not reported."""
        made, failed, left = map(int, self._report.read_text().split())
        if left:
            raise AssertionError(f"{left} blocks were not given back")
        return made, failed


class FaultyDaemon(Daemon):
    """haild_faulty; one that could not start has no addresses."""

    def __init__(self, faulty, *options, env, **more):
        super().__init__(*options, program="haild_faulty", log=[".*"], env={**faulty.env, **env}, **more)

    def _read_addresses(self):
        with self.process.stdout as stdout:
            return harness.read_until_end(stdout.fileno(), os.read).decode().splitlines()


def connect_to(address):
    """A socket connected to an address as haild prints it."""
    if address.startswith("unix:"):
        return harness.connect_unix(address.removeprefix("unix:"))
    host, _, port = address.rpartition(":")
    return harness.connect(int(port), host.strip("[]"))


def ask(address, say=b"", then=lambda: None):
    """Talks first, reads to the end; returns what came. Who meets the fault is reset, or hears nothing."""
    try:
        with connect_to(address) as client:
            client.sendall(say)
            heard = read_all(client)
            then()
            return heard
    except (ConnectionResetError, BrokenPipeError):
        return b""


REFUSAL = b"no\n"
# Who is refused, behind a proxy; nobody else is, unless a fault has it.
REFUSED = "192.0.2.1"


def pass_on(daemon, client):
    """What a client behind a proxy hears; the right words to a refused one count as a greeting."""
    heard = ask(daemon.proxies[0], header(client))
    return GREETING if client == REFUSED and heard == REFUSAL else heard


def ask_by_http(daemon):
    """Asks for its health. What is healthy counts as greeted."""
    answer = ask(daemon.metrics[0], b"GET /healthz HTTP/1.0\r\n\r\n")
    return GREETING if answer.endswith(b"\r\n\r\nok\n") else answer


def ask_by_datagram(address):
    """Asks until there is an answer, for the fault may lose one; returns it."""
    host, _, port = address.rpartition(":")
    with harness.datagrams_to(int(port), host.strip("[]")) as client:
        client.settimeout(1)

        def answered():
            client.send(bytes(100))
            with contextlib.suppress(TimeoutError):
                return client.recv(1 << 16)
        return poll_until(answered)


def reset(address):
    """A client that has no patience."""
    with contextlib.suppress(ConnectionResetError), connect_to(address) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


class Allocating(unittest.TestCase):
    # How hailto may end: at any step, it seems to have met what that step may meet.
    CODES = {"memory": (1,), "call": (1, 2, 3, 4, 6)}

    def setUp(self):
        self.folder = temporary_directory(self)
        self.message = self.folder / "message"
        self.message.write_bytes(GREETING)
        os.utime(self.message, (0, 0))  # so it is read again at once
        denied = self.folder / "denied"
        denied.write_text(f"{REFUSED}\n")
        self.limits = ["--allow=0.0.0.0/0", "--allow=::/0", "--deny=2001:db8::/32", f"--deny-file={denied}",
                       "--proxy-from=127.0.0.0/8", f"--refusal={REFUSAL.decode()}", "--max-per-source=1000",
                       "--rate-per-source=100000/1s"]

    def serve(self, daemon, clients):
        """Gives the daemon everything to do that it can do; returns what the clients heard."""
        addresses = daemon.addresses
        heard = [ask(addresses[number % len(addresses)], b"x" * 1000 * (number % 2))
                 for number in range(clients)]
        if daemon.proxies:
            heard += [pass_on(daemon, client) for client in ("198.51.100.1", REFUSED, None)]
        daemon.signal(signal.SIGHUP)
        reset(addresses[0])
        heard += map(ask_by_datagram, addresses[:2])
        heard += [ask_by_http(daemon) for _ in range(2)]
        counters = daemon.wait_counters(open=0)
        # None of them is lost: who was not greeted has a reason.
        reasons = ("greeted", "failed", "reset_greeting", "timed_out_greeting", "flooded", "stopped", "denied",
                   "header_left", "header_bad")
        self.assertLessEqual(counters["accepted"], sum(counters[name] for name in reasons), counters)
        heard += map(ask, addresses)
        # It waits for the last one, who has been greeted, and is there yet.
        heard.append(ask(addresses[0], then=lambda: daemon.signal(signal.SIGTERM)))
        # Who cannot be counted for want of memory is refused.
        return [b"" if words == REFUSAL else words for words in heard]

    def fail_haild(self, kind, at, forever, clients):
        """Lets the `at`-th fail of what haild asks for; returns how many there were, and how many failed."""
        faulty = Faulty(self.folder, kind, at, forever)
        env = {"HAILD_LISTEN": f"localhost unix:{self.folder}/socket-{at}-{forever}"}
        with FaultyDaemon(faulty, "-v", "-u", "-f", self.message, "--metrics=127.0.0.1:0",
                          "--proxy-listen=127.0.0.1:0", *self.limits, env=env) as daemon:
            self.serve_or_fail(daemon, forever, clients)
        return faulty.read()

    def serve_or_fail(self, daemon, forever, clients):
        """It must greet all but one client, or tell in one line why it did not start."""
        if daemon.addresses:
            heard = self.serve(daemon, clients)
            self.assertLessEqual(set(heard), {GREETING, b""})
            self.assertTrue(forever or heard.count(b"") <= 1, heard)
        else:
            daemon.expected_exit = daemon.wait()
            # A file of networks that cannot be read is a usage error.
            unread = (2,) if "deny file" in daemon.log() else ()
            self.assertIn(daemon.expected_exit, (1, 3, 4, 5, *unread))
            self.assertEqual(len(daemon.log_lines("haild: .+")), 1)

    def fail_activated(self, kind, at, forever, clients):
        """The same of a haild that inherits its sockets."""
        faulty = Faulty(self.folder, kind, at, forever)
        with contextlib.ExitStack() as stack:
            hold = stack.enter_context
            tcp = [hold(listening()), hold(listening("::1"))]
            udp = [hold(listening(*one.getsockname()[:2], kind=socket.SOCK_DGRAM)) for one in tcp]
            passing = Passing([*udp, *tcp, hold(listening_unix(self.folder / f"passed-{kind}-{at}-{forever}"))],
                              variables={"LISTEN_PIDFDID": "$ID"})
            stack.callback(passing.close)
            with FaultyDaemon(faulty, "-v", "-f", self.message, "--metrics=127.0.0.1:0", *self.limits, env={},
                              port=None, prefix=passing.prefix, popen=passing.popen) as daemon:
                passing.close()
                self.serve_or_fail(daemon, forever, clients)
        return faulty.read()

    def fail_each(self, fail, everyday, forevers=(False, True)):
        """Calls fail(at, forever) for each that can fail, 500 at most; everyday for the first ones, that many,
        and as many of the others. Returns how often one failed."""
        failures = 0
        for forever in forevers:
            made = min(500, fail(0, forever)[0])
            with concurrent.futures.ThreadPoolExecutor(4) as pool:
                first = times(everyday, 500)
                numbers = [*range(1, min(first, made) + 1),
                           *range(first + 1, made + 1, max(1, made // first))]
                failures += sum(failed > 0 for _, failed in pool.map(lambda at: fail(at, forever), numbers))
        return failures

    @row("O11a", "the k-th allocation of haild fails, k up to 500: it alone, or all from there on",
         "0 crashes, 0 leaks; start-up failures exit non-zero with a message; then nothing ends it")
    def test_haild(self, score):
        failures = self.fail_each(lambda at, forever: self.fail_haild(
            "memory", at, forever, 3 if forever else times(64, 64)), 50)
        score.haild = f"{failures} failures: 0 crashes, 0 blocks lost"

    def test_activated_haild(self):
        for kind, forevers in ("memory", (False, True)), ("call", (False,)):
            fail = lambda at, forever, kind=kind: self.fail_activated(kind, at, forever, 3)
            failures = self.fail_each(fail, 60, forevers)
            self.assertGreater(failures, 3)

    def test_calls_of_haild(self):
        failures = self.fail_each(lambda at, forever: self.fail_haild("call", at, forever, 3), 60, [False])
        self.assertGreater(failures, 3)

    def fail_long(self, kind, at, forever):
        """The same of a haild whose greeting is long, before and after a reload."""
        faulty = Faulty(self.folder, kind, at, forever)
        with FaultyDaemon(faulty, "-v", "-f", self.message, "-l", "127.0.0.1", env={}) as daemon:
            if not daemon.addresses:
                daemon.expected_exit = daemon.wait()
                self.assertIn(daemon.expected_exit, (1, 3, 4, 5))
                return faulty.read()
            heard = [ask(daemon.addresses[0]) for _ in range(2)]
            daemon.signal(signal.SIGHUP)
            daemon.wait_log("read .* again|haild: .*; the old greeting stays")
            heard += [ask(daemon.addresses[0]) for _ in range(2)]
            self.assertTrue(all(words in (b"", LONG) for words in heard if not forever))
            self.assertTrue(forever or heard.count(b"") <= 1)
        return faulty.read()

    def test_long_greeting(self):
        self.message.write_bytes(LONG)
        os.utime(self.message, (0, 0))
        for kind, forevers in ("memory", (False, True)), ("call", (False,)):
            failures = self.fail_each(lambda at, forever, kind=kind: self.fail_long(kind, at, forever), 60, forevers)
            self.assertGreater(failures, 3)

    def fail_hailto(self, kind, at, forever, codes, *arguments):
        """Lets the `at`-th fail of what hailto asks for; returns how many there were, and how many failed.

        codes  its exit code if all is well, then others that the fault may lead to, beside those of its kind
        """
        faulty = Faulty(self.folder, kind, at, forever)
        result = run("hailto_faulty", *arguments, env=faulty.env)
        made, failed = faulty.read()
        lines = re.findall(b"^hailto: .+$", result.stderr, re.MULTILINE)
        if result.exit == 0:
            self.assertEqual((result.stdout.removesuffix(b"\n"), lines), (GREETING, []), result)
        else:
            self.assertIn(result.exit, (*self.CODES[kind], *codes), result)
            self.assertIn(result.stdout.removesuffix(b"\n"), (b"", GREETING), result)
            self.assertEqual(len(lines), 1, result)
        self.assertTrue(failed or result.exit == codes[0], result)
        return made, failed

    def fail_all_of_hailto(self, kind, *forevers):
        """Lets hailto fail in each way it has to hear a greeting; returns how often it did."""
        machine.know(self, "server.example", "::1", "127.0.0.1")
        path = self.folder / "socket"
        with Daemon("-u", "-l", "127.0.0.1", "-l", f"unix:{path}") as daemon, Server(stays()) as silent:
            return sum(
                self.fail_each(lambda at, forever: self.fail_hailto(kind, at, forever, *arguments), 30,
                               forevers)
                for arguments in (
                    # Who can't try the second address has been refused by the first.
                    ((0, 4), "server.example", daemon.port),
                    # A source that can't be looked at counts as a bad one.
                    ((0, 2), "-v", "-s", "127.0.0.1", "-E", GREETING.decode(), f"127.0.0.1:{daemon.port}"),
                    ((0,), "--escape", f"unix:{path}"),
                    ((0, 2, 4), "-u", "-s", "127.0.0.1", "server.example", daemon.port),
                    ((0, 4), "-u", "-v", "-E", GREETING.decode(), "server.example", daemon.port),
                    ((7,), "-w", "5s" if harness.WRAPPER else "500ms", "127.0.0.1", silent.port)))

    def fail_survey(self, kind, at, forever, codes, *arguments):
        """The same of a hailto that asks many times: what it told must agree with how it ended.

        codes  exit codes that the fault may lead to, beside those of its kind
        """
        faulty = Faulty(self.folder, kind, at, forever)
        result = run("hailto_faulty", *arguments, env=faulty.env)
        made, failed = faulty.read()
        lines = re.findall(b"^hailto: .+$", result.stderr, re.MULTILINE)
        if SUMMARY.search(result.stdout.decode()):
            told = Told(result.stdout)
            self.assertEqual(told.attempts, told.successes + told.failures, result)
            self.assertLessEqual(result.exit == 0, told.failures == 0, result)
        else:  # it had no memory to begin, or could not write
            self.assertNotEqual(result.exit, 0, result)
            self.assertGreaterEqual(len(lines), 1, result)
        self.assertIn(result.exit, (0, *self.CODES[kind], *codes), result)
        self.assertTrue(failed or (result.exit, lines) == (0, []), result)
        return made, failed

    def fail_all_surveys(self, kind, *forevers):
        """Lets hailto fail while it asks many times, in each way it has; returns how often it did."""
        machine.know(self, "server.example", "::1", "127.0.0.1")
        with Daemon("-u", "-l", "localhost") as daemon:
            return sum(
                self.fail_each(lambda at, forever: self.fail_survey(kind, at, forever, *arguments), 30, forevers)
                for arguments in (
                    ((4,), "-c3", "-i0", "server.example", daemon.port),
                    ((4,), "-c4", "-P2", "-v", "--tally", "-4", "server.example", daemon.port),
                    ((4, 7), "-c3", "-P3", "-u", "127.0.0.1", daemon.port),
                    ((4,), "-a", "server.example", daemon.port)))

    def test_surveys(self):
        for kind, forevers in ("memory", (False, True)), ("call", (False,)):
            with self.subTest(kind):
                self.assertGreater(self.fail_all_surveys(kind, *forevers), 3)

    @row("O11b", "the k-th allocation of hailto fails, each k: it alone, or all from there on",
         "0 crashes, 0 leaks; a line on stderr or the whole greeting")
    def test_hailto(self, score):
        failures = self.fail_all_of_hailto("memory", False, True)
        score.haild = f"{failures} failures: 0 crashes, 0 blocks lost, no wrong greeting"

    def test_calls_of_hailto(self):
        self.assertGreater(self.fail_all_of_hailto("call", False), 3)


if __name__ == "__main__":
    machine.enter()
    harness.main()
