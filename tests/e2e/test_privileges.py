#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""--user: started as root on port 17, haild greets as nobody and cannot go back; and what it closes in any case.

As root this file runs in a network namespace of its own, where port 17 is free. For others, the tests that need root
are skipped.
"""
import contextlib
import os
import pathlib
import pwd
import re
import resource
import signal
import stat
import subprocess
import unittest

from lib import harness
from lib.harness import (
    Daemon, GREETING, connect_unix, has, message_file, need, poll_until, program, read_all, run, temporary_directory)
from lib.reload import READ_AGAIN, hang_up, replace
from lib.scrape import get

CAN_CHANGE = has("HAVE_SETGROUPS")
# Numbers need no user database, and the last two of these should be in none.
NOBODY, GROUP, STRANGER = 65534, 54322, 54321
SOMEBODY = f"{NOBODY}:{GROUP}"
CAPABILITIES = ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")
AS_NOBODY = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
IN_NAMESPACE = ["unshare", "--user", "--map-root-user"]


def can(command):
    """Whether the command can run others here."""
    return subprocess.run([*command, "true"], capture_output=True).returncode == 0


def status_of(pid):
    """What /proc/PID/status says, by field; "Groups" may be empty."""
    lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    return {name: value.split() for name, _, value in (line.partition(":") for line in lines)}


class PrivilegesTest(unittest.TestCase):
    def setUp(self):
        self.folder = temporary_directory(self)
        self.folder.chmod(0o777)
        # A build that measures coverage writes that down there: another user may not write to its own folder.
        self.env = {"GCOV_PREFIX": str(self.folder)}

    def need_root(self):
        if os.geteuid() != 0:
            self.skipTest("only root can become somebody else")
        if not CAN_CHANGE:
            self.skipTest("this build has no setgroups(2)")

    def as_user(self, user, *options, **more):
        return Daemon(*options, f"--user={user}", env=self.env, **more)

    def has_changed(self, pid, user=NOBODY, group=GROUP, groups=()):
        """Asserts that the process has these ids in each place, and no other right."""
        status = status_of(pid)
        self.assertEqual(status["Uid"], [str(user)] * 4)
        self.assertEqual(status["Gid"], [str(group)] * 4)
        self.assertEqual(status["Groups"], [str(number) for number in groups])
        for name in CAPABILITIES:
            self.assertEqual(int(status[name][0], 16), 0, name)
        self.assertEqual(status["NoNewPrivs"], ["1"])


class Changing(PrivilegesTest):
    def setUp(self):
        super().setUp()
        self.need_root()

    def test_everything_is_served(self):
        path, message = self.folder / "socket", message_file(self, GREETING)
        os.utime(message, (1, 1))
        message.parent.chmod(0o755)
        with self.as_user(SOMEBODY, "-l", "127.0.0.1:17", "-l", f"unix:{path}", "-u", "-f", message,
                          "--metrics=127.0.0.1:9", "--proxy-listen=127.0.0.1:18", port=None,
                          log=[READ_AGAIN]) as daemon:
            self.has_changed(daemon.pid)
            self.assertEqual(daemon.port, 17)
            self.assertEqual(daemon.greeting(), GREETING)
            self.assertEqual(daemon.answer(bytes(100)), GREETING)
            with connect_unix(path) as client:
                self.assertEqual(read_all(client), GREETING)
            with harness.connect(18) as client:
                client.sendall(b"PROXY UNKNOWN\r\n")
                self.assertEqual(read_all(client), GREETING)
            self.assertEqual(get(9, "/readyz").status, 200)
            replace(message, b"Hello")
            os.utime(message, (1, 1))
            self.assertEqual(hang_up(daemon), [f"read {message} again"])
            self.assertEqual(daemon.greeting(), b"Hello")
            daemon.wait_counters(open=0)
            self.has_changed(daemon.pid)

    def test_numbers(self):
        for user, ids in (f"{STRANGER}:{GROUP}", (STRANGER, GROUP)), (f"{STRANGER}:1", (STRANGER, 1)):
            with self.subTest(user), self.as_user(user) as daemon:
                self.has_changed(daemon.pid, *ids)

    def with_groups(self, groups, user):
        """The ids of a daemon for which the file of groups is this one."""
        path = self.folder / "group"
        path.write_text(groups)
        prefix = ("unshare", "--mount", "sh", "-c", 'mount --bind "$0" /etc/group && exec "$@"', str(path))
        if not can(prefix):
            self.skipTest("needs a mount namespace")
        with self.as_user(user, prefix=prefix) as daemon:
            self.assertEqual(daemon.greeting(), GREETING)
            return daemon.pid, status_of(daemon.pid)

    @unittest.skipUnless(harness.has_glibc(), "musl asks nscd for groups first, and this is about a file of them")
    def test_groups_of_the_user(self):
        entry = pwd.getpwuid(NOBODY)
        groups = f"readers:x:4242:{entry.pw_name}\nothers:x:4243:daemon\nwriters:x:4244:daemon,{entry.pw_name}\n"
        for user in entry.pw_name, str(NOBODY):
            _, status = self.with_groups(groups, user)
            self.assertEqual(status["Gid"], [str(entry.pw_gid)] * 4)
            self.assertEqual(sorted(map(int, status["Groups"])), sorted([4242, 4244, entry.pw_gid]))
        for user in f"{entry.pw_name}:others", f"{entry.pw_name}:4243":
            _, status = self.with_groups(groups, user)
            self.assertEqual((status["Gid"], status["Groups"]), (["4243"] * 4, []))

    # With a capability that a service manager has granted for the port.
    @unittest.skipIf(harness.WRAPPER, "its reports are not for other users")
    def test_who_is_that_user_already(self):
        need("setpriv")
        prefix = (*AS_NOBODY, "--inh-caps=+net_bind_service", "--ambient-caps=+net_bind_service")
        if not can(prefix):
            self.skipTest("needs a setpriv that knows ambient capabilities, and the right to them")
        for user in f"{NOBODY}:{NOBODY}", str(NOBODY):
            with self.subTest(user), self.as_user(user, "-l", "127.0.0.1:17", port=None,
                                                  prefix=self.copied(*prefix)) as daemon:
                self.assertEqual(daemon.greeting(), GREETING)
                self.has_no_capabilities(daemon.pid)

    @unittest.skipIf(harness.WRAPPER, "its reports are not for other users")
    def test_who_has_other_groups(self):
        """It may be that user already, and yet read what it should not."""
        need("setpriv")
        prefix = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", f"--groups={NOBODY},{GROUP}")
        if not has("HAVE_GETGROUPLIST"):
            self.skipTest("this build has no getgrouplist(3)")
        for user in f"{NOBODY}:{NOBODY}", str(NOBODY):
            result = run("haild", "-p", "0", f"--user={user}", prefix=self.copied(*prefix), env=self.env)
            self.assertEqual((result.exit, result.stdout), (5, b""), result)
            self.assertEqual(result.stderr.decode(), f"haild: cannot change to --user={user}: other groups remain\n")

    @unittest.skipIf(harness.WRAPPER, "its reports are not for other users")
    def test_capabilities_of_an_ordinary_user(self):
        need("setpriv")
        prefix = (*AS_NOBODY, "--inh-caps=+net_bind_service,+dac_read_search",
                  "--ambient-caps=+net_bind_service,+dac_read_search")
        if not can(prefix):
            self.skipTest("needs a setpriv that knows ambient capabilities, and the right to them")
        with Daemon("-l", "127.0.0.1:17", port=None, prefix=self.copied(*prefix), env=self.env) as daemon:
            self.assertEqual(daemon.greeting(), GREETING)
            self.has_no_capabilities(daemon.pid)

    def has_no_capabilities(self, pid):
        """Nor could they be passed on; the bounding set alone, which only a privileged process may change, may remain."""
        status = status_of(pid)
        for name in CAPABILITIES:
            self.assertTrue(name == "CapBnd" or int(status[name][0], 16) == 0, (name, status[name]))

    def copied(self, *prefix):
        """The prefix, for a haild that its user may not be able to reach where it was built. What the harness gives to
        root, to stay root, is taken away."""
        copy = self.folder / "haild"
        if not copy.exists():
            copy.write_bytes(pathlib.Path(program("haild")).read_bytes())
            copy.chmod(0o755)
        return (*prefix, "sh", "-c", 'for word do case $word in */haild) word=$0;; --user=0) shift; continue;; esac; '
                'set -- "$@" "$word"; shift; done; exec "$@"', str(copy))

    def test_inherited_rights_go(self):
        need("setpriv")
        prefix = ("setpriv", "--inh-caps=+net_raw,+chown", "--ambient-caps=+net_raw,+chown")
        if not can(prefix):
            self.skipTest("needs a setpriv that knows ambient capabilities, and the right to them")
        with self.as_user(SOMEBODY, prefix=prefix) as daemon:
            self.has_changed(daemon.pid)

    # Whoever starts haild may have it keep its capabilities through a change of user.
    def test_kept_rights_go(self):
        need("setpriv")
        prefix = ("setpriv", "--securebits=+no_setuid_fixup,+no_setuid_fixup_locked")
        if not can(prefix):
            self.skipTest("setpriv cannot set these bits here")
        with self.as_user(SOMEBODY, prefix=prefix) as daemon:
            self.has_changed(daemon.pid)


class UnixSockets(PrivilegesTest):
    def setUp(self):
        super().setUp()
        self.need_root()
        self.path = self.folder / "socket"

    def owner(self):
        status = self.path.lstat()
        return status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)

    def serve(self, *options, log=()):
        """A daemon on the path, whose socket must be the user's while it serves; returns its log."""
        with self.as_user(SOMEBODY, "-l", f"unix:{self.path}", "--socket-mode=660", *options, port=None,
                          log=log) as daemon:
            self.assertEqual(self.owner(), (NOBODY, GROUP, 0o660))
            with connect_unix(self.path) as client:
                self.assertEqual(read_all(client), GREETING)
            daemon.stop()
            return daemon.log_lines()

    def test_in_a_folder_of_all(self):
        self.serve()
        self.assertFalse(self.path.exists())

    def test_in_a_sticky_folder(self):
        self.folder.chmod(0o1777)
        self.serve()
        self.assertFalse(self.path.exists())

    # Only root could remove the socket. What stays is no obstacle to a later start.
    def test_in_a_folder_of_root(self):
        self.folder.chmod(0o755)
        other = temporary_directory(self)
        other.chmod(0o777)
        self.env = {"GCOV_PREFIX": str(other)}
        stays = f"unix:{self.path} stays: Permission denied; the next start replaces it"
        for _ in range(2):
            log = self.serve("-v", log=[re.escape(stays)])
            self.assertEqual(log.count(stays), 1)
            self.assertTrue(self.path.is_socket())

    def test_root_stays_its_owner(self):
        with Daemon("-l", f"unix:{self.path}", "--socket-mode=600", port=None):
            self.assertEqual(self.owner(), (0, 0, 0o600))


