# SPDX-License-Identifier: ISC
"""What it costs to look late whether a client has closed: how long the kernel keeps the connection meanwhile."""
from lib import machine, servers
from lib.rounds import Rounds, interleaved
from lib.speed import saturate
from lib.table import Table

# After so many ms.
AGES = (2, 3, 4, 5, 10, 20, 40)
BASE = "plain"


def measure(effort):
    """The table of this part."""
    compared = {age: servers.Server(f"lingering {age}", servers.lingering(f"-{age}")) for age in AGES}
    compared[BASE] = servers.by_name(BASE)
    rounds = Rounds()
    for number, name in interleaved(list(compared), effort.rounds):
        with compared[name].running(core=machine.cores()[0]) as server:
            rounds.add(number, name, **saturate(server, effort.seconds))
    table = Table(
        "look", "Cost of a greeting in a closed loop, when a loop in C looks later whether the client has closed",
        ("after_ms", "cpu_ns", f"to_{BASE}"),
        (f"Medians of {effort.rounds} interleaved rounds [quartiles]; ratios are taken within each round.",))
    for age in AGES:
        table.add(float(age), rounds.spread(age, "cpu_ns"), rounds.ratio(age, BASE, "cpu_ns"))
    yield table
