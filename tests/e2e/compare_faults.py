# SPDX-License-Identifier: ISC
"""The faults that script/compare-clients puts before each client, and what hailto must say of each.

All are made in a network namespace with its own hosts file and name server, so the ports are fixed.
"""
import collections
import contextlib
import socket
import threading

from compare_commands import Target
from lib import machine
from lib.harness import GREETING, temporary_directory
from lib.machine import Late
from lib.servers import CHUNK, Server, resets, says, stays

NAME, LONG_NAME = "server.example", "x" * 255
PORT = 4242
V4, V6 = "127.0.0.1", "::1"
LIVE, FIRST = "127.0.0.9", "127.0.0.2"
LINK_LOCAL = "fe80::77"
NOT_OURS = "192.0.2.9"
SLOW = b"Hello"
LATE = 2
# So much later than the connect, in seconds, that a reset finds every client connected.
RESET_AFTER = 0.1
# How long hailto waits for an address before it tries the next (RFC 8305, 5); the sooner the more connections.
ATTEMPT = 0.25
BY_NAME, BY_ADDRESS = Target(NAME, PORT), Target(V4, PORT)
# Root may connect to any UNIX socket; without this it is held to the rights as others are.
WITHOUT_RIGHTS = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]

# name    what it is called on the command line
# title   what it is called in the table
# exit    hailto's exit status, and says a regular expression that its message matches
# heard   what a client prints that gets the greeting; None: there is none to get
# target  whom to ask, or a function of the test that says so
# start   makes it: start(test) may clean up with test.addCleanup(), and gives a with-block
# prefix  what runs the clients
# enough  seconds in which hailto must have its verdict, where another client has reasons to be sooner
Fault = collections.namedtuple("Fault", "name title exit says heard target start prefix enough",
                               defaults=([], None))


def greets(name, title, target, start, heard=GREETING, enough=None):
    """A fault in spite of which there is a greeting."""
    return Fault(name, title, 0, r"\A\Z", heard, target, start, enough=enough)


def by_a_server(script, address=V4):
    return lambda test: Server(script, (address, PORT))


def without_a_server(test):
    return contextlib.nullcontext()


@contextlib.contextmanager
def asked_of(answers, address=V4):
    """A name server that answers so, and a server at the address."""
    with machine.name_server(answers), Server(says(GREETING), (address, PORT)):
        yield


def one_byte_segments(connection):
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for byte in pattern(1024):
        connection.sendall(bytes([byte]))


