#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""The forms of the log: JSON that no parser stumbles over, times, and priorities for the journal."""
import json
import os
import random
import re
import signal
import socket
import subprocess
import unicodedata
import unittest

from lib import harness
from lib.harness import Daemon, GREETING, poll_until, read_all, run, temporary_directory

TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"
# What the harness takes for a usual line, whatever it says; the tests here look closer.
ANY_JSON, ANY_TIMED = r"\{.*\}", rf"{TIME} .+"
SEED = int(os.environ.get("HAILD_SEED", random.randrange(1 << 32)))


def unescaped(shown):
    """The bytes that a shown address stands for."""
    return re.sub(rb"\\x([0-9A-F]{2})|\\([0-7]{3})",
                  lambda found: bytes([int(found[1], 16) if found[1] else int(found[2], 8)]), shown.encode())


def is_control(character):
    """Whether it would drive a terminal."""
    return unicodedata.category(character) == "Cc"


def jq_lines(test, log):
    """What jq reads of a log, one object a line; it must find as many as there are lines."""
    harness.need("jq")
    test.assertTrue(log.endswith(b"\n"), log[-200:])
    test.assertFalse([line for line in log.decode().splitlines() if any(map(is_control, line))])
    result = run("jq", "-c", ".", input=log)
    test.assertEqual((result.exit, result.stderr), (0, b""))
    found = [json.loads(line) for line in result.stdout.splitlines()]
    test.assertEqual(len(found), log.count(b"\n"))
    test.assertEqual(found, [json.loads(line) for line in log.splitlines()])
    for line in found:
        test.assertRegex(line["time"], rf"\A{TIME}\Z")
        test.assertIn(line["level"], ("error", "warning", "info", "debug"))
    return found


def random_bytes(dice, without=b"\0", most=60):
    """Bytes as no program should put them in a name; some are pieces of JSON, UTF-8 or escapes."""
    pieces = [b'"', b"\\", b"\\ud800", b"\\x41", b"\\u", b"\xed\xa0\x80", b"\xed\xb0\x80", b"\xf0\x9f\x98\x80", b"\xe2\x80\xae",
              b"\xe2\x80\xa8", b"\xc2\x85", b"\xef\xbb\xbf", b"\n", b"\r", b"\x1b[2J", b"\x7f", b"{", b"},", b"\xff", b"%s"]
    made = b""
    for _ in range(dice.randrange(1, 20)):
        made += dice.choice(pieces) if dice.random() < 0.5 else dice.randbytes(dice.randrange(1, 5))
    return bytes(byte for byte in made if byte not in without)[:most] or b"x"


