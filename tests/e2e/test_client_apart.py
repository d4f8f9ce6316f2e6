#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""What hailto's lookups of each family apart may say, and what counts beside the lookup of both together.

Runs in a network namespace with its own name server, /etc/hosts and /etc/resolv.conf.
"""
from lib import harness, machine
from lib.clients import ClientTest, SLOW, ask, given, prompt_lookups
from lib.harness import temporary_directory
from lib.machine import AtFirst, Late
from lib.servers import DatagramServer, Server, answers, says

NAME = "server.example"
V4, OTHER_V4, V6 = "127.0.0.1", "127.0.0.2", "::1"
PORT = 4242
NO_SUCH_NAME, SERVER_FAILURE = 3, 2


class ByTheNameAsGiven(ClientTest):
    """What the C library makes of a name holds for each family"""

    def search(self, domains, *options):
        machine.write(self, "resolv.conf", "\n".join([f"nameserver {V4}", f"search {domains}", *options, ""]))

    def heard_soon(self, host, name, known):
        """Hears the host, of whose two answers one is lost, at the name that the name server knows."""
        for answer in ({"A": [V4]}, {"AAAA": [V6]}):
            alive = V4 if "A" in answer else V6
            with self.subTest(alive=alive), machine.name_server(names={known: answer}), \
                    Server(says(host), (alive, PORT)):
                self.quickly(0.5, lambda: self.hears(host, name, PORT))

    def test_second_search_domain(self):
        self.search("near.example far.example")
        self.heard_soon(b"far", "mail", "mail.far.example")

    def test_no_search_domain(self):
        self.search("near.example")
        self.heard_soon(b"as given", "mail", "mail")

    def test_many_search_domains_for_names_with_dots(self):
        """As Kubernetes has it."""
        self.search("ns.svc.cluster.local svc.cluster.local cluster.local", "options ndots:5")
        self.heard_soon(b"outside", "api.example.com", "api.example.com")
        self.heard_soon(b"inside", "db.other", "db.other.svc.cluster.local")

    def test_aliases(self):
        """HOSTALIASES, see hostname(7): the search domains know another machine by that name."""
        harness.need_glibc(self, "HOSTALIASES")
        self.search("near.example")
        aliases = temporary_directory(self) / "aliases"
        aliases.write_text("mail right.example\n")
        names = {"right.example": {"A": [V4], "AAAA": Late(0.4, [])},
                 "mail.near.example": {"A": [OTHER_V4], "AAAA": []}}
        with machine.name_server(names=names), Server(says(b"right"), (V4, PORT)), \
                Server(says(b"wrong"), (OTHER_V4, PORT)) as stranger:
            self.hears(b"right", "mail", PORT, env={"HOSTALIASES": str(aliases)})
            self.assertEqual(stranger.peers, [])


class Together(ClientTest):
    """The lookup of both families is the reference, once it has an answer"""

    def setUp(self):
        machine.write(self, "resolv.conf", f"nameserver {V4}\nsearch near.example far.example\noptions timeout:1\n")

    @prompt_lookups
    def test_families_of_two_hosts_are_not_mixed(self):
        """The first answer is lost; apart, one domain knows the name for IPv6, and the next one for IPv4."""
        def names():
            return {"mail.near.example": {"A": AtFirst(1, None, []), "AAAA": [V6]},
                    "mail.far.example": {"A": Late(0.3, [V4])}}
        with Server(says(b"far"), (V4, PORT)) as stranger:
            with machine.name_server(names=names()):
                self.fails(4, rf"mail:{PORT} \(\[::1\]:{PORT}\): connect: Connection refused", "mail", PORT)
            with machine.name_server(names=names()):
                self.fails(4, rf"mail:{PORT} \(\[::1\]:{PORT}\): ask: Connection refused", "-u", "mail", PORT)
            self.assertEqual(stranger.peers, [])

    def test_what_it_does_not_know_is_not_tried_any_more(self):
        """The far addresses were found apart, and all but the first two wait when the near one is told."""
        far = [f"2001:db8::{i}" for i in range(1, 6)]
        for address in far:
            machine.own(self, address)
        names = {"mail.near.example": {"A": Late(0.4, [V4]), "AAAA": []}, "mail.far.example": {"AAAA": far}}
        with machine.black_hole(*far[:3]), Server(says(b"far"), (far[3], PORT)), Server(says(b"near"), (V4, PORT)), \
                machine.name_server(names=names):
            self.hears(b"near", "mail", PORT)

    def test_its_addresses_are_tried_once(self):
        """Those that were found apart are among them."""
        with machine.name_server(names={"mail.near.example": {"AAAA": [V6], "A": Late(0.3, [V4])}}):
            answer = ask("-v", "mail", PORT)
        lines = answer.stderr.decode().splitlines()
        for host in (r"[::1]", V4):
            self.assertEqual(sum(f"connect: {host}:{PORT}: Connection refused (" in line for line in lines), 1, answer)
            self.assertEqual(sum(line.startswith("resolve: ") and f"{host}:{PORT}" in line for line in lines), 1, answer)

    @prompt_lookups
    def test_failure_for_the_moment(self):
        """Then those apart have 50 ms for IPv6 to come before IPv4, as those together would have."""
        machine.write(self, "resolv.conf", f"nameserver {V4}\noptions attempts:1\n")

        def first():
            answer = {"A": AtFirst(1, SERVER_FAILURE, [V4]),
                      "AAAA": AtFirst(1, SERVER_FAILURE, Late(0.02, [V6]))}
            with machine.name_server(answer):
                return ask(NAME, PORT).stdout
        with Server(says(b"six"), (V6, PORT)), Server(says(b"four"), (V4, PORT)):
            self.assertIn(b"six", (first() for _ in range(5)))

    @prompt_lookups
    def test_few_descriptors(self):
        """They are enough for it, and not for those apart: that says nothing of the machine."""
        late = {"A": Late(0.15, []), "AAAA": Late(0.15, [])}
        with machine.name_server(late):
            enough = next(n for n in range(5, 20) if not b"descriptors" in self.limited("-4", n).stderr
                          and self.limited("-4", n).exit == 3)
            for number in range(enough, enough + 10):
                with self.subTest(number=number):
                    reason = "(No address associated with|Temporary failure in) .+"
                    if not harness.has_glibc():
                        reason += "|Name or service not known" # see test_client_names
                    self.judge_failure(self.limited(None, number), 3, f"{NAME}:{PORT}: resolve: ({reason})")

    def limited(self, option, descriptors):
        options = [option] if option else []
        return ask(*options, NAME, PORT, prefix=("prlimit", f"--nofile={descriptors}:{descriptors}"))


class Soon(ClientTest):
    """Those apart are asked after 50 ms"""

    def test_one_family_never_comes(self):
        for answer, alive in (({"A": [V4]}, V4), ({"AAAA": [V6]}, V6)):
            with self.subTest(alive=alive), machine.name_server(answer), Server(says(b"x"), (alive, PORT)):
                for _ in range(4):
                    best = self.quickly(30, lambda: self.hears(b"x", NAME, PORT))
                    if best < 0.25:
                        break
                self.assertLess(best, 0.25 if not SLOW else 30)


class TimeOfAStage(ClientTest):
    """The time of a stage is for servers, not for the name service"""

    def test_connecting(self):
        for option in ("-w", "--connect-timeout"):
            with self.subTest(option=option), machine.name_server({"AAAA": [V6], "A": Late(1, [V4])}), \
                    Server(says(b"late"), (V4, PORT)):
                self.hears(b"late", option, given(0.5 if option != "-w" else 5), NAME, PORT)

    def test_asking(self):
        with DatagramServer(answers(b"late"), (V4, 0)) as server, \
                machine.name_server({"AAAA": [V6], "A": Late(1, [V4])}):
            self.hears(b"late", "-u", "--read-timeout", given(0.5), NAME, server.port)

    def test_who_joins_has_all_of_it(self):
        with machine.name_server({"AAAA": [V6], "A": Late(0.6, [V4])}), machine.black_hole(V4, V6):
            answer = self.fails(5, ".*: connect: no answer within .*", "--connect-timeout", given(1), NAME, PORT)
            self.took(answer, 1.6)

    def test_who_is_silent_has_no_more(self):
        with machine.name_server({"AAAA": [V6]}), machine.black_hole(V6):
            answer = self.fails(5, ".*: connect: no answer within .*", "--connect-timeout", given(0.5), NAME, PORT)
            self.took(answer, 0.55)


if __name__ == "__main__":
    machine.enter()
    harness.main()
