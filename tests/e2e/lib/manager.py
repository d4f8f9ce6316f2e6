# SPDX-License-Identifier: ISC
"""A service manager, as far as sd_notify(3) goes: a socket that takes datagrams, and what they say, in order."""
import os
import re
import socket
import time

from lib import harness


class Manager:
    """A manager for a with-block. Its address is a path in the folder, or an abstract name if there is none."""

    def __init__(self, folder=None):
        self.address = str(folder / "notify") if folder else f"@haild-test-{os.getpid()}-{time.monotonic_ns()}"

    def __enter__(self):
        name = "\0" + self.address[1:] if self.address.startswith("@") else self.address
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(name)
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """From now on nobody is there."""
        self._socket.close()

    @property
    def env(self):
        return {"NOTIFY_SOCKET": self.address}

    def connected(self):
        """A socket that is connected to the manager, such as for a program's standard output."""
        other = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        other.connect(self._socket.getsockname())
        return other

    def receive(self, seconds=None):
        """The next message, as text; AssertionError if none comes in time."""
        self._socket.settimeout(harness.DEADLINE if seconds is None else seconds)
        try:
            return self._socket.recv(4096).decode()
        except TimeoutError:
            raise AssertionError("no message to the service manager") from None

    def receive_until(self, pattern):
        """All messages up to one that matches as a whole."""
        messages = []
        while not (messages and re.fullmatch(pattern, messages[-1])):
            messages.append(self.receive())
        return messages

    def rest(self):
        """All messages that are there now."""
        messages = []
        self._socket.setblocking(False)
        try:
            while True:
                messages.append(self._socket.recv(4096).decode())
        except BlockingIOError:
            return messages

    def is_silent(self, seconds):
        """Whether no message comes for so long."""
        self._socket.settimeout(seconds)
        try:
            self._socket.recv(4096)
        except TimeoutError:
            return True
        return False