class Json(unittest.TestCase):
    def setUp(self):
        self.folder = temporary_directory(self)

    def lines(self, daemon, event):
        """The objects of that event so far."""
        found = map(json.loads, daemon.whole_log().splitlines())
        return [line for line in found if line.get("event") == event]

    def wait_line(self, daemon, event):
        return poll_until(lambda: self.lines(daemon, event))[0]

    def test_connection(self):
        with Daemon("-v", "--log=json", log=[ANY_JSON]) as daemon:
            with daemon.connect() as client:
                client.sendall(b"hello")
                self.assertEqual(read_all(client), GREETING)
                peer, local = ("{}:{}".format(*name()) for name in (client.getsockname, client.getpeername))
            connected, closed = self.wait_line(daemon, "connected"), self.wait_line(daemon, "closed")
            del connected["time"], closed["time"]
            self.assertEqual(connected, {"level": "info", "message": f"connected: {peer}", "event": "connected",
                                         "peer": peer, "local": local})
            message, duration = closed.pop("message"), closed.pop("duration")
            knows = harness.has("HAVE_STRUCT_TCP_INFO_TCPI_BYTES_ACKED")
            self.assertEqual(closed, {"level": "debug", "event": "closed", "peer": peer, "local": local,
                                      "reason": "done", "sent": 14, "received": 5, "duration_at_most": not knows})
            self.assertEqual(message, f"closed: {peer}: done, 14 bytes sent, 5 discarded, "
                                      f"{'' if knows else 'up to '}{round(duration * 1000)} ms")
            jq_lines(self, daemon.whole_log().encode())

    def test_datagram(self):
        with Daemon("-v", "-u", "--log=json", log=[ANY_JSON]) as daemon:
            self.assertEqual(daemon.answer(bytes(100)), GREETING)
            answered = self.wait_line(daemon, "answered")
            self.assertEqual((answered["local"], answered["sent"]), (f"127.0.0.1:{daemon.port}", 14))
            self.assertEqual(answered["message"], f"answered: {answered['peer']}: 14 bytes")

    def test_counters(self):
        with Daemon("-q", "--log=json", log=[ANY_JSON]) as daemon:
            self.assertEqual(daemon.greeting(), GREETING)
            poll_until(lambda: self.ask(daemon)["open"] == 0)
            counters = self.ask(daemon)
            said = {name: int(value) for name, value in re.findall(r"(\w+)=(\d+)", counters["message"])}
            self.assertEqual({name: counters[name] for name in said}, said)
            self.assertEqual((counters["level"], said["accepted"], said["bytes_sent"]), ("info", 1, 14))
            self.assertEqual(set(counters) - set(said), {"time", "level", "message", "event"})

    def ask(self, daemon):
        before = len(self.lines(daemon, "counters"))
        daemon.signal(signal.SIGUSR1)
        return poll_until(lambda: self.lines(daemon, "counters")[before:])[0]

    # Each byte of a name comes back, and jq loses no line to any of them.
    def greet_hostile_peers(self, count, name, bind_to):
        dice = random.Random(SEED)
        target = self.folder / "socket"
        expected = []
        with Daemon("-v", "--log=json", "-l", f"unix:{target}", port=None, log=[ANY_JSON]) as daemon:
            for number in range(count):
                theirs = name(dice, number)
                with socket.socket(socket.AF_UNIX) as client:
                    client.settimeout(harness.DEADLINE)
                    client.bind(theirs)
                    client.connect(str(target))
                    self.assertEqual(read_all(client), GREETING)
                expected.append(bind_to(theirs))
            poll_until(lambda: daemon.log_bytes().count(b'"event":"closed"') == count)
            log = daemon.log_bytes()
        found = jq_lines(self, log)
        for event in ("connected", "closed"):
            lines = [line for line in found if line.get("event") == event]
            self.assertEqual([unescaped(line["peer"]) for line in lines], expected, f"HAILD_SEED={SEED}")
            for line in lines:
                self.assertTrue(line["message"].startswith(f"{event}: {line['peer']}"), line)
                self.assertEqual(line["local"], f"unix:{target}")

    def test_hostile_paths(self):
        self.greet_hostile_peers(
            1000, lambda dice, number: os.fsencode(self.folder) + b"/%d-" % number + random_bytes(dice, without=b"\0/"),
            lambda theirs: b"unix:" + theirs)

    def test_hostile_abstract_names(self):
        if not harness.has("HAVE_ABSTRACT_SOCKETS"):
            self.skipTest("the programs know no abstract sockets")
        self.greet_hostile_peers(
            2000, lambda dice, number: b"\0%d-%d-" % (os.getpid(), number) + random_bytes(dice, without=b""),
            lambda theirs: b"unix:@" + theirs[1:])

    # Whatever a start complains of, the message is what the text says.
    def test_hostile_starts(self):
        dice = random.Random(SEED)
        log, expected = b"", []
        for number in range(150):
            word = random_bytes(dice, most=300)
            options = (["-l", word], [b"--" + word], ["-f", word], ["-l", b"unix:/nowhere/" + word[:80]], ["-p", word],
                       ["-e", "-m", b"{" + word], ["--socket-mode", word], [b"x" + word])[number % 8]
            options = [os.fsdecode(option) for option in options]
            text, objects = run("haild", *options, "--check"), run("haild", "--log=json", *options, "--check")
            self.assertEqual(text.exit, objects.exit)
            log += objects.stderr
            expected += [line.removeprefix("haild: ") for line in text.stderr.decode().splitlines()]
        self.assertEqual([line["message"] for line in jq_lines(self, log)], expected, f"HAILD_SEED={SEED}")

    def test_long_messages(self):
        for filler in ('"', "\\", "\n", "x", "\udcff", "\u202e"):
            result = run("haild", "--log=json", "-f", "/" + filler * 3000)
            self.assertEqual(result.exit, 4)
            self.assertLessEqual(len(result.stderr), 4096)
            (line,) = jq_lines(self, result.stderr)
            self.assertTrue(line["message"].startswith("cannot open the message file /"), line)

    def test_complaint_shows_the_place(self):
        result = run("haild", "--log=json", "-e", "-m", "you are {peeer}\\n")
        found = jq_lines(self, result.stderr)
        self.assertEqual([line["level"] for line in found], ["error"] * 3)
        self.assertEqual([line["message"] for line in found][1:], ["  you are {peeer}\\n", "          ^"])

    def test_form_counts_from_the_option_on(self):
        for options, is_json in ((["--log=json", "-x"], True), (["-x", "--log=json"], False), (["--log=xml"], False),
                                 (["--log=text", "-x"], False), (["--log", "json", "-q", "-v"], True)):
            result = run("haild", *options)
            self.assertEqual(result.exit, 2)
            self.assertRegex(result.stderr, rb"\A\{[^\n]+\}\n\Z" if is_json else rb"\Ahaild: [^\n]+\n\Z")

    def test_lost_lines(self):
        reader, writer = os.pipe()
        process, port = start(["-v", "--log=json"], writer)
        os.close(writer)
        for _ in range(800):
            with harness.connect(port) as client:
                self.assertEqual(read_all(client), GREETING)
        first = os.read(reader, 1 << 20)
        with harness.connect(port) as client:
            self.assertEqual(read_all(client), GREETING)
        with os.fdopen(reader, "rb") as pipe:
            process.terminate()
            rest = pipe.read()
        self.assertEqual(process.wait(harness.DEADLINE), 0)
        lost = [line for line in jq_lines(self, first + rest) if line.get("event") == "lost"]
        self.assertGreater(sum(line["lines"] for line in lost), 0)
        for line in lost:
            self.assertRegex(line["message"], rf"\A{line['lines']} log lines? lost: ")
            self.assertEqual(line["level"], "warning")


