# SPDX-License-Identifier: ISC
"""The tables in doc/scaling.md: parts of those that are there, in words for its readers."""
from lib import machine, targets
from lib.table import Table, figure, load

DOCUMENT = machine.ROOT / "doc/scaling.md"


def write(folder):
    """Writes them into the document."""
    targets.tell([_instances(folder), _crowd(folder), _queueing(folder)], [DOCUMENT])


def _instances(folder):
    table = Table("instances", "", ("instances", "greetings a second while clients wait, one = 1",
                                    "the same in a closed loop", "share of a core that the load used"))
    for row in load(folder, "instances"):
        gains = (figure(row[name]) if row["instances"] == "one" else
                 f"{figure(row[name])} [{figure(row[f'{name}_q1'])} {figure(row[f'{name}_q3'])}]"
                 for name in ("burst_gain", "loop_gain"))
        table.add(row["instances"], *gains, row["load_busy"])
    return table


def _is_shown(row):
    """All with the least connections; the other balancers where the busiest region is just not overloaded."""
    return row["balancer"] == "least" or 0.9 < row["in_busiest_region"] < 1


def _crowd(folder):
    table = Table("crowd", "", ("balancer", "peak", "in the busiest region", "99 % wait at most, ms", "queue filled to",
                                "lost SYNs a client", "gave up", ""))
    for row in filter(_is_shown, load(folder, "crowd")):
        remark = "a server dies" * (row["one_dies"] == "yes")
        if len(row["syns_again_at"].split()) < 6:
            remark = f"SYNs again after {row['syns_again_at']} s"
        table.add(row["balancer"], row["peak"], row["in_busiest_region"], row["p99_ms"], f"{row['queue_filled']:.1%}",
                  row["dropped"], f"{row['gave_up']:.2%}", remark)
    return table


def _queueing(folder):
    table = Table("queueing", "", ("balancer", "servers", "load", "theory", "simulated", "M/M/c"))
    for row in load(folder, "queueing"):
        table.add(row["balancer"], row["servers"], row["load"], row["M/D/c"],
                  f"{figure(row['mean_wait'])} ± {figure(row['within'])}", row["M/M/c"])
    return table
