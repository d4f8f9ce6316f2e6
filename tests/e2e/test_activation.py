#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Socket activation: sockets that a service manager holds and passes to haild, of all kinds, in any order."""
import contextlib
import os
import pathlib
import random
import re
import signal
import socket
import subprocess
import unittest

from lib import harness
from lib.activation import Activated, listening, listening_unix, name_of, port_of, run_activated
from lib.crowd import connect_all, serve_all
from lib.harness import (
    Daemon, GREETING, connect, connect_unix, datagrams_to, need, poll_until, read_all, run, temporary_directory)
from lib.scrape import scrape

LOCAL, LOCAL_V6 = "127.0.0.1", "::1"
ENOUGH = bytes(512)
DGRAM = socket.SOCK_DGRAM


def has_ipv6():
    with contextlib.suppress(OSError), socket.create_server((LOCAL_V6, 0), family=socket.AF_INET6):
        return True
    return False


HAS_IPV6 = has_ipv6()


def ask(host, port):
    """What a datagram is answered with."""
    with datagrams_to(port, host) as client:
        client.send(ENOUGH)
        return client.recv(1 << 16)


def hear(host, port):
    with connect(port, host) as client:
        return read_all(client)


def hear_unix(path):
    with connect_unix(path) as client:
        return read_all(client)


class Activation(unittest.TestCase):
    def setUp(self):
        self.stack = contextlib.ExitStack()
        self.addCleanup(self.stack.close)
        self.folder = temporary_directory(self)

    def keep(self, made):
        """A socket or file that is closed after the test."""
        return self.stack.enter_context(made)

    def stream(self, **more):
        return self.keep(listening(**more))

    def datagrams(self, **more):
        return self.keep(listening(kind=DGRAM, **more))

    def unix(self, name, kind=socket.SOCK_STREAM):
        return self.keep(listening_unix(self.folder / name, kind))

    def ask_unix(self, path):
        """What a datagram to that path is answered with; its sender is bound."""
        with socket.socket(socket.AF_UNIX, DGRAM) as client:
            client.settimeout(harness.DEADLINE)
            client.bind(str(self.folder / "client"))
            try:
                client.sendto(ENOUGH, str(path))
                return client.recv(1 << 16)
            finally:
                os.unlink(self.folder / "client")

    def refuses(self, told, *passed, **more):
        """haild must end with exit status 3 and that one line, whether it is to serve or only to check."""
        for options in ["-l", "127.0.0.1:0"], ["--check"]:
            result = run_activated(*passed, options=options, **more)
            self.assertEqual((result.exit, result.stdout, result.stderr.decode()), (3, b"", f"haild: {told}\n"))


