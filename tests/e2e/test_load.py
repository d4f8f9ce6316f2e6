#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""The benchmark's load generator: fails on each greeting that is not right, and counts those that are."""
import contextlib
import errno
import os
import pathlib
import re
import resource
import socket
import subprocess
import sys
import threading
import time
import unittest

from lib import harness
from lib.harness import Daemon, GREETING, message_file, poll_until, run, start, strerror, temporary_directory
from lib.servers import DatagramServer, Server, answers, refusing, resets, says, stays

LOAD = os.environ.get("LOAD", "bench/load/load")
HEADER = b"whatever they are told to say"
MEBIBYTE = bytes(range(256)) * 4096
LONG_LOG = (r"haild: the greeting has \d+ bytes: .*",)
# What each task needs beside the server, for a few connections.
FEW = {
    "closed": ("--count=20", "--concurrency=4"),
    "open": ("--rate=200", "--seconds=0.1"),
    "hold": ("--count=20",),
}
# How a failure begins: which connection, from where, and how far the greeting was right.
PLACE = r"load: connection \d+ from 127\.\d+\.\d+\.\d+:\d+, at byte {} of {}: {}\n"


def few_descriptors():
    resource.setrlimit(resource.RLIMIT_NOFILE, (100, 100))


class Guard(unittest.TestCase):
    """The guard of the exact figures, which are recorded on one system and taken on another"""

    RECORDED = {"segments": 6, "calls": 5.18, "instructions": 895, "allocations": 0}
    ORIGIN = ["processor x", "system Debian 12", "compiler gcc 12 -O2"]

    def judge(self, figures, system="Debian 12", compiler="gcc 12 -O2"):
        code = (f"from lib import exact; others = exact.differences({self.ORIGIN}, "
                f"[('processor', 'y'), ('system', {system!r}), ('compiler', {compiler!r})]); "
                f"exit(exact.judge({ {**self.RECORDED, **figures} }, {self.RECORDED}, others))")
        bench = pathlib.Path(__file__).resolve().parents[2] / "bench"
        outcome = run(sys.executable, "-c", code, cwd=bench)
        return outcome.exit, outcome.stdout.decode()

    def test_where_it_was_recorded(self):
        self.assertEqual(self.judge({})[0], 0)
        for name in self.RECORDED:
            code, said = self.judge({name: self.RECORDED[name] + 100})
            self.assertEqual(code, 1)
            self.assertIn("exact figures: 3 as recorded, 1 not, 0 not judged\n", said)
        self.assertEqual(self.judge({"instructions": 800})[0], 1)

    def test_elsewhere(self):
        for environment, part in (({"system": "Debian 13"}, "system Debian 12"),
                                  ({"compiler": "gcc 15 -O2"}, "compiler gcc 12 -O2")):
            code, said = self.judge({"instructions": 974}, **environment)
            self.assertEqual(code, 0)
            self.assertIn(f"recorded elsewhere: {part}\n", said)
            self.assertIn("exact figures: 3 as recorded, 0 not, 1 not judged\n", said)
            self.assertEqual(self.judge({"segments": 8}, **environment)[0], 1)

    def test_what_is_recorded_elsewhere_holds_there(self):
        folder = temporary_directory(self)
        (folder / "exact.tsv").write_text("# machine: system Debian 12; compiler gcc 12\nserver\tsegments\tcalls\t"
                                          "instructions\tallocations\nhaild\t6\t5.18\t895\t0\n")
        code = f"""
import pathlib
from lib import exact, machine
exact.RESULTS = pathlib.Path({str(folder)!r})
machine.describe = lambda: [("system", "Debian 13"), ("compiler", "gcc 14 -O2")]
def guard(instructions):
    exact._least_of_haild = lambda _: {self.RECORDED} | {{"instructions": instructions}}
    return exact.guard()
assert guard(974) == 0, "there is nothing to hold it against"
assert guard(975) == 0
assert guard(1100) == 1, "it is held against what was recorded"
"""
        outcome = run(sys.executable, "-c", code, cwd=pathlib.Path(__file__).resolve().parents[2] / "bench")
        self.assertEqual((outcome.exit, outcome.stderr), (0, b""), outcome)
        self.assertIn(b"recorded for this environment: exact.debian-13-gcc-14-o2.tsv\n", outcome.stdout)
        self.assertEqual(outcome.stdout.count(b"exact.debian-13-gcc-14-o2.tsv is held"), 2)


