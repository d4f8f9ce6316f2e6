# SPDX-License-Identifier: ISC
"""The clients that script/compare-clients compares, and how each is told to get a greeting within ten seconds.

A client's own limits are 10 s. What may outlast them all the same, for want of a limit on all of it, is ended by
timeout(1) after 11 s.
"""
import collections

from lib import harness

LIMIT = "10"
UNLIMITED = ["timeout", "11"]
# What wait-for-it and its like do, which Debian does not have.
POLL = 'until (echo > "/dev/tcp/$0/$1") 2>/dev/null; do sleep 1; done'

# Whom to ask: a host and a port, or unix, a path or a name after an at sign. source is the address to connect from,
# greeting what is known to come, if it comes slowly, and size how long it may be.
Target = collections.namedtuple("Target", "host port unix source greeting size",
                                defaults=(None, None, None, None, None, None))

# reads: it prints the greeting; else it only connects. command(target) gives its command line, or None: it can't.
Client = collections.namedtuple("Client", "name package reads command")


def _bracketed(host):
    return f"[{host}]" if ":" in host else host


def hailto_arguments(target):
    more = ["-s", target.source] if target.source else []
    more += ["-E", target.greeting] if target.greeting else []
    more += ["-b", target.size] if target.size else []
    server = [f"unix:{target.unix}"] if target.unix else [target.host, target.port]
    return ["-w", LIMIT, *more, *server]


def _hailto(target):
    return [harness.program("hailto"), *hailto_arguments(target)]


def _nc(target):
    more = ["-s", target.source] if target.source else []
    server = ["-U", target.unix] if target.unix else [target.host, target.port]
    return [*UNLIMITED, "nc", "-v", "-d", "-w", LIMIT, *more, *server]


def _ncat(target):
    more = ["-s", target.source] if target.source else []
    if (target.unix or "").startswith("@") or not str(target.port or 1).isdigit():
        return None
    server = ["-U", target.unix] if target.unix else [target.host, target.port]
    return [*UNLIMITED, "ncat", "--recv-only", "-w", LIMIT, "-i", LIMIT, *more, *server]


def _curl(target):
    more = ["--interface", target.source] if target.source else []
    if not str(target.port or 1).isdigit():
        return None
    if target.unix:
        abstract, name = target.unix.startswith("@"), target.unix.removeprefix("@")
        server = ["--abstract-unix-socket" if abstract else "--unix-socket", name, "telnet://localhost"]
    else:
        server = [f"telnet://{_bracketed(target.host).replace('%', '%25')}:{target.port}"]
    return ["curl", "-sS", "-m", LIMIT, *more, *server]


def _socat(target):
    more = f",bind={target.source}" if target.source else ""
    if target.unix:
        kind = "ABSTRACT" if target.unix.startswith("@") else "UNIX"
        server = f"{kind}-CONNECT:{target.unix.removeprefix('@')}"
    else:
        server = f"TCP:{_bracketed(target.host)}:{target.port},connect-timeout={LIMIT}{more}"
    return [*UNLIMITED, "socat", "-u", "-T", LIMIT, server, "STDOUT"]


def _poll(target):
    if target.unix or target.source:
        return None
    return ["timeout", LIMIT, "bash", "-c", POLL, target.host, target.port]


CLIENTS = (
    Client("hailto", None, True, _hailto),
    Client("nc", "netcat-openbsd", True, _nc),
    Client("ncat", "ncat", True, _ncat),
    Client("curl", "curl", True, _curl),
    Client("socat", "socat", True, _socat),
    Client("bash loop", "bash", False, _poll),
)