class Kinds(Activation):
    def test_one(self):
        with self.stream() as held, Activated(held) as daemon:
            self.assertEqual(daemon.addresses, [name_of(held)])
            for _ in range(100):
                self.assertEqual(daemon.greeting(), GREETING)

    def mixed(self):
        """One of each kind, with what asks it."""
        def tcp(host, **more):
            made = self.stream(host=host, **more)
            return made, lambda: hear(LOCAL if more else host, port_of(made))

        def udp(host, **more):
            made = self.datagrams(host=host, **more)
            return made, lambda: ask(LOCAL if more else host, port_of(made))

        def unix(name):
            made = self.unix(name)
            return made, lambda: hear_unix(made.getsockname())

        def unix_datagrams(name):
            made = self.unix(name, DGRAM)
            return made, lambda: self.ask_unix(made.getsockname())

        kinds = [tcp(LOCAL), udp(LOCAL), unix("stream"), unix_datagrams("datagrams"), tcp("0.0.0.0")]
        if HAS_IPV6:
            kinds += [tcp(LOCAL_V6), udp(LOCAL_V6), tcp("::", dual=True), udp("::", dual=True)]
        return kinds

    # Also more of them than one; nothing distinguishes their descriptors.
    def test_all_in_any_order(self):
        for seed in range(4):
            kinds = self.mixed()
            random.Random(seed).shuffle(kinds)
            with self.subTest(seed), Activated(*[made for made, _ in kinds], options=["-v"]) as daemon:
                self.assertEqual(daemon.addresses, [name_of(made) for made, _ in kinds])
                for made, asks in kinds:
                    self.assertEqual(asks(), GREETING, made)
                daemon.wait_counters(open=0)
            self.stack.close()
            for name in "stream", "datagrams":
                os.unlink(self.folder / name)

    def test_log_tells_datagrams_apart(self):
        with self.stream() as tcp, self.datagrams() as udp, Activated(udp, tcp) as daemon:
            daemon.wait_log(rf" listens on {re.escape(name_of(udp))} \(datagrams\), {re.escape(name_of(tcp))}$")

    # One line for an address, as with -u.
    def test_address_of_both_protocols(self):
        with self.stream() as tcp, self.datagrams(port=port_of(tcp)) as udp:
            for passed in (tcp, udp), (udp, tcp):
                with Activated(*passed) as daemon:
                    self.assertEqual(daemon.addresses, [name_of(tcp)])
                    daemon.wait_log(f" listens on {name_of(tcp)} by TCP and UDP$")
                    self.assertEqual((daemon.greeting(), daemon.answer(ENOUGH)), (GREETING, GREETING))

    @unittest.skipUnless(HAS_IPV6, "this machine has no IPv6")
    def test_ipv4_peers_of_both_families(self):
        local = b"127.0.0.1" if harness.has("HAVE_STRUCT_IN_PKTINFO_IPI_SPEC_DST") else None
        options = ["-v", "-e", "-m", "{peer_address} {local_address}"]
        with self.stream(host="::", dual=True) as tcp, self.datagrams(host="::", dual=True) as udp, \
                Activated(tcp, udp, options=options) as daemon:
            self.assertEqual(daemon.addresses, [f"[::]:{port_of(tcp)}", f"[::]:{port_of(udp)}"])
            self.assertEqual(hear(LOCAL, port_of(tcp)), b"127.0.0.1 127.0.0.1")
            self.assertEqual(hear(LOCAL_V6, port_of(tcp)), b"::1 ::1")
            if local:
                self.assertEqual(ask(LOCAL, port_of(udp)), b"127.0.0.1 127.0.0.1")
                self.assertEqual(ask(LOCAL_V6, port_of(udp)), b"::1 ::1")
            daemon.wait_log(r"^closed: 127\.0\.0\.1:\d+: ")
            self.assertNotIn("ffff", daemon.log())

    # libevent's listener would hang in the second accept(2) of a wake-up.
    def test_blocking_sockets_are_made_non_blocking(self):
        with self.stream() as held:
            held.setblocking(True)
            with Activated(held) as daemon:
                self.assertEqual(serve_all(connect_all(self, daemon.port, 200)), [GREETING] * 200)
                daemon.signal(signal.SIGTERM)
                self.assertEqual(daemon.wait(), 0)

    def test_descriptors_are_not_passed_on(self):
        with self.stream() as tcp, self.datagrams() as udp, Activated(tcp, udp) as daemon:
            for number in 3, 4:
                flags = pathlib.Path(f"/proc/{daemon.pid}/fdinfo/{number}").read_text()
                self.assertTrue(int(re.search(r"flags:\s*(\d+)", flags)[1], 8) & os.O_CLOEXEC, flags)

    def test_unix_client_that_is_bound_nowhere(self):
        with self.unix("s", DGRAM) as held, Activated(held, options=["-v"]) as daemon, \
                socket.socket(socket.AF_UNIX, DGRAM) as client:
            client.sendto(ENOUGH, held.getsockname())
            daemon.wait_counters(datagrams=1, datagrams_ignored=1)
            self.assertEqual(self.ask_unix(held.getsockname()), GREETING)


