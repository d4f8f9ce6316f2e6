#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""hailto --json: an object for each attempt, as its schema has it, and for an error of usage."""
import base64
import errno
import re

from lib import harness
from lib.clients import ClientTest, ask, given
from lib.harness import Daemon, GREETING, strerror, temporary_directory
from lib.hostile import EVERY_BYTE, HOSTILE
from lib.objects import jsonschema, read_objects, schema
from lib.servers import DatagramServer, Server, ignores, refusing, resets, says, stays

LOCAL = "127.0.0.1"
TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"


class JsonTest(ClientTest):
    def attempts(self, *arguments, exit=0, **options):
        """The objects that hailto -j must print, with nothing on stderr."""
        answer = ask("-j", *arguments, **options)
        self.assertEqual((answer.exit, answer.stderr), (exit, b""), answer)
        return read_objects(self, answer.stdout)

    def attempt(self, *arguments, exit=0, **options):
        """The only one."""
        found, = self.attempts(*arguments, exit=exit, **options)
        self.assertEqual((found["schema"], found["type"], found["status"]), (1, "attempt", exit), found)
        return found

    def has(self, found, **members):
        self.assertEqual({key: found[key] for key in members}, members, found)


class Greetings(JsonTest):
    def test_all_members(self):
        with Daemon() as daemon:
            found = self.attempt("-s", LOCAL, "localhost", daemon.port)
        tried, = found["addresses"]
        self.has(found, serial=1, host="localhost", port=daemon.port, source=LOCAL,
                 address=f"{LOCAL}:{daemon.port}", bytes=len(GREETING), greeting=GREETING.decode(),
                 greeting_base64=None, ended_by="end of stream", stage=None, reason=None, late_us=0)
        self.has(tried, address=f"{LOCAL}:{daemon.port}", family="ipv4", result="won", errno=None)
        self.assertRegex(found["time"], rf"\A{TIME}\Z")
        self.assertRegex(found["local"], rf"\A{re.escape(LOCAL)}:\d+\Z")
        times = [found["resolve_us"], tried["started_us"], tried["ended_us"], found["connect_us"],
                 found["first_byte_us"], found["end_us"]]
        self.assertEqual(times, sorted(times), found)

    def test_bytes(self):
        """The greeting can be had back to the byte."""
        for what, said in {**HOSTILE, "every byte": EVERY_BYTE, "text": "Grüße\0\u202e".encode()}.items():
            with self.subTest(what), Server(says(said)) as server:
                found = self.attempt(LOCAL, server.port)
                heard = (base64.b64decode(found["greeting_base64"]) if found["greeting"] is None
                         else found["greeting"].encode())
                self.assertEqual((heard, found["bytes"]), (said, len(said)))
                self.assertTrue(found["greeting"] is None or found["greeting_base64"] is None, found)

    def test_longest(self):
        said = b"\x01" * 2**20
        with Server(says(said)) as server:
            found = self.attempt("-b", "1M", LOCAL, server.port)
            self.has(found, greeting=said.decode(), bytes=len(said), ended_by="limit")

    def test_ends(self):
        with Server(stays(GREETING)) as server:
            self.has(self.attempt(LOCAL, server.port), ended_by="quiet", greeting=GREETING.decode())
            self.has(self.attempt("-b2", LOCAL, server.port), ended_by="limit", greeting="Hi", bytes=2)
        with Daemon("-u") as daemon:
            self.has(self.attempt("-u", LOCAL, daemon.port), ended_by="datagram", greeting=GREETING.decode())

    def test_unix(self):
        path = temporary_directory(self) / "socket"
        with Daemon("-l", f"unix:{path}", port=None):
            found = self.attempt(f"unix:{path}")
        self.has(found, host=f"unix:{path}", port=None, address=f"unix:{path}", tcp=None, greeting=GREETING.decode())
        self.assertEqual([tried["family"] for tried in found["addresses"]], ["unix"])

    def test_zero_reads_nothing(self):
        with Server(stays(GREETING)) as server:
            self.has(self.attempt("-z", LOCAL, server.port), bytes=0, greeting=None, greeting_base64=None,
                     ended_by=None, first_byte_us=None)

    def test_several(self):
        with Server(says(b"one")) as one, refusing() as nobody, Server(says(b"two")) as two:
            ports = one.port, nobody, two.port
            found = self.attempts(*(f"{LOCAL}:{port}" for port in ports), exit=4)
        self.assertEqual([each["serial"] for each in found], [1, 2, 3])
        self.assertEqual({each["port"]: (each["greeting"], each["status"]) for each in found},
                         {ports[0]: ("one", 0), ports[1]: (None, 4), ports[2]: ("two", 0)})

    def test_verbose(self):
        """What -v tells goes to stderr."""
        with Server(says(GREETING)) as server:
            answer = ask("-jv", LOCAL, server.port)
            self.assertEqual(len(read_objects(self, answer.stdout)), 1)
            self.assertIn(b"connect: ", answer.stderr)


