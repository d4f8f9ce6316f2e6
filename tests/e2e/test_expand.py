#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""What a greeting says with --expand: escapes, placeholders and braces; and how an error in it is shown."""
import datetime
import os
import socket
import unittest

from lib import harness
from lib.crowd import connect_all, serve_all
from lib.harness import Daemon, connect_unix, message_file, poll_until, read_all, run, temporary_directory

BAD_GREETING = 4
MOST = 1024 * 1024
ADDRESS_MOST = 511  # bytes that an address counts as
LONG_LOG = [r"haild: the greeting (has|may have) \d+ bytes: .*"]
HINT = r"the greeting says \S+ literally; with -e it is expanded"
UNKNOWN_ESCAPE = r"an unknown escape (there are \n \r \t \\ \xHH)"
UNKNOWN_PLACEHOLDER = "an unknown placeholder"
LONE_LEFT, LONE_RIGHT = "a lone brace (write {{ for one)", "a lone brace (write }} for one)"
ENDS = "{peer} {peer_address} {peer_port} {local} {local_address} {local_port}"


def shown(*addresses):
    """What ENDS says of an IPv4 or IPv6 peer and of our own end."""
    whole = "[{}]:{}" if ":" in addresses[0][0] else "{}:{}"
    return " ".join(f"{whole.format(*address[:2])} {address[0]} {address[1]}" for address in addresses)


class Expanding(unittest.TestCase):
    def says(self, text, *options, **more):
        """What a daemon with this text says to a client."""
        with Daemon("-e", "-m", text, *options, **more) as daemon:
            return daemon.greeting().decode("utf-8", "surrogateescape")


class Places(Expanding):
    # On a wildcard, only the connection can tell which address was reached.
    def test_both_ends(self):
        with Daemon("-l", "*", "-e", "-m", ENDS) as daemon:
            for host in ("127.0.0.1", "127.0.0.2", "::1"):
                with self.subTest(host=host), harness.connect(daemon.port, host) as client:
                    expected = shown(client.getsockname(), client.getpeername())
                    self.assertIn(f" {host} {daemon.port}", expected)
                    self.assertEqual(read_all(client).decode(), expected)

    def test_each_client_has_its_own(self):
        with Daemon("-e", "-m", "{peer_port}") as daemon:
            clients = [self.enterContext(daemon.connect()) for _ in range(20)]
            for client in clients:
                self.assertEqual(int(read_all(client)), client.getsockname()[1])

    def test_unix_sockets(self):
        folder = temporary_directory(self)
        ours, theirs = folder / "ours", folder / "theirs"
        with Daemon("-l", f"unix:{ours}", "-e", "-m", ENDS, port=None) as daemon:
            with connect_unix(ours) as client:
                self.assertEqual(read_all(client).decode(),
                                 f"unix:(unnamed) unix:(unnamed) 0 unix:{ours} unix:{ours} 0")
            with socket.socket(socket.AF_UNIX) as client:
                client.bind(str(theirs))
                client.settimeout(harness.DEADLINE)
                client.connect(str(ours))
                self.assertEqual(read_all(client).decode(),
                                 f"unix:{theirs} unix:{theirs} 0 unix:{ours} unix:{ours} 0")
            daemon.wait_counters(open=0, greeted=2)


class Values(Expanding):
    def test_time(self):
        now = lambda: datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
        with Daemon("-e", "-m", "{time}", env={"TZ": "Asia/Tokyo"}) as daemon:
            before = now()
            said = daemon.greeting().decode()
            time = datetime.datetime.strptime(said, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=datetime.timezone.utc)
            # The daemon's clock is a coarse one, and may be a tick behind ours.
            self.assertLessEqual(before - datetime.timedelta(seconds=1), time)
            self.assertLessEqual(time, now())

    def test_time_is_that_of_the_greeting(self):
        with Daemon("-e", "-m", "{time}") as daemon:
            first = daemon.greeting()
            self.assertGreater(poll_until(lambda: (later := daemon.greeting()) != first and later), first)

    def test_serial_counts(self):
        with Daemon("-e", "-m", "{serial}") as daemon:
            self.assertEqual([int(daemon.greeting()) for _ in range(30)], list(range(1, 31)))

    def test_machine_and_program(self):
        version = run("haild", "--version").stdout.decode().split()[1]
        with Daemon("-e", "-m", "{host} {pid} {version}") as daemon:
            self.assertEqual(daemon.greeting().decode(), f"{socket.gethostname()} {daemon.pid} {version}")

    def test_instance(self):
        env, host = {"HAILD_INSTANCE": "by variable"}, socket.gethostname()
        for options, env, expected in ((["--instance", "by option"], None, "by option"), ([], env, "by variable"),
                                       (["--instance=by option"], env, "by option"), (["--instance="], env, ""),
                                       ([], {"HAILD_INSTANCE": ""}, host), ([], None, host)):
            with self.subTest(options=options, env=env):
                self.assertEqual(self.says("<{instance}>", *options, env=env), f"<{expected}>")

    def test_long_instance_is_cut(self):
        self.assertEqual(self.says("{instance}", "--instance", "x" * 255), "x" * 255)
        self.assertEqual(self.says("{instance}", "--instance", "x" * 300), "x" * 255)

    # What is filled in is no template: it can name no placeholder and hold no escape.
    def test_value_is_not_expanded_again(self):
        self.assertEqual(self.says("{instance}", "--instance", r"{peer}{\n"), r"{peer}{\n")

    def test_two_daemons_behind_one_port(self):
        if not harness.can_share_ports(self):
            return
        greeting, heard = ("-l", "127.0.0.1", "--reuse-port", "-e", "-m", "{instance}"), set()
        with Daemon(*greeting, "--instance", "left") as left, \
                Daemon(*greeting, "--instance", "right", port=left.port):
            for _ in range(64):
                result = run("hailto", "127.0.0.1", left.port)
                self.assertEqual(result.exit, 0, result)
                heard.add(result.stdout.decode())
                if len(heard) > 1:
                    break
        self.assertEqual(heard, {"left", "right"})


