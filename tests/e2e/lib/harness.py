# SPDX-License-Identifier: ISC
"""The harness of the end-to-end tests: starts the real programs, waits without sleeping, checks what is left.

tests/e2e/lib/README.md tells how to write a test with it.
"""
import atexit
import collections
import contextlib
import fcntl
import functools
import os
import pathlib
import re
import resource
import select
import shlex
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import unittest

from lib import differences, rows

GREETING = b"Hi from server"
# The two, and the same with memory that fails on demand.
OUR_PROGRAMS = ("haild", "hailto", "haild_faulty", "hailto_faulty")
WRAPPER = shlex.split(os.environ.get("HAILD_WRAPPER", ""))

# How long anything may take that takes no time. Only a failing test waits this long.
DEADLINE = float(os.environ.get("HAILD_DEADLINE", 120 if WRAPPER else 30))

# The name of memory that sockets share, as the kernel shows it.
LONG_GREETING = "/memfd:greeting (deleted)"

# What a test need not name: the log lines of a daemon with nothing to complain about.
REASONS = ("done|left without the greeting|reset by peer|reset in greeting|timed out in greeting|"
           "timed out in linger|sent too much|made room for others|stopped|failed|"
           "refused|left in prelude|reset in prelude|timed out in prelude|bad prelude")
EXPECTED_LOG = (
    r"sandbox: .+",
    r"haild \S+ \(libevent \S+, \w+\) listens (on|for) .+",
    r"connected: .+",
    rf"closed: .+: ({REASONS}), \d+ bytes sent, \d+ discarded, (up to )?\d+ ms",
    r"answered: .+: \d+ bytes",
    r"(counters|stopped):( \w+=\d+)+",
    r"lame duck for \S+: .*",
    r"stopping: (waiting for|closing) \d+ connections?.*",
)
SANITIZER_TEXT = re.compile(r"AddressSanitizer|LeakSanitizer|runtime error:")
OUR_VARIABLES = re.compile(r"HAILD_(INSTANCE|LISTEN|PORT|MESSAGE|MESSAGE_FILE)$|EVENT_|JOURNAL_STREAM$|LISTEN_|NOTIFY_SOCKET$|"
                           r"WATCHDOG_(PID|USEC)$")

_started = []


def poll_until(condition, seconds=None, every=0.01):
    """Returns condition()'s first true value; AssertionError if there is none within the time."""
    end = time.monotonic() + (DEADLINE if seconds is None else seconds)
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"waited in vain for {getattr(condition, '__qualname__', condition)}")
        time.sleep(every)


def program(name):
    """The path of a program of ours: the variable of its name, the build directory, the source tree."""
    root = pathlib.Path(__file__).resolve().parents[3]
    for candidate in (os.environ.get(name.upper()), f"src/{name}", f"tests/faults/{name}", f"tests/e2e/{name}",
                      root / "src" / name):
        if candidate and os.access(candidate, os.X_OK) and os.path.isfile(candidate):
            return os.path.abspath(candidate)
    raise AssertionError(f"{name} is not built; set {name.upper()} to its path")


@functools.cache
def _reasons():
    """What the programs' C library calls each errno. That of Python may be another."""
    lines = subprocess.run([program("reasons")], stdout=subprocess.PIPE, check=True, text=True).stdout.splitlines()
    return {int(number): words for number, _, words in (line.partition(" ") for line in lines)}


def strerror(number):
    """strerror(3) of our programs."""
    return _reasons()[number]


def is_static(name="haild"):
    """Whether a program has its C library built in, so that nothing can be preloaded."""
    # The dynamic loader, such as /lib64/ld-linux-x86-64.so.2, or /lib/ld64.so.1 on s390x.
    return not re.search(rb"/ld[^/\0]*\.so\.\d", pathlib.Path(program(name)).read_bytes())


def has_glibc(name="haild"):
    """Whether a program's C library is glibc; others know no name service switch, and read other files."""
    return any(sign in pathlib.Path(program(name)).read_bytes() for sign in (b"GLIBC_2", b"GNU C Library"))


def need_glibc(test, what):
    """Skips a test of something that only glibc has."""
    if not has_glibc():
        test.skipTest(f"the programs' C library has no {what}")


def need_preloading(test):
    """Skips a test that makes calls fail with LD_PRELOAD if our programs are static."""
    if is_static():
        test.skipTest("haild is static: nothing can be preloaded")