class Load(unittest.TestCase):
    def command(self, task, port, *options, greeting=GREETING):
        return [LOAD, task, f"--port={port}", f"--greeting={message_file(self, greeting)}", *options]

    def load(self, task, port, *options, greeting=GREETING):
        return run(*self.command(task, port, *options, greeting=greeting))

    def numbers(self, task, port, *options, greeting=GREETING):
        """What a run that succeeds tells, by name."""
        result = self.load(task, port, *options, greeting=greeting)
        self.assertEqual((result.exit, result.stderr), (0, b""), result)
        return {name: float(value) for name, value in
                (line.split("\t") for line in result.stdout.decode().splitlines())}


class Failures(Load):
    def fails(self, script, position, complaint, greeting=GREETING, tasks=tuple(FEW)):
        """Every task fails at that byte, with that one line and no figures."""
        for task in tasks:
            with self.subTest(task=task), Server(script) as server:
                result = self.load(task, server.port, *FEW[task], greeting=greeting)
                self.assertEqual((result.exit, result.stdout), (1, b""), result)
                wanted = PLACE.format(position, len(greeting), complaint)
                self.assertRegex(result.stderr.decode(), f"^{wanted}$")

    def test_wrong_first_byte(self):
        self.fails(says(b"h" + GREETING[1:]), 0, "a wrong byte")

    def test_wrong_last_byte(self):
        self.fails(says(GREETING[:-1] + b"R"), 13, "a wrong byte")

    def test_wrong_byte_of_a_long_greeting(self):
        wrong = bytearray(MEBIBYTE)
        wrong[777777] ^= 1
        self.fails(says(wrong), 777777, "a wrong byte", MEBIBYTE)

    def test_short(self):
        self.fails(says(GREETING[:-1]), 13, ".*too short")

    def test_empty(self):
        self.fails(says(), 0, ".*too short")

    # Ends where the generator's buffer does: its read returns all that was asked for.
    def test_short_by_half(self):
        self.fails(says(MEBIBYTE[:512 * 1024]), 512 * 1024, ".*too short", MEBIBYTE)

    def test_long(self):
        self.fails(says(GREETING + b"!"), 14, ".*too long")

    # The byte too many comes when the rest has been read.
    def test_long_later(self):
        self.fails(says(GREETING, b"!", pause=0.05), 14, ".*too long")

    def test_reset_at_once(self):
        self.fails(resets(), 0, "Connection reset by peer")

    # Bytes that came right before the reset may be unread: there is no telling where it comes.
    def test_reset_in_the_middle(self):
        self.fails(resets(GREETING[:5]), "[05]", "Connection reset by peer")

    # All bytes, and yet no end of stream.
    def test_reset_behind_the_greeting(self):
        self.fails(resets(GREETING), "(0|14)", "Connection reset by peer")

    def test_nobody_listens(self):
        for task, options in FEW.items():
            with self.subTest(task=task), refusing() as port:
                result = self.load(task, port, *options)
                self.assertEqual((result.exit, result.stdout), (1, b""), result)
                self.assertRegex(result.stderr.decode(), PLACE.format(0, 14, "Connection refused"))

    # One in a thousand is enough.
    def test_one_among_many(self):
        served = []

        def script(connection):
            served.append(1)
            connection.sendall(GREETING if len(served) != 700 else GREETING.lower())
        with Server(script) as server:
            result = self.load("closed", server.port, "--count=1000", "--concurrency=1")
            self.assertEqual((result.exit, result.stdout), (1, b""), result)
            self.assertRegex(result.stderr.decode(),
                             "^load: connection 700 from .*, at byte 0 of 14: a wrong byte\n$")

    def test_no_more_descriptors(self):
        with Daemon("-q") as daemon:
            for task in ("closed", "hold"):
                words = self.command(task, daemon.port, "--count=1000", "--concurrency=1000")
                result = run(*words, preexec_fn=few_descriptors)
                self.assertEqual((result.exit, result.stdout), (1, b""), result)
                self.assertRegex(result.stderr, rf"^load: cannot open another .*: {strerror(errno.EMFILE)}\n$".encode())

    # An open loop does not wait for answers: a server that gives none runs it out of descriptors.
    def test_stalled_server(self):
        with Daemon("-q", descriptors=False) as daemon, daemon.frozen():
            words = self.command("open", daemon.port, "--rate=10000", "--seconds=5")
            result = run(*words, preexec_fn=few_descriptors)
            self.assertEqual((result.exit, result.stdout), (1, b""), result)
            self.assertIn(strerror(errno.EMFILE).encode(), result.stderr)

    def test_bad_command_lines(self):
        for words, complaint in {
                "": "'' is not closed, open, hold or datagrams",
                "near": "'near' is not closed, open, hold or datagrams",
                "closed --count=1": "--port is missing",
                "closed --port=1 --count=1": "--greeting is missing",
                "closed --port=1 --greeting=x": "--count is missing",
                "closed --port=1 --greeting=x --rate=3": "unknown option '--rate'",
                "open --port=1 --greeting=x": "--rate is missing",
                "open --port=1 --greeting=x --rate=3": "--seconds is missing",
                "open --port=1 --greeting=/dev/null --rate=1 --seconds=0.5": "no connection begins",
                "closed --port=1 --greeting=/dev/null --count=1 --header=/no/file": "cannot read '/no/file'",
                "hold --port=1 --greeting=x --count=1 --mode=loud": "--mode: 'loud' is not ",
                "hold --port=1 --greeting=x --count=1 more": "unexpected argument 'more'",
                "hold --port=1 --greeting=/no/file --count=1": "cannot read '/no/file'",
                "hold --port=1 --greeting=x --count=1 --host=there": "--host: 'there' is no IPv4 address",
                "hold --port=1 --greeting=x --count=1 --core=1000": "cannot run on core 1000"}.items():
            result = run(LOAD, *words.split())
            self.assertEqual((result.exit, result.stdout), (1, b""), words)
            self.assertRegex(result.stderr.decode(), "^load: " + re.escape(complaint) + ".*\n$")


