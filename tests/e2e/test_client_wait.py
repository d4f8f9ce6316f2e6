#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""hailto --wait, several servers, the command after them, --invert and --reject-prefix.

Runs in a network namespace with its own /etc/hosts and /etc/resolv.conf.
"""
import contextlib
import os
import re
import resource
import signal
import socket
import subprocess
import time
import unittest

from lib import harness, machine
from lib.clients import ClientTest, Running, ask, given, undisturbed
from lib.harness import DEADLINE, Daemon, GREETING, WRAPPER, poll_until, temporary_directory
from lib.machine import AtFirst
from lib.servers import DatagramServer, Server, answers, ignores, refusing, resets, says, stays

LOCAL = "127.0.0.1"
NAME = "later.example"
GAVE_UP = r"; gave up after [0-9.]+m?s, \d+ attempts?"  # the end of a last line


@contextlib.contextmanager
def held(host=LOCAL):
    """A with-block with a socket whose port refuses until it listens."""
    with socket.socket() as bound:
        bound.bind((host, 0))
        bound.settimeout(DEADLINE)
        yield bound


def greet_next(listening, greeting=GREETING):
    """Accepts a client, and greets it."""
    with listening.accept()[0] as connection:
        connection.sendall(greeting)


def by_turns(*scripts):
    """A script for Server: each connection gets the next of the scripts, and later ones the last."""
    left = list(scripts)

    def script(connection):
        (left.pop(0) if len(left) > 1 else left[0])(connection)
    return script


class WaitTest(ClientTest):
    def succeeds(self, client, stdout=GREETING):
        answer = client.end()
        self.assertEqual((answer.exit, answer.stdout), (0, stdout), answer)
        return answer


class Waiting(WaitTest):
    def test_server_that_comes_up_later(self):
        with held() as server, Running("-vW", LOCAL, server.getsockname()[1]) as client:
            client.wait_error(r"wait: 127\.0\.0\.1:\d+: connect: Connection refused; again in \d+ms\n")
            server.listen()
            greet_next(server)
            self.succeeds(client)

    def test_server_that_comes_up_during_a_standstill(self):
        time_to_wait = given(3)
        over = time.monotonic() + float(time_to_wait.removesuffix("s"))
        with held() as server, Running("-v", f"--wait={time_to_wait}", LOCAL, server.getsockname()[1]) as client:
            client.wait_error("again in")
            with client.frozen():
                server.listen()
                poll_until(lambda: time.monotonic() > over + 1)
            greet_next(server)
            self.succeeds(client)

    def test_it_says_nothing_until_then(self):
        with held() as server, Running("--wait", LOCAL, server.getsockname()[1]) as client:
            client.wait_asleep()
            server.listen()
            greet_next(server)
            self.assertEqual(self.succeeds(client).stderr, b"")

    def test_refuses_then_is_silent_then_greets(self):
        with held() as server, Running("-vW", "-w", given(0.3), LOCAL, server.getsockname()[1]) as client:
            client.wait_error("connect: Connection refused; again")
            server.listen()
            with server.accept()[0]:
                client.wait_error("read: connected, but no greeting within .*; again")
            greet_next(server)
            self.succeeds(client)

    def test_unix_socket_that_appears_later(self):
        path = temporary_directory(self) / "socket"
        with Running("-vW", f"unix:{path}") as client:
            client.wait_error("connect: No such file or directory; again")
            with Server(says(GREETING), path):
                self.succeeds(client)

    def test_expected_greeting_comes_later(self):
        with Server(by_turns(says(b"starting"), resets(), says(b"ready"))) as server:
            self.hears(b"ready", "--wait", "-E", "ready", LOCAL, server.port)
            self.assertEqual(len(server.peers), 3)

    def test_datagrams(self):
        with DatagramServer(answers(GREETING, since=5)) as server:
            self.hears(GREETING, "-uW", "-w", given(0.9), LOCAL, server.port)

    def test_time_is_over(self):
        with refusing() as port:
            answer = self.fails(4, rf"{LOCAL}:{port}: connect: Connection refused; gave up after {given(1)}, \d+ attempts",
                                f"--wait={given(1)}", LOCAL, port)
            self.took(answer, 1)

    def test_last_failure_is_told(self):
        """Refused at first; at the end it says something, but not what is wanted."""
        with held() as server:
            port = server.getsockname()[1]
            with Running("-v", f"--wait={given(2)}", "-E", "ready", LOCAL, port) as client:
                client.wait_error("connect: Connection refused; again")
                server.listen()
                server.settimeout(0.05)
                while client.process.poll() is None:
                    with contextlib.suppress(TimeoutError):
                        greet_next(server, b"starting")
                answer = client.end()
        self.assertEqual((answer.exit, answer.stdout), (8, b"starting"), answer)
        self.assertRegex(answer.stderr, rb"\nhailto: \S+: expect: the greeting is not as expected" + GAVE_UP.encode() + rb"\n\Z")

    def test_attempt_that_the_end_cuts_short_counts_if_it_came_further(self):
        """The port refuses, and then is silent for longer than the rest of the wait."""
        with held() as server:
            port = server.getsockname()[1]
            with Running("-v", f"--wait={given(2)}", LOCAL, port) as client:
                client.wait_error("connect: Connection refused; again")
                server.listen()
                answer = client.end()
        self.assertEqual((answer.exit, answer.stdout), (7, b""), answer)
        self.assertRegex(answer.stderr, rb"\nhailto: \S+: read: connected, but no greeting within .*\n\Z")

    def test_timeout_is_of_one_attempt(self):
        with Server(stays()) as server:
            line = f"{LOCAL}:{server.port}: read: connected, but no greeting within .*"
            answer = self.fails(7, line, f"--wait={given(1)}", "-w", given(0.3), LOCAL, server.port)
            self.took(answer, 1)
            self.assertGreaterEqual(len(server.peers), 2)

    def test_wait_may_be_shorter_than_an_attempt(self):
        with Server(stays()) as server:
            line = (rf"{LOCAL}:{server.port}: read: connected, but no greeting within {given(0.5)} "
                    rf"\(a server that does not speak first: see -z\); gave up after {given(0.5)}, 1 attempt")
            self.took(self.fails(7, line, f"--wait={given(0.5)}", LOCAL, server.port), 0.5)
            self.assertEqual(len(server.peers), 1)

    def test_server_is_not_rushed(self):
        """50 ms, 100 ms, ... and each shortened by up to half; toward the end they are shorter again."""
        with Server(says()) as server:
            self.fails(7, ".*: read: .*", "--wait=2", LOCAL, server.port)
            self.assertLessEqual(len(server.peers), 20)
            self.assertGreaterEqual(len(server.peers), 1 if WRAPPER else 4)

    def test_advice_on_silence(self):
        """Only -z is of help, unless the greeting matters."""
        with Server(stays()) as server:
            for options, advice in (([], True), (["-E", "x"], False), (["--reject-prefix=x"], False),
                                    (["--talk-first=1"], False), (["--send-proxy"], False)):
                answer = ask(f"--wait={given(0.2)}", *options, LOCAL, server.port)
                self.assertEqual((answer.exit, b"see -z" in answer.stderr), (7, advice), answer)
            self.fails(7, f".*: read: connected, but no greeting within {given(0.2)}", "-w", given(0.2), LOCAL, server.port)

    def test_quietly(self):
        with refusing() as port:
            answer = ask("-q", f"--wait={given(0.2)}", LOCAL, port)
            self.assertEqual((answer.exit, answer.stdout, answer.stderr), (4, b"", b""), answer)

    def test_answers_that_are_asked_for(self):
        with Daemon() as daemon:
            answer = ask("-W", input=f"{LOCAL}\n{daemon.port}\n".encode())
            self.assertEqual((answer.exit, answer.stdout), (0, GREETING), answer)


class Names(WaitTest):
    def test_name_that_is_in_the_hosts_file_later(self):
        machine.write(self, "nsswitch.conf", "hosts: files\n")
        with Daemon("-l", LOCAL) as daemon, Running("-vW", NAME, daemon.port) as client:
            client.wait_error(rf"wait: {NAME}:\d+: resolve: .*; again in ")
            machine.know(self, NAME, LOCAL)
            self.succeeds(client)

    def test_name_that_the_name_server_knows_later(self):
        answers_later = {"A": AtFirst(2, 3, [LOCAL]), "AAAA": AtFirst(2, 3, [])}
        with Daemon("-l", LOCAL) as daemon, machine.name_server(answers_later) as name_server:
            self.hears(GREETING, "-W", f"{NAME}.", daemon.port)
            self.assertGreaterEqual([kind for _, kind in name_server.questions].count("A"), 3)

    def test_unknown_name_at_the_end(self):
        machine.write(self, "nsswitch.conf", "hosts: files\n")
        self.took(self.fails(3, f"{NAME}:1: resolve: .*", f"--wait={given(0.5)}", NAME, 1), 0.5)

    def test_changed_answer_is_told(self):
        machine.know(self, NAME, "127.0.0.2")
        with refusing() as port, Running("-vW", NAME, port) as client:
            client.wait_error("connect: Connection refused; again")
            machine.know(self, NAME, "127.0.0.3")
            client.wait_error(rf"wait: {NAME}:{port}: its addresses have changed\n")


class Steady(WaitTest):
    """-z with --wait: a proxy accepts for a server that is down, and closes"""

    def test_proxy_without_a_server(self):
        with Server(says()) as proxy:
            self.hears(b"", "-z", LOCAL, proxy.port)
            line = f"{LOCAL}:{proxy.port}: read: connected, but the stream ended at once{GAVE_UP}"
            self.took(self.fails(7, line, "-z", f"--wait={given(0.7)}", LOCAL, proxy.port), 0.7)

    def test_proxy_that_resets(self):
        with Server(by_turns(resets())) as proxy:
            line = f"{LOCAL}:{proxy.port}: (connect|read): .*Connection reset by peer{GAVE_UP}"
            self.fails(6, line, "-z", f"--wait={given(0.7)}", LOCAL, proxy.port)

    def test_server_behind_the_proxy_comes_up(self):
        with Server(by_turns(says(), says(), stays())) as proxy:
            answer = self.hears(b"", "-zW", LOCAL, proxy.port)
            self.assertEqual(len(proxy.peers), 3)
            self.assertGreaterEqual(answer.seconds, 0.25)

    def test_server_that_speaks_is_one(self):
        with Daemon() as daemon:
            self.hears(b"", "-zW", LOCAL, daemon.port)

    @undisturbed
    def test_time_is_over_before_it_can_be_seen(self):
        with Server(stays()) as server:
            line = f"{LOCAL}:{server.port}: read: connected, but it cannot be seen within 100ms whether that lasts{GAVE_UP}"
            self.fails(7, line, "-z", "--wait=100ms", LOCAL, server.port)


class Several(WaitTest):
    def test_greetings_are_in_the_order_of_the_operands(self):
        with Server(says(b"one", pause=0.3)) as one, Server(says(b"two")) as two:
            operands = f"{LOCAL}:{one.port}", f"{LOCAL}:{two.port}"
            self.hears(b"onetwo", *operands)
            self.hears(b"twoone", "--wait", *reversed(operands))

    def test_every_form(self):
        path = temporary_directory(self) / "socket"
        with Server(says(b"1"), ("::1", 0)) as one, Server(says(b"2"), path), Server(says(b"3")) as three:
            self.hears(b"123", "-W", f"[::1]:{one.port}", f"unix:{path}", f"localhost:{three.port}")
            self.hears(b"2", f"unix:{path}")
            self.hears(b"32", f"{LOCAL}:{three.port}", f"unix:{path}")

    def test_all_are_waited_for(self):
        with Daemon() as daemon, held() as late:
            with Running("-vW", f"{LOCAL}:{daemon.port}", f"{LOCAL}:{late.getsockname()[1]}") as client:
                client.wait_error("again in")
                late.listen()
                greet_next(late, b"late")
                self.succeeds(client, GREETING + b"late")
            daemon.wait_counters(accepted=1)

    def test_one_that_never_comes(self):
        with Daemon() as daemon, refusing() as port:
            there, never = f"{LOCAL}:{daemon.port}", f"{LOCAL}:{port}"
            for operands in (there, never), (never, there):
                answer = self.fails(4, f"{never}: connect: Connection refused{GAVE_UP}", f"--wait={given(0.5)}", *operands,
                                    stdout=GREETING)
                self.took(answer, 0.5)

    def test_exit_code_is_that_of_the_first_failure(self):
        with Server(says()) as empty, Server(resets()) as resetting, refusing() as port:
            operands = [f"{LOCAL}:{port}" for port in (empty.port, port, resetting.port)]
            lines = [f"hailto: {operand}: ".encode() for operand in operands]
            for options in ([], [f"--wait={given(0.3)}"]):
                for first, exit in ((0, 7), (1, 4), (2, 6)):
                    order = [first, *({0, 1, 2} - {first})]
                    answer = ask(*options, *(operands[i] for i in order))
                    self.assertEqual((answer.exit, answer.stderr.count(b"\n")), (exit, 3), answer)
                    for said, i in zip(answer.stderr.splitlines(), order):
                        self.assertTrue(said.startswith(lines[i]), answer)

    def test_they_are_asked_at_the_same_time(self):
        with contextlib.ExitStack() as stack:
            ports = [stack.enter_context(Server(stays())).port for _ in range(20)]
            answer = ask("-w", given(0.5), *(f"{LOCAL}:{port}" for port in ports))
            self.assertEqual((answer.exit, answer.stderr.count(b"\n")), (7, 20), answer)
            self.took(answer, 0.5)

    def test_lines_of_stages_name_the_server(self):
        with Daemon() as daemon, refusing() as port, DatagramServer(answers(b"Hi")) as other:
            there, gone = f"{LOCAL}:{daemon.port}", f"localhost:{port}"
            for stages, operands, *options in (
                    ({"resolve", "connect", "read"}, (there, gone)),
                    ({"resolve", "proxy", "connect", "talk", "read"}, (there, gone), "--send-proxy", "--talk-first=1"),
                    ({"resolve", "ask"}, (f"{LOCAL}:{other.port}", gone), "-u")):
                answer = ask("-v", *options, *operands)
                self.assertEqual(answer.exit, 4, answer)
                lines = [line for line in answer.stderr.decode().splitlines() if not line.startswith("hailto: ")]
                named = {re.match(r"(\S+:\d+): (\w+): ", line).groups() for line in lines}
                self.assertLessEqual(stages, {stage for name, stage in named if name == operands[0]})
                self.assertEqual({name for name, _ in named}, set(operands))

    def test_each_needs_its_port(self):
        for operands, culprit in ((["a", "b:1"], "a"), (["a:1", "b:2", "c"], "c"), (["a", "1", "2"], "a")):
            self.fails(2, f"bad address '{culprit}': each of several servers needs its port: HOST:PORT", *operands)


class Rejected(WaitTest):
    def test_without_a_wait(self):
        with Server(says(b"NO, never")) as server:
            line = f"{LOCAL}:{server.port}: expect: the greeting begins as --reject-prefix says"
            self.fails(8, line, "--reject-prefix=NO", LOCAL, server.port, stdout=b"NO, never")
            self.hears(b"NO, never", "--reject-prefix=YES", LOCAL, server.port)

    def test_no_ends_the_wait_at_once(self):
        with Server(by_turns(says(), says(b"NO, never"))) as server, refusing() as port:
            for others in ([], [f"{LOCAL}:{port}"]):
                line = f"{LOCAL}:{server.port}: expect: the greeting begins as --reject-prefix says"
                answer = self.fails(8, line, "--wait", "--reject-prefix=NO", *others, f"{LOCAL}:{server.port}",
                                    stdout=b"NO, never")
                self.assertLess(answer.seconds, DEADLINE)

    def test_no_that_comes_in_pieces(self):
        with Server(says(b"N", b"O", pause=0.4)) as server:
            self.fails(8, ".*: expect: .*", "--reject-prefix=NO", LOCAL, server.port, stdout=b"NO")

    def test_other_failures_are_tried_again(self):
        with Server(by_turns(says(b"later"), resets(), says(b"ready"))) as server:
            self.hears(b"ready", "-W", "--expect-prefix=re", "--reject-prefix=NO", LOCAL, server.port)


class Inverted(WaitTest):
    def refuses(self, *arguments):
        """It is refused, as it should."""
        return self.hears(b"", "--invert", *arguments)

    def test_refused(self):
        with refusing() as port:
            self.refuses(LOCAL, port)
            self.refuses("localhost", port)
            self.refuses("-z", LOCAL, port)

    def test_answered(self):
        for script in (says(GREETING), stays(), says(), resets()):
            with Server(script) as server:
                line = f"{LOCAL}:{server.port}: expect: somebody answers, and --invert wants a refusal"
                self.fails(8, line, "--invert", LOCAL, server.port)

    def test_unix_socket(self):
        path = temporary_directory(self) / "socket"
        self.refuses(f"unix:{path}")
        with Server(stays(), path):
            self.fails(8, f"unix:{path}: expect: .*", "--invert", f"unix:{path}")
        self.refuses(f"unix:{path}")  # its file is still there

    def test_unknown_name(self):
        machine.write(self, "nsswitch.conf", "hosts: files\n")
        self.fails(3, f"{NAME}:1: resolve: .*", "--invert", NAME, 1)

    def test_silence(self):
        with machine.black_hole("127.0.0.2"), refusing("127.0.0.2") as port:
            line = f".*127.0.0.2:{port}.*: connect: no answer within {given(0.5)}"
            self.fails(5, line, "--invert", "-w", given(0.5), "127.0.0.2", port)
            machine.know(self, NAME, LOCAL, "127.0.0.2")  # one refuses, one is silent
            self.fails(5, f"{NAME}.*: connect: no answer within {given(0.5)}", "--invert", "-w", given(0.5), NAME, port)

    def test_one_of_two_answers(self):
        machine.know(self, NAME, LOCAL, "127.0.0.2")
        with Server(stays(), ("127.0.0.2", 0)) as server:
            self.fails(8, f"{NAME}:.*: expect: somebody answers, .*", "--invert", NAME, server.port)

    def test_no_route_to_one_address(self):
        """There may be somebody; but a family that we lack is no reason for doubt."""
        with refusing() as port:
            machine.know(self, NAME, "2001:db8::1", LOCAL)
            self.refuses(NAME, port)
            machine.route(self, "unreachable", "192.0.2.1")
            machine.know(self, NAME, LOCAL, "192.0.2.1")
            self.fails(4, f"{NAME}.*: connect: .*; --invert wants each address to refuse", "--invert", NAME, port)
            self.fails(4, "192.0.2.1:1: connect: No route to host; --invert wants .*", "--invert", "192.0.2.1", 1)

    def test_datagrams(self):
        with refusing() as port:
            self.refuses("-u", LOCAL, port)
        with Daemon("-u", "-l", LOCAL) as daemon:
            self.fails(8, ".*: expect: somebody answers, .*", "-u", "--invert", LOCAL, daemon.port)
        with DatagramServer(ignores) as server:
            self.fails(7, ".*: ask: no answer .*", "-u", "--invert", "-w", given(0.3), LOCAL, server.port)

    def test_wait_until_it_is_gone(self):
        with Daemon("-l", LOCAL) as daemon, Running("-vW", "--invert", LOCAL, daemon.port) as client:
            client.wait_error("expect: somebody answers, .*; again in")
            daemon.stop()
            self.succeeds(client, b"")

    def test_it_stays(self):
        with Server(stays()) as server:
            self.took(self.fails(8, ".*: expect: .*", "--invert", f"--wait={given(0.5)}", LOCAL, server.port), 0.5)


class Command(WaitTest):
    def setUp(self):
        self.server = self.enterContext(Server(says(GREETING)))
        self.before = "--wait", f"{LOCAL}:{self.server.port}", "--"

    def test_it_is_run_with_its_arguments(self):
        answer = ask(*self.before, "printf", "%s\n", "-W", "--", "--help", "a b", "")
        self.assertEqual((answer.exit, answer.stdout, answer.stderr), (0, b"-W\n--\n--help\na b\n\n", b""), answer)

    def test_after_two_operands(self):
        for before in ([LOCAL, self.server.port, "-W", "--"], ["--", LOCAL, self.server.port, "--"],
                       [LOCAL, self.server.port, "--"]):
            answer = ask(*before, "echo", "-q")
            self.assertEqual((answer.exit, answer.stdout, answer.stderr), (0, b"-q\n", b""), answer)

    def test_its_exit_status_is_ours(self):
        self.assertEqual(ask(*self.before, "sh", "-c", "exit 42").exit, 42)
        self.assertEqual(ask(*self.before, "sh", "-c", "kill -KILL $$").exit, -signal.SIGKILL)

    def test_its_input_is_ours(self):
        answer = ask(*self.before, "cat", input=b"all of it")
        self.assertEqual((answer.exit, answer.stdout), (0, b"all of it"), answer)

    def test_it_is_the_same_process(self):
        with Running(*self.before, "sh", "-c", "echo $$") as client:
            answer = client.end()
        self.assertEqual(answer.stdout, f"{client.pid}\n".encode())

    def test_it_is_not_run_after_a_failure(self):
        with refusing() as port:
            self.fails(4, f".*: connect: Connection refused{GAVE_UP}", f"--wait={given(0.2)}", LOCAL, port, "--", "echo", "run")
        self.fails(8, ".*: expect: .*", *self.before[1:2], "-E", "x", "--", "echo", "run")

    def test_no_server_before_it(self):
        """A script's list of servers may be empty; the command is no server, and there is nothing to ask for."""
        for words in (["--wait=5", "--", "true"], ["-W", "--", LOCAL, self.server.port], ["--", "--", "true"],
                      ["-W", "--", *self.before[1:], "true"]):
            self.fails(2, "no server before --; what follows it is a command", *words)
        self.hears(GREETING, "--", *self.before[1:2])
        self.hears(GREETING, "-W", *self.before[1:])

    def test_no_command_is_none(self):
        self.hears(GREETING, *self.before)

    def test_that_cannot_be_run(self):
        folder = temporary_directory(self)
        (folder / "text").write_text("no program\n")
        for command, exit, reason in (("no-such-command", 127, "No such file or directory"),
                                      (f"{folder}/none", 127, "No such file or directory"),
                                      (f"{folder}/text", 126, "Permission denied"),
                                      (folder, 126, "Permission denied")):
            self.fails(exit, f"cannot run '{command}': {reason}", *self.before, command)

    def test_environment(self):
        """A script with no #! is run by the shell, and the command is looked for in PATH."""
        folder = temporary_directory(self)
        (folder / "our-command").write_text('echo "$WORD $1"\n')
        (folder / "our-command").chmod(0o755)
        answer = ask(*self.before, "our-command", "there",
                     env={"PATH": f"{folder}:{os.environ['PATH']}", "WORD": "hello"})
        self.assertEqual((answer.exit, answer.stdout), (0, b"hello there\n"), answer)