def preloading(library, **variables):
    """The environment in which a library of tests/faults stands before the C library, with these variables for it."""
    return {"LD_PRELOAD": os.environ.get(library.upper(), os.path.abspath(f"tests/faults/{library}.so")),
            # gcc's runtime wants to be the first library, though it needn't be for us.
            "ASAN_OPTIONS": "verify_asan_link_order=0", **variables}


def is_sanitized(name="haild"):
    """Whether the program is built with AddressSanitizer: it keeps freed memory, and valgrind can't run it."""
    return b"__asan_init" in pathlib.Path(program(name)).read_bytes()


def measures_coverage(name="haild"):
    """Whether the program is built to count the lines that run: at its end it opens a file for each source."""
    return b"__gcov_" in pathlib.Path(program(name)).read_bytes()


def _architecture(path):
    """The class, the byte order and the machine of an ELF file."""
    head = pathlib.Path(path).read_bytes()[:20]
    return head[4:6] + head[18:20]


def is_emulated():
    """Whether our programs are for another machine than Python is: then QEMU runs them."""
    return _architecture(program("haild")) != _architecture("/proc/self/exe")


def has_other_byte_order():
    """Whether they are for one of the other byte order than the kernel's, too."""
    return _architecture(program("haild"))[1] != _architecture("/proc/self/exe")[1]


def has_64_bits():
    """Whether they are for a machine of 64 bits, and run without QEMU."""
    return _architecture(program("haild"))[0] == 2 and not is_emulated()


def last_time():
    """The last second that files of our programs may have: with a time_t of 32 bits stat(2) fails after 2038."""
    return 2 ** 31 - 1 if _architecture(program("haild"))[0] == 1 else 2 ** 63 - 1


# What QEMU 7.2 does not pass on: of TCP_INFO it gives 4 bytes, and it does not know the other.
NOT_EMULATED = ("HAVE_STRUCT_TCP_INFO_TCPI_BYTES_ACKED", "HAVE_DECL_IP_BIND_ADDRESS_NO_PORT")


def has(extension):
    """Whether the programs have something that POSIX lacks, such as "HAVE_DECL_TCP_CORK": another behaviour is the
    right one without it."""
    config = pathlib.Path(program("haild")).parents[1] / "config.h"
    return f"#define {extension} 1\n" in config.read_text() and not (is_emulated() and extension in NOT_EMULATED)


def can_share_ports(test):
    """Whether --reuse-port works here; if not, it must be refused with the reason."""
    if has("HAVE_DECL_SO_REUSEPORT"):
        return True
    result = run("haild", "-l", "127.0.0.1:0", "--reuse-port")
    test.assertEqual((result.exit, result.stderr), (
        3, b"haild: cannot listen on 127.0.0.1:0: Protocol not available (this system has no --reuse-port)\n"))
    return False


# How often the test under way has run each of our programs.
_runs = collections.Counter()


def _wrapper(name):
    """The wrapper for a test's first run of the program, and then for each eighth: it is slow, and the many
    runs of a test are alike."""
    number = _runs[name]
    _runs[name] += 1
    return WRAPPER if number % 8 == 0 else []


# haild warns of running as root, and hides its part of /proc from others. Tests as root do without the warning;
# others need to see, for instance, which descriptors are open.
OPTION_OF_OURS = "--user=0" if os.geteuid() == 0 else "--core-dumps"
WARNING_OF_ROOT = "haild: running as root, .* --user=root keeps them"


def is_warned_of_root():
    """Whether that is printed: whoever is root in a namespace alone is none outside, and not warned."""
    inside, outside = pathlib.Path("/proc/self/uid_map").read_text().split()[:2]
    return os.geteuid() == 0 and (inside != "0" or outside == "0")


def command_of(name, arguments):
    """The command line of one of our programs, with the wrapper if it is its turn; others as they are."""
    if name in OUR_PROGRAMS:
        words = [*map(str, arguments)]
        given = any(word.startswith(OPTION_OF_OURS.partition("=")[0]) for word in words)
        return [*_wrapper(name), program(name),
                *([OPTION_OF_OURS] if name.startswith("haild") and not given else []), *words]
    return [name, *map(str, arguments)]


def environment(changes=None):
    """Our environment without what our programs would notice, and with the changes."""
    clean = {key: value for key, value in os.environ.items() if not OUR_VARIABLES.match(key)}
    return {**clean, "LC_ALL": "C", **(changes or {})}


