#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Each exit code of hailto by a real condition, with the one line that tells it.

5 and 7 are in test_client_waiting.py. What needs a machine of its own (names, routes, packets that are
lost) is in test_client_dead_ends.py, and 1 in catalogue_client.py.
"""
import contextlib
import threading
import unittest

from lib import harness
from lib.clients import ClientTest, Running, WITHOUT_STDERR, WITHOUT_STDIN, WITHOUT_STDOUT, ask
from lib.harness import Daemon, GREETING, Result, WRAPPER, temporary_directory
from lib.servers import Server, refusing, resets, says, stays

LOCAL = "127.0.0.1"

needs_no_stderr = unittest.skipIf(WRAPPER, "a wrapper such as valgrind may need a stderr")


class Greeted(ClientTest):
    """0"""

    def test_greeting_of_haild(self):
        with Daemon() as daemon:
            self.hears(GREETING, LOCAL, daemon.port)
            self.hears(GREETING, f"[::1]:{daemon.port}")
            self.hears(GREETING, "localhost", daemon.port)

    def test_greeting_over_a_unix_socket(self):
        path = temporary_directory(self) / "socket"
        with Daemon("-l", f"unix:{path}", port=None):
            self.hears(GREETING, f"unix:{path}")

    def test_stdin_closed(self):
        with Server(says(GREETING)) as server:
            self.hears(GREETING, LOCAL, server.port, prefix=WITHOUT_STDIN)

    @needs_no_stderr
    def test_stderr_closed(self):
        with Server(says(GREETING)) as server:
            self.hears(GREETING, LOCAL, server.port, prefix=WITHOUT_STDERR)

    def test_what_is_not_read_needs_no_stdout(self):
        with Server(says(GREETING)) as server:
            for option in ("-q", "-z"):
                with self.subTest(option=option):
                    self.hears(b"", option, LOCAL, server.port, prefix=WITHOUT_STDOUT)


class Usage(ClientTest):
    """2; the rows are in test_client_options.py and test_client_prompts.py"""

    @needs_no_stderr
    def test_stderr_closed(self):
        answer = ask("--no-such-option", prefix=WITHOUT_STDERR)
        self.assertEqual((answer.exit, answer.stdout, answer.stderr), (2, b"", b""))


class Refused(ClientTest):
    """4"""

    def test_name_is_told_with_the_address(self):
        with refusing() as port:
            self.fails(4, rf"localhost:{port} \(127\.0\.0\.1:{port}\): connect: Connection refused",
                       "-4", "localhost", port)

    def test_missing_unix_socket(self):
        path = temporary_directory(self) / "socket"
        self.fails(4, f"unix:{path}: connect: No such file or directory", f"unix:{path}")

    def test_unix_socket_that_nobody_listens_on(self):
        path = temporary_directory(self) / "socket"
        with contextlib.closing(harness.socket.socket(harness.socket.AF_UNIX)) as held:
            held.bind(str(path))
            self.fails(4, f"unix:{path}: connect: Connection refused", f"unix:{path}")

    def test_regular_file_is_no_socket(self):
        path = temporary_directory(self) / "file"
        path.write_text("kept")
        self.fails(4, f"unix:{path}: connect: .*", f"unix:{path}")
        self.assertEqual(path.read_text(), "kept")

    @needs_no_stderr
    def test_stderr_closed(self):
        with refusing() as port:
            answer = ask(LOCAL, port, prefix=WITHOUT_STDERR)
            self.assertEqual((answer.exit, answer.stdout, answer.stderr), (4, b"", b""))


class Reset(ClientTest):
    """6"""

    LINE = r".*: read: Connection reset by peer.*"

    def judge_reset(self, answer, heard):
        # -v told the stages, and only the last line is the failure's.
        *stages, line = answer.stderr.splitlines(keepends=True)
        self.assertTrue(stages and not any(stage.startswith(b"hailto") for stage in stages), answer)
        self.judge_failure(Result(answer.exit, answer.stdout, line), 6, self.LINE, heard)

    def test_while_it_waits(self):
        for heard in (b"", GREETING[:7], GREETING):
            now = threading.Event()
            with self.subTest(heard=heard), Server(resets(heard, when=now)) as server:
                with Running("-v", LOCAL, server.port) as client:
                    client.wait_error(r"connect: .* answered")
                    now.set()
                    self.judge_reset(client.end(), heard)

    def test_before_it_reads(self):
        for heard in (b"", GREETING[:7], GREETING):
            now = threading.Event()
            script = resets(heard, when=now)
            with self.subTest(heard=heard), Server(script) as server:
                with Running("-v", LOCAL, server.port) as client:
                    client.wait_error(r"connect: .* answered")
                    with client.frozen():
                        now.set()
                        self.assertTrue(script.done.wait(harness.DEADLINE))
                    self.judge_reset(client.end(), heard)

    def test_bytes_before_it_are_not_held_against_an_expectation(self):
        with Server(resets(GREETING)) as server:
            self.fails(6, self.LINE, "-E", "Hi from server", LOCAL, server.port, stdout=GREETING)

    def test_quiet(self):
        with Server(resets(GREETING)) as server:
            answer = ask("-q", LOCAL, server.port)
            self.assertEqual((answer.exit, answer.stdout, answer.stderr), (6, b"", b""))


class Unexpected(ClientTest):
    """8"""

    def row(self, exit, heard, said, *options, script=says):
        with self.subTest(options=str(options)[:60], said=said[:60]), Server(script(said)) as server:
            if exit:
                self.fails(exit, f"{LOCAL}:{server.port}: expect: .+", *options, LOCAL, server.port,
                           stdout=heard)
            else:
                self.hears(heard, *options, LOCAL, server.port)

    def test_expect(self):
        text = "Hi from server"
        self.row(0, GREETING, GREETING, "-E", text)
        self.row(0, GREETING, GREETING, f"--expect={text}")
        self.row(8, GREETING + b"\n", GREETING + b"\n", "-E", text)
        self.row(8, GREETING[:-1], GREETING[:-1], "-E", text)
        self.row(8, b"hi from server", b"hi from server", "-E", text)
        self.row(8, GREETING + b"\0", GREETING + b"\0", "-E", text)
        self.row(8, b"x", b"x", "-E", "")

    def test_expect_prefix(self):
        self.row(0, GREETING, GREETING, "--expect-prefix", "Hi")
        self.row(0, GREETING, GREETING, "--expect-prefix", "Hi from server")
        self.row(0, GREETING, GREETING, "--expect-prefix", "")
        self.row(8, GREETING, GREETING, "--expect-prefix", "Hi from server.")
        self.row(8, GREETING, GREETING, "--expect-prefix", "Ho")

    def test_at_the_byte_limit(self):
        text = "Hi from server"
        self.row(0, GREETING, GREETING, "-b", "14", "-E", text)
        self.row(0, GREETING, GREETING, "-b", "14", "-E", text, script=stays)
        self.row(8, GREETING, GREETING + b"!", "-b", "14", "-E", text)
        self.row(8, GREETING, GREETING + b"!", "-b", "14", "-E", text, script=stays)
        self.row(0, GREETING, GREETING + b"!", "-b", "14", "--expect-prefix", text)
        self.row(0, GREETING + b"!", GREETING + b"!", "-b", "15", "-E", text + "!")
        self.row(0, b"x" * 1024, b"x" * 1024, "-E", "x" * 1024)
        self.row(8, b"x" * 1024, b"x" * 1025, "-E", "x" * 1024)

    def test_of_haild(self):
        with Daemon() as daemon:
            self.hears(GREETING, "-E", "Hi from server", "localhost", daemon.port)
            self.fails(8, rf"localhost:{daemon.port} \(.*:{daemon.port}\): expect: .+", "-E", "Hello",
                       "localhost", daemon.port, stdout=GREETING)

    def test_escaped_output_is_judged_by_its_bytes(self):
        self.row(0, b"\\x07\n", b"\a", "--escape", "-E", "\a")
        self.row(8, b"\\x07\n", b"\a", "--escape", "-E", "\\x07")


if __name__ == "__main__":
    harness.main()