class Reloading(PrivilegesTest):
    CAUSE = r"Permission denied \(the user of --user has no right to read it, or to search its folder(; or the sandbox .+)?\)"

    def setUp(self):
        super().setUp()
        self.need_root()

    def test_message_file_of_root(self):
        message = message_file(self, GREETING)
        os.utime(message, (1, 1))
        told = rf"haild: cannot open the message file {message}: {self.CAUSE}; the old greeting stays"
        with self.as_user(SOMEBODY, "-f", message, log=[told]) as daemon:
            message.parent.chmod(0o700)
            self.assertRegex("\n".join(hang_up(daemon)), told)
            self.assertEqual(daemon.greeting(), GREETING)

    def test_deny_file_of_root(self):
        denied = message_file(self, b"192.0.2.0/24\n")
        told = rf"haild: cannot open the deny file {denied}: {self.CAUSE}; the old networks stay"
        with self.as_user(SOMEBODY, f"--deny-file={denied}", log=[told]) as daemon:
            denied.chmod(0o600)
            denied.parent.chmod(0o755)
            self.assertRegex("\n".join(hang_up(daemon)), told)
            self.assertEqual(daemon.greeting(), GREETING)

    def test_other_reasons_are_as_ever(self):
        message = message_file(self, GREETING)
        os.utime(message, (1, 1))
        message.parent.chmod(0o755)
        told = f"haild: cannot open the message file {message}: No such file or directory; the old greeting stays"
        with self.as_user(SOMEBODY, "-f", message, log=[told]) as daemon:
            message.unlink()
            self.assertEqual(hang_up(daemon), [told])


