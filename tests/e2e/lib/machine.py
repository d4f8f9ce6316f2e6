# SPDX-License-Identifier: ISC
"""A machine of the test's own: loopback, routes, packet filter and the files of name resolution.

    if __name__ == "__main__":
        machine.enter()
        harness.main()
"""
import atexit
import contextlib
import ctypes
import ipaddress
import itertools
import pathlib
import re
import shutil
import socket
import struct
import subprocess
import tempfile
import threading

from lib import harness
from lib.harness import need

CLONE_NEWNS = 0x00020000
FILES = {
    "hosts": "127.0.0.1 localhost\n::1 localhost\n",
    "nsswitch.conf": "hosts: files dns\nservices: files\n",
    "resolv.conf": "nameserver 127.0.0.1\n",
    "services": "",
    "gai.conf": "",
}
# The files whose place in /etc is ours now, by name.
_ours = {}
# The numbers of the packet filter's tables, so that one test can lose packets in two ways at a time.
_holes = itertools.count()


def enter():
    """To be called before harness.main(), in place of harness.enter_network_namespace()."""
    harness.enter_network_namespace()
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNS) != 0 or not _mount("--make-rprivate", "/"):
        return
    directory = pathlib.Path(tempfile.mkdtemp(prefix="haild-etc-"))
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    for name, text in FILES.items():
        (directory / name).write_text(text)
        if _mount("--bind", directory / name, f"/etc/{name}"):
            _ours[name] = directory / name


def _mount(*arguments):
    return subprocess.run(["mount", *map(str, arguments)], capture_output=True).returncode == 0


def _need_ours(name):
    if name not in _ours:
        raise harness.unittest.SkipTest(f"/etc/{name} can't be replaced in a mount namespace here")


def write(test, name, text):
    """Gives the file of /etc another text for the time of the test; skips it where we can't."""
    _need_ours(name)
    _ours[name].write_text(text)
    test.addCleanup(_ours[name].write_text, FILES[name])


def know(test, name, *addresses):
    """Makes /etc/hosts know the name, with these addresses, for the time of the test."""
    write(test, "hosts", "".join(f"{address} {name}\n" for address in addresses))


def order_of(name):
    """The addresses of the name in the order that programs on this machine try them in."""
    return [found[4][0] for found in socket.getaddrinfo(name, 1, type=socket.SOCK_STREAM)]


def _run(*command):
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, f"{command}: {done.stderr}"
    return done.stdout


def route(test, kind, address):
    """Adds a route of that kind (unreachable, prohibit, blackhole) for the time of the test."""
    need("ip")
    family = "-6" if ":" in address else "-4"
    _run("ip", family, "route", "add", kind, address)
    test.addCleanup(_run, "ip", family, "route", "del", kind, address)


def _wait_routed(*destinations):
    """Waits until the kernel has these in its table of local routes, which a thread of its own sees to a moment
    after an IPv6 address was added, or a link came up. Until then nothing comes to the address, or goes out."""
    def are_routed():
        table = _run("ip", "-6", "route", "show", "table", "local")
        return all(re.search(rf"^(local|multicast)? ?{re.escape(one)} ", table, re.MULTILINE) for one in destinations)
    harness.poll_until(are_routed)


def _plain(address):
    return str(ipaddress.ip_interface(address).ip)


def own(test, address):
    """Gives the loopback interface another address for the time of the test."""
    need("ip")
    prefix, options = (f"{address}/128", ["nodad"]) if ":" in address else (f"{address}/32", [])
    _run("ip", "address", "add", prefix, "dev", "lo", *options)
    test.addCleanup(_run, "ip", "address", "del", prefix, "dev", "lo")
    if ":" in address:
        _wait_routed(f"{_plain(address)} dev lo")


def own_network(test, network, source):
    """Makes all addresses of an IPv6 network this machine's for the time of the test, and one of them that from
    which the others are connected to: so they stand before those of IPv4."""
    need("ip")
    own(test, source)
    _run("ip", "-6", "route", "add", "local", network, "dev", "lo", "src", source)
    test.addCleanup(_run, "ip", "-6", "route", "del", "local", network, "dev", "lo")


def close_to_tcp(test, address, source, kind="unreachable"):
    """Leads to the IPv6 address from that source, but not with TCP, so that it stands first among those
    of a name and yet there is no way to it: unreachable, prohibit or blackhole says how."""
    need("ip")
    own(test, source)
    _run("ip", "-6", "route", "add", address, "dev", "lo", "src", source)
    test.addCleanup(_run, "ip", "-6", "route", "del", address, "dev", "lo")
    rule = ["pref", "100", "to", address, "ipproto", "tcp", kind]
    _run("ip", "-6", "rule", "add", *rule)
    test.addCleanup(_run, "ip", "-6", "rule", "del", *rule)


