# SPDX-License-Identifier: ISC
"""Many clients at once that talk first and listen only then."""
import contextlib
import dataclasses
import select
import socket
import time

from lib.harness import DEADLINE

# Who has a lot to say writes it in pieces, and may learn between them that nobody listens.
PIECE = 64 * 1024


@dataclasses.dataclass
class Heard:
    """What the clients met: how many heard all that is expected, were reset, heard something else; and after
    how many seconds each met its end."""
    clients: int = 0
    whole: int = 0
    resets: int = 0
    lost: int = 0
    seconds: list = dataclasses.field(default_factory=list, repr=False)

    def __str__(self):
        return f"{self.lost} of {self.clients} lost, {self.resets} reset"

    @property
    def is_perfect(self):
        return self.whole == self.clients and not self.resets and not self.lost

    @property
    def p99(self):
        return sorted(self.seconds)[len(self.seconds) * 99 // 100]

    def count(self, talker, expect):
        """Adds one."""
        self.clients += 1
        self.resets += talker.is_reset
        self.whole += talker.heard == expect and not talker.is_reset
        self.lost += talker.heard != expect
        self.seconds.append(talker.seconds)


class _Talker:
    def __init__(self, port, say, half_closes, receive_buffer):
        self.left, self.half_closes = memoryview(say), half_closes
        self.talks, self.is_reset = True, False
        self.heard, self.seconds = bytearray(), None
        self.socket = socket.socket()
        self.socket.settimeout(DEADLINE)
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.connect(("127.0.0.1", port))
        self.socket.setblocking(False)

    def wants(self):
        return select.POLLOUT if self.talks else select.POLLIN

    def step(self):
        """Says or hears what can be; returns whether there is more to do. An error is the end: it doesn't
        read once more what it may have got before."""
        try:
            if self.talks:
                self._say()
                return True
            part = self.socket.recv(1 << 20)
            self.heard += part
            return bool(part)
        except BlockingIOError:
            return True
        except (ConnectionResetError, BrokenPipeError):
            self.is_reset = True
            return False

    def _say(self):
        self.left = self.left[self.socket.send(self.left[:PIECE]):]
        self.talks = bool(self.left)
        if not self.talks and self.half_closes:
            self.socket.shutdown(socket.SHUT_WR)


def _go_on_to_the_end(talkers):
    """Lets them all talk, then listen, until each has met its end."""
    by_descriptor, poll, began = {}, select.poll(), time.monotonic()
    for talker in talkers:
        by_descriptor[talker.socket.fileno()] = talker
        poll.register(talker.socket, talker.wants())
    while by_descriptor:
        ready = poll.poll(DEADLINE * 1000)
        if not ready:
            raise AssertionError(f"{len(by_descriptor)} clients met no end in time")
        for descriptor, _ in ready:
            talker = by_descriptor[descriptor]
            if talker.step():
                poll.modify(descriptor, talker.wants())
            else:
                talker.seconds = time.monotonic() - began
                poll.unregister(descriptor)
                del by_descriptor[descriptor]


def talk(port, clients, say, expect, half_closes=False, meanwhile=contextlib.nullcontext, batch=100,
         receive_buffer=None):
    """Lets the clients come in batches, talk, half-close if they are to, and listen only then. A batch
    connects and begins to talk within a with-block of meanwhile(). Returns what they Heard."""
    heard = Heard()
    for first in range(0, clients, batch):
        with meanwhile():
            talkers = [_Talker(port, say, half_closes, receive_buffer)
                       for _ in range(min(batch, clients - first))]
            for talker in talkers:
                talker.step()
        _go_on_to_the_end(talkers)
        for talker in talkers:
            talker.socket.close()
            heard.count(talker, expect)
    return heard


def talk_first(server, clients, say, expect, receive_buffer=None):
    """The same while the server stands still, so that what they say waits for it when it accepts them."""
    return talk(server.port, clients, say, expect, meanwhile=server.frozen, receive_buffer=receive_buffer)
