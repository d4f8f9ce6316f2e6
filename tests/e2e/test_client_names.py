#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""How hailto finds the addresses of a name when answers are late, lost or odd for one family.

Runs in a network namespace with its own name server, /etc/hosts and /etc/resolv.conf.
"""
import contextlib
import os
import re
import signal
import subprocess
import sys
import time
import unittest

from lib import harness, machine
from lib.clients import ClientTest, ask, given, prompt_lookups, undisturbed
from lib.harness import Daemon, GREETING
from lib.machine import Late
from lib.servers import Server, refusing, says, stays

NAME = "server.example"
V4, V6 = "127.0.0.1", "::1"
PORT = 4242
# Far more than any answer is late here, and far less than the deadline.
LATE = 3


class Apart(ClientTest):
    """RFC 8305, 3: what one family lacks holds up nothing of the other"""

    def soon(self, greeting, *arguments):
        return self.quickly(0.5, lambda: self.hears(greeting, *arguments, NAME, PORT))

    def test_aaaa_never_comes(self):
        with machine.name_server({"A": [V4]}), Server(says(b"four"), (V4, PORT)):
            self.soon(b"four")

    def test_a_never_comes(self):
        with machine.name_server({"AAAA": [V6]}), Server(says(b"six"), (V6, PORT)):
            self.soon(b"six")

    def test_by_datagram(self):
        for answers, host in (({"A": [V4]}, V4), ({"AAAA": [V6]}, V6)):
            with machine.name_server(answers), Daemon("-u", "-l", host) as daemon:
                self.quickly(0.5, lambda: self.hears(GREETING, "-u", NAME, daemon.port))

    def test_failure_of_one_family(self):
        """A code that some servers give for types that they don't know."""
        for code in (1, 2, 4, 5):
            for answers, host in (({"A": [V4], "AAAA": code}, V4), ({"A": code, "AAAA": [V6]}, V6)):
                with self.subTest(code=code, host=host), machine.name_server(answers), \
                        Server(says(GREETING), (host, PORT)):
                    self.soon(GREETING)

    def test_late_family_is_not_waited_for(self):
        for late, alive in (("A", V6), ("AAAA", V4)):
            early = "AAAA" if late == "A" else "A"
            answers = {early: [alive], late: Late(LATE, [V6 if alive == V4 else V4])}
            with self.subTest(late=late), machine.name_server(answers), Server(says(GREETING), (alive, PORT)):
                self.soon(GREETING)

    def test_late_family_joins_the_race(self):
        """The first is silent, and the other has just been told when it is tried."""
        for late, silent, alive in (("A", V6, V4), ("AAAA", V4, V6)):
            early = "AAAA" if late == "A" else "A"
            answers = {early: [silent], late: Late(LATE, [alive])}
            with self.subTest(late=late), machine.name_server(answers), machine.black_hole(silent), \
                    Server(says(GREETING), (alive, PORT)):
                self.took(self.hears(GREETING, NAME, PORT), LATE)

    def test_late_family_is_waited_for_when_all_others_refuse(self):
        for late, refuses, alive in (("A", V6, V4), ("AAAA", V4, V6)):
            early = "AAAA" if late == "A" else "A"
            answers = {early: [refuses], late: Late(LATE, [alive])}
            with self.subTest(late=late), machine.name_server(answers), Server(says(GREETING), (alive, PORT)):
                self.took(self.hears(GREETING, NAME, PORT), LATE)

    def test_late_family_of_datagrams(self):
        with machine.name_server({"AAAA": [V6], "A": Late(LATE, [V4])}), Daemon("-u", "-l", V4) as daemon:
            self.took(self.hears(GREETING, "-u", NAME, daemon.port), LATE)

    def test_late_family_that_there_is_not(self):
        """That it has no address ends the waiting."""
        for option, stage in ([], "connect"), (["-u"], "ask"):
            with machine.name_server({"AAAA": [V6], "A": Late(LATE, [])}), refusing(V6) as port:
                answer = self.fails(4, rf"{NAME}:{port} \(\[::1\]:{port}\): {stage}: Connection refused", *option,
                                    NAME, port)
                self.took(answer, LATE)

    def test_refused_and_never_told_of_more(self):
        """The refusal is what there is to tell, not the wait."""
        for options, stage in ((["-w", given(0.5)], "connect"), (["-u", "-w", given(0.5)], "ask"),
                               (["-w", given(0.5), "--connect-timeout", "100ms"], "connect"),
                               (["-u", "-w", given(0.5), "--read-timeout", "100ms"], "ask")):
            with self.subTest(options=options), machine.name_server({"AAAA": [V6]}), refusing(V6) as port:
                reason = f"Connection refused; no more addresses from the name service within {given(0.5)}"
                answer = self.fails(4, rf"{NAME}:{port} \(\[::1\]:{port}\): {stage}: {reason}", *options, NAME, port)
                self.took(answer, 0.5)

    def test_all_that_were_tried_are_named(self):
        with machine.name_server({"AAAA": [V6], "A": Late(0.3, [V4])}), machine.black_hole(V4, V6):
            self.fails(5, rf"{NAME}:{PORT} \(\[::1\]:{PORT} and 1 more\): connect: .*", "-w", given(1.5), NAME, PORT)

    def test_one_family_is_asked_for_alone(self):
        for option, kind in (("-4", "A"), ("-6", "AAAA")):
            with machine.name_server({}) as asked:
                self.fails(3, f"{NAME}:{PORT}: resolve: no answer .*", option, "-w", given(0.3), NAME, PORT)
                self.assertEqual({question for _, question in asked.questions}, {kind})