def interface(test, name, *addresses):
    """Makes a network interface that leads nowhere, with these addresses, for the time of the test; skips it
    where the kernel makes none."""
    need("ip")
    end = f"{name[:11]}-end"  # 15 bytes are the most
    if subprocess.run(["ip", "link", "add", name, "type", "veth", "peer", "name", end],
                      capture_output=True).returncode != 0:
        raise harness.unittest.SkipTest("the kernel makes no pair of virtual interfaces")
    test.addCleanup(_run, "ip", "link", "del", name)
    for address in addresses:
        _run("ip", "address", "add", address, "dev", name, *(["nodad"] if ":" in address else []))
    # What goes out comes in at the other end, which shall hear nothing.
    pathlib.Path(f"/proc/sys/net/ipv6/conf/{end}/disable_ipv6").write_text("1")
    for one in (end, name):
        _run("ip", "link", "set", one, "up")
    if pathlib.Path("/proc/net/if_inet6").exists():
        _wait_routed(f"ff00::/8 dev {name}", *(f"{_plain(address)} dev {name}" for address in addresses if ":" in address))


def _checksum(data):
    """The checksum of the Internet (RFC 1071)."""
    padded = data + bytes(len(data) % 2)
    total = sum(struct.unpack(f">{len(padded) // 2}H", padded))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def spoof(source, destination, data):
    """Sends a datagram in anybody's name; source and destination are an address and a port."""
    family = socket.AF_INET6 if ":" in source[0] else socket.AF_INET
    ends = socket.inet_pton(family, source[0]) + socket.inet_pton(family, destination[0])
    length = 8 + len(data)
    ports = struct.pack(">HHH", source[1], destination[1], length)
    if family == socket.AF_INET6:
        pseudo = ends + struct.pack(">II", length, socket.IPPROTO_UDP)
        checksum = _checksum(pseudo + ports + bytes(2) + data) or 0xFFFF
        header = struct.pack(">IHBB", 6 << 28, length, socket.IPPROTO_UDP, 64) + ends
    else:  # the kernel fills in the rest of the header, and by IPv4 a datagram needs no checksum
        checksum = 0
        header = struct.pack(">BBHHHBBH", 0x45, 0, 20 + length, 0, 0, 64, socket.IPPROTO_UDP, 0) + ends
    with socket.socket(family, socket.SOCK_RAW, socket.IPPROTO_RAW) as raw:
        raw.sendto(header + ports + struct.pack(">H", checksum) + data, (destination[0], 0))


@contextlib.contextmanager
def _dropping(*conditions, verdict="drop"):
    """A with-block in which what comes in and meets one of the conditions is lost, or has another verdict.

    Gives a function that tells how many packets were.
    """
    need("nft")
    hole = f"hole_{next(_holes)}"
    _run("nft", f"add table inet {hole}; add chain inet {hole} input {{ type filter hook input priority 0; }}; " +
         "".join(f"add rule inet {hole} input {condition} counter {verdict}; " for condition in conditions))

    def count():
        return sum(map(int, re.findall(r"packets (\d+)", _run("nft", "list", "table", "inet", hole))))
    try:
        yield count
    finally:
        _run("nft", "delete", "table", "inet", hole)


def _first_packet_to(address):
    return f"{'ip6' if ':' in address else 'ip'} daddr {address} tcp flags & (syn|ack) == syn"


def black_hole(*addresses):
    """A with-block in which the first packet of a TCP connection to these addresses is lost."""
    return _dropping(*map(_first_packet_to, addresses))


def host_unreachable(*addresses):
    """A with-block in which a router says of a TCP connection to these addresses that it cannot reach them."""
    return _dropping(*map(_first_packet_to, addresses), verdict="reject with icmpx type host-unreachable")


def first_packet_lost(port):
    """A with-block in which the first packet of each connection to this port is lost: the kernel sends the next
    one after a second."""
    return _dropping(f"tcp dport {port} tcp flags & (syn|ack) == syn ct mark 0 ct mark set 1")


# What is longer than a SYN with all its options carries data.
DATA_FROM = "tcp sport {} meta length > 60 tcp flags & (syn|rst) == 0"


def first_data_lost(port):
    """A with-block in which the first segment with data of each connection to this server is lost."""
    return _dropping(f"{DATA_FROM.format(port)} ct mark 0 ct mark set 1")


