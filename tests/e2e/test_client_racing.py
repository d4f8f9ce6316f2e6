#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Names with several addresses: one that lives is found soon, and the others cost nothing.

Runs in a network namespace with its own /etc/hosts.
"""
import contextlib
import re

from lib import harness, machine
from lib.clients import ClientTest, Running, ask, undisturbed
from lib.harness import Daemon, GREETING, poll_until
from lib.servers import Server, says, stays

NAME = "server.example"
V4, V6 = "127.0.0.1", "::1"
PORT = 4242
ATTEMPT = 0.25


def on_both():
    """Servers on both families and the same port, which say which they are."""
    servers = contextlib.ExitStack()
    servers.enter_context(Server(says(b"four"), (V4, PORT)))
    servers.enter_context(Server(says(b"six"), (V6, PORT)))
    return servers


class Soon(ClientTest):
    def soon(self, seconds, greeting, *arguments):
        self.quickly(seconds, lambda: self.hears(greeting, *arguments))

    def test_v6_refuses(self):
        machine.know(self, NAME, V6, V4)
        with Daemon("-l", V4) as daemon:
            self.soon(0.5, GREETING, NAME, daemon.port)

    def test_v4_refuses(self):
        machine.know(self, NAME, V4, V6)
        with Daemon("-l", V6) as daemon:
            self.soon(0.5, GREETING, NAME, daemon.port)

    def test_v6_is_black_holed(self):
        machine.know(self, NAME, V6, V4)
        with Daemon("-l", V4) as daemon, machine.black_hole(V6):
            self.soon(0.5, GREETING, NAME, daemon.port)

    def test_v4_is_black_holed(self):
        machine.know(self, NAME, V6, V4)
        with Daemon("-l", V6) as daemon, machine.black_hole(V4):
            self.soon(0.5, GREETING, NAME, daemon.port)

    def test_localhost_of_which_v6_is_black_holed(self):
        with Daemon("-l", V4) as daemon, machine.black_hole(V6):
            self.soon(0.5, GREETING, "localhost", daemon.port)

    def test_v6_leads_nowhere(self):
        machine.know(self, NAME, "2001:db8::1", V4)
        with Daemon("-l", V4) as daemon:
            self.soon(0.5, GREETING, NAME, daemon.port)

    def test_slow_answer_is_waited_for(self):
        """The first attempt goes on while others are made, and wins when they fail."""
        machine.know(self, NAME, V6, V4)
        self.assertEqual(machine.order_of(NAME)[0], V6)
        with Server(says(b"six"), (V6, PORT)), contextlib.ExitStack() as hole:
            hole.enter_context(machine.black_hole(V6))
            with Running("-v", NAME, PORT) as client:
                client.wait_error(rf"connect: 127\.0\.0\.1:{PORT}: Connection refused")
                # The kernel sends the first packet again after a second.
                hole.close()
                self.assertEqual(client.end().stdout, b"six")


class Told(ClientTest):
    """-v has what became of each address, and what the network had to do with it"""

    @undisturbed
    def test_one_that_is_given_up(self):
        machine.know(self, NAME, V6, V4)
        self.assertEqual(machine.order_of(NAME)[0], V6)
        with Server(says(b"four"), (V4, PORT)), machine.black_hole(V6):
            answer = ask("-v", NAME, PORT)
        self.assertRegex(answer.stderr.decode(), rf"(?m)^connect: \[::1\]:{PORT}: given up \(\d+\.\d ms\)$")
        self.assertRegex(answer.stderr.decode(), rf"(?m)^connect: {V4}:{PORT} answered \(\d+\.\d ms\)$")

    def test_segment_that_was_sent_again(self):
        if not harness.has("HAVE_STRUCT_TCP_INFO_TCPI_BYTES_ACKED"):
            self.skipTest("this build does not know what TCP_INFO tells")
        with Server(says(GREETING), (V4, PORT)):
            for again, segments in (machine.first_packet_lost(PORT), "1 segment"), (contextlib.nullcontext(), "0 segments"):
                with again:
                    answer = ask("-v", V4, PORT)
                self.assertRegex(answer.stderr.decode(),
                                 rf"(?m)^network: round trip \d+\.\d\d ms, {segments} sent again$")


class Ten(ClientTest):
    """Ten addresses of which nine are dead"""

    def setUp(self):
        machine.know(self, NAME, *(f"127.0.0.{i}" for i in range(1, 11)))
        *self.dead, self.alive = machine.order_of(NAME)
        self.assertEqual(len(self.dead), 9)

    def test_nine_refuse(self):
        with Server(says(GREETING), (self.alive, PORT)):
            self.quickly(0.5, lambda: self.hears(GREETING, NAME, PORT))

    def test_nine_are_black_holed(self):
        with Server(says(GREETING), (self.alive, PORT)), machine.black_hole(*self.dead):
            answer = self.hears(GREETING, NAME, PORT)
            self.took(answer, 9 * ATTEMPT)

    def test_some_of_each(self):
        with Server(says(GREETING), (self.alive, PORT)), machine.black_hole(*self.dead[::3]):
            self.took(self.hears(GREETING, NAME, PORT), 3 * ATTEMPT)

    def test_all_refuse(self):
        answer = self.fails(4, rf"{NAME}:{PORT} \(127\.0\.0\.\d+:{PORT}\): connect: Connection refused",
                            NAME, PORT)
        self.took(answer, 0)


class Families(ClientTest):
    def test_one_family(self):
        machine.know(self, NAME, V6, V4)
        with on_both():
            for options, greeting in ((["-4"], b"four"), (["--ipv4"], b"four"), (["-6"], b"six"),
                                      (["--ipv6"], b"six"), (["-s", V4], b"four"), (["-s", V6], b"six")):
                with self.subTest(options=options):
                    self.hears(greeting, *options, NAME, PORT)

    @undisturbed
    def test_as_the_machine_prefers(self):
        machine.know(self, NAME, V6, V4)
        with on_both():
            self.hears(b"six" if machine.order_of(NAME)[0] == V6 else b"four", NAME, PORT)

    def test_one_family_refuses_though_the_other_lives(self):
        machine.know(self, NAME, V6, V4)
        with Server(says(b"six"), (V6, PORT)):
            self.fails(4, rf"{NAME}:{PORT} \(127\.0\.0\.1:{PORT}\): connect: Connection refused",
                       "-4", NAME, PORT)

    @undisturbed
    def test_interleaved(self):
        """RFC 8305, 4: the second address tried is of the other family."""
        more = ["2001:db8::77", "2001:db8::78"]
        for address in more:
            machine.own(self, address)
        machine.know(self, NAME, V6, *more, V4)
        self.assertEqual(machine.order_of(NAME)[-1], V4)
        answer = ask("-v", NAME, PORT)
        tried = re.findall(r"^connect: (\[?).*: Connection refused", answer.stderr.decode(), re.MULTILINE)
        self.assertEqual(len(tried), 4, answer)
        self.assertNotEqual(tried[0], tried[1], answer)


class Losers(ClientTest):
    def test_are_closed(self):
        machine.know(self, NAME, V6, V4)
        self.assertEqual(machine.order_of(NAME)[0], V6)
        with Server(stays(), (V4, PORT)) as server, machine.black_hole(V6), contextlib.ExitStack() as hole:
            hole.enter_context(machine.black_hole(V4))  # until the other attempt was seen
            with Running(NAME, PORT) as client:
                poll_until(lambda: machine.connecting(V6))
                hole.close()
                server.wait_opened()
                poll_until(lambda: not machine.connecting(V6))
                poll_until(lambda: client.sockets() == 1)

    @undisturbed
    def test_server_sees_one_connection(self):
        machine.know(self, NAME, V6, V4)
        self.assertEqual(machine.order_of(NAME)[0], V6)
        with Server(says(b"six"), (V6, PORT)) as six, Server(says(b"four"), (V4, PORT)) as four:
            for _ in range(20):
                self.assertEqual(ask(NAME, PORT).exit, 0)
            self.assertEqual((len(six.peers), len(four.peers)), (20, 0))


class Source(ClientTest):
    """The server sees the address that -s names"""

    def seen(self, source, listen, *arguments):
        with Server(says(GREETING), (listen, PORT)) as server:
            self.hears(GREETING, "-s", source, *arguments)
            return server.peers[0]

    def test_address(self):
        self.assertEqual(self.seen("127.0.0.77", V4, V4, PORT)[0], "127.0.0.77")
        self.assertEqual(self.seen("::1", V6, V6, PORT)[0], "::1")

    def test_address_that_the_kernel_would_not_choose(self):
        machine.own(self, "2001:db8::77")
        self.assertEqual(self.seen("2001:db8::77", V6, f"[::1]:{PORT}")[0], "2001:db8::77")

    def test_port(self):
        self.assertEqual(self.seen("127.0.0.77:7777", V4, V4, PORT), ("127.0.0.77", 7777))
        self.assertEqual(self.seen("[::1]:7777", V6, V6, PORT)[:2], ("::1", 7777))

    def test_it_chooses_the_family_of_a_name(self):
        machine.know(self, NAME, V6, V4)
        with machine.black_hole(V6):
            self.assertEqual(self.seen("127.0.0.77", V4, NAME, PORT)[0], "127.0.0.77")

    def test_not_ours(self):
        with Server(says(GREETING), (V4, PORT)) as server:
            for source in ("192.0.2.1", "192.0.2.1:7777", "2001:db8::1", "[2001:db8::1]:7777"):
                with self.subTest(source=source):
                    self.fails(2, f"bad source '{re.escape(source)}': .+", "-s", source, V4, PORT)
            self.assertEqual(server.peers, [])

    def test_of_many_machines(self):
        """The kernel would take them, and connect from another address."""
        with Server(says(GREETING), (V4, PORT)) as server:
            for source in ("224.0.0.1", "255.255.255.255", "127.255.255.255", "127.255.255.255:7777"):
                for option in ([], ["-u"]):
                    with self.subTest(source=source, option=option):
                        self.fails(2, f"bad source '{source}': a broadcast or multicast address is no machine's own",
                                   *option, "-s", source, V4, PORT)
            self.assertEqual(server.peers, [])

    def test_port_in_use(self):
        """Who listens there keeps the port."""
        with Server(says(GREETING), (V4, PORT)), Server(says(), (V4, 7777)):
            answer = ask("-s", f"{V4}:7777", V4, PORT)
            self.assertEqual((answer.exit, answer.stdout), (2, b""), answer)


if __name__ == "__main__":
    machine.enter()
    harness.main()
