#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Security: what a hostile peer can make of a terminal, a log, or the memory of the daemon."""
import collections
import contextlib
import os
import re
import signal
import socket
import unittest
from unittest import mock

from lib import harness, wild
from lib.clients import ClientTest
from lib.confined import FORBIDDEN, attempt, need_seccomp
from lib.errands import Errands
from lib.harness import (
    Daemon, GREETING, datagrams_to, has_heard, is_sanitized, need, poll_until, raise_descriptor_limit, read_all,
    temporary_directory)
from lib.hostile import HOSTILE, count_raw, in_line, is_harmless
from lib.naive import NaiveAnswerer, NaiveServer
from lib.rows import row, times
from lib.scrape import Nuisance, scrape


class Hostile(ClientTest):
    """Bytes that would drive a terminal or forge a line, wherever one of our programs shows bytes"""

    # What an argument or the name of a file can have in it, short enough for that of a UNIX socket.
    TEXTS = [b"x\nhaild: forged", *(text.replace(b"\0", b"").replace(b"/", b"")[:40] or b"\n"
                                    for text in HOSTILE.values())]
    TEXTS = TEXTS[:times(len(TEXTS), full=len(TEXTS))]
    GREETINGS = [*HOSTILE.values()][:times(len(HOSTILE), full=len(HOSTILE))]

    def setUp(self):
        self.folder = temporary_directory(self)
        self.path = os.fsencode(self.folder) + b"/"

    def greetings(self):
        """Has haild say each of them, and hailto show it in each way; returns how many."""
        message = self.folder / "message"
        for said in self.GREETINGS:
            message.write_bytes(said)
            with Daemon("-q", "-l", "127.0.0.1", "-f", message) as daemon:
                self.shows(said, daemon.port)
        return len(self.GREETINGS)

    def raw_bytes_of_raw(self):
        """How many would come to the terminal if they were let."""
        message = self.folder / "message"
        message.write_bytes(b"".join(HOSTILE.values()))
        with Daemon("-q", "-l", "127.0.0.1", "-f", message) as daemon:
            return count_raw(self.on_screen("--raw", "127.0.0.1", daemon.port).screen)

    def log(self):
        """Writes such names into the log of haild: of the socket itself, and of peers. Returns its lines."""
        path = self.path + self.TEXTS[0]
        names = [self.path + b"%d" % number + text for number, text in enumerate(self.TEXTS)]
        with Daemon("-v", "-l", "unix:" + os.fsdecode(path), port=None) as daemon:
            self.assertEqual(daemon.addresses, [f"unix:{in_line(path)}"])
            for name in names:
                with socket.socket(socket.AF_UNIX) as client:
                    client.bind(name)
                    client.connect(path)
                    self.assertEqual(read_all(client), GREETING)
            daemon.wait_counters(open=0)
            lines = daemon.log_bytes().splitlines(keepends=True)
        self.assertTrue(is_harmless(b"".join(lines)))
        told = [line.decode() for line in lines if not line.startswith(b"counters: ")]
        self.assertRegex(told.pop(0), r"\Asandbox: ")
        self.assertRegex(told.pop(0), r"\Ahaild \S+ \(libevent .*\n\Z")
        for kind in ("connected: unix:", "closed: unix:"):
            self.assertEqual(sorted(line.partition(": done, ")[0].rstrip("\n")
                                    for line in told if line.startswith(kind)),
                             sorted(kind + in_line(name) for name in names))
        self.assertEqual(len(told), 2 * len(names))
        return len(told) + 2

    def complaints(self, name, *command_lines):
        """Puts each text behind each command line, which the program must refuse in one line that has the
        text (of an option only its name). Returns how many lines that were."""
        for text in self.TEXTS:
            for *words, last in command_lines:
                answer = harness.run(name, *words, os.fsdecode(last + text))
                self.assertTrue(answer.exit > 0 and answer.stdout == b"", answer)
                self.assertTrue(is_harmless(answer.stderr), answer)
                self.assertRegex(answer.stderr, rb"\A[^\n]+\n\Z")
                self.assertIn(in_line(text.partition(b"=")[0]).encode(), answer.stderr)
        return len(self.TEXTS) * len(command_lines)

    @row("S6", "every byte, OSC 52, CSI, C1 and more: to a terminal, as names in the log, in what is refused",
         "0 raw control bytes; 1 event is 1 line; --raw and a pipe get the very bytes")
    def test_hostile_bytes(self, score):
        raw = self.raw_bytes_of_raw()
        self.assertGreater(raw, 0)
        score.naive = f"--raw: {raw} raw control bytes"
        greetings, lines = self.greetings(), self.log()
        missing = self.path + b"missing/"
        complaints = self.complaints("haild", [b"-p"], [b"-l["], [b"-t"], ["-f", missing], [b"x"], [b"--x"],
                                     ["-l", b"unix:" + missing])
        complaints += self.complaints("hailto", [b"["], ["host:1", b"x"], [b"-s"], [b"-w"], [b"--x"],
                                      [b"unix:" + missing])
        score.haild = (f"0 raw control bytes in {greetings} greetings on a terminal, {lines} lines of a log "
                       f"and {complaints} of complaint")


