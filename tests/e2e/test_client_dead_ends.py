#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Names that nobody knows, name servers that are dead, networks that lead nowhere, packets that are lost.

What the catalogue asks for is in catalogue_client.py: this is the rest.
Runs in a network namespace with its own /etc/hosts, /etc/resolv.conf and /etc/nsswitch.conf.
"""
import contextlib
import errno
import pathlib
import unittest

from lib import harness, machine
from lib.clients import ClientTest, Running, ask, given, together
from lib.harness import GREETING, poll_until, strerror
from lib.servers import Server, refusing, resets, says

NAME = "server.example"
UNREACHABLE, PROHIBITED, BEHIND_NO_ROUTE = "192.0.2.1", "192.0.2.2", "198.51.100.1"
UNREACHABLE_6, BEHIND_NO_ROUTE_6 = "2001:db8::1", "2001:db8:1::1"


class Names(ClientTest):
    """Exit code 3, by the deadline at the latest"""

    def unresolved(self, reason, *options, host=NAME):
        return self.fails(3, f"{host}:12345: resolve: {reason}", *options, host)

    def test_unknown_to_the_files(self):
        harness.need_glibc(self, "nsswitch.conf")
        machine.write(self, "nsswitch.conf", "hosts: files\n")
        self.took(self.unresolved("Name or service not known"), 0)

    def test_black_holed_name_server(self):
        for text in ("nameserver 127.0.0.1\n", "", "nameserver 127.0.0.1\noptions timeout:30 attempts:5\n"):
            machine.write(self, "resolv.conf", text)
            with self.subTest(text=text), machine.name_server() as asked:
                reason = f"no answer from the name service within {given(0.5)}"
                answer = self.unresolved(reason, "-w", given(0.5))
                self.took(answer, 0.5)
                self.assertTrue(asked.is_set())

    def test_connect_timeout_is_not_for_names(self):
        with machine.name_server():
            answer = self.unresolved(f".* {given(0.6)}", "-w", given(0.6), "--connect-timeout", "100ms",
                                     "--read-timeout", "100ms")
            self.took(answer, 0.6)

    def test_quiet(self):
        with machine.name_server():
            answer = ask("-q", "-w", given(0.3), NAME)
            self.assertEqual((answer.exit, answer.stdout, answer.stderr), (3, b"", b""), answer)
            self.took(answer, 0.3)

    def test_no_address_of_the_family(self):
        machine.know(self, NAME, "127.0.0.1")
        with machine.name_server(answers=3):
            self.unresolved(".+", "-6")
            # (Not ::1: the C library makes 127.0.0.1 of it where IPv4 is wanted.)
            machine.know(self, NAME, UNREACHABLE_6)
            self.unresolved(".+", "-4")

    def test_literal_of_the_other_family(self):
        """That can never succeed, so nothing is waited for either."""
        for operand, option in (("::1", "--ipv4"), ("127.0.0.1", "--ipv6"), ("127.0.0.1", "--source=::1"),
                                ("::1", "--send-proxy=192.0.2.1:1")):
            for wait in ([], ["--wait"]):
                self.fails(2, rf".+:12345 is an IPv\d address, but {option.partition('=')[0]} leaves only IPv\d", *wait,
                           option, operand)
        self.assertEqual(ask("-4", input=b"::1\n\n").exit, 2)

    def test_literal_needs_no_name_server(self):
        with machine.name_server() as asked, Server(says(GREETING)) as server:
            self.hears(GREETING, "127.0.0.1", server.port)
            self.assertFalse(asked.is_set())

    @unittest.skipIf(harness.WRAPPER, "a wrapper has descriptors of its own")
    def test_literal_needs_no_lookup(self):
        """Where descriptors are too few for the lookup of a name, they are enough for an address."""
        machine.know(self, NAME, "127.0.0.1")
        scarce = ("sh", "-c", 'ulimit -n 7; exec "$@"', "sh")
        with Server(says(GREETING)) as server:
            for host in ("127.0.0.1", "localhost"):
                self.hears(GREETING, host, server.port, prefix=scarce)
            reason = rf"{strerror(errno.EMFILE)} \(raise the descriptor limit, ulimit -n\)"
            self.fails(1, f"{NAME}:{server.port}: resolve: {reason}", NAME, server.port, prefix=scarce)

    @unittest.skipIf(harness.WRAPPER, "a wrapper has descriptors of its own")
    def test_lookup_without_descriptors(self):
        """With so few it may get through; it never says that there is no such name."""
        machine.know(self, NAME, "127.0.0.1")
        ends = set()
        with machine.name_server(answers=3), Server(says(GREETING)) as server:
            for limit in range(6, 20):
                answer = ask("-4", NAME, server.port, prefix=("sh", "-c", f'ulimit -n {limit}; exec "$@"', "sh"))
                self.assertIn(answer.exit, (0, 1), answer)
                if answer.exit:
                    self.assertRegex(answer.stderr, f"{strerror(errno.EMFILE)}|cannot make the event loop".encode())
                ends.add(answer.exit)
        self.assertEqual(ends, {0, 1})

    def test_name_longer_than_any(self):
        self.unresolved(".+", host="x" * 255)
        self.unresolved(".+", host=".".join(["x" * 64] * 3))

    def test_text_that_no_line_can_hold(self):
        """The reason is at its end, and is shown all the same."""
        for word, escaped in ("x" * 10000, "x"), ("\n" * 10000, r"\\x0A"), ("x" * 100000, "x"):
            shown = rf"({escaped})+\.\.\.({escaped})+"
            self.fails(2, f"bad address '{shown}': the host is too long", word, 12345)
            self.fails(2, f"bad port '{shown}': a port is .+", "127.0.0.1", word)
            self.fails(2, f"bad source '{shown}': the host is too long", "-s", word, "127.0.0.1")


def write(setting, text):
    """Gives a setting of the kernel another value in this namespace."""
    try:
        setting.write_text(text)
    except OSError:
        raise unittest.SkipTest(f"{setting} can't be set in the namespace") from None


class Routes(ClientTest):
    """Exit code 4"""

    def refused(self, address, reason, *options):
        shown = rf"\[{address}\]:12345" if ":" in address else f"{address}:12345"
        self.took(self.fails(4, f"{shown}: connect: {reason}", *options, address), 0)

    def test_itself(self):
        """Where nobody listens, the kernel may choose the very port that is asked for as our own."""
        ports = pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range")
        before = ports.read_text()
        write(ports, "4242 4243\n")
        self.addCleanup(ports.write_text, before)
        for host, shown in (("127.0.0.1", r"127\.0\.0\.1"), ("::1", r"\[::1\]")):
            for port in (4242, 4243):
                with self.subTest(host=host, port=port):
                    self.fails(4, f"{shown}:{port}: connect: Connection refused", host, port)

    def test_link_local_address_without_zone(self):
        """The advice is for such addresses only."""
        zone = r"Invalid argument \(a link-local address needs its zone, ADDRESS%INTERFACE\)"
        for option, stage in ((), "connect"), (("-u",), "ask"):
            self.fails(4, rf"\[fe80::1\]:12345: {stage}: {zone}", *option, "fe80::1")
        self.fails(2, rf"bad source 'fe80::1': {zone}", "-s", "fe80::1", "::1")

    def test_family_without_an_address(self):
        """The kernel has the same word for it as for ports that are used up."""
        off = pathlib.Path("/proc/sys/net/ipv6/conf/all/disable_ipv6")
        write(off, "1\n")
        self.addCleanup(off.write_text, "0\n")
        reason = f"({strerror(errno.EADDRNOTAVAIL)}|{strerror(errno.ENETUNREACH)})"
        self.refused("::1", reason)
        self.fails(4, rf"\[::1\]:12345: ask: {reason}", "-u", "::1")

    def test_no_route(self):
        for address in (BEHIND_NO_ROUTE, BEHIND_NO_ROUTE_6):
            self.refused(address, strerror(errno.ENETUNREACH))

    def test_route_that_swallows(self):
        machine.route(self, "blackhole", UNREACHABLE)
        self.refused(UNREACHABLE, ".+")

    def test_most_telling_of_several(self):
        """A server that refuses says more than a family that leads nowhere."""
        machine.close_to_tcp(self, UNREACHABLE_6, "2001:db8::77")
        machine.know(self, NAME, UNREACHABLE_6, "127.0.0.1")
        self.assertEqual(machine.order_of(NAME)[0], UNREACHABLE_6)
        with refusing() as port:
            self.fails(4, rf"\[{UNREACHABLE_6}\]:{port}: connect: {strerror(errno.ENETUNREACH)}",
                       UNREACHABLE_6, port)
            self.fails(4, rf"{NAME}:{port} \(127\.0\.0\.1:{port}\): connect: Connection refused", NAME, port)

    def test_each_of_several_refuses(self):
        machine.route(self, "unreachable", UNREACHABLE)
        machine.route(self, "prohibit", PROHIBITED)
        machine.know(self, NAME, UNREACHABLE, PROHIBITED)
        self.took(self.fails(4, rf"{NAME}:12345 \(192\.0\.2\.[12]:12345\): connect: .+", NAME), 0)


class Holes(ClientTest):
    """Exit code 5"""

    def test_deadlines(self):
        def row(host, shown, seconds, *options):
            line = f"{shown}:4242: connect: .* {given(seconds)}"
            self.took(self.fails(5, line, *options, host, 4242), seconds)
        v4, v6 = ("127.0.0.1", r"127\.0\.0\.1"), ("::1", r"\[::1\]")
        with machine.black_hole("127.0.0.1", "::1"):
            together(lambda: row(*v4, 0.5, "-w", given(0.5)),
                     lambda: row(*v6, 0.5, "-w", given(0.5)),
                     lambda: row(*v4, 0.4, "--connect-timeout", given(0.4)),
                     lambda: row(*v6, 0.4, "--connect-timeout", given(0.4), "--read-timeout", "100ms"),
                     lambda: row(*v4, 0.6, "--connect-timeout", "60", "-w", given(0.6)),
                     lambda: row(*v4, 0.7, "--connect-timeout", given(0.7), "-w", "60"),
                     lambda: row(*v4, 0.5, "-w", given(0.5), "-z"))

    def test_name_with_two_addresses(self):
        machine.know(self, NAME, "::1", "127.0.0.1")
        with machine.black_hole("127.0.0.1", "::1"):
            self.took(self.fails(5, rf"{NAME}:4242 \(.+:4242 and 1 more\): connect: .* {given(0.8)}", "-w",
                                 given(0.8), NAME, 4242), 0.8)

    def test_the_kernel_gives_up_first(self):
        retries = pathlib.Path("/proc/sys/net/ipv4/tcp_syn_retries")
        before = retries.read_text()
        write(retries, "1\n")
        self.addCleanup(retries.write_text, before)
        with machine.black_hole("127.0.0.1"):
            answer = self.fails(5, rf"127\.0\.0\.1:4242: connect: {strerror(errno.ETIMEDOUT)}", "-w", "20",
                                "127.0.0.1", 4242)
            self.took(answer, 1, 7)

    def test_first_packet_is_lost(self):
        """The kernel sends it again after a second."""
        with Server(says(GREETING)) as server, contextlib.ExitStack() as hole:
            hole.enter_context(machine.black_hole("127.0.0.1"))
            with Running("127.0.0.1", server.port) as client:
                poll_until(lambda: machine.connecting("127.0.0.1"))
                hole.close()
                answer = client.end()
                self.assertEqual((answer.exit, answer.stdout, answer.stderr), (0, GREETING, b""), answer)


class ResetAtOnce(ClientTest):
    """What was sent counts, even if the reset is there before hailto knows that it is connected"""

    def answer(self, script):
        with Server(script) as server, contextlib.ExitStack() as hole:
            hole.enter_context(machine.black_hole("127.0.0.1"))
            with Running("127.0.0.1", server.port) as client:
                poll_until(lambda: machine.connecting("127.0.0.1"))
                with client.frozen():
                    # The kernel sends the first packet again after a second.
                    hole.close()
                    self.assertTrue(script.done.wait(harness.DEADLINE))
                return client.end()

    def test_within_the_greeting(self):
        for heard in (b"", GREETING[:7], GREETING):
            with self.subTest(heard=heard):
                answer = self.answer(resets(heard))
                self.judge_failure(answer, 6, ".*: read: Connection reset by peer.*", heard)

    def test_behind_the_end_of_stream(self):
        answer = self.answer(resets(GREETING, half_closes=True))
        self.assertEqual((answer.exit, answer.stdout, answer.stderr), (0, GREETING, b""), answer)


if __name__ == "__main__":
    machine.enter()
    harness.main()
