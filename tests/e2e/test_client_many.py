#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""hailto -c: a line for each attempt, the summary, the exit status, and how it is ended or cannot go on."""
import errno
import re
import signal
import unittest

from lib import harness
from lib.clients import Running, Terminal, WITHOUT_STDERR, WITHOUT_STDOUT, WRAPPER, ask, given
from lib.harness import Daemon, GREETING, own_address, poll_until, strerror, temporary_directory
from lib.hostile import EVERY_BYTE
from lib.servers import DatagramServer, Server, answers, ignores, in_turn, refusing, resets, says, stays
from lib.surveys import LATENCIES, MOMENT, MS, SPAN, SurveyTest, TIMES, Told

LOCAL = "127.0.0.1"
SIGNALS = signal.SIGINT, signal.SIGTERM
NO_GREETING = "read: connected, but the stream ended without a greeting"


class Lines(SurveyTest):
    def test_greetings(self):
        with Server(says(GREETING)) as server:
            told = self.tells(0, "-c3", "-i0", LOCAL, server.port)
            self.judge_lines(told, *[rf"{LOCAL}:{server.port}: 14 bytes {TIMES}: Hi from server"] * 3)
            self.judge_summary(told, "3 attempts, 3 successes, 0 failures", LATENCIES)
            self.assertEqual(len(server.peers), 3)

    def test_one(self):
        with Server(says(GREETING)) as server:
            told = self.tells(0, "-c1", LOCAL, server.port)
            self.judge_summary(told, "1 attempt, 1 success, 0 failures", LATENCIES)

    def test_kinds_of_failures(self):
        """Each is told by its stage, and what came before it is shown."""
        with Server(in_turn(says(), resets(), resets(b"Hi\n"), stays(), says(b"Hi"))) as server:
            told = self.tells(7, "-c5", "-i0", "-w", given(0.5), LOCAL, server.port)
            here, connected = f"{LOCAL}:{server.port}", rf"\(resolved {MS}, connected {MS}, end {MS} ms\)"
            self.judge_lines(told, rf"{here}: {NO_GREETING} {connected}",
                             rf"{here}: read: Connection reset by peer after 0 bytes {connected}",
                             rf"{here}: read: Connection reset by peer after 3 bytes {TIMES}: Hi\\x0A",
                             rf"{here}: read: connected, but no greeting within {given(0.5)} {connected}",
                             rf"{here}: 2 bytes {TIMES}: Hi")
            self.judge_summary(
                told, r"5 attempts, 1 success, 4 failures: 2 read \(exit status 7\), 2 read \(exit status 6\)",
                rf"outage from {MOMENT} to {MOMENT} \({SPAN}, 4 attempts\)", LATENCIES)

    def test_refusal(self):
        with refusing() as port:
            told = self.tells(4, "-c2", "-i0", LOCAL, port)
            self.judge_lines(told, *[rf"{LOCAL}:{port}: connect: Connection refused \(resolved {MS}, end {MS} ms\)"] * 2)
            self.judge_summary(told, r"2 attempts, 0 successes, 2 failures: 2 connect \(exit status 4\)",
                               rf"outage since {MOMENT}, not over \({SPAN}, 2 attempts\)")

    def test_unexpected(self):
        with Server(says(b"Hi")) as server:
            told = self.tells(8, "-c1", "-E", "Ho", LOCAL, server.port)
            self.judge_lines(told, rf"{LOCAL}:{server.port}: expect: the greeting is not as expected {TIMES}: Hi")

    def test_connection_is_enough(self):
        with Server(stays()) as server:
            told = self.tells(0, "-z", "-c2", "-i0", LOCAL, server.port)
            self.judge_lines(told, *[rf"{LOCAL}:{server.port}: connected "
                                     rf"\(resolved {MS}, connected {MS}, end {MS} ms\)"] * 2)

    def test_datagrams(self):
        with DatagramServer(answers(b"Hi")) as server:
            told = self.tells(0, "-u", "-c2", "-i0", LOCAL, server.port)
            self.judge_lines(told, *[rf"{LOCAL}:{server.port}: 2 bytes "
                                     rf"\(resolved {MS}, first byte {MS}, end {MS} ms\): Hi"] * 2)
        with DatagramServer(ignores) as server:
            told = self.tells(7, "-u", "-c1", "-w", given(0.3), LOCAL, server.port)
            self.judge_lines(told, rf"{LOCAL}:{server.port}: ask: no answer within {given(0.3)} .*")

    def test_unix_socket(self):
        path = temporary_directory(self) / "socket"
        with Daemon("-l", f"unix:{path}", port=None):
            for option in "-c1", "-a":
                told = self.tells(0, option, f"unix:{path}")
                self.judge_lines(told, rf"unix:{path}: 14 bytes {TIMES}: Hi from server")
        told = self.tells(4, "-c1", f"unix:{path}")
        self.judge_lines(told, rf"unix:{path}: connect: No such file or directory.*")

    def test_hostile_greeting(self):
        """It is cut, and harmless."""
        with Server(says(EVERY_BYTE)) as server:
            told = self.tells(0, "-c1", LOCAL, server.port)
            self.judge_lines(told, rf"{LOCAL}:{server.port}: 256 bytes {TIMES}: \\x00\\x01.*!\"#.*\.\.\.")

    def test_quiet(self):
        with Server(in_turn(says(GREETING), says())) as server:
            answer = ask("-q", "-c2", "-i0", LOCAL, server.port)
            self.assertEqual((answer.exit, answer.stdout, answer.stderr), (7, b"", b""), answer)

    def test_verbose(self):
        """Stages go to stderr, each with the number of its attempt; and there are lines of several at once, too."""
        with Server(says(GREETING)) as server:
            for options, count in (["-c2", "-i0"], 2), (["-c6", "-P3"], 6):
                answer = ask("-v", *options, LOCAL, server.port)
                told = Told(answer.stdout)
                self.assertEqual((answer.exit, len(told.lines)), (0, count), answer)
                for stage in (rf"connect: {LOCAL}:{server.port} answered", "read: 14 bytes"):
                    numbers = re.findall(rf"^(\d+): {stage}", answer.stderr.decode(), re.MULTILINE)
                    self.assertEqual(sorted(map(int, numbers)), list(range(1, count + 1)), answer)
                self.assertNotRegex(answer.stderr.decode(), r"(?m)^(?!\d+: ).")
            self.assertEqual(self.tells(0, "-c6", "-P3", LOCAL, server.port).lines, [])


