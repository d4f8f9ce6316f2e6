#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""The PROXY headers that HAProxy and nginx send, as haild reads them."""
import contextlib
import re
import socket
import ssl
import subprocess
import unittest

from lib import foreign, harness
from lib.harness import need, poll_until, temporary_directory
from lib.servers import Server

LOCAL = "127.0.0.1"
SAID = b"what the client says"
SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
AUTHORITY, CRC32C, UNIQUE_ID, SSL = 2, 3, 5, 0x20  # types of fields


def fields(header):
    """The types of the fields after the addresses of a header of version 2."""
    at, found = 16 + {1: 12, 2: 36, 3: 216}.get(header[13] >> 4, 0), []
    while at < len(header):
        found.append(header[at])
        at += 3 + int.from_bytes(header[at + 1:at + 3], "big")
    return found


def named(address):
    """A socket's address as haild shows it; "-" for that of a UNIX socket."""
    if not isinstance(address, tuple):
        return "-"
    host = address[0].removeprefix("::ffff:")
    return f"[{host}]:{address[1]}" if ":" in host else f"{host}:{address[1]}"


def connects(client, address):
    """Whether the server accepts it. The path of a UNIX socket is there before anyone listens."""
    with contextlib.suppress(ConnectionRefusedError):
        client.connect(address)
        return True
    return False


class Recorder(Server):
    """Greets each client, and keeps all that it says in .records."""

    def __init__(self):
        super().__init__(self._record)
        self.records = []

    def _record(self, connection):
        connection.sendall(b"Hi")
        told = b""
        with contextlib.suppress(ConnectionError):
            while piece := connection.recv(65536):
                told += piece
        self.records.append(told)


class Oracles(unittest.TestCase):
    """A server behind the proxy records what it is told, and haild's parser reads it."""

    def setUp(self):
        self.renew()

    def renew(self):
        """Begins with a server that no one has talked to."""
        self.server = self.enterContext(Recorder())

    def recorded(self):
        """All that the client of such a proxy said. Others were there to see whether the proxy is ready."""
        told = poll_until(lambda: [told for told in self.server.records if told.endswith(SAID)])[0]
        self.server.records.clear()
        return told

    def read(self, told):
        """What haild's parser makes of it: the header's bytes, and its words."""
        result = harness.run(harness.program("proxy_reader"), input=told)
        self.assertEqual((result.exit, result.stderr), (0, b""), told)
        length, *words = result.stdout.decode().split()
        return told[:int(length)], words

    def relayed(self, address, wrap=lambda client: client):
        """Lets a client talk to the proxy there. Returns the header, its words, and the client's ends."""
        with socket.socket(socket.AF_UNIX if isinstance(address, str) else
                           socket.AF_INET6 if ":" in address[0] else socket.AF_INET) as raw:
            raw.settimeout(harness.DEADLINE)
            poll_until(lambda: connects(raw, address))
            ends = [named(raw.getsockname()), named(raw.getpeername())]
            with wrap(raw) as client:
                client.sendall(SAID)
                self.assertEqual(client.recv(2), b"Hi")
        told = self.recorded()
        header, words = self.read(told)
        self.assertEqual(header + SAID, told)
        return header, words, ends

    def reads(self, version, address, **options):
        """Asserts that a client's ends are read from a header of that version. Returns the header."""
        header, words, ends = self.relayed(address, **options)
        self.assertEqual(words, [version, "proxy", *ends], header)
        self.assertEqual(header.startswith(SIGNATURE), version == "v2")
        return header


