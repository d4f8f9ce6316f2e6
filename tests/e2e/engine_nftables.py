#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""examples/nftables: packets are passed on to three haild, by turns or by client, and what becomes of clients when
one haild is taken out, or dies."""
import collections
import contextlib
import pathlib
import re
import signal
import time
import unittest

from lib import backends, harness
from lib.backends import ADDRESSES, Clients, PORT, survey
from lib.clients import ask
from lib.harness import read_all
from lib.network import CLIENTS, Network, SERVERS, SERVICE

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "examples/nftables"
FILES = ROUND_ROBIN, BY_CLIENT = "round-robin.nft", "by-client.nft"
BIG, LONG = 1 << 20, "haild: the greeting has .*"


def without(name, renumbered=True):
    """A change of the rules that leaves out one server, and numbers the others from 0."""
    entry = re.compile(r"\t\t\t(\d) : (\S+?),?\n")

    def change(rules):
        left = [(place, address) for place, address in entry.findall(rules) if address != ADDRESSES[name]]
        assert len(left) == 2, rules
        lines = ",\n".join(f"\t\t\t{count if renumbered else place} : {address}"
                           for count, (place, address) in enumerate(left))
        return entry.sub("", rules).replace("mod 3", "mod 2").replace("map {\n", f"map {{\n{lines}\n")
    return change


without_last = without("c")


def with_substitute(rules):
    """The rules by client, with the last server's clients given to the second."""
    changed = rules.replace("2 : 192.0.2.13", "2 : 192.0.2.12")
    assert changed != rules
    return changed


class NftablesTest(unittest.TestCase):
    def setUp(self):
        harness.need("nft")
        self.network = self.enterContext(Network())
        self.network.forward()

    def load(self, name, change=lambda rules: rules):
        """Loads a file of the example, as it is, or changed as its README says."""
        rules = harness.temporary_directory(self) / name
        rules.write_text(change((FOLDER / name).read_text()))
        self.network.balancer.run("nft", "-f", rules)

    def backend(self, name, *options, message="{instance}", **more):
        """A haild, not yet started."""
        said = () if message is None else ("-m", message)
        return backends.backend(self.network, name, "-l", ADDRESSES[name], *said, *options, **more)

    def start(self, names="abc", *options, **more):
        """Starts these haild for the time of the test."""
        return [self.enterContext(self.backend(name, *options, **more)) for name in names]

    def sees(self, what, seen, failures=0, **shares):
        """These must be the answers, and so many the failures."""
        self.told(what, seen)
        self.assertEqual((seen.failures, seen.shares), (failures, shares), seen)

    @staticmethod
    def told(what, seen):
        print(f"\n    {what}: {seen}", flush=True)


class Files(NftablesTest):
    def test_nft_accepts_them(self):
        for name in FILES:
            with self.subTest(name):
                self.assertEqual(self.network.balancer.run("nft", "-c", "-f", FOLDER / name), "")

    def test_loaded_again_they_are_the_same(self):
        for name in FILES:
            self.load(name)
            once = self.network.balancer.run("nft", "list", "ruleset")
            self.assertEqual(once.count("dnat"), 1)
            self.load(name)
            self.assertEqual(self.network.balancer.run("nft", "list", "ruleset"), once)


