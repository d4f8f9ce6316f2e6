# SPDX-License-Identifier: ISC
"""How many ended connections the kernel remembers, on which side, and how many a firewall tracks."""
import contextlib
import pathlib
import shutil
import subprocess

from lib import load, machine, servers
from lib.many import DEADLINE, hailto
from lib.table import Table

# As many as the kernel remembers by default.
DEFAULT_REMEMBERED = 131072
# From one address there are fewer ports than that; from many, there are more connections than are remembered.
FROM_ONE, FROM_MANY, TRACKED = 60000, 200000, 20000
TIME_WAIT = "06"
# A firewall's rule for which the kernel must track connections.
RULE = "table inet bench { chain input { type filter hook input priority 0; ct state new counter; }; }"
ENTRIES = pathlib.Path("/proc/sys/net/netfilter/nf_conntrack_count")


def _remembered(port):
    """How many ended connections are remembered: by the server of a port, by its clients, and in all."""
    at_server = at_clients = in_all = 0
    with open("/proc/net/tcp", encoding="ascii") as table:
        next(table)
        for line in table:
            _, local, remote, state, *_ = line.split()
            if state == TIME_WAIT:
                in_all += 1
                at_server += local.endswith(f":{port:04X}")
                at_clients += remote.endswith(f":{port:04X}")
    return at_server, at_clients, in_all


@contextlib.contextmanager
def _tracking():
    """A with-block in which connections are tracked; gives the function that tells how many are."""
    subprocess.run(["nft", RULE], check=True)
    try:
        yield lambda: int(ENTRIES.read_text())
    finally:
        subprocess.run(["nft", "delete table inet bench"], check=True)


def _ask_from_one(server, count):
    """hailto fails if one attempt does."""
    subprocess.run(hailto(count, server.port), check=True, timeout=DEADLINE, stdin=subprocess.DEVNULL,
                   stdout=subprocess.DEVNULL)


def _row(ask, count):
    with servers.by_name("haild").running(core=machine.cores()[0]) as server:
        ask(server, count)
        return count, *_remembered(server.port)


def measure(_effort):
    """The table of this part."""
    table = Table(
        "ended", "Ended connections that the kernel remembers (TIME-WAIT), and that a firewall tracks",
        ("clients", "greetings", "at_the_server", "at_the_clients", "in_all", "tracked"),
        ("one address: hailto's. many: the load generator's. A greeting that failed would end the run.",
         f"in_all: with those of the lines above, for a minute; the kernel is told to keep {DEFAULT_REMEMBERED:,}.",
         "tracked: entries of connection tracking, where a rule of a firewall needs it."))
    machine.remember_ended(DEFAULT_REMEMBERED)
    try:
        table.add("one address", *_row(_ask_from_one, FROM_ONE), None)
        if shutil.which("nft"):
            with _tracking() as entries:
                table.add("many", *_row(load.closed, TRACKED), entries())
        table.add("many", *_row(load.closed, FROM_MANY), None)
    finally:
        machine.remember_ended()
    yield table