class Verdicts(ClientTest):
    """Exit code 3, with what tells most"""

    def unresolved(self, answers, reason, *options):
        with self.subTest(answers=answers), machine.name_server(answers):
            return self.fails(3, f"{NAME}:{PORT}: resolve: {reason}", *options, NAME, PORT)

    def test_neither_family(self):
        reason = "No address associated with hostname"
        if not harness.has_glibc():
            reason += "|Name or service not known" # musl tells them apart from 1.2.4 on
        self.took(self.unresolved({"A": [], "AAAA": []}, f"({reason})"), 0)
        self.took(self.unresolved({"A": 3, "AAAA": 3}, "Name or service not known"), 0)

    def test_one_family_says_nothing(self):
        for answers in ({"A": []}, {"AAAA": []}):
            self.unresolved(answers, f"no answer from the name service within {given(0.5)}", "-w", given(0.5))

    def test_a_passing_failure_leaves_it_open(self):
        machine.write(self, "resolv.conf", f"nameserver {V4}\noptions timeout:1 attempts:1\n")
        late = Late(0.1, [])  # so that those apart are first to know
        for answers in ({"A": 2, "AAAA": 2}, {"A": [], "AAAA": 2}, {"A": 2, "AAAA": []},
                        {"A": late, "AAAA": 2}, {"A": 2, "AAAA": late}):
            self.unresolved(answers, "(Temporary|Non-recoverable) failure in name resolution")