def start(command, **popen):
    """subprocess.Popen() of something that is killed when the tests end, whatever happens."""
    process = subprocess.Popen(command, **popen)
    _started.append(process)
    return process


@atexit.register
def _kill_what_is_left():
    for process in _started:
        if process.poll() is None:
            process.kill()
            process.wait()


def _has_memory(pid):
    """Whether a process is there, and not about to end."""
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        return "VmSize:" in pathlib.Path(f"/proc/{pid}/status").read_text()
    return False


def descriptors_of(pid):
    """What a process has open: a path, or "socket:[...]" and the like; nothing once it has ended."""
    folder, targets = f"/proc/{pid}/fd", []
    try:
        for name in os.listdir(folder):
            with contextlib.suppress(FileNotFoundError):
                targets.append(os.readlink(f"{folder}/{name}"))
    except (FileNotFoundError, ProcessLookupError):
        pass
    except PermissionError:
        # Of a process that is ending, too: it has no memory any more that could be open to us.
        if _has_memory(pid):
            raise
    return targets


class Result:
    """What run() gives back: exit (negative: the signal), stdout and stderr as bytes."""

    def __init__(self, exit, stdout, stderr):
        self.exit, self.stdout, self.stderr = exit, stdout, stderr

    def __repr__(self):
        return f"exit {self.exit}, stdout {self.stdout[:300]!r}, stderr {self.stderr[:2000]!r}"


def run(name, *arguments, input=b"", env=None, deadline=None, prefix=(), **popen):
    """Runs "haild", "hailto" or any command to its end; AssertionError past the deadline."""
    command = [*prefix, *command_of(name, arguments)]
    process = start(command, stdin=popen.pop("stdin", subprocess.PIPE),
                    stdout=popen.pop("stdout", subprocess.PIPE),
                    stderr=popen.pop("stderr", subprocess.PIPE), env=environment(env), **popen)
    try:
        stdout, stderr = process.communicate(input if process.stdin else None, deadline or DEADLINE)
    except subprocess.TimeoutExpired:
        process.kill()
        stdout, stderr = process.communicate()
        raise AssertionError(f"{shlex.join(command)} did not end: {stdout!r} {stderr!r}") from None
    result = Result(process.returncode, stdout or b"", stderr or b"")
    if SANITIZER_TEXT.search(result.stderr.decode(errors="replace")):
        raise AssertionError(f"{shlex.join(command)}: a sanitizer spoke: {result.stderr.decode()}")
    return result