class Haproxy(Oracles):
    TCP = (f"bind {LOCAL}:{{port}}", "bind [::1]:{port}")
    # The options of a server, and the types of fields that they add.
    OPTIONS = {
        "send-proxy-v2": [],
        "send-proxy-v2 proxy-v2-options crc32c": [CRC32C],
        "send-proxy-v2 proxy-v2-options unique-id": [UNIQUE_ID],
        "send-proxy-v2 proxy-v2-options crc32c,unique-id": [CRC32C, UNIQUE_ID],
        "send-proxy-v2-ssl": [SSL],
        "send-proxy-v2-ssl-cn": [SSL],
        "send-proxy-v2-ssl-cn proxy-v2-options crc32c,unique-id,cert-key,cert-sig,ssl-cipher": [CRC32C, UNIQUE_ID, SSL],
    }

    def setUp(self):
        need("haproxy")
        super().setUp()

    def proxy(self, *lines, options, ready=None):
        return foreign.haproxy(*lines, "unique-id-format %ci:%cp-%Ts-%rt",
                               f"server it {LOCAL}:{self.server.port} {options}", ready=ready)

    def test_version_1(self):
        with self.proxy(*self.TCP, options="send-proxy") as proxy:
            for host in LOCAL, "::1":
                self.reads("v1", (host, proxy.port))

    def test_version_2(self):
        for options, types in self.OPTIONS.items():
            with self.subTest(options), self.proxy(*self.TCP, options=options) as proxy:
                for host in LOCAL, "::1":
                    header = self.reads("v2", (host, proxy.port))
                    self.assertEqual(sorted(fields(header)), types)

    # HAProxy itself or the kernel maps the client's address.
    def test_both_families_on_one_socket(self):
        for options, version in ("send-proxy", "v1"), ("send-proxy-v2", "v2"):
            with self.subTest(options), self.proxy("bind :::{port} v4v6", options=options) as proxy:
                for host in LOCAL, "::1":
                    self.reads(version, (host, proxy.port))

    # It may say LOCAL, or that it does not know.
    def test_client_of_a_unix_socket(self):
        for options, version in ("send-proxy", "v1"), ("send-proxy-v2", "v2"), \
                ("send-proxy-v2 proxy-v2-options crc32c,unique-id", "v2"):
            path = temporary_directory(self) / "socket"
            with self.subTest(options), self.proxy(f"bind unix@{path}", options=options, ready=path):
                _, words, _ = self.relayed(str(path))
                self.assertEqual([words[0], *words[2:]], [version, "-", "-"])

    # A header that HAProxy is given, of a client far away, it sends on.
    def test_client_of_another_proxy(self):
        ends = ("TCP4 192.0.2.1 198.51.100.2", "192.0.2.1:56324", "198.51.100.2:12345"), \
            ("TCP6 2001:db8::1 2001:db8::2", "[2001:db8::1]:56324", "[2001:db8::2]:12345")
        for options, version in ("send-proxy", "v1"), ("send-proxy-v2 proxy-v2-options crc32c", "v2"):
            with self.subTest(options), self.proxy(f"bind {LOCAL}:{{port}} accept-proxy", options=options) as proxy:
                for words, *wanted in ends:
                    with socket.create_connection((LOCAL, proxy.port), harness.DEADLINE) as client:
                        client.sendall(f"PROXY {words} 56324 12345\r\n".encode() + SAID)
                        self.assertEqual(client.recv(2), b"Hi")
                    self.assertEqual(self.read(self.recorded())[1], [version, "proxy", *wanted])

    def check(self, options):
        """The words of the header of a health check. No client connects."""
        path = temporary_directory(self) / "socket"
        self.renew()
        with self.proxy(f"bind unix@{path}", "option tcp-check", "tcp-check expect string Hi",
                        options=f"check inter 100ms check-send-proxy {options}", ready=path):
            return self.read(poll_until(lambda: [told for told in self.server.records if told])[0])[1]

    def test_health_check(self):
        self.assertRegex(" ".join(self.check("send-proxy")),
                         rf"^v1 proxy {re.escape(LOCAL)}:\d+ {re.escape(LOCAL)}:{self.server.port}$")
        for options in self.OPTIONS:
            with self.subTest(options):
                self.assertEqual(self.check(options), ["v2", "local", "-", "-"])

    def certificate(self):
        """A file with a key and a certificate."""
        need("openssl")
        folder = temporary_directory(self)
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                        "-subj", "/CN=it.example", "-keyout", folder / "key", "-out", folder / "cert"],
                       check=True, capture_output=True)
        both = folder / "both"
        both.write_bytes((folder / "cert").read_bytes() + (folder / "key").read_bytes())
        return both

    # Fields within a field, and long ones.
    def test_client_of_tls(self):
        certificate = self.certificate()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(certificate)
        context.load_cert_chain(certificate)
        name = "a" * 60 + ".example"
        context.check_hostname = False
        options = "send-proxy-v2-ssl-cn proxy-v2-options crc32c,unique-id,cert-key,cert-sig,ssl-cipher,authority"
        with self.proxy(f"bind {LOCAL}:{{port}} ssl crt {certificate} verify optional ca-file {certificate}",
                        options=options) as proxy:
            header = self.reads("v2", (LOCAL, proxy.port),
                                wrap=lambda raw: context.wrap_socket(raw, server_hostname=name))
        self.assertEqual(sorted(fields(header)), [AUTHORITY, CRC32C, UNIQUE_ID, SSL])
        self.assertIn(name.encode(), header)
        self.assertIn(b"it.example", header)


class Nginx(Oracles):
    """nginx sends version 1 only."""

    def setUp(self):
        foreign.need_nginx()
        super().setUp()

    def proxy(self, *listen):
        to = f"proxy_protocol on; proxy_pass {LOCAL}:{self.server.port};"
        return foreign.nginx("".join(f"server {{ listen {address}; {to} }}\n" for address in listen))

    def test_version_1(self):
        with self.proxy(f"{LOCAL}:{{port}}", "[::1]:{port}") as proxy:
            for host in LOCAL, "::1":
                self.reads("v1", (host, proxy.port))

    # nginx writes such an address as ::ffff:127.0.0.1.
    def test_both_families_on_one_socket(self):
        with self.proxy("[::]:{port} ipv6only=off") as proxy:
            for host in LOCAL, "::1":
                self.reads("v1", (host, proxy.port))

    def test_client_of_a_unix_socket(self):
        path = temporary_directory(self) / "socket"
        with self.proxy(f"{LOCAL}:{{port}}", f"unix:{path}"):
            _, words, _ = self.relayed(str(path))
            self.assertEqual(words, ["v1", "proxy", "-", "-"])


if __name__ == "__main__":
    harness.enter_network_namespace()
    harness.main()
