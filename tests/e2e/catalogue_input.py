#!/usr/bin/env python3
"""Bad input at the start: every option with bad values (B1), and the paths of UNIX sockets (B7).

Runs in a network namespace of its own, with nobody to ask for names.
"""
import collections
import concurrent.futures
import os
import re
import signal
import socket
import unittest

from lib import harness, machine
from lib.harness import Daemon, GREETING, connect_unix, read_all, read_until_end, run, temporary_directory
from lib.rows import row, times
from lib.servers import Server, refusing, stays

USAGE, CANNOT_LISTEN, BAD_GREETING = 2, 3, 4
# How each program ends when its options are well: a check that succeeds, a server that refuses.
WELL = {"haild": 0, "hailto": 4}

VALUES = ("", "0", "-1", "65536", str(2 ** 63), "1x", " 1")


class Kind:
    """A kind of value, as --help calls it: a good one, and how the programs end with some of VALUES."""

    def __init__(self, good, *others, exit=None):
        self.good, self.exits = good, {value: exit for value in others}


# What is not named here is a usage error.
KINDS = {
    "haild": {
        "ADDR": Kind("127.0.0.1", "-1", "1x", exit=CANNOT_LISTEN),  # names of nobody
        "FILE": Kind("no-such-file", *VALUES, exit=BAD_GREETING),
        "N": Kind("1", "65536"),
        "PORT": Kind("1"),
        "TEXT": Kind("x", *VALUES),
        "TIME": Kind("1", "65536"),
    },
    "hailto": {
        "ADDR": Kind("127.0.0.1", "0"),  # any address of ours
        "N": Kind("1", "65536"),
        "TEXT": Kind("x", *VALUES),
        "TIME": Kind("1", "65536"),
    },
}
# Where nothing is something to ask for: for ever, at once, any port.
MAY_BE_ZERO = ("count", "drain", "port")

Option = collections.namedtuple("Option", "letter name kind")
Case = collections.namedtuple("Case", "program arguments exit")


def options_of(program):
    """The options of the program, from its own table as --help prints it."""
    lines = run(program, "--help").stdout.decode().splitlines()
    return [Option(*re.fullmatch(r"  (?:-(.),|   ) --([\w-]+)(?:=(\w+))? +\S.*", line).groups())
            for line in lines if re.match(" +-", line)]


def kind_of(program, option):
    if option.kind not in KINDS[program]:
        raise AssertionError(f"{program} --{option.name}={option.kind}: {option.kind} is not in KINDS")
    return KINDS[program][option.kind]


def exit_with(program, option, value):
    """How the program ends when the option has this value."""
    kind = kind_of(program, option)
    if value in kind.exits or (value == "0" and option.name in MAY_BE_ZERO):
        return kind.exits.get(value) or WELL[program]
    return USAGE


def exit_with_two(program, option):
    """How the program ends when the option is given twice, with a good value."""
    if option.name in ("help", "version"):
        return 0
    return WELL[program] if option.name == "verbose" else USAGE


def spellings(option, value):
    """The option with the value in every way to write it; None: without."""
    yield [f"--{option.name}" + ("" if value is None else f"={value}")]
    if option.letter:
        yield [f"-{option.letter}", *([] if value is None else [value])]


def cases_of(program):
    """Every option with everything that can be wrong with it."""
    for option in options_of(program):
        good = kind_of(program, option).good if option.kind else None
        for spelt in spellings(option, good):
            yield Case(program, spelt * 2, exit_with_two(program, option))
        if not option.kind:
            yield from (Case(program, [f"--{option.name}={value}"], USAGE) for value in ("", "1"))
            continue
        for value in (None, *VALUES):
            for spelt in spellings(option, value):
                yield Case(program, spelt, exit_with(program, option, value))


class Options(unittest.TestCase):
    def setUp(self):
        self.folder = temporary_directory(self)
        self.server = self.enterContext(Server(stays()))
        self.refusing = self.enterContext(refusing())

    def command_of(self, case):
        """The whole command line: a usage error would have listened or connected, had it been none."""
        if case.program == "haild":
            only_look = [] if case.exit == USAGE else ["--check"]
            return ["-l", f"unix:{self.folder}/socket", *only_look, *case.arguments]
        return ["127.0.0.1", self.server.port if case.exit == USAGE else self.refusing, *case.arguments]

    def problem_of(self, case):
        """Runs the case; tells what is wrong with how it ended, or None."""
        result = run(case.program, *self.command_of(case), cwd=self.folder, deadline=harness.DEADLINE / 3)
        is_told = result.stdout == b"" and result.stderr.count(b"\n") == 1
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
            exit_with("haild", Option("x", "new", "THING"), "0")


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
            self.is_refused("Address already in use")
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