@unittest.skipIf(WRAPPER or harness.is_emulated(), "a wrapper has signals, limits and descriptors of its own")
class Inherited(WaitTest):
    """A command gets what hailto got, as if nothing had been between"""

    def compare(self, command, **popen):
        """Runs the command alone, and by hailto, in the same state: it must say the same."""
        with Server(says(GREETING)) as server:
            ours = [harness.program("hailto"), "--wait", f"{LOCAL}:{server.port}", "--"]
            direct, by_hailto = (subprocess.run([*before, *command], stdout=subprocess.PIPE, timeout=DEADLINE, **popen)
                                 for before in ([], ours))
        self.assertEqual(by_hailto.returncode, direct.returncode)
        self.assertEqual(by_hailto.stdout, direct.stdout)
        return direct.stdout.decode()

    def test_signals(self):
        def change():
            for number in (signal.SIGPIPE, signal.SIGXFSZ, signal.SIGINT, signal.SIGTERM):
                signal.signal(number, signal.SIG_IGN if number in ignored else signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
        for ignored, blocked in ((), ()), ((signal.SIGPIPE, signal.SIGINT), (signal.SIGUSR1, signal.SIGCHLD)), \
                ((signal.SIGXFSZ, signal.SIGTERM), (signal.SIGTERM, signal.SIGALRM)):
            with self.subTest(ignored=ignored, blocked=blocked):
                said = self.compare(["grep", "-E", "^Sig(Blk|Ign|Cgt)", "/proc/self/status"], preexec_fn=change,
                                    restore_signals=False)
                mask = {name: int(bits, 16) for name, bits in re.findall(r"Sig(\w+):\s+(\w+)", said)}
                self.assertEqual(mask["Blk"], sum(1 << number - 1 for number in blocked))
                for number in ignored:
                    self.assertTrue(mask["Ign"] & 1 << number - 1)

    def test_limits(self):
        self.compare(["cat", "/proc/self/limits"],
                     preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (200, 300)))

    def test_descriptors(self):
        """ls has one more, of the folder itself."""
        def change():
            for fd in closed:
                os.close(fd)
        end, other_end = os.pipe()
        self.addCleanup(os.close, end)
        self.addCleanup(os.close, other_end)
        for closed in (), (0,), (2,), (0, 2):
            with self.subTest(closed=closed):
                said = self.compare(["ls", "/proc/self/fd"], preexec_fn=change, pass_fds=[end])
                self.assertIn(str(end), said.split())

    def test_lookup_that_is_left_to_itself(self):
        """The separate lookup of one family is still under way when the other's address has answered."""
        with machine.name_server({"A": [LOCAL]}), Server(says(GREETING), (LOCAL, 0)) as server:
            said = subprocess.run([harness.program("hailto"), "-W", f"{NAME}.", str(server.port), "--",
                                   "ls", "-l", "/proc/self/fd"], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                  stdin=subprocess.DEVNULL, timeout=DEADLINE)
        self.assertEqual(said.returncode, 0, said)
        targets = re.findall(r"(\d+) -> (\S+)", said.stdout.decode())
        self.assertEqual([fd for fd, _ in targets], ["0", "1", "2", "3"], targets)

    def test_standard_output_stays_as_it_was(self):
        """Flags of the open file are shared with others; hailto sets none."""
        self.compare(["grep", "flags", "/proc/self/fdinfo/1"])

    def test_alarm_that_a_parent_has_set(self):
        started = time.monotonic()
        with Server(says(GREETING)) as server:
            result = subprocess.run([harness.program("hailto"), "-W", f"{LOCAL}:{server.port}", "--", "sleep", "60"],
                                    timeout=DEADLINE, preexec_fn=lambda: signal.alarm(1))
        self.assertEqual(result.returncode, -signal.SIGALRM)
        self.assertLess(time.monotonic() - started, DEADLINE)


