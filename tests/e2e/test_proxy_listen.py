#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""haild --proxy-listen: who is greeted as whom, who is cut when, and what the log and the counters say of it."""
import contextlib
import functools
import json
import os
import select
import signal
import socket
import time
import unittest

from lib import harness
from lib.activation import Activated, listening, name_of
from lib.clients import ClientTest, ask
from lib.harness import (
    DEADLINE, Daemon, GREETING, connect, connect_unix, has_heard, message_file, own_address, poll_until,
    raise_descriptor_limit, read_all, reset, run, temporary_directory)
from lib.scrape import scrape
from lib.talkers import talk

LOCAL = "127.0.0.1"
HAS_IPV6 = socket.has_ipv6 and os.path.exists("/proc/net/if_inet6")
HERE = ("--proxy-listen", f"{LOCAL}:0")
BESIDE = ("-l", LOCAL, *HERE)
TELLING = ("-e", "-m", "{peer} {local} {proxy}")
VERSIONS = ("--send-proxy", "--send-proxy-v2")
HEADER = b"PROXY TCP4 192.0.2.1 198.51.100.2 56324 443\r\n"
OF_VERSION_2 = b"\r\n\r\n\0\r\nQUIT\n"
HEADER_V2 = OF_VERSION_2 + bytes.fromhex("2111000c c0000201 c6336402 dc04 01bb")
LOCAL_V2 = OF_VERSION_2 + bytes.fromhex("20000000")
HEADERS = (HEADER, HEADER_V2, b"PROXY UNKNOWN\r\n", LOCAL_V2)
SECONDS = 3  # for a header
BAD = r"haild: (\S+): bad PROXY header: .+; closed \(more are only counted, as header_bad\)"
MISSING = (r"haild: (\S+): no PROXY header within (\S+); closed\. HAProxy needs send-proxy, also in 'tcp-check connect'; "
           r"a network load balancer of AWS .+ \(more are only counted, as header_missing\)")


def told(port, say, host=LOCAL):
    """All that comes of these bytes."""
    with connect(port, host) as client:
        client.sendall(say)
        return read_all(client)


