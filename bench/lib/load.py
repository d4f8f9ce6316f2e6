# SPDX-License-Identifier: ISC
"""Runs the load generator, bench/load/load, and reads what it prints. What it finds wrong ends the run."""
import contextlib
import functools
import pathlib
import subprocess
import tempfile
import zlib

from lib import machine

# No run of the generator takes that many seconds, unless something hangs.
DEADLINE = 120


class LoadError(RuntimeError):
    """The generator has met a wrong greeting, or something else that must not be."""


@functools.cache
def _folder():
    """A folder for greetings that goes with this process."""
    return tempfile.TemporaryDirectory(prefix="haild-bench-")


@functools.cache
def _file(kind, content):
    """A file with the very bytes that must come, or that are sent first."""
    path = pathlib.Path(_folder().name, f"{kind}-{zlib.crc32(content):08x}")
    path.write_bytes(content)
    return path


class Load:
    """A run of the generator for a with-block; it ends with the block, whatever happens."""

    def __init__(self, task, server, greeting=None, **options):
        greeting = server.server.greeting if greeting is None else greeting
        self._words = [task, *(f"--{name.replace('_', '-')}={value:g}" if isinstance(value, float) else
                               f"--{name.replace('_', '-')}={value}" for name, value in options.items())]
        if b"{peer}" in greeting:
            self._words.append("--expand")
        self._server = server
        self._process = subprocess.Popen(
            [machine.built("bench/load/load"), *self._words, f"--port={server.port}",
             f"--greeting={_file('greeting', greeting)}", f"--core={machine.cores()[1]}"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        with self._process:
            if self._process.poll() is None:
                self._process.kill()

    def wait_held(self):
        """Waits until it holds its connections."""
        if not self._process.stdout.readline().startswith("held"):
            self.numbers()
            raise LoadError(f"{self._server.server.name}: {' '.join(self._words)}: it holds nothing")

    def numbers(self):
        """Ends its standard input and waits for its end; returns what it tells, by name."""
        said, complaint = self._process.communicate(timeout=DEADLINE)
        if self._process.returncode != 0:
            reason = complaint.strip() or f"ended with {self._process.returncode}"
            raise LoadError(f"{self._server.server.name}: {' '.join(self._words)}: {reason}")
        return {name: float(value) for name, value in (line.split("\t") for line in said.splitlines())}


def crowd(server, count, concurrency, greeting=None):
    """A closed loop for a with-block, of clients that say first what the server must hear.

    greeting  what they must hear; None: what the server says of itself
    """
    header = server.server.header
    options = {"header": _file("header", header)} if header else {}
    return Load("closed", server, greeting, count=count, concurrency=concurrency, **options)


def closed(server, count, concurrency=None, greeting=None):
    """So many connections at a time, or as many as the server can take, until that many are done; returns
    what the generator tells."""
    concurrency = concurrency or server.server.crowd
    with crowd(server, count, concurrency, greeting) as load:
        return load.numbers()


def open_loop(server, rate, seconds, warm_seconds):
    """Connections that begin at their time, whether or not the server keeps up; returns what it tells."""
    with Load("open", server, rate=round(rate), seconds=seconds, warm_seconds=warm_seconds) as load:
        return load.numbers()


@contextlib.contextmanager
def held(server, count, mode="lingering", greeting=None, **options):
    """A with-block in which that many more connections are held.

    mode  lingering: they have their greeting and its end, and don't close; silent: they read nothing
    """
    with Load("hold", server, greeting, count=count, mode=mode, **options) as load:
        load.wait_held()
        yield
        load.numbers()
