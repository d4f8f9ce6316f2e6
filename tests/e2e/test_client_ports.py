#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Local ports that are used up are the fault of nobody but this machine.

Runs in a network namespace, in which there are few of them.
"""
import contextlib
import errno
import pathlib
import re
import socket
import struct
import unittest

from lib import harness, machine
from lib.clients import ClientTest
from lib.harness import Daemon, GREETING, strerror
from lib.servers import Server, says, stays

RANGE = pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range")
FIRST, LAST = 40000, 40003
SERVER, OTHER = 4242, 4243
V4, V6 = "127.0.0.1", "::1"
NAME = "server.example"
# Whether connect(2) chooses the port, also with --source: bind(2) takes only one that nobody has.
IS_LATE = harness.has("HAVE_DECL_IP_BIND_ADDRESS_NO_PORT")
USED_UP = r"all local ports are in use \(wait, or connect from another address, see --source\)"


def shown(host, port):
    return re.escape(f"[{host}]:{port}" if ":" in host else f"{host}:{port}")


class Ports(ClientTest):
    def setUp(self):
        before = RANGE.read_text()
        try:
            RANGE.write_text(f"{FIRST} {LAST}\n")
        except OSError:
            raise unittest.SkipTest(f"{RANGE} can't be set in the namespace") from None
        self.addCleanup(RANGE.write_text, before)

    def use_up(self, kind, host, port):
        """Takes all the ports from which that server could be reached."""
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        taken = []
        while True:
            one = self.enterContext(contextlib.closing(socket.socket(family, kind)))
            # What ends in a reset isn't remembered.
            one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            try:
                one.connect((host, port))
            except OSError as problem:
                self.assertIn(problem.errno, (errno.EADDRNOTAVAIL, errno.EAGAIN))
                self.assertEqual(sorted(taken), [*range(FIRST, LAST + 1)])
                return
            taken.append(one.getsockname()[1])


class Streams(Ports):
    def setUp(self):
        super().setUp()
        for host in (V4, V6):
            self.enterContext(Server(stays(), (host, SERVER)))
            self.use_up(socket.SOCK_STREAM, host, SERVER)

    def test_used_up(self):
        for host in (V4, V6):
            with self.subTest(host=host):
                self.fails(1, f"{shown(host, SERVER)}: connect: {USED_UP}", host, SERVER)

    def test_used_up_towards_both_addresses(self):
        machine.know(self, NAME, V4, V6)
        self.fails(1, rf"{NAME}:{SERVER} \(.+:{SERVER}\): connect: {USED_UP}", NAME, SERVER)

    def test_source_is_not_to_blame(self):
        for host in (V4, V6):
            with self.subTest(host=host):
                self.fails(1, f"{shown(host, SERVER)}: connect: {USED_UP}", "-s", host, host, SERVER)

    def test_another_source_has_ports(self):
        # A port that bind(2) has chosen is no other test's while the kernel remembers the connection.
        remembered = pathlib.Path("/proc/sys/net/ipv4/tcp_max_tw_buckets")
        self.addCleanup(remembered.write_text, remembered.read_text())
        remembered.write_text("0\n")
        self.fails(7, ".*: read: .*", "-w", "300ms", "-s", "127.0.0.2", V4, SERVER)

    def test_another_server_can_be_reached(self):
        """A port is used up towards one server; also with --source, where bind(2) would have none left."""
        for host in (V4, V6):
            with Server(says(GREETING), (host, OTHER)):
                self.hears(GREETING, host, OTHER)
                if IS_LATE:
                    self.hears(GREETING, "-s", host, host, OTHER)
                else:
                    self.fails(1, f"{shown(host, OTHER)}: connect: {USED_UP}", "-s", host, host, OTHER)

    def test_another_server_refuses(self):
        for options in [], *([["-s", V4]] if IS_LATE else []):
            self.fails(4, f"{shown(V4, OTHER)}: connect: Connection refused", *options, V4, OTHER)

    def test_port_of_the_source_is_in_use(self):
        """It has a connection to there already, which no bind(2) can know."""
        with socket.socket() as taken:
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            taken.bind((V4, 41000))
            taken.connect((V4, SERVER))
            self.fails(1, f"{shown(V4, SERVER)}: connect: {strerror(errno.EADDRINUSE)}", "-s", f"{V4}:41000", V4,
                       SERVER)

    def test_family_without_an_address(self):
        """That has the same errno, and stays what it was."""
        off = pathlib.Path("/proc/sys/net/ipv6/conf/all/disable_ipv6")
        off.write_text("1\n")
        self.addCleanup(off.write_text, "0\n")
        reason = f"({strerror(errno.EADDRNOTAVAIL)}|{strerror(errno.ENETUNREACH)})"
        self.fails(4, rf"{shown(V6, SERVER)}: connect: {reason}", V6, SERVER)

    def test_unix_socket_needs_none(self):
        path = harness.temporary_directory(self) / "socket"
        with Server(says(GREETING), path):
            self.hears(GREETING, f"unix:{path}")


class Datagrams(Ports):
    def test_used_up(self):
        with Daemon("-u", port=SERVER) as daemon:
            self.use_up(socket.SOCK_DGRAM, V4, daemon.port)
            self.fails(1, f"{shown(V4, SERVER)}: ask: {USED_UP}", "-u", V4, SERVER)
            self.fails(1, f"{shown(V4, SERVER)}: ask: {USED_UP}", "-u", "-s", V4, V4, SERVER)
            self.hears(GREETING, V4, SERVER)

    def test_streams_are_others(self):
        with Daemon("-u", port=SERVER), Server(stays(), (V4, OTHER)):
            self.use_up(socket.SOCK_STREAM, V4, OTHER)
            self.hears(GREETING, "-u", V4, SERVER)


if __name__ == "__main__":
    machine.enter()
    harness.main()