class Addresses(Activation):
    def test_default_does_not_apply(self):
        with self.stream() as held, Activated(held) as daemon:
            self.assertEqual(len(daemon.addresses), 1)

    def test_others_are_added(self):
        path = self.folder / "own"
        for more in {"options": ["-l", "127.0.0.1:0", "-l", f"unix:{path}"]}, \
                {"env": {"HAILD_LISTEN": f"127.0.0.1:0 unix:{path}"}}:
            with self.subTest(more), self.stream() as held, Activated(held, **more) as daemon:
                self.assertEqual((daemon.addresses[0], len(daemon.addresses)), (name_of(held), 3))
                self.assertEqual([hear(LOCAL, port) for port in daemon.ports], [GREETING] * 2)
                self.assertEqual(hear_unix(path), GREETING)
            self.assertFalse(path.exists())

    # --udp is for the addresses of --listen; an inherited socket has what its manager gave it.
    def test_udp_for_others(self):
        with self.stream() as held, Activated(held, options=["-u", "-l", "127.0.0.1:0"]) as daemon:
            self.assertEqual(ask(LOCAL, daemon.ports[1]), GREETING)
            with self.assertRaises(ConnectionRefusedError):
                ask(LOCAL, daemon.ports[0])

    def test_udp_without_a_socket(self):
        with self.stream() as held:
            result = run_activated(held, options=["-u"])
            self.assertEqual((result.exit, result.stderr), (
                3, b"haild: --udp has no socket: none for datagrams is inherited, and no --listen is given\n"))

    def test_address_is_inherited_already(self):
        with self.stream() as held:
            for options in ["-l", name_of(held)], ["--check", "-l", name_of(held)]:
                result = run_activated(held, options=options)
                self.assertEqual((result.exit, result.stderr.decode()), (
                    3, f"haild: cannot listen on {name_of(held)}: it is inherited already\n"))

    @unittest.skipUnless(HAS_IPV6, "this machine has no IPv6")
    def test_address_overlaps_both_families(self):
        with self.stream(host="::", dual=True) as held:
            for options in ["-l"], ["--check", "-l"]:
                result = run_activated(held, options=[*options, f"127.0.0.1:{port_of(held)}"])
                self.assertEqual((result.exit, result.stderr.decode()), (
                    3, f"haild: cannot listen on 127.0.0.1:{port_of(held)}: it overlaps [::]:{port_of(held)}, "
                       "which is inherited\n"))

    def test_greeting_for_datagrams(self):
        for made in self.datagrams(), self.unix("s", DGRAM):
            result = run_activated(made, options=["-m", "x" * 513])
            self.assertEqual((result.exit, result.stderr), (
                4, b"haild: the greeting has 513 bytes, for datagrams 512 are the most (RFC 865)\n"))

    def test_check(self):
        with self.stream() as tcp, self.datagrams() as udp, self.unix("s") as path:
            blocking = os.get_blocking(tcp.fileno())
            result = run_activated(tcp, udp, path, options=["--check"])
            self.assertEqual((result.exit, result.stdout, result.stderr), (0, b"", b""))
            # Whoever has the sockets sees nothing of it.
            self.assertEqual(os.get_blocking(tcp.fileno()), blocking)
            with Activated(tcp, udp, path) as daemon:
                self.assertEqual(daemon.greeting(), GREETING)
                self.assertEqual(hear_unix(path.getsockname()), GREETING)


