#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""examples/nginx: nginx in front of three haild, and what clients see when one of them stops, dies or hangs."""
import pathlib
import signal
import socket
import struct
import unittest

from lib import backends, foreign, harness
from lib.backends import ADDRESSES, Clients, PORT, Seen, survey
from lib.clients import ask
from lib.foreign import NGINX_MODULE
from lib.harness import GREETING, poll_until
from lib.network import BALANCER, CLIENTS, CLIENT_6, Network, SERVICE, SERVICE_6
from lib.objects import read_objects

CONFIG = pathlib.Path(__file__).resolve().parents[2] / "examples/nginx/haild.conf"
TALKERS, AT_ONCE = 200, 8
MAIN = """
load_module {module};
daemon off;
user root;
pid {folder}/pid;
worker_processes 2;
events {{ worker_connections 1024; }}
include {config};
"""


def is_leaving(worker):
    """Whether a worker process of nginx, given its folder in /proc, has ended or is about to."""
    try:
        return b"shutting down" in (worker / "cmdline").read_bytes()
    except OSError:
        return True


class NginxTest(unittest.TestCase):
    def setUp(self):
        foreign.need_nginx()
        self.network = self.enterContext(Network())
        self.folder = harness.temporary_directory(self)
        self.config, self.main = self.folder / "haild.conf", self.folder / "nginx.conf"
        self.main.write_text(MAIN.format(module=NGINX_MODULE, folder=self.folder, config=self.config))
        self.write(CONFIG.read_text())

    def write(self, text):
        self.config.write_text(text)

    def change(self, old, new):
        """Puts something else in one place of the example."""
        text = CONFIG.read_text()
        self.assertEqual(text.count(old), 1)
        self.write(text.replace(old, new))

    def command(self, *options):
        return ["nginx", "-e", "stderr", "-c", str(self.main), *options]

    def nginx(self):
        """nginx for a with-block, with the example as it is, or as it was written last."""
        return foreign.Foreign(lambda port, folder: [*self.network.balancer.prefix, *self.command()],
                               ready=self.folder / "pid")

    def backend(self, name, *options, message="{instance}", **more):
        """A haild, not yet started."""
        return backends.backend(self.network, name, "--proxy-listen", f"{ADDRESSES[name]}:12346",
                                "--proxy-from", BALANCER, "-m", message, *options, **more)

    def start(self, names="abc", **more):
        """Starts these haild, and nginx, for the time of the test."""
        started = [self.enterContext(self.backend(name, **more)) for name in names]
        self.engine = self.enterContext(self.nginx())
        return started

    @staticmethod
    def told(what, seen):
        print(f"\n    {what}: {seen}", flush=True)
        return seen


class Example(NginxTest):
    def test_nginx_accepts_it(self):
        done = harness.run(*self.network.balancer.prefix, *self.command("-t"))
        self.assertEqual(done.exit, 0, done)
        self.assertNotRegex(done.stderr.decode(), "warn|emerg")

    def test_clients_are_named(self):
        [daemon, *_] = self.start(message="{instance} {peer} {proxy}")
        for client in CLIENTS[:6]:
            answer = ask("-s", f"{client}:{PORT}", SERVICE, PORT)
            self.assertRegex(answer.stdout.decode(), rf"\A[abc] {client}:{PORT} {BALANCER}:\d+\Z", answer)
        answer = ask("-s", f"[{CLIENT_6}]:{PORT}", SERVICE_6, PORT)
        self.assertRegex(answer.stdout.decode(), rf"\A[abc] \[{CLIENT_6}\]:{PORT} {BALANCER}:\d+\Z", answer)
        self.assertGreaterEqual(daemon.counters()["proxied"], 2)

    def test_shares(self):
        self.start()
        seen = self.told("by turns", survey(300, "--expect-shares", backends.EQUAL))
        self.assertEqual((seen.exit, seen.shares), (0, {"a": 100, "b": 100, "c": 100}), seen)


class Talkers(NginxTest):
    def talk(self, what):
        """Clients that send 1 MiB before they read; returns how many were reset. Each must have its whole greeting."""
        answer = ask("-j", "-c", TALKERS, "-i", "0", "-P", AT_ONCE, "--talk-first=1M", SERVICE, PORT)
        *attempts, summary = read_objects(self, answer.stdout)
        self.assertEqual({attempt["greeting"] for attempt in attempts}, {GREETING.decode()}, summary)
        resets = sum(attempt["status"] == 6 for attempt in attempts)
        self.assertEqual(resets, summary["failures"], summary)
        self.told(f"{TALKERS} clients that send 1 MiB first, {what}", f"{resets} were reset")
        return resets

    def test_nobody_is_reset(self):
        self.start(message=GREETING.decode())
        self.assertEqual(self.talk("proxy_half_close on"), 0)

    def test_without_half_close(self):
        self.change("proxy_half_close on;", "")
        self.start(message=GREETING.decode())
        self.assertGreater(self.talk("without proxy_half_close"), 0)


