#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""How long hailto waits: for a server that says nothing, for a full queue, and until it is interrupted."""
import contextlib
import signal

from lib import harness
from lib.clients import ClientTest, Running, Terminal, ask, given, together
from lib.harness import Daemon, GREETING, temporary_directory
from lib.servers import Server, full_queue, says, stays, trickles

LOCAL = "127.0.0.1"


class Unanswered(ClientTest):
    """Exit code 5; lost packets are in test_client_dead_ends.py"""

    def test_unix_socket_whose_queue_stays_full(self):
        path = temporary_directory(self) / "socket"
        with full_queue(path):
            answer = self.fails(5, f"unix:{path}: connect: .* {given(0.5)}", "-w", given(0.5), f"unix:{path}")
            self.took(answer, 0.5)

    def test_unix_socket_whose_queue_is_full_for_a_moment(self):
        path = temporary_directory(self) / "socket"
        with full_queue(path) as greet_next, Running(f"unix:{path}") as client:
            client.wait_asleep()
            greet_next(GREETING)
            answer = client.end()
            self.assertEqual((answer.exit, answer.stdout, answer.stderr), (0, GREETING, b""), answer)


class Silent(ClientTest):
    """Exit code 7"""

    def test_accept_and_silence(self):
        with Server(stays()) as server:
            def row(seconds, *options):
                line = f"{LOCAL}:{server.port}: read: .* {given(seconds)}"
                self.took(self.fails(7, line, *options, LOCAL, server.port), seconds)
            together(lambda: row(0.5, "-w", given(0.5)),
                     lambda: row(0.6, "--read-timeout", given(0.6)),
                     lambda: row(0.4, "-w", "60", "--read-timeout", given(0.4)),
                     lambda: row(0.7, "-w", given(0.7), "--read-timeout", "60"),
                     lambda: row(0.5, "-w", given(0.5), "-E", ""),
                     lambda: row(0.5, "-w", given(0.5), "--connect-timeout", given(0.1)))

    def test_connect_timeout_is_over_with_the_connect(self):
        with Server(says(b"late", pause=1)) as server:
            self.hears(b"late", "--connect-timeout", given(0.1), LOCAL, server.port)

    def test_empty_close(self):
        with Server(says()) as server:
            for options in ([], ["--expect-prefix", ""], ["-E", "x"], ["--escape"]):
                with self.subTest(options=options):
                    self.fails(7, f"{LOCAL}:{server.port}: read: .+", *options, LOCAL, server.port)

    def test_empty_close_of_haild(self):
        with Daemon("-m", "") as daemon:
            self.fails(7, f"{LOCAL}:{daemon.port}: read: .+", LOCAL, daemon.port)
            self.hears(b"", "-E", "", LOCAL, daemon.port)

    def test_queue_of_the_kernel_is_no_greeting(self):
        """Nobody accepts: the kernel shakes hands, and that is all."""
        with contextlib.closing(harness.socket.create_server((LOCAL, 0))) as listening:
            port = listening.getsockname()[1]
            self.took(self.fails(7, f"{LOCAL}:{port}: read: .* {given(0.3)}", "-w", given(0.3), LOCAL, port), 0.3)

    def test_bytes_at_the_deadline_are_the_greeting(self):
        with Server(trickles(0.02)) as server:
            def row(option):
                answer = ask(option, "1", LOCAL, server.port)
                self.assertEqual((answer.exit, answer.stderr), (0, b""), answer)
                self.assertRegex(answer.stdout, rb"\Ax{1,50}\Z")
                self.took(answer, 1)
            together(lambda: row("-w"), lambda: row("--read-timeout"))

    def test_default_deadline(self):
        with Server(stays()) as silent, Server(trickles(0.02)) as trickling:
            # While what it expects may still come, no quiet moment of a busy machine ends it.
            nothing, something = together(lambda: ask(LOCAL, silent.port),
                                          lambda: ask("--expect-prefix", "x" * 1000, LOCAL, trickling.port))
            self.judge_failure(nothing, 7, f"{LOCAL}:{silent.port}: read: .*10s")
            self.took(nothing, 10)
            self.assertEqual(something.exit, 8, something)
            self.assertRegex(something.stdout, rb"\Ax{1,999}\Z")
            self.took(something, 10)


class Interrupted(ClientTest):
    def test_sigterm_while_it_reads(self):
        with Server(stays()) as server, Running(LOCAL, server.port) as client:
            server.wait_opened()
            client.signal(signal.SIGTERM)
            self.assertEqual(client.end().exit, -signal.SIGTERM)

    def test_control_c_on_a_terminal(self):
        with Server(stays()) as server, Terminal(LOCAL, server.port) as terminal:
            server.wait_opened()
            terminal.wait_asleep()
            terminal.type(b"\x03")
            answer = terminal.end()
            self.assertEqual((answer.exit, answer.screen), (-signal.SIGINT, b"^C"), answer)


if __name__ == "__main__":
    harness.main()
