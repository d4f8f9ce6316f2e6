#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Faults that script/compare-clients makes and no other test has, and others of UNIX sockets and neighbours.

Runs in a network namespace with its own /etc/hosts and name server.
"""
import errno
import os
import re
import socket

from compare_commands import hailto_arguments
from compare_faults import FIRST, LATE, NAME, PORT, TABLES, V4, WITHOUT_RIGHTS, target_of
from lib import harness, machine
from lib.clients import ClientTest, ask
from lib.harness import need, strerror, temporary_directory

FAULTS = {fault.name: fault for faults in TABLES.values() for fault in faults}
ATTEMPT = 0.25


class Compared(ClientTest):
    """hailto's verdict is the one that the comparison asks for"""

    def verdict(self, name):
        fault = FAULTS[name]
        target = target_of(fault, self)
        with fault.start(self):
            answer = ask(*hailto_arguments(target), prefix=fault.prefix)
        if fault.exit == 0:
            self.assertEqual((answer.exit, answer.stdout, answer.stderr), (0, fault.heard, b""), answer)
        else:
            self.judge_failure(answer, fault.exit, f".*: {fault.says}.*")
        return answer

    def test_seven_of_eight_addresses_are_dead(self):
        """Only the two that swallow cost time."""
        self.took(self.verdict("one-of-eight"), 2 * ATTEMPT)

    def test_first_that_answers_is_taken_even_if_it_resets(self):
        """The line says which one did."""
        answer = self.verdict("first-resets")
        self.assertIn(f"{NAME}:{PORT} ({FIRST}:{PORT}): read: ".encode(), answer.stderr)

    def test_both_families_are_late(self):
        self.took(self.verdict("dns-late"), LATE)

    def test_segments_of_a_byte(self):
        self.verdict("segments")

    def test_no_right_to_connect(self):
        need("setpriv")
        self.verdict("unix-rights")


class UnixSockets(ClientTest):
    """Exit code 4, and what the kernel says of the path"""

    def setUp(self):
        self.folder = temporary_directory(self)

    def refused(self, name, reason, **options):
        path = self.folder / name
        self.fails(4, f"unix:{re.escape(str(path))}: connect: {strerror(reason)}", f"unix:{path}", **options)

    def test_path(self):
        (self.folder / "file").touch()
        (self.folder / "loop").symlink_to("loop")
        (self.folder / "nowhere").symlink_to("none")
        for name, reason in (("none/socket", errno.ENOENT), ("file/socket", errno.ENOTDIR), ("loop", errno.ELOOP),
                             ("nowhere", errno.ENOENT), ("", errno.ECONNREFUSED)):
            with self.subTest(name=name):
                self.refused(name, reason)

    def test_folder_that_nobody_may_search(self):
        need("setpriv")
        (self.folder / "closed").mkdir(mode=0)
        self.refused("closed/socket", errno.EACCES, prefix=WITHOUT_RIGHTS)

    def test_socket_of_another_type(self):
        for name, kind in ("datagrams", socket.SOCK_DGRAM), ("packets", socket.SOCK_SEQPACKET):
            with self.subTest(name=name), socket.socket(socket.AF_UNIX, kind) as held:
                held.bind(os.fspath(self.folder / name))
                self.refused(name, errno.EPROTOTYPE)


class Unreachable(ClientTest):
    """Exit code 4: somebody on the way says so, or nobody has the address"""

    LINE = f"connect: {strerror(errno.EHOSTUNREACH)}"

    def test_router_says_so(self):
        with machine.host_unreachable(V4, "::1"):
            self.took(self.fails(4, rf"127\.0\.0\.1:{PORT}: {self.LINE}", V4, PORT), 0)
            self.took(self.fails(4, rf"\[::1\]:{PORT}: {self.LINE}", "::1", PORT), 0)

    def test_neighbour_that_there_is_not(self):
        """The kernel asks three times, a second apart, who has the address."""
        machine.interface(self, "hailto-test", "192.0.2.1/24", "2001:db8::1/64")
        for host, shown in (("192.0.2.9", r"192\.0\.2\.9"), ("2001:db8::9", r"\[2001:db8::9\]")):
            with self.subTest(host=host):
                self.took(self.fails(4, f"{shown}:{PORT}: {self.LINE}", host, PORT), 2, 4)


if __name__ == "__main__":
    machine.enter()
    harness.main()
