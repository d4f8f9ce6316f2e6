# SPDX-License-Identifier: ISC
"""How long a server takes from exec to its first greeting, and how large its program is."""
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time

from lib import machine, servers
from lib.rounds import Rounds, interleaved
from lib.speed import present
from lib.table import Table

DEADLINE = 10
# Ports for those that don't choose one, each used once: below those that the kernel gives to clients.
FIRST_PORT, LAST_PORT = 10000, 30000


class _Process:
    """A server started as cheaply as can be: no fork of a large Python; the clock runs from just before."""

    def __init__(self, command, errors):
        server_core, own_core = machine.cores()
        program = shutil.which(command[0])
        self.stdout, end = os.pipe()
        actions = [(os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0), (os.POSIX_SPAWN_DUP2, end, 1),
                   (os.POSIX_SPAWN_OPEN, 2, errors, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)]
        os.sched_setaffinity(0, {server_core})
        self.began = time.perf_counter()
        self.pid = os.posix_spawn(program, command, os.environ, file_actions=actions, setpgroup=0,
                                  setsigdef=[signal.SIGPIPE])
        os.sched_setaffinity(0, {own_core})
        os.close(end)

    def stop(self):
        """Ends it, and those of its children that outlive it."""
        os.kill(self.pid, signal.SIGTERM)
        try:
            machine.poll_until(lambda: os.waitpid(self.pid, os.WNOHANG)[0], "a server's end", DEADLINE)
        except RuntimeError:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        os.close(self.stdout)


def _connect(port):
    """Connects as soon as somebody accepts."""
    end = time.monotonic() + DEADLINE
    while True:
        client = socket.socket()
        client.settimeout(DEADLINE)
        if client.connect_ex(("127.0.0.1", port)) == 0:
            return client
        client.close()
        if time.monotonic() > end:
            raise RuntimeError(f"nobody accepts at port {port}")


def _read_all(client):
    heard = b""
    while part := client.recv(4096):
        heard += part
    return heard


def _start_once(server, port):
    """Milliseconds until the first greeting was read to its end."""
    with tempfile.TemporaryDirectory(prefix="haild-bench-") as folder:
        message, errors = pathlib.Path(folder, "message"), pathlib.Path(folder, "errors")
        message.write_bytes(servers.GREETING)
        process = _Process(server.command(0 if server.tells else port, message), errors)
        try:
            if server.tells:
                port = int(os.read(process.stdout, 100).rpartition(b":")[2])
            with _connect(port) as client:
                heard = _read_all(client)
            took = time.perf_counter() - process.began
        except (RuntimeError, ValueError, OSError) as problem:
            raise RuntimeError(f"{server.name} has not started: {errors.read_text()}") from problem
        finally:
            process.stop()
    if heard != servers.GREETING:
        raise RuntimeError(f"{server.name}'s first greeting is wrong: {heard!r}")
    return took * 1e3


def _stripped_size(server):
    """The bytes of its program without symbols; nginx's has a module to it."""
    files = [shutil.which(server.command(0, os.devnull)[0])]
    if server.name == "nginx":
        files.append(servers.NGINX_MODULE)
    total = 0
    for file in files:
        with tempfile.NamedTemporaryFile(prefix="haild-bench-") as copy:
            subprocess.run(["strip", "-o", copy.name, file], check=True)
            total += os.stat(copy.name).st_size
    return float(total)


def measure(effort):
    """The tables of this part."""
    names = [name for name in present() if name != "haild-log"]
    rounds = Rounds()
    for turn, (number, name) in enumerate(interleaved(names, effort.rounds)):
        port = FIRST_PORT + turn % (LAST_PORT - FIRST_PORT)
        rounds.add(number, name, ms=_start_once(servers.by_name(name), port))
    table = Table(
        "start", "Start: from exec to the first greeting, and the size of the program",
        ("server", "ms", "over_plain_ms", "stripped_bytes"),
        ("Those that print their address are connected to when it comes, others are tried until they accept.",
         "over_plain_ms: longer than the plain loop, in the same round.",
         "stripped_bytes: of the program alone, without its libraries; of nginx with its stream module.",
         f"Medians of {effort.rounds} interleaved rounds [quartiles]."))
    for name in names:
        table.add(name, rounds.spread(name, "ms"), rounds.difference(name, "plain", "ms"),
                  _stripped_size(servers.by_name(name)))
    yield table
