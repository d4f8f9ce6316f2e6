# SPDX-License-Identifier: ISC
"""The naive twins: what libevent's own samples lead to. Tests that our programs pass must see them fail."""
import os
import resource
import subprocess
import sys
import tempfile

from lib import harness
from lib.harness import Daemon


class _Process:
    """What a with-block runs: .process, .pid, and the .port that it prints when it is ready."""

    def _start(self, command, **popen):
        self.process = harness.start(command, stdout=subprocess.PIPE, **popen)
        with self.process.stdout as stdout:
            self.port = int(harness.read_until_end(stdout.fileno(), os.read))

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    @property
    def pid(self):
        return self.process.pid


class NaiveServer(_Process):
    """naive_server, for a with-block, with as much of Daemon as a test of a loss needs.

    size    of its greeting, if it is another than haild's default
    limits  {resource.RLIMIT_X: (soft, hard)}
    env     variables to add
    """

    frozen, status, signal, wait = Daemon.frozen, Daemon.status, Daemon.signal, Daemon.wait
    cpu_seconds, descriptors = Daemon.cpu_seconds, Daemon.descriptors
    log_bytes, log = Daemon.log_bytes, Daemon.log
    is_running, wait_log, connect = Daemon.is_running, Daemon.wait_log, Daemon.connect
    log_lines, whole_log = Daemon.log_lines, Daemon.whole_log

    def __init__(self, size=None, limits=None, env=None):
        self._size, self._limits, self._env = size, limits or {}, env

    def __enter__(self):
        path = os.environ.get("NAIVE_SERVER", "tests/e2e/naive_server")
        self._log = tempfile.TemporaryFile()
        self._start([os.path.abspath(path), *([str(self._size)] if self._size else [])], stderr=self._log,
                    preexec_fn=self._set_limits, env=harness.environment(self._env))
        return self

    def __exit__(self, *_):
        super().__exit__()
        self._log.close()

    def _set_limits(self):
        for what, value in self._limits.items():
            resource.setrlimit(what, value)


ANSWERER = """
import os, socket, sys
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind((sys.argv[1], 0))
print(server.getsockname()[1], flush=True)
os.close(1)
while True:
    server.sendto(b"x" * int(sys.argv[2]), server.recvfrom(65536)[1])
"""


class NaiveAnswerer(_Process):
    """The few lines that answer every datagram with so many bytes, for a with-block; .port tells where."""

    def __init__(self, size, host="127.0.0.1"):
        self._size, self._host = size, host

    def __enter__(self):
        self._start([sys.executable, "-S", "-c", ANSWERER, self._host, str(self._size)])
        return self


def ask_naively(host, port, deadline):
    """Runs naive_client, with libevent's own way to connect to a name; None: it was killed at the deadline."""
    path = os.environ.get("NAIVE_CLIENT", "tests/e2e/naive_client")
    process = harness.start([os.path.abspath(path), host, str(port)], stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=harness.environment())
    try:
        stdout, stderr = process.communicate(timeout=deadline)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return None
    return harness.Result(process.returncode, stdout, stderr)