class RoundRobin(NftablesTest):
    def test_shares(self):
        self.load(ROUND_ROBIN)
        self.start()
        seen = survey(300, "--expect-shares", backends.EQUAL)
        self.sees("by turns", seen, a=100, b=100, c=100)
        self.assertEqual(seen.exit, 0)
        self.assertRegex(seen.verdict, r"as expected \(chi-square 0\.00")
        # Each is remembered for two minutes after its end.
        self.assertGreaterEqual(self.network.tracked(), 300)

    def test_client_is_named(self):
        self.load(ROUND_ROBIN)
        self.start(message="{local_address} {peer}")
        heard = collections.Counter()
        for client in CLIENTS[:6]:
            answer = ask("-s", f"{client}:{PORT}", SERVICE, PORT)
            local, peer = answer.stdout.decode().split()
            self.assertEqual(peer, f"{client}:{PORT}")
            heard[local] += 1
        self.assertEqual(heard, dict.fromkeys(SERVERS, 2))

    def test_talkers(self):
        self.load(ROUND_ROBIN)
        self.start()
        self.sees("by turns, after 1 MiB", survey(60, "--talk-first=1M"), a=20, b=20, c=20)

    def test_one_is_killed(self):
        """Each third client is refused, until the rules leave it out."""
        self.load(ROUND_ROBIN)
        self.start("ab")
        with self.backend("c", exit=-signal.SIGKILL) as killed:
            killed.signal(signal.SIGKILL)
        seen = survey(300)
        self.sees("one is killed", seen, failures=100, a=100, b=100)
        self.assertEqual((seen.exit, seen.kinds), (4, "100 connect (exit status 4)"))
        self.load(ROUND_ROBIN, without_last)
        self.sees("the killed one is left out", survey(300), a=150, b=150)

    def test_any_can_be_left_out(self):
        """A number without a server is no fault to nft: whoever gets it is refused."""
        self.start()
        self.load(ROUND_ROBIN, without("b"))
        self.sees("the second is left out", survey(300), a=150, c=150)
        self.load(ROUND_ROBIN, without("b", renumbered=False))
        self.sees("the same, not numbered from 0", survey(300), failures=150, a=150)

    def test_untracked(self):
        """Addresses are rewritten for connections that the kernel keeps track of, and no others."""
        self.start()
        self.load(ROUND_ROBIN, lambda rules: rules + """
            table ip untracked {
                chain prerouting {
                    type filter hook prerouting priority raw;
                    tcp dport 12345 notrack
                }
            }""")
        self.sees("untracked", survey(6), failures=6)

    def test_machine_is_down(self):
        """The router tells the third client, once it has looked for the machine in vain for some seconds."""
        self.load(ROUND_ROBIN)
        self.start("ab")
        self.network.servers.run("ip", "address", "del", f"{ADDRESSES['c']}/24", "dev", "balancer")
        self.assertEqual([ask(SERVICE, PORT).stdout for _ in range(2)], [b"a", b"b"])
        before = time.monotonic()
        answer = ask(SERVICE, PORT)
        self.told("a machine is down", f"{answer.stderr.decode().strip()}, after {time.monotonic() - before:.1f} s")
        self.assertEqual(answer.exit, 4)
        self.assertIn(b"No route to host", answer.stderr)
        self.assertGreater(time.monotonic() - before, 1)

    def is_taken_out(self, what, *options, before=lambda last: None):
        """Under load, one is taken out, stopped, started anew and put back."""
        self.load(ROUND_ROBIN)
        other, _ = self.start("ab")
        with self.backend("c", *options) as last:
            clients = self.enterContext(Clients())
            clients.wait_greeted(last)
            before(last)
            clients.wait_greeted(last)
            self.load(ROUND_ROBIN, without_last)
            last.wait_counters(open=0)
        clients.wait_greeted(other)
        with self.backend("c") as last:
            self.load(ROUND_ROBIN)
            clients.wait_greeted(last)
            seen = clients.stop()
        self.told(what, seen)
        self.assertEqual((seen.failures, set(seen.shares)), (0, set("abc")), seen)

    def test_one_is_taken_out_first(self):
        self.is_taken_out("one is taken out, drained, and put back")

    def test_one_is_a_lame_duck(self):
        def stop(last):
            last.signal(signal.SIGTERM)
            last.wait_log("lame duck for")
        self.is_taken_out("one is a lame duck, taken out, and put back", "--lame-duck=5m", before=stop)

    def test_established_connections_stay(self):
        """A new set of rules is for new connections: one that is under way keeps its server."""
        message = harness.message_file(self, bytes(BIG))
        self.load(ROUND_ROBIN)
        daemons = self.start("abc", "-v", "-f", message, message=None, log=[LONG])
        with contextlib.ExitStack() as stack:
            clients = [stack.enter_context(harness.connect(PORT, SERVICE, receive_buffer=4096, segment=536))
                       for _ in daemons]
            for daemon in daemons:
                daemon.wait_counters(open=1)
            self.load(ROUND_ROBIN, without_last)
            for client in clients:
                self.assertEqual(len(read_all(client)), BIG)
                client.sendall(b"bye")
        for daemon in daemons:
            daemon.wait_log(rf"closed: .*: done, {BIG} bytes sent, 3 discarded")


class ByClient(NftablesTest):
    def servers(self):
        """Who answers each client, which must always be the same."""
        found = {}
        for client in CLIENTS:
            [found[client]] = {ask("-s", client, SERVICE, PORT).stdout for _ in range(3)}
        return found

    def test_each_client_stays(self):
        self.load(BY_CLIENT)
        self.start()
        found = self.servers()
        self.told(f"{len(CLIENTS)} clients, by address", collections.Counter(found.values()))
        self.assertEqual(set(found.values()), {b"a", b"b", b"c"})
        self.load(BY_CLIENT)
        self.assertEqual(self.servers(), found)
        self.load(BY_CLIENT, with_substitute)
        self.assertEqual(self.servers(), {client: b"b" if name == b"c" else name for client, name in found.items()})
        self.load(BY_CLIENT, without_last)
        fewer = self.servers()
        moved = sum(fewer[client] != found[client] for client in CLIENTS if found[client] != b"c")
        self.told("with mod 2", f"{moved} of those move whose server is still there")
        self.assertGreater(moved, 0)

    def test_without_a_seed_they_move(self):
        def without_seed(rules):
            changed = rules.replace(" seed 0x1", "")
            self.assertNotEqual(changed, rules)
            return changed

        self.load(BY_CLIENT, without_seed)
        self.start()
        found = self.servers()
        self.load(BY_CLIENT, without_seed)
        again = self.servers()
        moved = sum(again[client] != found[client] for client in CLIENTS)
        self.told("loaded again without a seed", f"{moved} of {len(CLIENTS)} clients have another server")
        self.assertGreater(moved, 0)


if __name__ == "__main__":
    harness.enter_network_namespace()
    harness.main()