class ExitStatus(SurveyTest):
    """0 if all, or with --any one, have succeeded; else that of most failures, or the first of those"""

    def test_verdicts(self):
        good, silent, broken = says(GREETING), says(), resets()
        for exit, exit_any, scripts in (
                (0, 0, (good, good)),
                (7, 0, (good, silent, good)),
                (7, 0, (silent, good)),
                (6, 6, (silent, broken, broken)),
                (6, 0, (silent, broken, good, broken)),
                (7, 7, (silent, broken)),
                (6, 6, (broken, silent)),
                (6, 6, (broken, silent, silent, broken))):
            for options, expected in ([], exit), (["--any"], exit_any):
                with self.subTest(scripts=scripts, options=options), Server(in_turn(*scripts)) as server:
                    told = self.tells(expected, *options, "-i0", "-c", len(scripts), LOCAL, server.port)
                    self.assertEqual(told.successes, scripts.count(good))


class Outages(SurveyTest):
    def test_restart(self):
        """A daemon goes, and comes back at the same port."""
        host = own_address()
        with Running("-c0", "-i20ms", "-w", given(5), host, self.start_and_stop(host)) as client:
            client.wait_lines(2, rf"\d+: {host}:\d+: connect: Connection refused")
            with Daemon("-l", host, port=self.port):
                client.wait_lines(2, rf"\d+: {host}:\d+: 14 bytes")
                told = self.ends(client, signal.SIGINT, exit=4)
        self.assertRegex(told.kinds, r"\A\d+ connect \(exit status 4\)\Z")
        self.judge_summary(told, ".*", rf"outage from {MOMENT} to {MOMENT} \({SPAN}, {told.failures} attempts\)",
                           LATENCIES)

    def start_and_stop(self, host):
        """A port of the host at which nobody listens any more."""
        with Daemon("-l", host) as daemon:
            self.port = daemon.port
        return self.port

    def test_several(self):
        good, bad = says(GREETING), says()
        with Server(in_turn(bad, good, bad, bad, good, bad)) as server:
            told = self.tells(7, "-c6", "-i0", LOCAL, server.port)
            over = rf"outage from {MOMENT} to {MOMENT} \({SPAN}, "
            self.judge_summary(told, "6 attempts, 2 successes, 4 failures: .*", rf"3 outages, {SPAN} in all",
                               rf"{over}1 attempt\)", rf"{over}2 attempts\)",
                               rf"outage since {MOMENT}, not over \({SPAN}, 1 attempt\)", LATENCIES)


