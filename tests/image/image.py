#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""The image of Containerfile, run by the podman that is here, and the compose file that begins with it.

script/image builds the image, and has podman keep apart what it keeps. It prints what was seen.
"""
import contextlib
import gzip
import json
import pathlib
import platform
import re
import shutil
import socket
import subprocess
import sys
import tarfile
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
COMPOSE = ROOT / "examples/container/compose.yml"
IMAGE, PORT, GREETING = "haild", 12345, "Hi from server"
# Seconds until a test gives up waiting; only one that fails waits that long.
DEADLINE = 60
# What podman says of the systemd that would run health checks; here tests do.
NO_SYSTEMD = re.compile(r"^(time=.* unable to get systemd connection|failed to connect to syslog).*\n", re.MULTILINE)
CONFINED = ("--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges", "--user=12345")


def run(*command, exit=0):
    """Runs a command, which must exit so; None: anyhow. Returns how it ended, with what it printed."""
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=2 * DEADLINE)
    done.stderr = NO_SYSTEMD.sub("", done.stderr)
    if exit is not None and done.returncode != exit:
        raise AssertionError(f"{' '.join(map(str, command))}: {done.returncode}\n{done.stdout}{done.stderr}")
    return done


def podman(*arguments, exit=0):
    return run("podman", *arguments, exit=exit).stdout.strip()


def poll_until(condition):
    """Returns the condition's first true value."""
    end = time.monotonic() + DEADLINE
    while not (value := condition()):
        if time.monotonic() > end:
            raise AssertionError(f"not within {DEADLINE} s")
        time.sleep(0.05)
    return value


def ask(port=PORT):
    """The greeting of a haild whose port is published."""
    with socket.create_connection(("127.0.0.1", port), DEADLINE) as client:
        return b"".join(iter(lambda: client.recv(4096), b"")).decode()


class ImageTest(unittest.TestCase):
    """A test that leaves no container and no network"""

    def setUp(self):
        self.addCleanup(podman, "network", "prune", "-f")
        self.addCleanup(podman, "rm", "-fa", "-t", "0")

    def told(self, line):
        print(f"  {line}", flush=True)

    def container(self, *options, command=()):
        """Starts a container, and waits until haild serves. Returns its name."""
        name = podman("run", "-d", *options, IMAGE, *command)
        poll_until(lambda: " listens on " in self.log(name))
        return name

    def log(self, name):
        done = run("podman", "logs", name)
        return done.stdout + done.stderr

    def state(self, name, of="Status"):
        return podman("inspect", "--format", f"{{{{.State.{of}}}}}", name)

    def sandbox(self, name):
        return re.search("^sandbox: .*$", self.log(name), re.MULTILINE)[0]

    def check_sandbox(self, name):
        """Says so much as the machine allows: libseccomp's list is for x86-64 alone."""
        seccomp = (r"seccomp with \d+ kinds of system calls" if platform.machine() == "x86_64"
                   else r"no seccomp \(.+ no other\)")
        self.assertRegex(self.sandbox(name), rf"\Asandbox: (Landlock ABI \d+|no Landlock \(.+\)), {seccomp}\Z")

    def status(self, name):
        """What the kernel says of haild's process."""
        lines = pathlib.Path(f"/proc/{self.state(name, 'Pid')}/status").read_text().splitlines()
        return dict(line.split(":\t", 1) for line in lines if ":\t" in line)