class Refused(PrivilegesTest):
    """Starts that fail: one line, and nobody is greeted"""

    def fails(self, user, exit, told, prefix=()):
        for options in (), ("--check",):
            result = run("haild", "-p", "0", *options, f"--user={user}", prefix=prefix, env=self.env)
            self.assertEqual((result.exit, result.stdout), (exit, b""), result)
            self.assertRegex(result.stderr.decode(), rf"\Ahaild: {told}\n\Z")

    def test_check_leaves_nothing(self):
        self.need_root()
        path = self.folder / "socket"
        result = run("haild", "--check", "-l", f"unix:{path}", f"--user={SOMEBODY}", env=self.env)
        self.assertEqual((result.exit, result.stdout, result.stderr), (0, b"", b""))
        self.assertFalse(path.exists())

    def test_unknown(self):
        self.fails("no-such-user", 2, "--user: unknown user 'no-such-user'")
        self.fails("no-such-user:1", 2, "--user: unknown user 'no-such-user'")
        self.fails("1:no-such-group", 2, "--user: unknown group 'no-such-group'")
        self.fails(f"{2 ** 32 - 1}:1", 2, f"--user: unknown user '{2 ** 32 - 1}'")
        self.fails(f"1:{2 ** 32 - 1}", 2, f"--user: unknown group '{2 ** 32 - 1}'")
        self.fails(f"{2 ** 64}:1", 2, f"--user: unknown user '{2 ** 64}'")
        self.fails("1x:1", 2, "--user: unknown user '1x'")
        self.fails("x" * 300, 2, r"--user: 'x+' is neither USER nor USER:GROUP")

    def test_half_of_it(self):
        for user in "", ":", ":1", "1:", "nobody:":
            self.fails(user, 2, f"--user: '{user}' is neither USER nor USER:GROUP")
        self.fails(STRANGER, 2, rf"--user: the user database has no user {STRANGER}, and so no group for it: name "
                                rf"one, as in --user={STRANGER}:{STRANGER}")

    def test_half_of_root(self):
        for user in "1:0", "0:1", "0:0":
            self.fails(user, 2, f"--user={user} is neither root nor without root's rights")

    @unittest.skipIf(CAN_CHANGE, "this system has setgroups(2)")
    def test_system_without(self):
        self.fails("1:1", 5, r"cannot change to --user=1:1: this system has no setgroups\(2\)")

    @unittest.skipIf(harness.WRAPPER, "its reports are not for other users")
    def test_by_others(self):
        prefix, user = (), os.geteuid()
        if user == 0:
            need("setpriv")
            user, prefix = NOBODY, AS_NOBODY
            if not can(prefix) or not can([*prefix, program("haild"), "--version"]):
                self.skipTest("the build's folder is closed to others")
        if CAN_CHANGE:
            told = rf"cannot change to --user={{}}: only root can, and this is user {user}"
            self.fails("1:1", 5, told.format("1:1"), prefix)
            self.fails("0", 5, told.format("0"), prefix)

    @unittest.skipUnless(CAN_CHANGE, "this build has no setgroups(2)")
    def test_in_a_namespace_of_one_user(self):
        if not can(IN_NAMESPACE):
            self.skipTest("needs user namespaces")
        self.fails("1:1", 5, r"cannot change to --user=1:1: setgroups: Operation not permitted \(this user namespace "
                             r"forbids it: start haild without --user there\)", IN_NAMESPACE)

    def test_without_the_capabilities(self):
        self.need_root()
        need("setpriv")
        for name, step in ("setgid", "setgroups"), ("setuid", "setuid"):
            prefix = ("setpriv", f"--bounding-set=-{name}", f"--inh-caps=-{name}")
            self.fails("1:1", 5, rf"cannot change to --user=1:1: {step}: Operation not permitted \(it takes CAP_SETUID "
                                 r"and CAP_SETGID\)", prefix)

    # Root made this namespace, so groups may be set there. But no other user or group is mapped.
    def test_in_a_namespace_without_that_user(self):
        self.need_root()
        script = 'read -r _ < "$0"; exec "$@"'
        folder = temporary_directory(self)
        os.mkfifo(folder / "go")
        command = ["unshare", "--user", "sh", "-c", script, str(folder / "go"), program("haild"), "-p", "0",
                   "--user=1:1"]
        if not can(["unshare", "--user"]):
            self.skipTest("needs user namespaces")
        process = harness.start(command, env=harness.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        proc = pathlib.Path("/proc", str(process.pid))
        ours = os.readlink("/proc/self/ns/user")
        poll_until(lambda: os.readlink(proc / "ns/user") != ours)
        (proc / "uid_map").write_text("0 0 1")
        (proc / "gid_map").write_text("0 0 1")
        (folder / "go").write_text("\n")
        stdout, stderr = process.communicate(timeout=harness.DEADLINE)
        self.assertEqual((process.returncode, stdout), (5, b""), stderr)
        self.assertRegex(stderr.decode(), r"\Ahaild: cannot change to --user=1:1: setgid: Invalid argument \(this "
                                          r"user namespace does not have that id, see /proc/self/uid_map\)\n\Z")


class Faults(PrivilegesTest):
    def attempt(self, number):
        """Has the call of that number fail. Who is served then is served by nobody; returns what was told."""
        env = {**self.env, "FAULT_KIND": "call", "FAULT_AT": str(number), "FAULT_REPORT": str(self.report)}
        process = harness.start(harness.command_of("haild_faulty", [
            "-l", "127.0.0.1:0", "-l", f"unix:{self.folder}/{number}", f"--user={SOMEBODY}", "-n1"]),
                                env=harness.environment(env), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        with process.stdout as stdout, process.stderr as stderr:
            address = stdout.readline()
            if address:
                self.is_served(process.pid, int(address.rpartition(b":")[2]))
                process.terminate()
            told = stderr.read().decode()
        code = process.wait(harness.DEADLINE)
        self.assertEqual(code == 0, bool(address), (number, code, told))
        if "cannot change to" in told:
            self.assertEqual(code, 5, told)
        return told

    def is_served(self, pid, port):
        status = status_of(pid)
        self.assertEqual((status["Uid"], status["Gid"], status["Groups"], status["CapPrm"]),
                         ([str(NOBODY)] * 4, [str(GROUP)] * 4, [], ["0" * 16]))
        # Who meets the fault is reset, or hears nothing.
        with contextlib.suppress(ConnectionResetError), harness.connect(port) as client:
            self.assertIn(read_all(client), (GREETING, b""))

    # Whichever call fails, haild does without it or ends. It never serves with more rights than nobody has.
    def test_each_call(self):
        self.need_root()
        self.report = self.folder / "report"
        self.attempt(0)
        calls = int(self.report.read_text().split()[0])
        self.assertGreater(calls, 20)
        told = [self.attempt(number) for number in range(1, calls + 1)]
        failed = [line for text in told for line in text.splitlines() if line.startswith("haild: cannot change")]
        steps = re.findall(r"^haild: cannot change to --user=\S+: (\w+): ", "\n".join(failed), re.MULTILINE)
        self.assertEqual(steps, ["setgroups", "setgid", "setuid"])


class Root(PrivilegesTest):
    """Root that stays root is warned"""

    def log_of(self, *options, prefix=(), haild=None):
        """The log of a haild that greets one client, with these options and no other."""
        process = harness.start([*prefix, haild or program("haild"), "-l", "127.0.0.1:0", "-n", "1", *options],
                                env=harness.environment(self.env), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        with process.stdout as stdout, process.stderr as stderr:
            address = harness.read_until_end(stdout.fileno(), os.read)
            with harness.connect(int(address.rpartition(b":")[2])) as client:
                self.assertEqual(read_all(client), GREETING)
            log = stderr.read().decode()
        self.assertEqual(process.wait(harness.DEADLINE), 0, log)
        return log

    def warnings(self, *options, **more):
        return len(re.findall(f"(?m)^{harness.WARNING_OF_ROOT}$", self.log_of(*options, **more)))

    def test_once(self):
        self.assertEqual(self.warnings(), 1 if os.geteuid() == 0 else 0)
        self.assertEqual(self.warnings("-q"), 1 if os.geteuid() == 0 else 0)

    def test_not_if_it_is_meant(self):
        if os.geteuid() != 0:
            self.skipTest("this is for root")
        self.assertEqual([self.warnings("--user=root"), self.warnings("--user=0")], [0, 0])
        self.assertEqual(run("haild", "--check", "-p", "0").stderr, b"")

    # Outside it is an ordinary user, as in a container that such a user started.
    def test_not_in_a_namespace_of_another(self):
        if os.geteuid() == 0:
            need("setpriv")
            self.need_root()
            prefix, copy = [*AS_NOBODY, *IN_NAMESPACE], self.folder / "haild"
            copy.write_bytes(pathlib.Path(program("haild")).read_bytes())
            copy.chmod(0o755)
        else:
            prefix, copy = IN_NAMESPACE, program("haild")
        if not can(prefix):
            self.skipTest("needs user namespaces")
        self.assertEqual(self.warnings(prefix=prefix, haild=copy), 0)


class Closed(PrivilegesTest):
    """What is closed with and without --user"""

    def core_limit(self, pid):
        """The hard limit. A sanitizer lowers the soft one."""
        text = pathlib.Path(f"/proc/{pid}/limits").read_text()
        return re.search(r"^Max core file size +\S+ +(\S+)", text, re.MULTILINE)[1]

    def may_look(self, pid):
        """Whether another process of nobody can see what that one has open."""
        return subprocess.run([*AS_NOBODY, "ls", f"/proc/{pid}/fd"], capture_output=True).returncode == 0

    def test_no_new_rights(self):
        with Daemon() as daemon:
            expected = "1" if has("HAVE_DECL_PR_SET_NO_NEW_PRIVS") else "0"
            self.assertEqual(status_of(daemon.pid)["NoNewPrivs"], [expected])

    def test_cores(self):
        limit = (1 << 20, 1 << 20)
        options = [f"--user={os.geteuid()}"] if os.geteuid() == 0 else []
        with Daemon(*options, "--core-dumps", limits={resource.RLIMIT_CORE: limit}) as daemon:
            self.assertEqual(self.core_limit(daemon.pid), "1048576")
        if os.geteuid() == 0:
            with Daemon(limits={resource.RLIMIT_CORE: limit}) as daemon:
                self.assertEqual(self.core_limit(daemon.pid), "0")

    def test_other_processes_of_the_user(self):
        self.need_root()
        need("setpriv")
        user = f"{NOBODY}:{NOBODY}"
        with self.as_user(user) as daemon:
            self.assertEqual(self.may_look(daemon.pid), harness.is_sanitized() or not has("HAVE_DECL_PR_SET_DUMPABLE"))
            # Root can, so that the harness does not count descriptors in vain.
            self.assertGreater(daemon.descriptors(), 3)
        with self.as_user(user, "--core-dumps") as daemon:
            self.assertTrue(self.may_look(daemon.pid))

    def left_by_abort(self, *options):
        """What haild leaves in its folder when it is aborted, with no other options than these."""
        folder, limit = temporary_directory(self), (1 << 30, 1 << 30)
        process = harness.start([program("haild"), "-q", "-l", "127.0.0.1:0", *options], env=harness.environment(),
                                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=folder,
                                preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CORE, limit))
        with process.stdout as stdout:
            self.assertTrue(harness.read_until_end(stdout.fileno(), os.read))
        process.send_signal(signal.SIGABRT)
        self.assertEqual(process.wait(harness.DEADLINE), -signal.SIGABRT)
        return [path.name for path in folder.iterdir()]

    @unittest.skipIf(harness.is_sanitized(), "a sanitizer catches the signal")
    def test_abort(self):
        if not re.match(r"[^/|]", pathlib.Path("/proc/sys/kernel/core_pattern").read_text()):
            self.skipTest("the kernel does not leave cores where a process was")
        try:
            left = self.left_by_abort("--core-dumps", "--no-sandbox")
        except ValueError:
            self.skipTest("cores are limited here")
        self.assertEqual([len(left), self.left_by_abort()], [1, []])


if __name__ == "__main__":
    if os.geteuid() == 0:
        harness.enter_network_namespace(["unshare", "--net"])
    harness.main()
