#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""examples/haproxy as it is: three haild behind HAProxy, one of which stops, dies, or says how much it wants."""
import contextlib
import json
import pathlib
import re
import signal
import sys

from lib import foreign, harness, haproxy
from lib.clients import ClientTest, Running, ask
from lib.harness import Daemon, need, poll_until, temporary_directory
from lib.haproxy import ADDRESSES, MESSAGE, PORT, Haproxy, back_end
from lib.reload import replace
from lib.surveys import Told
from lib.talkers import talk

LOCAL = "127.0.0.1"
CLIENTS = 24
# A lame duck for as long as the test wants it: a second signal ends it.
PATIENT = ("--lame-duck", "1000s")

_numbers = []


def tearDownModule():
    """The numbers of this run, for the example's README."""
    for line in _numbers:
        print(line, flush=True)


class Engine(ClientTest):
    def setUp(self):
        need("haproxy")
        self.stack = self.enterContext(contextlib.ExitStack())

    def tell(self, what):
        _numbers.append(f"{self.id().rpartition('.')[2]}: {what}")

    def begin(self, *options, two=(), message=MESSAGE, **proxy):
        """Starts the back ends, of which the second may have more options, and HAProxy, which must have seen them."""
        more = {"two": two}
        self.daemons = {name: self.enter(back_end(name, *options, *more.get(name, ()), message=("-m", message)))
                        for name in ADDRESSES}
        self.proxy = self.enter(Haproxy(**proxy))
        self.proxy.wait_checked()

    def enter(self, context):
        return self.stack.enter_context(context)

    def has_shares(self, **percent):
        """Of many clients, each server must have had that share."""
        shares = ",".join(f"Hi from {name}:{share}" for name, share in percent.items())
        answer = ask("-c", "3000", "-P", CLIENTS, "-i", "0", "--tally", "--expect-shares", shares, LOCAL, PORT)
        self.assertEqual(answer.exit, 0, answer)
        self.tell(re.search(r"shares of .*", answer.stderr.decode())[0])


class Greeting(Engine):
    def test_names_the_client(self):
        self.begin("-q", message="Hi from {instance} {peer} {local}")
        for host in LOCAL, "::1":
            address, greeters = f"[{host}]" if ":" in host else host, set()
            for _ in ADDRESSES:
                own = f"{address}:{foreign.free_port(host)}"
                answer = ask("-s", own, host, PORT)
                self.assertEqual((answer.exit, answer.stderr), (0, b""), answer)
                greeter, *told = answer.stdout.decode().removeprefix("Hi from ").split(" ")
                self.assertEqual(told, [own, f"{address}:{PORT}"])
                greeters.add(greeter)
            self.assertEqual(greeters, set(ADDRESSES))

    def test_talkers_lose_nothing(self):
        self.begin("-q", message="Hi from all\n")
        heard = talk(PORT, 200, bytes(1 << 16), b"Hi from all\n")
        self.assertTrue(heard.is_perfect, heard)
        self.tell(f"of clients that send 64 KiB first: {heard}")

    def test_checks_are_no_noise(self):
        """Nothing of them is in the log, or among the failures."""
        self.begin()
        checks = {}
        for name, daemon in self.daemons.items():
            poll_until(lambda: daemon.counters()["proxied_local"] >= 10)
            counters = daemon.wait_counters(open=0)
            checks[name] = counters["accepted"]
            noise = {counter: count for counter, count in counters.items()
                     if count and counter not in ("accepted", "greeted", "proxied_local", "bytes_sent")}
            self.assertEqual(noise, {})
            self.assertEqual((counters["greeted"], counters["proxied_local"]), (checks[name],) * 2)
            self.assertEqual(daemon.log_lines(r"(?!counters: |sandbox: |haild \S+ \(libevent ).*"), [])
        self.tell(f"checks, each greeted and none a failure: {checks}")


class Staying(Engine):
    """Clients that are greeted, and do not close."""

    def timed_out(self, **proxy):
        """One comes to each server; returns how many haild had to cut."""
        self.begin("-q", **proxy)
        with contextlib.ExitStack() as clients:
            for _ in ADDRESSES:
                client = clients.enter_context(harness.connect(PORT))
                harness.read_all(client)
            counters = [daemon.wait_counters(open=0) for daemon in self.daemons.values()]
        self.assertEqual(sum(each["proxied"] for each in counters), len(ADDRESSES))
        return sum(each["timed_out_linger"] for each in counters)

    def test_haproxy_ends_them(self):
        self.assertEqual(self.timed_out(), 0)

    def test_without_client_fin(self):
        """Then haild does: the line is needed."""
        self.assertEqual(self.timed_out(without="timeout client-fin 2s"), len(ADDRESSES))