class Text(Expanding):
    def test_escapes_and_braces(self):
        for text, expected in ((r"a\nb\rc\td\\e", "a\nb\rc\td\\e"),
                               (r"\x00\x41\xfF\xAa\x7f", "\0A\udcff\udcaa\x7f"), ("{{}}", "{}"),
                               ("{{{{peer}}", "{{peer}"), ("}}{{", "}{"), ("{{{pid}}}", None),
                               (r"\\n\\x41", r"\n\x41"), ("", ""), ("Grüß Gott", "Grüß Gott")):
            with self.subTest(text=text), Daemon("-e", "-m", text) as daemon:
                expected = f"{{{daemon.pid}}}" if expected is None else expected
                self.assertEqual(daemon.greeting(), os.fsencode(expected))

    def test_without_expand_all_is_literal(self):
        for text in (r"{peer}\n{{}}\x41\q", "{", "}"):
            with self.subTest(text=text), Daemon("-m", text, log=[HINT]) as daemon:
                self.assertEqual(daemon.greeting(), text.encode())

    def test_escape_without_expand_gets_a_hint(self):
        hint, text = [r"the greeting says \n literally; with -e it is expanded"], r"Hi\n"
        for options, env, expected in ((["-m", text], None, hint), ([], {"HAILD_MESSAGE": text}, hint),
                                       (["-q", "-m", text], None, []), (["-e", "-m", text], None, []),
                                       (["-f", message_file(self, text.encode())], None, [])):
            with self.subTest(options=options, env=env), Daemon(*options, env=env, log=[HINT]) as daemon:
                self.assertEqual(daemon.log_lines("the greeting .*"), expected)

    def test_json(self):
        plain, doubled = '{"you": "peer", "n": [1]}', '{{"you": "{peer}", "n": [1]}}'
        with Daemon("-m", plain) as daemon:
            self.assertEqual(daemon.greeting(), plain.encode())
        with Daemon("-e", "-m", doubled) as daemon, daemon.connect() as client:
            own = "{}:{}".format(*client.getsockname())
            self.assertEqual(read_all(client), plain.replace("peer", own).encode())

    def test_every_source(self):
        text, path = "{version}\\n", message_file(self, b"{version}\\n")
        expected = run("haild", "--version").stdout.split()[1] + b"\n"
        for options, env in ((["-m", text], None), (["-f", path], None), ([], {"HAILD_MESSAGE": text}),
                             ([], {"HAILD_MESSAGE_FILE": str(path)})):
            with self.subTest(options=options, env=env), Daemon("-e", *options, env=env) as daemon:
                self.assertEqual(daemon.greeting(), expected)

    # A file may hold what no command line can.
    def test_file_of_all_bytes(self):
        everything = bytes(byte for byte in range(256) if byte not in b"{}\\")
        with Daemon("-e", "-f", message_file(self, everything + b"{serial}")) as daemon:
            self.assertEqual(daemon.greeting(), everything + b"1")


