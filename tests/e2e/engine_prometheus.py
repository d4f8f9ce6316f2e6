#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""examples/prometheus: a real Prometheus scrapes several haild, one of which dies, stops, fills up, runs short of
descriptors or gets all the clients; each of these raises the alerts that are meant for it, and no others.

The files are those of the example, with a clock that runs 15 times as fast: see hasten().
"""
import contextlib
import errno
import os
import pathlib
import re
import resource
import signal
import unittest

from lib import harness
from lib.harness import (
    DEADLINE, Daemon, GREETING, connect, poll_until, read_all, strerror, temporary_directory)
from lib.prometheus import Prometheus
from lib.scrape import GET, take_apart

EXAMPLES = pathlib.Path(__file__).resolve().parents[2] / "examples/prometheus"
SECONDS = {"m": 60, "s": 1}
TARGET = "    - localhost:9345\n"
# Alerts wait for up to 10 minutes, which are 40 seconds here.
PATIENCE = 6 * DEADLINE
# One that is killed comes back to its port, which must be nobody's meanwhile.
HOST = harness.own_address()
# Nothing ends by itself as long as a test looks.
LASTING = ("--idle", "30m", "-t", "60m")
SHORTAGE = r"haild: cannot accept connections( for metrics)?: %s;.*" % re.escape(strerror(errno.EMFILE))


def hasten(text):
    """The text of an example with its times divided by 15: 15s become 1s, and each minute 4s."""
    def faster(time):
        seconds, rest = divmod(int(time[1]) * SECONDS[time[2]], 15)
        assert rest == 0, f"{time[0]} is no multiple of 15 s"
        return f"{seconds}s"
    return re.sub(r"\b(\d+)([ms])\b", faster, text)


class Fleet:
    """A Prometheus with the configuration of the example, and its view of some haild, of which .daemons
    are there at first, and .names are what their instances are called."""

    def __init__(self, test, daemons):
        self.daemons = daemons
        self.names = [daemon.metrics[0] for daemon in daemons]
        folder = temporary_directory(test)
        for name in ("prometheus.yml", "alerts.yml", "rules.yml"):
            (folder / name).write_text(hasten((EXAMPLES / name).read_text()))
        self._targets = folder / "targets.yml"
        self.scrape(*self.names)
        self.prometheus = Prometheus(test, folder / "prometheus.yml")
        self.wait_up(*self.names)

    def scrape(self, *names):
        """Puts these in the place of the example's target."""
        shipped = (EXAMPLES / "targets.yml").read_text()
        assert TARGET in shipped
        new = self._targets.with_suffix(".new")
        new.write_text(shipped.replace(TARGET, "".join(f"    - {name}\n" for name in names)))
        new.rename(self._targets)

    def values(self, expression):
        """The values of an expression by instance."""
        return {labels.get("instance"): value for labels, value in self.prometheus.query(expression)}

    def wait_up(self, *names):
        """Waits until exactly these are scraped, and answer."""
        poll_until(lambda: self.values('up{job="haild"}') == dict.fromkeys(names, 1), PATIENCE, every=0.1)

    def firing(self):
        """The alerts that fire: pairs of name and instance, which is None for those about all."""
        data = poll_until(lambda: self.prometheus.get("alerts"))
        return {(alert["labels"]["alertname"], alert["labels"].get("instance"))
                for alert in data["alerts"] if alert["state"] == "firing"}

    def raises(self, *wanted, meanwhile=lambda: None):
        """Waits until these alerts fire, which must be all. Uneven shares do not count where none are expected: it is
        the test that sends its clients to one instance."""
        def fire():
            meanwhile()
            alerts = self.firing()
            return alerts >= set(wanted) and alerts
        try:
            alerts = poll_until(fire, PATIENCE, every=0.2)
        except AssertionError:
            raise AssertionError(f"of {wanted} only {self.firing()} fire") from None
        others = {alert for alert in alerts - set(wanted) if alert[0] != "HaildUneven"}
        assert not others, f"beside {wanted} {others} fire"

    def wait_quiet(self):
        """Waits until no alert fires."""
        poll_until(lambda: not self.firing(), PATIENCE, every=0.2)

    def wait_scrapes(self, name, number):
        """Waits until Prometheus has read that instance so many times more."""
        expression = f'count_over_time(haild_draining{{instance="{name}"}}[1h])'
        before = self.values(expression)[name]
        poll_until(lambda: self.values(expression)[name] >= before + number, PATIENCE, every=0.2)


def daemon(*options, metrics=f"{HOST}:0", log=()):
    """A haild that tells its metrics at that address."""
    return Daemon("-q", "-l", "127.0.0.1", "--metrics", metrics, *options, log=log)


@contextlib.contextmanager
def fleet(test, *daemons):
    """A fleet of these, each of which is started here."""
    with contextlib.ExitStack() as stack:
        yield Fleet(test, [stack.enter_context(daemon) for daemon in daemons])


def readiness(name):
    """The status of /readyz there."""
    host, _, port = name.rpartition(":")
    with connect(int(port), host) as client:
        client.sendall(GET % b"/readyz")
        return take_apart(read_all(client)).status


