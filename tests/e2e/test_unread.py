#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Standard output or error that nobody reads holds up no client and no end; and no failure is lost to it."""
import contextlib
import fcntl
import os
import pathlib
import pty
import re
import resource
import select
import signal
import socket
import subprocess
import tempfile
import termios
import threading
import time
import unittest

from lib import harness
from lib.servers import refusing
from lib.harness import Daemon, GREETING, connect, descriptors_of, poll_until, read_all, temporary_directory

XOFF, XON = b"\x13", b"\x11"  # ^S, ^Q


def pipe():
    """Both ends of a small pipe."""
    reader, writer = os.pipe()
    fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, resource.getpagesize())
    return reader, writer


def fill(writer):
    """Fills a pipe; returns how many bytes that took. The description is as it was in the end."""
    flags, count = fcntl.fcntl(writer, fcntl.F_GETFL), 0
    fcntl.fcntl(writer, fcntl.F_SETFL, flags | os.O_NONBLOCK)
    for size in (4096, 1):
        with contextlib.suppress(BlockingIOError):
            while True:
                count += os.write(writer, b"x" * size)
    fcntl.fcntl(writer, fcntl.F_SETFL, flags)
    return count


def read_or_end(descriptor, size):
    """os.read() to which the end of a terminal, EIO, is one like any other."""
    try:
        return os.read(descriptor, size)
    except OSError:
        return b""


def read_to_end(descriptor):
    """What can be read until there is no writer left."""
    return harness.read_until_end(descriptor, read_or_end)


class Reading(threading.Thread):
    """Reads a descriptor to its end, and closes it; .said is what has come."""

    def __init__(self, descriptor):
        super().__init__()
        self.said, self._descriptor = b"", descriptor
        self.start()

    def run(self):
        while part := read_or_end(self._descriptor, 1 << 16):
            self.said += part
        os.close(self._descriptor)


def wait_asleep(process):
    """Waits until the program waits for something, or has ended."""
    def is_asleep():
        name, state = pathlib.Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[::2]
        return name.partition("(")[2].startswith("hail") and state.split()[0] in "SZ" or harness.WRAPPER
    poll_until(is_asleep)


