#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Containerfile: its last stage in an empty root, with hailto as a health check; and the commands of the compose file
in examples/container. script/image runs both with podman.

Static programs have nothing beside them; others have their libraries. Runs in a network namespace of its own, where
the default port is free, with a name server.
"""
import contextlib
import json
import os
import pathlib
import re
import shlex
import shutil
import signal
import subprocess
import unittest

from lib import harness, machine
from lib.harness import DEADLINE, Daemon, GREETING, need, poll_until, program, temporary_directory
from lib.servers import Server, says

try:
    import yaml
except ImportError:
    yaml = None

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDER = ROOT / "examples/container"
TEXT = (ROOT / "Containerfile").read_text()
PATIENCE = f"{harness.DEADLINE:g}s"
LICENCES = "/build/licences /licences"
# What a container engine puts into the root.
HOSTS, SERVERS = "127.0.0.1 localhost\n127.0.0.1 known.example\n", "search compose.example\nnameserver 127.0.0.1\n"


def last_stage():
    """The instructions of the last stage: pairs of a word and the rest, with continued lines joined."""
    text = TEXT.replace("\\\n", " ")
    lines = [line for line in text.rpartition("\nFROM ")[2].splitlines()[1:] if line]
    return [(word, rest.strip()) for word, _, rest in (line.partition(" ") for line in lines)]


def instructions(name):
    """What follows each instruction of that name."""
    return [rest for word, rest in last_stage() if word == name]


def instruction(name):
    """What follows the one instruction of that name."""
    [rest] = instructions(name)
    return rest


def labels():
    return dict(re.findall(r'(\S+)="(.*?)"', instruction("LABEL")))


def health_check():
    """The options of HEALTHCHECK, and its command in exec form."""
    options, _, command = instruction("HEALTHCHECK").partition(" CMD ")
    return dict(option[2:].split("=") for option in options.split()), json.loads(command)


def patient(command, patience=PATIENCE):
    """The command with more or less time for its answer than it has in a container."""
    return [command[0], "-w", patience, *command[1:]]


def services():
    """The services of the compose file."""
    if not yaml:
        raise unittest.SkipTest("python3-yaml is not installed")
    return yaml.safe_load((FOLDER / "compose.yml").read_text())["services"]


def included(makefile):
    """The makefiles that a makefile includes, and those that they include."""
    found = re.findall(r"(?m)^include (\S+)$", (ROOT / makefile).read_text())
    return {*found, *(name for each in found for name in included(each))}


def libraries(path):
    """The libraries that a program needs, of which static programs have none."""
    listed = subprocess.run(["ldd", path], capture_output=True, text=True).stdout
    return re.findall(r"(?:=> )?(/\S+) \(0x", listed)


class RootTest(unittest.TestCase):
    """A test with a root that has in it what the image has"""

    def setUp(self):
        need("chroot")
        for lacks, reason in ((harness.WRAPPER, "the root has no wrapper"),
                              (harness.is_emulated(), "the root has no emulator"),
                              (harness.is_sanitized(), "a sanitizer wants /proc"),
                              (harness.measures_coverage(), "the root has no folder for what coverage records")):
            if lacks:
                self.skipTest(reason)
        self.root = temporary_directory(self)
        self.copy()

    def copy(self):
        """Does what COPY does, and brings libraries."""
        programs, licences = instructions("COPY")
        self.assertEqual(licences, f"--from=build {LICENCES}")
        from_build, *sources, target = programs.split()
        self.assertEqual((from_build, target), ("--from=build", "/"))
        for source in sources:
            name = pathlib.PurePath(source).name
            self.assertEqual(source, f"/build/src/{name}")
            for path, to in ((program(name), name), *((path, path[1:]) for path in libraries(program(name)))):
                (self.root / to).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, self.root / to)

    def container(self, *command, **more):
        """The daemon, as ENTRYPOINT starts it."""
        entry, *options = json.loads(instruction("ENTRYPOINT"))
        # The harness puts the program's path outside before the options.
        enter = f'shift; exec chroot "$0" {shlex.quote(entry)} "$@"'
        return Daemon(*options, *command, port=None, prefix=["sh", "-c", enter, str(self.root)], **more)

    def ask(self, *command):
        """Runs a command in the root."""
        return harness.run("chroot", self.root, *command)

    @contextlib.contextmanager
    def names(self, names):
        """A with-block with a name server, and the files with which an engine tells of it."""
        (self.root / "etc").mkdir()
        (self.root / "etc/hosts").write_text(HOSTS)
        (self.root / "etc/resolv.conf").write_text(SERVERS)
        with machine.name_server(names=names) as server:
            yield server

    def judge(self, exit, *command):
        """A command, or the health check with more time for a busy machine, must end so, without a word."""
        answer = self.ask(*(command or patient(health_check()[1])))
        self.assertEqual((answer.exit, answer.stdout, answer.stderr), (exit, b"", b""), answer)


class Container(RootTest):
    def test_healthy(self):
        with self.container() as daemon:
            self.judge(0)
            self.judge(0, "/hailto", "-z", "-w", PATIENCE, "localhost")
            for host in ("127.0.0.1", "::1"):
                answer = self.ask("/hailto", host)
                self.assertEqual((answer.exit, answer.stdout), (0, GREETING), answer)
            daemon.wait_counters(open=0, accepted=4)

    def test_published_port(self):
        self.assertEqual(instruction("EXPOSE"), "12345")
        with self.container() as daemon:
            self.assertEqual(daemon.ports, [12345, 12345])

    def test_haild_has_ended(self):
        self.judge(4)
        self.judge(4, "/hailto", "-qz", "-w", PATIENCE, "localhost")

    def test_haild_hangs(self):
        """The kernel goes on to accept."""
        with self.container() as daemon:
            with daemon.frozen():
                self.judge(7, *patient(health_check()[1], "2s"))
                self.judge(0, "/hailto", "-z", "-w", PATIENCE, "localhost")
            self.judge(0)

    def test_another_server(self):
        with Server(says(b"something else"), ("127.0.0.1", 12345)):
            self.judge(0)
            self.judge(8, "/hailto", "-q", "-w", PATIENCE, "-E", GREETING.decode(), "localhost")

    def test_no_name_server(self):
        answer = self.ask("/hailto", "-q", "-w", "2s", "server.example")
        self.assertEqual((answer.exit, answer.stdout, answer.stderr), (3, b"", b""), answer)

    def test_names(self):
        """Those of the hosts file and of the name server, and by search domain, as in every other program."""
        known = {"A": ["127.0.0.1"], "AAAA": []}
        with self.names({"server.example": known, "short.compose.example": known}), self.container():
            for name in "known.example", "server.example", "short":
                with self.subTest(name=name):
                    answer = self.ask("/hailto", "-w", PATIENCE, name)
                    self.assertEqual((answer.exit, answer.stdout, answer.stderr), (0, GREETING, b""), answer)
            self.judge(3, "/hailto", "-q", "-w", PATIENCE, "unknown.example")

    def test_wrong_option(self):
        answer = self.ask("/hailto", "-q", "--nonsense")
        self.assertEqual((answer.exit, answer.stdout), (2, b""), answer)
        self.assertIn(b"nonsense", answer.stderr)


    def test_first_process(self):
        """The kernel spares it what it does not handle."""
        enter = ("unshare", "--pid", "--fork", "--kill-child")
        if subprocess.run([*enter, "true"], stderr=subprocess.DEVNULL).returncode != 0:
            self.skipTest("the kernel gives us no namespace for processes")
        for last in signal.SIGTERM, signal.SIGINT:
            log = temporary_directory(self) / "log"
            with self.subTest(last), open(log, "w") as file:
                outside = harness.start([*enter, "chroot", self.root, *json.loads(instruction("ENTRYPOINT"))],
                                        env=harness.environment(), stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=file)
                poll_until(lambda: "listens on" in log.read_text())
                [first] = pathlib.Path(f"/proc/{outside.pid}/task/{outside.pid}/children").read_text().split()
                for number, words in (signal.SIGHUP, "nothing to read again"), (signal.SIGUSR1, "counters: "):
                    os.kill(int(first), number)
                    poll_until(lambda: words in log.read_text())
                os.kill(int(first), signal.SIGPIPE)
                self.judge(0)
                os.kill(int(first), last)
                self.assertEqual(outside.wait(DEADLINE), 0)


class Compose(RootTest):
    """The commands of the compose file. Its services have the names that an engine gives them."""

    def start(self, service):
        """A service's own command in the root, which waits; .stdout has what it says."""
        command = services()[service]
        words = [*command["entrypoint"], *command.get("command", ())]
        return harness.start(["chroot", self.root, *words], env=harness.environment(), stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE)

    def end(self, process):
        with process.stdout as told:
            return process.wait(DEADLINE), told.read()

    def test_application_begins_when_greeter_answers(self):
        greeter = services()["greeter"]
        with self.names({"greeter": {"A": ["127.0.0.1"], "AAAA": []}}) as server:
            waiting = [self.start(service) for service in ("application", "ready")]
            # Each asks for a second time only after a failure.
            poll_until(lambda: server.questions.count(("greeter", "A")) > 2 * len(waiting))
            self.assertEqual([process.poll() for process in waiting], [None, None])
            with self.container(*greeter["command"]):
                application, ready = map(self.end, waiting)
                said = greeter["command"][1].encode()
                self.assertEqual(ready, (0, said))
                self.assertEqual((application[0], application[1].count(said)), (0, 3), application)
                self.assertEqual(self.end(self.start("another")), (0, said))


