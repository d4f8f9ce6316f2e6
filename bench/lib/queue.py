# SPDX-License-Identifier: ISC
"""What the kernel does with clients that come at once while haild does not accept, and where it counts them."""
import collections
import contextlib
import pathlib
import shutil
import socket
import subprocess

from lib import machine, rest, servers
from lib.table import Table

CLIENTS = 60
# As small as is seen well. The rule makes clients that never finish their handshake: they do not hear the SYN-ACK.
RULE = "table inet bench { chain input { type filter hook input priority 0; tcp flags & (syn|ack) == syn|ack drop; }; }"
SYN_RECEIVED = "03"
COUNTERS = ("ListenOverflows", "ListenDrops", "TCPReqQFullDoCookies")
SETTINGS = {"cookies": pathlib.Path("/proc/sys/net/ipv4/tcp_syncookies"),
            "syns": pathlib.Path("/proc/sys/net/ipv4/tcp_max_syn_backlog")}

Case = collections.namedtuple("Case", "finished backlog cookies syns")
CASES = (Case("yes", 10, 1, 2048), Case("no", 10, 1, 2048), Case("no", 40, 1, 16), Case("no", 40, 0, 16))


@contextlib.contextmanager
def _settings(case):
    """A with-block in which the kernel has a case's settings."""
    before = {path: path.read_text() for path in SETTINGS.values()}
    try:
        for name, path in SETTINGS.items():
            path.write_text(str(getattr(case, name)))
        if case.finished == "no":
            subprocess.run(["nft", RULE], check=True)
        yield
    finally:
        for path, text in before.items():
            path.write_text(text)
        if case.finished == "no":
            subprocess.run(["nft", "delete table inet bench"], check=True)


def _half_open(port):
    with open("/proc/net/tcp", encoding="ascii") as table:
        return sum(words[1].endswith(f":{port:04X}") and words[3] == SYN_RECEIVED for words in map(str.split, table))


def _counters():
    return [machine.kernel_counter("netstat", "TcpExt", name) for name in COUNTERS]


def _come(port, clients):
    """Lets clients begin to connect; each is closed with the stack."""
    for _ in range(CLIENTS):
        client = clients.enter_context(socket.socket())
        client.setblocking(False)
        client.connect_ex(("127.0.0.1", port))


def _row(case):
    """What becomes of the clients' first SYNs: each waits, is half open, has a cookie, or is dropped."""
    with _settings(case), servers.by_name("haild").running(options=(f"--backlog={case.backlog}",)) as server:
        with rest.frozen(server), contextlib.ExitStack() as clients:
            before = _counters()

            def found():
                counted = [now - then for now, then in zip(_counters(), before)]
                places = (rest.waiting(server.port), _half_open(server.port))
                return (*places, *counted) if sum(places) + counted[1] + counted[2] >= CLIENTS else None
            _come(server.port, clients)
            return machine.poll_until(found, "an end of all SYNs")


def measure(_effort):
    """The table of this part."""
    table = Table(
        "queue", f"{CLIENTS} clients that come at once while haild stands still",
        ("backlog", "handshakes", "tcp_syncookies", "tcp_max_syn_backlog", "waiting", "half_open", *COUNTERS),
        ("handshakes: whether clients can finish them, or never hear the SYN-ACK.",
         "waiting, half_open: how many are in the queue for accept(2), and in that for handshakes.",
         "The others are counters of the kernel (nstat), before a SYN is sent again."))
    for case in CASES:
        if case.finished == "yes" or shutil.which("nft"):
            waiting, half_open, *counted = _row(case)
            table.add(case.backlog, case.finished, case.cookies, case.syns, waiting, half_open, *counted)
    yield table