class Wrong(Activation):
    def test_descriptors(self):
        reader, writer = os.pipe()
        self.stack.callback(os.close, reader)
        self.stack.callback(os.close, writer)
        server = self.stream()
        self.keep(connect(port_of(server)))
        connection = self.keep(server.accept()[0])
        silent = self.keep(socket.socket())
        silent.bind((LOCAL, 0))
        cases = [
            # A wrapper may have a descriptor of its own there.
            *([] if harness.WRAPPER else [(None, "it is not open")]),
            (self.keep(open("/dev/null")), "it is no socket"),
            (self.keep(open(__file__)), "it is no socket"),
            (reader, "it is no socket"),
            (self.unix("seqpacket", socket.SOCK_SEQPACKET), "it is neither a stream nor a datagram socket"),
            (self.keep(socket.socket(socket.AF_NETLINK, DGRAM)),
             "it is of no family that haild knows: IPv4, IPv6 and UNIX"),
            (silent, "it does not listen"),
            (connection, "it is a connection; set Accept=no, since haild accepts itself"),
            (self.keep(socket.socketpair()[0]), "it is a connection; set Accept=no, since haild accepts itself"),
            (self.keep(socket.socket(type=DGRAM)), "it is bound to no address"),
            (self.keep(socket.socketpair(type=DGRAM)[0]), "it is bound to no address"),
        ]
        good = self.stream()
        for wrong, told in cases:
            with self.subTest(told):
                self.refuses(f"cannot serve descriptor 3: {told}", wrong)
                self.refuses(f"cannot serve descriptor 4 (bad): {told}", good, wrong, good, names=["a", "bad", "c"])

    def test_roles(self):
        self.refuses("cannot serve descriptor 4 (proxy): its name asks for PROXY headers, which need a stream socket",
                     self.stream(), self.datagrams(), names=["", "proxy"])
        self.refuses("cannot serve descriptor 3 (metrics): its name asks for metrics, which need a stream socket",
                     self.datagrams(), names=["metrics"])

    def test_proxy(self):
        """Alone, too: then the default address does not apply."""
        for others in [], ["other"]:
            held = [self.stream() for _ in ["proxy", *others]]
            with Activated(*held, names=["proxy", *others], options=["-e", "-m", "{peer}"]) as daemon:
                self.assertEqual(daemon.lines, [*map(name_of, held[1:]), f"proxy {name_of(held[0])}"])
                told = run("hailto", "--send-proxy=192.0.2.1:7", "127.0.0.1", daemon.proxy_port)
                self.assertEqual((told.exit, told.stdout), (0, b"192.0.2.1:7"))

    def test_metrics(self):
        """Beside --metrics, too; and the default address is not for a daemon that is to greet elsewhere."""
        held, asked = self.stream(), self.stream()
        with Activated(asked, held, names=["metrics", "greet"], options=["--metrics=127.0.0.1:0"]) as daemon:
            self.assertEqual(daemon.addresses, [name_of(held)])
            self.assertEqual(daemon.metrics[0], name_of(asked))
            self.assertEqual(len(daemon.metrics), 2)
            self.assertEqual(daemon.greeting(), GREETING)
            for address in daemon.metrics:
                found = scrape(int(address.rpartition(":")[2]))
                self.assertEqual(found["haild_connections_accepted_total"], 1)

    def test_metrics_alone(self):
        """A socket that is not greeted on does not take the place of an address."""
        with self.stream() as asked, Activated(asked, names=["metrics"], options=["-l", "127.0.0.1:0"]) as daemon:
            self.assertEqual(daemon.metrics, [name_of(asked)])
            self.assertEqual(daemon.greeting(), GREETING)

    def test_variables(self):
        held = self.stream()
        for variables, told in (
                ({"LISTEN_FDS": "x"}, "LISTEN_FDS is 'x', which is no number"),
                ({"LISTEN_FDS": "-1"}, "LISTEN_FDS is '-1', which is no number"),
                ({"LISTEN_FDS": " 1"}, "LISTEN_FDS is ' 1', which is no number"),
                ({"LISTEN_FDS": "1\n\x1b[2J"}, r"LISTEN_FDS is '1\x0A\x1B[2J', which is no number"),
                ({"LISTEN_PID": "x"}, "LISTEN_PID is 'x', which is no number"),
                ({"LISTEN_PID": None}, "LISTEN_FDS is set without LISTEN_PID, which says whose descriptors they are"),
                ({"LISTEN_PID": ""}, "LISTEN_FDS is set without LISTEN_PID, which says whose descriptors they are"),
                ({"LISTEN_PIDFDID": "x"}, "LISTEN_PIDFDID is 'x', which is no number"),
                ({"LISTEN_FDNAMES": "a:b"}, "LISTEN_FDS is 1, but the number of names in LISTEN_FDNAMES is 2")):
            with self.subTest(variables):
                self.refuses(told, held, variables=variables)

    def test_more_than_there_can_be(self):
        for count in 2 ** 31, 2 ** 63, 10 ** 7:
            result = run_activated(self.stream(), variables={"LISTEN_FDS": str(count)})
            self.assertEqual(result.exit, 3)
            self.assertRegex(result.stderr, rb"^haild: LISTEN_FDS is \d+, but the descriptor limit is \d+\n$")

    # It is told before anything else of the kind is looked at.
    def test_help_needs_no_sockets(self):
        result = run_activated(None, options=["--version"], variables={"LISTEN_FDS": "x"})
        self.assertEqual((result.exit, result.stderr), (0, b""))


class Owner(Activation):
    """Whose descriptors they are"""

    def serves_own(self, variables):
        """haild must not serve what is passed, but its own address."""
        with self.stream() as held, \
                Activated(held, options=["-l", "127.0.0.1:0"], variables=variables) as daemon:
            self.assertEqual(len(daemon.addresses), 1)
            self.assertNotEqual(daemon.port, port_of(held))
            self.assertEqual(daemon.greeting(), GREETING)

    def serves_passed(self, variables):
        with self.stream() as held, Activated(held, variables=variables) as daemon:
            self.assertEqual(daemon.addresses, [name_of(held)])

    def test_another(self):
        for variables in {"LISTEN_PID": "1"}, {"LISTEN_PID": "1", "LISTEN_FDS": "x"}, \
                {"LISTEN_PID": "$PID", "LISTEN_FDS": "0"}, {"LISTEN_FDS": ""}, {"LISTEN_FDS": None}:
            with self.subTest(variables):
                self.serves_own(variables)

    def test_number_of_the_process(self):
        if not (harness.has("HAVE_DECL_SYS_PIDFD_OPEN") and is_numbered() and harness.has_64_bits()):
            self.serves_passed({"LISTEN_PIDFDID": "1"})
            return
        self.serves_passed({"LISTEN_PIDFDID": "$ID"})
        self.serves_passed({"LISTEN_PIDFDID": "$ID", "LISTEN_PID": "1"})
        self.serves_own({"LISTEN_PIDFDID": "1$ID"})


