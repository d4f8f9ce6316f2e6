#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Which servers lose their greeting to a client that talks first: runs hailto --talk-first against each, prints tables.

For script/talk-first, which builds hailto and installs the servers. Argument: how often each is asked.
"""
import collections
import concurrent.futures
import contextlib
import platform
import shutil
import sys

from lib import foreign, harness, machine
from lib.harness import Daemon, GREETING
from lib.naive import NaiveServer

# What --talk-first is given; None: it is not, which no server may mind.
SIZES = {None: "0 bytes", "1": "1 byte", "64K": "64 KiB", "1M": "1 MiB"}
AT_ONCE = 8
# Longer than a segment that is lost, and sent again, and lost.
PATIENCE = "20s"

Row = collections.namedtuple("Row", "name program package start")


def haild():
    return Daemon("-q", "-l", "127.0.0.1", "--idle", "1m", "-t", "5m")


@contextlib.contextmanager
def before_haild(proxy):
    """The proxy, which `proxy(port)` makes, in front of haild."""
    with haild() as daemon, proxy(daemon.port) as running:
        yield running


def nginx_returns():
    return foreign.nginx(f'server {{ listen 127.0.0.1:{{port}} backlog=512; return "{GREETING.decode()}"; }}')


def nginx_passes(more=""):
    return before_haild(lambda port: foreign.nginx(
        f"server {{ listen 127.0.0.1:{{port}} backlog=512; proxy_pass 127.0.0.1:{port}; {more} }}"))


def haproxy_passes():
    return before_haild(lambda port: foreign.haproxy("bind 127.0.0.1:{port}", f"server it 127.0.0.1:{port}"))


ROWS = (
    Row("haild", None, None, haild),
    Row("HAProxy, `mode tcp`, before haild", "haproxy", "haproxy", haproxy_passes),
    Row("nginx, `proxy_pass`, before haild", "nginx", "nginx", nginx_passes),
    Row("nginx, `proxy_half_close on`, before haild", "nginx", "nginx", lambda: nginx_passes("proxy_half_close on;")),
    Row("nginx, `return`", "nginx", "nginx", nginx_returns),
    Row("xinetd, `cat`", "xinetd", "xinetd", lambda: foreign.xinetd(GREETING)),
    Row("tcpserver, `cat`", "tcpserver", "ucspi-tcp", lambda: foreign.tcpserver(GREETING)),
    Row("socat, `EXEC:cat`", "socat", "socat", lambda: foreign.socat(GREETING, one_way=False)),
    Row("socat, `-U OPEN:`", "socat", "socat", lambda: foreign.socat(GREETING, one_way=True)),
    Row("ncat, `-k -e cat`", "ncat", "ncat", lambda: foreign.ncat(GREETING)),
    Row("libevent's sample server", None, "libevent-dev", NaiveServer),
)


def is_there(row):
    if row.program == "nginx":
        return bool(shutil.which("nginx")) and foreign.NGINX_MODULE.exists()
    return not row.program or bool(shutil.which(row.program))


def ask(port, size):
    """What becomes of one greeting: "whole", "reset" after it was whole, or "lost"."""
    talk = [f"--talk-first={size}"] if size else []
    answer = harness.run("hailto", "-w", PATIENCE, *talk, "127.0.0.1", port)
    if answer.stdout != GREETING:
        return "lost"
    return {0: "whole", 6: "reset"}.get(answer.exit, "lost")


def measure(port, size, times):
    """What becomes of so many greetings, in words."""
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        ends = collections.Counter(pool.map(lambda _: ask(port, size), range(times)))
    return ", ".join(f"{ends[end]} {end}" for end in ("lost", "reset") if ends[end]) or "0"


def show(*cells):
    print(f"| {' | '.join(cells)} |", flush=True)


def table(title, rows, times, losing):
    """Measures all servers, and prints a table; with `losing`, in its with-block."""
    print(f"\n{title}\n")
    show("server", *(f"after {name}" for name in SIZES.values()))
    show("---", *("---:" for _ in SIZES))
    for row in rows:
        with row.start() as server, losing(server.port):
            if ask(server.port, None) == "whole":
                show(row.name, *(measure(server.port, size, times) for size in SIZES))
            else:
                show(row.name, *("does not serve here" for _ in SIZES))


def main():
    times = int(sys.argv[1])
    rows = [row for row in ROWS if is_there(row)]
    for row in ROWS:
        if row not in rows:
            print(f"left out, since {row.program} is not installed: {row.name}")
    table("On a path without losses:", rows, times, lambda port: contextlib.nullcontext())
    table("The first segment with data from the server is dropped:", rows, times, machine.first_data_lost)
    versions = dict.fromkeys(foreign.version_of(row.package) for row in rows if row.package)
    print(f"\nOf {times} greetings each. Versions: Linux {platform.release()},", ", ".join(versions))


if __name__ == "__main__":
    harness.enter_network_namespace()
    main()
