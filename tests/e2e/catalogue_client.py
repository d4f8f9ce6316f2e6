#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""The client's rows of the reliability catalogue: it ends in time, says why, and prints what it was sent.

Runs in a network namespace with its own /etc/hosts and /etc/resolv.conf. test_client_*.py has the finer grain.
"""
import contextlib
import errno
import fcntl
import os
import pathlib
import random
import re

from lib import harness, machine
from lib.clients import ClientTest, Running, WITHOUT_STDOUT, WRAPPER, ask, together
from lib.harness import GREETING, poll_until, strerror
from lib.naive import ask_naively
from lib.rows import OWN_LIMITS, row, times, within
from lib.servers import Server, gushes, refusing, resets, says, stays

NAME, PORT = "server.example", 4242
V4, V6 = "127.0.0.1", "::1"
EVERY_BYTE = bytes(range(256))
# The time that hailto is given where it must run out, and how long the naive twin may hang meanwhile.
WAIT = 2 if OWN_LIMITS or WRAPPER else 0.5
HANG = 3 * WAIT


def endpoint(address, port):
    """How hailto shows it, as a regular expression."""
    return re.escape(f"[{address}]:{port}" if ":" in address else f"{address}:{port}")


def ms(seconds):
    return f"{seconds * 1000:.0f} ms"


class Row(ClientTest):
    def slowest(self, attempt):
        """The longest time that an answer of attempt() took."""
        return max(attempt().seconds for _ in range(times(1, full=20)))

    def latest(self):
        """When an answer must have come that takes the time it was given: at most a tenth later. Of a short time
        that is little more than the start of a program may take."""
        return WAIT + within(0.1 * WAIT, patience=5)

    def runs_out(self, answer):
        """It must have taken the time it was given, give or take a tenth; returns that."""
        self.assertGreaterEqual(answer.seconds, 0.9 * WAIT)
        self.assertLessEqual(answer.seconds, self.latest())
        return answer.seconds

    def naive_hangs(self, host, port=PORT):
        self.assertIsNone(ask_naively(host, port, HANG))
        return f"hangs ({HANG:g} s, then killed)"


class DeadEnds(Row):
    @row("K1", "refused; prohibited; unreachable; over IPv4 and IPv6", "exit 4 and one line within 0.1 s", timed=True)
    def test_no_way(self, score):
        for kind, *addresses in (("unreachable", "192.0.2.1", "2001:db8::1"),
                                 ("prohibit", "192.0.2.2", "2001:db8::2")):
            for address in addresses:
                machine.route(self, kind, address)
        longest = 0
        with refusing(V4) as port, refusing(V6) as port_6:
            for reason, *targets in (("Connection refused", (V4, port), (V6, port_6)),
                                     (strerror(errno.EHOSTUNREACH), ("192.0.2.1", PORT), ("2001:db8::1", PORT)),
                                     ("Permission denied", ("192.0.2.2", PORT), ("2001:db8::2", PORT))):
                for target in targets:
                    line = f"{endpoint(*target)}: connect: {reason}"
                    longest = max(longest, self.slowest(lambda: self.fails(4, line, *target)))
        score.haild = f"exit 4, address and reason in one line, after {ms(longest)} at most"
        self.assertLessEqual(longest, within(0.1))

    @row("K2", f"first packets are lost, -w {WAIT:g}", "exit 5 after that time, +- 10 %", timed=True)
    def test_lost_packets(self, score):
        def connect(address):
            line = f"{endpoint(address, PORT)}: connect: no answer within .+"
            return self.fails(5, line, "-w", WAIT, address, PORT)
        with machine.black_hole(V4, V6):
            score.naive, v4, v6 = together(lambda: self.naive_hangs(V4), lambda: connect(V4),
                                           lambda: connect(V6))
        score.haild = f"exit 5 after {v4.seconds:.2f} s and {v6.seconds:.2f} s"
        self.runs_out(v4)
        self.runs_out(v6)


class Race(Row):
    """Of the addresses of a name the last answers"""

    @row("K3", "first of two addresses refuses; is silent; nine of ten are silent",
         "greeted within 50 ms; 350 ms; 2.6 s", timed=True)
    def test_one_address_lives(self, score):
        two, ten = [V6, V4], [f"127.0.0.{i}" for i in range(1, 11)]
        cases = [self.refused(two), self.silent(two), self.silent(ten)]
        score.naive = "; ".join(naive for naive, _ in cases)
        score.haild = "; ".join(f"after {ms(seconds)}" for _, seconds in cases)
        for (_, seconds), limit in zip(cases, (0.05, 0.35, 2.6)):
            self.assertLessEqual(seconds, within(limit))

    def refused(self, addresses):
        with self.last_of(addresses) as (_, port):
            naive = ask_naively(NAME, port, harness.DEADLINE)
            self.assertNotEqual(naive.exit, 0)
            self.assertIn(b"naive_client: Connection refused\n", naive.stderr)
            return "refused", self.slowest(lambda: self.hears(GREETING, NAME, port))

    def silent(self, addresses):
        with self.last_of(addresses) as (others, port), machine.black_hole(*others):
            return self.naive_hangs(NAME, port), self.slowest(lambda: self.hears(GREETING, NAME, port))

    @contextlib.contextmanager
    def last_of(self, addresses):
        """A with-block in which the name has these addresses. Gives all but the last of them, as the machine
        orders them, and the port on which a server listens at the last."""
        machine.know(self, NAME, *addresses)
        *others, last = machine.order_of(NAME)
        with Server(says(GREETING), (last, 0)) as server:
            yield others, server.port


class Greeting(Row):
    @row("K4", "reset after 0, 7 and 14 bytes; end of stream after none",
         "what came is printed; exit 6; exit 7")
    def test_cut_short(self, score):
        tries = times(30, full=500)
        for heard in (b"", GREETING[:7], GREETING):
            with Server(resets(heard)) as server:
                for _ in range(tries):
                    self.fails(6, ".*: read: Connection reset by peer.*", V4, server.port, stdout=heard)
        with Server(says()) as server:
            for _ in range(tries):
                self.fails(7, f"{endpoint(V4, server.port)}: read: .+", V4, server.port)
        score.haild = f"all bytes printed, exit 6 and 7, {tries} of {tries} times each"

    @row("K5", f"a byte each 100 ms; silence, -w {WAIT:g}", "whole; exit 7 after that time, +- 10 %", timed=True)
    def test_slow(self, score):
        def silence():
            return self.fails(7, f"{endpoint(V4, silent.port)}: read: .+", "-w", WAIT, V4, silent.port)
        bytes_of = [GREETING[i:i + 1] for i in range(len(GREETING))]
        with Server(says(*bytes_of, pause=0.1)) as slow, Server(stays()) as silent:
            whole, nothing = together(lambda: ask(V4, slow.port), silence)
            if whole.stdout != GREETING:
                # A busy machine can make even this server quiet for a moment, but not twice.
                whole = self.hears(GREETING, V4, slow.port)
        score.haild = (f"{len(whole.stdout)} of 14 bytes in {whole.seconds:.2f} s; "
                       f"exit 7 after {nothing.seconds:.2f} s")
        self.assertEqual((whole.exit, whole.stdout, whole.stderr), (0, GREETING, b""))
        self.assertGreaterEqual(whole.seconds, 1.3)
        self.assertLessEqual(whole.seconds, 1.3 + within(0.5))
        self.runs_out(nothing)

    @row("K6", "1023, 1024 and 1025 bytes; without end", "the first 1024, within 0.5 s; at most 64 KiB of memory",
         timed=True)
    def test_long(self, score):
        longest = 0
        for heard, script in ((1023, says(b"x" * 1023)), (1024, says(b"x" * 1024)), (1024, says(b"x" * 1025)),
                              (1024, gushes)):
            with Server(script) as server:
                longest = max(longest, self.slowest(lambda: self.hears(b"x" * heard, V4, server.port)))
        score.haild = f"1023, 1024, 1024 and 1024 bytes after {ms(longest)} at most"
        self.assertLessEqual(longest, within(0.5))
        if not WRAPPER and not harness.is_sanitized("hailto"):
            with Server(says(GREETING)) as short, Server(gushes) as endless:
                memory = self.memory_kib(endless.port) - self.memory_kib(short.port)
            score.haild += f"; {memory} KiB more than for 14 bytes"
            self.assertLessEqual(memory, 64)

    def memory_kib(self, port):
        """The memory that hailto has of its own when it has read: it then waits in front of a full pipe.

        (VmHWM would tell the peak, but the kernel counts it in steps of 128 KiB.)
        """
        reader, writer = os.pipe()
        with open(reader, "rb"), open(writer, "wb", buffering=0) as pipe:
            pipe.write(bytes(fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, 4096)))
            with Running("-v", V4, port, stdout=pipe) as client:
                client.wait_error("read: .*bytes")
                client.wait_asleep()
                rollup = pathlib.Path(f"/proc/{client.pid}/smaps_rollup").read_text()
                return int(re.search(r"^Anonymous: +(\d+) kB$", rollup, re.MULTILINE)[1])

    @row("K7", "NULs, all 256 bytes, and 1024 at random, to a pipe", "identical")
    def test_any_bytes(self, score):
        dice, tries = random.Random(865), times(20, full=1000)
        for said in (bytes(1024), EVERY_BYTE, EVERY_BYTE[::-1], *(dice.randbytes(1024) for _ in range(tries))):
            with Server(says(said)) as server:
                self.hears(said, V4, server.port)
        score.haild = f"{tries + 3} of {tries + 3} identical"


class Names(Row):
    @row("K8", f"name server: knows no such name; is dead; is silent; is none; -w {WAIT:g}",
         "exit 3 and why, a tenth past the time at most", timed=True)
    def test_name_server(self, score):
        machine.write(self, "resolv.conf", f"nameserver {V4}\n")
        dead = self.unresolved("Temporary failure in name resolution")
        with machine.name_server(answers=3) as asked:
            unknown = self.unresolved("Name or service not known")
            self.assertTrue(asked.is_set())
        with machine.name_server() as asked:
            score.naive, silent = together(
                lambda: self.naive_hangs(NAME),
                lambda: self.unresolved("no answer from the name service within .+", "-w", WAIT))
            self.assertTrue(asked.is_set())
        machine.write(self, "resolv.conf", "")
        none = self.unresolved("Temporary failure in name resolution")
        score.naive = f"silent: {score.naive}"
        score.haild = (f"not known after {ms(unknown.seconds)}; temporary failure after {ms(dead.seconds)}; "
                       f"no answer after {silent.seconds:.2f} s; temporary failure after {ms(none.seconds)}")
        self.runs_out(silent)
        self.assertLessEqual(unknown.seconds, self.latest())
        # musl hears of no refusal, and waits as long as for a silent name server.
        for answer in (dead, none):
            self.assertLessEqual(answer.seconds, self.latest() + (0 if harness.has_glibc() else 5))

    def unresolved(self, reason, *options):
        return self.fails(3, f"{NAME}:{PORT}: resolve: {reason}", *options, NAME, PORT)


class Ends(Row):
    @row("K9", "stdout is closed, /dev/full, a pipe without reader; SIGINT while it resolves, connects, reads",
         "exit 1 and why; ends by the signal within 0.1 s", timed=True)
    def test_cannot_go_on(self, score):
        commands = [["--help"], ["--version"]]
        with Server(says(GREETING)) as short, Server(says(b"x" * 1000000)) as long:
            commands += [[V4, short.port], ["--escape", V4, short.port], ["-b", "1M", V4, long.port]]
            for command in commands:
                self.cannot_write(*command)
        longest = max(self.quickly(0.2, stage) for stage in (self.resolving, self.connecting, self.reading))
        score.haild = f"exit 1 and why, for {len(commands)} commands; SIGINT after {ms(longest)}"
        self.assertLessEqual(longest, within(0.1))

    def cannot_write(self, *command):
        def fails(reason, **options):
            self.judge_failure(ask(*command, **options), 1, f"cannot write to standard output: {reason}")
        if not WRAPPER:  # valgrind takes a closed stream's place
            fails("Bad file descriptor", prefix=WITHOUT_STDOUT)
        with open("/dev/full", "wb") as full:
            fails("No space left on device", stdout=full)
        reader, writer = os.pipe()
        os.close(reader)
        with open(writer, "wb") as pipe:
            fails("Broken pipe", stdout=pipe)

    def resolving(self):
        with machine.name_server() as asked, Running(NAME) as client:
            poll_until(asked.is_set)
            return self.interrupt(client)

    def connecting(self):
        with machine.black_hole(V4), Running(V4, PORT) as client:
            poll_until(lambda: machine.connecting(V4))
            return self.interrupt(client)

    def reading(self):
        with Server(stays()) as server, Running(V4, server.port) as client:
            server.wait_opened()
            client.wait_asleep()
            return self.interrupt(client)


if __name__ == "__main__":
    machine.enter()
    harness.main()
