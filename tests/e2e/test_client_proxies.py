#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""What HAProxy and nginx take the PROXY headers of hailto for."""
from lib import foreign, harness
from lib.clients import ClientTest, ask
from lib.harness import need, temporary_directory
from lib.servers import Server

LOCAL = "127.0.0.1"
VERSIONS = ("--send-proxy", "--send-proxy-v2")


def echoes_the_line(connection):
    """The script of a server that says the line it is told, which is the header that HAProxy sends on."""
    line = b""
    while not line.endswith(b"\r\n"):
        line += connection.recv(200)
    connection.sendall(line)


class Haproxy(ClientTest):
    """HAProxy believes the header, and sends one of its own on, of version 1."""

    def setUp(self):
        need("haproxy")
        server = Server(echoes_the_line)
        self.behind = self.enterContext(server).port

    def proxy(self, *addresses, ready=None):
        return foreign.haproxy(*(f"bind {address} accept-proxy" for address in addresses),
                               f"server it {LOCAL}:{self.behind} send-proxy", ready=ready)

    def test_source_is_believed(self):
        with self.proxy(f"{LOCAL}:{{port}}") as proxy:
            for version in VERSIONS:
                self.hears(b"PROXY TCP4 192.0.2.1 127.0.0.1 56324 %d\r\n" % proxy.port,
                           f"{version}=192.0.2.1:56324", LOCAL, proxy.port)

    def test_source_of_ipv6(self):
        with self.proxy(f"{LOCAL}:{{port}}", "[::1]:{port}") as proxy:
            for version in VERSIONS:
                self.hears(b"PROXY TCP6 2001:db8::1 ::1 56324 %d\r\n" % proxy.port,
                           f"{version}=[2001:db8::1]:56324", "localhost", proxy.port)

    def test_own_address(self):
        with self.proxy(f"{LOCAL}:{{port}}") as proxy:
            for version in VERSIONS:
                port = foreign.free_port()
                self.hears(b"PROXY TCP4 127.0.0.1 127.0.0.1 %d %d\r\n" % (port, proxy.port),
                           version, "-s", f"{LOCAL}:{port}", LOCAL, proxy.port)

    # The connection then counts as HAProxy sees it.
    def test_no_client(self):
        with self.proxy(f"{LOCAL}:{{port}}") as proxy:
            for version in VERSIONS:
                port = foreign.free_port()
                self.hears(b"PROXY TCP4 127.0.0.1 127.0.0.1 %d %d\r\n" % (port, proxy.port),
                           f"{version}=local", "-s", f"{LOCAL}:{port}", LOCAL, proxy.port)

    def test_unix_socket(self):
        path = temporary_directory(self) / "socket"
        with self.proxy(f"unix@{path}", ready=path):
            for version in VERSIONS:
                self.hears(b"PROXY UNKNOWN\r\n", version, f"unix:{path}")

    def test_without_a_header_it_does_not_answer(self):
        with self.proxy(f"{LOCAL}:{{port}}") as proxy:
            self.assertIn(ask("--talk-first=100", LOCAL, proxy.port).exit, (6, 7))


class Nginx(ClientTest):
    """nginx greets with what the header says."""

    SAID = '"$proxy_protocol_addr $proxy_protocol_port $proxy_protocol_server_addr $proxy_protocol_server_port"'

    def setUp(self):
        foreign.need_nginx()

    def proxy(self):
        return foreign.nginx(f"server {{ listen {LOCAL}:{{port}} proxy_protocol; listen [::1]:{{port}} proxy_protocol; "
                             f"return {self.SAID}; }}")

    def test_source_is_believed(self):
        with self.proxy() as proxy:
            for version in VERSIONS:
                self.hears(b"192.0.2.1 56324 127.0.0.1 %d" % proxy.port,
                           f"{version}=192.0.2.1:56324", LOCAL, proxy.port)
                self.hears(b"2001:db8::1 56324 ::1 %d" % proxy.port,
                           f"{version}=[2001:db8::1]:56324", "::1", proxy.port)

    def test_own_address(self):
        with self.proxy() as proxy:
            for version in VERSIONS:
                port = foreign.free_port()
                self.hears(b"127.0.0.1 %d 127.0.0.1 %d" % (port, proxy.port),
                           version, "-s", f"{LOCAL}:{port}", LOCAL, proxy.port)

    def test_no_client(self):
        with self.proxy() as proxy:
            for version in VERSIONS:
                answer = ask(f"{version}=local", LOCAL, proxy.port)
                self.assertEqual((answer.exit, answer.stdout.split()), (0, []), answer)


if __name__ == "__main__":
    harness.enter_network_namespace()
    harness.main()
