#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Signals, limits and descriptors that a parent leaves behind change neither how the programs work nor how they end.

Runs in a network namespace with its own name service. No wrapper is put before programs that end at once, by an
alarm or as the first process of a container: they can't give back what they have.
"""
import contextlib
import fcntl
import os
import pty
import re
import resource
import signal
import socket
import subprocess
import tempfile
import termios
import unittest

from lib import harness, machine
from lib.activation import Activated, listening
from lib.clients import ClientTest, Running, ask
from lib.crowd import connect_all, serve_all
from lib.harness import Daemon, GREETING, poll_until, read_all, run
from lib.reload import NOTHING_TO_READ
from lib.servers import Server, says, stays

CATCHABLE = signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}
TOO_LARGE = "cannot write to standard error: File too large"


def block(*signals):
    return lambda: signal.pthread_sigmask(signal.SIG_BLOCK, signals)


def ignore(*signals):
    def do():
        for number in signals:
            signal.signal(number, signal.SIG_IGN)
    return do


def ignore_and_block_all():
    for number in CATCHABLE:
        with contextlib.suppress(OSError, ValueError):  # those that the C library keeps for itself
            signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, CATCHABLE)


LARGEST = 1 << 20


def limit_files():
    resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST, LARGEST))


def file_at_the_limit():
    """A file in which the next byte is one too many."""
    file = tempfile.TemporaryFile(buffering=0)
    file.seek(LARGEST)
    return file


class Heir(Daemon):
    """A haild on 127.0.0.1 that begins with before()."""

    def __init__(self, before, **more):
        super().__init__("-l", "127.0.0.1", limits={"before": before}, **more)

    def _set_limits(self):
        self.limits["before"]()


class Serving(unittest.TestCase):
    def test_blocked(self):
        for number in signal.SIGTERM, signal.SIGINT:
            with self.subTest(number), Heir(block(signal.SIGTERM, signal.SIGINT)) as daemon:
                self.assertEqual(daemon.greeting(), GREETING)
                daemon.signal(number)
                self.assertEqual(daemon.wait(), 0)

    def test_ignored(self):
        for number in signal.SIGTERM, signal.SIGINT:
            with self.subTest(number), Heir(ignore(signal.SIGTERM, signal.SIGINT)) as daemon:
                daemon.signal(number)
                self.assertEqual(daemon.wait(), 0)

    # Under nohup(1) a terminal that goes is no end, as ever, and HUP still means a new greeting.
    def test_nohup(self):
        with Heir(ignore(signal.SIGHUP), log=[NOTHING_TO_READ]) as daemon:
            daemon.signal(signal.SIGHUP)
            daemon.wait_log(f"^{NOTHING_TO_READ}$")
            self.assertEqual(daemon.greeting(), GREETING)

    def test_everything_ignored_and_blocked(self):
        with Heir(ignore_and_block_all, log=[NOTHING_TO_READ]) as daemon:
            daemon.signal(signal.SIGHUP)
            daemon.wait_log(f"^{NOTHING_TO_READ}$")
            self.assertEqual(daemon.greeting(), GREETING)
            daemon.wait_counters(greeted=1)
            # valgrind blocks signals for moments.
            poll_until(lambda: int(daemon.status("SigBlk"), 16) == 0)

    @unittest.skipIf(harness.WRAPPER, "a wrapper may write files, too")
    def test_size_of_files(self):
        log = [rf"haild: \d+ log lines lost: {TOO_LARGE}"]
        limits = {resource.RLIMIT_FSIZE: (500, resource.RLIM_INFINITY)}
        with Daemon("-l", "127.0.0.1", "-v", limits=limits, log=log) as daemon:
            for _ in range(100):
                self.assertEqual(daemon.greeting(), GREETING)
            poll_until(daemon.has_given_back_descriptors)
            self.assertEqual(len(daemon.log_bytes()), 500)
            resource.prlimit(daemon.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
            self.assertEqual(daemon.greeting(), GREETING)
            lost = daemon.wait_log(rf"^haild: (\d+) log lines lost: {TOO_LARGE}$")
            poll_until(lambda: len(daemon.log_lines("(closed|connected): .*")) + int(lost[1]) == 2 * 101)

    def test_size_of_files_at_the_start(self):
        told = r"sandbox: .+\nhaild .+ listens on .+\nhaild: cannot print the addresses on standard output: File too large\n"
        with file_at_the_limit() as file, tempfile.TemporaryFile() as log:
            process = harness.start(harness.command_of("haild", ["-l", "127.0.0.1", "-p", "0"]),
                                    env=harness.environment(), stdout=file, stderr=log, preexec_fn=limit_files)
            poll_until(lambda: re.fullmatch(told, os.pread(log.fileno(), 4096, 0).decode()))
            process.terminate()
            self.assertEqual(process.wait(harness.DEADLINE), 0)

    # A command is bounded in time so where there is no timeout(1).
    def test_alarm_is_kept(self):
        process = harness.start([harness.program("haild"), "-q", "-l", "127.0.0.1", "-p", "0"],
                                env=harness.environment(), stdout=subprocess.DEVNULL,
                                preexec_fn=lambda: signal.alarm(1))
        self.assertEqual(process.wait(harness.DEADLINE), -signal.SIGALRM)


class Descriptors(unittest.TestCase):
    FULL = r"\d+ open, the most allowed; other connections wait in the queue"

    def has_room_for(self, daemon, room, most):
        """The room must be what the descriptors leave; haild has one more for a moment when it ends its stdout. One is
        for an epoll that watches the clients, also where there is none."""
        unused = 0 if harness.has("HAVE_CLOSING_EPOLL") else 1
        poll_until(lambda: room == most - len(harness.descriptors_of(daemon.pid)) - unused)

    # Those that lie high take room as well: at the limit accepting must pause, and not fail.
    @unittest.skipIf(harness.WRAPPER, "a wrapper may need descriptors, too")
    def test_high_ones_are_counted(self):
        prefix = ("bash", "-c", 'for i in {30..59}; do eval "exec $i< /dev/null"; done; exec "$@"', "bash")
        limits = {resource.RLIMIT_NOFILE: (64, 64)}
        log = [self.FULL, r"haild: --max-connections=60 is more than the descriptor limit of 64 allows: using \d+"]
        with Daemon("-l", "127.0.0.1", "-c", 60, prefix=prefix, limits=limits, log=log) as daemon:
            room = int(daemon.wait_log(r"allows: using (\d+)$")[1])
            self.assertLess(room, 64 - 30 - 8)
            self.has_room_for(daemon, room, 64 - 8)
            clients = connect_all(self, daemon.port, 100)
            daemon.wait_log(rf"^{room} open, the most allowed")
            self.assertEqual(serve_all(clients), [GREETING] * 100)

    # Sockets of a service manager, too.
    @unittest.skipIf(harness.WRAPPER, "a wrapper may need descriptors, too")
    def test_passed_sockets_are_counted(self):
        limits = {resource.RLIMIT_NOFILE: (300, 300)}
        log = [r"haild: --max-connections=300 is more than the descriptor limit of 300 allows: using \d+"]
        with contextlib.ExitStack() as stack:
            passed = [stack.enter_context(listening(kind=kind)) for kind in [socket.SOCK_STREAM, socket.SOCK_DGRAM] * 20]
            with Activated(*passed, options=["-c", "300"], limits=limits, log=log) as daemon:
                room = int(daemon.wait_log(r"allows: using (\d+)$")[1])
                self.assertLess(room, 300 - 40 - 8)
                self.has_room_for(daemon, room, 300 - 8)

    # What lies beyond the limit takes none of it.
    @unittest.skipIf(harness.WRAPPER, "a wrapper may need descriptors, too")
    def test_those_beyond_the_limit_are_not(self):
        prefix = ("bash", "-c", 'for i in {70..99}; do eval "exec $i< /dev/null"; done; '
                                'ulimit -n 64; exec "$@"', "bash")
        log = [r"haild: --max-connections=60 is more than the descriptor limit of 64 allows: using \d+"]
        with Daemon("-l", "127.0.0.1", "-c", 60, prefix=prefix, log=log) as daemon:
            self.has_room_for(daemon, int(daemon.wait_log(r"allows: using (\d+)$")[1]), 64 - 8 + 30)


@unittest.skipIf(harness.WRAPPER or harness.is_sanitized() or harness.measures_coverage(),
                 "a wrapper, a sanitizer or a measured build needs descriptors, too")
class FewDescriptors(unittest.TestCase):
    """Whatever the limit, what fails says so, and what starts serves."""

    def limit_to(self, descriptors):
        return lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors))

    def test_failure_is_told(self):
        for limit in range(4, 14):
            with self.subTest(limit=limit), Daemon("-l", "127.0.0.1") as daemon:
                result = run("hailto", "-w", "5s", f"127.0.0.1:{daemon.port}", preexec_fn=self.limit_to(limit))
                self.assertEqual((result.exit == 0, result.stderr == b""), (result.stdout == GREETING,) * 2, result)
                self.assertLessEqual(result.stderr.count(b"\n"), 1)

    def test_daemon_serves_or_says_why_not(self):
        served = 0
        for limit in range(4, 20):
            with self.subTest(limit=limit):
                process = harness.start([harness.program("haild"), "-l", "127.0.0.1", "-p", "0", "-n", "1"],
                                        env=harness.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        preexec_fn=self.limit_to(limit))
                with process.stdout as stdout, process.stderr as stderr:
                    address = stdout.readline()
                    if address:
                        with harness.connect(int(address.rpartition(b":")[2])) as client:
                            self.assertEqual(read_all(client), GREETING)
                        served += 1
                    told = [line for line in stderr.read().splitlines()
                            if not re.fullmatch(harness.WARNING_OF_ROOT, line.decode())]
                    self.assertEqual(process.wait(harness.DEADLINE) == 0, bool(address), told)
                    self.assertTrue(address or len(told) == 1, told)
        self.assertTrue(0 < served < 16, served)

    def test_soft_limit_is_raised_before_it_matters(self):
        addresses = [word for i in range(1, 26) for word in ("-l", f"127.0.0.{i}")]
        with Daemon(*addresses, limits={resource.RLIMIT_NOFILE: (20, 4096)}) as daemon:
            self.assertEqual(len(daemon.addresses), 25)


class Starting(unittest.TestCase):
    """Signals while haild waits for a name server"""

    NAME = "server.example"

    @contextlib.contextmanager
    def starting(self, *prefix, **popen):
        """A with-block with a haild that looks up a name; the name server answers late."""
        answers = {"A": machine.Late(2, ["127.0.0.1"]), "AAAA": []}
        options = ["-l", self.NAME, "-p", "0"]
        command = [*prefix, harness.program("haild"), *options] if prefix else harness.command_of("haild", options)
        with machine.name_server(answers) as asked, tempfile.TemporaryFile("w+") as log:
            process = harness.start(command, env=harness.environment(), stdout=subprocess.PIPE, stderr=log, **popen)
            with process.stdout:
                self.assertTrue(asked.wait(harness.DEADLINE))
                yield process, lambda: os.pread(log.fileno(), 1 << 16, 0).decode()
                if process.poll() is None:
                    process.kill()

    def test_hangup_and_report_come_later(self):
        with self.starting() as (process, log):
            process.send_signal(signal.SIGHUP)
            process.send_signal(signal.SIGUSR1)
            poll_until(lambda: "listens on 127.0.0.1:" in log() or process.poll() is not None)
            poll_until(lambda: re.search(rf"^{NOTHING_TO_READ}$", log(), re.MULTILINE) and
                       re.search("^counters: accepted=0 ", log(), re.MULTILINE))
            process.terminate()
            self.assertEqual(process.wait(harness.DEADLINE), 0)

    def test_end(self):
        for number in signal.SIGTERM, signal.SIGINT:
            for before in block(number), ignore(number):
                with self.subTest(number), self.starting(preexec_fn=before) as (process, _):
                    process.send_signal(number)
                    self.assertEqual(process.wait(harness.DEADLINE), -number)

    # The kernel spares the first process of a container what others die of.
    def test_end_of_the_first_process(self):
        with self.starting("unshare", "--pid", "--fork") as (process, log):
            os.kill(only_child_of(process), signal.SIGTERM)
            self.assertEqual(process.wait(harness.DEADLINE), 128 + signal.SIGTERM)
            self.assertEqual(log(), "")


def only_child_of(process):
    path = f"/proc/{process.pid}/task/{process.pid}/children"
    return int(poll_until(lambda: open(path).read()))


class Asking(ClientTest):
    """The same of hailto"""

    @contextlib.contextmanager
    def waiting(self, **popen):
        """A with-block with a hailto that waits for a greeting."""
        with Server(stays()) as server, \
                Running("-w", "60s", "127.0.0.1", server.port, **popen) as client:
            poll_until(lambda: client.sockets() == 1)
            client.wait_asleep()
            yield client

    def test_blocked(self):
        for number in signal.SIGTERM, signal.SIGINT, signal.SIGHUP:
            with self.subTest(number), self.waiting(preexec_fn=block(number)) as client:
                client.signal(number)
                self.assertEqual(client.end().exit, -number)

    # As every command that a script runs in the background: ^C is not for it.
    @unittest.skipIf(harness.is_emulated(), "QEMU catches the signals, to pass them on")
    def test_ignored_interrupt_stays_ignored(self):
        with self.waiting(preexec_fn=ignore(signal.SIGINT)) as client:
            client.signal(signal.SIGINT)
            self.assertTrue(int(client.status("SigIgn"), 16) & 1 << signal.SIGINT - 1)
            client.signal(signal.SIGTERM)
            self.assertEqual(client.end().exit, -signal.SIGTERM)

    def test_everything_ignored_and_blocked(self):
        with Daemon("-l", "127.0.0.1") as daemon:
            self.hears(GREETING, "127.0.0.1", daemon.port, preexec_fn=ignore_and_block_all)

    def test_size_of_files(self):
        with Server(says(GREETING)) as server, file_at_the_limit() as file:
            answer = ask("127.0.0.1", server.port, stdout=file, preexec_fn=limit_files)
            self.judge_failure(answer, 1, "cannot write to standard output: File too large")

    def test_alarm_is_kept(self):
        with Server(stays()) as server:
            process = harness.start([harness.program("hailto"), "127.0.0.1", str(server.port)],
                                    env=harness.environment(), preexec_fn=lambda: signal.alarm(1))
            self.assertEqual(process.wait(harness.DEADLINE), -signal.SIGALRM)

    def test_first_process(self):
        for number in signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT:
            with self.subTest(number), Server(stays()) as server:
                process = harness.start(
                    ["unshare", "--pid", "--fork", harness.program("hailto"), "127.0.0.1", str(server.port)],
                    env=harness.environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT, preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
                pid = only_child_of(process)
                poll_until(lambda: any(target.startswith("socket:") for target in harness.descriptors_of(pid)))
                os.kill(pid, number)
                with process.stdout as told:
                    self.assertEqual((process.wait(harness.DEADLINE), told.read()), (128 + number, b""))

    # The first signal ends only the run. The next one finds the action that was set for the first process.
    def test_first_process_whose_report_is_not_read(self):
        reader, writer = os.pipe()
        os.set_blocking(writer, False)
        with contextlib.suppress(BlockingIOError):
            while True:
                os.write(writer, b"x")
        with Server(says(GREETING)) as server:
            process = harness.start(
                ["unshare", "--pid", "--fork", harness.program("hailto"), "-c0", "-P2", "127.0.0.1", str(server.port)],
                env=harness.environment(), stdin=subprocess.DEVNULL, stdout=writer, stderr=subprocess.DEVNULL)
            poll_until(lambda: server.peers)
            pid = only_child_of(process)

            def has_ended():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGTERM)
                return process.poll() is not None
            poll_until(has_ended)
        self.assertEqual(process.returncode, 128 + signal.SIGTERM)
        os.close(reader)
        os.close(writer)

    # What its parent ignores, as nohup does, is ignored by the first process of a container as well.
    @unittest.skipIf(harness.is_emulated(), "QEMU catches the signals, to pass them on")
    def test_first_process_that_ignores(self):
        for number in signal.SIGINT, signal.SIGHUP:
            with self.subTest(number), Server(stays()) as server:
                process = harness.start(
                    ["unshare", "--pid", "--fork", harness.program("hailto"), "127.0.0.1", str(server.port)],
                    env=harness.environment(), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL, preexec_fn=ignore(number))
                pid = only_child_of(process)
                poll_until(lambda: any(target.startswith("socket:") for target in harness.descriptors_of(pid)))
                ignored = re.search(r"^SigIgn:\s*(\w+)$", open(f"/proc/{pid}/status").read(), re.MULTILINE)[1]
                self.assertTrue(int(ignored, 16) & 1 << number - 1)
                os.kill(pid, signal.SIGTERM)
                self.assertEqual(process.wait(harness.DEADLINE), 128 + signal.SIGTERM)

    def test_first_process_is_greeted(self):
        with Daemon("-l", "127.0.0.1") as daemon:
            self.hears(GREETING, "127.0.0.1", daemon.port, prefix=("unshare", "--pid", "--fork"))

    def test_first_process_at_a_terminal(self):
        screen, line = pty.openpty()
        with Server(stays()) as server:
            process = harness.start(
                ["unshare", "--pid", "--fork", harness.program("hailto"), "127.0.0.1", str(server.port)],
                env=harness.environment(), stdin=line, stdout=line, stderr=line, start_new_session=True,
                preexec_fn=lambda: (fcntl.ioctl(line, termios.TIOCSCTTY), signal.signal(signal.SIGINT, signal.SIG_DFL)))
            os.close(line)
            pid = only_child_of(process)
            poll_until(lambda: any(target.startswith("socket:") for target in harness.descriptors_of(pid)))
            os.write(screen, b"\x03")
            process.wait(harness.DEADLINE)
            poll_until(lambda: not os.path.exists(f"/proc/{pid}"))
        os.close(screen)

    # Another program may have left the terminal or pipe that we read from non-blocking.
    def test_input_that_does_not_block(self):
        with Daemon(port=None):
            reader, writer = os.pipe()
            os.set_blocking(reader, False)
            with Running(stdin=reader) as client:
                os.close(reader)
                for question, said in ("address: $", b"127.0.0.1\n"), ("port: $", b"\n"):
                    client.wait_error(question)
                    client.wait_asleep()
                    os.write(writer, said)
                answer = client.end()
            os.close(writer)
            self.assertEqual((answer.exit, answer.stdout), (0, GREETING), answer)


if __name__ == "__main__":
    machine.enter()
    harness.main()