class Daemon:
    """A running haild, for a with-block. On the way out it is stopped and judged.

    options      as on the command line; `-p PORT` is added unless port is None
    log          regular expressions of log lines that the test expects beside the usual ones
    exit         the exit code (negative: the signal) that it shall end with
    descriptors  False: it need not have given back its descriptors before it is stopped
    env, prefix  variables to add; a command to put before haild
    limits       {resource.RLIMIT_X: (soft, hard)}
    stdout       an open file instead of the pipe; the addresses are then taken from the log
    program      another one of OUR_PROGRAMS
    popen        more arguments of subprocess.Popen()
    """

    def __init__(self, *options, port=0, log=(), exit=0, descriptors=True, env=None, prefix=(),
                 limits=None, stdout=None, program="haild", popen=None):
        self.popen = popen or {}
        self.program, self.options = program, [*map(str, options), *(() if port is None else ("-p", str(port)))]
        self.expected_log = [*EXPECTED_LOG, *log, *_log_of_this_machine()]
        self.expected_exit, self.checks_descriptors = exit, descriptors
        self.env, self.prefix, self.limits = environment(env), prefix, limits or {}
        self.stdout, self.addresses, self.proxies, self.metrics, self.process = stdout, [], [], [], None

    def __enter__(self):
        self._log = tempfile.TemporaryFile()
        self.process = start([*self.prefix, *command_of(self.program, self.options)], env=self.env,
                             stdin=subprocess.DEVNULL, stdout=self.stdout or subprocess.PIPE, stderr=self._log,
                             preexec_fn=self._set_limits if self.limits else None, **self.popen)
        try:
            self.lines = self._read_addresses()
            self.proxies, self.metrics = self._of_role("proxy "), self._of_role("metrics ")
            self.addresses = [line for line in self.lines if not line.startswith(("proxy ", "metrics "))]
            self.baseline = self.descriptors()
        except BaseException as problem:
            self._abandon(problem)
            raise
        return self

    def __exit__(self, kind, problem, traceback):
        if problem:
            self._abandon(problem)
            return
        try:
            if self.is_running() and self.checks_descriptors:
                poll_until(self.has_given_back_descriptors)
            self._judge(self.stop())
        except BaseException as judgement:
            self._abandon(judgement)
            raise
        self._log.close()

    def _set_limits(self):
        for what, value in self.limits.items():
            resource.setrlimit(what, value)

    def _read_addresses(self):
        if self.stdout:
            return self._lines_of_log(self.wait_log("listens on (.+)\n")[1])
        with self.process.stdout as stdout:
            text = read_until_end(stdout.fileno(), os.read)
        if not text:
            poll_until(lambda: self.process.poll() is not None)
            raise AssertionError(f"haild ended before it was ready: exit {self.process.returncode}")
        return text.decode().splitlines()

    @staticmethod
    def _lines_of_log(listens):
        """The lines that would be on standard output, from what the log says of the addresses."""
        lines = []
        for part in listens.split("; "):
            role, _, addresses = part.rpartition(" on ")
            before = {"": "", "PROXY headers": "proxy ", "metrics": "metrics "}[role]
            lines += [before + address for address in addresses.split(", ")]
        return lines

    def _of_role(self, role):
        return [line.removeprefix(role) for line in self.lines if line.startswith(role)]

    def _abandon(self, problem):
        """Kills the daemon, and lets its log go with the exception."""
        self.process.kill()
        self.process.wait()
        problem.add_note(f"the log of haild {shlex.join(self.options)}:\n{self.log()[-4000:]}")
        self._log.close()

    def _judge(self, code):
        unexpected = [line for line in self.log().splitlines()
                      if not any(re.fullmatch(known, line) for known in self.expected_log)]
        if SANITIZER_TEXT.search(self.log()):
            raise AssertionError("a sanitizer spoke")
        if code != self.expected_exit:
            raise AssertionError(f"haild's exit code is {code}, not {self.expected_exit}")
        if unexpected:
            raise AssertionError(f"unexpected log lines: {unexpected[:10]}")

    @property
    def pid(self):
        return self.process.pid

    @property
    def ports(self):
        """The TCP ports in the order of the addresses; with -p 0 they may all be one."""
        return [int(line.rpartition(":")[2]) for line in self.addresses if not line.startswith("unix:")]

    @property
    def port(self):
        return self.ports[0]

    @property
    def proxy_port(self):
        """The port of the first address for PROXY headers."""
        return int(self.proxies[0].rpartition(":")[2])

    @property
    def metrics_port(self):
        """The port at which the first address for metrics answers HTTP."""
        return int(self.metrics[0].rpartition(":")[2])

    def is_running(self):
        return self.process.poll() is None

    def log_bytes(self, begin=0):
        """The log so far, byte for byte, from that byte on."""
        end = os.fstat(self._log.fileno()).st_size
        return os.pread(self._log.fileno(), end - begin, begin)

    def log(self, begin=0):
        """The log so far, from that byte on."""
        return self.log_bytes(begin).decode(errors="replace")

    def whole_log(self, begin=0):
        """The whole lines of the log so far, from that byte on. The one being written is none before its newline."""
        text = self.log(begin)
        return text[:text.rfind("\n") + 1]

    def log_lines(self, pattern=".*"):
        """The whole lines of the log so far that match."""
        return [line for line in self.whole_log().splitlines() if re.fullmatch(pattern, line)]

    def wait_log(self, pattern, deadline=None):
        """Waits for a whole log line that contains the pattern; returns the match."""
        return poll_until(lambda: re.search(pattern, self.whole_log(), re.MULTILINE), deadline)

    def counters(self):
        """Asks for the counters, and returns them as numbers by name."""
        before = len(self.log_lines("counters: .*"))
        self.signal(signal.SIGUSR1)
        lines = poll_until(lambda: self.log_lines("counters: .*")[before:])
        return {name: int(value) for name, value in re.findall(r"(\w+)=(\d+)", lines[0])}

    def wait_counters(self, deadline=None, **wanted):
        """Waits until the counters named are what is wanted; returns all of them."""
        def reached():
            now = self.counters()
            return all(now[name] == value for name, value in wanted.items()) and now
        try:
            return poll_until(reached, deadline, every=0.05)
        except AssertionError:
            raise AssertionError(f"wanted {wanted}, got {self.counters()}") from None

    def descriptors(self):
        """How many descriptors are open. /dev/null doesn't count: haild has it once more for a moment
        when it ends its stdout, and that is just when we look first. Nor do long greetings."""
        return sum(target not in ("/dev/null", LONG_GREETING) for target in descriptors_of(self.pid))

    def long_greetings(self):
        """How many greetings it has in memory that sockets share: the current one if it is long, and those before it
        that are still being sent."""
        return descriptors_of(self.pid).count(LONG_GREETING)

    def has_given_back_descriptors(self):
        """Fewer are well: it has closed its listening sockets already."""
        return self.descriptors() <= self.baseline and self.long_greetings() <= 1

    def cpu_seconds(self):
        """The processor time that it has used, in user and system mode."""
        fields = pathlib.Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory(self):
        """Its memory, in KiB. VmRSS is only near it: the kernel counts that by processor."""
        text = pathlib.Path(f"/proc/{self.pid}/smaps_rollup").read_text()
        return int(re.search(r"^Rss: +(\d+) kB$", text, re.MULTILINE)[1])

    def status(self, field):
        """A field of /proc/PID/status, as text."""
        text = pathlib.Path(f"/proc/{self.pid}/status").read_text()
        return re.search(rf"^{field}:[ \t]*(.*)$", text, re.MULTILINE)[1]

    def signal(self, number):
        self.process.send_signal(number)

    @contextlib.contextmanager
    def frozen(self):
        """A with-block in which the daemon stands still (SIGSTOP) and the kernel goes on."""
        self.signal(signal.SIGSTOP)
        poll_until(lambda: self.status("State").startswith("T"))
        try:
            yield
        finally:
            self.signal(signal.SIGCONT)

    def answer(self, request, host="127.0.0.1"):
        """What a datagram that holds the request is answered with."""
        with datagrams_to(self.port, host) as client:
            client.send(request)
            return client.recv(1 << 16)

    def wait(self, deadline=None):
        """Waits for its end; returns the exit code."""
        try:
            return self.process.wait(deadline or DEADLINE)
        except subprocess.TimeoutExpired:
            raise AssertionError("haild did not end") from None

    def stop(self):
        """Ends it with SIGTERM if it still runs; returns the exit code."""
        if self.is_running():
            self.signal(signal.SIGTERM)
        return self.wait()

    def connect(self, **options):
        """A socket connected to the first TCP address."""
        return connect(self.port, **options)

    def greeting(self, **options):
        """What a client hears that connects, reads to the end and closes."""
        with self.connect(**options) as client:
            return read_all(client)


