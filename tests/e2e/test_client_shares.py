#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""hailto --tally and --expect-shares: which greetings came, how often, and whether that is as expected."""
import re

from lib import harness
from lib.clients import ClientTest, Terminal, ask
from lib.harness import Daemon, WRAPPER
from lib.objects import read_objects
from lib.servers import Server, says

LOCAL = "127.0.0.1"
MANY = 500 if WRAPPER else 10000


def greets(*texts):
    """What a server says to one client after the other, again and again."""
    served = []

    def serve(client):
        served.append(client)
        client.sendall(texts[(len(served) - 1) % len(texts)])

    return serve


def asked(server, count, *options, **how):
    """hailto asks so many times, one after the other."""
    return ask("-c", str(count), "-i", "0", *options, LOCAL, server.port, **how)


class Tally(ClientTest):
    def test_columns(self):
        """Most first, then by their bytes; escaped, with tabs between."""
        with Server(greets(b"b\n", b"a\x1b[m", b"b\n", b"c\xff")) as server:
            answer = asked(server, 8, "--tally")
        self.assertEqual((answer.exit, answer.stderr), (0, b""))
        self.assertEqual(answer.stdout.decode().splitlines()[:3], [
            r"4" "\t" r"50.000%" "\t" r"b\x0A", r"2" "\t" r"25.000%" "\t" r"a\x1B[m",
            r"2" "\t" r"25.000%" "\t" r"c\xFF"])

    def test_bars_on_a_terminal(self):
        with Server(greets(b"left", b"left", b"left", b"right")) as server:
            with Terminal("-c", "8", "-i", "0", "--tally", LOCAL, server.port) as terminal:
                screen = terminal.end().screen.decode()
        # On a busy machine, how far it was has been there before.
        self.assertRegex(screen, r"(?m)(^|\x1b\[K)6 +75\.0% +#{15} +left\r?$")
        self.assertRegex(screen, r"(?m)^2 +25\.0% +#{5} +right\r?$")

    def test_objects(self):
        with Server(greets(b"left", b"\xff")) as server:
            answer = asked(server, 4, "-j", "--tally")
        found = read_objects(self, answer.stdout)
        self.assertEqual([each["type"] for each in found], ["attempt"] * 4 + ["tally"] * 2 + ["summary"])
        self.assertEqual([(each["greeting"], each["greeting_base64"], each["count"], each["share"])
                          for each in found[4:6]], [("left", None, 2, 50000), (None, "/w==", 2, 50000)])

    def test_failures_have_no_greeting(self):
        """What was not as expected is counted; who says nothing is not."""
        with Server(greets(b"left", b"", b"right")) as server:
            answer = asked(server, 6, "--tally", "-E", "left")
        self.assertEqual(answer.stdout.decode().splitlines()[:2], ["2\t50.000%\tleft", "2\t50.000%\tright"])