class Contents(ImageTest):
    def test_size(self):
        image = json.loads(podman("image", "inspect", IMAGE))[0]
        with tempfile.TemporaryDirectory() as folder:
            saved = pathlib.Path(folder, "image.tar")
            podman("save", "-q", "-o", saved, IMAGE)
            packed = len(gzip.compress(saved.read_bytes(), 9, mtime=0))
            with tarfile.open(saved) as archive:
                layers = [member for name in json.loads(archive.extractfile("manifest.json").read())[0]["Layers"]
                          for member in tarfile.open(fileobj=archive.extractfile(name)).getmembers()]
        self.told(f"{image['Size'] / 1e6:.2f} MB in {len(image['RootFS']['Layers'])} layers, {packed / 1e6:.2f} MB "
                  "packed with gzip")
        for member in layers:
            self.told(f"{member.size:9,d} bytes  /{member.name}")
        self.assertEqual([member.name for member in layers if member.mode & 0o111 and member.isfile()],
                         ["haild", "hailto"])
        self.assertEqual({member.name.split("/")[0] for member in layers}, {"haild", "hailto", "licences"})
        self.assertLess(image["Size"], 4_000_000)

    def test_configuration(self):
        config = json.loads(podman("image", "inspect", IMAGE))[0]["Config"]
        self.assertEqual((config["User"], config["Entrypoint"], list(config["ExposedPorts"])),
                         ("65534:65534", ["/haild", "-l", "*"], [f"{PORT}/tcp"]))
        version = podman("run", "--rm", IMAGE, "--version").split()[1]
        self.assertEqual(config["Labels"]["org.opencontainers.image.version"], version)

    def test_program_has_no_fixed_place(self):
        """A static program that may be anywhere in memory, as any other."""
        name = podman("create", IMAGE)
        with tempfile.TemporaryDirectory() as folder:
            podman("cp", f"{name}:/haild", folder)
            head = pathlib.Path(folder, "haild").read_bytes()[:18]
        self.assertEqual(int.from_bytes(head[16:18], sys.byteorder), 3)  # ET_DYN


class Confined(ImageTest):
    def test_as_podman_does(self):
        name = self.container("--network=none")
        self.told(self.sandbox(name))
        self.check_sandbox(name)
        self.assertEqual(self.status(name)["Uid"].split(), ["65534"] * 4)
        podman("healthcheck", "run", name)

    def test_as_far_as_possible(self):
        name = self.container("--network=none", *CONFINED)
        self.told(f"{' '.join(CONFINED)}: {self.sandbox(name)}")
        self.check_sandbox(name)
        status = self.status(name)
        self.assertEqual(status["Uid"].split(), ["12345"] * 4)
        for kind in "Inh", "Prm", "Eff", "Bnd", "Amb":
            self.assertEqual(int(status[f"Cap{kind}"], 16), 0, kind)
        self.assertEqual((status["NoNewPrivs"], status["Seccomp"]), ("1", "2"))
        podman("healthcheck", "run", name)
        podman("stop", name)
        self.assertEqual(self.state(name, "ExitCode"), "0")

    def test_without_podmans_list(self):
        """haild's own list of system calls does not need another one."""
        name = self.container("--network=none", "--security-opt=seccomp=unconfined")
        self.check_sandbox(name)
        podman("healthcheck", "run", name)


class Health(ImageTest):
    def check(self, name, *options):
        """The exit status of a health check, and what is kept of it."""
        begun = time.monotonic()
        exit = run("podman", "healthcheck", "run", name, exit=None).returncode
        log = json.loads(podman("inspect", "--format", "{{json .State.Health.Log}}", name))
        return exit, log[-1]["ExitCode"], time.monotonic() - begun

    def test_states(self):
        name = self.container("--network=none")
        states = [self.state(name, "Health.Status")]
        self.assertEqual(self.check(name)[:2], (0, 0))
        states.append(self.state(name, "Health.Status"))
        podman("kill", "-s", "STOP", name)
        for _ in range(3):
            exit, kept, seconds = self.check(name)
            self.assertEqual((exit, kept), (1, 1))
            states.append(self.state(name, "Health.Status"))
        podman("kill", "-s", "CONT", name)
        self.assertEqual(self.check(name)[:2], (0, 0))
        states.append(self.state(name, "Health.Status"))
        self.told(f"health: {', '.join(states)}; each check of a stopped haild took {seconds:.0f} s")
        self.assertEqual(states, ["starting", "healthy", "healthy", "healthy", "unhealthy", "healthy"])

    def test_another_port(self):
        name = self.container("--network=none", "--health-cmd", '["/hailto","-q","127.0.0.1:7000"]',
                              command=["-p", "7000"])
        self.assertEqual(self.check(name)[:2], (0, 0))

    def test_exit_status_of_hailto(self):
        name = self.container("--network=none")
        for words, exit in ((["127.0.0.1"], 0), (["-E", "another", "127.0.0.1"], 8), (["127.0.0.1", "1"], 4),
                            (["--nonsense"], 2)):
            self.assertEqual(run("podman", "exec", name, "/hailto", "-q", *words, exit=None).returncode, exit, words)