def is_numbered():
    """Whether each process has a number of its own here."""
    pidfds = [os.pidfd_open(pid) for pid in (os.getpid(), os.getppid())]
    numbers = {os.fstat(one).st_ino for one in pidfds}
    for one in pidfds:
        os.close(one)
    return len(numbers) == 2


class Stopping(Activation):
    def test_path_stays(self):
        with self.unix("s") as held:
            inode = os.stat(held.getsockname()).st_ino
            with Activated(held) as daemon:
                self.assertEqual(hear_unix(held.getsockname()), GREETING)
                daemon.signal(signal.SIGTERM)
                self.assertEqual(daemon.wait(), 0)
            self.assertEqual(os.stat(held.getsockname()).st_ino, inode)

    # Of two sockets, one is ours: clients queued there are greeted; those at the manager's are for the next haild.
    def test_queue_is_left(self):
        with self.stream() as held, \
                Activated(held, options=["-v", "-l", "127.0.0.1:0", "--idle", "50ms"]) as daemon:
            with daemon.frozen():
                theirs, ours = [connect_all(self, port, 20) for port in daemon.ports]
                poll_until(lambda: all(client.is_connected() for client in [*theirs, *ours]))
                daemon.signal(signal.SIGTERM)
            self.assertEqual(serve_all(ours), [GREETING] * 20)
            self.assertEqual(daemon.wait(), 0)
            accepted = len(daemon.log_lines("connected: .*")) - 20
            with Activated(held, options=["-v"]) as other:
                self.assertEqual(serve_all(theirs), [GREETING] * 20)
                other.wait_counters(accepted=20 - accepted)

    # It serves its clients to their end, but comes no more: the manager's queue is let go at once.
    def test_let_go_while_clients_are_open(self):
        with self.stream() as held, Activated(held) as daemon, daemon.connect() as client:
            self.assertEqual(read_all(client), GREETING)
            daemon.signal(signal.SIGTERM)
            daemon.wait_log("^stopping: waiting for 1 connection$")
            poll_until(lambda: not any(target.startswith("socket:[%d]" % os.fstat(held.fileno()).st_ino)
                                       for target in harness.descriptors_of(daemon.pid)))
            waiting = self.keep(connect(port_of(held)))
            with Activated(held), waiting:
                self.assertEqual(read_all(waiting), GREETING)
            client.close()
            self.assertEqual(daemon.wait(), 0)

    def test_datagrams_wait_for_the_next_one(self):
        with self.datagrams() as held, datagrams_to(port_of(held)) as client:
            with Activated(held) as daemon:
                daemon.signal(signal.SIGTERM)
                self.assertEqual(daemon.wait(), 0)
            client.send(ENOUGH)
            with Activated(held):
                self.assertEqual(client.recv(1 << 16), GREETING)

    def test_count(self):
        with self.stream() as held:
            clients = connect_all(self, port_of(held), 10)
            poll_until(lambda: all(client.is_connected() for client in clients))
            for _ in range(5):
                # The clients do not close before all are served.
                with Activated(held, options=["-n", "2", "--idle", "50ms"]) as daemon:
                    self.assertEqual(daemon.wait(), 0)
            self.assertEqual(serve_all(clients), [GREETING] * 10)

    def test_several_at_once(self):
        with self.stream() as held, Activated(held, options=["-v"]), Activated(held, options=["-v"]) as other:
            self.assertEqual(serve_all(connect_all(self, port_of(held), 200)), [GREETING] * 200)
            other.signal(signal.SIGTERM)
            other.wait()
            self.assertEqual(serve_all(connect_all(self, port_of(held), 50)), [GREETING] * 50)