class OneIsAway(NginxTest):
    """The last of three, under load. nginx notices only when a connection to it fails, and that client is passed on."""

    def setUp(self):
        super().setUp()
        self.other, _ = self.start("ab")

    def last(self, *options, **more):
        """The last haild, for a with-block that it may end within, while clients are still coming."""
        return self.backend("c", *options, descriptors=False, **more)

    def clients(self):
        return self.enterContext(Clients(AT_ONCE))

    def is_back(self, what, clients, failures=0):
        """Once it is back, it has its share again; at most so many clients may have seen it go."""
        with self.last() as last:
            clients.wait_greeted(last)
            seen = self.told(what, clients.stop())
        self.assertLessEqual(seen.failures, failures, seen)
        self.assertEqual(set(seen.shares), set("abc"))

    def test_stops(self):
        with self.last() as last:
            clients = self.clients()
            clients.wait_greeted(last)
        clients.wait_greeted(self.other)
        self.is_back("one is stopped, and started anew", clients)

    def test_is_a_lame_duck(self):
        """It goes on greeting, for nginx does not ask whether it is ready; and its end is that of any other."""
        with self.last("--lame-duck=5m") as last:
            clients = self.clients()
            clients.wait_greeted(last)
            last.signal(signal.SIGTERM)
            last.wait_log("lame duck for")
            clients.wait_greeted(last)
        clients.wait_greeted(self.other)
        self.is_back("one is a lame duck, ends, and is started anew", clients)

    def test_is_killed(self):
        """Lost are those that it had not greeted, at most as many as hailto has at once."""
        with self.last(exit=-signal.SIGKILL) as last:
            clients = self.clients()
            clients.wait_greeted(last)
            last.signal(signal.SIGKILL)
            last.wait()
        clients.wait_greeted(self.other)
        self.is_back(f"one is killed with {AT_ONCE} clients at once, and started anew", clients, failures=AT_ONCE)

    def test_is_taken_out_first(self):
        with self.last() as last:
            clients = self.clients()
            clients.wait_greeted(last)
            self.change("192.0.2.13:12346 ", "192.0.2.13:12346 down ")
            self.reload()
            last.wait_counters(open=0)
            before = last.counters()["accepted"]
            clients.wait_greeted(self.other)
            self.assertLessEqual(last.counters()["accepted"], before + AT_ONCE)
        with self.last() as last:
            self.write(CONFIG.read_text())
            self.reload()
            clients.wait_greeted(last)
            seen = self.told("one is taken out, stopped, and put back", clients.stop())
        self.assertEqual((seen.failures, set(seen.shares)), (0, set("abc")), seen)

    def reload(self):
        """nginx reads its files again: new worker processes accept, and the old ones no longer do."""
        folder = pathlib.Path(f"/proc/{self.engine.process.pid}")
        children = (folder / "task" / folder.name / "children").read_text().split()
        old = [worker for worker in (pathlib.Path("/proc", pid) for pid in children) if not is_leaving(worker)]
        self.assertEqual(len(old), 2)
        self.network.balancer.run(*self.command("-s", "reload"))
        for worker in old:
            poll_until(lambda: is_leaving(worker))


class SomeAreSilent(NginxTest):
    def test_one_hangs(self):
        """Its kernel still accepts, so nginx goes on choosing it: each third client waits for proxy_timeout."""
        *_, last = self.start()
        with last.frozen():
            for attempts, failures in (6, 2), (3, 1):
                seen = self.told("one hangs", survey(attempts, "-w", "1m", at_once=attempts))
                self.assertEqual((seen.failures, seen.exit), (failures, 7), seen)
                self.assertNotIn("c", seen.shares)

    def test_one_is_killed_while_it_hangs(self):
        """Its clients are lost, as many as it had not greeted yet; the next are passed on."""
        self.start("ab")
        with self.backend("c", exit=-signal.SIGKILL) as last, last.frozen():
            clients = self.enterContext(Clients(6, count=6))
            poll_until(lambda: self.connections("c") == 2)
            last.signal(signal.SIGKILL)
            last.wait()
        seen = self.told("one is killed that two of six clients wait for", Seen(clients.end()))
        self.assertEqual((seen.failures, seen.shares), (2, {"a": 2, "b": 2}), seen)
        self.assertIn(seen.exit, (6, 7))
        self.assertEqual(survey(30).failures, 0)

    def connections(self, name):
        """How many connections to that haild are established, by the kernel's table there."""
        [address] = struct.unpack("=I", socket.inet_aton(ADDRESSES[name]))
        lines = [line.split() for line in self.network.servers.run("cat", "/proc/net/tcp").splitlines()]
        return sum((line[1], line[3]) == (f"{address:08X}:{12346:04X}", "01") for line in lines)

    def test_one_is_away(self):
        """Its clients are passed on, as proxy_next_upstream says; without that, they get nothing."""
        self.start("ab")
        seen = self.told("one is away", survey(30))
        self.assertEqual(seen.failures, 0, seen)

    def test_one_is_away_and_nobody_is_passed_on(self):
        self.change("proxy_next_upstream on;", "proxy_next_upstream off;")
        self.start("ab")
        seen = self.told("one is away, with proxy_next_upstream off", survey(30))
        self.assertGreaterEqual(seen.failures, 1, seen)

    def test_all_are_away(self):
        """nginx accepts, finds nobody, and closes."""
        self.start("")
        seen = self.told("all are away", survey(30))
        self.assertEqual((seen.failures, seen.exit), (30, 7), seen)


if __name__ == "__main__":
    harness.enter_network_namespace()
    harness.main()
