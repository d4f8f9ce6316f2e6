# SPDX-License-Identifier: ISC
"""Several haild with a socket each: on one port, as the units are, or on a port each, as in examples/systemd."""
import os
import pathlib
import signal
import urllib.request

from manager import ask, Clients, DEADLINE, GREETING, OURS, poll_until, PORT, run, show, systemctl, UnitTest

EXAMPLE = pathlib.Path("/usr/src/haild/example")


class Several(UnitTest):
    """haild@N.socket: several on one port"""

    NUMBERS = range(1, 5)

    def enable(self):
        self.configure("HAILD_OPTIONS=-e\nHAILD_MESSAGE={instance}\n")
        run("bash", "-c", "systemctl enable --now haild@{1..4}.socket")
        wanted, heard = {str(number).encode() for number in self.NUMBERS}, set()
        poll_until(lambda: heard.add(ask()) or heard == wanted)

    def test_each_answers_and_no_restart_loses_anybody(self, rounds=5, least=500):
        self.enable()
        with Clients(rb"[1-4]") as clients:
            for done in range(1, 20 * rounds):
                for number in self.NUMBERS:
                    systemctl("restart", f"haild@{number}.service")
                if done >= rounds and clients.saw["greeted"] > least:
                    break
        self.assertGreater(clients.saw["greeted"], least)
        self.told(f"{done} restarts of each of {len(self.NUMBERS)} haild@.service: {clients.saw}")
        self.assertEqual({**clients.saw, "greeted": 0}, dict.fromkeys(clients.saw, 0))

    def test_shares(self, count=2000):
        """The kernel chooses by a hash of both ends, so they are nearly equal."""
        self.enable()
        lines = run("hailto", "-c", str(count), "-i", "0", "--tally", "127.0.0.1").stdout.splitlines()
        shares = {line.split("\t")[2]: int(line.split("\t")[0]) for line in lines if "\t" in line}
        self.told(f"{count} clients of one port: {shares}")
        self.assertEqual(sum(shares.values()), count)
        for number in self.NUMBERS:
            self.assertAlmostEqual(shares[str(number)], count / 4, delta=count / 10)

    def test_one_is_killed(self):
        """Its socket stays, so nobody is refused: clients wait in it until it is there again."""
        self.enable()
        first = show("haild@2.service", "MainPID")
        with Clients(rb"[1-4]") as clients:
            poll_until(lambda: clients.saw["greeted"] > 200)
            os.kill(int(first), signal.SIGKILL)
            poll_until(lambda: show("haild@2.service", "MainPID") not in (first, "0"))
            before = clients.saw["greeted"]
            poll_until(lambda: clients.saw["greeted"] > before + 200)
        self.told(f"one of {len(self.NUMBERS)} is killed: {clients.saw}")
        self.assertEqual(clients.saw["refused"] + clients.saw["other"], 0)

    def test_settings_of_one(self):
        self.configure("HAILD_MESSAGE=all\n")
        self.configure("HAILD_MESSAGE=second\n", "haild-2")
        for number in (1, 2):  # each with a port of its own
            self.override(f"haild@{number}.socket",
                          f"[Socket]\nListenStream=\nListenStream=127.0.0.1:{PORT + number}\n")
            systemctl("start", f"haild@{number}.socket")
        self.assertEqual((ask(PORT + 1), ask(PORT + 2)), (b"all", b"second"))

    def test_it_sees_no_network_but_its_socket(self):
        systemctl("start", "haild@1.socket")
        self.assertEqual(ask(), GREETING)
        pid = show("haild@1.service", "MainPID")
        self.assertNotEqual(os.readlink(f"/proc/{pid}/ns/net"), os.readlink("/proc/self/ns/net"))


class Example(UnitTest):
    """examples/systemd: a port for each, with PROXY headers, and one for its metrics"""

    NAMES = ("01", "02", "03", "04")

    def setUp(self):
        super().setUp()
        run("cp", "-r", *map(str, EXAMPLE.glob("haild*")), str(OURS))
        self.configure("HAILD_OPTIONS=-e\nHAILD_MESSAGE={instance} {peer}\n")
        systemctl("daemon-reload")

    def enable(self):
        run("bash", "-c", "systemctl enable --now haild@{01..04}.socket")

    def test_verify_has_nothing_to_say(self):
        done = run("systemd-analyze", "verify", "--man=no", "haild@01.socket", "haild-metrics@01.socket")
        self.assertEqual((done.stdout, done.stderr), ("", ""))

    def test_each_has_its_port_and_name(self):
        self.enable()
        for name in self.NAMES:
            self.assertEqual(show(f"haild@{name}.service", "ActiveState"), "inactive")
            answer = run("hailto", "--send-proxy=198.51.100.7:4242", "127.0.0.1", f"123{name}")
            self.assertEqual(answer.stdout, f"{name} 198.51.100.7:4242")
            self.assertEqual(systemctl("is-enabled", f"haild@{name}.socket"), "enabled")

    def metrics(self, name, path="metrics"):
        with urllib.request.urlopen(f"http://127.0.0.1:124{name}/{path}", timeout=DEADLINE) as answer:
            return answer.read().decode()

    def test_each_tells_its_metrics(self):
        self.enable()
        for count, name in enumerate(self.NAMES):
            for _ in range(count):
                run("hailto", "--send-proxy", "127.0.0.1", f"123{name}")
            poll_until(lambda: f"\nhaild_connections_greeted_total {count}\n" in self.metrics(name))
            self.assertTrue(self.metrics(name, "readyz"))

    def test_stopped_they_leave_no_port(self):
        self.enable()
        systemctl("disable", "--now", *(f"haild@{name}.socket" for name in self.NAMES))
        for name in self.NAMES:
            for port in f"123{name}", f"124{name}":
                self.assertEqual(run("hailto", "-q", "127.0.0.1", port, check=False).returncode, 4)
