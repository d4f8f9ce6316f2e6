#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""How both programs read an address: what is one, what only the C library takes for one, and what helps then.

Runs in a namespace with its own name server and no routes, so that no mistake goes anywhere.
"""
import errno
import os
import pathlib
import re
import socket
import unittest

from lib import harness, machine
from lib.clients import ClientTest, ask
from lib.harness import Daemon, GREETING, need, run, strerror, temporary_directory

NUMBER = "a number is not a host; write a port as HOST:PORT"
IPV4 = "an IPv4 address is four decimal numbers up to 255, without leading zeros"
URL = "this is a URL; write HOST:PORT"
SLASH = "the host has a slash in it; a path is unix:PATH"
# What is refused, and why. getaddrinfo() takes most of the numbers for addresses.
REFUSED = {
    **dict.fromkeys(("12345", "0", "8080", "2130706433", "017700000001", "99999999999999999999"), NUMBER),
    **dict.fromkeys(("127.1", "127.0.1", "0x7f.1", "0x7f000001", "0X7F000001", "010.0.0.1", "127.0.0.01",
                     "127.0.0.0x1", "256.0.0.1", "1.2.3.4.5", "127.0.0.1.", "localhost.1"), IPV4),
    **dict.fromkeys(("http://localhost:12345/", "http://localhost/", "tcp://10.0.0.1:12345",
                     "https://[::1]:443/path"), URL),
    **dict.fromkeys(("/run/haild.sock", "localhost/", "10.0.0.0/8"), SLASH),
    "127.0.0.1%lo": "only an IPv6 address has a zone",
    "a b": "the host has a blank in it",
}


class Refused(ClientTest):
    def refuses(self, result, line):
        self.assertEqual((result.exit, result.stdout), (2, b""), result)
        self.assertEqual(result.stderr.decode().splitlines()[-1], line)

    def test_in_both_programs_alike_and_without_a_lookup(self):
        with machine.name_server(answers=3) as asked:
            for text, why in REFUSED.items():
                with self.subTest(text=text):
                    reason = f"bad address '{text}': {why}"
                    self.refuses(run("haild", "-l", text), f"haild: --listen: {reason}")
                    self.refuses(run("haild", "--check", "-l", text), f"haild: --listen: {reason}")
                    self.refuses(ask(text), f"hailto: {reason}")
                    self.refuses(ask(input=f" {text} \n".encode()), f"hailto: {reason}")
                    self.refuses(ask("-s", text, "localhost"), f"hailto: bad source '{text}': {why}")
            self.assertFalse(asked.is_set())
            # The rule is for the last part alone: this one is asked for.
            self.assertEqual(ask("1.2.3.4.in-addr.arpa").exit, 3)
            self.assertTrue(asked.is_set())

    def test_in_the_variable(self):
        self.refuses(run("haild", env={"HAILD_LISTEN": "localhost 0x7f.1"}),
                     f"haild: HAILD_LISTEN: bad address '0x7f.1': {IPV4}")

    def test_blanks_and_protocols_are_no_services(self):
        machine.write(self, "services", "a  4242/tcp\n")
        for text in (" ", "  ", "4242/tcp", "\t", "a "):
            with self.subTest(text=text):
                reason = "a port is a number up to 65535 or the name of a service"
                self.refuses(ask("localhost", text), "hailto: bad port '{}': {}".format(
                    text.replace("\t", r"\x09"), reason))
                self.assertEqual(run("haild", "-p", text).exit, 2)


class Names(ClientTest):
    def test_names_that_begin_with_a_number(self):
        for name in ("3com.example", "127.1.example", "0xy", "1e3"):
            machine.know(self, name, "127.0.0.1")
            with self.subTest(name=name), Daemon("-l", name) as daemon:
                self.hears(GREETING, name, daemon.port)

    def test_service_names_of_all_kinds(self):
        machine.write(self, "services", "z39.50 4242/tcp\nwhois++ 4243/tcp\nold_name 4244/tcp\n")
        for number, name in enumerate(("z39.50", "whois++", "old_name"), 4242):
            with self.subTest(name=name), Daemon("-l", f"127.0.0.1:{name}", port=None) as daemon:
                self.assertEqual(daemon.port, number)
                self.hears(GREETING, "127.0.0.1", name)


class Kubernetes(ClientTest):
    VARIABLE = {"HAILD_PORT": "tcp://10.0.0.1:4242", "HAILD_SERVICE_HOST": "10.0.0.1", "HAILD_SERVICE_PORT": "4242",
                "HAILD_PORT_4242_TCP": "tcp://10.0.0.1:4242", "HAILD_PORT_4242_TCP_PROTO": "tcp",
                "HAILD_PORT_4242_TCP_PORT": "4242", "HAILD_PORT_4242_TCP_ADDR": "10.0.0.1"}
    LINE = (r"haild: HAILD_PORT is 'tcp://10\.0\.0\.1:4242', as Kubernetes sets it for a Service named haild: "
            r"ignored, the port is 12345 \(see --port\)")

    def test_service_named_haild(self):
        with Daemon(port=None, env=self.VARIABLE, log=[self.LINE]) as daemon:
            self.assertEqual(daemon.addresses, ["127.0.0.1:12345", "[::1]:12345"])
            self.assertEqual(len(daemon.log_lines(self.LINE)), 1)
            self.assertEqual(daemon.greeting(), GREETING)
        self.assertEqual(run("haild", "--check", env=self.VARIABLE).exit, 0)

    def test_port_that_is_given_another_way(self):
        for options, port in ((["-l", "127.0.0.1:0"], None), (["-l", "127.0.0.1"], 0),
                              (["-l", f"unix:{temporary_directory(self)}/x"], None)):
            with self.subTest(options=options), Daemon(*options, port=port, env=self.VARIABLE) as daemon:
                self.assertEqual(daemon.log_lines(".*HAILD_PORT.*"), [])

    def test_port_that_no_address_needs_is_not_judged(self):
        with Daemon("-l", "127.0.0.1:0", port="no-such-service") as daemon:
            self.assertEqual(daemon.greeting(), GREETING)
        result = run("haild", "-l", "127.0.0.1:0", "-l", "::1", "-p", "no-such-service")
        self.assertEqual(result.exit, 2, result)


class Overlap(ClientTest):
    """Two of haild's own addresses that are in each other's way."""

    PAIRS = [(["*", "localhost"], "127.0.0.1:12345: it overlaps 0.0.0.0:12345, which is given as well"),
             (["localhost", "*"], "0.0.0.0:12345: it overlaps 127.0.0.1:12345, which is given as well"),
             (["[::]", "::1"], "[::1]:12345: it overlaps [::]:12345, which is given as well"),
             (["localhost", "127.0.0.1"], "127.0.0.1:12345: it is given twice"),
             (["two.example", "*:80", "127.0.0.1"], "127.0.0.1:12345: it is given twice")]

    def refuses(self, addresses, reason, *options):
        result = run("haild", *options, *(word for address in addresses for word in ("-l", address)))
        self.assertEqual((result.exit, result.stdout), (3, b""), result)
        self.assertEqual(result.stderr.decode().splitlines()[-1], f"haild: cannot listen on {reason}")

    def test_is_found_by_a_start_and_by_a_check(self):
        machine.know(self, "two.example", "127.0.0.1", "127.0.0.2")
        for addresses, reason in self.PAIRS:
            for options in ([], ["--check"], ["-u"], ["-u", "--check"]):
                with self.subTest(addresses=addresses, options=options):
                    self.refuses(addresses, reason, *options)

    def test_is_found_in_the_settings_of_a_daemon_that_runs(self):
        with Daemon("-l", "*", port=None):
            self.refuses(*self.PAIRS[0], "--check")

    def test_paths_in_other_words(self):
        folder = temporary_directory(self)
        for other in (f"{folder}/../{folder.name}/x", f"{folder}//x"):
            for options in ([], ["--check"]):
                with self.subTest(other=other, options=options):
                    self.refuses([f"unix:{folder}/x", f"unix:{other}"],
                                 f"unix:{other}: it overlaps unix:{folder}/x, which is given as well", *options)

    def test_port_that_the_kernel_chose_is_no_overlap(self):
        """Of two free ports ::1 has one already: another is tried, and some kernels choose the same for ever."""
        only_ports(self, 20000, 20001)
        for port in 20000, 20001:
            result = run("haild", "--check", "-l", f"[::1]:{port}", "-l", "localhost:0")
            self.assertIn((result.exit, result.stderr), (
                (0, b""), (3, b"haild: cannot listen on localhost:0: found no port that is free on all its "
                              b"addresses\n")))


def setting(test, name, value):
    """Changes a setting of this network namespace for the time of the test."""
    path = pathlib.Path("/proc/sys/net", name)
    before = path.read_text()
    path.write_text(str(value))
    test.addCleanup(path.write_text, before)


def only_ports(test, first, last):
    setting(test, "ipv4/ip_local_port_range", f"{first} {last}")


class Advice(ClientTest):
    """What helps is said from what is the cause."""

    def refuses(self, address, reason, *options, prefix=()):
        for check in ([], ["--check"]):
            result = run("haild", *check, "-l", address, *options, prefix=prefix)
            self.assertEqual((result.exit, result.stdout), (3, b""), result)
            self.assertEqual(result.stderr.decode(), f"haild: cannot listen on {reason}\n")

    def test_forms_that_cannot_be_bound(self):
        invalid = "Invalid argument"
        self.refuses("[::ffff:127.0.0.1]", f"[::ffff:127.0.0.1]:12345: {invalid} (this is IPv4 in IPv6; "
                                           "write 127.0.0.1)")
        self.refuses("fe80::1", f"[fe80::1]:12345: {invalid} (a link-local address needs its zone, ADDRESS%INTERFACE)")
        self.refuses("ff02::1%lo", f"[ff02::1%lo]:12345: {invalid} (a multicast address, and TCP has none)")
        self.refuses("fe80::1%none", "[fe80::1%none]:12345: Name or service not known "
                                     "(its zone is no interface of this machine)")
        self.refuses("::1%lo", "[::1%lo]:12345: Name or service not known (only a link-local address has a zone)")

    def test_link_local_in_hailto(self):
        """By any name, by TCP and by UDP."""
        machine.know(self, "link.example", "fe80::1")
        line = r"connect: Invalid argument \(a link-local address needs its zone, ADDRESS%INTERFACE\)"
        self.fails(4, rf"\[fe80::1\]:80: {line}", "fe80::1", "80")
        self.fails(4, rf"link\.example:80 \(\[fe80::1\]:80\): {line}", "link.example", "80")
        self.fails(4, rf"\[fe80::1\]:80: {line.replace('connect', 'ask')}", "-u", "fe80::1", "80")

    def test_low_ports_begin_where_the_kernel_says(self):
        need("setpriv")
        without = ["setpriv", "--bounding-set=-net_bind_service", "--inh-caps=-net_bind_service"]
        for first, port in ((1024, 17), (2000, 1999)):
            setting(self, "ipv4/ip_unprivileged_port_start", first)
            self.refuses(f"127.0.0.1:{port}", f"127.0.0.1:{port}: Permission denied (ports below {first} need "
                                              "CAP_NET_BIND_SERVICE)", prefix=without)
        with Daemon("-l", "127.0.0.1:2000", port=None, prefix=without) as daemon:
            self.assertEqual(daemon.greeting(), GREETING)

    def test_no_port_is_free(self):
        only_ports(self, 20000, 20001)
        with socket.create_server(("127.0.0.1", 20000)), socket.create_server(("127.0.0.1", 20001)):
            self.refuses("127.0.0.1:0", f"127.0.0.1:0: {strerror(errno.EADDRINUSE)} "
                                        "(no port is free that the kernel could choose)")

    def test_another_socket_has_the_port_and_ss_shows_it(self):
        """Also where none listens: a client has it."""
        need("ss")
        used = f"{strerror(errno.EADDRINUSE)} (another socket has it; '{{}}' shows whose)"
        with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
            port = client.getsockname()[1]
            command = f"ss -tap sport = :{port}"
            result = run("haild", "-l", f"127.0.0.1:{port}")
            self.assertEqual((result.exit, result.stderr.decode()), (
                3, f"haild: cannot listen on 127.0.0.1:{port}: {used.format(command)}\n"))
            self.assertIn(f"pid={os.getpid()}", run(*command.split()).stdout.decode())
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
            server.bind(("127.0.0.1", 0))
            port = server.getsockname()[1]
            command = f"ss -uap sport = :{port}"
            result = run("haild", "-u", "-l", f"127.0.0.1:{port}")
            self.assertEqual((result.exit, result.stderr.decode()), (
                3, f"haild: cannot listen on 127.0.0.1:{port} by UDP: {used.format(command)}\n"))
            self.assertIn(f"pid={os.getpid()}", run(*command.split()).stdout.decode())

    def test_shared_port(self):
        if not harness.can_share_ports(self):
            return
        for mine, yours, advice in (([], ["--reuse-port"], ", without --reuse-port or of another user"),
                                    (["--reuse-port"], [], "")):
            with Daemon("-l", "127.0.0.1", *mine) as daemon:
                result = run("haild", "-l", daemon.addresses[0], *yours)
                self.assertEqual((result.exit, result.stderr.decode()), (
                    3, f"haild: cannot listen on {daemon.addresses[0]}: {strerror(errno.EADDRINUSE)} (another socket "
                       f"has it{advice}; 'ss -tap sport = :{daemon.port}' shows whose)\n"))

    def test_address_that_is_not_to_be_had(self):
        cannot = strerror(errno.EADDRNOTAVAIL)
        self.refuses("192.0.2.1", f"192.0.2.1:12345: {cannot} (not an address of this machine)")
        self.refuses("2001:db8::1", f"[2001:db8::1]:12345: {cannot} (not an address of this machine)")
        setting(self, "ipv6/conf/all/disable_ipv6", 1)
        off = f"{cannot} (IPv6 is off on this machine: no interface has an address)"
        self.refuses("::1", f"[::1]:12345: {off}")
        line = re.escape(f"haild: not listening on [::1]:12345: {off}")
        with Daemon("-l", "localhost", port=None, log=[line]) as daemon:
            self.assertEqual(daemon.addresses, ["127.0.0.1:12345"])
            self.assertEqual(len(daemon.log_lines(line)), 1)

    def test_address_that_is_not_ready(self):
        machine.interface(self, "slow")
        setting(self, "ipv6/conf/slow/dad_transmits", 600)
        machine._run("ip", "address", "add", "2001:db8::5/64", "dev", "slow")
        self.refuses("2001:db8::5", f"[2001:db8::5]:12345: {strerror(errno.EADDRNOTAVAIL)} "
                                    "(this machine has it, but not ready; 'ip address' shows more)")

    @unittest.skipIf(harness.WRAPPER, "a wrapper has descriptors of its own")
    def test_lookup_without_descriptors(self):
        """The first address has the last descriptor."""
        machine.know(self, "here.example", "127.0.0.1")
        options = ["--check", "-l", "127.0.0.1:0", "-l", "here.example:0"]
        result = run("haild", *options, prefix=["prlimit", "--nofile=4:4"])
        self.assertEqual((result.exit, result.stderr.decode()), (
            3, f"haild: cannot listen on here.example:0: {strerror(errno.EMFILE)} (raise the descriptor limit, "
               "ulimit -n)\n"))
        self.assertEqual(run("haild", *options, prefix=["prlimit", "--nofile=8:8"]).exit, 0)

    def test_paths(self):
        folder = temporary_directory(self)
        (folder / "file").write_bytes(b"")
        self.refuses(f"unix:{folder}/none/x", f"unix:{folder}/none/x: No such file or directory "
                                              "(there is no such folder)")
        self.refuses(f"unix:{folder}/file", f"unix:{folder}/file: something is there that is not a socket "
                                            "(remove it, or choose another path)")


if __name__ == "__main__":
    machine.enter()
    harness.main()
