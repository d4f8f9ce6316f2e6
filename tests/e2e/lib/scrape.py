# SPDX-License-Identifier: ISC
"""HTTP by hand, for --metrics: requests as they are, answers taken apart, the metrics as numbers; and clients of it
that are no good."""
import collections
import re
import socket

from lib.harness import DEADLINE, connect, connect_unix, read_all, reset

GET = b"GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n"

Answer = collections.namedtuple("Answer", "status head body")

# A sample: its name, its labels with the braces or "", and its value.
SAMPLE = re.compile(r'^([a-z_]+)(\{[^}]*\})? (\S+)$')


def take_apart(answer):
    """An answer by HTTP/1: its status as a number, the fields of its head by name, its body."""
    head, _, body = answer.partition(b"\r\n\r\n")
    line, *fields = head.decode().split("\r\n")
    return Answer(int(line.split()[1]), dict(field.split(": ", 1) for field in fields), body)


def say(port, request, path=None):
    """All that comes of these bytes, at a port, or at the path of a UNIX socket."""
    with connect_unix(path) if path else connect(port) as client:
        client.sendall(request)
        return read_all(client)


def get(port, target="/metrics", path=None):
    return take_apart(say(port, GET % target.encode(), path))


def samples(text):
    """The samples of a text for Prometheus, by name and labels."""
    found = {}
    for line in text.splitlines():
        if not line.startswith("#"):
            name, labels, value = SAMPLE.match(line).groups()
            assert f"{name}{labels or ''}" not in found, line
            found[f"{name}{labels or ''}"] = float(value)
    return found


def scrape(port, path=None):
    """The metrics as numbers, by name and labels."""
    return samples(get(port, path=path).body.decode())


class Nuisance:
    """A client of /metrics that is no good, of a kind that its number gives. act() goes on a little, and returns
    whether the daemon has not ended it yet."""

    KINDS = ("silent", "trickling", "huge", "reset", "garbage", "deaf")

    def __init__(self, port, number):
        self.kind = self.KINDS[number % len(self.KINDS)]
        self.client = connect(port, receive_buffer=4096 if self.kind == "deaf" else None)
        self.client.setblocking(False)
        self._turns = 0

    def act(self):
        self._turns += 1
        try:
            return getattr(self, f"_{self.kind}")()
        except BlockingIOError:
            return True
        except OSError:
            self.client.close()
            return False

    def _has_more(self):
        return self.client.recv(1 << 16) != b""

    def _silent(self):
        return self._has_more()

    def _trickling(self):
        self.client.send(b"GET /metrics HTTP/1.1\r\n"[self._turns % 23:][:1])
        return self._has_more()

    def _huge(self):
        self.client.send(b"GET /metrics HTTP/1.1\r\nX: " + b"x" * 65536)
        return self._has_more()

    def _garbage(self):
        self.client.send(bytes(range(256)) * 16)
        return self._has_more()

    def _deaf(self):
        if self._turns == 1:
            self.client.send(GET % b"/metrics")
        elif self._turns > 20:
            self.client.close()
        return self._turns <= 20

    def _reset(self):
        if self._turns == 1:
            self.client.send(b"GET /met")
            return True
        reset(self.client)
        return False
