#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""What haild closes once it serves: the way to more rights, cores, and its memory to debuggers."""
import os
import pathlib
import re
import resource
import signal
import subprocess
import unittest

from lib import harness
from lib.harness import Daemon, has, program, temporary_directory


def status_of(pid):
    """What /proc/PID/status says, by field; "Groups" may be empty."""
    lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    return {name: value.split() for name, _, value in (line.partition(":") for line in lines)}


class Closed(unittest.TestCase):
    """What is closed in any case"""

    def core_limit(self, pid):
        """The hard limit. A sanitizer lowers the soft one."""
        text = pathlib.Path(f"/proc/{pid}/limits").read_text()
        return re.search(r"^Max core file size +\S+ +(\S+)", text, re.MULTILINE)[1]

    def test_no_new_rights(self):
        with Daemon() as daemon:
            self.assertEqual(status_of(daemon.pid)["NoNewPrivs"], ["1" if has("HAVE_DECL_PR_SET_NO_NEW_PRIVS") else "0"])

    def test_cores(self):
        limit = (1 << 20, 1 << 20)
        with Daemon("--core-dumps", limits={resource.RLIMIT_CORE: limit}) as daemon:
            self.assertEqual(self.core_limit(daemon.pid), "1048576")
        if os.geteuid() == 0:
            with Daemon(limits={resource.RLIMIT_CORE: limit}) as daemon:
                self.assertEqual(self.core_limit(daemon.pid), "0")

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
            left = self.left_by_abort("--core-dumps")
        except ValueError:
            self.skipTest("cores are limited here")
        self.assertEqual([len(left), self.left_by_abort()], [1, []])


if __name__ == "__main__":
    harness.main()