def address_of(pair):
    host, port = pair[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


class Addresses(unittest.TestCase):
    def test_lines_of_readiness(self):
        with Daemon("-u", "--metrics", f"{LOCAL}:0", *BESIDE) as daemon:
            plain, proxy, metrics = daemon.lines
            self.assertRegex(plain, rf"\A{LOCAL}:\d+\Z")
            self.assertRegex(proxy, rf"\Aproxy {LOCAL}:\d+\Z")
            self.assertRegex(metrics, rf"\Ametrics {LOCAL}:\d+\Z")
            daemon.wait_log(rf"listens on {plain} by TCP and UDP; PROXY headers on {proxy[6:]}; {metrics.replace(' ', ' on ')}$")
            self.assertEqual(daemon.greeting(), GREETING)
            self.assertEqual(told(daemon.proxy_port, HEADER), GREETING)

    def test_alone(self):
        """The default address is not for a daemon that has been told where to listen."""
        with Daemon(*HERE) as daemon:
            self.assertEqual(daemon.lines, [f"proxy {LOCAL}:{daemon.proxy_port}"])
            daemon.wait_log(rf"listens for PROXY headers on {LOCAL}:{daemon.proxy_port}$")
            self.assertEqual(told(daemon.proxy_port, HEADER), GREETING)

    def test_addresses_of_the_environment_stay(self):
        with Daemon(*HERE, env={"HAILD_LISTEN": LOCAL}) as daemon:
            self.assertEqual([len(daemon.addresses), len(daemon.proxies)], [1, 1])
            self.assertEqual(daemon.greeting(), GREETING)

    def test_several(self):
        path = temporary_directory(self) / "socket"
        with Daemon("--proxy-listen", f"{LOCAL}:0", "--proxy-listen", "127.0.0.2:0", "--proxy-listen", f"unix:{path}",
                    "-l", LOCAL) as daemon:
            self.assertEqual(daemon.lines[3], f"proxy unix:{path}")
            for line, host in zip(daemon.proxies, (LOCAL, "127.0.0.2")):
                self.assertEqual(told(int(line.rpartition(":")[2]), HEADER, host), GREETING)
            with connect_unix(path) as client:
                client.sendall(HEADER)
                self.assertEqual(read_all(client), GREETING)
            daemon.stop()
            self.assertFalse(path.exists())

    def test_port_option(self):
        """It is for every address that has none."""
        host = own_address()
        with Daemon("--proxy-listen", host, "-p", "7001", port=None) as daemon:
            self.assertEqual(daemon.lines, [f"proxy {host}:7001"])

    @unittest.skipUnless(HAS_IPV6, "this machine has no IPv6")
    def test_both_families(self):
        with Daemon("--proxy-listen", "localhost:0") as daemon:
            self.assertEqual(daemon.lines, [f"proxy {LOCAL}:{daemon.proxy_port}", f"proxy [::1]:{daemon.proxy_port}"])

    def refuses(self, exit, *options):
        for more in [], ["--check"]:
            result = run("haild", *options, *more)
            self.assertEqual((result.exit, result.stdout, result.stderr.count(b"\n")), (exit, b"", 1), result)
        return result.stderr.decode()

    def test_no_address_has_two_roles(self):
        host, path = own_address(), temporary_directory(self) / "socket"
        for address in f"{host}:7002", f"unix:{path}":
            for plain in (["-l", address], ["--metrics", address, "-l", f"{LOCAL}:0"],
                          *([["-l", address, "--reuse-port"]] if harness.has("HAVE_DECL_SO_REUSEPORT") else [])):
                self.assertIn(address, self.refuses(3, "--proxy-listen", address, *plain))
            self.assertIn("it is given twice", self.refuses(2, *("--proxy-listen", address) * 2))
        self.assertFalse(path.exists())

    def test_shared_port(self):
        """Several daemons behind one balancer."""
        if not harness.can_share_ports(self):
            return
        host = own_address()
        shared = ("--proxy-listen", f"{host}:7003", "--reuse-port")
        with Daemon(*shared, "-m", "one") as one, Daemon(*shared, "-m", "other") as other:
            said = set()
            poll_until(lambda: said.add(told(7003, HEADER, host)) or len(said) == 2)
            self.assertEqual(said, {b"one", b"other"})
            self.assertEqual(one.lines, other.lines)

    def test_bad_addresses(self):
        for address in "", "127.0.0.1:65536", "unix:", "127.0.0.1:1x":
            self.assertIn("--proxy-listen", self.refuses(2, f"--proxy-listen={address}"))

    def test_datagrams_are_not_for_proxies(self):
        self.refuses(2, "-u", *HERE)
        with Daemon("-u", *BESIDE) as daemon, harness.datagrams_to(daemon.proxy_port) as client:
            self.assertEqual(daemon.answer(b"x" * 100), GREETING)
            client.send(b"x" * 100)
            self.assertRaises(ConnectionRefusedError, client.recv, 100)

    def test_inherited(self):
        with listening() as plain, listening() as proxy, Activated(proxy, plain, names=["proxy", "web"],
                                                                  options=TELLING) as daemon:
            self.assertEqual(daemon.lines, [name_of(plain), f"proxy {name_of(proxy)}"])
            self.assertRegex(told(daemon.proxy_port, HEADER), rb"\A192\.0\.2\.1:56324 198\.51\.100\.2:443 127\.0\.0\.1:\d+\Z")
            self.assertRegex(daemon.greeting(), rb"\A127\.0\.0\.1:\d+ 127\.0\.0\.1:\d+ \Z")


class Hailto(ClientTest):
    """hailto is greeted as the header says that it sends."""

    def is_told(self, client, port, *arguments, host=LOCAL):
        """The greeting must name this client, or the proxy where it is None; and both ends of the connection itself."""
        answer = ask(*arguments, host, port)
        self.assertEqual(answer.exit, 0, answer)
        peer, local, proxy = answer.stdout.decode().split(" ")
        self.assertEqual((peer, local), (client or proxy, address_of((host, port))), answer)
        self.assertTrue(proxy.startswith(address_of((host, ""))), answer)

    def test_every_kind(self):
        with Daemon(*HERE, *TELLING) as daemon:
            for version in VERSIONS:
                self.is_told(None, daemon.proxy_port, version)
                self.is_told("192.0.2.1:7", daemon.proxy_port, f"{version}=192.0.2.1:7")
                self.is_told(None, daemon.proxy_port, f"{version}=local")
            # Whom nobody names counts as the proxy itself.
            daemon.wait_counters(proxied=4, proxied_local=2, open=0)

    @unittest.skipUnless(HAS_IPV6, "this machine has no IPv6")
    def test_ipv6(self):
        with Daemon("--proxy-listen", "[::1]:0", *TELLING) as daemon:
            for version in VERSIONS:
                self.is_told("[2001:db8::1]:7", daemon.proxy_port, f"{version}=[2001:db8::1]:7", host="::1")
                self.is_told(None, daemon.proxy_port, version, host="::1")

    def test_unix_socket(self):
        path = temporary_directory(self) / "socket"
        with Daemon("--proxy-listen", f"unix:{path}", *TELLING) as daemon:
            for version in VERSIONS:
                self.hears(f"unix:(unnamed) unix:{path} unix:(unnamed)".encode(), version, f"unix:{path}")
            daemon.wait_counters(greeted=2, open=0)

    def test_json(self):
        with Daemon(*BESIDE, "-e", "-m", "{json}") as daemon:
            said = json.loads(ask("--send-proxy=192.0.2.1:7", LOCAL, daemon.proxy_port).stdout)
            self.assertEqual((said["peer"], said["peer_address"], said["peer_port"]), ("192.0.2.1:7", "192.0.2.1", 7))
            self.assertEqual((said["local"], said["local_port"]), (daemon.proxies[0], daemon.proxy_port))
            self.assertRegex(said["proxy"], rf"\A{LOCAL}:\d+\Z")
            self.assertIsNone(json.loads(daemon.greeting())["proxy"])

    def test_without_a_header(self):
        with Daemon(*BESIDE, log=[BAD, MISSING]) as daemon:
            self.assertEqual(ask(LOCAL, daemon.proxy_port).exit, 6)
            self.assertEqual(ask("--talk-first=100", LOCAL, daemon.proxy_port).exit, 6)
            daemon.wait_counters(header_missing=1, header_bad=1, greeted=0, open=0)
            # A plain listener takes the header for what any client may say.
            for version in VERSIONS:
                self.hears(GREETING, version, LOCAL, daemon.port)

    def test_no_port_check_is_a_fault(self):
        with Daemon(*HERE) as daemon:
            self.assertEqual(ask("-z", LOCAL, daemon.proxy_port).exit, 0)
            daemon.wait_counters(header_left=1, open=0)


class Refused(unittest.TestCase):
    def cut(self, port, act=lambda client: None):
        """A client that acts once a second, until the end, which must be a reset. Returns after how many seconds."""
        with connect(port) as client:
            began = time.monotonic()
            with self.assertRaises(ConnectionError):
                while not select.select([client], [], [], 1)[0]:
                    self.assertLess(time.monotonic() - began, DEADLINE)
                    act(client)
                self.assertNotEqual(client.recv(1), b"")
            return time.monotonic() - began

    def test_slow_or_silent(self):
        """One byte a second makes the time no longer."""
        with Daemon(*HERE, log=[MISSING]) as daemon:
            rest = iter(HEADER)
            for act in (lambda client: client.send(bytes([next(rest)]))), lambda client: None:
                self.assertGreaterEqual(self.cut(daemon.proxy_port, act), SECONDS - 0.1)
            counters = daemon.wait_counters(open=0)
            self.assertEqual((counters["header_missing"], counters["greeted"], counters["bytes_sent"]), (2, 0, 0))
            self.assertEqual(len(daemon.log_lines(MISSING)), 1)
            self.assertIn("no PROXY header within 3s; closed", daemon.log())

    def test_shorter_life(self):
        with Daemon(*HERE, "-t", "300ms", log=[MISSING]) as daemon:
            self.cut(daemon.proxy_port)
            daemon.wait_counters(header_missing=1, timed_out_linger=0, open=0)
            self.assertIn("no PROXY header within 300ms; closed", daemon.log())

    def test_bad_header(self):
        bad = (b"GET / HTTP/1.0\r\n\r\n", b"\x16\x03\x01\x02\0", b"PROXY TCP4 192.0.2.1\r\n", HEADER.replace(b"\r", b""),
               HEADER_V2[:12] + b"\x31" + HEADER_V2[13:], b"PROXY TCP4 " + b"1" * 200)
        with Daemon(*HERE, log=[BAD]) as daemon:
            for header in bad:
                with connect(daemon.proxy_port) as client:
                    client.sendall(header)
                    self.assertRaises(ConnectionResetError, client.recv, 1)
            daemon.wait_counters(header_bad=len(bad), greeted=0, bytes_sent=0, open=0)
            self.assertEqual(len(daemon.log_lines(BAD)), 1)

    def test_leavers_are_no_news(self):
        with Daemon(*HERE) as daemon:
            for beginning in b"", HEADER[:-1]:
                with connect(daemon.proxy_port) as client:
                    client.send(beginning)
                with connect(daemon.proxy_port) as client:
                    client.send(beginning)
                    client.shutdown(socket.SHUT_WR)
                    self.assertRaises(ConnectionResetError, read_all, client)
                client = connect(daemon.proxy_port)
                client.send(beginning)
                reset(client)
            daemon.wait_counters(header_left=6, greeted=0, open=0)
            self.assertEqual(len(daemon.log_lines()), 2 + len(daemon.log_lines("counters: .*")))

    def test_check_with_a_reset(self):
        """HAProxy's plain check: it has left before anybody could greet it."""
        with Daemon(*HERE) as daemon:
            for header in HEADERS:
                with daemon.frozen():
                    client = connect(daemon.proxy_port)
                    client.send(header)
                    reset(client)
            daemon.wait_counters(header_left=len(HEADERS), proxied=0, proxied_local=0, reset_greeting=0, open=0)

    def test_many_silent_ones(self):
        """They take slots for their three seconds; others are greeted meanwhile."""
        many = 1000
        raise_descriptor_limit(2 * many)
        with Daemon(*BESIDE, log=[MISSING]) as daemon, contextlib.ExitStack() as stack:
            silent = [stack.enter_context(connect(daemon.proxy_port)) for _ in range(many)]
            greeted = 0
            while not has_heard(silent[-1]):
                self.assertEqual(daemon.greeting(), GREETING)
                self.assertEqual(told(daemon.proxy_port, HEADER), GREETING)
                greeted += 2
            for client in silent:
                self.assertRaises(ConnectionResetError, client.recv, 1)
            daemon.wait_counters(header_missing=many, greeted=greeted, open=0)
            self.assertGreater(greeted, 0)
            self.assertEqual(len(daemon.log_lines(MISSING)), 1)

    def test_full_room(self):
        """Nobody is evicted for being silent, and all places are free again after three seconds."""
        with Daemon(*BESIDE, "-c", "3", log=[MISSING, r"3 open, the most allowed; .*"]) as daemon, \
                contextlib.ExitStack() as stack:
            silent = [stack.enter_context(connect(daemon.proxy_port)) for _ in range(3)]
            daemon.wait_counters(open=3)
            self.assertEqual(daemon.greeting(), GREETING)
            self.assertTrue(any(has_heard(client) for client in silent))
            daemon.wait_counters(header_missing=3, greeted=1, evicted=0, open=0)
            self.assertGreaterEqual(daemon.counters()["accept_pauses"], 1)


def in_time(test):
    """Tries a test again that was right in all but taking longer than a header may: the machine was busy."""
    @functools.wraps(test)
    def tried(self):
        for left in reversed(range(5)):
            began = time.monotonic()
            try:
                return test(self)
            except (AssertionError, ConnectionError):
                if not left or time.monotonic() - began < SECONDS:
                    raise
    return tried


class Life(unittest.TestCase):
    def begin(self, daemon, stack):
        """A client whose header lacks its last byte, when haild has it."""
        client = stack.enter_context(connect(daemon.proxy_port))
        client.sendall(HEADER[:-1])
        daemon.wait_counters(open=1)
        return client

    @in_time
    def test_drain_waits_for_a_header(self):
        with Daemon(*HERE) as daemon, contextlib.ExitStack() as stack:
            client = self.begin(daemon, stack)
            daemon.signal(signal.SIGTERM)
            daemon.wait_log("stopping: waiting for 1 connection$")
            client.sendall(HEADER[-1:])
            self.assertEqual(read_all(client), GREETING)
            client.close()
            self.assertEqual(daemon.wait(), 0)
            self.assertRegex(daemon.log_lines("stopped: .*")[0], "greeted=1 .* stopped=0 .* proxied=1 ")

    def test_drain_ends(self):
        with Daemon(*HERE, "--drain", "100ms") as daemon, contextlib.ExitStack() as stack:
            client = self.begin(daemon, stack)
            daemon.signal(signal.SIGTERM)
            self.assertRaises(ConnectionResetError, read_all, client)
            self.assertEqual(daemon.wait(), 0)
            self.assertRegex(daemon.log_lines("stopped: .*")[0], "greeted=0 .* stopped=1 .* header_missing=0 ")

    @in_time
    def test_queue_is_heard_at_a_stop(self):
        """The kernel has taken them in, so they are greeted."""
        with Daemon(*HERE) as daemon, contextlib.ExitStack() as stack:
            with daemon.frozen():
                clients = [stack.enter_context(connect(daemon.proxy_port)) for _ in range(40)]
                daemon.signal(signal.SIGTERM)
            daemon.wait_log("stopping: waiting for ")
            for client in clients:
                client.sendall(HEADER)
                self.assertEqual(read_all(client), GREETING)
                client.close()
            self.assertEqual(daemon.wait(), 0)

    def test_lame_duck(self):
        with Daemon(*HERE, "--lame-duck", "1m") as daemon:
            daemon.signal(signal.SIGTERM)
            daemon.wait_log("lame duck for 60s")
            self.assertEqual(told(daemon.proxy_port, HEADER), GREETING)

    def test_count(self):
        """Who has the last greeting finds that nobody can connect; leavers count, too."""
        for _ in range(5):
            with Daemon(*BESIDE, "-n", "3") as daemon:
                connect(daemon.proxy_port).close()
                self.assertEqual(daemon.greeting(), GREETING)
                self.assertEqual(told(daemon.proxy_port, HEADER), GREETING)
                for port in daemon.port, daemon.proxy_port:
                    self.assertRaises(ConnectionRefusedError, connect, port)
                self.assertEqual(daemon.wait(), 0)

    @in_time
    def test_last_of_the_count_may_be_slow(self):
        with Daemon(*HERE, "-n", "1") as daemon, connect(daemon.proxy_port) as client:
            client.sendall(HEADER[:-1])
            poll_until(lambda: self.is_closed(daemon.proxy_port))
            client.sendall(HEADER[-1:])
            self.assertEqual(read_all(client), GREETING)
            client.close()
            self.assertEqual(daemon.wait(), 0)

    def is_closed(self, port):
        try:
            connect(port).close()
        except ConnectionError:
            return True
        return False

    @in_time
    def test_reload_during_a_header(self):
        """The greeting is that of the moment in which the header is whole."""
        path = message_file(self, b"old {peer}")
        with Daemon(*HERE, "-e", "-f", path, log=[r"read \S+ again"]) as daemon, contextlib.ExitStack() as stack:
            self.assertEqual(told(daemon.proxy_port, HEADER), b"old 192.0.2.1:56324")
            client = self.begin(daemon, stack)
            path.with_name("new").write_bytes(b"new {peer}")
            os.utime(path.with_name("new"), (0, 0))
            path.with_name("new").rename(path)
            daemon.signal(signal.SIGHUP)
            poll_until(lambda: told(daemon.proxy_port, HEADER).startswith(b"new "))
            client.sendall(HEADER[-1:])
            self.assertEqual(read_all(client), b"new 192.0.2.1:56324")


class Talkers(unittest.TestCase):
    """What a client says stands after the header, and costs it nothing."""

    def test_in_the_same_segment(self):
        with Daemon(*HERE) as daemon:
            for header in HEADERS:
                self.assertEqual(told(daemon.proxy_port, header + b"GET / HTTP/1.0\r\n\r\n"), GREETING)
            daemon.wait_counters(greeted=len(HEADERS), bytes_discarded=18 * len(HEADERS), open=0)

    def test_64_kib(self):
        for header in HEADER, HEADER_V2:
            with self.subTest(header=header), Daemon(*HERE) as daemon:
                for meanwhile in contextlib.nullcontext, daemon.frozen:
                    heard = talk(daemon.proxy_port, 100, header + bytes(1 << 16), GREETING, meanwhile=meanwhile)
                    self.assertTrue(heard.is_perfect, heard)
                counters = daemon.wait_counters(greeted=200, open=0)
                self.assertEqual(counters["bytes_discarded"], 200 << 16)

    def test_great_greeting(self):
        greeting = bytes(range(256)) * 4096
        with Daemon(*HERE, "-f", message_file(self, greeting), log=[r"haild: the greeting has \d+ bytes: .*"]) as daemon:
            heard = talk(daemon.proxy_port, 20, HEADER + bytes(1 << 20), greeting)
            self.assertTrue(heard.is_perfect, heard)

    def test_hailto(self):
        with Daemon(*HERE) as daemon:
            for version in VERSIONS:
                answer = ask(version, "--talk-first", LOCAL, daemon.proxy_port)
                self.assertEqual((answer.exit, answer.stdout), (0, GREETING), answer)

    def test_byte_by_byte(self):
        with Daemon(*HERE) as daemon:
            for header in HEADERS:
                with connect(daemon.proxy_port) as client:
                    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    for byte in header[:-1]:
                        client.send(bytes([byte]))
                    self.assertFalse(has_heard(client))
                    client.send(header[-1:])
                    self.assertEqual(read_all(client), GREETING)


class Log(unittest.TestCase):
    def test_lines(self):
        with Daemon(*BESIDE, "-v") as daemon, connect(daemon.proxy_port) as client:
            own = address_of(client.getsockname())
            client.sendall(HEADER + b"hello")
            self.assertEqual(read_all(client), GREETING)
            client.close()
            daemon.wait_log(rf"^connected: 192\.0\.2\.1:56324 by {own}$")
            daemon.wait_log(r"^closed: 192\.0\.2\.1:56324: done, 14 bytes sent, 5 discarded, (up to )?\d+ ms$")
            self.assertEqual(len(daemon.log_lines("connected: .*")), 1)

    def test_lines_without_a_client(self):
        for header, words, verbose in ((LOCAL_V2, ", a proxy's own", True),
                                       (b"PROXY UNKNOWN\r\n", ", a proxy that names no client", False)):
            for options in [], ["-v"]:
                with self.subTest(words, options=options), Daemon(*HERE, *options) as daemon, \
                        connect(daemon.proxy_port) as client:
                    own = address_of(client.getsockname())
                    client.sendall(header)
                    self.assertEqual(read_all(client), GREETING)
                    client.close()
                    daemon.wait_counters(open=0)
                    shown = [f"connected: {own}{words}"] if options or not verbose else []
                    self.assertEqual(daemon.log_lines("connected: .*"), shown)

    def test_lines_of_those_who_are_not_greeted(self):
        with Daemon(*HERE, "-v", "-t", "1s", log=[BAD, MISSING]) as daemon:
            for say, how in ((b"x", "bad"), (b"", "left in"), (None, "timed out in")):
                with connect(daemon.proxy_port) as client:
                    own = address_of(client.getsockname())
                    if say:
                        client.send(say)
                    elif say is not None:
                        client.shutdown(socket.SHUT_WR)
                    daemon.wait_log(rf"^closed: proxy {own}: {how} prelude, 0 bytes sent, 0 discarded, (up to )?\d+ ms$")
            self.assertEqual(daemon.log_lines("connected: .*"), [])
            for pattern, number in (BAD, 1), (MISSING, 1):
                self.assertEqual(len(daemon.log_lines(pattern)), number)

    def test_quiet(self):
        with Daemon(*HERE, "-q") as daemon:
            self.assertEqual(told(daemon.proxy_port, HEADER), GREETING)
            self.assertEqual(told(daemon.proxy_port, LOCAL_V2), GREETING)
            daemon.stop()
            self.assertEqual(daemon.log(), "")

    def test_json(self):
        with Daemon(*BESIDE, "-v", "--log=json", log=[".*"]) as daemon, connect(daemon.proxy_port) as client:
            own, its = map(address_of, (client.getsockname(), client.getpeername()))
            client.sendall(HEADER)
            self.assertEqual(read_all(client), GREETING)
            client.close()
            daemon.wait_log('"event":"closed"')
            self.assertEqual(daemon.greeting(), GREETING)
            poll_until(lambda: daemon.whole_log().count('"event":"closed"') == 2)
            connected, closed, plain = [line for line in map(json.loads, daemon.log_lines())
                                        if line.get("event") in ("connected", "closed")][:3]
            self.assertEqual((connected["peer"], connected["proxy"], connected["local"]), ("192.0.2.1:56324", own, its))
            self.assertEqual((closed["peer"], closed["reason"], closed["sent"]), ("192.0.2.1:56324", "done", 14))
            self.assertNotIn("role", closed)
            self.assertNotIn("proxy", plain)

    def test_json_of_who_is_not_greeted(self):
        with Daemon(*HERE, "-v", "--log=json", log=[".*"]) as daemon:
            with connect(daemon.proxy_port) as client:
                client.send(b"x")
                self.assertRaises(ConnectionResetError, client.recv, 1)
            daemon.wait_log('"event":"closed"')
            closed = [line for line in map(json.loads, daemon.log_lines()) if line.get("event") == "closed"]
            self.assertEqual([(line["role"], line["reason"]) for line in closed], [("proxy", "bad prelude")])

    def test_metrics(self):
        ended = 'haild_connections_ended_total{reason="%s"}'
        with Daemon(*BESIDE, "--metrics", f"{LOCAL}:0", log=[BAD, MISSING]) as daemon:
            for header in HEADERS:
                self.assertEqual(told(daemon.proxy_port, header), GREETING)
            for say in b"x", b"PROXY ":
                with connect(daemon.proxy_port) as client:
                    client.sendall(say)
                    self.assertRaises(ConnectionResetError, read_all, client)
            connect(daemon.proxy_port).close()
            self.assertEqual(daemon.greeting(), GREETING)
            daemon.wait_counters(accepted=len(HEADERS) + 4, open=0)
            found = scrape(daemon.metrics_port)
            self.assertEqual(found["haild_connections_proxied_total"], 2)
            self.assertEqual(found["haild_connections_proxied_local_total"], 2)
            self.assertEqual([found[ended % reason] for reason in ("header_bad", "header_missing", "header_left", "done")],
                             [1, 1, 1, 5])


if __name__ == "__main__":
    harness.main()
