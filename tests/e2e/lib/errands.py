# SPDX-License-Identifier: ISC
"""A daemon with everything that haild can do, and clients that have it all done."""
import signal
import socket

from lib.harness import Daemon, connect, connect_unix, datagrams_to, poll_until, read_all, reset, temporary_directory
from lib.reload import replace
from lib.scrape import scrape

HEADER = b"PROXY TCP4 192.0.2.1 198.51.100.2 56324 443\r\n"
GREETING = "{peer} {local} {time} {serial} {pid}"
LOG = ("read .* again", ".*: not let in: .*")


class Errands:
    """A with-block. .daemon is the Daemon, .run() does it all once, and returns how many clients there were."""

    def __init__(self, test, *options, **more):
        self.folder = temporary_directory(test)
        self.message, self.denied, self.path = (self.folder / name for name in ("message", "denied", "socket"))
        self.message.write_text(GREETING)
        self.denied.write_text("192.0.2.0/24\n")
        self.turn = 0
        self.daemon = Daemon(
            "-v", "-u", "-e", "-l", "localhost", "-l", f"unix:{self.path}", "--metrics", "127.0.0.1:0",
            "--proxy-listen", "127.0.0.1:0", "-f", self.message, "--deny-file", self.denied, "--refusal", "no",
            "--lame-duck", "1ms", *options, log=LOG, **more)

    def __enter__(self):
        self.daemon.__enter__()
        return self

    def __exit__(self, *problem):
        return self.daemon.__exit__(*problem)

    def run(self):
        self.turn += 1
        clients = self._greet() + self._by_other_ways()
        replace(self.message, f"{GREETING} {self.turn}".encode())
        replace(self.denied, b"198.51.100.0/24\n")
        self.daemon.signal(signal.SIGHUP)
        clients += self._wait_for(f" {self.turn}".encode())
        self.daemon.counters()
        return clients

    def _wait_for(self, end):
        """Asks until the new greeting is heard."""
        tries = 0

        def has_come():
            nonlocal tries
            tries += 1
            return self.daemon.greeting().endswith(end)
        poll_until(has_come)
        return tries

    def _greet(self):
        """Clients by TCP: one listens, one talks first, one resets, one leaves."""
        port = self.daemon.port
        heard = [self.daemon.greeting()]
        with connect(port) as client:
            client.sendall(b"x" * 100000)
            client.shutdown(socket.SHUT_WR)
            heard.append(read_all(client))
        assert all(text.startswith(b"127.0.0.1:") for text in heard), heard
        reset(connect(port))
        connect(port).close()
        return 4

    def _by_other_ways(self):
        """Clients of the other sockets."""
        with connect_unix(self.path) as client:
            assert read_all(client)
        with connect(self.daemon.proxy_port) as client:
            client.sendall(HEADER)
            assert read_all(client)
        with datagrams_to(self.daemon.port) as client:
            client.send(bytes(400))
            assert client.recv(1 << 16)
        assert scrape(self.daemon.metrics_port)["haild_connections_accepted_total"] > 0
        return 4
