#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Bad input: every option with bad values (B1), message files (B2), templates (B3), paths of UNIX sockets (B7).

Runs in a network namespace of its own, with nobody to ask for names.
"""
import collections
import concurrent.futures
import errno
import os
import pwd
import re
import signal
import socket
import time
import unittest

from lib import harness, machine
from lib.crowd import connect_all, serve_all
from lib.harness import (
    Daemon, GREETING, connect_unix, message_file, read_all, read_until_end, run, strerror, temporary_directory)
from lib.hostile import HOSTILE, count_raw, in_line
from lib.reload import READ_AGAIN, STAYS, clear, hang_up
from lib.rows import row, times, within
from lib.servers import Server, refusing, says, stays

USAGE, CANNOT_LISTEN, BAD_GREETING, NOT_CHANGED = 2, 3, 4, 5
# How each program ends when its options are well: a check that succeeds, a server that refuses.
WELL = {"haild": 0, "hailto": 4}

VALUES = ("", "0", "-1", "65536", str(2 ** 63), "1x", " 1")


class Kind:
    """A kind of value, as --help calls it: a good one, and how the programs end with some of VALUES."""

    def __init__(self, good, *others, exit=None):
        self.good, self.exits = good, {value: exit for value in others}


# What is not named here is a usage error. An option may have a kind of its own.
KINDS = {
    "haild": {
        "ADDR": Kind("127.0.0.1", "-1", "1x", exit=CANNOT_LISTEN),  # names of nobody
        "--metrics": Kind("127.0.0.1:0"),  # an ADDR with a port
        "CIDR": Kind("192.0.2.0/24"),
        "FILE": Kind("no-such-file", *VALUES, exit=BAD_GREETING),
        "--deny-file": Kind("denied"),
        "FORM": Kind("json"),
        "MODE": Kind("660", "0"),
        "N": Kind("1", "65536"),
        "NAME": Kind("x", *VALUES),
        "PORT": Kind("1"),
        "RATE": Kind("1/1s", "0"),
        "TEXT": Kind("x", *VALUES),
        "TIME": Kind("1", "65536"),
        "BITS": Kind("32:64"),
        "USER": Kind(pwd.getpwuid(os.geteuid()).pw_name, "0", exit=None if os.geteuid() == 0 else NOT_CHANGED),
    },
    "hailto": {
        "IP": Kind("127.0.0.1"),
        "K": Kind("1"),
        "LIST": Kind("x:100"),
        "N": Kind("1", "65536"),
        "SIZE": Kind("1", "65536"),
        "SRC": Kind("local"),
        "TEXT": Kind("x", *VALUES),
        "TIME": Kind("1", "65536"),
    },
}
# Where nothing is something to ask for: for ever, at once, any port.
MAY_BE_ZERO = ("count", "drain", "interval", "lame-duck", "port")
# What may be given twice, with the same value, too.
MAY_BE_REPEATED = ("allow", "deny", "deny-file", "metrics", "proxy-from", "verbose")
# What makes sense only with another option.
NEEDS = {option: ["--count=1"] for option in ("any", "expect-shares", "interval", "parallel", "tally")}
# Good values with which hailto does not end soon.
ENDLESS = [("hailto", "count", value) for value in ("0", "65536")]

Option = collections.namedtuple("Option", "letter name may_lack kind")
Case = collections.namedtuple("Case", "program arguments exit")


def options_of(program):
    """The options of the program, from its own table as --help prints it."""
    lines = run(program, "--help").stdout.decode().splitlines()
    return [Option(*re.fullmatch(r"  (?:-(.),|   ) --([\w-]+)(?:(\[)?=([\w:]+)\]?)? +\S.*", line).groups())
            for line in lines if re.match(" +-", line)]


def kind_of(program, option):
    kinds = KINDS[program]
    if option.kind not in kinds:
        raise AssertionError(f"{program} --{option.name}={option.kind}: {option.kind} is not in KINDS")
    return kinds.get(f"--{option.name}", kinds[option.kind])


def exit_with(program, option, value):
    """How the program ends when the option has this value."""
    kind = kind_of(program, option)
    if option.name == "wait" and (value is None or value in kind.exits):
        return 0
    if value is None and option.may_lack:
        return WELL[program]
    if option.name == "reject-prefix" and value == "":
        return USAGE
    if value in kind.exits or (value == "0" and option.name in MAY_BE_ZERO):
        return kind.exits.get(value) or WELL[program]
    return USAGE


def exit_with_two(program, option):
    """How the program ends when the option is given twice, with a good value."""
    if option.name in ("help", "version"):
        return 0
    return WELL[program] if option.name in MAY_BE_REPEATED else USAGE


def spellings(option, value):
    """The option with the value in every way to write it; None: without."""
    yield [f"--{option.name}" + ("" if value is None else f"={value}")]
    if option.letter and (value is None or not option.may_lack):
        yield [f"-{option.letter}", *([] if value is None else [value])]


def cases_of(program):
    """Every option with everything that can be wrong with it."""
    for option in options_of(program):
        good = kind_of(program, option).good if option.kind else None
        needed = NEEDS.get(option.name, []) if program == "hailto" else []
        for spelt in spellings(option, good):
            yield Case(program, spelt * 2 + needed, exit_with_two(program, option))
        if not option.kind:
            yield from (Case(program, [f"--{option.name}={value}", *needed], USAGE)
                        for value in ("", "1"))
            continue
        for value in (None, *VALUES):
            if (program, option.name, value) in ENDLESS:
                continue
            for spelt in spellings(option, value):
                yield Case(program, spelt + needed, exit_with(program, option, value))


class Options(unittest.TestCase):
    def setUp(self):
        self.folder = temporary_directory(self)
        (self.folder / "denied").touch()
        self.server = self.enterContext(Server(stays()))
        self.greeting = self.enterContext(Server(says(b"Hi")))
        self.refusing = self.enterContext(refusing())

    def command_of(self, case):
        """The whole command line: a usage error would have listened or connected, had it been none."""
        if case.program == "haild":
            # The second address needs the port of --port, which is not judged else.
            others = ["-l", "localhost"] if case.exit == USAGE else ["--check"]
            return ["-l", f"unix:{self.folder}/socket", *others, *case.arguments]
        # Who waits needs somebody who answers.
        server = self.server.port if case.exit == USAGE else self.greeting.port if case.exit == 0 else self.refusing
        return ["127.0.0.1", server, *case.arguments]

    def problem_of(self, case):
        """Runs the case; tells what is wrong with how it ended, or None."""
        result = run(case.program, *self.command_of(case), cwd=self.folder, deadline=harness.DEADLINE / 3)
        # After --json it is told there, too.
        is_json = any(re.fullmatch("-j|--json", argument) for argument in case.arguments)
        is_told = result.stdout.count(b"\n") == is_json and result.stderr.count(b"\n") == 1
        is_right = result.exit == case.exit and (is_told or case.exit in (0, WELL[case.program]))
        return None if is_right else (case, result)

    @row("B1", "every option, short and long, x {no value, empty, 0, -1, 65536, 2^63, 1x, ' 1', twice}",
         "exit 2, 1 line, nothing bound or connected: all")
    def test_options(self, score):
        cases = [case for program in KINDS for case in cases_of(program)]
        self.assertGreaterEqual(len(cases), 120)
        cases = cases[::len(cases) // times(len(cases), len(cases))]
        os.utime(self.folder, (0, 0))
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            problems = [problem for problem in pool.map(self.problem_of, cases) if problem]
        usage = sum(case.exit == USAGE for case in cases)
        score.haild = f"{len(cases) - len(problems)} of {len(cases)} right; {usage} are usage errors"
        self.assertEqual(problems, [])
        # A socket that is bound for a moment leaves a newer time than this.
        self.assertEqual(self.folder.stat().st_mtime, 0, "a UNIX socket was bound")
        self.assertEqual(self.server.peers, [])

    def test_a_kind_that_nobody_knows_is_told(self):
        with self.assertRaisesRegex(AssertionError, "haild --new=THING: THING is not in KINDS"):
            exit_with("haild", Option("x", "new", None, "THING"), "0")


MOST = 1024 * 1024  # bytes of a greeting
BIG_LOG = r"haild: the greeting (has|may have) \d+ bytes: .*"


class MessageFile(unittest.TestCase):
    # What is put at the path, by name.
    BAD = {
        "missing": lambda path: None,
        "a directory": lambda path: path.mkdir(),
        "a FIFO": os.mkfifo,
        "/dev/zero": lambda path: path.symlink_to("/dev/zero"),
        "over the most": lambda path: path.write_bytes(b"x" * (MOST + 1)),
    }
    GOOD = {"0 bytes": b"", "NUL": b"a\0b\0", "no UTF-8": b"".join(HOSTILE.values())}

    @row("B2", "message file: missing, a directory, a FIFO, /dev/zero, over the most; 0 bytes, NUL, no UTF-8; "
         "at the start, and at a reload while 5 clients hear 1 MiB",
         "start: exit 4 within 1 s; reload: 0 lost, the old text, 1 line; the others are heard", timed=True)
    def test_message_file(self, score):
        self.path = temporary_directory(self) / "message"
        seconds = max(self.seconds_to_refuse(make) for make in self.BAD.values())
        for content in self.GOOD.values():
            self.path.write_bytes(content)
            with Daemon("-f", self.path, log=[BIG_LOG]) as daemon:
                self.assertEqual(daemon.greeting(), content)
        heard = self.reload_amid_greetings()
        whole = sum(text == b"x" * MOST for text in heard)
        score.haild = (f"exit 4 within {1000 * seconds:.0f} ms, {len(self.BAD)} of {len(self.BAD)}; "
                       f"reload: {len(heard) - whole} lost, the old text, 1 line each")
        self.assertEqual(whole, len(heard))
        self.assertLessEqual(seconds, within(1))

    def seconds_to_refuse(self, make):
        """Starts a daemon with a bad file, which must not be; returns how long it takes to say so."""
        clear(self.path)
        make(self.path)
        began = time.monotonic()
        result = run("haild", "-p", "0", "-f", self.path)
        self.assertEqual((result.exit, result.stdout), (BAD_GREETING, b""), result)
        self.assertRegex(result.stderr, rb"\Ahaild: [^\n]+\n\Z")
        clear(self.path)
        return time.monotonic() - began

    def reload_amid_greetings(self):
        """Reloads all of them; returns what clients have heard who were being greeted meanwhile."""
        self.path.write_bytes(b"x" * MOST)
        with Daemon("-f", self.path, "-t", "1000s", log=[READ_AGAIN, STAYS, BIG_LOG]) as daemon:
            crowd = connect_all(self, daemon.port, 5, slow=True)
            self.assertEqual(daemon.wait_counters(accepted=5)["greeted"], 0)
            self.check_bad(daemon, b"x" * MOST)
            for content in self.GOOD.values():
                self.check_good(daemon, content)
                self.check_bad(daemon, content)
            return serve_all(crowd)

    def check_bad(self, daemon, old):
        for name, make in self.BAD.items():
            clear(self.path)
            make(self.path)
            lines = hang_up(daemon)
            self.assertEqual(len(lines), 1, f"{name}: {lines}")
            self.assertRegex(lines[0], STAYS)
            self.assertTrue(daemon.greeting() == old, name)

    def check_good(self, daemon, content):
        clear(self.path)
        self.path.write_bytes(content)
        self.assertEqual(hang_up(daemon)[-1], f"read {self.path} again")
        self.assertEqual(daemon.greeting(), content)


class Template(unittest.TestCase):
    NAMES = ("peer peer_address peer_port local local_address local_port host instance pid serial time "
             "version json").split()
    ILL_FORMED = ("\\", "a\\", "\\q", "\\0", "\\N", "\\x", "\\x4", "\\xg0", "\\x4g", "\\ n",
                  "{", "}", "{}", "{{{", "}}}", "{peer", "{peer}}", "{{peer}", "{PEER}", "{peer }",
                  "{peers}", "{pee}", "{{}", "{pe\\ner}", "{\\x41}")

    @row("B3", "template: unknown and unfinished escapes and placeholders; values with control bytes; each "
         "placeholder 10^6 times, and as often as a file of 1 MiB holds it",
         "exit 4 and the place; 0 raw control bytes from a value; refused, or at most 1 MiB")
    def test_template(self, score):
        for text in self.ILL_FORMED:
            self.is_refused("-m", text, why="cannot expand the greeting: .*, at byte [1-9]", lines=3)
        values = [value for value in HOSTILE.values() if b"\0" not in value]
        raw = sum(map(self.raw_in_value, values)) + sum(map(self.raw_in_path, values))
        longest = max(map(self.length_of_many, self.NAMES))
        score.haild = (f"{len(self.ILL_FORMED)} of {len(self.ILL_FORMED)} refused; {raw} raw control bytes, of "
                       f"{2 * len(values)} values; {len(self.NAMES)} placeholders: 10^6 refused, else at most "
                       f"{longest} bytes")
        self.assertEqual(raw, 0)
        self.assertLessEqual(longest, MOST)

    def is_refused(self, *options, why, lines=1):
        result = run("haild", "-p", "0", "-e", *options)
        self.assertEqual((result.exit, result.stdout), (BAD_GREETING, b""), (options, result))
        self.assertRegex(result.stderr.decode(), rf"\Ahaild: {why}")
        self.assertEqual(result.stderr.count(b"\n"), lines, (options, result))

    def raw_in_value(self, value):
        """How many control bytes of an instance's name come through; newlines and tabs count, too."""
        with Daemon("-l", "127.0.0.1", "-e", "-m", "{instance}", "--instance", os.fsdecode(value)) as daemon:
            heard = daemon.greeting()
        if len(in_line(value)) < 256:
            self.assertEqual(heard.decode(), in_line(value))
        return count_raw(heard) + heard.count(b"\n") + heard.count(b"\t")

    def raw_in_path(self, value):
        """Likewise of the path of a client's UNIX socket."""
        folder = temporary_directory(self)
        name = value.replace(b"/", b"")[:60]
        with Daemon("-l", f"unix:{folder}/socket", "-e", "-m", "{peer}{peer_address}", port=None) as daemon, \
                socket.socket(socket.AF_UNIX) as client:
            client.bind(os.fsencode(folder) + b"/" + name)
            client.connect(f"{folder}/socket")
            heard = read_all(client)
            daemon.wait_log("^connected: ")
        self.assertEqual(heard.decode(), 2 * f"unix:{folder}/{in_line(name)}")
        return count_raw(heard) + heard.count(b"\n") + heard.count(b"\t")

    def length_of_many(self, name):
        """How many bytes the longest text of a placeholder says; 0: it is refused, as one of 10^6 must be."""
        unit = b"{%s}" % name.encode()
        path = message_file(self, unit * 10 ** 6)
        self.is_refused("-f", path, why=f"the message file {path} is too long: {MOST} bytes are the most")
        path.write_bytes(unit * (MOST // len(unit)))
        check = run("haild", "--check", "-p", "0", "-e", "-f", path)
        if check.exit != 0:
            self.is_refused("-f", path, why=rf"the message file {path} (has|may have) \d+ bytes, {MOST} are")
            return 0
        with Daemon("-l", "127.0.0.1", "-e", "-f", path, log=[BIG_LOG]) as daemon:
            return len(daemon.greeting())


LONGEST = 107  # bytes of a path, on Linux


class UnixSocket(unittest.TestCase):
    @row("B7", "UNIX socket: stale, live or no socket at the path; 107 and 108 bytes; a folder without write "
         "permission; umask; descriptors sent to us; the file at the end",
         "stale replaced, all else untouched and exit 3, mode as the umask has it, 0 descriptors kept, "
         "removed only if still ours")
    def test_unix_socket(self, score):
        checks = (self.stale_is_replaced, self.left_by_a_killed_one_is_replaced, self.live_is_refused,
                  self.no_socket_is_untouched, self.longest_path, self.longer_path,
                  self.folder_without_write_permission, self.mode_follows_the_umask,
                  self.descriptors_are_not_kept, self.removed_at_the_end, self.left_at_the_end_if_not_ours,
                  self.gone_at_the_end_is_no_trouble)
        for check in checks:
            self.folder = temporary_directory(self)
            self.path = self.folder / "socket"
            check()
        score.haild = f"so in {len(checks)} of {len(checks)} cases"

    def daemon(self, **more):
        return Daemon("-l", f"unix:{self.path}", port=None, **more)

    def greets(self):
        with connect_unix(self.path) as client:
            self.assertEqual(read_all(client), GREETING)

    def is_refused(self, why, exit=CANNOT_LISTEN, prefix=()):
        result = run("haild", "-l", f"unix:{self.path}", prefix=prefix)
        self.assertEqual((result.exit, result.stdout), (exit, b""), result)
        self.assertRegex(result.stderr.decode(), rf"\Ahaild: [^\n]*{why}[^\n]*\n\Z")

    def leave_stale(self):
        with socket.socket(socket.AF_UNIX) as dead:
            dead.bind(str(self.path))
            dead.listen()

    def stale_is_replaced(self):
        self.leave_stale()
        with self.daemon():
            self.greets()

    def left_by_a_killed_one_is_replaced(self):
        with self.daemon(exit=-signal.SIGKILL) as daemon:
            daemon.signal(signal.SIGKILL)
            daemon.wait()
        self.assertTrue(self.path.is_socket())
        with self.daemon():
            self.greets()

    def live_is_refused(self):
        with self.daemon():
            self.is_refused(strerror(errno.EADDRINUSE))
            self.greets()

    def no_socket_is_untouched(self):
        self.path.write_text("precious")
        self.is_refused("something is there that is not a socket")
        self.assertEqual(self.path.read_text(), "precious")

    def path_of(self, length):
        return self.folder / ("x" * (length - len(f"{self.folder}/")))

    def longest_path(self):
        self.path = self.path_of(LONGEST)
        with self.daemon() as daemon:
            self.assertEqual(daemon.addresses, [f"unix:{self.path}"])
            self.greets()

    def longer_path(self):
        self.path = self.path_of(LONGEST + 1)
        self.is_refused("bad address", exit=USAGE)
        self.assertEqual(os.listdir(self.folder), [])

    # We are root here, and modes are nothing to root but for this.
    def folder_without_write_permission(self):
        harness.need("setpriv")
        humble = ["setpriv", "--bounding-set", "-dac_override", "--inh-caps", "-dac_override"]
        self.folder.chmod(0o555)
        self.is_refused("Permission denied", prefix=humble)
        self.assertEqual(os.listdir(self.folder), [])
        self.leave_stale()
        self.is_refused("Permission denied", prefix=humble)
        self.assertTrue(self.path.is_socket())

    def mode_follows_the_umask(self):
        for umask in 0o000, 0o027, 0o177:
            with self.daemon(prefix=["sh", "-c", f'umask {umask:o}; exec "$@"', "sh"]):
                self.assertEqual(self.path.stat().st_mode & 0o777, 0o777 & ~umask)

    # Whoever keeps the descriptor keeps the pipe from its end.
    def descriptors_are_not_kept(self):
        reader, writer = os.pipe()
        with os.fdopen(reader) as pipe, self.daemon() as daemon, connect_unix(self.path) as client:
            with os.fdopen(writer):
                with daemon.frozen():
                    socket.send_fds(client, [b"x"], [writer] * 100)
                self.assertEqual(read_all(client), GREETING)
                socket.send_fds(client, [b"x"], [writer] * 100)
            daemon.wait_counters(bytes_discarded=2)
            self.assertEqual(daemon.descriptors(), daemon.baseline + 1)
            self.assertEqual(read_until_end(pipe.fileno(), os.read), b"")

    def removed_at_the_end(self):
        with self.daemon() as daemon:
            self.assertTrue(self.path.is_socket())
            daemon.stop()
            self.assertEqual(os.listdir(self.folder), [])

    def left_at_the_end_if_not_ours(self):
        for replace in (lambda: self.path.write_text("mine"), self.leave_stale):
            with self.daemon() as daemon:
                self.path.unlink()
                replace()
                daemon.stop()
            self.assertTrue(self.path.exists())
            self.path.unlink()

    def gone_at_the_end_is_no_trouble(self):
        with self.daemon():
            self.path.unlink()


if __name__ == "__main__":
    machine.enter()
    harness.main()
