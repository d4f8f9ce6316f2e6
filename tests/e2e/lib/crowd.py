# SPDX-License-Identifier: ISC
"""Many clients at once that read and close, or wait; and floods of them."""
import contextlib
import errno
import math
import select
import socket
import subprocess
import sys
import time

from lib import harness
from lib.harness import DEADLINE, GREETING, read_all


class Client(socket.socket):
    """A client of a crowd; it knows what it has heard so far, and after how many seconds it met the end."""
    began, heard, seconds = None, b"", math.inf

    def is_connected(self):
        """Whether the kernel says that it is connected, greeted or not."""
        with contextlib.suppress(OSError):
            return bool(self.getpeername())
        return False


def connect_all(test, port, clients, slow=False):
    """Connects the clients without waiting for one another; they close with the test.

    slow  with small buffers and segments: if they don't read, the server keeps what is over some 64 KiB
    """
    crowd = [Client() for _ in range(clients)]
    for client in crowd:
        test.addCleanup(client.close)
        client.setblocking(False)
        if slow:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 536)
    for client in crowd:
        client.began = time.monotonic()
        if client.connect_ex(("127.0.0.1", port)) not in (0, errno.EINPROGRESS):
            raise AssertionError("connect() failed")
    return crowd


def serve(crowd, patience=DEADLINE):
    """Reads each client's greeting to its end and closes it at once, which makes room for the next.

    Returns those left over when nothing more has come for so many seconds.
    """
    poll, left = select.poll(), {client.fileno(): client for client in crowd}
    for descriptor, client in left.items():
        client.heard = bytearray()
        poll.register(descriptor, select.POLLIN)
    while left and (ready := poll.poll(patience * 1000)):
        for descriptor, _ in ready:
            client = left[descriptor]
            part = client.recv(1 << 16)
            client.heard += part
            if not part:
                client.seconds = time.monotonic() - client.began
                poll.unregister(descriptor)
                left.pop(descriptor).close()
    return list(left.values())


def serve_all(crowd):
    """Serves the clients, who must all meet their end; returns what each has heard."""
    left = serve(crowd)
    if left:
        raise AssertionError(f"{len(left)} clients were left without greeting and end")
    return [client.heard for client in crowd]


def linger(daemon, clients, stack):
    """Connects clients that have had their greeting and stay, as long as the ExitStack does; returns them."""
    sockets = [stack.enter_context(daemon.connect()) for _ in range(clients)]
    for client in sockets:
        heard = read_all(client)
        assert heard == GREETING, heard
    daemon.wait_counters(open=clients)
    return sockets


FLOODER = """
import socket, sys
server = ("127.0.0.1", int(sys.argv[1]))
while True:
    clients = [socket.socket() for _ in range(500)]
    for client in clients:
        client.setblocking(False)
        client.connect_ex(server)
    for client in clients:
        client.close()
"""


DATAGRAM_FLOODER = """
import socket, sys, time
server, rate, seconds = ("127.0.0.1", int(sys.argv[1])), int(sys.argv[2]), float(sys.argv[3])
small, large, began, sent = b"x", b"x" * 100, time.monotonic(), 0
while (now := time.monotonic() - began) < seconds:
    if sent > now * rate:
        time.sleep(0.0005)
        continue
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        for _ in range(100):
            client.sendto(small, server)
            client.sendto(large, server)
    sent += 200
print(round(sent / now))
"""


class DatagramFlood:
    """A process that sends so many datagrams a second for so many seconds, or as many as it can; every second
    one is answered, mostly to somebody who has gone. For a with-block, which ends with it; .rate tells how
    many a second they were."""

    def __init__(self, port, rate, seconds):
        self._arguments, self._seconds = [str(port), str(rate), str(seconds)], seconds

    def __enter__(self):
        self._process = harness.start([sys.executable, "-S", "-c", DATAGRAM_FLOODER, *self._arguments],
                                      stdout=subprocess.PIPE)
        return self

    def __exit__(self, *_):
        output, _ = self._process.communicate(timeout=self._seconds + DEADLINE)
        self.rate = int(output)

    def is_over(self):
        return self._process.poll() is not None


@contextlib.contextmanager
def flood(port, flooders=2):
    """A with-block in which so many processes connect and close, as fast as they can."""
    processes = [harness.start([sys.executable, "-S", "-c", FLOODER, str(port)]) for _ in range(flooders)]
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()