class Systemd(Activation):
    """The real thing: systemd-socket-activate, which listens, and becomes haild when the first client comes"""

    def setUp(self):
        need("systemd-socket-activate")
        super().setUp()

    @contextlib.contextmanager
    def activated(self, addresses, *options, before=()):
        """A with-block with haild to be activated at those addresses; gives what it logs."""
        listen = [word for address in addresses for word in ("-l", address)]
        command = ["systemd-socket-activate", *listen, *before, harness.program("haild"), *options]
        with open(self.folder / "log", "w+b") as log, open(self.folder / "output", "w+b") as output:
            process = harness.start(command, env=harness.environment(), stdin=subprocess.DEVNULL,
                                    stdout=output, stderr=log)
            told = lambda: pathlib.Path(log.name).read_text()
            poll_until(lambda: told().count("Listening on ") == len(addresses) or process.poll() is not None)
            try:
                yield process, told
                process.terminate()
                self.assertEqual(process.wait(harness.DEADLINE), 0, told())
            finally:
                process.kill()
                process.wait()

    def output(self):
        return (self.folder / "output").read_text().splitlines()

    def test_streams(self):
        host, path = harness.own_address(), self.folder / "s"
        addresses = [f"{host}:7001", str(path), f"{host}:7002"]
        with self.activated(addresses, "-v") as (_, told):
            with connect(7002, host) as client:
                self.assertEqual(read_all(client), GREETING)
            self.assertEqual(hear(host, 7001), GREETING)
            self.assertEqual(hear_unix(path), GREETING)
            self.assertEqual(self.output(), [f"{host}:7001", f"unix:{path}", f"{host}:7002"])
        self.assertTrue(path.exists())

    def test_datagrams(self):
        host, path = harness.own_address(), self.folder / "s"
        with self.activated([f"{host}:7001", str(path)], "-v", before=["-d"]):
            self.assertEqual(ask(host, 7001), GREETING)
            self.assertEqual(self.ask_unix(path), GREETING)
            self.assertEqual(self.output(), [f"{host}:7001", f"unix:{path}"])

    @unittest.skipUnless(HAS_IPV6, "this machine has no IPv6")
    def test_ipv6(self):
        with self.stream(host="::") as free:
            port = port_of(free)
        with self.activated([f"[::1]:{port}"]):
            self.assertEqual(hear(LOCAL_V6, port), GREETING)

    def test_names(self):
        host = harness.own_address()
        with self.activated([f"{host}:7001", f"{host}:7002"], before=["--fdname=web:other"]):
            self.assertEqual(hear(host, 7001), GREETING)

    def fails(self, told, *before):
        """haild, activated by a client, must end with exit status 3 and that line."""
        host = harness.own_address()
        with self.assertRaises(ExitStatus) as ended, self.activated([f"{host}:7001"], before=before) as (process, log), \
                connect(7001, host) as client:
            client.send(b"x")
            code = process.wait(harness.DEADLINE)
            raise ExitStatus(code, log())
        self.assertEqual(ended.exception.args[0], 3)
        self.assertRegex(ended.exception.args[1], f"(?m)^haild: {told}$")

    def test_name_with_a_role(self):
        host = harness.own_address()
        with self.activated([f"{host}:7001"], before=["--fdname=proxy"]):
            self.assertEqual(run("hailto", "--send-proxy", host, 7001).stdout, GREETING)
            self.assertEqual(self.output(), [f"proxy {host}:7001"])

    def test_seqpacket(self):
        path = self.folder / "s"
        with self.assertRaises(ExitStatus) as ended, \
                self.activated([str(path)], before=["--seqpacket"]) as (process, log), \
                socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as client:
            client.connect(str(path))
            raise ExitStatus(process.wait(harness.DEADLINE), log())
        self.assertEqual(ended.exception.args[0], 3)
        self.assertIn("cannot serve descriptor 3: it is neither a stream nor a datagram socket\n",
                      ended.exception.args[1])

    # There each client has a haild of its own, which tells its end.
    def test_accept(self):
        host = harness.own_address()
        told = r"(?m)^haild: cannot serve descriptor 3.*: it is a connection; set Accept=no, since haild accepts itself$"
        with self.assertRaises(ExitStatus) as ended, \
                self.activated([f"{host}:7001"], before=["--accept"]) as (_, log), connect(7001, host) as client:
            self.assertEqual(read_all(client), b"")
            poll_until(lambda: "haild: " in log())
            raise ExitStatus(0, log())
        self.assertRegex(ended.exception.args[1], told)


class ExitStatus(Exception):
    """Ends a with-block with what a process has ended with, and its log."""


if __name__ == "__main__":
    harness.main()
