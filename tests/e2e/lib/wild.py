# SPDX-License-Identifier: ISC
"""Clients that do what a random script says: they split, wait, half-close, reset, talk first, leave early."""
import errno
import heapq
import os
import random
import select
import socket
import struct
import time

from lib.harness import DEADLINE

# Each run has scripts of its own; a failing one tells its seed, with which it can be had again.
SEED = os.environ.get("HAILD_SEED") or str(random.SystemRandom().randrange(10 ** 9))

SPOKEN = memoryview(bytes(65536))
RESET = struct.pack("ii", 1, 0)


def make_script(dice):
    """A list of actions, each with its arguments; they are methods of a client."""
    script = [dice.choice((("say", dice.choice((1, 100, 4096, 65536)), dice.randint(1, 5)),
                           ("hear", dice.choice((1, 7, 14, 5000))),
                           ("pause", dice.randint(1, 20)),
                           ("half_close",))) for _ in range(dice.randint(0, 4))]
    if ("half_close",) in script:  # it is silent from then on
        half = script.index(("half_close",)) + 1
        script[half:] = [action for action in script[half:] if action[0] not in ("say", "half_close")]
    if dice.random() < 0.7:
        script.append(("hear",))  # to the end
    return [*script, (dice.choice(("close", "close", "reset")),)]


class Client:
    """One client.

    .heard    what it has been told; it is all there was, if it has .ended
    .spoken   how many bytes it has sent
    .problem  the OSError that has kept it from doing its script, or None
    """

    def __init__(self, address, number):
        self._dice = random.Random(f"{SEED}/{number}")
        self._address, self._number = address, number
        self._script = make_script(self._dice)
        self.heard, self.spoken, self.ended, self.problem = bytearray(), 0, False, None

    def __repr__(self):
        return (f"client {self._number} of HAILD_SEED={SEED} at {self._address}: {self._script}: "
                f"{len(self.heard)} bytes heard, {self.problem or 'no error'}")

    def fileno(self):
        return self._socket.fileno()

    def steps(self):
        """Does the script; yields what it must wait for: an event of poll(), or seconds as a float."""
        try:
            yield from self._connect()
            for action, *arguments in self._script:
                yield from getattr(self, f"_{action}")(*arguments)
        except OSError as problem:
            self.problem = problem
        finally:
            self._socket.close()

    def _connect(self):
        if isinstance(self._address, str):
            self._socket = socket.socket(socket.AF_UNIX)
        else:
            is_ipv6 = ":" in self._address[0]
            self._socket = socket.socket(socket.AF_INET6 if is_ipv6 else socket.AF_INET)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if not is_ipv6:  # it has one of its own, for one address has not ports enough for all
                high, low = divmod(self._number, 250)
                self._socket.bind((f"127.{1 + high // 250 % 250}.{high % 250}.{1 + low}", 0))
        self._socket.setblocking(False)
        while self._socket.connect_ex(self._address) == errno.EAGAIN:
            yield 0.001  # the queue of a UNIX socket is full
        yield select.POLLOUT

    def _say(self, size, parts):
        end = self.spoken + size
        while self.spoken < end:
            try:
                self.spoken += self._socket.send(SPOKEN[:min(size // parts + 1, end - self.spoken)])
            except BlockingIOError:
                yield select.POLLOUT
            if self._dice.random() < 0.2:
                yield self._dice.random() / 500

    def _hear(self, most=1 << 30):
        end = len(self.heard) + most
        while len(self.heard) < end and not self.ended:
            try:
                part = self._socket.recv(min(end - len(self.heard), 1 << 18))
                self.heard += part
                self.ended = not part
            except BlockingIOError:
                yield select.POLLIN

    def _pause(self, milliseconds):
        yield milliseconds / 1000

    def _half_close(self):
        self._socket.shutdown(socket.SHUT_WR)
        return ()

    def _close(self):
        self._socket.close()
        return ()

    def _reset(self):
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        return self._close()


class _Herd:
    """Clients that do their steps side by side."""

    def __init__(self):
        self._poll, self._waiting, self._pausing, self._count = select.poll(), {}, [], 0

    def add(self, client):
        self._step(client, client.steps())

    def _step(self, client, steps):
        wanted = next(steps, None)
        if isinstance(wanted, float):
            self._count += 1  # decides between those that wake at the same time
            heapq.heappush(self._pausing, (time.monotonic() + wanted, self._count, client, steps))
        elif wanted:
            self._waiting[client.fileno()] = client, steps
            self._poll.register(client, wanted)

    def _wake(self):
        while self._pausing and self._pausing[0][0] <= time.monotonic():
            self._step(*heapq.heappop(self._pausing)[2:])

    def _serve(self, seconds):
        """Lets those go on for whom something has come within this time; returns whether there were any."""
        ready = self._poll.poll(seconds * 1000)
        for descriptor, _ in ready:
            self._poll.unregister(descriptor)
            self._step(*self._waiting.pop(descriptor))
        return bool(ready)

    def go_on(self):
        """Goes on for as long as nobody has to wait."""
        while self._serve(0):
            pass

    def finish(self):
        """Goes on until all have done their scripts."""
        while self._waiting or self._pausing:
            pause = self._pausing[0][0] - time.monotonic() if self._pausing else DEADLINE
            if not self._serve(max(0, pause)) and not self._pausing:
                raise AssertionError(f"{len(self._waiting)} wait in vain: {[*self._waiting.values()][0][0]}")
            self._wake()


def let_loose(clients, at_first):
    """Lets the clients do their scripts, all at once. What they can do at first, they do in the with-block
    `at_first`: there the server may stand still."""
    herd = _Herd()
    with at_first:
        for client in clients:
            herd.add(client)
        herd.go_on()
    herd.finish()
