#!/usr/bin/env python3
"""How both programs read an address: what is one, what only the C library takes for one, and what helps then.

Runs in a namespace with its own name server and no routes, so that no mistake goes anywhere.
"""
from lib import harness, machine
from lib.clients import ClientTest, ask
from lib.harness import Daemon, GREETING, run, temporary_directory

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


if __name__ == "__main__":
    machine.enter()
    harness.main()
