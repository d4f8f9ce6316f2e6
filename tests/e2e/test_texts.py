#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""What programs read of haild: readiness lines, log lines, and greetings for JSON, HTTP and line readers."""
import json
import os
import re
import socket
import subprocess
import unittest

from lib import harness
from lib.harness import Daemon, GREETING, connect_unix, read_all, run, temporary_directory

# Characters that change the direction of a line or break it.
DIRECTIONS = "\u061c\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff"
HOSTILE_NAMES = (rb"C:\new\x", rb"a\x41\n", "\u202eevil".encode(), b"a\nb\x1b[2J\xc2\x9b", b"\xff\xc3", b'"\\"',
                 DIRECTIONS.encode())
HINT = r"the greeting says \\n literally; with -e it is expanded"
WHOAMI = ("-e", "-m", r"{json}\n")
HTTP = (r"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n{json}\n", 500)


def unescaped(text):
    """The bytes that a readiness line or a log line stands for, as the man page has it."""
    return re.sub(rb"\\x([0-9A-F]{2})", lambda match: bytes([int(match[1], 16)]), text.encode())


class Lines(unittest.TestCase):
    def setUp(self):
        self.folder = os.fsencode(temporary_directory(self))

    def test_path_can_be_taken_from_a_readiness_line(self):
        for name in HOSTILE_NAMES:
            path = self.folder + b"/" + name
            with self.subTest(name=name), Daemon("-l", os.fsdecode(b"unix:" + path), port=None) as daemon:
                self.assertEqual(len(daemon.addresses), 1, daemon.addresses)
                self.assertEqual(unescaped(daemon.addresses[0]), b"unix:" + path)
                with connect_unix(os.fsdecode(path)) as client:
                    self.assertEqual(read_all(client), GREETING)

    def test_plain_path_stands_as_it_is(self):
        for name in (r"C:\new", r"a\x4", "Gr\u00fc\u00dfe", "\u05e9\u05dc", "'\"$x"):
            path = os.fsdecode(self.folder) + "/" + name
            with self.subTest(name=name), Daemon("-l", f"unix:{path}", port=None) as daemon:
                self.assertEqual(daemon.addresses, [f"unix:{path}"])

    def test_log_line_can_pass_for_no_other(self):
        for name in HOSTILE_NAMES:
            theirs = self.folder + b"/" + name
            with self.subTest(name=name), Daemon("-l", f"unix:{os.fsdecode(self.folder)}/s", port=None) as daemon, \
                    socket.socket(socket.AF_UNIX) as client:
                client.bind(theirs)
                client.settimeout(harness.DEADLINE)
                client.connect(self.folder + b"/s")
                shown = daemon.wait_log("^connected: (.+)$")[1]
                self.assertEqual(unescaped(shown), b"unix:" + theirs)
                self.assertFalse(set(DIRECTIONS) & set(shown), ascii(shown))
                self.assertTrue(shown.isprintable(), ascii(shown))
                os.unlink(theirs)


def replaced(data):
    """What a JSON greeting makes of bytes: a byte that is no UTF-8 is U+FFFD, each of them."""
    return re.sub("[\udc80-\udcff]", "\ufffd", data.decode("utf-8", "surrogateescape"))