class Ended(SurveyTest):
    """SIGINT and SIGTERM end it as if its time were over"""

    def test_summary_is_told(self):
        for number in SIGNALS:
            with self.subTest(number), Server(says(GREETING)) as server, \
                    Running("-c0", "-i10ms", LOCAL, server.port) as client:
                client.wait_lines(3)
                told = self.ends(client, number)
                self.assertEqual(told.attempts, len(told.lines))
                self.assertGreaterEqual(told.attempts, 3)

    def test_failures_until_then_count(self):
        with refusing() as port, Running("-c0", "-i10ms", LOCAL, port) as client:
            client.wait_lines(3)
            self.assertEqual(self.ends(client, signal.SIGINT, exit=4).successes, 0)

    def test_before_any_attempt_has_ended(self):
        for number in SIGNALS:
            for options in ["-c0"], ["-c5", "-P5"], ["-a"]:
                with self.subTest(number=number, options=options), Server(stays()) as server, \
                        Running(*options, LOCAL, server.port) as client:
                    server.wait_opened()
                    told = self.ends(client, number, exit=1)
                    self.judge_summary(told, "0 attempts, 0 successes, 0 failures")

    def test_in_a_pause(self):
        with Server(says(GREETING)) as server, Running("-c2", "-i1m", LOCAL, server.port) as client:
            client.wait_lines(1)
            self.assertEqual(self.ends(client, signal.SIGINT).attempts, 1)

    def test_ignored_signal_stays_ignored(self):
        """A shell starts what runs in the background so."""
        with Server(says(GREETING)) as server, \
                Running("-c0", "-i10ms", LOCAL, server.port,
                        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN)) as client:
            client.wait_lines(1)
            client.signal(signal.SIGINT)
            client.wait_lines(len(client.wait_lines(1)) + 5)
            self.ends(client, signal.SIGTERM)

    def test_quietly(self):
        with Server(stays()) as server, Running("-q", "-c0", LOCAL, server.port) as client:
            server.wait_opened()
            client.signal(signal.SIGTERM)
            answer = client.end()
            self.assertEqual((answer.exit, answer.stdout, answer.stderr), (1, b"", b""), answer)