class Serving(unittest.TestCase):
    """Standard error is not read while haild serves."""

    @contextlib.contextmanager
    def haild(self, stderr, *options):
        """A with-block with a haild that logs there; gives the process and its port."""
        process = harness.start(harness.command_of("haild", ["-l", "127.0.0.1", "-p", "0", *options]),
                                env=harness.environment(), stdout=subprocess.PIPE, stderr=stderr)
        with process.stdout as stdout:
            address = harness.read_until_end(stdout.fileno(), os.read)
        yield process, int(address.rpartition(b":")[2])
        process.terminate()
        self.assertEqual(process.wait(harness.DEADLINE), 0)

    def greet(self, process, port, count):
        """Greets so many clients; returns once their ends are logged, or lost: the last one's port."""
        for _ in range(count):
            with connect(port) as client:
                its_port = client.getsockname()[1]
                self.assertEqual(read_all(client), GREETING)
        poll_until(lambda: sum(target.startswith("socket:[") for target in descriptors_of(process.pid)) ==
                   self.sockets)
        return its_port

    sockets = 1  # those that haild has when nobody is connected

    def judge(self, log, lines):
        """Every line must be whole, and those that are missing counted."""
        shown = log.decode().splitlines()
        lost = [int(match[1]) for line in shown if
                (match := re.fullmatch(r"haild: (\d+) log lines? lost: standard error was not read", line))]
        for line in shown:
            self.assertRegex(line, r"\A(sandbox: .+|haild .+ listens on .+|haild: \d+ log lines? lost: .+|"
                                   r"connected: 127\.0\.0\.1:\d+|closed: 127\.0\.0\.1:\d+: done, .+ ms|stopped: .+)\Z")
        self.assertGreater(sum(lost), 0)
        self.assertEqual(len(shown) - len(lost) + sum(lost), lines)

    def greet_until_told(self, process, port, reading):
        """Greets clients until the log says what was lost, and holds the last one's end; returns how many."""
        count = 0

        # A line lost after that would be told before the next one, and none comes.
        def is_told():
            nonlocal count
            its_port = self.greet(process, port, 1)
            count += 1
            said = reading.said
            return b" lost: " in said and b"\nclosed: 127.0.0.1:%d: " % its_port in said
        poll_until(is_told)
        return count

    def unread(self, reader, writer, count=1500):
        inherited = os.dup(writer)
        with self.haild(writer, "-v") as (process, port):
            os.close(writer)
            self.greet(process, port, count)
            self.assertEqual(fcntl.fcntl(inherited, fcntl.F_GETFL) & os.O_NONBLOCK, 0)
            os.close(inherited)
            reading = Reading(reader)
            count += self.greet_until_told(process, port, reading)
        reading.join(harness.DEADLINE)
        self.judge(reading.said, 3 + 2 * count)

    def test_terminal(self):
        self.unread(*pty.openpty())

    def test_terminal_that_is_held(self):
        screen, line = pty.openpty()
        os.write(screen, XOFF)
        with self.haild(line, "-v") as (process, port):
            os.close(line)
            self.greet(process, port, 100)
        os.close(screen)

    def test_pipe(self):
        self.unread(*pipe())

    # Many lines are written at once; the pipe takes one such piece, and is read as soon as it has it.
    def test_burst_through_a_small_pipe(self):
        reader, writer = pipe()
        with self.haild(writer) as (process, port):
            os.close(writer)
            reading = Reading(reader)
            with contextlib.ExitStack() as stack:
                process.send_signal(signal.SIGSTOP)
                clients = [stack.enter_context(connect(port)) for _ in range(1000)]
                process.send_signal(signal.SIGCONT)
                for client in clients:
                    self.assertEqual(read_all(client), GREETING)
                ports = [client.getsockname()[1] for client in clients]
        reading.join(harness.DEADLINE)
        lines = reading.said.decode().splitlines()
        shown = [int(line.rpartition(":")[2]) for line in lines if line.startswith("connected: 127.0.0.1:")]
        lost = [int(match[1]) for line in lines if
                (match := re.fullmatch(r"haild: (\d+) log lines? lost: standard error was not read", line))]
        # Every line is whole, in its order, and there, or counted where it would have been.
        odd = [line for line in lines if not re.match(r"connected: 127\.0\.0\.1:\d+$|haild: \d+ log lines? lost: standard "
                                                      r"error was not read$|sandbox: |haild .* listens |stopping: |stopped: ", line)]
        self.assertEqual(odd, [])
        self.assertEqual(shown, [port for port in ports if port in set(shown)])
        # When haild stops, one line may be lost of those that tell of that.
        self.assertIn(len(shown) + sum(lost), (1000, 1001))

    def test_socket(self):
        self.sockets = 2
        ours, its = socket.socketpair()
        its.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 16384)
        self.unread(ours.detach(), its.detach())

    # Its 100,000 bytes take the reader ten seconds; haild must not wait for them.
    def test_slow_reader_of_a_terminal(self):
        screen, line = pty.openpty()
        over = threading.Event()

        def read_slowly():
            while not over.wait(0.1):
                os.read(screen, 1000)
        reader = threading.Thread(target=read_slowly)
        with self.haild(line, "-v") as (process, port):
            os.close(line)
            reader.start()
            began = time.monotonic()
            self.greet(process, port, 1000)
            took = time.monotonic() - began
            over.set()
            reader.join()
        os.close(screen)
        if not harness.WRAPPER:
            self.assertLess(took, 6)

    # A file opened anew would be written from its beginning.
    def test_one_file_for_output_and_errors(self):
        with tempfile.TemporaryFile() as file:
            file.write(b"what was there before\n")
            file.flush()
            process = harness.start(harness.command_of("haild", ["-l", "127.0.0.1", "-p", "0"]),
                                    env=harness.environment(), stdout=file, stderr=file)
            log = lambda: os.pread(file.fileno(), 1 << 16, 0).decode()
            port = int(poll_until(lambda: re.search(r"^127\.0\.0\.1:(\d+)\n", log(), re.MULTILINE))[1])
            self.greet(process, port, 3)
            process.terminate()
            self.assertEqual(process.wait(harness.DEADLINE), 0)
            self.assertRegex(log(), r"\Awhat was there before\nsandbox: .+\nhaild .+ listens on 127\.0\.0\.1:\d+\n"
                                    r"127\.0\.0\.1:\d+\n(connected: 127\.0\.0\.1:\d+\n){3}stopped: accepted=3 .+\n\Z")

    # As after su(1), which leaves us a terminal that we may write to and not open.
    def test_pipe_that_cannot_be_opened_anew(self):
        harness.need("setpriv")
        other = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
        if subprocess.run([*other, "true"], capture_output=True).returncode != 0:
            self.skipTest("only root can become somebody else, and only where there are other users")
        reader, writer = pipe()
        folder = temporary_directory(self)
        folder.chmod(0o777)
        copy = folder / "haild"
        copy.write_bytes(pathlib.Path(harness.program("haild")).read_bytes())
        copy.chmod(0o755)
        # A build that measures coverage writes that down there, and not an error on standard error.
        env = harness.environment({"GCOV_PREFIX": str(folder)})
        process = harness.start([*other, copy, "-v", "-l", "127.0.0.1", "-p", "0"],
                                env=env, stdout=subprocess.PIPE, stderr=writer)
        os.close(writer)
        with process.stdout as stdout:
            address = harness.read_until_end(stdout.fileno(), os.read)
        port = int(address.rpartition(b":")[2])
        self.greet(process, port, 300)
        reading = Reading(reader)
        count = 300 + self.greet_until_told(process, port, reading)
        process.terminate()
        self.assertEqual(process.wait(harness.DEADLINE), 0)
        reading.join(harness.DEADLINE)
        self.judge(reading.said, 3 + 2 * count)

    # stty tostop: the first line of a background job would stop it.
    def test_terminal_that_stops_background_jobs(self):
        screen, line = pty.openpty()
        script = 'stty tostop; set -m; "$@" & echo "pid $!"; wait'
        command = harness.command_of("haild", ["-l", "127.0.0.1", "-p", "0"])
        shell = harness.start(["bash", "-c", script, "bash", *command], env=harness.environment(),
                              stdin=line, stdout=line, stderr=line, start_new_session=True,
                              preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY))
        os.close(line)
        said = b""

        def wait_for(pattern):
            nonlocal said
            while not re.search(pattern, said):
                self.assertTrue(select.select([screen], [], [], harness.DEADLINE)[0], said)
                said += os.read(screen, 4096)
            return re.search(pattern, said)[1]
        pid = int(wait_for(rb"pid (\d+)\r\n"))
        try:
            port = int(wait_for(rb"\r\n127\.0\.0\.1:(\d+)\r\n"))
            with connect(port) as client:
                self.assertEqual(read_all(client), GREETING)
        finally:
            os.kill(pid, signal.SIGTERM)
            with contextlib.suppress(ProcessLookupError):  # it was not stopped, and is gone already
                os.kill(pid, signal.SIGCONT)
        read_to_end(screen)
        self.assertEqual(shell.wait(harness.DEADLINE), 0)
        os.close(screen)


