# SPDX-License-Identifier: ISC
"""What several haild gain that share a port."""
import contextlib

from lib import machine, servers, speed
from lib.rounds import Rounds, interleaved
from lib.servers import Server
from lib.table import Table

# The processors of each setting: servers', by their place in machine.cores(). The load is on the last one.
SETTINGS = {"one": (0,), "two on one core": (0, 0), "two on two cores": (0, 1)}
SHARED = servers.haild("-q", "--reuse-port")


class Together:
    """Several servers on one port, as if they were one."""

    def __init__(self, running):
        self.server, self.port, self._running = running[0].server, running[0].port, running

    def pids(self):
        return [pid for one in self._running for pid in one.pids()]

    def cpu_seconds(self):
        return sum(one.cpu_seconds() for one in self._running)


@contextlib.contextmanager
def _together(setting):
    """A with-block in which they run; the first gets a port from the kernel, the others share it."""
    cores = [machine.cores()[place] for place in SETTINGS[setting]]
    with contextlib.ExitStack() as stack:
        running = [stack.enter_context(Server("haild", SHARED).running(core=cores[0]))]
        for core in cores[1:]:
            def command(_port, file):
                return SHARED(running[0].port, file)
            running.append(stack.enter_context(Server("haild", command).running(core=core)))
        yield Together(running)


def measure(effort):
    """The table of this part."""
    rounds = Rounds()
    for number, name in interleaved(list(SETTINGS), effort.rounds):
        with _together(name) as server:
            loop = speed.saturate(server, effort.seconds)
            burst = speed.burst(server)
            rounds.add(number, name, cpu_ns=burst["cpu_ns"], burst_per_second=speed.BURST / burst["wall_ms"] * 1e3,
                       loop_per_second=loop["per_second"], load_busy=loop["load_busy"])
    table = Table(
        "instances", "Several haild on one port, with --reuse-port",
        ("instances", "burst_cpu_ns", "burst_per_second", "burst_gain", "loop_per_second", "loop_gain", "load_busy"),
        (f"burst: {speed.BURST:,} clients wait already, in all queues together; loop: a closed loop.",
         "The machine has two cores, and the load is on the second one: there, an instance and the load take turns.",
         "..._gain: greetings a second, as a ratio to one instance. load_busy: the generator's share of its core.",
         f"Medians of {effort.rounds} interleaved rounds [quartiles]; ratios are taken within each round."))
    for name in SETTINGS:
        table.add(name, rounds.spread(name, "cpu_ns"),
                  *(cell for way in ("burst", "loop") for cell in (
                      rounds.spread(name, f"{way}_per_second"), rounds.ratio(name, "one", f"{way}_per_second"))),
                  rounds.spread(name, "load_busy").median)
    yield table
