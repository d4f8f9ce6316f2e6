# SPDX-License-Identifier: ISC
"""Socket activation: sockets that a test holds, as a service manager does, and passes to haild.

    with listening() as held, Activated(held) as daemon:
"""
import fcntl
import os
import shlex
import socket
import sys

from lib import harness
from lib.harness import Daemon

FIRST = 3
# Where descriptors are on their way, clear of those where they are to be.
HIGH = 200
# Sets LISTEN_PIDFDID to the number of the own pidfd, behind what is given, and becomes the command.
NUMBER = """
import os, sys
pidfd = os.pidfd_open(os.getpid())
os.environ["LISTEN_PIDFDID"] = f"{sys.argv[1]}{os.fstat(pidfd).st_ino}"
os.close(pidfd)
os.execvp(sys.argv[2], sys.argv[2:])
"""


def _move(source, number):
    """In words of the shell: puts the descriptor there; None: that one is closed."""
    # One by one: within a command, bash keeps descriptors of its own from 10 on.
    return f"exec {number}<&-" if source is None else f"exec {number}<&{source}\nexec {source}<&-"


def _set(name, value):
    """In words of the shell: sets the variable; its own number is the one that haild will have."""
    quoted = shlex.quote(value).replace("$PID", "'$$'")
    return f"export {name}={quoted}"


class Passing:
    """What is passed: sockets, files or descriptors, None for a closed one; as .prefix and .popen of a command.

    names      LISTEN_FDNAMES, as a list; None: not set
    variables  others, or other values; None: not set. "$PID" is haild's number; "$ID" at the end of LISTEN_PIDFDID
               is that of its pidfd
    """

    def __init__(self, passed, names=None, variables=None):
        descriptors = [None if one is None else fcntl.fcntl(one, fcntl.F_DUPFD_CLOEXEC, HIGH) for one in passed]
        said = {"LISTEN_FDS": str(len(passed)), "LISTEN_PID": "$PID",
                "LISTEN_FDNAMES": None if names is None else ":".join(names), **(variables or {})}
        steps = [_move(source, number) for number, source in enumerate(descriptors, FIRST)]
        steps += [_set(name, value) for name, value in said.items() if value is not None]
        self.prefix = ["bash", "-c", "\n".join([*steps, 'exec "$@"']), "bash"]
        if (said.get("LISTEN_PIDFDID") or "").endswith("$ID"):
            self.prefix += [sys.executable, "-S", "-c", NUMBER, said["LISTEN_PIDFDID"].removesuffix("$ID")]
        self._open = [one for one in descriptors if one is not None]
        self.popen = {"pass_fds": self._open}

    def close(self):
        """Once the command runs, it has its own."""
        for descriptor in self._open:
            os.close(descriptor)
        self._open = []


class Activated(Daemon):
    """A haild to which sockets are passed; they stay open here, too. It has no --listen but what is in options."""

    def __init__(self, *passed, options=(), names=None, variables=None, **more):
        self._passing = Passing(passed, names, variables)
        super().__init__(*options, port=None, prefix=self._passing.prefix, popen=self._passing.popen, **more)

    def __enter__(self):
        try:
            return super().__enter__()
        finally:
            self._passing.close()


def run_activated(*passed, options=(), names=None, variables=None):
    """Runs haild to its end with what is passed; returns a harness.Result."""
    passing = Passing(passed, names, variables)
    try:
        return harness.run("haild", *options, prefix=passing.prefix, **passing.popen)
    finally:
        passing.close()


def listening(host="127.0.0.1", port=0, kind=socket.SOCK_STREAM, dual=False, backlog=4096):
    """A socket as a manager makes it: blocking. TCP, or UDP with SOCK_DGRAM; dual: IPv6 that takes IPv4, too."""
    made = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, kind)
    if made.family == socket.AF_INET6:
        made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, not dual)
    made.bind((host, port))
    if kind == socket.SOCK_STREAM:
        made.listen(backlog)
    return made


def listening_unix(path, kind=socket.SOCK_STREAM):
    """The same at a path; of SOCK_SEQPACKET, too."""
    made = socket.socket(socket.AF_UNIX, kind)
    made.bind(str(path))
    if kind != socket.SOCK_DGRAM:
        made.listen(4096)
    return made


def port_of(socket_):
    return socket_.getsockname()[1]


def name_of(socket_):
    """Its address as haild prints it."""
    address = socket_.getsockname()
    if socket_.family == socket.AF_UNIX:
        return f"unix:{address}"
    return f"[{address[0]}]:{address[1]}" if socket_.family == socket.AF_INET6 else f"{address[0]}:{address[1]}"
