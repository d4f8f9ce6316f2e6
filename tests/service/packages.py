#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Debian's packages, installed, upgraded, removed and purged in the system that is running here.

script/package builds them, and boots the system that this is for. It prints what clients saw meanwhile.
"""
import os
import pathlib
import pwd
import re
import subprocess
import sys
import tempfile
import unittest

from manager import ask, Clients, DEADLINE, GREETING, OURS, poll_until, run, show, systemctl, UnitTest, VERSION

HERE = pathlib.Path("/usr/src/haild")
# What other programs write meanwhile: logs, and what dpkg itself keeps of its work.
OTHERS = re.compile(r"/var/(log|cache/ldconfig|lib/dpkg/(lock|triggers|updates|.*-old))(/|$)")
# What the kernel says of the daemon that matters.
CONFINED = {"NoNewPrivs": "1", "Seccomp": "2",
            **dict.fromkeys(("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"), "0" * 16)}


def install(folder="packages"):
    """Installs both packages of a version; an older one is upgraded."""
    names = (path for path in sorted((HERE / folder).glob("*.deb")) if "-dbgsym" not in path.name)
    return run("dpkg", "--install", *map(str, names)).stdout


def purge():
    run("dpkg", "--purge", "haild", "hailto")


def version():
    return run("dpkg-query", "-W", "-f", "${Version}", "haild").stdout


def files():
    """All that is in the file system, but for what others write."""
    found = set()
    for folder, folders, names in os.walk("/"):
        folders[:] = [name for name in folders if not os.path.ismount(os.path.join(folder, name))]
        found.update(os.path.join(folder, name) for name in (*folders, *names))
    return {path for path in found if not OTHERS.match(path)}


def contents():
    """What the files below /etc say."""
    return {path: path.read_bytes() for path in pathlib.Path("/etc").rglob("*") if path.is_file()}


def daemons():
    """The processes of haild, as ps shows them."""
    return run("ps", "-C", "haild", "-o", "pid=,user=,args=", check=False).stdout.splitlines()


def main_pid(unit="haild.service"):
    return int(show(unit, "MainPID"))


def status_of(pid):
    lines = pathlib.Path("/proc", str(pid), "status").read_text().splitlines()
    return dict(line.split(":\t", 1) for line in lines)


class Asking:
    """A with-block in which hailto asks all the time; .result is its sum, such as "9 attempts, 9 successes, ..." """

    def __enter__(self):
        # A copy, since it may be removed meanwhile.
        run("cp", "/usr/bin/hailto", "/tmp/hailto")
        self.lines = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(
            ["/tmp/hailto", "-c", "1000000", "-i", "2ms", "-E", GREETING.decode(), "localhost"],
            stdin=subprocess.DEVNULL, stdout=self.lines)
        return self

    def __exit__(self, *failure):
        self.process.terminate()
        try:
            self.process.wait(DEADLINE)
        finally:
            self.process.kill()
        with self.lines:
            self.lines.seek(0)
            self.result = [line for line in self.lines.read().splitlines() if " attempts, " in line][-1]


class PackageTest(UnitTest):
    """A test that begins with the first version installed, and ends with none."""

    def setUp(self):
        super().setUp()
        self.addCleanup(purge)
        install()

    def nobody_was_lost(self, clients, least=200):
        self.assertGreater(clients.saw["greeted"], least)
        self.assertEqual({**clients.saw, "greeted": 0}, dict.fromkeys(clients.saw, 0))

    def upgrade_under_traffic(self):
        """Upgrades while two kinds of clients come; returns what each saw."""
        before = version()
        with Clients() as clients, Asking() as asking:
            poll_until(lambda: clients.saw["greeted"] > 100)
            install("upgrade")
            seen = clients.saw["greeted"]
            poll_until(lambda: clients.saw["greeted"] > seen + 100)
        self.assertNotEqual(version(), before)
        self.told(f"upgraded from {before} to {version()}: {clients.saw}; hailto: {asking.result}")
        self.nobody_was_lost(clients)
        self.assertRegex(asking.result, r"^(\d+) attempts, \1 successes, 0 failures")


class Installation(PackageTest):
    """What is there once the packages are"""

    def test_socket_listens_and_first_client_starts_the_daemon(self):
        for unit, states in (("haild.socket", ("enabled", "active")), ("haild.service", ("disabled", "inactive"))):
            self.assertEqual((show(unit, "UnitFileState"), show(unit, "ActiveState")), states)
        self.assertEqual(daemons(), [])
        self.assertEqual(run("hailto", "localhost").stdout.encode(), GREETING)
        self.assertEqual(show("haild.service", "ActiveState"), "active")

    def test_daemon_is_confined(self):
        ask()
        pid = main_pid()
        status = status_of(pid)
        self.assertEqual({name: status[name] for name in CONFINED}, CONFINED)
        self.assertNotEqual(status["Uid"].split()[0], "0")
        self.told(f"ps: {' '.join(daemons()[0].split())}")
        told = ", ".join(f"{name} {status[name]}" for name in ("Uid", *CONFINED))
        self.told(f"/proc/{pid}/status: {told.expandtabs(1)}")

    def test_settings(self):
        with open("/etc/default/haild", "a") as settings:
            settings.write("HAILD_MESSAGE=Back at six\n")
        systemctl("restart", "haild.service")
        self.assertEqual(ask(), b"Back at six")

    def test_smoke_tests(self):
        """Those of debian/tests, as autopkgtest runs them"""
        control = (HERE / "tests/control").read_text()
        names = re.findall(r"(?m)^Tests: (.+)$", control)
        self.assertEqual({*names, "control"}, {path.name for path in (HERE / "tests").iterdir()})
        for name in names:
            done = run(str(HERE / "tests" / name))
            self.assertEqual(done.stderr, "")  # else autopkgtest fails it
            self.told(f"debian/tests/{name}: {done.stdout.strip()}")


class Upgrade(PackageTest):
    """While clients come"""

    def test_held_socket(self):
        ask()
        pid, socket = main_pid(), show("haild.socket", "InvocationID")
        self.upgrade_under_traffic()
        self.assertNotEqual(main_pid(), pid)
        self.assertEqual(show("haild.socket", "InvocationID"), socket)

    def test_daemon_that_does_not_run_is_not_started(self):
        install("upgrade")
        self.assertEqual((show("haild.socket", "ActiveState"), daemons()), ("active", []))

    def test_sockets_of_its_own(self):
        systemctl("disable", "--now", "haild.socket")
        systemctl("enable", "--now", "haild.service")
        pid = main_pid()
        with Clients() as clients:
            poll_until(lambda: clients.saw["greeted"] > 100)
            install("upgrade")
            self.assertNotIn(main_pid(), (0, pid))
            seen = clients.saw["greeted"]
            poll_until(lambda: clients.saw["greeted"] > seen + 100)
        self.told(f"upgraded, without a socket that systemd holds: {clients.saw}")
        self.assertGreater(clients.saw["refused"], 0)  # what the held socket is there for
        self.assertEqual(clients.saw["short"] + clients.saw["reset"] + clients.saw["other"], 0)
        self.assertEqual((show("haild.socket", "UnitFileState"), show("haild.socket", "ActiveState")),
                         ("disabled", "inactive"))

    def test_instances(self):
        units = ("haild@1", "haild@2")
        systemctl("disable", "--now", "haild.socket")
        systemctl("enable", "--now", *(f"{unit}.socket" for unit in units))
        systemctl("start", "haild@1.service", "haild@2.service")
        pids = {unit: main_pid(f"{unit}.service") for unit in units}
        self.upgrade_under_traffic()
        for unit in units:
            self.assertNotIn(main_pid(f"{unit}.service"), (0, pids[unit]))
        self.assertEqual(show("haild.socket", "ActiveState"), "inactive")


class End(PackageTest):
    """Removed and purged"""

    def test_removed_under_traffic_and_installed_again(self):
        with open("/etc/default/haild", "a") as settings:
            settings.write("HAILD_MESSAGE=Back at six\n")
        with Clients(b"Back at six") as clients:
            poll_until(lambda: clients.saw["greeted"] > 100)
            run("dpkg", "--remove", "haild")
            poll_until(lambda: clients.saw["refused"] > 100)
            self.assertEqual(daemons(), [])
        self.told(f"removed: {clients.saw}")
        self.assertEqual(clients.saw["short"] + clients.saw["other"], 0)
        install()
        self.assertEqual(ask(), b"Back at six")


class Life(UnitTest):
    """From the installation to the purge"""

    def test_nothing_is_left(self):
        before, said, users = files(), contents(), pwd.getpwall()
        self.addCleanup(purge)
        self.told("installed: " + ", ".join(re.findall(r"(?m)^Setting up (.+) \.\.\.$", install())))
        ask()
        self.told(f"ps: {' '.join(daemons()[0].split())}")
        systemctl("disable", "--now", "haild.socket", "haild.service")
        systemctl("enable", "--now", "haild@1.socket", "haild@2.socket")
        self.configure("HAILD_MESSAGE=first\n", "haild-1")
        ask()
        install("upgrade")
        systemctl("enable", "haild.service")
        run("dpkg", "--remove", "haild", "hailto")
        units = [line.split()[:4] for line in
                 systemctl("list-units", "--all", "--plain", "--no-legend", "haild*").splitlines()]
        left = sorted(files() - before)
        self.told(f"left by the removal: processes {daemons()}, units {units}, files {left}")
        self.assertEqual((daemons(), [unit for unit in units if unit[2] not in ("inactive", "failed")]), ([], []))
        self.assertEqual([path for path in left if not re.match(r"/etc/|/var/lib/(dpkg|systemd)/", path)], [])
        purge()
        self.told(f"left by the purge: processes {daemons()}, files {sorted(files() - before)}")
        self.assertEqual((files() - before, before - files()), (set(), set()))
        self.assertEqual(contents(), said)
        self.assertEqual(pwd.getpwall(), users)
        self.assertEqual([path for place in ("/run", "/tmp", "/var/tmp", str(OURS))
                          for path in pathlib.Path(place).rglob("*haild*") if "/systemd/units/" not in str(path)], [])
        self.assertEqual(daemons(), [])
        self.assertEqual(run("ss", "-Hltn", "sport = :12345").stdout, "")


def main():
    print(f"systemd {VERSION}", flush=True)
    result = unittest.main(exit=False).result
    bad = len(result.failures) + len(result.errors)
    print(f"packages: {result.testsRun - bad - len(result.skipped)} passed, {bad} failed, {len(result.skipped)} skipped")
    sys.exit(0 if bad == 0 else 1)


if __name__ == "__main__":
    main()
