"""Many clients at once that read and close, or wait."""
import errno
import select
import socket

from lib.harness import DEADLINE, GREETING, read_all


def connect_all(test, port, clients):
    """Connects the clients without waiting for one another; they close with the test."""
    sockets = []
    for _ in range(clients):
        client = socket.socket()
        test.addCleanup(client.close)
        client.setblocking(False)
        if client.connect_ex(("127.0.0.1", port)) not in (0, errno.EINPROGRESS):
            raise AssertionError("connect() failed")
        sockets.append(client)
    return sockets


def serve_all(clients):
    """Reads each client's greeting to its end and closes it at once, which makes room for the next."""
    heard, poll = {}, select.poll()
    by_descriptor = {client.fileno(): client for client in clients}
    for descriptor in by_descriptor:
        heard[descriptor] = b""
        poll.register(descriptor, select.POLLIN)
    while by_descriptor:
        ready = poll.poll(DEADLINE * 1000)
        if not ready:
            raise AssertionError(f"{len(by_descriptor)} clients were left without greeting and end")
        for descriptor, _ in ready:
            part = by_descriptor[descriptor].recv(1 << 16)
            heard[descriptor] += part
            if not part:
                poll.unregister(descriptor)
                by_descriptor.pop(descriptor).close()
    return list(heard.values())


def linger(daemon, clients, stack):
    """Connects clients that have had their greeting and stay, as long as the ExitStack does; returns them."""
    sockets = [stack.enter_context(daemon.connect()) for _ in range(clients)]
    for client in sockets:
        heard = read_all(client)
        assert heard == GREETING, heard
    daemon.wait_counters(open=clients)
    return sockets
