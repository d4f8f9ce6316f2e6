# SPDX-License-Identifier: ISC
"""Servers that do what a script of a few lines says, each in a thread of the test."""
import contextlib
import os
import socket
import struct
import threading

from lib.harness import DEADLINE

CHUNK = b"x" * 65536


class Server:
    """A listening socket for a with-block; each connection is given to script(connection) in a thread.

    address  ("127.0.0.1", 0), ("::1", 0) or a path; with port 0 the kernel chooses
    .port    that it chose
    .peers   the address of each client that was accepted, in order
    .opened  a threading.Event: the first client was accepted

    A client that goes early ends its script, and that is all. Any other exception fails the test.
    """

    def __init__(self, script, address=("127.0.0.1", 0), backlog=64):
        self._script, self._address, self._backlog = script, address, backlog
        self.peers, self.opened = [], threading.Event()
        self._connections, self._threads, self._problems = [], [], []

    def __enter__(self):
        self._socket = socket.socket(_family(self._address))
        if self._socket.family != socket.AF_UNIX:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind(_complete(self._address))
        self._socket.listen(self._backlog)
        self._start(self._accept)
        return self

    def __exit__(self, *_):
        for open_socket in (self._socket, *self._connections):
            with contextlib.suppress(OSError):
                open_socket.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(DEADLINE)
            assert not thread.is_alive(), "a server's script did not end"
        self._socket.close()
        if self._problems:
            raise self._problems[0]

    @property
    def port(self):
        return self._socket.getsockname()[1]

    def wait_opened(self):
        assert self.opened.wait(DEADLINE), "no client came"

    def _start(self, run, *arguments):
        thread = threading.Thread(target=run, args=arguments)
        self._threads.append(thread)
        thread.start()

    def _accept(self):
        while True:
            try:
                connection, peer = self._socket.accept()
            except OSError:
                return
            self._connections.append(connection)
            self.peers.append(peer)
            self.opened.set()
            self._start(self._serve, connection)

    def _serve(self, connection):
        connection.settimeout(DEADLINE)
        try:
            with connection:
                self._script(connection)
        except ConnectionError:
            pass
        except Exception as problem:
            self._problems.append(problem)


class DatagramServer:
    """A datagram socket for a with-block; script(server, number, peer) is told of each request, from 1 on.

    address   ("127.0.0.1", 0) or ("::1", 0)
    .port     that the kernel has chosen
    .requests the bytes of each, and .peers whose they were
    .say(data, peer) answers
    """

    def __init__(self, script, address=("127.0.0.1", 0)):
        self._script, self._address = script, address
        self.requests, self.peers = [], []

    def __enter__(self):
        self._socket = socket.socket(_family(self._address), socket.SOCK_DGRAM)
        self._socket.bind(_complete(self._address))
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()
        return self

    def __exit__(self, *_):
        with contextlib.suppress(OSError):  # it says ENOTCONN, and wakes the thread all the same
            self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join(DEADLINE)
        self._socket.close()
        assert not self._thread.is_alive(), "a server's script did not end"

    @property
    def port(self):
        return self._socket.getsockname()[1]

    def say(self, data, peer):
        self._socket.sendto(data, peer)

    def _serve(self):
        while True:
            request, peer = self._socket.recvfrom(1 << 16)
            if not peer or not peer[1]:
                return
            self.peers.append(peer)
            self.requests.append(request)
            self._script(self, len(self.requests), peer)


def _family(address):
    if isinstance(address, tuple):
        return socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    return socket.AF_UNIX


def _complete(address):
    """The address with its zone, if it has one, in the form that bind() takes."""
    if isinstance(address, tuple) and "%" in address[0]:
        return socket.getaddrinfo(*address, type=socket.SOCK_STREAM)[0][4]
    return address if isinstance(address, tuple) else os.fspath(address)


def says(*parts, pause=0):
    """A script: sends the parts, with a pause of so many seconds before each, and closes."""
    def script(connection):
        for part in parts:
            threading.Event().wait(pause)
            connection.sendall(part)
    return script


def stays(data=b""):
    """A script: sends the bytes, and leaves the closing to the client."""
    def script(connection):
        connection.sendall(data)
        while connection.recv(4096):
            pass
    return script


def trickles(pause):
    """A script: sends a byte after each pause, for as long as the client stays."""
    def script(connection):
        while True:
            threading.Event().wait(pause)
            connection.sendall(b"x")
    return script


def gushes(connection):
    """A script: sends as fast as it goes, for as long as the client stays."""
    while True:
        connection.sendall(CHUNK)


def resets(data=b"", when=None, half_closes=False):
    """A script: sends the bytes, may half-close, and resets the connection, once the event `when` is set.

    Its attribute `done` is an Event that is set then.
    """
    def script(connection):
        assert when is None or when.wait(DEADLINE), "it was never time to reset"
        connection.sendall(data)
        if half_closes:
            connection.shutdown(socket.SHUT_WR)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()
        script.done.set()
    script.done = threading.Event()
    return script


def in_turn(*scripts):
    """A script: one of these for each connection, in their order, and the last one for all that follow."""
    turns, last = iter(scripts), scripts[-1]

    def script(connection):
        next(turns, last)(connection)
    return script


def holds_until(count):
    """A script: greets so many clients as soon as they are there at the same time.

    Its attribute `most` is how many were at a time.
    """
    together, lock, now = threading.Barrier(count), threading.Lock(), [0]

    def script(connection):
        with lock:
            now[0] += 1
            script.most = max(script.most, now[0])
        together.wait(DEADLINE)
        with lock:
            now[0] -= 1
        connection.sendall(b"Hi from server")
    script.most = 0
    return script


def answers(data, since=1):
    """A script for datagrams: answers the `since`-th request and those behind it."""
    def script(server, number, peer):
        if number >= since:
            server.say(data, peer)
    return script


def ignores(server, number, peer):
    """A script for datagrams: answers nobody."""


@contextlib.contextmanager
def refusing(host="127.0.0.1"):
    """A with-block in which the port that it gives refuses: a socket holds it, and doesn't listen."""
    with socket.socket(_family((host, 0))) as held:
        held.bind((host, 0))
        yield held.getsockname()[1]


@contextlib.contextmanager
def full_queue(path):
    """A with-block in which the UNIX socket listens and has no room for another client.

    Gives a function that accepts who waits, until one of them is new, and greets that one.
    """
    with contextlib.ExitStack() as sockets:
        listening = sockets.enter_context(socket.socket(socket.AF_UNIX))
        listening.bind(os.fspath(path))
        listening.listen(0)
        listening.settimeout(DEADLINE)
        waiting = 0
        with contextlib.suppress(BlockingIOError):
            while waiting < 100:
                client = sockets.enter_context(socket.socket(socket.AF_UNIX))
                client.setblocking(False)
                client.connect(os.fspath(path))
                waiting += 1

        def greet_next(greeting):
            for _ in range(waiting):
                listening.accept()[0].close()
            with listening.accept()[0] as connection:
                connection.sendall(greeting)
        yield greet_next
