# SPDX-License-Identifier: ISC
"""haild's sandbox: whether this machine has it, and what a process inside can still do."""
import functools
import pathlib
import re

from lib import harness


# What an attacker wants, and seccomp forbids.
FORBIDDEN = ("execve", "open", "socket", "connect", "bind", "fork", "clone", "ptrace", "mmap", "mprotect", "ioctl",
             "kill", "setuid", "bpf", "io_uring_setup")


@functools.cache
def line():
    """What haild says of its sandbox at the start."""
    with harness.Daemon() as daemon:
        return daemon.log_lines("sandbox: .+")[0]


def has_seccomp():
    return re.search(r"seccomp with \d+ kinds of system calls", line()) is not None


def version_of_landlock():
    """The version of the kernel's Landlock; 0: none."""
    found = re.search(r"Landlock ABI (\d+)", line())
    return int(found[1]) if found else 0


def need_seccomp(test):
    if not has_seccomp():
        test.skipTest(f"no seccomp here ({line()})")


def need_landlock(test, version=1):
    if version_of_landlock() < version:
        test.skipTest(f"no Landlock ABI {version} here ({line()})")


def attempt(part, deed, argument, *options):
    """Lets a process enter the sandbox ("sandbox") or its first half ("landlock") as haild does with these options,
    and try a deed. Returns "done", the errno, or the signal that ended it as a negative number."""
    answer = harness.run(harness.program("captive"), part, deed, argument, *options)
    if answer.exit < 0:
        return answer.exit
    assert answer.exit == 0, answer
    words = answer.stdout.decode().split()
    return int(words[1]) if words[:1] == ["refused:"] else "done"  # execve says nothing, fork twice


def field_of(pid, name):
    """A field of /proc/PID/status."""
    text = pathlib.Path(f"/proc/{pid}/status").read_text()
    return re.search(rf"^{name}:[ \t]*(.*)$", text, re.MULTILINE)[1]


def without(*parts, refusing=""):
    """The environment in which the kernel lacks these parts, or refuses that call."""
    return harness.preloading("kernel", KERNEL_LACKS=" ".join(parts), KERNEL_REFUSES=refusing)