def start(options, stderr, env=None):
    """Starts haild with that standard error; returns the process and its port."""
    process = harness.start(harness.command_of("haild", [*options, "-l", "127.0.0.1", "-p", "0"]),
                            env=harness.environment(env), stdout=subprocess.PIPE, stderr=stderr)
    with process.stdout as stdout:
        address = harness.read_until_end(stdout.fileno(), os.read)
    return process, int(address.rpartition(b":")[2])


class Time(unittest.TestCase):
    def test_each_line_begins_with_it(self):
        with Daemon("-v", "--log-time", log=[ANY_TIMED]) as daemon:
            self.assertEqual(daemon.greeting(), GREETING)
            daemon.wait_log(rf"^{TIME} connected: 127\.0\.0\.1:\d+$")
            daemon.wait_log(rf"^{TIME} closed: 127\.0\.0\.1:\d+: ")

    def test_complaint_has_it(self):
        result = run("haild", "--log-time", "--nonsense")
        self.assertRegex(result.stderr.decode(), rf"\A{TIME} haild: unknown option '--nonsense'")


class Stopped(unittest.TestCase):
    def end(self, *options):
        """Greets one client, and returns the lines that the log ends with."""
        reader, writer = os.pipe()
        process, port = start(options, writer)
        os.close(writer)
        with harness.connect(port) as client:
            self.assertEqual(read_all(client), GREETING)
        process.terminate()
        with os.fdopen(reader, "rb") as pipe:
            lines = pipe.read().splitlines()
        self.assertEqual(process.wait(harness.DEADLINE), 0)
        return lines

    def test_last_line_has_the_counters(self):
        self.assertRegex(self.end()[-1], rb"\Astopped: accepted=1 greeted=1 .* open=0\Z")

    def test_last_object_has_the_counters(self):
        last = json.loads(self.end("--log=json")[-1])
        self.assertEqual([last[name] for name in ("event", "level", "accepted", "bytes_sent", "open")],
                         ["stopped", "info", 1, 14, 0])

    def test_quiet_has_none(self):
        self.assertEqual(self.end("-q"), [])
        self.assertEqual(self.end("-q", "--log=json"), [])

    # Those still open are counted before.
    def test_client_that_is_cut_counts(self):
        with Daemon("--drain", "10ms", "--idle", "60s") as daemon, daemon.connect() as client:
            read_all(client)
            self.assertEqual(daemon.stop(), 0)
            self.assertEqual(len(daemon.log_lines("stopped: accepted=1 greeted=1 .* stopped=1 .* open=0")), 1)

    def test_failed_start_has_none(self):
        result = run("haild", "-l", "unix:/no/such/folder/socket")
        self.assertEqual((result.exit, result.stderr.count(b"\n")), (3, 1))