class Interrupted(WaitTest):
    def test_while_it_pauses(self):
        with refusing() as port:
            for number in (signal.SIGTERM, signal.SIGINT):
                with Running("-vW", LOCAL, port, "--", "echo", "run") as client:
                    client.wait_error("again in")
                    client.signal(number)
                    answer = client.end()
                    self.assertEqual((answer.exit, answer.stdout), (-number, b""), answer)

    def test_while_it_asks(self):
        with Server(stays()) as server, Running("-W", LOCAL, server.port) as client:
            server.wait_opened()
            client.signal(signal.SIGTERM)
            self.assertEqual(client.end().exit, -signal.SIGTERM)


class Refused(WaitTest):
    """Exit code 2, at once"""

    def test_what_does_not_go_together(self):
        for line, *options in (
                ("--zero reads no greeting that could be as expected", "-zW", "--expect-prefix=a"),
                ("--zero reads no greeting that could be as expected", "-z", "--reject-prefix=a"),
                ("--invert wants a refusal, which has no greeting", "--invert", "-Ea"),
                ("--invert wants a refusal, which has no greeting", "--invert", "--reject-prefix=a"),
                ("--reject-prefix is empty, and would reject every greeting", "-W", "--reject-prefix="),
                ("the expected greeting is longer than --bytes", "-b1", "--reject-prefix=NO"),
                ("--zero only connects, and --udp never does", "-uzW"),
                ("--wait: '0' is not a time from 1ms to 86400s, .*", "--wait=0"),
                ("--wait is given twice", "-W", "--wait=2"),
                ("-W takes no value; write --wait=4", "-W4"),
                ("-W takes no value; write --wait=30s", "-vW=30s"),
                ("bad operand '30s': a value of --wait is written --wait=30s", "--wait", "30s")):
            with self.subTest(options=options):
                self.fails(2, line, *options, f"{LOCAL}:1", "--", "echo", "run")

    def test_unix_socket_among_others(self):
        self.fails(2, "a UNIX socket is not asked by --udp", "-uW", f"{LOCAL}:1", "unix:/x")
        self.fails(2, "a UNIX socket has no IP address and no IP family", "-4W", "unix:/x", f"{LOCAL}:1")

    def test_several_by_datagram_from_one_port(self):
        with socket.socket(type=socket.SOCK_DGRAM) as free:
            free.bind((LOCAL, 0))
            source = f"{LOCAL}:{free.getsockname()[1]}"
        self.fails(2, r"with --udp, several servers cannot be asked from one port \(see --source\)",
                   "-u", "-s", source, f"{LOCAL}:1", f"{LOCAL}:2")


if __name__ == "__main__":
    machine.enter()
    harness.main()