class Output(SurveyTest):
    """Standard output that takes nothing ends the run: nobody would know of it"""

    def test_lines(self):
        with Server(says(GREETING)) as server, open("/dev/full", "wb") as full:
            for reason, options in ((b"No space left on device", {"stdout": full}),
                                    (b"Bad file descriptor", {"prefix": WITHOUT_STDOUT})):
                with self.subTest(reason):
                    before = len(server.peers)
                    answer = ask("-c0", "-i0", LOCAL, server.port, **options)
                    self.assertEqual((answer.exit, answer.stderr),
                                     (1, b"hailto: cannot write to standard output: " + reason + b"\n"))
                    self.assertEqual(len(server.peers) - before, 1)

    def test_summary(self):
        with Server(says(GREETING)) as server, open("/dev/full", "wb") as full:
            answer = ask("-c4", "-P2", LOCAL, server.port, stdout=full)
            self.assertEqual((answer.exit, answer.stderr),
                             (1, b"hailto: cannot write to standard output: No space left on device\n"), answer)
            self.assertEqual(len(server.peers), 4)

    def test_pipe_that_is_closed(self):
        with Server(says(GREETING)) as server:
            answer = harness.run("sh", "-c", 'trap "" PIPE; { "$0" "$@"; echo "exit $?" >&2; } | true',
                                 harness.program("hailto"), "-c0", "-i", "1ms", LOCAL, server.port)
            self.assertRegex(answer.stderr.decode(),
                             r"\Ahailto: cannot write to standard output: Broken pipe\nexit 1\n\Z")

    def test_stderr_closed(self):
        with Server(says(GREETING)) as server:
            self.assertEqual(self.tells(0, "-c2", "-i0", LOCAL, server.port, prefix=WITHOUT_STDERR).successes, 2)


@unittest.skipIf(WRAPPER or harness.is_emulated(), "a wrapper has limits and descriptors of its own")
class Descriptors(SurveyTest):
    def limited(self, limit):
        return "sh", "-c", f'ulimit -n {limit}; exec "$@"', "sh"

    def test_limit_that_is_too_low_is_told_before(self):
        """And no more than there are descriptors for are under way."""
        with Server(stays(GREETING)) as server:
            for limit, options in (60, ("-c200", "-P100")), (17, ("-c3", "-P3")):
                answer = ask("-v", *options, LOCAL, server.port, prefix=self.limited(limit))
                told = Told(answer.stdout)
                self.assertEqual((answer.exit, told.failures), (0, 0), answer)
                self.assertRegex(answer.stderr.decode().splitlines()[0],
                                 r"\Ahailto: only \d+ attempts? at the same time: \d+ need more descriptors than "
                                 rf"the limit of {limit} \(see ulimit -n\)\Z")

    def test_limit_that_is_enough_is_not_told(self):
        with Server(says(GREETING)) as server:
            self.tells(0, "-c2", "-P2", LOCAL, server.port, prefix=self.limited(60))
            for options in ["-c2", "-i0"], ["-c1", "-P100"], ["-a"]:
                self.tells(0, *options, LOCAL, server.port, prefix=self.limited(20))

    def test_limit_that_is_too_low_is_not_told_quietly(self):
        with Server(says(GREETING)) as server:
            answer = ask("-q", "-c100", "-P100", LOCAL, server.port, prefix=self.limited(60))
            self.assertEqual((answer.stdout, answer.stderr), (b"", b""), answer)

    def test_soft_limit_is_raised(self):
        with Server(says(GREETING)) as server:
            self.tells(0, "-c100", "-P100", LOCAL, server.port,
                       prefix=("sh", "-c", 'ulimit -Sn 60; exec "$@"', "sh"))

    def test_loss_of_their_objects_is_told_once(self):
        with Server(says(GREETING)) as server, open("/dev/full", "wb") as full:
            answer = ask("-j", "-c0", "-P100", LOCAL, server.port, prefix=self.limited(60), stdout=full)
        self.assertEqual(answer.exit, 1, answer)
        self.assertRegex(answer.stderr.decode(), r"\Ahailto: only \d+ attempts .*\n"
                         rf"hailto: cannot write to standard output: {strerror(errno.ENOSPC)}\n\Z")