class Json(unittest.TestCase):
    def jq(self, line):
        """What jq reads of one line, which must be one object in one safe line."""
        harness.need("jq")
        self.assertEqual(line.count(b"\n"), 1, line)
        self.assertTrue(line.endswith(b"}\n"), line)
        self.assertTrue(line[:-1].decode("utf-8").isprintable(), line)
        result = run("jq", "-c", ".", input=line)
        self.assertEqual((result.exit, result.stderr), (0, b""), line)
        found = json.loads(result.stdout)
        self.assertEqual(found, json.loads(line))
        return found

    def test_whoami(self):
        with Daemon("-l", "*", *WHOAMI, "--instance", "left") as daemon:
            for serial, host in enumerate(("127.0.0.1", "127.0.0.2", "::1"), 1):
                with harness.connect(daemon.port, host) as client:
                    said = self.jq(read_all(client))
                    whole = "[{}]:{}" if ":" in host else "{}:{}"
                    own, its = client.getsockname()[:2], client.getpeername()[:2]
                self.assertRegex(said.pop("time"), r"\A\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\Z")
                self.assertEqual(said, {
                    "peer": whole.format(*own), "peer_address": own[0], "peer_port": own[1],
                    "local": whole.format(*its), "local_address": its[0], "local_port": its[1], "proxy": None,
                    "host": socket.gethostname(), "instance": "left", "pid": daemon.pid, "serial": serial,
                    "version": run("haild", "--version").stdout.split()[1].decode()})

    def test_hostile_instance(self):
        for name in HOSTILE_NAMES:
            with self.subTest(name=name), Daemon(*WHOAMI, "--instance", os.fsdecode(name)) as daemon:
                self.assertEqual(self.jq(daemon.greeting())["instance"], replaced(name))

    def test_hostile_paths(self):
        folder = os.fsencode(temporary_directory(self))
        for name in HOSTILE_NAMES:
            ours, theirs = folder + b"/o" + name, folder + b"/t" + name
            with self.subTest(name=name), Daemon("-l", "unix:" + os.fsdecode(ours), *WHOAMI, port=None), \
                    socket.socket(socket.AF_UNIX) as client:
                client.bind(theirs)
                client.settimeout(harness.DEADLINE)
                client.connect(ours)
                said = self.jq(read_all(client))
                for end, path in (("peer", theirs), ("local", ours)):
                    self.assertEqual(said[end], replaced(b"unix:" + path))
                    self.assertEqual(said[f"{end}_address"], replaced(b"unix:" + path))
                    self.assertEqual(said[f"{end}_port"], 0)

    def test_in_a_greater_object(self):
        with Daemon("-e", "-m", r'{{"you": {json}, "again": [{json}]}}\n') as daemon:
            said = self.jq(daemon.greeting())
        self.assertEqual(said["again"], [said["you"]])

    def test_by_datagram(self):
        with Daemon("-u", *WHOAMI, "--instance", "an-instance-with-a-long-name") as daemon:
            said = self.jq(daemon.answer(bytes(513)))
            self.assertEqual(said["local_port"], daemon.port)
            result = run("hailto", "-u", "127.0.0.1", daemon.port)
            self.assertEqual(self.jq(result.stdout)["serial"], 2)


class LineReaders(unittest.TestCase):
    """What the man page says of clients that read lines, or end with their standard input."""

    def heard(self, script, greeting, expected, options=()):
        with self.subTest(script=script, greeting=greeting), Daemon("-l", "127.0.0.1", *options, "-m", greeting,
                                                                   log=[HINT]) as daemon:
            result = run("bash", "-c", script.replace("PORT", str(daemon.port)))
            self.assertEqual(result.stdout.decode(), expected, result)

    def test_bash(self):
        harness.need("bash")
        loop = 'while %s; do echo "<$text>"; done < /dev/tcp/127.0.0.1/PORT'
        plain, careful = loop % "read -r text", loop % 'read -r text || [ -n "$text" ]'
        self.heard(plain, "Hi", "")
        self.heard(careful, "Hi", "<Hi>\n")
        self.heard(plain, r"Hi\n", "<Hi>\n", ["-e"])
        self.heard(careful, r"Hi\n", "<Hi>\n", ["-e"])
        # The hint's case: two bytes, and still no line.
        self.heard(plain, r"Hi\n", "")

    # Its standard input must stay open until the answer comes.
    def test_ncat_by_datagram(self):
        harness.need("ncat")
        with Daemon("-u", "-l", "127.0.0.1", "-m", "Hi") as daemon:
            ncat = harness.start(["ncat", "-u", "127.0.0.1", str(daemon.port)], stdin=subprocess.PIPE,
                                 stdout=subprocess.PIPE)
            with ncat.stdin as stdin, ncat.stdout as stdout:
                stdin.write(b" " * 512)
                stdin.flush()
                self.assertEqual(stdout.read(2), b"Hi")
                ncat.kill()
                ncat.wait()

    def test_curl_by_telnet(self):
        harness.need("curl")
        self.heard("curl -sN telnet://127.0.0.1:PORT < /dev/null", "Hi", "Hi")


class Http(unittest.TestCase):
    """A greeting that is an answer by HTTP, whatever the request was."""

    def test_curl(self):
        harness.need("curl")
        text, times = HTTP
        with Daemon("-q", "-l", "127.0.0.1", "-e", "-m", text) as daemon:
            result = run("curl", "-sS", "-w", "%{http_code}\\n", f"http://127.0.0.1:{daemon.port}/[1-{times}]",
                         deadline=4 * harness.DEADLINE)
            self.assertEqual((result.exit, result.stderr), (0, b""), result)
            lines = result.stdout.decode().splitlines()
            self.assertEqual(lines[1::2], ["200"] * times)
            self.assertEqual([json.loads(line)["serial"] for line in lines[::2]], list(range(1, times + 1)))

    def test_health_check_of_a_fixed_text(self):
        harness.need("curl")
        text = r"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nok\n"
        with Daemon("-e", "-m", text) as daemon:
            for method in ("GET", "POST", "PUT"):
                result = run("curl", "-sS", "-X", method, "-d", "x" * 10000, f"http://127.0.0.1:{daemon.port}/")
                self.assertEqual((result.exit, result.stdout), (0, b"ok\n"), result)


if __name__ == "__main__":
    harness.main()