class FirstProcess(ImageTest):
    def test_signals(self):
        name = self.container("--network=none")
        podman("kill", "-s", "HUP", name)
        poll_until(lambda: "nothing to read again" in self.log(name))
        podman("kill", "-s", "USR1", name)
        poll_until(lambda: "counters: " in self.log(name))
        podman("kill", "-s", "PIPE", name)
        self.assertEqual(podman("exec", name, "/hailto", "localhost"), GREETING)

    def test_ends(self):
        for number, exit in ("TERM", 0), ("INT", 0), ("KILL", 137):
            name = self.container("--network=none")
            podman("kill", "-s", number, name)
            self.assertEqual(podman("wait", name), str(exit))
            self.told(f"SIG{number}: exit {exit}")


class Networks(ImageTest):
    def setUp(self):
        super().setUp()
        podman("network", "create", "apart")

    def hailto(self, *words, exit=0):
        return run("podman", "run", "--rm", "--network=apart", "--entrypoint", '["/hailto"]', IMAGE, *words, exit=exit)

    def test_names(self):
        """podman's name server is asked: what is linked in needs no file that the engine does not bring."""
        self.container("--network=apart", "--name=greeter")
        self.assertEqual(self.hailto("greeter").stdout, GREETING)
        self.assertIn("resolve: ", self.hailto("nobody", exit=3).stderr)

    def test_published_port(self):
        self.container("--network=apart", f"--publish={PORT}:{PORT}")
        self.assertEqual(ask(), GREETING)

    def test_waits_for_a_name(self):
        waiting = podman("run", "-d", "--network=apart", "--entrypoint", '["/hailto", "-vW", "greeter", "--"]', IMAGE,
                         "/hailto", "--version")
        poll_until(lambda: "Name or service not known" in self.log(waiting))
        self.assertEqual(self.state(waiting), "running")
        self.container("--network=apart", "--name=greeter")
        self.assertEqual(podman("wait", waiting), "0")
        self.assertIn("hailto 0", self.log(waiting))
        self.told("-W: waited for a name that nobody had, then became the program")

    def test_gives_up(self):
        done = self.hailto("--wait=1s", "greeter", "--", "/hailto", "--version", exit=3)
        self.assertNotIn("hailto 0", done.stdout)


class Compose(ImageTest):
    @contextlib.contextmanager
    def project(self, *services):
        """The containers of the compose file, started with podman-compose."""
        if not shutil.which("podman-compose"):
            self.skipTest("podman-compose is not installed")
        command = ("podman-compose", "-p", "trial", "-f", COMPOSE)
        run(*command, "up", "-d", *services)
        try:
            yield lambda service: podman("ps", "-aq", "--filter", f"label=com.docker.compose.service={service}")
        finally:
            run(*command, "down", "-t", "5", exit=None)

    def test_up(self):
        with self.project() as container:
            # What needs a condition is left out: podman-compose 1.0.3 knows none.
            for service in "application", "ready":
                self.assertEqual(podman("wait", container(service)), "0", service)
                self.told(f"{service}: exit 0, {self.log(container(service)).splitlines()[-1]}")
            greeter = container("greeter")
            self.check_sandbox(greeter)
            podman("healthcheck", "run", greeter)
            self.assertEqual(self.state(greeter, "Health.Status"), "healthy")
            self.assertEqual(self.status(greeter)["NoNewPrivs"], "1")
            self.assertEqual(ask(), "Hi from a container")

    def judge(self, text):
        """What docker-compose says of a compose file."""
        with tempfile.NamedTemporaryFile("w", suffix=".yml", dir=COMPOSE.parent) as file:
            file.write(text)
            file.flush()
            return run("docker-compose", "-f", file.name, "config", "-q", exit=None).returncode

    def test_docker_compose_reads_it(self):
        if not shutil.which("docker-compose"):
            self.skipTest("docker-compose is not installed")
        text = COMPOSE.read_text()
        self.assertEqual(self.judge(text), 0)
        for right, wrong in (("cap_drop:", "drop_cap:"), ("service_completed_successfully", "service_completed"),
                             ("      ready:\n", "      nobody:\n")):
            self.assertIn(right, text)
            self.assertNotEqual(self.judge(text.replace(right, wrong)), 0, wrong)


def main():
    print(podman("--version"), flush=True)
    result = unittest.main(exit=False).result
    bad = len(result.failures) + len(result.errors)
    print(f"image: {result.testsRun - bad - len(result.skipped)} passed, {bad} failed, {len(result.skipped)} skipped")
    sys.exit(0 if bad == 0 else 1)


if __name__ == "__main__":
    main()
