# SPDX-License-Identifier: ISC
"""Simulates clients that come at random to servers in several regions: each client's SYNs, its wait, and its end.

A client goes to the region where anycast takes it, and there to the server that the balancer chooses. A server greets
one client after the other, and takes equally long for each. If its queue is full, or if it is dead, a SYN has no
answer. Then the client's kernel sends it again, and to the same server. Packets take no time on their way.
"""
import array
import bisect
import collections
import heapq
import itertools
import math

NEVER = math.inf
# So often in a second, the rate of arrivals changes.
STEPS = 100

# service   seconds that a greeting takes
# queue     the clients that may wait for a server, besides the one that it greets
# shares    of the clients, for each region, in any unit
# servers   in each region
# balancer  a key of BALANCERS
# syns      when a client sends its SYN again, in seconds after the first
# patience  seconds after which a client gives up
# death     when the first server of the first region dies, in seconds
# noticed   when its balancer sends nobody there any more
World = collections.namedtuple("World", "service queue shares servers balancer syns patience death noticed",
                               defaults=(NEVER, NEVER))


def arrivals(rate, seconds, chance):
    """Yields the times of a Poisson process whose rate is that function of the time."""
    for i in range(seconds * STEPS):
        time, end = i / STEPS, (i + 1) / STEPS
        now = rate((time + end) / 2)
        while (time := time + chance.expovariate(now)) < end:
            yield time


class Server:
    """One server."""

    def __init__(self, service, queue, death):
        self._service, self._full, self._death = service, queue * service, death
        # When it has greeted all whom it has taken; the most work that a client has found; how many it has greeted.
        self.free_at, self._most, self.greeted = 0.0, 0.0, 0

    def take(self, time):
        """When it begins to greet a client whose SYN comes now: None if there is no answer, NEVER if it dies first."""
        if time >= self._death:
            self.free_at = NEVER  # its connections do not end
            return None
        work = max(self.free_at - time, 0.0)
        if work > self._full:
            return None
        self._most = max(self._most, work)
        self.free_at = time + work + self._service
        if self.free_at > self._death:
            return NEVER
        self.greeted += 1
        return time + work

    def longest_queue(self):
        """The most clients that have waited for it at a time."""
        return math.ceil(self._most / self._service)


def _least(_chance):
    # Who has the fewest connections, and of these has had one for longest, is free first, since all take equally long.
    return lambda servers: min(servers, key=lambda server: server.free_at)


def _round_robin(_chance):
    turns = itertools.count()
    return lambda servers: servers[next(turns) % len(servers)]


def _random(chance):
    return lambda servers: servers[int(chance.random() * len(servers))]


# What makes a function that chooses one of several servers.
BALANCERS = {"random": _random, "round-robin": _round_robin, "least": _least}


class Region:
    """Servers, those that the balancer chooses from, and the function with which it does."""

    def __init__(self, world, chance, death):
        self.servers = [Server(world.service, world.queue, NEVER if i else death) for i in range(world.servers)]
        self.chosen_from, self.choose = list(self.servers), BALANCERS[world.balancer](chance)


class Outcome:
    """What has become of the clients.

    waits    of those greeted, from the first SYN until the greeting begins; for each second of first SYNs
    came     how many came in each second
    dropped  SYNs without an answer
    lost     clients whose server died before they were greeted
    gave_up  clients that lost patience
    queue    the most that have waited for one server at a time
    busy     the share of the time for which servers were busy
    """

    def __init__(self, seconds):
        self.waits, self.came = [array.array("d") for _ in range(seconds)], [0] * seconds
        self.dropped = self.lost = self.gave_up = self.queue = self.busy = 0


class _Simulation:
    """A run: the regions, and the SYNs that are still to be sent again."""

    def __init__(self, world, seconds, chance):
        self._world, self._chance, self.outcome = world, chance, Outcome(seconds)
        self._regions = [Region(world, chance, NEVER if i else world.death) for i in range(len(world.shares))]
        self._bounds = list(itertools.accumulate(world.shares))
        self._again = []  # (time, its place in the order, the first SYN's time, how many followed it, region, server)

    def run(self, times):
        """Lets clients come at these times."""
        again, most, regions = self._again, self._bounds[-1], self._regions
        for first in times:
            while again and again[0][0] <= first:
                self._send_again()
            self.outcome.came[int(first)] += 1
            region = regions[bisect.bisect(self._bounds, self._chance.random() * most)]
            self._send(first, first, 0, region, region.choose(self._alive(region, first)))
        while again:
            self._send_again()

    def _alive(self, region, time):
        """Those from which the balancer of a region chooses at that time."""
        if time >= self._world.noticed and region is self._regions[0]:
            region.chosen_from = region.servers[1:]
        return region.chosen_from

    def _send_again(self):
        """Sends the SYN that is due next; the balancer chooses anew if it knows the server to be dead."""
        time, _, first, sent, region, server = heapq.heappop(self._again)
        if server not in self._alive(region, time):
            server = region.choose(region.chosen_from)
        self._send(time, first, sent, region, server)

    def _send(self, time, first, sent, region, server):
        """Sends a client's SYN to a server; sent: how many it has sent before."""
        outcome, world = self.outcome, self._world
        start = server.take(time)
        if start is None:
            outcome.dropped += 1
            delay = world.syns[sent] if sent < len(world.syns) else NEVER
            if delay < world.patience:
                heapq.heappush(self._again, (first + delay, outcome.dropped, first, sent + 1, region, server))
            else:
                outcome.gave_up += 1
        elif start == NEVER:
            outcome.lost += 1
        elif start - first > world.patience:
            outcome.gave_up += 1  # it has gone, and is greeted nevertheless
        else:
            outcome.waits[int(first)].append(start - first)

    def sum_up(self, seconds):
        """Asks all servers how they have fared."""
        servers = [server for region in self._regions for server in region.servers]
        self.outcome.queue = max(server.longest_queue() for server in servers)
        self.outcome.busy = sum(server.greeted for server in servers) * self._world.service / seconds / len(servers)


def simulate(world, rate, seconds, chance):
    """Lets clients come at a rate, which is a function of the time, for whole seconds; returns the Outcome."""
    simulation = _Simulation(world, seconds, chance)
    simulation.run(arrivals(rate, seconds, chance))
    simulation.sum_up(seconds)
    return simulation.outcome
