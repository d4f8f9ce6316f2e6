# SPDX-License-Identifier: ISC
"""A server that is far away: in a network of its own, behind a path that takes its time and loses packets."""
import contextlib
import ctypes
import fcntl
import heapq
import os
import select
import socket
import struct
import subprocess
import threading
import time
import unittest

from lib.harness import DEADLINE, need

NEAR, FAR = "192.0.2.1", "192.0.2.2"
CLONE_NEWNET = 0x40000000
TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000


def _run(command):
    subprocess.run(command.split(), check=True, capture_output=True)


def _device(name, address):
    """A network device whose packets are read from, and written to, the descriptor."""
    try:
        device = os.open("/dev/net/tun", os.O_RDWR | os.O_CLOEXEC)
        fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TUN | IFF_NO_PI))
    except OSError as problem:
        raise unittest.SkipTest(f"no device of the kind tun: {problem.strerror}") from None
    _run(f"ip address add {address}/24 dev {name}")
    _run(f"ip link set {name} up")
    return device


def _has_data(packet):
    """Whether it is a TCP segment with data, by IPv4."""
    if packet[0] >> 4 != 4 or packet[9] != socket.IPPROTO_TCP:
        return False
    header = (packet[0] & 15) * 4
    return struct.unpack(">H", packet[2:4])[0] > header + (packet[header + 12] >> 4) * 4


class FarServer:
    """A server for a with-block, on FAR; to be used in a network namespace of the test's own.

    script      is called with the first connection
    round_trip  in seconds
    lost        the numbers of its segments with data that are lost, from 1 on
    .port       that the kernel has chosen
    """

    def __init__(self, script, round_trip, lost=()):
        self._script, self._delay, self._lost = script, round_trip / 2, lost
        self._problems = []

    def __enter__(self):
        need("ip")
        with contextlib.ExitStack() as stack:
            self._near = self._opened(stack, _device("near", NEAR))
            self._in_thread(self._settle)
            self._far = self._opened(stack, self._far)
            stack.enter_context(self._listening)
            self._end, self._ended = map(lambda end: self._opened(stack, end), os.pipe())
            self._threads = [threading.Thread(target=target) for target in (self._relay, self._serve)]
            for thread in self._threads:
                thread.start()
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_):
        self._threads[1].join(DEADLINE)
        os.write(self._ended, b"x")
        self._threads[0].join(DEADLINE)
        self._stack.close()
        if self._problems:
            raise self._problems[0]

    @staticmethod
    def _opened(stack, descriptor):
        stack.callback(os.close, descriptor)
        return descriptor

    def _in_thread(self, target):
        def run():
            try:
                target()
            except BaseException as problem:
                self._problems.append(problem)
        thread = threading.Thread(target=run)
        thread.start()
        thread.join(DEADLINE)
        if self._problems:
            raise self._problems.pop()

    def _settle(self):
        """Makes the server's network: a thread can have one of its own, and a socket stays where it was made."""
        if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET) != 0:
            raise unittest.SkipTest("a thread can't have a network of its own here")
        self._far = _device("far", FAR)
        self._listening = socket.create_server((FAR, 0))
        self._listening.settimeout(DEADLINE)
        self.port = self._listening.getsockname()[1]

    def _serve(self):
        try:
            connection, _ = self._listening.accept()
            connection.settimeout(DEADLINE)
            with connection, contextlib.suppress(ConnectionError):
                self._script(connection)
        except Exception as problem:
            self._problems.append(problem)

    def _relay(self):
        """Hands packets over, each after the delay, until the with-block ends."""
        waiting, number, segments = [], 0, 0
        while True:
            wait = max(0, waiting[0][0] - time.monotonic()) if waiting else None
            ready = select.select([self._near, self._far, self._end], [], [], wait)[0]
            if self._end in ready:
                return
            for source, target in ((self._near, self._far), (self._far, self._near)):
                if source not in ready:
                    continue
                packet, number = os.read(source, 65536), number + 1
                if source == self._far and _has_data(packet):
                    segments += 1
                    if segments in self._lost:
                        continue
                heapq.heappush(waiting, (time.monotonic() + self._delay, number, target, packet))
            while waiting and waiting[0][0] <= time.monotonic():
                os.write(waiting[0][2], heapq.heappop(waiting)[3])
