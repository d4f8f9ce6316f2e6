# SPDX-License-Identifier: ISC
"""Clients from addresses of their choice, also as a PROXY header names them, and what haild says of the refused."""
import socket

from lib import harness
from lib.harness import read_all

# The one line of an episode, and that of a proxy that is not believed.
NOT_LET_IN = r"\S+: not let in: .+ \(more are only counted\)"
DISTRUSTED = r"haild: \S+: not believed, closed: .*"
# What a reload says of files of networks.
OLD_NETWORKS = r"haild: .+; the old networks stay"


def _connected(kind, source, host, port):
    is_ipv6 = ":" in source[0]
    client = socket.socket(socket.AF_INET6 if is_ipv6 else socket.AF_INET, kind)
    client.settimeout(harness.DEADLINE)
    client.bind(source)
    client.connect((host or ("::1" if is_ipv6 else "127.0.0.1"), port))
    return client


def visitor(port, source, host=None):
    """A socket that is connected from that address; the host is the loopback address of its family, if not given."""
    return _connected(socket.SOCK_STREAM, (source, 0), host, port)


def hear(port, source, say=b"", host=None):
    """All that a client from there hears, which says something first."""
    with visitor(port, source, host) as client:
        client.sendall(say)
        return read_all(client)


def header(client):
    """What a proxy says before it passes on that client; None: the connection is its own."""
    if client is None:
        return b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0"
    family, here = ("TCP6", "2001:db8::1") if ":" in client else ("TCP4", "192.0.2.1")
    return f"PROXY {family} {client} {here} 4242 80\r\n".encode()


def asker(port, source, from_port=0):
    """A socket that sends datagrams from there."""
    return _connected(socket.SOCK_DGRAM, (source, from_port), None, port)
