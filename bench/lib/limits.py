# SPDX-License-Identifier: ISC
"""What it adds to a greeting that haild hears a proxy first, or judges who may come."""
import functools
import ipaddress
import pathlib
import random
import tempfile

from lib import exact, machine, servers, speed
from lib.servers import Server
from lib.table import Table

NETWORKS = 100000
# The load comes from there.
LOOPBACK = ipaddress.ip_network("127.0.0.0/8")
LIMITS = ("--max-per-source=1000000", "--rate-per-source=1000000/1s")

# PROXY headers of version 2: from 192.0.2.1 to 198.51.100.2, and from 2001:db8::1 to 2001:db8::2.
SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
HEADER = SIGNATURE + bytes.fromhex("2111000c c0000201 c6336402 dc0401bb")
HEADER_6 = SIGNATURE + bytes.fromhex("21210024 20010db8000000000000000000000001 20010db8000000000000000000000002 dc0401bb")


@functools.cache
def _folder():
    """A folder for files of networks that goes with this process."""
    return tempfile.TemporaryDirectory(prefix="haild-bench-")


def _networks(kind, bits, shortest):
    """Random networks, the same in each run, of which none has the load."""
    chance = random.Random(NETWORKS)
    while True:
        network = kind((chance.getrandbits(bits), chance.randint(shortest, bits)), strict=False)
        if not network.overlaps(LOOPBACK):
            yield network


@functools.cache
def _denied(kind, bits, shortest):
    """The option for a file of many networks."""
    path = pathlib.Path(_folder().name, kind.__name__)
    networks = _networks(kind, bits, shortest)
    path.write_text("".join(f"{next(networks)}\n" for _ in range(NETWORKS)))
    return f"--deny-file={path}"


def _behind(port, file, *options):
    """The command line of a haild that hears a proxy first."""
    return [machine.built("src/haild"), "-q", *options, f"--proxy-listen=127.0.0.1:{port}", "-f", str(file)]


def _denying(port, file):
    return [*servers.haild("-q")(port, file), _denied(ipaddress.IPv4Network, 32, 16)]


def _denying_6(port, file):
    return _behind(port, file, _denied(ipaddress.IPv6Network, 128, 32))


SERVERS = (
    Server("haild", servers.haild("-q")),
    Server("haild-proxy", _behind, header=HEADER),
    Server("haild-deny", _denying),
    Server("haild-sources", servers.haild("-q", *LIMITS)),
    Server("haild-proxy6", _behind, header=HEADER_6),
    Server("haild-deny6", _denying_6, header=HEADER_6),
    Server("nginx-proxy", functools.partial(servers.nginx, hears=True), tells=False, header=HEADER),
)
# What each is compared with. The load comes by IPv4, so IPv6 is judged by what a header says.
BASES = {"haild-proxy": "haild", "haild-deny": "haild", "haild-sources": "haild", "haild-proxy6": "haild",
         "haild-deny6": "haild-proxy6"}
# Of these, CPU time would tell nothing new.
EXACT_ONLY = ("haild-proxy6", "haild-deny6")


def _exact_cells(figures, name):
    """Exact figures, with how much more than those of its base they are."""
    base = figures.get(BASES.get(name))
    for what in ("calls", "instructions"):
        yield figures[name][what]
        yield figures[name][what] - base[what] if base else None
    yield figures[name]["segments"]
    yield figures[name]["allocations"]


def measure(effort):
    """The table of this part."""
    present = {server.name: server for server in SERVERS if server.is_there()}
    figures = {name: exact.of_server(server)[0] for name, server in present.items()}
    # Clients wait already, so that the server is the limit.
    rounds = speed.each({name: server for name, server in present.items() if name not in EXACT_ONLY}, effort.rounds,
                        speed.warm_burst)
    table = Table(
        "limits", "What it adds to a greeting to hear a proxy first, or to judge who may come",
        ("server", "cpu_ns", "to_haild", "to_nginx", "calls", "more_calls", "instructions", "more_instructions",
         "segments", "allocations"),
        (f"proxy: PROXY headers of version 2, with IPv4 addresses; proxy6: with IPv6 ones. deny: {NETWORKS:,} random",
         f"networks. sources: {' '.join(LIMITS)}. deny6 is compared with proxy6, the others with haild.",
         f"cpu_ns: the server's CPU time for a greeting, when {speed.BURST:,} clients wait already.",
         "to_haild, to_nginx: its ratio to that of haild, and of nginx-proxy.",
         f"Medians of {effort.rounds} interleaved rounds [quartiles]; ratios are taken within each round.",
         *exact.NOTES))
    for name in present:
        cpu = [None] * 3 if name in EXACT_ONLY else [
            rounds.spread(name, "cpu_ns"),
            *(rounds.ratio(name, base, "cpu_ns") for base in ("haild", "nginx-proxy"))]
        table.add(name, *cpu, *_exact_cells(figures, name))
    yield table