class ComposeFile(unittest.TestCase):
    def test_builds_what_it_runs(self):
        built = services()["greeter"]["build"]
        self.assertEqual((FOLDER / built["context"] / built["dockerfile"]).resolve(), ROOT / "Containerfile")
        self.assertEqual({service["image"] for service in services().values()}, {"haild"})

    def test_greeter_is_confined(self):
        greeter = services()["greeter"]
        self.assertEqual((greeter["read_only"], greeter["cap_drop"], greeter["security_opt"]),
                         (True, ["ALL"], ["no-new-privileges:true"]))
        self.assertEqual(greeter["ports"], ["12345:12345"])

    def test_no_shell_is_needed(self):
        for name, service in services().items():
            for key in "entrypoint", "command":
                self.assertIsInstance(service.get(key, []), list, name)


class Containerfile(unittest.TestCase):
    def test_stages(self):
        self.assertEqual(re.findall("(?m)^FROM (.*)$", TEXT)[1:], ["scratch"])
        self.assertEqual({word for word, _ in last_stage()},
                         {"LABEL", "COPY", "USER", "EXPOSE", "HEALTHCHECK", "ENTRYPOINT"})

    def test_version(self):
        [version] = re.findall(r"(?m)^AC_INIT\(\[haild\], \[(.*)\]\)$", (ROOT / "configure.ac").read_text())
        self.assertEqual(labels()["org.opencontainers.image.version"], version)

    def test_user_is_a_number(self):
        """There is no /etc/passwd."""
        self.assertRegex(instruction("USER"), r"\A[1-9][0-9]*:[1-9][0-9]*\Z")

    def test_health_check_ends_before_it_is_ended(self):
        options, command = health_check()
        self.assertNotIn("-w", command)
        [patience] = re.findall(rb"--timeout=TIME .*\((\d+)s\)", harness.run("hailto", "--help").stdout)
        self.assertLess(int(patience), int(options["timeout"].removesuffix("s")))

    def test_readme_has_the_same_health_check(self):
        words = [word.removeprefix("/") for word in health_check()[1]]
        text = (FOLDER / "README.md").read_text()
        self.assertIn(f"`{shlex.join(words)}`", text)
        self.assertIn(f"command: [/{', '.join(words)}]\n", text)

    def test_makefiles_are_in_the_context(self):
        """automake reads all of them, though few files are compiled."""
        context = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line[0] not in "#"]
        self.assertEqual(context[0], "*")
        taken = {line[1:] for line in context if line[0] == "!"}
        for name in {"LICENSE", "Makefile.am", "configure.ac", *included("Makefile.am")}:
            self.assertTrue(taken & {name, name.split("/")[0]}, name)


if __name__ == "__main__":
    machine.enter()
    harness.main()