class AsOthersDo(ClientTest):
    """The hosts file, search domains and the machine's preference count as for getaddrinfo()"""

    @prompt_lookups
    def test_hosts_file_goes_before_the_name_server(self):
        """It knows one family only; the other's address is another machine's, then."""
        machine.know(self, NAME, V4)
        with machine.name_server({"A": [V4], "AAAA": [V6]}) as asked:
            with Server(says(b"hosts"), (V4, PORT)), Server(says(b"DNS"), (V6, PORT)) as stranger:
                for _ in range(10):
                    self.hears(b"hosts", NAME, PORT)
                self.assertEqual((stranger.peers, asked.questions), ([], []))

    @prompt_lookups
    def test_hosts_file_that_takes_long_to_read(self):
        """Such as those that are to keep advertisements away: the name server is not asked meanwhile."""
        name = NAME.upper() if harness.has_glibc() else NAME # musl tells capitals apart
        machine.write(self, "hosts", "".join(f"0.0.0.0 advertiser-{i}.example\n" for i in range(500000)) +
                      f"{V4}\tother {name}\n{V6}\t{NAME}\n")
        with machine.name_server({"A": ["127.0.0.2"], "AAAA": []}) as asked, Server(says(b"hosts"), (V4, PORT)):
            answer = ask("-v", NAME, PORT)
            self.assertEqual((answer.exit, answer.stdout, asked.questions), (0, b"hosts", []), answer)

    def search(self, answers, far, *arguments):
        """Asks for a name that two search domains know; returns the answer, and whether the far host was."""
        machine.write(self, "resolv.conf", f"nameserver {V4}\nsearch near.example far.example\n")
        names = {"mail.near.example": answers, "mail.far.example": {"A": [far], "AAAA": []} if far == V4 else
                 {"A": [], "AAAA": [far]}}
        with machine.name_server(names=names), Server(says(b"far"), (far, PORT)) as stranger:
            return ask(*arguments, "mail", PORT), bool(stranger.peers)

    @prompt_lookups
    def test_search_domains_are_not_mixed(self):
        """The first domain that knows the name is the one, whatever family it lacks."""
        for near, far in ((V4, V6), (V6, V4)):
            with Server(says(b"near"), (near, PORT)):
                answers = {"A": [near], "AAAA": []} if near == V4 else {"A": [], "AAAA": [near]}
                answer, strayed = self.search(answers, far)
                self.assertEqual((answer.exit, answer.stdout, strayed), (0, b"near", False), answer)

    @prompt_lookups
    def test_lost_answer_in_a_search_domain(self):
        with Server(says(b"near"), (V4, PORT)):
            answer, strayed = self.search({"A": [V4]}, V6)
            self.assertEqual((answer.exit, answer.stdout, strayed), (0, b"near", False), answer)
            self.assertLess(answer.seconds, 3, answer)

    def test_root_as_a_search_domain(self):
        harness.need_glibc(self, "root as a search domain")
        machine.write(self, "resolv.conf", f"nameserver {V4}\nsearch .\n")
        with machine.name_server(names={"mail": {"A": [V4]}}), Server(says(GREETING), (V4, PORT)):
            self.quickly(0.5, lambda: self.hears(GREETING, "mail", PORT))

    @prompt_lookups
    def test_next_search_domain(self):
        answer, asked = self.search(3, V4)
        self.assertEqual((answer.exit, answer.stdout, asked), (0, b"far", True), answer)

    def test_dots_decide_what_comes_first(self):
        """resolv.conf may want search domains to be tried first for names with dots, too."""
        for dots, host in ((1, V4), (2, V6)):
            machine.write(self, "resolv.conf", f"nameserver {V4}\nsearch near.example\noptions ndots:{dots}\n")
            names = {"mail.srv": {"A": [V4]}, "mail.srv.near.example": {"AAAA": [V6]}}
            with self.subTest(dots=dots), machine.name_server(names=names), Server(says(GREETING), (host, PORT)):
                self.took(self.hears(GREETING, "mail.srv", PORT), 0)

    @undisturbed
    def test_preference(self):
        """gai.conf(5) may prefer IPv4."""
        harness.need_glibc(self, "gai.conf")
        machine.know(self, NAME, V6, V4)
        with Server(says(b"six"), (V6, PORT)), Server(says(b"four"), (V4, PORT)):
            for text, first in (("", b"six"), ("precedence ::ffff:0:0/96 100\n", b"four")):
                machine.write(self, "gai.conf", text)
                self.hears(first, NAME, PORT)
                self.hears(first, "localhost", PORT)

    def test_zone_is_part_of_a_literal(self):
        with machine.name_server() as asked:
            self.fails(4, r"\[fe80::1%lo\]:12345: connect: .+", "fe80::1%lo")
            self.assertFalse(asked.is_set())