def data_lost(port, percent):
    """A with-block in which so many of the server's segments with data are lost, at random."""
    return _dropping(f"{DATA_FROM.format(port)} numgen random mod 100 < {percent}")


class Late(list):
    """Addresses that the name server tells only after so many seconds."""

    def __init__(self, seconds, addresses):
        super().__init__(addresses)
        self.seconds = seconds


class AtFirst:
    """What the name server says to the first questions of a name and type, so many (None: nothing); and then."""

    def __init__(self, count, answer, then):
        self.left, self.answer, self.then = count, answer, then

    def next(self):
        self.left -= 1
        return self.answer if self.left >= 0 else self.then


_TYPES = {1: ("A", socket.AF_INET), 28: ("AAAA", socket.AF_INET6)}


def _type(kind):
    return _TYPES[kind][0] if kind in _TYPES else f"type {kind}"


def _question(query):
    """The question of a query: the name in lower case, the type's number, and the bytes."""
    labels, at = [], 12
    while query[at]:
        labels.append(query[at + 1:at + 1 + query[at]].decode().lower())
        at += 1 + query[at]
    return ".".join(labels), struct.unpack_from(">H", query, at + 1)[0], query[12:at + 5]


def _response(query, answer):
    """The response to a query: a code (RFC 1035, 4.1.1), or addresses."""
    _, kind, question = _question(query)
    code, addresses = (answer, []) if isinstance(answer, int) else (0, answer)
    # A response (80), recursion is to be had (80), one question, the answers.
    header = query[:2] + struct.pack(">BBHHHH", 0x81, 0x80 | code, 1, len(addresses), 0, 0)
    # The name is the question's (C00C), the class IN, and it lives no second.
    records = [socket.inet_pton(_TYPES[kind][1], address) for address in addresses]
    return header + question + b"".join(
        struct.pack(">HHHIH", 0xC00C, kind, 1, 0, len(record)) + record for record in records)


class _NameServer:
    def __init__(self, server, answers, names):
        self.asked, self.questions = threading.Event(), []
        self._server, self._answers, self._names, self._late = server, answers, names, []

    def is_set(self):
        return self.asked.is_set()

    def wait(self, seconds):
        return self.asked.wait(seconds)

    def _answer_to(self, name, kind):
        answers = self._answers if self._names is None else self._names.get(name, 3)
        answer = answers if isinstance(answers, int) else (answers or {}).get(_type(kind))
        return answer.next() if isinstance(answer, AtFirst) else answer

    def serve(self):
        while True:
            query, peer = self._server.recvfrom(512)
            if not query:
                break
            name, kind, _ = _question(query)
            self.questions.append((name, _type(kind)))
            self.asked.set()
            answer = self._answer_to(name, kind)
            if isinstance(answer, Late):
                timer = threading.Timer(answer.seconds, self._server.sendto, (_response(query, answer), peer))
                self._late.append(timer)
                timer.start()
            elif answer is not None:
                self._server.sendto(_response(query, answer), peer)
        for timer in self._late:
            timer.cancel()
            timer.join()


@contextlib.contextmanager
def name_server(answers=None, names=None):
    """A with-block with a name server.

    answers  None: silent; a number: the code of every response (3: no such name, RFC 1035 4.1.1);
             {"A": ["127.0.0.1"], "AAAA": Late(2, ["::1"])}: for each type the addresses ([]: there are
             none), a number, or AtFirst(1, None, []); to a type that is not in it the server is silent
    names    {"server.example": answers}, if they differ; of others it says that there is no such name
    Gives an object whose .wait(seconds) and .is_set() are those of an Event that is set when the server was
    asked, and whose .questions are what for: ("server.example", "A"), ...
    Skips the test where another server would be asked: resolv.conf can't be replaced.
    """
    _need_ours("resolv.conf")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 53))
        scripted = _NameServer(server, answers, names)
        thread = threading.Thread(target=scripted.serve)
        thread.start()
        try:
            yield scripted
        finally:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as end:
                end.sendto(b"", ("127.0.0.1", 53))
            thread.join(harness.DEADLINE)


def connecting(host):
    """Whether a TCP connection to the host is being tried right now, as the kernel's table tells."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    words = struct.unpack(f"={4 if family == socket.AF_INET6 else 1}I", socket.inet_pton(family, host))
    shown = "".join(f"{word:08X}" for word in words)
    table = pathlib.Path("/proc/net/tcp6" if family == socket.AF_INET6 else "/proc/net/tcp").read_text()
    return any(fields[2].startswith(f"{shown}:") and fields[3] == "02"
               for fields in (line.split() for line in table.splitlines()[1:]))