class Load(Engine):
    """24 clients ask again and again."""

    def begin(self, form="--tally", **how):
        super().begin("-q", **how)
        self.clients = self.enter(Running("-c", "0", "-P", CLIENTS, "-i", "0", form, LOCAL, PORT))
        self.go_on()

    def go_on(self):
        """Waits for more clients."""
        before = self.proxy.sum("stot")
        poll_until(lambda: self.proxy.sum("stot") >= before + 500, every=0.05)

    def again(self, name):
        """Starts one anew, which must get clients again."""
        daemon = self.enter(back_end(name, "-q", descriptors=False))
        self.proxy.wait_states(**{name: "UP"})
        poll_until(lambda: daemon.counters()["proxied"], every=0.05)

    def told(self):
        """Ends the load; returns what it tells, with how often HAProxy went to another server."""
        self.clients.signal(signal.SIGINT)
        told = Told(self.clients.end().stdout)
        told.redispatched = self.proxy.sum("wredis")
        self.tell(f"{told.attempts} clients, {told.failures} failed ({told.kinds}), {told.redispatched} sent elsewhere")
        return told

    def test_equal_shares(self):
        self.begin()
        self.assertEqual(self.told().failures, 0)
        self.has_shares(one=33.334, two=33.333, three=33.333)

    def test_lame_duck(self):
        """HAProxy sees it by the checks, and sends nobody there before the server stops."""
        self.begin(two=PATIENT)
        duck = self.daemons["two"]
        duck.signal(signal.SIGTERM)
        self.proxy.wait_states(two="DOWN")
        self.assertTrue(duck.is_running())
        self.assertEqual(duck.stop(), 0)
        self.go_on()
        self.again("two")
        self.assertEqual(self.told().failures, 0)

    def test_drain(self):
        """It refuses at once; HAProxy goes to another server, and nobody notices."""
        self.begin()
        self.assertEqual(self.daemons["two"].stop(), 0)
        self.proxy.wait_states(two="DOWN")
        self.go_on()
        self.again("two")
        self.assertEqual(self.told().failures, 0)

    def test_drained_by_hand(self):
        """By the words of README.md, on the stats socket."""
        self.begin()
        self.assertEqual(self.proxy.ask("set server haild/two state drain").strip(), "")
        self.proxy.wait_states(two="DRAIN")
        self.has_shares(one=50, three=50)
        self.assertEqual(self.daemons["two"].stop(), 0)
        self.go_on()
        daemon = self.enter(back_end("two", "-q", descriptors=False))
        self.assertEqual(self.proxy.ask("set server haild/two state ready").strip(), "")
        self.proxy.wait_states(two="UP")
        poll_until(lambda: daemon.counters()["proxied"], every=0.05)
        self.assertEqual(self.told().failures, 0)

    def test_kill(self):
        """Lost are those whom it had: HAProxy cannot know whether they were greeted."""
        self.begin()
        killed = self.daemons["two"]
        killed.expected_exit = -signal.SIGKILL
        killed.signal(signal.SIGKILL)
        self.proxy.wait_states(two="DOWN")
        self.go_on()
        told = self.told()
        self.assertLessEqual(told.failures, CLIENTS)
        self.assertIn(told.kinds, (None, f"{told.failures} read (exit status 7)"))
        self.has_shares(one=50, three=50)

    def test_reload(self):
        """A new process of HAProxy takes over the sockets."""
        self.begin(master=True)
        for _ in range(3):
            self.proxy.reload()
            self.go_on()
        self.assertEqual(self.told().failures, 0)

    def test_without_redispatch(self):
        """The same drain costs clients their greeting: the option is needed."""
        self.begin(form="-j", without="option redispatch")
        self.assertEqual(self.daemons["two"].stop(), 0)
        self.proxy.wait_states(two="DOWN")
        self.go_on()
        self.clients.signal(signal.SIGINT)
        told = [json.loads(line) for line in self.clients.end().stdout.splitlines()]
        failed = [each for each in told if each["type"] == "attempt" and each["status"]]
        self.assertTrue(failed)
        self.assertEqual({(each["status"], each["bytes"], each["ended_by"]) for each in failed}, {(7, 0, "end of stream")})
        soonest, last = (reach(each["end_us"] for each in failed) / 1e6 for reach in (min, max))
        self.assertGreaterEqual(soonest, 2)
        self.tell(f"{len(told) - 1} clients, {len(failed)} failed, after {soonest:.2f} to {last:.2f} s")