class WithoutThreads(ClientTest):
    """A lookup blocks, and a thread for it can't be had everywhere"""

    def ask(self, *arguments, at=1, **options):
        """Runs hailto where the `at`-th thread and all after it are refused."""
        start = time.monotonic()
        answer = harness.run("hailto_faulty", *arguments,
                             env={"FAULT_KIND": "thread", "FAULT_AT": str(at), "FAULT_FOREVER": ""}, **options)
        answer.seconds = time.monotonic() - start
        return answer

    def test_names_are_found(self):
        for answers in (None, {"A": [V4], "AAAA": []}, {"A": [], "AAAA": [V6]}):
            if not answers:
                machine.know(self, NAME, V4)
            host = V6 if answers and answers["AAAA"] else V4
            with self.subTest(answers=answers), machine.name_server(answers), Server(says(GREETING), (host, PORT)):
                answer = self.ask(NAME, PORT)
                self.assertEqual((answer.exit, answer.stdout, answer.stderr), (0, GREETING, b""), answer)
            machine.write(self, "hosts", machine.FILES["hosts"])

    def test_it_is_told(self):
        machine.know(self, NAME, V4)
        with Server(says(GREETING), (V4, PORT)):
            answer = self.ask("-v", NAME, PORT)
            self.assertRegex(answer.stderr.decode(),
                             rf"\Aresolve: no thread \(.+\).+\nresolve: {re.escape(V4)}:{PORT} ")

    def test_failures(self):
        with machine.name_server(3):
            self.judge_failure(self.ask(NAME, PORT), 3, f"{NAME}:{PORT}: resolve: Name or service not known")
        machine.write(self, "resolv.conf", f"nameserver {V4}\n")
        self.judge_failure(self.ask(NAME, PORT), 3, f"{NAME}:{PORT}: resolve: Temporary failure in name resolution")

    @unittest.skipIf(harness.WRAPPER, "it ends in the midst of a call, and gives nothing back")
    def test_dead_name_server(self):
        for options, prefix in (([], ()), (["-4"], ()), ([], ("env", "--block-signal=ALRM")),
                                ([], ("env", "--ignore-signal=ALRM"))):
            with self.subTest(options=options, prefix=prefix), machine.name_server() as asked:
                answer = self.ask("-w", given(0.5), *options, NAME, PORT, prefix=prefix)
                line = f"{NAME}:{PORT}: resolve: no answer from the name service within {given(0.5)}"
                self.judge_failure(answer, 3, line)
                self.took(answer, 0.5)
                self.assertTrue(asked.is_set())

    @unittest.skipIf(harness.WRAPPER, "it ends in the midst of a call, and gives nothing back")
    def test_line_is_escaped(self):
        """As all others are: the name may be anybody's text."""
        with machine.name_server():
            answer = self.ask("-w", given(0.3), r"a\x41b", PORT)
            line = rf"a\\x5Cx41b:{PORT}: resolve: no answer from the name service .+"
            self.judge_failure(answer, 3, line)

    @unittest.skipIf(harness.WRAPPER, "it ends in the midst of a call, and gives nothing back")
    def test_quiet(self):
        with machine.name_server():
            answer = self.ask("-q", "-w", given(0.3), NAME, PORT)
            self.assertEqual((answer.exit, answer.stdout, answer.stderr), (3, b"", b""), answer)

    def test_deadline_is_for_the_lookup_alone(self):
        """Nothing of it is left when the greeting is late."""
        machine.know(self, NAME, V4)
        with Server(says(GREETING, pause=1), (V4, PORT)):
            answer = self.ask("-w", "5s", "--read-timeout", "4s", NAME, PORT)
            self.assertEqual((answer.exit, answer.stdout), (0, GREETING), answer)

    @unittest.skipIf(harness.WRAPPER, "it ends in the midst of a call, and gives nothing back")
    def test_alarm_of_a_parent(self):
        """It ends hailto as it would where threads are to be had, in the lookup and after it."""
        def alarmed(seconds, *arguments):
            return self.ask(*arguments, NAME, PORT, prefix=(
                sys.executable, "-c", f"import os, signal, sys; signal.setitimer(signal.ITIMER_REAL, {seconds}); "
                "os.execvp(sys.argv[1], sys.argv[1:])"))
        with machine.name_server():
            answer = alarmed(0.5, "-w", "20s")
            self.assertEqual((answer.exit, answer.stderr), (-signal.SIGALRM, b""), answer)
            self.took(answer, 0.5)
            answer = alarmed(20, "-w", given(0.5))
            self.judge_failure(answer, 3, ".*: resolve: no answer from the name service within .*")
            self.took(answer, 0.5)
        machine.know(self, NAME, V4)
        with Server(stays(), (V4, PORT)):
            answer = alarmed(1, "-w", "20s")
            self.assertEqual(answer.exit, -signal.SIGALRM, answer)
            self.took(answer, 1)
            answer = alarmed(5, "-w", "800ms")
            self.assertEqual(answer.exit, 7, answer)
            self.took(answer, 0.8)

    @unittest.skipIf(harness.WRAPPER, "it ends in the midst of a call, and gives nothing back")
    def test_line_waits_for_its_reader(self):
        """The pipe is full, and another program has left it non-blocking."""
        reader, writer = os.pipe()
        os.set_blocking(writer, False)
        with contextlib.suppress(BlockingIOError):
            while os.write(writer, b"y" * 512):
                pass
        with machine.name_server(), open(reader, "rb") as pipe:
            process = harness.start(harness.command_of("hailto_faulty", ["-w", given(0.3), NAME, PORT]), stderr=writer,
                                    env=harness.environment({"FAULT_KIND": "thread", "FAULT_AT": "1", "FAULT_FOREVER": ""}))
            os.close(writer)
            with self.assertRaises(subprocess.TimeoutExpired):
                process.wait(1)
            self.assertRegex(pipe.read().lstrip(b"y"), rb"\Ahailto: .*: resolve: no answer from .*\n\Z")
            self.assertEqual(process.wait(harness.DEADLINE), 3)

    def test_lookups_apart_are_done_without(self):
        """One thread is there, and no more: one family is still enough."""
        for at in (2, 3):
            with self.subTest(at=at), machine.name_server({"AAAA": [V6]}), Server(says(GREETING), (V6, PORT)):
                answer = self.ask("-w", given(2), NAME, PORT, at=at)
                # Without any other lookup the first waits for both families.
                self.assertEqual(answer.exit, 3 if at == 2 else 0, answer)


