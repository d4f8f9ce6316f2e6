#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""UNIX sockets: greeted as well; what is alive or no socket is never touched. Row B7 has the rest."""
import contextlib
import os
import socket
import unittest

from lib import harness
from lib.harness import Daemon, GREETING, connect_unix, read_all, run, temporary_directory

ONE_LINE = rb"\Ahaild: [^\n]+\n\Z"


class UnixSockets(unittest.TestCase):
    def setUp(self):
        self.folder = temporary_directory(self)
        self.path = self.folder / "socket"

    def daemon(self, *options, **more):
        return Daemon("-v", "-l", f"unix:{self.path}", *options, port=None, **more)

    def greeting(self, path=None):
        with connect_unix(path or self.path) as client:
            return read_all(client)

    def is_refused(self, path, code=3):
        result = run("haild", "-l", f"unix:{path}")
        self.assertEqual((result.exit, result.stdout), (code, b""), result)
        self.assertRegex(result.stderr, ONE_LINE)
        return result.stderr

    def test_greeting(self):
        with self.daemon() as daemon:
            self.assertEqual(daemon.addresses, [f"unix:{self.path}"])
            self.assertEqual(self.greeting(), GREETING)
            daemon.wait_log(r"^closed: unix:\(unnamed\): done, 14 bytes sent, 0 discarded")

    def test_clients_that_talk_first(self):
        with self.daemon() as daemon:
            clients = []
            with daemon.frozen():
                for _ in range(100):
                    clients.append(connect_unix(self.path))
                    clients[-1].sendall(b"x" * 65536)
            for client in clients:
                with client:
                    self.assertEqual(read_all(client), GREETING)
            counters = daemon.wait_counters(open=0)
            self.assertEqual((counters["greeted"], counters["bytes_discarded"]), (100, 100 * 65536))
            self.assertEqual(counters["reset"], 0)

    def test_endless_sender_is_cut_at_16_mib(self):
        with self.daemon() as daemon, connect_unix(self.path) as client:
            with self.assertRaises((BrokenPipeError, ConnectionResetError)):
                for _ in range(100):
                    client.sendall(b"x" * 1024 * 1024)
            daemon.wait_counters(flooded=1, bytes_discarded=16 * 1024 * 1024, open=0)

    def test_with_tcp_on_one_daemon(self):
        with Daemon("-l", f"unix:{self.path}", "-l", "127.0.0.1") as daemon:
            self.assertEqual(daemon.addresses, [f"unix:{self.path}", f"127.0.0.1:{daemon.port}"])
            self.assertEqual(self.greeting(), GREETING)
            self.assertEqual(daemon.greeting(), GREETING)

    # A full queue answers with EAGAIN: somebody is there.
    def test_live_one_with_a_full_queue_is_refused(self):
        with socket.socket(socket.AF_UNIX) as busy, contextlib.ExitStack() as stack:
            busy.bind(str(self.path))
            busy.listen(0)
            with contextlib.suppress(BlockingIOError):
                for _ in range(10):
                    client = stack.enter_context(socket.socket(socket.AF_UNIX))
                    client.setblocking(False)
                    client.connect(str(self.path))
            self.is_refused(self.path)
            self.assertTrue(self.path.is_socket())

    # A socket that is bound but does not listen yet refuses just as a dead one does; but one of another kind
    # is in use.
    def test_live_datagram_socket_is_refused(self):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as other:
            other.bind(str(self.path))
            self.is_refused(self.path)
            self.assertTrue(self.path.is_socket())

    def test_backlog(self):
        with self.daemon("-b", "4") as daemon, contextlib.ExitStack() as stack:
            clients = []
            with daemon.frozen(), contextlib.suppress(BlockingIOError):
                for _ in range(20):
                    client = stack.enter_context(socket.socket(socket.AF_UNIX))
                    client.setblocking(False)
                    client.connect(str(self.path))
                    clients.append(client)
            self.assertIn(len(clients), (4, 5))
            for client in clients:
                self.assertEqual(read_all(client), GREETING)

    def test_same_path_twice_is_refused(self):
        for again, exit in ((self.path, 2), (self.path.parent / "." / ".." / self.path.parent.name / self.path.name, 3)):
            result = run("haild", "-l", f"unix:{self.path}", "-l", f"unix:{again}", deadline=10)
            self.assertEqual(result.exit, exit, result)
        self.assertFalse(self.path.exists())

    def test_who_asks_for_the_path_is_no_client(self):
        with self.daemon("-n", "1", descriptors=False) as daemon:
            self.is_refused(self.path)
            checked = run("haild", "--check", "-l", f"unix:{self.path}")
            self.assertEqual(checked.exit, 0, checked)
            self.assertEqual(daemon.counters()["accepted"], 0)
            self.assertEqual(self.greeting(), GREETING)
            self.assertEqual(daemon.wait(), 0)

    def test_folder_fifo_and_link_are_untouched(self):
        os.mkfifo(self.folder / "fifo")
        (self.folder / "link").symlink_to(self.path)
        self.is_refused(self.folder)
        self.is_refused(self.folder / "fifo")
        self.is_refused(self.folder / "link")
        self.assertEqual(sorted(os.listdir(self.folder)), ["fifo", "link"])

    def test_no_such_folder(self):
        self.is_refused(self.folder / "missing" / "socket")

    def test_empty_path(self):
        self.is_refused("", code=2)

    def test_strange_name(self):
        strange = str(self.folder / "a b\n\x1b")
        with Daemon("-l", f"unix:{strange}", port=None) as daemon:
            self.assertEqual(len(daemon.addresses), 1, daemon.addresses)
            self.assertEqual(self.greeting(strange), GREETING)


if __name__ == "__main__":
    harness.main()
