#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""haild -u: who is answered by datagram, with what and from where, and who is not. Rows S5 and B6 have the rest.

Runs in a network namespace of its own, as root there: in it anybody's name can stand on a datagram.
"""
import contextlib
import errno
import os
import pathlib
import signal
import socket
import unittest

from lib import harness, machine
from lib.crowd import linger
from lib.harness import (
    Daemon, GREETING, datagrams_to, has_heard, kernel_counter, message_file, need, poll_until, read_all, run,
    strerror, temporary_directory)
from lib.naive import NaiveAnswerer

LOCAL, LOCAL_V6 = "127.0.0.1", "::1"
ENOUGH = bytes(512)
TOO_SMALL = (r"\d+ bytes from .+ not answered: a request must have more than the \d+ of the answer; ask with "
             r"hailto -u, or printf '%51[23]s' \| nc -u -w 1; more such are only counted")


def haild(*options, **more):
    """A daemon that answers datagrams, too."""
    return Daemon("-u", *options, log=[TOO_SMALL, *more.pop("log", ())], **more)


def counted(daemon):
    """What it has counted of datagrams, without what is 0."""
    return {name.removeprefix("datagrams_"): count for name, count in daemon.counters().items()
            if name.startswith("datagrams") and count}


# Whether the system tells where a datagram was sent to.
IS_TOLD = harness.has("HAVE_STRUCT_IN_PKTINFO_IPI_SPEC_DST")


class Udp(unittest.TestCase):
    def drops(self, daemon, send, client):
        """send() must bring the daemon one datagram, and the client no answer."""
        before = daemon.counters()
        send()
        now = daemon.wait_counters(datagrams=before["datagrams"] + 1)
        self.assertEqual(now["datagrams_answered"], before["datagrams_answered"])
        self.assertFalse(has_heard(client))

    def source_of_answer(self, host, port):
        """Where the answer comes from, to a client that hears everybody."""
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.settimeout(harness.DEADLINE)
            client.sendto(ENOUGH, (host, port))
            return client.recvfrom(1 << 16)[1][:2]


class Answers(Udp):
    def test_both_families_on_one_port(self):
        with haild("-l", "localhost") as daemon:
            self.assertEqual(daemon.addresses, [f"{LOCAL}:{daemon.port}", f"[{LOCAL_V6}]:{daemon.port}"])
            for host in (LOCAL, LOCAL_V6):
                self.assertEqual(daemon.answer(ENOUGH, host), GREETING)
                with harness.connect(daemon.port, host) as client:
                    self.assertEqual(read_all(client), GREETING)
            self.assertEqual(counted(daemon), {"datagrams": 2, "answered": 2})
            self.assertEqual(len(daemon.log_lines(r"haild .* listens on .* by TCP and UDP")), 1)

    def test_port_that_was_given(self):
        with haild("-l", "localhost", port=4242) as daemon:
            for host in (LOCAL, LOCAL_V6):
                self.assertEqual(daemon.answer(ENOUGH, host), GREETING)

    def test_several_addresses(self):
        with haild("-l", LOCAL, "-l", "127.0.0.2", "-l", LOCAL_V6) as daemon:
            for host, port in zip((LOCAL, "127.0.0.2", LOCAL_V6), daemon.ports):
                with datagrams_to(port, host) as client:
                    client.send(ENOUGH)
                    self.assertEqual(client.recv(512), GREETING)

    def test_without_u_nobody_hears(self):
        with Daemon() as daemon, datagrams_to(daemon.port) as client:
            client.send(ENOUGH)
            with self.assertRaises(ConnectionRefusedError):
                client.recv(512)

    def test_request_must_be_longer(self):
        with haild() as daemon, datagrams_to(daemon.port) as client:
            for size in (0, 1, 13, 14):
                self.drops(daemon, lambda: client.send(bytes(size)), client)
            self.assertEqual(daemon.answer(bytes(15)), GREETING)
            self.assertEqual(counted(daemon), {"datagrams": 5, "answered": 1, "too_small": 4})

    def test_empty_greeting(self):
        with haild("-m", "") as daemon, datagrams_to(daemon.port) as client:
            self.drops(daemon, lambda: client.send(b""), client)
            self.assertEqual(daemon.answer(b"x"), b"")

    def test_longest_greeting(self):
        longest = bytes(range(256)) * 2
        with haild("-f", message_file(self, longest)) as daemon, datagrams_to(daemon.port) as client:
            self.drops(daemon, lambda: client.send(longest), client)
            self.assertEqual(daemon.answer(longest + b"x"), longest)

    def test_answer_comes_from_the_address_that_was_asked(self):
        addresses = ["127.0.0.2", "127.7.7.7", "192.0.2.1", "192.0.2.2", LOCAL_V6, "2001:db8::1", "2001:db8::2"]
        # To a client on the same machine, whose own address the kernel takes from the route.
        by_itself = ["192.0.2.1", "192.0.2.2", LOCAL_V6, "2001:db8::1", "2001:db8::2"]
        for address in addresses:
            if not address.startswith("127.") and address != LOCAL_V6:
                machine.own(self, address)
        with haild("-l", "*") as daemon:
            for address in addresses:
                with self.subTest(address=address):
                    source, port = self.source_of_answer(address, daemon.port)
                    self.assertEqual(port, daemon.port)
                    self.assertEqual(source == address, IS_TOLD or address in by_itself)
        # Which is not so by itself.
        with NaiveAnswerer(14, "0.0.0.0") as naive, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.bind((LOCAL, 0))
            client.settimeout(harness.DEADLINE)
            client.sendto(ENOUGH, ("127.0.0.2", naive.port))
            self.assertEqual(client.recvfrom(512)[1], (LOCAL, naive.port))

    # A name that is long, or not plain, is its number instead: an address is one word, and short.
    @unittest.skipIf(harness.has_other_byte_order(), "QEMU passes IPV6_PKTINFO on in the kernel's byte order")
    def test_link_local_address(self):
        for number, (name, plain) in enumerate((("veth0", True), ("fifteen-letters", True), ("a]b", False)), 1):
            with self.subTest(name=name):
                self.judge_link_local(f"fe80::7{number}", name, plain)

    def judge_link_local(self, address, name, plain):
        machine.interface(self, name, f"{address}/64")
        index = socket.if_nametoindex(name)
        shown = f"{address}%{name if plain else index}"
        with haild("-l", "*", "-e", "-m", "{local}") as daemon, \
                socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as client:
            client.settimeout(harness.DEADLINE)
            client.sendto(ENOUGH, (address, daemon.port, 0, index))
            answer, (host, port, _, scope) = client.recvfrom(512)
            if not IS_TOLD:
                self.assertEqual(answer.decode(), f"[::]:{daemon.port}")
                return
            self.assertEqual((host.partition("%")[0], port, scope), (address, daemon.port, index))
            self.assertEqual(answer.decode(), f"[{shown}]:{daemon.port}")

    def test_placeholders(self):
        with haild("-l", "localhost", "-e", "-m", r"{serial}|{peer}|{local}|{local_port}\n") as daemon:
            for serial, host in enumerate((LOCAL, LOCAL_V6, LOCAL), 1):
                with datagrams_to(daemon.port, host) as client:
                    client.send(ENOUGH)
                    shown = "[::1]" if host == LOCAL_V6 else host
                    self.assertEqual(
                        client.recv(512).decode(),
                        f"{serial}|{shown}:{client.getsockname()[1]}|{shown}:{daemon.port}|{daemon.port}\n")

    def test_wildcard_tells_the_address_that_was_asked(self):
        with haild("-l", "*", "-e", "-m", "{local_address}") as daemon:
            if IS_TOLD:
                self.assertEqual(daemon.answer(ENOUGH, "127.0.0.2"), b"127.0.0.2")
            self.assertEqual(daemon.answer(ENOUGH, LOCAL), LOCAL.encode() if IS_TOLD else b"0.0.0.0")
            self.assertEqual(daemon.answer(ENOUGH, LOCAL_V6), b"::1" if IS_TOLD else b"::")

    def test_with_a_unix_socket(self):
        path = temporary_directory(self) / "socket"
        with haild("-l", f"unix:{path}", "-l", LOCAL) as daemon:
            self.assertEqual(daemon.answer(ENOUGH), GREETING)
            with harness.connect_unix(path) as client:
                self.assertEqual(read_all(client), GREETING)

    def test_bounds_of_connections_do_not_concern_them(self):
        with haild("-c", "1", "-n", "2", "--idle", "60s", "-t", "60s", descriptors=False,
                   log=["1 open, the most allowed; other connections wait in the queue"]) as daemon:
            with daemon.connect() as client:
                self.assertEqual(read_all(client), GREETING)
                for _ in range(5):
                    self.assertEqual(daemon.answer(ENOUGH), GREETING)
            self.assertEqual(daemon.greeting(), GREETING)
            self.assertEqual(daemon.wait(), 0)

    def test_several_daemons_share_a_port(self):
        if not harness.can_share_ports(self):
            return
        with haild("--reuse-port", "-e", "-m", "{pid}") as first, \
                haild("--reuse-port", "-e", "-m", "{pid}", port=first.port) as second:
            pids = {str(daemon.pid).encode() for daemon in (first, second)}
            heard = set()
            poll_until(lambda: heard.add(first.answer(ENOUGH)) or heard == pids)


class Peers(Udp):
    """Programs that everybody has"""

    def hears(self, client, *arguments):
        with haild("-l", LOCAL) as daemon:
            filled = " ".join(arguments).replace("PORT", str(daemon.port))
            result = run("sh", "-c", f"printf '%512s' | {client} {filled}")
            self.assertEqual((result.exit, result.stdout), (0, GREETING), result)

    def test_nc(self):
        need("nc.openbsd")
        self.hears("nc.openbsd", "-u", "-w", "1", LOCAL, "PORT")

    def test_socat(self):
        need("socat")
        self.hears("socat", "-t", "1", "-", f"UDP4:{LOCAL}:PORT")

    def test_hailto(self):
        with haild("-l", "localhost") as daemon:
            for host in ("localhost", LOCAL, LOCAL_V6):
                result = run("hailto", "-u", host, daemon.port)
                self.assertEqual((result.exit, result.stdout, result.stderr), (0, GREETING, b""), result)


class Silence(Udp):
    """Towards whoever may be somebody else, or many"""

    def ignores_if_told(self, daemon, send, client):
        """What was sent to many is not answered, if the system tells that it was. Else it is, by one address."""
        if IS_TOLD:
            self.ignores(daemon, send, client)
        else:
            send()
            self.assertEqual(client.recv(512), GREETING)

    def ignores(self, daemon, send, client):
        before = daemon.counters()["datagrams_ignored"]
        self.drops(daemon, send, client)
        self.assertEqual(daemon.counters()["datagrams_ignored"], before + 1)

    def test_senders_that_are_not_one_machine(self):
        """Port 0 and others of services, nobody's address, multicast, reserved, broadcast. (The kernel drops
        those of IPv6 multicast.)"""
        senders = [(LOCAL, 0), (LOCAL, 13), (LOCAL, 1023), (LOCAL_V6, 0), (LOCAL_V6, 1023), ("0.0.0.1", 4242),
                   ("224.0.0.1", 4242), ("239.255.255.250", 4242), ("240.0.0.1", 4242), ("255.255.255.255", 4242),
                   ("::", 4242)]
        with haild("-l", "localhost") as daemon:
            for sender in senders:
                target = (LOCAL_V6 if ":" in sender[0] else LOCAL, daemon.port)
                with self.subTest(sender=sender), datagrams_to(daemon.port, target[0]) as client:
                    self.ignores(daemon, lambda: machine.spoof(sender, target, ENOUGH), client)
                    # In one machine's name the same is answered, so there was nothing else wrong with it.
                    machine.spoof(client.getsockname(), target, ENOUGH)
                    self.assertEqual(client.recv(512), GREETING)
            self.assertEqual(counted(daemon), {"datagrams": 2 * len(senders), "ignored": len(senders),
                                               "answered": len(senders)})

    def test_least_port_that_is_answered_to(self):
        with haild("-l", "localhost") as daemon:
            for host in LOCAL, LOCAL_V6:
                family = socket.AF_INET6 if ":" in host else socket.AF_INET
                with self.subTest(host=host), socket.socket(family, socket.SOCK_DGRAM) as client:
                    client.settimeout(harness.DEADLINE)
                    client.bind((host, 1024))
                    client.sendto(ENOUGH, (host, daemon.port))
                    self.assertEqual(client.recv(512), GREETING)

    def test_broadcast(self):
        machine.interface(self, "veth0", "198.51.100.1/24")
        targets = ["127.255.255.255", "198.51.100.255"]
        with haild("-l", "*") as daemon, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
            for target in targets:
                with self.subTest(target=target):
                    self.ignores_if_told(daemon, lambda: client.sendto(ENOUGH, (target, daemon.port)), client)
            self.assertEqual(counted(daemon), {"datagrams": len(targets), "ignored" if IS_TOLD else "answered":
                                               len(targets)})

    def test_multicast(self):
        machine.interface(self, "veth0", "198.51.100.1/24", "2001:db8::1/64")
        index = socket.if_nametoindex("veth0")
        with haild("-l", "*") as daemon:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
                client.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("198.51.100.1"))
                self.ignores_if_told(daemon, lambda: client.sendto(ENOUGH, ("224.0.0.1", daemon.port)), client)
            with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as client:
                self.ignores_if_told(daemon, lambda: client.sendto(ENOUGH, ("ff02::1", daemon.port, 0, index)),
                                     client)
            self.assertEqual(counted(daemon), {"datagrams": 2, "ignored" if IS_TOLD else "answered": 2})


class Loops(Udp):
    """Two that answer each other, and one datagram that sets them on"""

    def received(self):
        """How many datagrams have come to anybody in this namespace."""
        return kernel_counter("snmp", "Udp", "InDatagrams")

    def test_naive_ones_never_end(self):
        before = self.received()
        with NaiveAnswerer(14) as one, NaiveAnswerer(20) as other:
            machine.spoof((LOCAL, other.port), (LOCAL, one.port), ENOUGH)
            poll_until(lambda: self.received() - before > 1000)

    def between(self, one, other, *expected):
        """Sets them on; each must have received and answered so many."""
        before = self.received()
        machine.spoof((LOCAL, other.port), (LOCAL, one.port), ENOUGH)
        for daemon, (datagrams, answered) in zip((one, other), expected):
            daemon.wait_counters(datagrams=datagrams, datagrams_answered=answered)
        # One whom they would answer comes last: nothing was under way any more.
        for daemon, (datagrams, answered) in zip((one, other), expected):
            daemon.answer(ENOUGH)
            now = daemon.counters()
            self.assertEqual((now["datagrams"], now["datagrams_answered"]), (datagrams + 1, answered + 1))
        # And our two answers.
        self.assertEqual(self.received() - before, sum(datagrams for datagrams, _ in expected) + 4)

    def test_equal_greetings(self):
        with haild() as one, haild() as other:
            self.between(one, other, (1, 1), (1, 0))

    def test_longer_first(self):
        with haild("-m", "x" * 300) as one, haild("-m", "x" * 200) as other:
            self.between(one, other, (2, 1), (1, 1))

    def test_shorter_first(self):
        with haild("-m", "x" * 200) as one, haild("-m", "x" * 300) as other:
            self.between(one, other, (1, 1), (1, 0))

    def test_placeholders_that_vary(self):
        """However they vary, each is shorter than the one before."""
        with haild("-e", "-m", "{peer}{serial}{time}") as one, haild("-e", "-m", "{serial}{peer}") as other:
            before = self.received()
            machine.spoof((LOCAL, other.port), (LOCAL, one.port), ENOUGH)
            other.wait_counters(datagrams_answered=1)
            one.wait_counters(datagrams=2, datagrams_too_small=1)
            self.assertEqual(self.received() - before, 3)

    def test_with_itself(self):
        with haild() as daemon:
            machine.spoof((LOCAL, daemon.port), (LOCAL, daemon.port), ENOUGH)
            daemon.wait_counters(datagrams=2, datagrams_answered=1, datagrams_too_small=1)
            self.assertEqual(daemon.answer(ENOUGH), GREETING)
            self.assertEqual(counted(daemon), {"datagrams": 3, "answered": 2, "too_small": 1})


class Start(Udp):
    def fails(self, exit, line, *options):
        result = run("haild", "-u", *options, deadline=harness.DEADLINE)
        self.assertEqual((result.exit, result.stdout), (exit, b""), result)
        self.assertRegex(result.stderr.decode(), rf"\Ahaild: {line}\n\Z")

    def test_only_unix_sockets(self):
        path = temporary_directory(self) / "socket"
        self.fails(2, "--udp needs an address of --listen that is no UNIX socket", "-l", f"unix:{path}")
        self.fails(2, "--udp needs an address of --listen that is no UNIX socket", "-l", f"unix:{path}", "--check")
        self.assertFalse(path.exists())

    def test_greeting_that_is_too_long(self):
        text = "x" * 513
        path = message_file(self, text.encode())
        most = r"with --udp 512 are the most \(RFC 865\)"
        for check in ([], ["--check"]):
            self.fails(4, rf"the greeting has 513 bytes, {most}", "-m", text, *check)
            self.fails(4, rf"the message file {path} has 513 bytes, {most}", "-f", path, *check)
            # Nine addresses of 63 bytes at the most.
            self.fails(4, rf"the greeting may have 567 bytes, {most}", "-e", "-m", "{peer}" * 9, *check)
        with Daemon("-m", text) as daemon:
            self.assertEqual(daemon.greeting(), text.encode())

    def test_port_in_use_by_udp(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
            other.bind((LOCAL, 0))
            port = other.getsockname()[1]
            self.fails(3, rf"cannot listen on {LOCAL}:{port} by UDP: {strerror(errno.EADDRINUSE)} .*",
                       "-l", LOCAL_V6, "-l", LOCAL, "-p", port)
            # All or nothing: the other address is free again, and so is TCP.
            with Daemon("-l", "localhost", port=port) as daemon:
                self.assertEqual(daemon.greeting(), GREETING)

    def test_port_in_use_by_tcp(self):
        with Daemon() as other:
            self.fails(3, rf"cannot listen on {LOCAL}:{other.port}: {strerror(errno.EADDRINUSE)} .*",
                       "-l", LOCAL, "-p", other.port)

    def test_port_in_use_by_another_daemon(self):
        with haild() as other:
            self.fails(3, rf"cannot listen on {LOCAL}:{other.port}: {strerror(errno.EADDRINUSE)} .*",
                       "-l", LOCAL, "-p", other.port)
            self.assertEqual(other.answer(ENOUGH), GREETING)

    def checks(self, expected, *options):
        result = run("haild", "-u", "--check", *options)
        self.assertEqual((result.exit, result.stdout, result.stderr.decode()), (0, b"", expected), result)

    def test_check(self):
        self.checks("", "-l", "localhost", "-p", "0")
        with haild("-l", LOCAL) as daemon:
            self.checks(f"{LOCAL}:{daemon.port} is in use now\n", "-l", LOCAL, "-p", daemon.port)
            self.assertEqual(counted(daemon), {})
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
            other.bind((LOCAL, 0))
            port = other.getsockname()[1]
            self.checks(f"{LOCAL}:{port} by UDP is in use now\n", "-l", LOCAL, "-p", port)

    def test_port_that_is_free_by_tcp_alone_is_left(self):
        """Where the kernel gives TCP a port that another has by UDP, another one is looked for."""
        path = pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range")
        before = path.read_text()
        path.write_text("40000 40059")
        self.addCleanup(path.write_text, before)
        with contextlib.ExitStack() as stack:
            for port in range(40000, 40060, 3):
                stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)).bind((LOCAL, port))
            for _ in range(5):
                with haild("-l", "localhost") as daemon:
                    self.assertNotEqual((daemon.port - 40000) % 3, 0)
                    self.assertEqual(daemon.answer(ENOUGH), GREETING)


class Reload(Udp):
    def test_old_or_new(self):
        path = message_file(self, b"old" * 100)
        with haild("-q", "-f", path, log=["read .+ again"]) as daemon, datagrams_to(daemon.port) as client:
            texts = [b"new" * 50, b"newer" * 90, b""]
            told = b"old" * 100
            for text in texts:
                with daemon.frozen():
                    for _ in range(50):
                        client.send(ENOUGH)
                    replacement = path.with_name("replacement")
                    replacement.write_bytes(text)
                    os.replace(replacement, path)
                    daemon.signal(signal.SIGHUP)
                heard = {client.recv(1024) for _ in range(50)}
                self.assertLessEqual(heard, {told, text})
                poll_until(lambda: daemon.answer(ENOUGH) == text)
                told = text

    def test_too_long_a_new_one_changes_nothing(self):
        path = message_file(self, b"old")
        log = [rf"haild: the message file {path} has 513 bytes, with --udp 512 are the most \(RFC 865\); "
               "the old greeting stays"]
        with haild("-f", path, log=[*log, "read .+ again"]) as daemon, datagrams_to(daemon.port) as client:
            path.write_bytes(b"x" * 513)
            daemon.signal(signal.SIGHUP)
            daemon.wait_log("the old greeting stays")
            self.assertEqual(daemon.answer(ENOUGH), b"old")
            self.assertEqual(daemon.greeting(), b"old")
            path.write_bytes(b"x" * 512)
            daemon.signal(signal.SIGHUP)
            daemon.wait_log("read .* again")
            self.drops(daemon, lambda: client.send(ENOUGH), client)
            self.assertEqual(daemon.answer(ENOUGH + b"x"), b"x" * 512)


class Log(Udp):
    def test_how_to_ask_is_told_once(self):
        with haild() as daemon, datagrams_to(daemon.port) as client:
            for size in (5, 6, 7):
                self.drops(daemon, lambda: client.send(bytes(size)), client)
            self.assertEqual(
                daemon.log_lines(".*not answered.*"),
                [f"5 bytes from {LOCAL}:{client.getsockname()[1]} not answered: a request must have more than "
                 "the 14 of the answer; ask with hailto -u, or printf '%512s' | nc -u -w 1; more such are only "
                 "counted"])

    def test_answers_are_told_with_v_only(self):
        for options, expected in (([], 0), (["-v"], 1)):
            with haild(*options) as daemon, datagrams_to(daemon.port) as client:
                client.send(ENOUGH)
                self.assertEqual(client.recv(512), GREETING)
                daemon.wait_counters(datagrams_answered=1)
                line = rf"answered: {LOCAL}:{client.getsockname()[1]}: 14 bytes"
                self.assertEqual(len(daemon.log_lines(line)), expected)

    def test_quiet(self):
        with haild("-q") as daemon, datagrams_to(daemon.port) as client:
            client.send(b"x")
            client.send(ENOUGH)
            self.assertEqual(client.recv(512), GREETING)
            self.assertEqual(daemon.stop(), 0)
            self.assertEqual(daemon.log(), "")


class Harm(Udp):
    def test_clients_that_have_gone(self):
        """Their machines refuse the answers by ICMP."""
        with haild("-q", "-l", "localhost") as daemon:
            with daemon.frozen():
                for host in (LOCAL, LOCAL_V6) * 50:
                    with datagrams_to(daemon.port, host) as client:
                        client.send(ENOUGH)
            for host in (LOCAL, LOCAL_V6):
                self.assertEqual(daemon.answer(ENOUGH, host), GREETING)
            self.assertEqual(counted(daemon), {"datagrams": 102, "answered": 102})

    def test_way_back_that_there_is_not(self):
        machine.route(self, "prohibit", "192.0.2.7")
        with haild() as daemon:
            machine.spoof(("192.0.2.7", 4242), (LOCAL, daemon.port), ENOUGH)
            daemon.wait_counters(datagrams=1)
            self.assertEqual(daemon.answer(ENOUGH), GREETING)
            self.assertEqual(counted(daemon), {"datagrams": 2, "answered": 1, "failed": 1})


class Stop(Udp):
    def refuses(self, port):
        """Whether nobody hears datagrams on the port; who hears must not answer."""
        with datagrams_to(port) as client:
            client.send(ENOUGH)
            client.settimeout(0.05)
            try:
                self.fail(f"answered: {client.recv(512)}")
            except ConnectionRefusedError:
                return True
            except TimeoutError:
                return False

    def test_answering_ends_with_the_stop(self):
        with haild("--drain", "60s", "--idle", "60s", "-t", "60s") as daemon, contextlib.ExitStack() as stack:
            linger(daemon, 1, stack)
            self.assertEqual(daemon.answer(ENOUGH), GREETING)
            daemon.signal(signal.SIGTERM)
            daemon.wait_log("^stopping: waiting for 1 connection$")
            poll_until(lambda: self.refuses(daemon.port))
            self.assertEqual(daemon.counters()["datagrams"], 1)

    def test_answering_ends_though_a_connection_waits(self):
        """For its sake the TCP sockets stay open until there is room for it; UDP is refused at once."""
        self.assertTrue(any(self.refuses_before_there_is_room() for _ in range(10)))

    def refuses_before_there_is_room(self):
        """Whether UDP is refused while a connection waits. There is room for it after a second, which a busy
        machine may let pass."""
        log = ["1 open, the most allowed; other connections wait in the queue"]
        with haild("-c", "1", "--drain", "60s", "--idle", "60s", "-t", "60s", log=log) as daemon:
            with daemon.connect() as first, daemon.connect() as second:
                self.assertEqual(read_all(first), GREETING)
                daemon.signal(signal.SIGTERM)
                daemon.wait_log("^stopping: ")
                poll_until(lambda: self.refuses(daemon.port))
                waits = daemon.counters()["accepted"] == 1
                first.close()
                self.assertEqual(read_all(second), GREETING)
            self.assertEqual(daemon.wait(), 0)
        return waits

    def test_answering_ends_with_the_last_connection(self):
        with haild("-n", "1", "--idle", "60s", "-t", "60s", descriptors=False) as daemon:
            with daemon.connect() as client:
                self.assertEqual(read_all(client), GREETING)
                poll_until(lambda: self.refuses(daemon.port))
                self.assertTrue(daemon.is_running())
            self.assertEqual(daemon.wait(), 0)

    def test_requests_at_the_stop_harm_nothing(self):
        with haild("-q") as daemon, datagrams_to(daemon.port) as client:
            with daemon.frozen():
                for _ in range(100):
                    client.send(ENOUGH)
                daemon.signal(signal.SIGTERM)
            self.assertEqual(daemon.wait(), 0)


if __name__ == "__main__":
    machine.enter()
    harness.main()