class Progress(SurveyTest):
    """How far a run is, if its attempts have no lines"""

    def test_terminal(self):
        """It is in place, and gone at the end."""
        with Server(says(GREETING, pause=0.02)) as server, \
                Terminal("-c0", "-P2", LOCAL, server.port, streams=("stderr",), raw=True,
                         env=harness.environment({"TERM": "xterm"})) as terminal:
            poll_until(lambda: len(server.peers) > 4)
            terminal.wait_screen(b" failed\x1b[K")
            terminal.signal(signal.SIGINT)
            answer = terminal.end()
        self.assertEqual((answer.exit, answer.stderr), (0, b""), answer)
        self.assertRegex(answer.screen, rb"\A(\r\d+ attempts?, \d+ a second, 0 failed\x1b\[K)+\r\x1b\[K\Z")
        self.assertEqual(Told(answer.stdout).lines, [])

    def test_known_end(self):
        """What is left is told."""
        with Server(stays(GREETING)) as server, \
                Terminal("-c6", "-P2", LOCAL, server.port, streams=("stderr",), raw=True,
                         env=harness.environment({"TERM": "xterm"})) as terminal:
            answer = terminal.end()
        self.assertRegex(answer.screen, rb"\A(\r\d of 6 attempts, \d+ a second, 0 failed(, \d+s left)?\x1b\[K)+"
                         rb"\r\x1b\[K\Z")
        self.assertIn(b"s left", answer.screen)

    def test_not_beside_lines(self):
        with Server(stays(GREETING)) as server:
            for options in ["-c3", "-i0"], ["-a"], ["-q", "-c3", "-P2"]:
                with Terminal(*options, LOCAL, server.port, streams=("stderr",), raw=True,
                              env=harness.environment({"TERM": "xterm"})) as terminal:
                    answer = terminal.end()
                    self.assertEqual((answer.exit, answer.screen), (0, b""), answer)

    def test_not_at_once_elsewhere(self):
        """To a file, or where nothing can be shown in place, a line comes after 10 s."""
        with Server(stays(GREETING)) as server:
            self.tells(0, "-c3", "-P2", LOCAL, server.port)
            with Terminal("-c3", "-P2", LOCAL, server.port, streams=("stderr",), raw=True,
                          env=harness.environment({"TERM": "dumb"})) as terminal:
                answer = terminal.end()
                self.assertEqual((answer.exit, answer.screen), (0, b""), answer)


class Refused(SurveyTest):
    """Options that contradict each other are told before anything is asked"""

    def test_conflicts(self):
        for reason, *arguments in (
                ("--count and --all exclude each other", "-c2", "-a", LOCAL),
                ("--wait asks until there is an answer, and --count and --all go on", "-c2", "-W", LOCAL),
                ("--invert wants a refusal, and --count and --all greetings", "-a", "--invert", LOCAL),
                ("a command is run after one answer, and --count and --all have many", "-c2", LOCAL, "--", "true"),
                ("--raw and --escape are for one greeting; many are shown in part, escaped", "-c2", "--raw", LOCAL),
                ("--raw and --escape are for one greeting; many are shown in part, escaped", "-a", "--escape", LOCAL),
                ("--zero reads no greetings that could be counted", "-c2", "-z", "--tally", LOCAL),
                (r"from one port only one attempt is possible at a time \(see --source\)",
                 "-c2", "-P2", "-s", f"{LOCAL}:1025", LOCAL),
                ("--interval is the time between the attempts of --count", "-i1", LOCAL),
                ("--interval is the time between the attempts of --count", "-a", "-i1", LOCAL),
                ("--parallel is how many attempts of --count are made at once", "-P2", LOCAL),
                ("--parallel is how many attempts of --count are made at once", "-a", "-P2", LOCAL),
                ("--expect-shares needs the many greetings of --count", "--expect-shares=a:100", LOCAL),
                ("--any is about the many attempts of --count or --all", "--any", LOCAL),
                ("--tally counts the greetings of --count or --all", "--tally", LOCAL),
                ("--count and --all ask one server", "-c2", f"{LOCAL}:1", f"{LOCAL}:2"),
                ("--count and --all ask one server", "-a", f"{LOCAL}:1", f"{LOCAL}:2"),
                ("--count: '-1' is not a number from 0 to 10000000", "-c", "-1", LOCAL),
                ("--parallel: '0' is not a number from 1 to 10000", "-c1", "-P0", LOCAL)):
            with self.subTest(arguments=arguments):
                self.fails(2, reason, *arguments)


if __name__ == "__main__":
    harness.main()