class Readiness(unittest.TestCase):
    """Standard output takes no line, or not all: haild greets meanwhile, and can be ended."""

    def daemon(self, stdout, *options):
        return Daemon("-l", "127.0.0.1", *options, stdout=stdout)

    def test_full_pipe(self):
        reader, writer = pipe()
        before = fill(writer)
        with self.daemon(writer) as daemon:
            os.close(writer)
            self.assertEqual(daemon.greeting(), GREETING)
            told = read_to_end(reader)[before:]
            self.assertEqual(told.decode(), f"127.0.0.1:{daemon.port}\n")
            self.assertEqual(daemon.greeting(), GREETING)
        os.close(reader)

    def test_full_pipe_at_the_end(self):
        reader, writer = pipe()
        before = fill(writer)
        with self.daemon(writer) as daemon:
            os.close(writer)
            self.assertEqual(daemon.greeting(), GREETING)
            self.assertEqual(daemon.stop(), 0)
        self.assertEqual(read_to_end(reader)[before:], b"")
        os.close(reader)

    # Nothing is dropped of lines that are more than there is room for.
    def test_many_lines_come_in_pieces(self):
        folder = temporary_directory(self)
        paths = [f"{folder}/{'x' * 60}{number:02}" for number in range(60)]
        reader, writer = pipe()
        with Daemon("-l", "127.0.0.1", *(word for path in paths for word in ("-l", f"unix:{path}")),
                    stdout=writer) as daemon:
            os.close(writer)
            self.assertEqual(daemon.greeting(), GREETING)
            told = read_to_end(reader).decode().splitlines()
            self.assertEqual(told, [f"127.0.0.1:{daemon.port}", *(f"unix:{path}" for path in paths)])
        os.close(reader)

    def test_socket_that_is_full(self):
        ours, its = socket.socketpair()
        its.setblocking(False)
        before = 0
        with contextlib.suppress(BlockingIOError):
            while True:
                before += its.send(b"x")
        its.setblocking(True)
        with self.daemon(its) as daemon:
            its.close()
            self.assertEqual(daemon.greeting(), GREETING)
            with ours:
                told = harness.read_until_end(ours, lambda fd, size: fd.recv(size))[before:]
            self.assertEqual(told.decode(), f"127.0.0.1:{daemon.port}\n")

    def test_terminal_that_is_held(self):
        screen, line = pty.openpty()
        os.write(screen, XOFF)
        with self.daemon(line) as daemon:
            os.close(line)
            self.assertEqual(daemon.greeting(), GREETING)
            began, used = time.monotonic(), daemon.cpu_seconds()
            poll_until(lambda: time.monotonic() > began + 1)
            self.assertLess(daemon.cpu_seconds() - used, 0.3)  # it does not spin
            os.write(screen, XON)
            self.assertEqual(read_to_end(screen).decode(), f"127.0.0.1:{daemon.port}\r\n")
            self.assertEqual(daemon.greeting(), GREETING)
        os.close(screen)

    def test_terminal_that_is_held_at_the_end(self):
        screen, line = pty.openpty()
        os.write(screen, XOFF)
        with self.daemon(line) as daemon:
            self.assertEqual(daemon.greeting(), GREETING)
            self.assertEqual(daemon.stop(), 0)
        os.close(line)
        os.close(screen)


