# SPDX-License-Identifier: ISC
"""Several haild behind a balancer, and what clients see of them: which one answered how often, and what failed."""
import signal

from lib.clients import Running, ask
from lib.harness import Daemon, poll_until
from lib.network import SERVERS, SERVICE
from lib.surveys import Told

PORT = 12345
# By name, as in their greetings.
ADDRESSES = dict(zip("abc", SERVERS))
EQUAL = "a:33.333,b:33.333,c:33.334"


def backend(network, name, *options, **more):
    """The haild of that name, not yet started."""
    return Daemon("-e", "--instance", name, *options, port=PORT, prefix=network.servers.prefix, **more)


class Seen:
    """What hailto has seen, from its tally and its summary. .shares are the answers by name."""

    def __init__(self, result):
        told = Told(result.stdout)
        self.exit, self.verdict = result.exit, result.stderr.decode()
        self.attempts, self.failures, self.kinds = told.attempts, told.failures, told.kinds
        self.shares = {}
        for line in told.lines:
            count, _, greeting = line.split("\t")
            self.shares[greeting] = int(count)

    def __repr__(self):
        failed = f"{self.failures} failures: {self.kinds}" if self.failures else "0 failures"
        return f"{self.attempts} attempts, {failed}; {self.shares}"


def survey(count, *options, at_once=8):
    """Asks the service so often; returns what was seen."""
    return Seen(ask("-c", count, "-i", "0", "-P", at_once, "--tally", *options, SERVICE, PORT))


class Clients(Running):
    """hailto, which asks the service again and again, or so often, until the with-block ends or .stop()."""

    def __init__(self, at_once=8, count=0):
        super().__init__("-c", count, "-i", "1ms", "-P", at_once, "--tally", SERVICE, PORT)

    @staticmethod
    def wait_greeted(daemon, more=50):
        """Waits until one of those behind the balancer has greeted so many more."""
        before = daemon.counters()["greeted"]
        poll_until(lambda: daemon.counters()["greeted"] >= before + more, every=0.05)

    def stop(self):
        """Lets those under way come to their end; returns what was seen."""
        self.signal(signal.SIGINT)
        return Seen(self.end())