class Shares(ClientTest):
    def verdict(self, exit, verdict, texts, shares, *options, count=100):
        with Server(greets(*texts)) as server:
            answer = asked(server, count, "--expect-shares", shares, *options)
        self.assertEqual(answer.exit, exit, answer)
        self.assertRegex(answer.stderr.decode(), rf"\A(hailto: )?shares of {verdict}\n\Z")

    def test_as_expected(self):
        self.verdict(0, r"100 greetings: .*left 50 .*right 50 .*as expected.*", [b"left", b"right 1"], "left:50,right:50")

    def test_not_as_expected(self):
        self.verdict(8, r"100 greetings: .*left 75 .*not as expected \(chi-square 25\.00, at most 10\.83\)",
                     [b"left", b"left", b"left", b"right"], "left:50,right:50")

    def test_one_that_nobody_expects(self):
        self.verdict(8, r"100 greetings: .*", [b"left", b"right", b"left", b"elsewhere"], "left:50,right:50")

    def test_texts_are_escaped_once(self):
        self.verdict(0, r"10 greetings: \\x01\\x5Cx02 10 .*as expected", [b"\x01\\x02"], "\x01\\x02:100", count=10)

    def test_too_few(self):
        self.verdict(8, r"8 greetings: .*", [b"left", b"right"], "left:50,right:50", count=8)

    def test_failure_comes_first(self):
        """Its exit status is that of the attempts if any has failed."""
        self.verdict(7, r"50 greetings: .*", [b"left", b""], "left:100")

    def test_object(self):
        """It stands before the summary, and standard error has nothing."""
        for texts, exit, counts, unmatched, test in (
                ([b"left", b"right 1"], 0, (50, 50), 0, (0, 10828)),
                ([b"left", b"left", b"left", b"right"], 8, (75, 25), 0, (25000, 10828)),
                ([b"left", b"right", b"left", b"elsewhere"], 8, (50, 25), 25, (None, None))):
            with self.subTest(texts), Server(greets(*texts)) as server:
                answer = asked(server, 100, "-j", "--tally", "--expect-shares", "left:50,right:50")
                self.assertEqual((answer.exit, answer.stderr), (exit, b""), answer)
                tally, shares, summary = read_objects(self, answer.stdout)[-3:]
                self.assertEqual([tally["type"], shares["type"], summary["type"]], ["tally", "shares", "summary"])
                self.assertEqual(shares["texts"], [{"text": text, "expected": 50000, "count": count}
                                                   for text, count in zip(("left", "right"), counts)])
                self.assertEqual((shares["chi_square_thousandths"], shares["limit_thousandths"]), test)
                self.assertEqual((shares["unmatched"], shares["as_expected"]), (unmatched, exit == 0))
                self.assertRegex(shares["verdict"], r"\Ashares of 100 greetings: left .*as expected")
                self.assertEqual(summary["status"], exit)

    def test_quiet(self):
        with Server(says(b"left")) as server:
            for shares, exit in ("left:100", 0), ("right:100", 8):
                answer = asked(server, 20, "-q", "--expect-shares", shares)
                self.assertEqual((answer.exit, answer.stdout, answer.stderr), (exit, b"", b""))

    def test_bad_lists(self):
        for shares in "", "left", "left:", "left:0", "left:101", "left:50", "left:50,right:51", "left:50,:50,", \
                "a:50,ab:50", "left:50;right:50", "left:1e2":
            with self.subTest(shares):
                answer = ask("-c", "1", "--expect-shares", shares, LOCAL)
                self.assertEqual((answer.exit, answer.stdout), (2, b""), answer)
                self.assertRegex(answer.stderr.decode(), rf"\Ahailto: bad shares '{re.escape(shares)}': [^\n]+\n\Z")


class Instances(ClientTest):
    def test_what_they_counted(self):
        """Two daemons share a port: each greeting is checked, and the tally is what they have counted."""
        harness.can_share_ports(self) or self.skipTest("this build has no --reuse-port")
        options = ("-l", LOCAL, "--reuse-port", "-e", "-m", "{instance}", "--instance")
        with Daemon(*options, "left") as left, Daemon(*options, "right", port=left.port) as right:
            answer = ask("-c", str(MANY), "-P", "100", "--tally", "--expect-shares", "left:50,right:50", LOCAL, left.port,
                         deadline=harness.DEADLINE)
            greeted = {name: self.greeted(daemon) for name, daemon in (("left", left), ("right", right))}
        self.assertIn(answer.exit, (0, 8), answer)  # the kernel's choice is by a hash, and may be uneven
        rows = [line.split("\t") for line in answer.stdout.decode().splitlines() if "\t" in line]
        self.assertEqual({name: int(count) for count, _, name in rows}, greeted)
        self.assertEqual(sum(greeted.values()), MANY)
        self.assertIn(f"{MANY} attempts, {MANY} successes, 0 failures", answer.stdout.decode())

    def greeted(self, daemon):
        daemon.process.terminate()
        self.assertEqual(daemon.wait(), 0)
        return int(daemon.log_lines(r"stopped: .*")[-1].partition("greeted=")[2].split()[0])


if __name__ == "__main__":
    harness.main()