class Journal(unittest.TestCase):
    """Standard error is the stream that systemd says it is, or not."""

    def log_of(self, options, make, stream):
        """What haild logs to one end of a pair, with what `stream` makes of it in JOURNAL_STREAM."""
        reader, writer = make()
        status = os.fstat(writer)
        process, port = start(options, writer, {"JOURNAL_STREAM": stream(status.st_dev, status.st_ino)})
        os.close(writer)
        with harness.connect(port) as client:
            self.assertEqual(read_all(client), GREETING)
        process.terminate()
        with os.fdopen(reader, "rb") as end:
            log = end.read().decode()
        self.assertEqual(process.wait(harness.DEADLINE), 0)
        return log.splitlines()

    def pair(self):
        return [end.detach() for end in socket.socketpair()]

    def test_priorities(self):
        for make in (os.pipe, self.pair):
            lines = self.log_of(["-v", "-b", "2000000000"], make, "{}:{}".format)
            self.assertEqual([line[:3] for line in lines if "backlog" in line], ["<4>"] * ("backlog" in str(lines)))
            for line in lines:
                self.assertRegex(line, r"\A(<4>haild: |<6>sandbox: |<6>haild |<6>connected: |<7>closed: |<6>stopped: )")

    def test_json_has_them_before_the_object(self):
        for line in self.log_of(["-v", "--log=json"], self.pair, "{}:{}".format):
            self.assertRegex(line, r"\A<[67]>\{.*\}\Z")
            json.loads(line[3:])

    def test_other_streams_have_none(self):
        for stream in (lambda device, inode: f"{device}:{inode + 1}", lambda device, inode: f"{device + 1}:{inode}",
                       lambda device, inode: f"{inode}:{device}", lambda device, inode: f" {device}:{inode}",
                       lambda device, inode: "garbage", lambda device, inode: ""):
            for line in self.log_of([], os.pipe, stream):
                self.assertRegex(line, r"\A(sandbox: |haild |connected: |stopped: )")

    def test_complaint_has_one_on_each_line(self):
        reader, writer = os.pipe()
        status = os.fstat(writer)
        result = run("haild", "-e", "-m", "{x}", stderr=writer, env={"JOURNAL_STREAM": f"{status.st_dev}:{status.st_ino}"})
        os.close(writer)
        with os.fdopen(reader) as pipe:
            lines = pipe.read().splitlines()
        self.assertEqual((result.exit, [line[:5] for line in lines]), (4, ["<3>ha", "<3>  ", "<3>  "]))


if __name__ == "__main__":
    harness.main()