class Agent(Engine):
    """agent.cfg: each server says by a greeting what it wants."""

    def begin(self, **proxy):
        """The first server has an agent. The others have none, which changes nothing."""
        super().begin("-q", name="agent.cfg", **proxy)
        self.says = temporary_directory(self) / "state"
        self.says.write_text("up ready 100%\n")
        self.agent = self.enter(Daemon("-q", "-l", f"{ADDRESSES['one']}:{haproxy.STATE_PORT}", "-f", self.says,
                                       port=None, descriptors=False))

    def test_weight_and_state(self):
        self.begin()
        self.becomes("up ready 100%", "UP", "100")
        self.has_shares(one=33.334, two=33.333, three=33.333)
        self.becomes("up 50%", "UP", "50")
        self.has_shares(one=20, two=40, three=40)
        self.becomes("drain", "DRAIN (agent)", "50")
        self.has_shares(two=50, three=50)
        self.becomes("up 100%", "DRAIN (agent)", "100")
        self.becomes("ready up 100%", "UP", "100")
        self.has_shares(one=33.334, two=33.333, three=33.333)

    def test_percentage_of_the_default_weight(self):
        """It is rounded down to nothing: the line is needed."""
        self.begin(without="default-server weight 100")
        self.becomes("up 50%", "UP", "0")
        self.has_shares(two=50, three=50)

    def test_lame_duck(self):
        """It is seen there, too."""
        self.begin(two=PATIENT)
        duck = self.daemons["two"]
        duck.signal(signal.SIGTERM)
        self.proxy.wait_states(two="DOWN")
        self.has_shares(one=50, three=50)
        self.assertTrue(duck.is_running())
        self.assertEqual(duck.stop(), 0)

    def becomes(self, said, status, weight):
        """The agent says that from now on, and HAProxy must heed it."""
        replace(self.says, f"{said}\n".encode())
        self.agent.signal(signal.SIGHUP)
        try:
            poll_until(lambda: self.state() == (status, weight), every=0.05)
        except AssertionError:
            raise AssertionError(f"'{said}' made it {self.state()}, not {(status, weight)}") from None

    def state(self):
        """What HAProxy makes of it."""
        row = self.proxy.rows()["one"]
        return row["status"], row["weight"]


class Configurations(Engine):
    def judge(self, text):
        """What HAProxy says of a configuration: exit code, and all it complains of."""
        path = temporary_directory(self) / "haproxy.cfg"
        path.write_text(text)
        done = harness.run("haproxy", "-c", "-f", path, env={"ACCOUNT": "root"})
        return done.exit, done.stderr

    def test_are_valid(self):
        for path in sorted(haproxy.EXAMPLE.glob("*.cfg")):
            with self.subTest(path.name):
                text = path.read_text()
                self.assertEqual(self.judge(text), (0, b""))
                self.assertNotEqual(self.judge(text.replace("option redispatch", "option redispach"))[0], 0)

    def test_readme_shows_what_runs(self):
        """The options of haild that README.md names are those that it takes."""
        folder = temporary_directory(self)
        (folder / "state").write_text("drain\n")
        for line in re.findall(r"(?m)^    haild (.+)$", (haproxy.EXAMPLE / "README.md").read_text()):
            with self.subTest(line):
                self.assertEqual(harness.run("sh", "-c", f"exec {harness.program('haild')} --check {line}",
                                             cwd=folder).exit, 0)


class Soak(Engine):
    def test_for_20_seconds(self):
        soak = pathlib.Path(__file__).with_name("soak.py")
        done = harness.run(sys.executable, str(soak), "20", deadline=10 * harness.DEADLINE)
        self.assertEqual(done.exit, 0, done)
        self.tell("\n" + done.stdout.decode())


if __name__ == "__main__":
    harness.enter_network_namespace()
    harness.main()
