# SPDX-License-Identifier: ISC
"""What a greeting costs against its size."""
from lib import machine, servers
from lib.rounds import Rounds, interleaved
from lib.speed import present, saturate
from lib.table import Table

SIZES = (14, 1024, 65536, 1 << 20)
IN_ONE_PROCESS = ("haild", "plain", "corked", "lingering", "hello", "nginx", "python")


def _message_table(names, effort):
    by_size = {size: Rounds() for size in SIZES}
    for size, rounds in by_size.items():
        message = _message(size)
        for number, name in interleaved(names, effort.rounds):
            with servers.by_name(name).running(message=message, core=machine.cores()[0]) as server:
                rounds.add(number, name, **saturate(server, effort.seconds, message))
    table = Table(
        "message", "Cost of a greeting against its size",
        ("server", "bytes", "cpu_ns", "to_plain", "per_second", "server_busy", "load_busy"),
        (f"Medians of {effort.rounds} interleaved rounds [quartiles]; ratios are taken within each round.",))
    for name in names:
        for size, rounds in by_size.items():
            table.add(name, float(size), rounds.spread(name, "cpu_ns"), rounds.ratio(name, "plain", "cpu_ns"),
                      rounds.spread(name, "per_second"), rounds.spread(name, "server_busy").median,
                      rounds.spread(name, "load_busy").median)
    return table


def _message(size):
    """A greeting of that size, in which no part looks like another."""
    if size == len(servers.GREETING):
        return servers.GREETING
    lines = b"".join(b"%07d\n" % number for number in range(size // 8 + 1))
    return lines[:size]


def measure(effort):
    """The tables of this part. Who reads a long greeting may still do so when its server has closed: a kernel
    that remembers no more ended connections would reset it."""
    machine.remember_ended(1 << 20)
    yield _message_table(present(IN_ONE_PROCESS), effort)
    machine.remember_ended()