class Amplification(unittest.TestCase):
    """What an attacker gains who sends datagrams in a victim's name: the bytes of an answer, for each sent"""

    LARGEST = 1500
    # No more at a time than the kernel keeps for a daemon that does not get the processor.
    BATCH = 50

    def answers_to(self, daemon, sizes):
        """Sends a datagram of each size; returns the size of the answer, by that of its request."""
        with contextlib.ExitStack() as stack:
            clients = {size: stack.enter_context(datagrams_to(daemon.port)) for size in sizes}
            before = daemon.counters()["datagrams"]
            for size, client in clients.items():
                client.send(bytes(size))
            daemon.wait_counters(datagrams=before + len(sizes))
            return {size: len(client.recv(1 << 16)) for size, client in clients.items() if has_heard(client)}

    def factor(self, greeting, longest, *options):
        """Tries every size; every request above the greeting's `longest` form must have its answer.
        Returns the greatest factor."""
        answers = {}
        log = [".* bytes from .* not answered: .*"]
        with Daemon("-u", "--rate-per-source=0", "-l", "127.0.0.1", "-m", greeting, *options, log=log) as daemon:
            for start in range(0, self.LARGEST + 1, self.BATCH):
                answers |= self.answers_to(daemon, range(start, min(start + self.BATCH, self.LARGEST + 1)))
            counters = daemon.counters()
            self.assertEqual(counters["datagrams"], self.LARGEST + 1)
            self.assertEqual(counters["datagrams_answered"], len(answers))
            self.assertEqual(counters["datagrams_too_small"], self.LARGEST + 1 - len(answers))
        self.assertLessEqual(set(range(longest + 1, self.LARGEST + 1)), set(answers))
        self.assertEqual([size for size, answer in answers.items() if answer >= size], [])
        return max(answer / request for request, answer in answers.items())

    @row("S5", "datagrams of 0 to 1500 bytes each, to four greetings, as if in a victim's name",
         "no answer is as long as its request: factor < 1.00")
    def test_amplification(self, score):
        with NaiveAnswerer(512) as server, datagrams_to(server.port) as client:
            client.send(b"x")
            naive = len(client.recv(1 << 16))
        score.naive = f"factor {naive}.00"
        self.assertGreater(naive, 1)
        factors = [self.factor("Hi from server", 14), self.factor("", 0), self.factor("x" * 512, 512),
                   self.factor("{peer} - {serial}", len("127.0.0.1:65535 - 9999"), "-e")]
        score.haild = f"factor {max(factors):.3f} in {len(factors) * (self.LARGEST + 1)} requests"
        self.assertLess(max(factors), 1)


def sanitized_haild():
    """A with-block in which haild is the one built with sanitizers, if script/test --full has made it."""
    path = os.environ.get("HAILD_SANITIZED")
    return mock.patch.dict(os.environ, {"HAILD": path}) if path else contextlib.nullcontext()


# How many scripts there were, and came to the end of stream; bytes that they sent; how many broke off.
Done = collections.namedtuple("Done", "scripts ended spoken broken")


