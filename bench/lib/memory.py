# SPDX-License-Identifier: ISC
"""Memory: of a connection that is held, and of clients that read nothing of a long greeting: the server's own, and
the machine's."""
import contextlib
import pathlib
import re
import subprocess

from lib import load, machine, rest, servers
from lib.rounds import Rounds, interleaved
from lib.held import PATIENT
from lib.speed import present, warm_up
from lib.table import Table

HOLDERS = ("haild", "lingering", "hello", "nginx")
HELD = 10000
# Held before that: they take what memory the server has left from its start, which would hide what the others need.
FIRST = 5000
SILENT, LONG = 500, 1 << 20
# The kernel shall take little of the greeting off the server's hands: a small buffer at the client, and
# packets as on an Ethernet. With those of loopback, of 64 KiB, it gives each sender over a megabyte.
RECEIVE_BUFFER = 4096
PACKET, LOOPBACK_PACKET = 1500, 65536
# With loopback's packets and usual buffers, the kernel takes all of it for as many.
TAKEN_WHOLE = 400


def resident(server):
    """The resident bytes of the server's processes. Page tables are counted: /proc/PID/statm may be
    off by some hundred KiB, for each processor has a counter of its own."""
    total = 0
    for pid in server.pids():
        rollup = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
        total += int(re.search(r"^Rss:\s*(\d+) kB", rollup, re.MULTILINE)[1]) * 1024
    return total


def _growth(server, count, **options):
    """How much memory it takes that many more connections are held."""
    rest.cpu_at_rest(server)
    before, sockets = resident(server), server.sockets()
    with load.held(server, count, **options):
        rest.cpu_at_rest(server)
        kept = server.sockets() - sockets
        return before, resident(server) - before, kept


def _held(name):
    with servers.by_name(name).running(core=machine.cores()[0], options=PATIENT) as server:
        warm_up(server)
        rest.cpu_at_rest(server)
        empty = resident(server)
        with load.held(server, FIRST):
            _, growth, kept = _growth(server, HELD)
        return {"empty_kib": empty / 1024, "each": growth / HELD, "kept": kept}


@contextlib.contextmanager
def _small_packets():
    """A with-block in which loopback's packets are as small as an Ethernet's."""
    def set_size(size):
        subprocess.run(["ip", "link", "set", "lo", "mtu", str(size)], check=True)
    set_size(PACKET)
    try:
        yield
    finally:
        set_size(LOOPBACK_PACKET)


def _silent(name):
    greeting = bytes(LONG)
    with servers.by_name(name).running(message=greeting, core=machine.cores()[0], options=PATIENT) as server:
        load.closed(server, 100, concurrency=10, greeting=greeting)
        before, growth, kept = _growth(server, SILENT, mode="silent", greeting=greeting,
                                       rcvbuf=RECEIVE_BUFFER)
        return {"empty_kib": before / 1024, "growth_mib": growth / 2 ** 20, "kept": kept}


def available():
    """How much memory the machine has left, in MiB."""
    return int(re.search(r"^MemAvailable:\s*(\d+) kB", pathlib.Path("/proc/meminfo").read_text(), re.MULTILINE)[1]) / 1024


def _taken_whole(name):
    """How much memory the machine lacks, which the kernel holds for clients that read nothing."""
    greeting = bytes(LONG)
    with servers.by_name(name).running(message=greeting, core=machine.cores()[0], options=PATIENT) as server:
        load.closed(server, 100, concurrency=10, greeting=greeting)
        rest.cpu_at_rest(server)
        before = available()
        with load.held(server, TAKEN_WHOLE, mode="silent", greeting=greeting):
            rest.cpu_at_rest(server)
            return {"lacking_mib": before - available()}


def _rounds(names, count, measure_one):
    rounds = Rounds()
    for number, name in interleaved(names, count):
        rounds.add(number, name, **measure_one(name))
    return rounds


def measure(effort):
    """The tables of this part."""
    names = present(HOLDERS)
    rounds = _rounds(names, effort.rounds, _held)
    table = Table(
        "memory", f"Resident memory of the server with {HELD:,} lingering connections more than {FIRST:,}",
        ("server", "empty_kib", "bytes_each", "kept_by_server"),
        ("empty_kib: warm, with none. bytes_each: growth, for each connection, without the kernel's memory.",
         f"The first {FIRST:,} take what memory the server has left from its start.",
         "kept_by_server: how many it has open; hello and nginx close at once, and have none.",
         f"Medians of {effort.rounds} interleaved rounds [quartiles]."))
    for name in names:
        table.add(name, *(rounds.spread(name, field) for field in ("empty_kib", "each")),
                  rounds.spread(name, "kept").median)
    yield table
    with _small_packets():
        rounds = _rounds(names, effort.rounds, _silent)
    table = Table(
        "memory_silent", f"Resident memory of the server with {SILENT} clients that read nothing of 1 MiB",
        ("server", "empty_kib", "growth_mib", "kept_by_server"),
        (f"Packets are of {PACKET} bytes, so that the kernel doesn't take all of it at once.",
         f"Medians of {effort.rounds} interleaved rounds [quartiles]."))
    for name in names:
        table.add(name, *(rounds.spread(name, field) for field in ("empty_kib", "growth_mib")),
                  rounds.spread(name, "kept").median)
    yield table
    rounds = _rounds(names, effort.rounds, _taken_whole)
    table = Table(
        "memory_machine", f"Memory that the machine lacks with {TAKEN_WHOLE} clients that read nothing of 1 MiB",
        ("server", "lacking_mib"),
        ("MemAvailable, with loopback's own packets: the kernel takes the whole greeting for each.",
         f"Medians of {effort.rounds} interleaved rounds [quartiles]."))
    for name in names:
        table.add(name, rounds.spread(name, "lacking_mib"))
    yield table