class Many(ClientTest):
    """More addresses than are tried: those that stand first refuse, and one of the other family lives"""

    def setUp(self):
        machine.own_network(self, "2001:db8::/64", "2001:db8::77:77")
        self.six = [f"2001:db8::{i:x}" for i in range(1, 100)]
        self.four = [f"127.0.1.{i}" for i in range(1, 100)]
        if not harness.has_glibc():
            del self.six[47:], self.four[47:] # musl finds 48 addresses, and no more

    def heard_from(self, alive):
        with Server(says(GREETING), (alive, PORT)):
            self.quickly(1, lambda: self.hears(GREETING, NAME, PORT))

    def test_none_of_one_family_push_out_the_other(self):
        with machine.name_server({"A": [V4], "AAAA": self.six}):
            self.heard_from(V4)
        machine.write(self, "gai.conf", "precedence ::ffff:0:0/96 100\n")
        with machine.name_server({"A": self.four, "AAAA": [V6]}):
            self.heard_from(V6)

    def test_hosts_file(self):
        machine.know(self, NAME, *self.six, V4)
        self.assertEqual(machine.order_of(NAME)[-1], V4)
        self.heard_from(V4)

    @prompt_lookups
    def test_second_address_is_of_the_other_family(self):
        machine.know(self, NAME, *self.six, V4)
        answer = ask("-v", NAME, PORT)
        tried = [line for line in answer.stderr.decode().splitlines() if line.startswith("connect: ")]
        self.assertEqual(len(tried), min(64, len(self.six) + 1))
        self.assertIn(f"connect: {V4}:{PORT}: Connection refused (", tried[1])


class Localhost(ClientTest):
    """RFC 6761, 6.3: both loopbacks, and nobody is asked"""

    def test_no_lookup(self):
        machine.write(self, "hosts", "192.0.2.1 localhost\n")
        with machine.name_server({"A": ["192.0.2.1"], "AAAA": []}) as asked:
            for host in ("localhost", "LocalHost", "localhost."):
                for address, options in ((V4, []), (V6, []), (V4, ["-4"]), (V6, ["-6"]), (V4, ["-s", V4])):
                    with self.subTest(host=host, address=address, options=options), \
                            Server(says(GREETING), (address, PORT)):
                        self.hears(GREETING, *options, host, PORT)
            self.assertEqual(asked.questions, [])

    def test_ipv6_first(self):
        answer = ask("-v", "localhost", PORT)
        self.assertRegex(answer.stderr.decode(), rf"\Aresolve: \[::1\]:{PORT}, 127\.0\.0\.1:{PORT} ")

    def test_one_family(self):
        for option, shown in (("-4", r"127\.0\.0\.1"), ("-6", r"\[::1\]")):
            self.fails(4, rf"localhost:{PORT} \({shown}:{PORT}\): connect: Connection refused", option, "localhost",
                       PORT)

    def test_other_names_are_looked_up(self):
        for host in ("localhost.example", "localhosts", "xlocalhost"):
            with machine.name_server(3) as asked:
                self.fails(3, f"{host}:{PORT}: resolve: .+", host, PORT)
                self.assertTrue(asked.is_set())


if __name__ == "__main__":
    machine.enter()
    harness.main()