def _log_of_this_machine():
    """The warning that haild gives at each start on a machine with a small somaxconn."""
    most = int(pathlib.Path("/proc/sys/net/core/somaxconn").read_text())
    return (r"haild: the kernel caps the backlog of 4096 at \d+ .*",) if most < 4096 else ()


def read_until_end(descriptor, read, deadline=None):
    """Reads with read(descriptor, size) to the end of the stream; AssertionError past the deadline."""
    end, parts = time.monotonic() + (deadline or DEADLINE), []
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    while True:
        if not poll.poll(max(0, end - time.monotonic()) * 1000):
            raise AssertionError(f"no end of stream in time, but {b''.join(parts)[:200]!r}")
        part = read(descriptor, 1 << 16)
        if not part:
            return b"".join(parts)
        parts.append(part)


def connect(port, host="127.0.0.1", receive_buffer=None, segment=None):
    """A blocking client socket; small buffers and segments make a slow reader slow for the server."""
    client = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    if receive_buffer:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    if segment:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, segment)
    client.settimeout(DEADLINE)
    client.connect((host, port))
    return client


def datagrams_to(port, host="127.0.0.1"):
    """A blocking socket that sends datagrams to that address, and hears it alone."""
    client = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
    client.settimeout(DEADLINE)
    client.connect((host, port))
    return client


def has_heard(client):
    """Whether there is something to read, be it an error."""
    return bool(select.select([client], [], [], 0)[0])


def connect_unix(path):
    client = socket.socket(socket.AF_UNIX)
    client.settimeout(DEADLINE)
    client.connect(str(path))
    return client


def read_all(client, deadline=None):
    """Everything up to the end of stream; a reset is a ConnectionResetError."""
    return read_until_end(client, lambda socket_, size: socket_.recv(size), deadline)