class Failing(unittest.TestCase):
    """Who fails waits until that is read, be the description blocking or not."""

    def tells(self, command, blocking, exit, line):
        reader, writer = pipe()
        filled = fill(writer)
        os.set_blocking(writer, blocking)
        process = harness.start(command, env=harness.environment(), stdin=subprocess.DEVNULL,
                                stdout=subprocess.DEVNULL, stderr=writer)
        os.close(writer)
        wait_asleep(process)  # where it writes; one that had lost the line would have ended
        self.assertRegex(read_to_end(reader)[filled:].decode(), rf"\A{line}\n\Z")
        self.assertEqual(process.wait(harness.DEADLINE), exit)
        os.close(reader)

    def test_haild(self):
        for blocking in (True, False):
            with self.subTest(blocking=blocking):
                self.tells(harness.command_of("haild", ["-p", "99999"]), blocking, 2, "haild: --port: bad port .+")

    def test_haild_that_cannot_listen(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            self.tells(harness.command_of("haild", ["-l", "127.0.0.1", "-p", taken.getsockname()[1]]), True, 3,
                       "haild: cannot listen on .+")

    def test_hailto(self):
        for blocking in (True, False):
            with self.subTest(blocking=blocking), refusing() as port:
                self.tells(harness.command_of("hailto", ["127.0.0.1", port]), blocking, 4,
                           "hailto: .+: connect: Connection refused")

    def test_term_ends_the_waiting(self):
        for program, arguments in (("haild", ["-p", "99999"]), ("hailto", ["-b", "x"])):
            with self.subTest(program):
                reader, writer = pipe()
                fill(writer)
                process = harness.start(harness.command_of(program, arguments), env=harness.environment(),
                                        stderr=writer)
                wait_asleep(process)
                process.terminate()
                self.assertEqual(process.wait(harness.DEADLINE), -signal.SIGTERM)
                os.close(writer)
                os.close(reader)


class Output(unittest.TestCase):
    """What a program prints on a pipe that somebody else has made non-blocking comes whole."""

    def prints(self, program, *arguments):
        whole = harness.run(program, *arguments).stdout
        reader, writer = pipe()
        filled = fill(writer)
        os.set_blocking(writer, False)
        process = harness.start(harness.command_of(program, arguments), env=harness.environment(),
                                stdout=writer, stderr=subprocess.PIPE)
        os.close(writer)
        told = read_to_end(reader)[filled:]
        with process.stderr:
            self.assertEqual((process.wait(harness.DEADLINE), process.stderr.read()), (0, b""))
        self.assertEqual(told, whole)
        os.close(reader)
        return whole

    def test_greeting(self):
        with Daemon("-m", "x" * 100000, log=[r"haild: the greeting has 100000 bytes: .*"]) as daemon:
            self.assertEqual(len(self.prints("hailto", "-b", "1M", "127.0.0.1", daemon.port)), 100000)

    def test_help(self):
        for program in "haild", "hailto":
            self.assertIn(b"Usage: ", self.prints(program, "--help"))


if __name__ == "__main__":
    harness.main()