def kill(victim):
    victim.expected_exit = -signal.SIGKILL
    victim.signal(signal.SIGKILL)
    victim.wait()


@contextlib.contextmanager
def clients(where, number):
    """So many clients that have been greeted, and stay."""
    with contextlib.ExitStack() as stack:
        for _ in range(number):
            client = stack.enter_context(where.connect())
            assert client.recv(64) == GREETING
        yield


class Configuration(unittest.TestCase):
    def test_the_clock(self):
        """Those two keys give the pace, and each time in them and in the rules becomes shorter."""
        text = (EXAMPLES / "prometheus.yml").read_text()
        for key in "scrape_interval", "evaluation_interval":
            self.assertRegex(text, rf"(?m)^  {key}: 15s$")
            self.assertRegex(hasten(text), rf"(?m)^  {key}: 1s$")
        self.assertEqual(hasten("for: 1m, rate(a[5m]), job:a:rate5m"), "for: 4s, rate(a[20s]), job:a:rate5m")

    def test_one_more_instance(self):
        """The file of targets is read again when it changes."""
        with fleet(self, daemon()) as all_, daemon() as another:
            all_.scrape(*all_.names, another.metrics[0])
            all_.wait_up(*all_.names, another.metrics[0])
            all_.scrape(another.metrics[0])
            all_.wait_up(another.metrics[0])


class Alerts(unittest.TestCase):
    def test_one_of_three_is_killed(self):
        with fleet(self, daemon(), daemon(), daemon()) as all_:
            victim, name = all_.daemons[1], all_.names[1]
            all_.prometheus.wait("job:haild_instances_up:sum", 3)
            all_.wait_quiet()
            kill(victim)
            all_.raises(("HaildDown", name))
            all_.prometheus.wait("job:haild_instances_up:sum", 2)
            with daemon(metrics=name):
                all_.wait_quiet()
                all_.prometheus.wait("job:haild_instances_up:sum", 3)

    def test_all_are_killed(self):
        with fleet(self, daemon(), daemon()) as all_:
            for victim in all_.daemons:
                kill(victim)
            all_.raises(("HaildGone", None), *(("HaildDown", name) for name in all_.names))

    def test_lame_duck_and_drain(self):
        """A lame duck still greets, and is no reason for an alert; a stop that waits for a client for long is one."""
        with fleet(self, daemon("--lame-duck", "30m", "--drain", "30m", *LASTING), daemon()) as all_:
            leaving, name = all_.daemons[0], all_.names[0]
            with clients(leaving, 1):
                leaving.signal(signal.SIGTERM)
                poll_until(lambda: readiness(name) == 503)
                # Twice as many as it takes for any alert about one that does not answer, or drains.
                all_.wait_scrapes(name, 10)
                self.assertEqual(all_.firing(), set())
                self.assertEqual(leaving.greeting(), GREETING)
                leaving.signal(signal.SIGTERM)
                all_.raises(("HaildDrains", name))
                leaving.signal(signal.SIGTERM)
                self.assertEqual(leaving.wait(), 0)

    def test_connection_limit(self):
        """One has no room left, and what it holds would fill the other, too."""
        with fleet(self, daemon("-c", 10, *LASTING), daemon("-c", 10)) as all_:
            full, name = all_.daemons[0], all_.names[0]
            with contextlib.ExitStack() as stack:
                stay = lambda number: stack.enter_context(clients(full, number))
                stay(10)
                saturated = ("HaildNearlyFull", name), ("HaildNoSpare", None)
                all_.raises(*saturated)
                # Those that have lingered for a second make room at once; only the last of these must wait for that.
                all_.raises(*saturated, ("HaildAcceptPauses", name), meanwhile=lambda: stay(11))

    def test_shortage_of_descriptors(self):
        """A limit that falls later cannot be in the connections allowed."""
        with fleet(self, daemon("-c", 50, *LASTING, log=[SHORTAGE]), daemon()) as all_:
            short, name = all_.daemons[0], all_.names[0]
            most = 4 + max(map(int, os.listdir(f"/proc/{short.pid}/fd")))
            resource.prlimit(short.pid, resource.RLIMIT_NOFILE, (most, most))

            def come_and_go():
                before = short.counters()["accept_pauses"]
                with contextlib.ExitStack() as stack:
                    for _ in range(8):
                        stack.enter_context(short.connect())
                    poll_until(lambda: short.counters()["accept_pauses"] > before, every=0.05)
                # It must have a descriptor for Prometheus again.
                short.wait_counters(open=0)

            all_.raises(("HaildShortage", name), ("HaildAcceptPauses", name), meanwhile=come_and_go)

    def test_uneven_shares(self):
        """All clients of three come to one."""
        with fleet(self, daemon(), daemon(), daemon()) as all_:
            def come():
                for _ in range(10):
                    all_.daemons[0].greeting()

            all_.raises(*(("HaildUneven", name) for name in all_.names), meanwhile=come)
            shares = all_.values("instance:haild_accepted:share5m")
            self.assertEqual([round(shares[name], 6) for name in all_.names], [3, 0, 0])


if __name__ == "__main__":
    harness.main()