def reset(client):
    """Closes a socket with an RST."""
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()


def kernel_counter(file, group, name):
    """A counter of this network namespace, from "snmp" or "netstat" in /proc/net."""
    lines = [line.split() for line in pathlib.Path(f"/proc/net/{file}").read_text().splitlines()]
    names, values = [line for line in lines if line[0] == f"{group}:"]
    return int(values[names.index(name)])


def own_address():
    """A loopback address that no other test process uses: its ports are ours, even when we let one go."""
    number = os.getpid() % (250 ** 3)
    return f"127.{1 + number // 250 ** 2}.{number // 250 % 250}.{1 + number % 250}"


def raise_descriptor_limit(wanted):
    """Makes room for `wanted` descriptors in this process, or skips the test."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < wanted:
        raise unittest.SkipTest(f"needs {wanted} descriptors, the hard limit is {hard}")
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def temporary_directory(test):
    """A fresh directory that goes with the test."""
    directory = tempfile.TemporaryDirectory(prefix="haild-")
    test.addCleanup(directory.cleanup)
    return pathlib.Path(directory.name)


def message_file(test, message):
    """A file with that message, which goes with the test."""
    path = temporary_directory(test) / "message"
    path.write_bytes(message)
    return path


def need(*commands):
    """Skips the test where one of the commands is not installed."""
    for command in commands:
        if not shutil.which(command):
            raise unittest.SkipTest(f"{command} is not installed")


class _Result(unittest.TextTestResult):
    """Counts tests, not their parts: one with three failing subtests failed once."""

    def startTest(self, test):
        _runs.clear()
        super().startTest(test)

    def counts(self):
        whole = lambda test: getattr(test, "test_case", test).id()
        failed = {whole(test) for test, _ in self.failures + self.errors}
        failed |= {whole(test) for test in self.unexpectedSuccesses}
        skipped = {whole(test) for test, _ in self.skipped} - failed
        return max(self.testsRun - len(failed) - len(skipped), 0), len(failed), len(skipped)


def _end(passed, failed, skipped):
    print(f"{pathlib.Path(sys.argv[0]).stem}: {passed} passed, {failed} failed, {skipped} skipped", flush=True)
    sys.exit(1 if failed else 77 if skipped and not passed else 0)


def _interrupt(number, frame):
    """A SystemExit would be the error of one test, and unittest would go on with the next."""
    raise KeyboardInterrupt(number)


def main():
    """Runs the file's tests (or those named in the arguments) as one automake test."""
    # A shell may have started us in the background, with SIGINT and SIGQUIT ignored, which our programs would inherit.
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    signal.signal(signal.SIGQUIT, signal.SIG_DFL)
    differences.keep_short()
    runner = unittest.TextTestRunner(sys.stdout, verbosity=2, resultclass=_Result)
    try:
        result = unittest.main(testRunner=runner, testLoader=rows.Loader(), exit=False).result
    except KeyboardInterrupt as interruption:
        print("interrupted", flush=True)
        sys.exit(128 + interruption.args[0])
    _end(*result.counts())


NAMESPACE_VARIABLE = "HAILD_TEST_NAMESPACE"


def _loopback_up():
    """`ip link set lo up` without ip."""
    SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        request = struct.pack("16sh14x", b"lo", 0)
        name, flags = struct.unpack("16sh14x", fcntl.ioctl(control, SIOCGIFFLAGS, request))
        fcntl.ioctl(control, SIOCSIFFLAGS, struct.pack("16sh14x", name, flags | IFF_UP))


def enter_network_namespace(*ways):
    """To be called before main(): starts this file anew, alone with its own loopback and as root there.

    Each way is a command to try. Where none works, the file is skipped as a whole (exit 77). In the first of the usual
    ones there is no user but root.
    """
    ways = ways or (["unshare", "-r", "-n"], ["unshare", "-n"])
    if os.environ.get(NAMESPACE_VARIABLE):
        _loopback_up()
        return
    for unshare in ways:
        if shutil.which("unshare") and subprocess.run([*unshare, "true"], capture_output=True).returncode == 0:
            os.environ[NAMESPACE_VARIABLE] = "1"
            os.execvp("unshare", [*unshare, sys.executable, *sys.argv])
    print(f"skipped: the kernel gives us no network namespace (tried {', '.join(map(shlex.join, ways))})")
    _end(0, 0, 1)