class Length(Expanding):
    def is_refused(self, size, *options):
        result = run("haild", "--check", "-p", "0", "-e", *options)
        self.assertEqual((result.exit, result.stdout), (BAD_GREETING, b""), result)
        self.assertEqual(result.stderr.decode(),
                         f"haild: the greeting may have {size} bytes, {MOST} are the most\n")

    def test_longest_counts(self):
        fits = MOST // ADDRESS_MOST
        self.is_refused((fits + 1) * ADDRESS_MOST, "-m", "{peer}" * (fits + 1))
        with Daemon("-e", "-m", "{peer}" * fits, log=LONG_LOG) as daemon, daemon.connect() as client:
            own = "{}:{}".format(*client.getsockname())
            self.assertEqual(read_all(client).decode(), own * fits)

    def test_constant_that_grows_too_long(self):
        text, name = message_file(self, b"{instance}" * (MOST // 255 + 1)), "x" * 255
        result = run("haild", "--check", "-p", "0", "-e", "-f", text, "--instance", name)
        self.assertEqual(result.exit, BAD_GREETING, result)
        self.assertRegex(result.stderr, rb" has 1048815 bytes, 1048576 are the most")
        text.write_bytes(b"{instance}" * (MOST // 255))
        with Daemon("-e", "-f", text, "--instance", name, log=LONG_LOG) as daemon:
            self.assertEqual(daemon.greeting(), name.encode() * (MOST // 255))

    # More than the kernel takes at once: the rest must still be that client's own when it goes.
    def test_slow_readers_of_long_ones(self):
        parts = 1000
        path = message_file(self, b"{peer}" + b"\n{peer}".join([b"x" * 100] * parts))
        with Daemon("-e", "-f", path, "-t", "1000s", log=LONG_LOG) as daemon:
            crowd = connect_all(self, daemon.port, 20, slow=True)
            own = ["{}:{}".format(*client.getsockname()) for client in crowd]
            self.assertEqual(daemon.wait_counters(accepted=20)["greeted"], 0)
            for name, heard in zip(own, serve_all(crowd), strict=True):
                self.assertGreater(len(heard), 100 * 1024)
                self.assertTrue(heard.decode() == name + f"\n{name}".join(["x" * 100] * parts))


class Errors(unittest.TestCase):
    def is_shown(self, source, options, why, position, before, rest):
        """Both a start and a check must show the place in this way: the caret below the first byte of rest."""
        for more in ([], ["--check"]):
            result = run("haild", "-p", "0", "-e", *options, *more)
            self.assertEqual((result.exit, result.stdout), (BAD_GREETING, b""), result)
            self.assertEqual(result.stderr.decode(),
                             f"haild: cannot expand {source}: {why}, at byte {position}\n"
                             f"  {before}{rest}\n  {' ' * len(before)}^\n")

    def message_is_refused(self, before, rest, why):
        with self.subTest(before=before, rest=rest):
            self.is_shown("the greeting", ["-m", before + rest], why, len(before.encode()) + 1, before, rest)

    def test_placeholders(self):
        for before, rest in (("", "{x}"), ("you are ", r"{peeer}\n"), ("{peer} ", "{}"), ("a\\n", "{_} b"),
                             ("", "{peer_} {peer}"), ("{{", "{pee}")):
            self.message_is_refused(before, rest, UNKNOWN_PLACEHOLDER)

    def test_lone_braces(self):
        for before, rest in (("", "{"), ("{{ ", "{"), ("", "{peer"), ("a ", "{PEER}"), ("", "{ peer}"),
                             ("", "{peer }"), ("", "{peer{peer}"), ("{pid}", '{"a": 1}'), ("", "{peer\\n}")):
            self.message_is_refused(before, rest, LONE_LEFT)
        for before, rest in (("", "}"), ("{peer}", "}"), ("}}", "} a"), ("{{", "}")):
            self.message_is_refused(before, rest, LONE_RIGHT)

    def test_escapes(self):
        for before, rest in (("", r"\q"), ("a ", r"\N"), (r"\n", r"\0 b"), (r"\\", r"\{peer}"), ("", r"\"")):
            self.message_is_refused(before, rest, UNKNOWN_ESCAPE)
        for before, rest in (("", r"\x"), ("a", r"\x4"), ("", r"\xg0"), (r"\x41", r"\x4g"), ("", r"\x 4"),
                             ("", r"\x4\n")):
            self.message_is_refused(before, rest, r"\x needs two hexadecimal digits")
        for before in ("", "a", r"\\"):
            self.message_is_refused(before, "\\", "a backslash at the end")

    # A byte is not a column.
    def test_characters_of_several_bytes(self):
        self.message_is_refused("Grüße, ", "{x} ü", UNKNOWN_PLACEHOLDER)
        self.message_is_refused("日本 🙂 ", "}", LONE_RIGHT)

    def file_is_refused(self, content, why, position, before, rest):
        path = message_file(self, content)
        self.is_shown(f"the message file {path}", ["-f", path], why, position, before, rest)

    def test_one_line_of_a_file(self):
        self.file_is_refused(b"first\nsecond {no}\nthird\n", UNKNOWN_PLACEHOLDER, 14, "second ", "{no}")
        self.file_is_refused("é\n\né {no}".encode(), UNKNOWN_PLACEHOLDER, 8, "é ", "{no}")
        self.file_is_refused(b"first\n{", LONE_LEFT, 7, "", "{")
        self.file_is_refused(b"first\\\nsecond", UNKNOWN_ESCAPE, 6, "first", "\\")

    def test_long_line(self):
        before, rest = "b" * 100, "{no}" + "r" * 100
        self.file_is_refused((before + rest).encode(), UNKNOWN_PLACEHOLDER, 101, before[:40], rest[:30])

    # What would drive a terminal is shown escaped, and takes its columns.
    def test_control_bytes(self):
        self.file_is_refused(b"\x1b[2J\xff\0\t{no}\x9b\r\nmore", UNKNOWN_PLACEHOLDER, 8,
                             r"\x1B[2J\xFF\x00\x09", r"{no}\x9B\x0D")
        self.file_is_refused(b"a\\\x1b[2J", UNKNOWN_ESCAPE, 2, "a", r"\\x1B[2J")


if __name__ == "__main__":
    harness.main()
