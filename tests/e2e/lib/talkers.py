"""Many clients at once that talk first and listen only then."""
import collections
import select
import socket

from lib.harness import DEADLINE

Heard = collections.namedtuple("Heard", "whole resets short")


class _Talker:
    def __init__(self, port, say):
        self.left, self.heard, self.is_reset = say, bytearray(), False
        self.socket = socket.socket()
        self.socket.settimeout(DEADLINE)
        self.socket.connect(("127.0.0.1", port))
        self.socket.setblocking(False)

    def wants(self):
        return select.POLLOUT if self.left else select.POLLIN

    def step(self):
        """Says or hears what can be; returns whether there is more to do."""
        try:
            if self.left:
                self.left = self.left[self.socket.send(self.left):]
                return True
            part = self.socket.recv(1 << 20)
            self.heard += part
            return bool(part)
        except BlockingIOError:
            return True
        except (ConnectionResetError, BrokenPipeError):
            self.is_reset = True
            return False


def _go_on_to_the_end(talkers):
    """Lets them all talk, then listen, until each has met its end."""
    by_descriptor, poll = {}, select.poll()
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
                poll.unregister(descriptor)
                del by_descriptor[descriptor]


def talk_first(server, port, clients, say, expect, batch=100):
    """Connects the clients in batches while the server stands still, so that what they say waits for it
    when it accepts them. Returns how many heard all that is expected, were reset, heard something else."""
    whole = resets = short = 0
    for _ in range(0, clients, batch):
        with server.frozen():
            talkers = [_Talker(port, memoryview(say)) for _ in range(batch)]
            for talker in talkers:
                talker.step()
        _go_on_to_the_end(talkers)
        for talker in talkers:
            talker.socket.close()
            resets += talker.is_reset
            whole += talker.heard == expect and not talker.is_reset
            short += talker.heard != expect
    return Heard(whole, resets, short)
