# SPDX-License-Identifier: ISC
"""Several haild with a socket each, on one port."""
import os
import signal

from manager import ask, Clients, GREETING, poll_until, PORT, run, show, systemctl, UnitTest



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
            done = 0
            while done < rounds or clients.saw["greeted"] <= least:
                for number in self.NUMBERS:
                    systemctl("restart", f"haild@{number}.service")
                done += 1
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
