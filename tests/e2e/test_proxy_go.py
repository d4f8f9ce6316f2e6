#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""PROXY headers as haild and go-proxyproto read them, and those that go-proxyproto writes, as haild reads them.

With Debian's golang-go and golang-github-pires-go-proxyproto-dev; else the tests are skipped.
"""
import os
import pathlib
import subprocess
import tempfile
import unittest

from lib import harness
from lib.harness import need

SOURCES = pathlib.Path("/usr/share/gocode")
PACKAGE = SOURCES / "src/github.com/pires/go-proxyproto"
SAID = b"what the client says"
SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
LOCAL, PROXY = 0x20, 0x21
UNSPECIFIED, TCP4, UDP4, TCP6, UDP6, STREAM, DATAGRAM = 0, 0x11, 0x12, 0x21, 0x22, 0x31, 0x32
NOTHING, CRC32C = 4, 3  # types of fields

IPV4 = bytes.fromhex("c0000201 c6336402 dc04 01bb")
IPV6 = bytes.fromhex("20010db8000000000000000000000001 20010db8000000000000000000000002 dc04 01bb")
MAPPED = bytes.fromhex("00000000000000000000ffffc0000201 00000000000000000000ffffc6336402 dc04 01bb")
PATHS = b"/from".ljust(108, b"\0") + b"/to".ljust(108, b"\0")


def binary(command, family, payload=b"", length=None):
    """A header of version 2, with its own length or another."""
    length = len(payload) if length is None else length
    return SIGNATURE + bytes((command, family)) + length.to_bytes(2, "big") + payload


def field(kind, value=b"", length=None):
    length = len(value) if length is None else length
    return bytes((kind,)) + length.to_bytes(2, "big") + value


def with_checksum(header):
    """The header with its checksum put right; it must be the last field."""
    total = 0xFFFFFFFF
    for byte in header[:-4] + bytes(4):
        total ^= byte
        for _ in range(8):
            total = total >> 1 ^ (0x82F63B78 if total & 1 else 0)
    return header[:-4] + (total ^ 0xFFFFFFFF).to_bytes(4, "big")


HEADERS = {
    "TCP4": b"PROXY TCP4 192.0.2.1 198.51.100.2 56324 443\r\n",
    "TCP4, widest": b"PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n",
    "TCP4, ports 0": b"PROXY TCP4 0.0.0.0 0.0.0.0 0 0\r\n",
    "TCP6": b"PROXY TCP6 2001:db8::1 2001:db8::2 56324 443\r\n",
    "TCP6, widest": b"PROXY TCP6 " + b" ".join([b"ffff:" * 7 + b"ffff"] * 2) + b" 65535 65535\r\n",
    "TCP6, capitals": b"PROXY TCP6 2001:DB8::A ::1 1 2\r\n",
    "UNKNOWN": b"PROXY UNKNOWN\r\n",
    "UNKNOWN, with more": b"PROXY UNKNOWN ffff::1 ffff::2 65535 65535\r\n",
    "UNKNOWN, longest": b"PROXY UNKNOWN " + b"x" * 91 + b"\r\n",
    "UNKNOWN, too long": b"PROXY UNKNOWN " + b"x" * 92 + b"\r\n",
    "no newline": b"PROXY TCP4 192.0.2.1 198.51.100.2 56324 443",
    "lone newline": b"PROXY TCP4 192.0.2.1 198.51.100.2 56324 443\n",
    "no protocol": b"PROXY\r\n",
    "another protocol": b"PROXY TCP5 192.0.2.1 198.51.100.2 56324 443\r\n",
    "small letters": b"proxy TCP4 192.0.2.1 198.51.100.2 56324 443\r\n",
    "a word too few": b"PROXY TCP4 192.0.2.1 198.51.100.2 56324\r\n",
    "a word too many": b"PROXY TCP4 192.0.2.1 198.51.100.2 56324 443 1\r\n",
    "two blanks": b"PROXY TCP4  192.0.2.1 198.51.100.2 56324 443\r\n",
    "a blank at the end": b"PROXY TCP4 192.0.2.1 198.51.100.2 56324 443 \r\n",
    "a tab": b"PROXY TCP4 192.0.2.1\t198.51.100.2 56324 443\r\n",
    "no address": b"PROXY TCP4 192.0.2 198.51.100.2 56324 443\r\n",
    "a leading zero in an address": b"PROXY TCP4 192.0.2.01 198.51.100.2 56324 443\r\n",
    "a leading zero in a port": b"PROXY TCP4 192.0.2.1 198.51.100.2 056 443\r\n",
    "a sign in a port": b"PROXY TCP4 192.0.2.1 198.51.100.2 +56 443\r\n",
    "a negative port": b"PROXY TCP4 192.0.2.1 198.51.100.2 -1 443\r\n",
    "a port too high": b"PROXY TCP4 192.0.2.1 198.51.100.2 65536 443\r\n",
    "IPv6 in TCP4": b"PROXY TCP4 ::1 ::2 56324 443\r\n",
    "IPv4 in TCP6": b"PROXY TCP6 192.0.2.1 198.51.100.2 56324 443\r\n",
    "v4-mapped in TCP6": b"PROXY TCP6 ::ffff:192.0.2.1 ::ffff:198.51.100.2 56324 443\r\n",
    "a zone": b"PROXY TCP6 fe80::1%lo fe80::2%lo 56324 443\r\n",
    "NUL": b"PROXY TCP4 192.0.2.1 198.51.100.2 56324 443\0\r\n",
    "v2, TCP4": binary(PROXY, TCP4, IPV4),
    "v2, UDP4": binary(PROXY, UDP4, IPV4),
    "v2, TCP6": binary(PROXY, TCP6, IPV6),
    "v2, UDP6": binary(PROXY, UDP6, IPV6),
    "v2, v4-mapped": binary(PROXY, TCP6, MAPPED),
    "v2, UNIX": binary(PROXY, STREAM, PATHS),
    "v2, UNIX datagrams": binary(PROXY, DATAGRAM, PATHS),
    "v2, LOCAL": binary(LOCAL, UNSPECIFIED),
    "v2, LOCAL, 7 bytes": binary(LOCAL, UNSPECIFIED, bytes(7)),
    "v2, LOCAL, 15 bytes": binary(LOCAL, UNSPECIFIED, bytes(15)),
    "v2, LOCAL of TCP4": binary(LOCAL, TCP4, IPV4),
    "v2, LOCAL of TCP4, nothing else": binary(LOCAL, TCP4),
    "v2, fields": binary(PROXY, TCP4, IPV4 + field(1, b"h2") + field(0xE0) + field(NOTHING, bytes(9))),
    "v2, checksum": with_checksum(binary(PROXY, TCP4, IPV4 + field(CRC32C, bytes(4)))),
    "v2, longest": binary(PROXY, TCP4, IPV4 + field(NOTHING, bytes(4096 - 12 - 3))),
    "v2, too long": binary(PROXY, TCP4, IPV4 + field(NOTHING, bytes(4097 - 12 - 3))),
    "v2, LOCAL, too long": binary(LOCAL, UNSPECIFIED, field(NOTHING, bytes(4097 - 3))),
    "v2, wrong checksum": binary(PROXY, TCP4, IPV4 + field(CRC32C, bytes(4))),
    "v2, checksum of 3 bytes": binary(PROXY, TCP4, IPV4 + field(CRC32C, bytes(3))),
    "v2, a field beyond the end": binary(PROXY, TCP4, IPV4 + field(1, b"h2", length=3)),
    "v2, a field cut in its head": binary(PROXY, TCP4, IPV4 + b"\x01\0"),
    "v2, a field too many of one byte": binary(PROXY, TCP4, IPV4 + b"\0"),
    "v2, PROXY without a family": binary(PROXY, UNSPECIFIED),
    "v2, too short for TCP4": binary(PROXY, TCP4, IPV4[:-1]),
    "v2, too short for TCP6": binary(PROXY, TCP6, IPV4),
    "v2, too short for UNIX": binary(PROXY, STREAM, PATHS[:-1]),
    "v2, cut": binary(PROXY, TCP4, IPV4[:-1], length=12),
    "v2, version 1": binary(0x11, TCP4, IPV4),
    "v2, version 3": binary(0x31, TCP4, IPV4),
    "v2, another command": binary(0x22, TCP4, IPV4),
    "v2, another family": binary(PROXY, 0x41, IPV4),
    "v2, another transport": binary(PROXY, 0x13, IPV4),
    "v2, another signature": b"\r\n\r\n\0\r\nQUIT\r" + binary(PROXY, TCP4, IPV4)[12:],
    "HTTP": b"GET / HTTP/1.0\r\n\r\n",
}
# These end where they are cut: the client says nothing more.
CUT = ("no newline", "v2, cut")

# What the two may read differently: whether haild takes it, and why. Other releases of go-proxyproto may agree.
DIFFERENCES = {
    "a word too many": (False, "the other ignores what follows the ports"),
    "a blank at the end": (False, "the same"),
    "a leading zero in a port": (False, "the specification forbids it; the other reads numbers as Go does"),
    "a sign in a port": (False, "the same"),
    "v4-mapped in TCP6": (True, "nginx writes that, for an IPv4 client of a socket for both families"),
    "a zone": (False, "the other reads it as no address"),
    "v2, LOCAL of TCP4, nothing else": (True, "only its length counts; the other wants addresses"),
    "v2, PROXY without a family": (True, "the receiver may; haild takes the connection's own ends"),
    "v2, another transport": (False, "the other takes it, without the ends"),
    "v2, too long": (False, "haild's bound; that of the other is its buffer"),
    "v2, LOCAL, too long": (False, "the same"),
    "v2, wrong checksum": (False, "the other does not calculate it"),
    "v2, checksum of 3 bytes": (False, "the same"),
}

# What go-proxyproto is asked to write, and the words that haild reads then.
WRITTEN = {
    "1 tcp 192.0.2.1:56324 198.51.100.2:443": "v1 192.0.2.1:56324 198.51.100.2:443",
    "1 tcp [2001:db8::1]:56324 [2001:db8::2]:443": "v1 [2001:db8::1]:56324 [2001:db8::2]:443",
    "1 tcp - -": "v1 - -",
    "2 tcp 192.0.2.1:56324 198.51.100.2:443": "v2 proxy 192.0.2.1:56324 198.51.100.2:443",
    "2 udp 192.0.2.1:56324 198.51.100.2:443": "v2 proxy 192.0.2.1:56324 198.51.100.2:443",
    "2 tcp [2001:db8::1]:56324 [2001:db8::2]:443": "v2 proxy [2001:db8::1]:56324 [2001:db8::2]:443",
    "2 udp [2001:db8::1]:56324 [2001:db8::2]:443": "v2 proxy [2001:db8::1]:56324 [2001:db8::2]:443",
    "2 unix /from /to": "v2 proxy - -",
    "2 unixgram /from /to": "v2 proxy - -",
    "2 tcp - -": "v2 local - -",
    "2 tcp - - 2=6162": "v2 local - -",
    "2 tcp 192.0.2.1:80 198.51.100.2:443 1=6832 2= 5=0011 48=6e73 234=00": "v2 proxy 192.0.2.1:80 198.51.100.2:443",
    f"2 tcp 192.0.2.1:80 198.51.100.2:443 4={'00' * 4081}": "v2 proxy 192.0.2.1:80 198.51.100.2:443",
}


def without_command(words):
    """Version 1 has no command, so what a program calls it is all one."""
    return [word for word in words if words[1] != "v1" or word not in ("local", "proxy")]


class GoProxyproto(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        need("go")
        if not PACKAGE.is_dir():
            raise unittest.SkipTest("golang-github-pires-go-proxyproto-dev is not installed")
        folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory(prefix="haild-test-")))
        cls.oracle = folder / "oracle"
        source = pathlib.Path(__file__).with_name("proxy_oracle.go")
        subprocess.run(["go", "build", "-o", cls.oracle, source], check=True, env={
            **os.environ, "GO111MODULE": "off", "GOPATH": str(SOURCES), "GOFLAGS": "", "CGO_ENABLED": "0",
            "GOCACHE": str(folder / "cache")})

    def ask(self, lines):
        """The oracle's answers."""
        result = harness.run(str(self.oracle), input="".join(f"{line}\n" for line in lines).encode())
        self.assertEqual((result.exit, result.stderr), (0, b""))
        return result.stdout.decode().splitlines()

    def read(self, told):
        """What haild's parser makes of it; None: it is refused."""
        result = harness.run(harness.program("proxy_reader"), input=told)
        self.assertIn(result.exit, (0, 1))
        return result.stdout.decode().split() if result.exit == 0 else None

    def test_both_read_the_same(self):
        self.assertLessEqual(DIFFERENCES.keys(), HEADERS.keys())
        told = {name: header if name in CUT else header + SAID for name, header in HEADERS.items()}
        answers = self.ask(f"read {header.hex()}" for header in told.values())
        self.assertEqual(len(answers), len(told))
        for (name, header), answer in zip(told.items(), answers):
            ours, theirs = self.read(header), None if answer.startswith("refused: ") else answer.split()
            with self.subTest(name, ours=ours, theirs=answer):
                if name in DIFFERENCES:
                    self.assertEqual(ours is not None, DIFFERENCES[name][0])
                else:
                    self.assertEqual(ours and without_command(ours), theirs and without_command(theirs))

    def test_haild_reads_what_it_writes(self):
        answers = self.ask(f"write {words}" for words in WRITTEN)
        self.assertEqual(len(answers), len(WRITTEN))
        for (asked, wanted), answer in zip(WRITTEN.items(), answers):
            with self.subTest(asked[:80]):
                header = bytes.fromhex(answer)
                length, *words = without_command(self.read(header + SAID))
                self.assertEqual((int(length), " ".join(words)), (len(header), wanted))


if __name__ == "__main__":
    harness.main()