class Failures(JsonTest):
    def test_refused(self):
        with refusing() as port:
            found = self.attempt("-4", "localhost", port, exit=4)
        tried, = found["addresses"]
        self.has(tried, result="failed", errno="ECONNREFUSED")
        self.has(found, stage="connect", reason=strerror(errno.ECONNREFUSED), address=f"{LOCAL}:{port}", local=None,
                 connect_us=None, first_byte_us=None, ended_by=None, greeting=None, bytes=0)

    def test_unknown_name(self):
        name = "\x1b[2J"  # it is looked up nowhere
        found = self.attempt(name, exit=3)
        self.has(found, host=name, port=12345, stage="resolve", addresses=[], address=None, resolve_us=None)
        self.assertTrue(found["reason"])

    def test_silent(self):
        with Server(stays()) as server:
            self.has(self.attempt("-w", given(0.2), LOCAL, server.port, exit=7), stage="read", ended_by="deadline",
                     greeting="", bytes=0, first_byte_us=None)
        with Server(says()) as server:
            self.has(self.attempt(LOCAL, server.port, exit=7), stage="read", ended_by="end of stream", greeting="")

    def test_address_does_not_end_after_its_attempt(self):
        """The end of the time is that of the address, too."""
        with DatagramServer(ignores) as server:
            for _ in range(5):
                found = self.attempt("-u", "-w", given(0.1), LOCAL, server.port, exit=7)
                tried, = found["addresses"]
                self.has(tried, result="lost")
                self.assertLessEqual(tried["ended_us"], found["end_us"])

    def test_reset(self):
        with Server(resets(GREETING)) as server:
            self.has(self.attempt(LOCAL, server.port, exit=6), stage="read", ended_by="error",
                     greeting=GREETING.decode())

    def test_unexpected(self):
        with Server(says(GREETING)) as server:
            self.has(self.attempt("-E", "x", LOCAL, server.port, exit=8), stage="expect", greeting=GREETING.decode())

    def test_full_disk(self):
        with Server(says(GREETING)) as server, open("/dev/full", "wb") as full:
            answer = ask("-j", LOCAL, server.port, stdout=full)
        self.assertEqual(answer.exit, 1)
        self.assertRegex(answer.stderr, rb"\Ahailto: cannot write to standard output: .+\n\Z")

    def test_full_disk_ends_the_wait(self):
        """At the first failure that is lost; it is told once."""
        with refusing() as port, open("/dev/full", "wb") as full:
            answer = ask("-j", "--wait=3s", LOCAL, port, stdout=full)
        self.judge_failure(answer, 1, f"cannot write to standard output: {strerror(errno.ENOSPC)}")

    def test_no_memory(self):
        """Whichever allocation fails: one object, or a line on stderr; and its status is the exit status."""
        folder, failed, at, objects = temporary_directory(self), True, 0, 0
        with Server(says(GREETING)) as server:
            while failed:
                at += 1
                report = folder / f"report-{at}"
                env = {"FAULT_KIND": "memory", "FAULT_AT": str(at), "FAULT_REPORT": str(report)}
                with self.subTest(at=at):
                    answer = harness.run("hailto_faulty", "-j", LOCAL, server.port, env=env)
                    failed = report.read_text().split()[1] != "0"
                    found = read_objects(self, answer.stdout)
                    self.assertTrue(found or answer.stderr, answer)
                    self.assertEqual([each["status"] for each in found], [answer.exit] * len(found), answer)
                    self.assertIn(answer.exit, (0, 1), answer)
                    objects += len(found)
        self.assertGreater(at, 10)
        self.assertGreater(objects, at // 2)


class Usage(JsonTest):
    def error(self, *arguments, **options):
        """hailto must end with status 2, and say the same on stdout and stderr."""
        answer = ask(*arguments, **options)
        self.assertEqual(answer.exit, 2, answer)
        found, = read_objects(self, answer.stdout)
        self.has(found, type="error", status=2)
        self.assertTrue(answer.stderr.endswith(f"hailto: {found['reason']}\n".encode()), answer)

    def test_option_before_the_error(self):
        for arguments in (["-j", "--none", LOCAL], ["-j", "-w", "x", LOCAL], ["-jq", LOCAL], ["-jj", LOCAL],
                          ["--json", "-4", "-6", LOCAL], ["-j", "-s", "x", LOCAL], ["-j", LOCAL, "port"],
                          ["-j", "a:b:c"], ["-j", "-4", "::1"], ["-j", "-u", "unix:/nowhere"],
                          ["-j", LOCAL, "--", "true"], ["-j", "--escape", LOCAL], ["--raw", "-j", LOCAL],
                          ["-46", LOCAL, "-j"]):
            with self.subTest(arguments=arguments):
                self.error(*arguments)

    def test_answers(self):
        self.error("-j", input=b"")
        self.error("-j", input=b"a:b:c\n")

    def test_option_after_the_error(self):
        """It was not read any more."""
        self.fails(2, "unknown option .+", "--none", "-j", LOCAL)
        self.fails(2, "--timeout: .+", "-w", "x", "-j", LOCAL)

    def test_help_is_no_error(self):
        answer = ask("-j", "--help")
        self.assertEqual((answer.exit, answer.stderr), (0, b""), answer)
        self.assertTrue(answer.stdout.startswith(b"Usage: "), answer)


class Schema(JsonTest):
    def test_is_one(self):
        if not jsonschema:
            self.skipTest("python3-jsonschema is not installed")
        jsonschema.Draft202012Validator.check_schema(schema())

    def test_refuses_what_is_wrong(self):
        """Else the other tests would prove nothing."""
        if not jsonschema:
            self.skipTest("python3-jsonschema is not installed")
        validator = jsonschema.Draft202012Validator(schema())
        with refusing() as port:
            right = self.attempt(LOCAL, port, exit=4)
        for wrong in ({"schema": 2}, {"status": None}, {"ended_by": "tired"}, {"end_us": 1.5}, {"end_us": -1},
                      {"addresses": [{}]}, {"tcp": {}}, {"time": "now"}, {"greeting_base64": "?"}, {"type": "x"}):
            with self.subTest(wrong=wrong):
                self.assertTrue(validator.is_valid(right))
                self.assertFalse(validator.is_valid({**right, **wrong}))
        for key in right:
            with self.subTest(without=key):
                self.assertFalse(validator.is_valid({name: right[name] for name in right if name != key}))


if __name__ == "__main__":
    harness.main()
