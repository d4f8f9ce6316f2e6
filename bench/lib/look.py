# SPDX-License-Identifier: ISC
"""What it costs to look late whether a client has closed: how long the kernel keeps the connection meanwhile."""
from lib import servers
from lib.speed import each, saturate
from lib.table import Table

# After so many ms.
AGES = (2, 3, 4, 5, 10, 20, 40)
BASE = "plain"


def measure(effort):
    """The table of this part."""
    compared = {age: servers.Server(f"lingering {age}", servers.peer("lingering", f"-{age}")) for age in AGES}
    compared[BASE] = servers.by_name(BASE)
    rounds = each(compared, effort.rounds, lambda server: saturate(server, effort.seconds))
    table = Table(
        "look", "Cost of a greeting in a closed loop, when a loop in C looks later whether the client has closed",
        ("after_ms", "cpu_ns", f"to_{BASE}"),
        (f"Medians of {effort.rounds} interleaved rounds [quartiles]; ratios are taken within each round.",))
    for age in AGES:
        table.add(float(age), rounds.spread(age, "cpu_ns"), rounds.ratio(age, BASE, "cpu_ns"))
    yield table