def pattern(length):
    """Bytes that tell if some were lost or exchanged."""
    return b"".join(b"%07d\n" % i for i in range(length // 8))


def flows(connection):
    """Sends without end, but no more than some megabytes a second."""
    while True:
        connection.sendall(CHUNK)
        threading.Event().wait(0.01)


@contextlib.contextmanager
def seven_of_eight(test):
    """The live address is the last. Of the others one refuses, two swallow, and to four there is no way."""
    for number, kind in enumerate(("unreachable", "prohibit", "blackhole"), 1):
        machine.close_to_tcp(test, f"2001:db8::{number}", f"2001:db8::7{number}", kind)
    machine.know(test, NAME, "2001:db8::1", "2001:db8::2", "2001:db8::3", V6, FIRST, "127.0.0.3", "127.0.0.4", LIVE)
    assert machine.order_of(NAME)[-1] == LIVE
    with machine.black_hole(V6, "127.0.0.3"), machine.host_unreachable("127.0.0.4"), \
            Server(says(GREETING), (LIVE, PORT)):
        yield


def resets_later(data=b""):
    def script(connection):
        threading.Event().wait(RESET_AFTER)
        resets(data)(connection)
    return script


@contextlib.contextmanager
def first_resets(test):
    machine.know(test, NAME, FIRST, LIVE)
    with Server(resets_later(), (FIRST, PORT)), Server(says(GREETING), (LIVE, PORT)):
        yield


@contextlib.contextmanager
def one_family_is_swallowed(test, hole, alive):
    machine.know(test, NAME, V6, V4)
    with machine.black_hole(hole), Server(says(GREETING), (alive, PORT)):
        yield


def socket_path(test):
    """The path of a UNIX socket of this test, for which nobody listens yet."""
    test.path = temporary_directory(test) / "socket"
    return Target(unix=str(test.path))


@contextlib.contextmanager
def nobody_listens(test):
    with contextlib.closing(socket.socket(socket.AF_UNIX)) as held:
        held.bind(str(test.path))
        yield


@contextlib.contextmanager
def nobody_may(test):
    with Server(says(GREETING), test.path):
        test.path.chmod(0)
        yield


@contextlib.contextmanager
def link_local(test):
    machine.own(test, LINK_LOCAL)
    with Server(says(GREETING), (f"{LINK_LOCAL}%lo", PORT)):
        yield


def with_services(test):
    machine.write(test, "services", f"greeting-test {PORT}/tcp\n")
    return Server(says(GREETING), (V4, PORT))


NAMES = (
    Fault("dns-silent", "name server never answers", 3, "resolve: no answer from the name service", None, BY_NAME,
          lambda test: machine.name_server()),
    greets("dns-only-a", "name server drops the question for IPv6", BY_NAME, lambda test: asked_of({"A": [V4]})),
    greets("dns-only-aaaa", "name server drops the question for IPv4", BY_NAME,
           lambda test: asked_of({"AAAA": [V6]}, V6)),
    greets("dns-late", "name server answers after 2 s", BY_NAME,
           lambda test: asked_of({"A": Late(LATE, [V4]), "AAAA": Late(LATE, [])})),
    Fault("unknown", "name that there is not", 3, "resolve: Name or service not known", None, BY_NAME,
          lambda test: machine.name_server(3)),
    Fault("long-name", "name of 255 letters", 3, "resolve: ", None, Target(LONG_NAME, PORT),
          lambda test: machine.name_server(3)),
)
CONNECTIONS = (
    greets("one-of-eight", "8 addresses, of which 7 are dead", BY_NAME, seven_of_eight),
    greets("ipv6-hole", "IPv6 is swallowed, IPv4 is good", BY_NAME,
           lambda test: one_family_is_swallowed(test, V6, V4), enough=ATTEMPT + 0.05),
    greets("ipv4-hole", "IPv4 is swallowed, IPv6 is good", BY_NAME,
           lambda test: one_family_is_swallowed(test, V4, V6)),
    Fault("first-resets", "2 addresses; the first accepts and resets", 6, "read: Connection reset", None, BY_NAME,
          first_resets),
    Fault("refused", "refused port", 4, "connect: Connection refused", None, BY_ADDRESS, without_a_server),
    Fault("hole", "every packet is swallowed", 5, "connect: .*10s", None, BY_ADDRESS,
          lambda test: machine.black_hole(V4)),
    Fault("no-route", "no route", 4, "connect: Network is unreachable", None, Target(NOT_OURS, PORT),
          without_a_server),
)
STREAMS = (
    greets("slow", "a byte a second, 5 in all", BY_ADDRESS._replace(greeting=SLOW.decode()),
           by_a_server(says(*(SLOW[i:i + 1] for i in range(len(SLOW))), pause=1)), SLOW),
    greets("segments", "1,024 segments of a byte", BY_ADDRESS, by_a_server(one_byte_segments), pattern(1024)),
    greets("endless", "stream without end", BY_ADDRESS, by_a_server(flows), CHUNK[:1024]),
    greets("stays", "greets, and stays connected", BY_ADDRESS, by_a_server(stays(GREETING))),
    greets("nuls", "NULs in the greeting", BY_ADDRESS, by_a_server(says(b"Hi\0from\0server\0")), b"Hi\0from\0server\0"),
    greets("long", "64 KiB at once", BY_ADDRESS._replace(size="64K"), by_a_server(says(CHUNK)), CHUNK),
    Fault("empty", "accepts and closes", 7, "read: ", None, BY_ADDRESS, by_a_server(says())),
    Fault("silent", "accepts and is silent", 7, "read: .*10s", None, BY_ADDRESS, by_a_server(stays())),
    Fault("reset-before", "reset before the greeting", 6, "read: Connection reset", None, BY_ADDRESS,
          by_a_server(resets_later())),
    Fault("reset-within", "reset within the greeting", 6, "read: Connection reset .*7 bytes", None, BY_ADDRESS,
          by_a_server(resets_later(GREETING[:7]))),
    Fault("reset-after", "reset after the greeting", 6, "read: Connection reset .*14 bytes", None, BY_ADDRESS,
          by_a_server(resets_later(GREETING))),
)
ADDRESSES = (
    Fault("unix-nobody", "UNIX socket without a listener", 4, "connect: Connection refused", None, socket_path,
          nobody_listens),
    Fault("unix-rights", "UNIX socket without the right to connect", 4, "connect: Permission denied", None,
          socket_path, nobody_may, WITHOUT_RIGHTS),
    Fault("abstract", "abstract socket without a listener", 4, "connect: Connection refused", None,
          Target(unix="@nobody.example"), without_a_server),
    Fault("source", "source address that is not ours", 2, f"bad source '{NOT_OURS}'", None,
          BY_ADDRESS._replace(source=NOT_OURS), by_a_server(says(GREETING))),
    greets("zone", "link-local address with its zone", Target(f"{LINK_LOCAL}%lo", PORT), link_local),
    Fault("zone-unknown", "link-local address, unknown zone", 3, "resolve: ", None, Target(f"{LINK_LOCAL}%none", PORT),
          link_local),
    Fault("zone-missing", "link-local address without a zone", 4, r"connect: .*needs its zone", None,
          Target(LINK_LOCAL, PORT), link_local),
    greets("service", "port by the name of its service", Target(V4, "greeting-test"), with_services),
    Fault("service-unknown", "unknown service", 2, "bad port 'no-service'", None, Target(V4, "no-service"),
          with_services),
)
TABLES = {"Names": NAMES, "Connections": CONNECTIONS, "Streams": STREAMS, "Addresses": ADDRESSES}


def target_of(fault, test):
    return fault.target if isinstance(fault.target, Target) else fault.target(test)