class Counts(Load):
    def test_closed(self):
        with Daemon("-q") as daemon:
            numbers = self.numbers("closed", daemon.port, "--count=3000", "--warm=500", "--concurrency=16")
            self.assertEqual(numbers["greetings"], 3000)
            self.assertAlmostEqual(numbers["per_second"] * numbers["seconds"], 3000, delta=60)
            self.assertTrue(0 < numbers["busy"] < 1.2, numbers)
            self.assertGreater(numbers["load_cpu_us"], 0)
            self.assertEqual(daemon.wait_counters(open=0)["accepted"], 3500)

    def test_fewer_than_at_a_time(self):
        with Daemon("-q") as daemon:
            numbers = self.numbers("closed", daemon.port, "--count=3", "--concurrency=64")
            self.assertEqual(numbers["greetings"], 3)
            self.assertEqual(daemon.wait_counters(open=0)["accepted"], 3)

    def test_closed_with_a_long_greeting(self):
        with Daemon("-q", "-f", message_file(self, MEBIBYTE), log=LONG_LOG) as daemon:
            numbers = self.numbers("closed", daemon.port, "--count=50", "--concurrency=8", greeting=MEBIBYTE)
            self.assertEqual(numbers["greetings"], 50)

    def test_no_reset_is_sent(self):
        with Daemon("-q", "-n", "500") as daemon:
            before = harness.kernel_counter("snmp", "Tcp", "OutRsts")
            self.numbers("closed", daemon.port, "--count=500")
            self.assertEqual(harness.kernel_counter("snmp", "Tcp", "OutRsts"), before)

    def heads(self, port, *options):
        """A command whose clients send a header first."""
        return self.command("closed", port, *options, f"--header={message_file(self, HEADER)}")

    def test_header(self):
        said = []

        def script(connection):
            said.append(connection.recv(len(HEADER) + 1))
            connection.sendall(GREETING)
        with Server(script) as server:
            result = run(*self.heads(server.port, "--count=200", "--concurrency=8"))
            self.assertEqual((result.exit, result.stderr), (0, b""))
            self.assertEqual(said, [HEADER] * 200)

    # The queue is full, so most connect only when there is room again, and send the header then.
    def test_header_after_a_wait(self):
        with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
            listener.settimeout(harness.DEADLINE)
            before = harness.kernel_counter("netstat", "TcpExt", "ListenOverflows")
            process = start(self.heads(listener.getsockname()[1], "--count=4", "--concurrency=4"),
                            stdout=subprocess.PIPE)
            poll_until(lambda: harness.kernel_counter("netstat", "TcpExt", "ListenOverflows") > before)
            for _ in range(4):
                with listener.accept()[0] as client:
                    client.settimeout(harness.DEADLINE)
                    self.assertEqual(client.recv(len(HEADER) + 1), HEADER)
                    client.sendall(GREETING)
            self.assertIn(b"greetings\t4\n", process.communicate(timeout=harness.DEADLINE)[0])
            self.assertEqual(process.returncode, 0)

    # Two hundred sources: none comes twice.
    def test_each_is_called_by_its_address(self):
        with Daemon("-e", "-m", "{instance} sees {peer}!", "--instance=one") as daemon:
            for task in ("closed", "open"):
                self.numbers(task, daemon.port, *FEW[task], "--expand", greeting=b"one sees {peer}!")

    def test_another_address_is_wrong(self):
        with Daemon("-e", "-m", "sees {local}") as daemon:
            result = self.load("closed", daemon.port, *FEW["closed"], "--expand", greeting=b"sees {peer}")
            self.assertEqual(result.exit, 1)
            self.assertRegex(result.stderr.decode(), PLACE.format(r"\d+", r"\d+", "a wrong byte"))

    def test_nothing_to_expand(self):
        result = self.load("closed", 1, *FEW["closed"], "--expand")
        self.assertEqual((result.exit, result.stderr), (1, b"load: --expand: the greeting has no {peer}\n"))

    def test_sources(self):
        with Server(says(GREETING)) as server:
            self.numbers("closed", server.port, "--count=200")
            self.assertEqual(len({address for address, port in server.peers}), 200)

    # A port that is taken for all addresses must not end the run: another one does as well.
    def test_port_in_use(self):
        command = 'read -r _; exec "$@"'
        with Daemon("-q") as daemon, socket.socket() as taken:
            words = self.command("closed", daemon.port, "--count=10")
            process = start(["sh", "-c", command, "sh", *words], stdin=subprocess.PIPE,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            taken.bind(("0.0.0.0", 1024 + process.pid % 30000))
            stdout, stderr = process.communicate(b"\n", harness.DEADLINE)
            self.assertEqual((process.returncode, stderr), (0, b""))
            self.assertIn(b"greetings\t10\n", stdout)

    def test_open(self):
        with Daemon("-q") as daemon:
            numbers = self.numbers("open", daemon.port, "--rate=1000", "--seconds=0.5", "--warm-seconds=0.2")
            self.assertEqual(numbers["greetings"], 500)
            self.assertGreaterEqual(numbers["seconds"], 0.49)
            self.assertLessEqual(numbers["p50_us"], numbers["p99_us"])
            self.assertLessEqual(numbers["p99_us"], numbers["p999_us"])
            self.assertLessEqual(numbers["p999_us"], numbers["max_us"])
            self.assertTrue(0 < numbers["mean_us"] <= numbers["max_us"], numbers)
            self.assertGreaterEqual(numbers["in_flight_max"], 1)
            self.assertLessEqual(numbers["late"], 500)
            self.assertEqual(daemon.wait_counters(open=0)["accepted"], 700)

    # A stall is seen by all that were to begin in it, and not by one alone.
    def test_stall_is_not_hidden(self):
        with Daemon("-q") as daemon:
            words = self.command("open", daemon.port, "--rate=1000", "--seconds=1")
            process = start(words, stdout=subprocess.PIPE)
            poll_until(lambda: daemon.counters()["accepted"] > 100)
            with daemon.frozen():
                before = time.monotonic()
                poll_until(lambda: time.monotonic() > before + 0.4)
            stdout = process.communicate(timeout=harness.DEADLINE)[0].decode()
            numbers = dict(line.split("\t") for line in stdout.splitlines())
            self.assertGreater(float(numbers["max_us"]), 350000)
            self.assertGreater(float(numbers["in_flight_max"]), 200)
            self.assertGreater(float(numbers["mean_us"]), 20000)

    def test_sleeps_between_rare_starts(self):
        with Daemon("-q") as daemon:
            numbers = self.numbers("open", daemon.port, "--rate=10", "--seconds=0.5")
            self.assertEqual(numbers["greetings"], 5)
            self.assertLess(numbers["busy"], 0.5)


class Held(Load):
    @contextlib.contextmanager
    def held(self, port, *options, greeting=GREETING, fails=False):
        """A with-block in which `load hold` holds; afterwards it ends well, or fails."""
        process = start(self.command("hold", port, *options, greeting=greeting), stdin=subprocess.PIPE,
                        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        with process:
            process.line = process.stdout.readline()
            yield process
            stdout, stderr = process.communicate(timeout=harness.DEADLINE)
        self.assertEqual((process.returncode, stdout), (1 if fails else 0, b""), stderr)
        self.assertEqual(stderr != b"", fails, stderr)

    def test_lingering(self):
        with Daemon("-q") as daemon:
            with self.held(daemon.port, "--count=500", "--concurrency=50") as load:
                self.assertEqual(load.line, b"held\t500\n")
                counters = daemon.counters()
                self.assertEqual((counters["accepted"], counters["open"]), (500, 500))
            counters = daemon.wait_counters(open=0)
            self.assertEqual((counters["accepted"], counters["reset"]), (500, 0))

    def test_idle(self):
        with Daemon("-q") as daemon, self.held(daemon.port, "--count=50", "--mode=idle") as load:
            self.assertEqual(load.line, b"held\t50\n")
            self.assertEqual(daemon.counters()["open"], 50)

    # Nothing is read: the daemon cannot get rid of its greeting.
    def test_silent(self):
        with Daemon("-q", "-f", message_file(self, MEBIBYTE), log=LONG_LOG) as daemon:
            options = ("--count=20", "--mode=silent", "--rcvbuf=4K")
            with self.held(daemon.port, *options, greeting=MEBIBYTE) as load:
                self.assertEqual(load.line, b"held\t20\n")
                self.assertEqual(daemon.counters()["open"], 20)

    # A server that doesn't end its side: lingering ones would wait for that.
    def test_no_end_of_stream(self):
        with Server(stays(GREETING)) as server:
            with self.held(server.port, "--count=10", "--mode=idle") as load:
                self.assertEqual(load.line, b"held\t10\n")

    # What is held and then lost is no longer held, whatever stands in "held".
    def test_loss_is_told(self):
        for mode in ("lingering", "idle", "silent"):
            lost = threading.Event()

            def script(connection):
                connection.sendall(GREETING)
                if mode == "lingering":
                    connection.shutdown(socket.SHUT_WR)
                lost.wait(harness.DEADLINE)
                harness.reset(connection)
            with self.subTest(mode=mode), Server(script) as server:
                with self.held(server.port, "--count=5", f"--mode={mode}", fails=True) as load:
                    self.assertEqual(load.line, b"held\t5\n")
                    lost.set()
                    poll_until(lambda: load.poll() is not None)

    def test_19000(self):
        harness.raise_descriptor_limit(19100)
        with Daemon("-q", "-t", "600", "--idle", "600") as daemon:
            overflows = harness.kernel_counter("netstat", "TcpExt", "ListenOverflows")
            with self.held(daemon.port, "--count=19000") as load:
                self.assertEqual(load.line, b"held\t19000\n")
                self.assertEqual(daemon.counters()["open"], 19000)
                self.assertEqual(self.numbers("closed", daemon.port, "--count=100")["greetings"], 100)
            self.assertEqual(harness.kernel_counter("netstat", "TcpExt", "ListenOverflows"), overflows)
            daemon.wait_counters(open=0)


class Datagrams(Load):
    FEW = ("--count=200", "--concurrency=8")

    def fails_by_datagram(self, script, complaint):
        with DatagramServer(script) as server:
            result = self.load("datagrams", server.port, *self.FEW)
            self.assertEqual((result.exit, result.stdout), (1, b""), result)
            self.assertEqual(result.stderr.decode(), f"load: {complaint}\n")

    def test_counts(self):
        with Daemon("-q", "-u", "--rate-per-source=0") as daemon:
            numbers = self.numbers("datagrams", daemon.port, *self.FEW, "--size=15")
            self.assertGreaterEqual(numbers["greetings"], 200)
            self.assertLess(numbers["greetings"], 200 + 8)
            self.assertEqual(numbers["lost"], 0)
            # What was still under way at the end may not be counted yet.
            poll_until(lambda: daemon.counters()["datagrams"] >= numbers["greetings"])

    def test_wrong_answer(self):
        self.fails_by_datagram(answers(GREETING.lower()), "an answer of 14 bytes is not the greeting")

    def test_short_answer(self):
        self.fails_by_datagram(answers(GREETING[:-1]), "an answer of 13 bytes is not the greeting")

    def test_long_answer(self):
        self.fails_by_datagram(answers(GREETING + b"!"), "an answer of 15 bytes is not the greeting")

    def test_one_wrong_among_many(self):
        def script(server, number, peer):
            server.say(GREETING if number != 100 else GREETING[::-1], peer)
        self.fails_by_datagram(script, "an answer of 14 bytes is not the greeting")

    def test_lost_request_is_asked_again(self):
        def script(server, number, peer):
            if number != 2:
                server.say(GREETING, peer)
        with DatagramServer(script) as server:
            numbers = self.numbers("datagrams", server.port, "--count=20", "--concurrency=1")
            self.assertEqual((numbers["greetings"], numbers["lost"]), (20, 1))
            self.assertEqual({len(request) for request in server.requests}, {512})

    def test_nobody_answers(self):
        with DatagramServer(answers(GREETING)) as server:
            port = server.port
        result = self.load("datagrams", port, *self.FEW)
        self.assertEqual((result.exit, result.stdout), (1, b""), result)
        self.assertRegex(result.stderr, b"^load: cannot (send|receive): Connection refused\n$")

    def test_bad_command_lines(self):
        for words, complaint in {
                "--port=1 --greeting=x": "--count is missing",
                "--port=1 --greeting=x --count=1 --concurrency=65": "--concurrency: '65' is not a number from 1 to 64",
                "--port=1 --greeting=x --count=1 --rate=3": "unknown option '--rate'"}.items():
            result = run(LOAD, "datagrams", *words.split())
            self.assertEqual((result.exit, result.stdout), (1, b""), result)
            self.assertIn(complaint, result.stderr.decode())


if __name__ == "__main__":
    harness.enter_network_namespace()
    harness.main()
