#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""haild --proxy-listen behind HAProxy and nginx: whom they name, and how HAProxy checks that it is there."""
import unittest

from lib import foreign, harness
from lib.clients import ClientTest, ask
from lib.harness import Daemon, GREETING, need, poll_until
from lib.talkers import talk

LOCAL = "127.0.0.1"
HERE = ("--proxy-listen", f"{LOCAL}:0")
TELLING = ("-e", "-m", "{peer} {local}")
MISSING = r"haild: \S+: no PROXY header within 3s; closed\. HAProxy needs send-proxy, also in 'tcp-check connect'; .*"
TALKERS, SAID = 50, bytes(1 << 16)


class Engine(ClientTest):
    def is_named(self, proxy, *hosts):
        """Each client must be greeted by its own address, as one that reached the proxy."""
        for host in hosts:
            address = f"[{host}]" if ":" in host else host
            own = f"{address}:{foreign.free_port(host)}"
            self.hears(f"{own} {address}:{proxy.port}".encode(), "-s", own, host, proxy.port)

    def keeps_greetings(self, proxy):
        """Clients that talk first lose nothing, nor does one that asks."""
        heard = talk(proxy.port, TALKERS, SAID, GREETING)
        self.assertTrue(heard.is_perfect, heard)
        answer = ask("--talk-first", LOCAL, proxy.port)
        self.assertEqual((answer.exit, answer.stdout), (0, GREETING), answer)


class Haproxy(Engine):
    def setUp(self):
        need("haproxy")

    def proxy(self, daemon, server, *lines):
        """HAProxy in front of the daemon; in the words of its server line, {haild} is the daemon's port."""
        return foreign.haproxy(f"bind {LOCAL}:{{port}}", "bind [::1]:{port}", "option log-health-checks", *lines,
                               f"server it {LOCAL}:{daemon.proxy_port} {server.format(haild=daemon.proxy_port)}")

    def test_clients(self):
        for server in "send-proxy", "send-proxy-v2", "send-proxy-v2 proxy-v2-options crc32c,unique-id":
            with self.subTest(server), Daemon(*HERE, *TELLING) as daemon, self.proxy(daemon, server) as proxy:
                self.is_named(proxy, LOCAL, "::1")
                self.assertGreaterEqual(daemon.counters()["proxied"], 2)

    def test_talkers(self):
        with Daemon(*HERE) as daemon, self.proxy(daemon, "send-proxy-v2") as proxy:
            self.keeps_greetings(proxy)

    def checks(self, server, *lines, seen=10):
        """HAProxy must find haild well, which must take its checks for no faults, and have seen so many."""
        with Daemon(*HERE, *TELLING) as daemon, \
                self.proxy(daemon, f"{server} inter 50ms", "timeout check 1m", *lines) as proxy:
            poll_until(lambda: daemon.counters()["accepted"] >= seen)
            poll_until(lambda: "succeeded" in proxy.output())
            self.is_named(proxy, LOCAL)
            self.assertNotRegex(proxy.output(), "failed|DOWN")
            counters = daemon.counters()
            self.assertEqual((counters["header_missing"], counters["header_bad"]), (0, 0), counters)
            return counters

    def test_plain_checks(self):
        """They connect, send the header, and reset the connection."""
        for server in "send-proxy check", "send-proxy-v2 check", "send-proxy-v2 check check-send-proxy":
            with self.subTest(server):
                counters = self.checks(server)
                self.assertLess(counters["reset_greeting"], counters["accepted"] / 2, counters)

    def test_plain_check_of_a_port(self):
        """That of a port by number has no header; nor does haild see it, since the reset ends the handshake."""
        self.checks("send-proxy check port {haild}", seen=0)

    def test_checks_that_expect(self):
        for server in "send-proxy check", "send-proxy-v2 check":
            with self.subTest(server):
                counters = self.checks(server, "option tcp-check", "tcp-check connect send-proxy",
                                       f"tcp-check expect string {LOCAL}")
                # Without TCP_CORK the end leaves separately, and HAProxy may have reset between the greeting and it.
                self.assertGreaterEqual(counters["greeted"] + counters["reset_greeting"], 5, counters)

    def test_check_without_a_header(self):
        """The log says what is missing."""
        with Daemon(*HERE, log=[MISSING]) as daemon, \
                self.proxy(daemon, "send-proxy check inter 1s", "option tcp-check", "timeout check 1m", "tcp-check connect",
                           "tcp-check expect string Hi") as proxy:
            daemon.wait_log(f"^{MISSING}$")
            poll_until(lambda: "failed" in proxy.output())
            self.assertGreaterEqual(daemon.counters()["header_missing"], 1)


class Nginx(Engine):
    def setUp(self):
        foreign.need_nginx()

    def proxy(self, daemon):
        return foreign.nginx(f"server {{ listen {LOCAL}:{{port}}; listen [::1]:{{port}}; "
                             f"proxy_pass {LOCAL}:{daemon.proxy_port}; proxy_protocol on; proxy_half_close on; }}")

    def test_clients(self):
        with Daemon(*HERE, *TELLING) as daemon, self.proxy(daemon) as proxy:
            self.is_named(proxy, LOCAL, "::1")

    def test_talkers(self):
        with Daemon(*HERE) as daemon, self.proxy(daemon) as proxy:
            self.keeps_greetings(proxy)


if __name__ == "__main__":
    harness.enter_network_namespace()
    harness.main()