class Scripts(unittest.TestCase):
    """Random scripts in batches; every second one finds the daemon standing still, and waits in the queue."""

    BATCH = 250

    def let_loose(self, server, addresses, count, check):
        """Lets so many do their scripts, and has check(client) judge each; returns what they all did."""
        ended = spoken = broken = 0
        for start in range(0, count, self.BATCH):
            clients = [wild.Client(addresses[number % len(addresses)], number)
                       for number in range(start, min(start + self.BATCH, count))]
            is_odd = start // self.BATCH % 2
            wild.let_loose(clients, contextlib.nullcontext() if is_odd else server.frozen())
            for client in clients:
                check(client)
                ended += client.ended
                spoken += client.spoken
                broken += client.problem is not None
        return Done(count, ended, spoken, broken)

    def check_counters(self, daemon, done, greeting):
        """What the daemon has counted must be what the clients have done."""
        counters = daemon.wait_counters(open=0)
        accepted, greeted = counters["accepted"], counters["greeted"]
        self.assertEqual(accepted, done.scripts)
        self.assertEqual(accepted, greeted + counters["reset_greeting"])
        self.assertLessEqual(done.ended, greeted)
        self.assertTrue(greeted <= counters["bytes_sent"] / len(greeting) <= accepted, counters)
        self.assertLessEqual(counters["bytes_discarded"], done.spoken)
        for name in ("timed_out_greeting", "timed_out_linger", "flooded", "evicted", "stopped", "failed"):
            self.assertEqual(counters[name], 0, name)

    def patient(self, count, greeting, *options, log=()):
        """A daemon that leaves the end to its clients: whoever waits for it hears the whole greeting.
        Returns how many waited."""
        def check(client):
            self.assertIsNone(client.problem, client)
            self.assertTrue(greeting == client.heard if client.ended else
                            greeting.startswith(client.heard), client)
        path = temporary_directory(self) / "socket"
        with Daemon("-q", "--timeout", "10m", "--idle", "10m", "-l", "localhost", "-l", f"unix:{path}",
                    *options, log=log) as daemon:
            tcp = ("127.0.0.1", daemon.port)
            done = self.let_loose(daemon, [tcp, tcp, tcp, ("::1", daemon.port), str(path)], count, check)
            self.check_counters(daemon, done, greeting)
        return done.ended

    def hasty(self, count, greeting, *options, log=()):
        """A daemon with little patience and room: many are cut, but nobody hears anything else."""
        def check(client):
            self.assertTrue(greeting.startswith(client.heard), client)
        with Daemon("-q", "--timeout", "100ms", "--idle", "5ms", "-c", "50", *options, log=log) as daemon:
            self.let_loose(daemon, [("127.0.0.1", daemon.port)], count, check)
            self.assertEqual(daemon.wait_counters(open=0)["accepted"], count)

    def naive(self):
        """What one batch makes of the naive server, which may even die of it: SIGPIPE."""
        with NaiveServer() as server:
            done = self.let_loose(server, [("127.0.0.1", server.port)], self.BATCH, lambda client: None)
            death = "" if server.is_running() else ", then it died"
        self.assertGreater(done.broken, 0)
        return f"{done.broken} of {done.scripts} cut{death}"

    @row("S8", "random scripts: split, delay, half-close, reset, talk first, leave early; ASan and UBSan",
         "0 reports, 0 cut, counters add up")
    def test_random_scripts(self, score):
        raise_descriptor_limit(2 * self.BATCH)
        count, large = times(4000, full=100000), bytes(range(256)) * 512
        path = temporary_directory(self) / "message"
        path.write_bytes(large)
        file, log = ("-f", path), [r"haild: the greeting has 131072 bytes: .*"]
        score.naive = self.naive()
        with sanitized_haild():
            ended = self.patient(count * 8 // 10, GREETING) + self.patient(count // 10, large, *file, log=log)
            self.hasty(count // 10, large, *file, log=log)
            build = "ASan and UBSan" if is_sanitized() else "no sanitizers in this build"
        score.haild = f"{count} scripts ({build}): 0 reports, 0 of {ended} cut, counters add up"


class Sandbox(unittest.TestCase):
    """What is left to whoever has taken the process over."""

    # Most libevent would choose another way to wait, or other calls, by these.
    SWITCHES = {name: "1" for name in ("EVENT_NOEPOLL", "EVENT_NOPOLL", "EVENT_NOSELECT", "EVENT_PRECISE_TIMER",
                                       "EVENT_EPOLL_USE_CHANGELIST")}

    def setUp(self):
        need_seccomp(self)

    @row("S1", "all that haild does at once, again and again: TCP, UDP, UNIX sockets, PROXY headers, HTTP, reloads",
         "not one ended by SIGSYS; Seccomp 2, NoNewPrivs 1")
    def test_everything_works_inside(self, score):
        rounds = times(10, full=500)
        with Errands(self) as errands:
            clients = sum(errands.run() for _ in range(rounds))
            status = errands.daemon.status("Seccomp"), errands.daemon.status("NoNewPrivs")
            self.assertEqual(status, ("2", "1"))
        score.haild = f"{clients} clients and {rounds} reloads, then exit 0: 0 SIGSYS; Seccomp 2, NoNewPrivs 1"

    @row("S2", "15 calls that an attacker wants, each by a process in the same sandbox: execve, open, fork, ...",
         "each is its end by SIGSYS")
    def test_forbidden_calls(self, score):
        ends = [attempt("sandbox", deed, "1") for deed in FORBIDDEN]
        outside = [attempt("sandbox", deed, "1", "--no-sandbox") for deed in FORBIDDEN]
        score.naive = f"--no-sandbox: {outside.count(-signal.SIGSYS)} of {len(ends)}"
        score.haild = f"{ends.count(-signal.SIGSYS)} of {len(ends)}"
        self.assertEqual(set(ends), {-signal.SIGSYS})
        self.assertNotIn(-signal.SIGSYS, outside)

    def calls_inside(self, path):
        """The names of the calls that a trace has after the sandbox was entered."""
        before, _, inside = path.read_text(errors="replace").partition("seccomp(SECCOMP_SET_MODE_FILTER")
        self.assertTrue(before and inside)
        return set(re.findall(r"^(?:\d+ +)?(\w+)\(", inside, re.MULTILINE))

    @row("S3", "the same under strace, with libevent's switches in the environment",
         "at most 32 kinds of system calls, each allowed; the switches change nothing")
    def test_few_calls_are_made(self, score):
        need("strace")
        trace = temporary_directory(self) / "trace"
        rounds = times(2, full=50)
        with Errands(self, env=self.SWITCHES, prefix=("strace", "-D", "-f", "-qq", "-o", trace)) as errands:
            clients = sum(errands.run() for _ in range(rounds))
            allowed = int(re.search(r"seccomp with (\d+) kinds of system calls", errands.daemon.log())[1])
            errands.daemon.wait_log(r"\(libevent \S+ epoll\)")
        # The tracer is no child of ours: its file is whole when the last call is there.
        poll_until(lambda: "exit_group(" in trace.read_text(errors="replace"))
        made = self.calls_inside(trace)
        self.assertLessEqual(allowed, 32)
        self.assertLessEqual(len(made), allowed)
        self.assertNotIn("poll", made)
        score.haild = f"{len(made)} system calls for {clients} clients, {allowed} kinds allowed; epoll with all switches"

    @row("S4", "as root on port 17, with --user=nobody; where that change is impossible",
         "all ids nobody's, no groups, no capabilities; exit 5, nobody served")
    def test_root_is_given_up(self, score):
        if os.geteuid() != 0:
            self.skipTest("only root can become somebody else")
        address, number = harness.own_address(), "65534"
        with Daemon("-q", "-l", f"{address}:17", f"--user={number}:{number}", port=None) as daemon:
            with harness.connect(17, address) as client:
                self.assertEqual(read_all(client), GREETING)
            ids = [daemon.status(field).split() for field in ("Uid", "Gid")]
            groups = daemon.status("Groups")
            sets = [daemon.status(f"Cap{name}") for name in ("Inh", "Prm", "Eff", "Bnd", "Amb")]
        self.assertEqual(ids, [[number] * 4] * 2)
        self.assertEqual((groups, {int(capabilities, 16) for capabilities in sets}), ("", {0}))
        refused = harness.run("haild", "-l", f"{address}:17", f"--user={number}:{number}",
                              prefix=("setpriv", "--bounding-set=-setuid,-setgid", "--inh-caps=-setuid,-setgid"))
        self.assertEqual((refused.exit, refused.stdout), (5, b""), refused)
        score.haild = "4 uids and 4 gids nobody's, 0 groups, 0 capabilities; exit 5, nobody served"


class Metrics(unittest.TestCase):
    CLIENTS = 300

    def greet_amid(self, daemon, greetings):
        """Lets the nuisances go on while clients are greeted, each after the other; those that are cut come again.
        Returns how many were greeted whole, and how many nuisances there were."""
        nuisances = [Nuisance(daemon.metrics_port, number) for number in range(self.CLIENTS)]
        whole, number = 0, self.CLIENTS
        for _ in range(greetings):
            whole += daemon.greeting() == GREETING
            for place, nuisance in enumerate(nuisances):
                if not nuisance.act():
                    nuisances[place] = Nuisance(daemon.metrics_port, number)
                    number += 1
        for nuisance in nuisances:
            nuisance.client.close()
        return whole, number

    @row("S9", "300 HTTP clients at --metrics at once: silent, trickling, deaf, with endless heads, garbage or resets; "
         "others are greeted meanwhile", "all greeted whole; the counters are those of the greeted; then /metrics is answered")
    def test_hostile_http_clients(self, score):
        raise_descriptor_limit(2 * self.CLIENTS + 100)
        count = times(50, full=1000)
        with Daemon("-q", "-l", "127.0.0.1", "-c", "4", "--metrics", "127.0.0.1:0") as daemon:
            whole, nuisances = self.greet_amid(daemon, count)
            self.assertEqual(whole, count)
            counters = daemon.wait_counters(open=0)
            self.assertEqual((counters["accepted"], counters["greeted"]), (count, count))
            found = scrape(daemon.metrics_port)
            self.assertEqual(found["haild_connections_accepted_total"], count)
            self.assertEqual(found["haild_accept_pauses_total"], counters["accept_pauses"])
        score.haild = (f"{whole} of {count} greeted whole amid {nuisances} such clients; counted: "
                       f"{counters['accepted']}; then answered")


if __name__ == "__main__":
    harness.main()
