#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Who may come to haild: --allow, --deny, --deny-file, and what the others hear.

Runs in a network namespace of its own, which has more addresses.
"""
import json
import os
import pathlib
import signal
import unittest

from lib import harness, machine
from lib.activation import Activated, listening
from lib.harness import Daemon, GREETING, connect_unix, has_heard, poll_until, read_all, run, temporary_directory
from lib.manager import Manager
from lib.reload import NOTHING_TO_READ, READ_AGAIN, STAYS, Haste, hang_up, replace
from lib.scrape import scrape
from lib.visitors import NOT_LET_IN, OLD_NETWORKS, asker, hear, visitor

NOTHING = b""
WORDS = "Not from there, sorry\n"


class Access(unittest.TestCase):
    def daemon(self, *options, log=(), **more):
        """A haild that may refuse clients."""
        return Daemon(*options, log=[NOT_LET_IN, *log], **more)

    def judges(self, daemon, **verdicts):
        """Each address must be let in, or not, also when hailto asks."""
        for source, is_let_in in verdicts.items():
            with self.subTest(source):
                self.assertEqual(hear(daemon.port, source), GREETING if is_let_in else NOTHING)


class Networks(Access):
    def test_deny(self):
        with self.daemon("-l", "127.0.0.1", "--deny", "127.0.0.2", "--deny", "127.1.0.0/16") as daemon:
            self.judges(daemon, **{"127.0.0.1": True, "127.0.0.2": False, "127.0.0.3": True,
                                   "127.1.2.3": False, "127.2.0.1": True})
            counters = daemon.wait_counters(open=0)
            self.assertEqual((counters["accepted"], counters["greeted"], counters["denied"]), (5, 3, 2))

    def test_allow(self):
        with self.daemon("-l", "127.0.0.1", "--allow", "127.0.0.2/31") as daemon:
            self.judges(daemon, **{"127.0.0.1": False, "127.0.0.2": True, "127.0.0.3": True, "127.0.0.4": False})

    def test_longest_prefix_wins(self):
        with self.daemon("-l", "127.0.0.1", "--deny", "127.0.0.0/8", "--allow", "127.0.0.0/16",
                         "--deny", "127.0.0.128/25", "--allow", "127.0.0.200") as daemon:
            self.judges(daemon, **{"127.1.0.1": False, "127.0.0.1": True, "127.0.0.129": False,
                                   "127.0.0.200": True})

    def test_ipv6(self):
        for address in "2001:db8:1::1", "2001:db8:2::1":
            machine.own(self, address)
        with self.daemon("-l", "::1", "--allow", "::/0", "--deny", "2001:db8:2::/48") as daemon:
            self.judges(daemon, **{"::1": True, "2001:db8:1::1": True, "2001:db8:2::1": False})

    def test_nothing_that_matches_is_refused_in_either_family(self):
        with self.daemon("-l", "localhost", "--allow", "127.0.0.1") as daemon:
            self.judges(daemon, **{"127.0.0.1": True, "127.0.0.2": False, "::1": False})

    def test_hailto_is_told_that_nothing_came(self):
        with self.daemon("-l", "127.0.0.1", "--deny", "127.0.0.2") as daemon:
            refused = run("hailto", "-s", "127.0.0.2", "127.0.0.1", daemon.port)
            self.assertEqual((refused.exit, refused.stdout), (7, b""), refused)
            good = run("hailto", "-s", "127.0.0.3", "127.0.0.1", daemon.port)
            self.assertEqual((good.exit, good.stdout), (0, GREETING), good)

    # There each IPv4 client has an IPv6 address, ::ffff:127.0.0.2.
    def test_ipv4_at_an_ipv6_socket_is_ipv4(self):
        options = ("--deny", "127.0.0.2", "--deny", "::/0", "--allow", "127.0.0.0/8")
        with listening("::", dual=True) as held, \
                Activated(held, options=options, log=[NOT_LET_IN]) as daemon:
            self.judges(daemon, **{"127.0.0.1": True, "127.0.0.2": False, "::1": False})
            daemon.wait_log(r"^127\.0\.0\.2:\d+: not let in: denied ")

    def test_unix_clients_always_may(self):
        path = temporary_directory(self) / "socket"
        with self.daemon("-l", f"unix:{path}", "--deny", "0.0.0.0/0", "--deny", "::/0", port=None) as daemon, \
                connect_unix(path) as client:
            self.assertEqual(read_all(client), GREETING)
            self.assertEqual(daemon.wait_counters(greeted=1)["denied"], 0)

    def test_datagrams(self):
        with self.daemon("-u", "-l", "127.0.0.1", "--deny", "127.0.0.2") as daemon:
            with asker(daemon.port, "127.0.0.2") as denied, asker(daemon.port, "127.0.0.3") as other:
                denied.send(bytes(100))
                daemon.wait_counters(datagrams_denied=1)
                other.send(bytes(100))
                self.assertEqual(other.recv(1 << 16), GREETING)
                self.assertFalse(has_heard(denied))
            counters = daemon.counters()
            self.assertEqual((counters["datagrams"], counters["datagrams_answered"]), (2, 1))

    # The count is of connections that are accepted, whatever becomes of them: so it is a bound.
    def test_refused_clients_count(self):
        with self.daemon("-l", "127.0.0.1", "--deny", "127.0.0.2", "-n", 3) as daemon:
            self.judges(daemon, **{"127.0.0.1": True, "127.0.0.2": False, "127.0.0.3": True})
            self.assertEqual(daemon.wait(), 0)
            daemon.wait_log("^stopped: accepted=3 greeted=2 .* denied=1 ")

    def test_refused_client_may_be_the_last_one(self):
        with self.daemon("-l", "127.0.0.1", "--deny", "127.0.0.2", "--refusal", WORDS, "-n", 1) as daemon:
            self.assertEqual(hear(daemon.port, "127.0.0.2"), WORDS.encode())
            self.assertEqual(daemon.wait(), 0)


class Refusal(Access):
    def test_is_whole(self):
        with self.daemon("-v", "-l", "127.0.0.1", "--deny", "127.0.0.2", "--refusal", WORDS) as daemon:
            self.judges(daemon, **{"127.0.0.1": True})
            self.assertEqual(hear(daemon.port, "127.0.0.2"), WORDS.encode())
            counters = daemon.wait_counters(open=0)
            self.assertEqual((counters["greeted"], counters["denied"], counters["bytes_sent"]), (1, 1, len(GREETING)))
            daemon.wait_log(rf"^closed: 127\.0\.0\.2:\d+: refused, {len(WORDS)} bytes sent")

    # Whoever closes while there is unread input resets, and the words are lost.
    def test_to_a_client_that_talks_first(self):
        with self.daemon("-l", "127.0.0.1", "--deny", "127.0.0.2", "--refusal", WORDS) as daemon:
            for _ in range(20):
                self.assertEqual(hear(daemon.port, "127.0.0.2", b"x" * 65536), WORDS.encode())
            counters = daemon.wait_counters(open=0)
            self.assertEqual((counters["reset"], counters["reset_greeting"], counters["denied"]), (0, 0, 20))

    def test_empty(self):
        with self.daemon("-l", "127.0.0.1", "--deny", "127.0.0.2", "--refusal", "") as daemon:
            self.assertEqual(hear(daemon.port, "127.0.0.2"), NOTHING)

    def test_is_no_template(self):
        with self.daemon("-l", "127.0.0.1", "-e", "--deny", "127.0.0.2", "--refusal", "{peer}\\n") as daemon:
            self.assertEqual(hear(daemon.port, "127.0.0.2"), b"{peer}\\n")

    # They stay until they have read it, and others must find room.
    def test_few_at_a_time(self):
        with self.daemon("-l", "127.0.0.1", "--deny", "127.0.0.2", "--refusal", WORDS, "-c", 16,
                         "--idle", "10m", "-t", "10m") as daemon:
            stay = [self.enterContext(visitor(daemon.port, "127.0.0.2")) for _ in range(10)]
            heard = [read_all(client) for client in stay]
            self.assertEqual(heard, [WORDS.encode()] * 3 + [NOTHING] * 7)
            self.assertEqual(daemon.counters()["open"], 3)
            self.judges(daemon, **{"127.0.0.1": True})
            for client in stay:
                client.close()
            daemon.wait_counters(open=0)
            self.assertEqual(hear(daemon.port, "127.0.0.2"), WORDS.encode())

    def test_drain_waits_for_it(self):
        with self.daemon("-l", "127.0.0.1", "--deny", "127.0.0.2", "--refusal", WORDS, "--idle", "10m") as daemon:
            with daemon.frozen():
                client = self.enterContext(visitor(daemon.port, "127.0.0.2"))
                daemon.signal(signal.SIGTERM)
            self.assertEqual(read_all(client), WORDS.encode())
            client.close()
            self.assertEqual(daemon.wait(), 0)


class Told(Access):
    def test_one_line_an_episode(self):
        with self.daemon("-l", "127.0.0.1", "--deny", "127.0.0.2") as daemon:
            for _ in range(50):
                self.assertEqual(hear(daemon.port, "127.0.0.2"), NOTHING)
            self.assertEqual(daemon.counters()["denied"], 50)
            lines = daemon.log_lines(NOT_LET_IN)
            self.assertEqual(len(lines), 1)
            self.assertRegex(lines[0], r"^127\.0\.0\.2:\d+: not let in: denied \(more are only counted\)$")
            self.assertEqual(daemon.log_lines("connected: .*"), [])

    def test_not_if_quiet(self):
        with Daemon("-q", "-l", "127.0.0.1", "--deny", "127.0.0.2") as daemon:
            self.assertEqual(hear(daemon.port, "127.0.0.2"), NOTHING)
            daemon.wait_counters(denied=1)

    def test_json(self):
        with Daemon("-l", "127.0.0.1", "--log=json", "--deny", "127.0.0.2", log=[r"\{.*\}"]) as daemon:
            self.assertEqual(hear(daemon.port, "127.0.0.2"), NOTHING)
            lines = poll_until(lambda: [line for line in map(json.loads, daemon.whole_log().splitlines())
                                        if "not let in" in line["message"]])
            self.assertEqual(lines[0]["level"], "info")
            daemon.stop()
            last = json.loads(daemon.whole_log().splitlines()[-1])
            self.assertEqual((last["accepted"], last["greeted"], last["denied"]), (1, 0, 1))

    def test_metrics(self):
        ended = 'haild_connections_ended_total{reason="%s"}'
        with self.daemon("-l", "127.0.0.1", "--metrics", "127.0.0.1:0", "--deny", "127.0.0.2", "--refusal",
                         WORDS) as daemon:
            self.judges(daemon, **{"127.0.0.1": True})
            daemon.wait_counters(open=0)
            with visitor(daemon.port, "127.0.0.2") as client:
                self.assertEqual(read_all(client), WORDS.encode())
                found = scrape(daemon.metrics_port)
                self.assertEqual([found[ended % name] for name in ("done", "denied")], [1, 1])
                self.assertEqual(found["haild_connections_open"], 1)
            daemon.wait_counters(open=0)
            found = scrape(daemon.metrics_port)
            self.assertEqual([found[ended % name] for name in ("done", "denied")], [1, 1])
            self.assertEqual(found["haild_connection_duration_seconds_count"], 2)

    # Nobody is told anything: there is no session, but it counts as one that has lived for no time.
    def test_metrics_of_a_silent_refusal(self):
        with self.daemon("-l", "127.0.0.1", "--metrics", "127.0.0.1:0", "--deny", "127.0.0.2") as daemon:
            self.judges(daemon, **{"127.0.0.2": False})
            found = scrape(daemon.metrics_port)
            self.assertEqual(found['haild_connections_ended_total{reason="done"}'], 0)
            self.assertEqual(found["haild_connection_duration_seconds_count"], 1)


class Files(Access):
    def setUp(self):
        self.path = temporary_directory(self) / "denied"
        self.path.write_text("# ours\n127.0.0.2\n\n127.1.0.0/16 # a network\n")

    def daemon(self, *options, **more):
        return super().daemon("-l", "127.0.0.1", "--deny-file", self.path, *options,
                              log=[READ_AGAIN, OLD_NETWORKS, NOTHING_TO_READ, STAYS, *more.pop("log", ())], **more)

    def reload(self, daemon):
        """What a reload says of the networks; the greeting's line comes after that."""
        return hang_up(daemon)

    def test_change(self):
        with self.daemon() as daemon:
            self.judges(daemon, **{"127.0.0.1": True, "127.0.0.2": False, "127.1.2.3": False})
            self.path.write_text("127.0.0.1\n")
            self.judges(daemon, **{"127.0.0.2": False})
            self.assertEqual(self.reload(daemon), [f"read {self.path} again"])
            self.judges(daemon, **{"127.0.0.1": False, "127.0.0.2": True, "127.1.2.3": True})

    def test_bad_line_keeps_the_old_list(self):
        with self.daemon() as daemon:
            self.path.write_text("127.0.0.1\n127.0.0.3\n127.0.0.4/33\n127.0.0.5\n")
            lines = self.reload(daemon)
            self.assertEqual(len(lines), 1, lines)
            self.assertRegex(lines[0], rf"^haild: the deny file {self.path}, line 3: .+; the old networks stay$")
            self.judges(daemon, **{"127.0.0.1": True, "127.0.0.2": False, "127.0.0.3": True, "127.1.2.3": False})

    def test_file_that_has_gone_keeps_the_old_list(self):
        with self.daemon() as daemon:
            self.path.unlink()
            self.assertRegex("\n".join(self.reload(daemon)), rf"^haild: cannot open the deny file {self.path}: .*stay$")
            self.judges(daemon, **{"127.0.0.1": True, "127.0.0.2": False})

    # Of two files, one must not be new while the other is old.
    def test_all_or_nothing(self):
        other = self.path.with_name("other")
        other.write_text("127.0.0.3\n")
        with self.daemon("--deny-file", other) as daemon:
            self.path.write_text("127.0.0.1\n")
            other.write_text("x\n")
            self.assertEqual(len(self.reload(daemon)), 1)
            self.judges(daemon, **{"127.0.0.1": True, "127.0.0.2": False, "127.0.0.3": False})
            other.write_text("127.0.0.4\n")
            self.assertEqual(self.reload(daemon), [f"read {self.path} again", f"read {other} again"])
            self.judges(daemon, **{"127.0.0.1": False, "127.0.0.2": True, "127.0.0.3": True, "127.0.0.4": False})

    def test_beside_the_options(self):
        with self.daemon("--allow", "127.1.2.0/24", "--allow", "127.0.0.1", "--deny", "127.1.2.4") as daemon:
            self.judges(daemon, **{"127.0.0.1": True, "127.1.2.3": True, "127.1.2.4": False, "127.1.3.1": False,
                                   "127.9.9.9": False})

    def test_the_service_manager_is_told_of_a_failure(self):
        with Manager() as manager, self.daemon(env=manager.env) as daemon:
            manager.receive()
            self.path.write_text("x\n")
            hang_up(daemon)
            self.assertRegex(manager.receive_until(r"READY=1\n(.|\n)*")[-1], "the last reload failed")
            self.path.write_text("")
            hang_up(daemon)
            self.assertNotRegex(manager.receive_until(r"READY=1\n(.|\n)*")[-1], "failed")

    # Both files deny an address in their first line, or in their last. With half a list some clients would be let in.
    @unittest.skipIf(harness.WRAPPER, "a wrapper is too slow for such a list")
    def test_replaced_while_clients_come(self):
        many = "".join(f"10.{n // 256}.{n % 256}.0/24\n" for n in range(20000))
        texts = [f"127.0.0.2\n{many}".encode(), f"{many}127.0.0.2\n".encode()]
        self.path.write_bytes(texts[0])
        with self.daemon("-q") as daemon, Haste(daemon.port, GREETING.decode()) as haste:
            for text in texts * 5:
                replace(self.path, text)
                daemon.signal(signal.SIGHUP)
                for _ in range(20):
                    self.assertEqual(hear(daemon.port, "127.0.0.2"), NOTHING)
            self.assertEqual(daemon.counters()["denied"], 200)
        self.assertGreater(sum(haste.heard), 0)

    def test_check(self):
        words = ("--check", "-l", "127.0.0.1", "-p", "0", "--deny-file", self.path)
        good = run("haild", *words)
        self.assertEqual((good.exit, good.stderr), (0, b""))
        self.path.write_text("127.0.0.2\nlocalhost\n")
        bad = run("haild", *words)
        self.assertEqual((bad.exit, bad.stdout), (2, b""))
        self.assertRegex(bad.stderr.decode(), rf"^haild: the deny file {self.path}, line 2: [^;]+\n$")
        self.assertEqual(run("haild", *words[1:]).exit, 2)

    def test_what_is_no_file(self):
        for make in (lambda: None, self.path.mkdir, lambda: os.mkfifo(self.path),
                     lambda: self.path.symlink_to("/dev/zero")):
            if self.path.is_dir():
                self.path.rmdir()
            self.path.unlink(missing_ok=True)
            make()
            bad = run("haild", "-p", "0", "--deny-file", self.path)
            self.assertEqual((bad.exit, bad.stdout), (2, b""), bad)
            self.assertRegex(bad.stderr.decode(), rf"^haild: [^\n]*the deny file {pathlib.Path(self.path)}[^\n]*\n$")


if __name__ == "__main__":
    machine.enter()
    harness.main()
