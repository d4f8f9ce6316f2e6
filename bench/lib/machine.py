# SPDX-License-Identifier: ISC
"""The machine under the benchmark: a network namespace, what machine it is, who uses its processors."""
import contextlib
import fcntl
import functools
import os
import pathlib
import platform
import re
import resource
import shutil
import socket
import struct
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
# What is sought here may not be in everyone's PATH on Debian.
os.environ["PATH"] += ":/usr/sbin:/sbin"

BACKLOG = 4096
# The exit code of what this machine cannot run; .ci/run takes it for "skipped".
CANNOT_RUN = 77
# How many ended connections the kernel remembers (TIME-WAIT): so few that in each round the table of them
# is as full. Its own 131,072 are there after some seconds, and expire a minute later.
REMEMBERED = 4096
NAMESPACE_VARIABLE = "HAILD_BENCH_NAMESPACE"


def built(name):
    """The path of a program in the build directory: $HAILD_BUILD, or build/ in the source tree."""
    path = pathlib.Path(os.environ.get("HAILD_BUILD", ROOT / "build"), name).resolve()
    if not os.access(path, os.X_OK):
        sys.exit(f"{path} is not built: `make` and `make bench-programs`, or set HAILD_BUILD")
    return str(path)


def enter_namespace():
    """Starts the program anew, alone with its own loopback, where queues are as long as we want them."""
    if not os.environ.get(NAMESPACE_VARIABLE):
        unshare = ["unshare", "-n"] if os.geteuid() == 0 else ["unshare", "-r", "-n"]
        if subprocess.run([*unshare, "true"], check=False).returncode != 0:
            print("The kernel gives us no network namespace; root may have one.", file=sys.stderr)
            sys.exit(CANNOT_RUN)
        os.environ[NAMESPACE_VARIABLE] = "1"
        os.execvp("unshare", [*unshare, sys.executable, *sys.argv])
    _loopback_up()
    for name in ("core/somaxconn", "ipv4/tcp_max_syn_backlog"):
        _set_kernel(f"net/{name}", BACKLOG)
    remember_ended()


def remember_ended(count=REMEMBERED):
    """Has the kernel remember so many ended connections."""
    _set_kernel("net/ipv4/tcp_max_tw_buckets", count)


def _loopback_up():
    """`ip link set lo up` without ip."""
    SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        request = fcntl.ioctl(control, SIOCGIFFLAGS, struct.pack("16sh14x", b"lo", 0))
        name, flags = struct.unpack("16sh14x", request)
        fcntl.ioctl(control, SIOCSIFFLAGS, struct.pack("16sh14x", name, flags | IFF_UP))


def _set_kernel(name, value):
    """Sets a variable of the kernel. Not all may be ours; such a one should be large enough already."""
    path = pathlib.Path("/proc/sys", name)
    with contextlib.suppress(OSError):
        path.write_text(str(value))
    if not path.exists() or int(path.read_text()) < value:
        print(f"{path} can't be set to {value} here: long queues are cut short", file=sys.stderr)


def kernel_counter(file, group, name):
    """A counter of this network namespace, from "snmp" or "netstat" in /proc/net."""
    lines = [line.split() for line in pathlib.Path(f"/proc/net/{file}").read_text().splitlines()]
    names, values = [line for line in lines if line[0] == f"{group}:"]
    return int(values[names.index(name)])


def raise_descriptor_limit():
    """Lets this process, and those that it starts, have as many descriptors as they may; returns how many."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return most


@functools.cache
def cores():
    """The processors for a server and for the load; the same twice where there is but one. They stay
    what they are at first: whoever measures may go to the second one."""
    allowed = sorted(os.sched_getaffinity(0))
    return allowed[0], allowed[-1]


def poll_until(condition, what, seconds=30):
    """Returns condition()'s first true value; RuntimeError if there is none within the time."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise RuntimeError(f"waited in vain for {what}")
        time.sleep(0.005)


def children(pid):
    """The processes that a process has started, directly or not, and that still run."""
    found = []
    with contextlib.suppress(OSError):
        for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                found += [int(child), *children(child)]
    return found


class CpuClock:
    """The CPU time of a process and of all that it starts, those that have ended included.

    A control group of their own counts in microseconds, and misses nobody. Where we can't have one, it is
    the kernel's clocks of those who live, in nanoseconds, and what those who have ended left in
    /proc/PID/stat, in 10 ms; of grandchildren whose parent has not waited for them nothing is known there.
    Both count a task that runs right now only up to the last tick of its processor.
    """

    def __init__(self):
        self._group = _make_group()

    @property
    def kind(self):
        return "cgroup" if self._group else "process clocks"

    def enter(self):
        """To be called in the new process, before it becomes the program."""
        if self._group:
            (self._group / "cgroup.procs").write_text("0")

    def read(self, pid):
        """Seconds so far."""
        if self._group:
            return int(re.search(r"^usage_usec (\d+)", (self._group / "cpu.stat").read_text())[1]) / 1e6
        return sum(map(_clock_of, [pid, *children(pid)])) + _left_by_the_dead(pid)

    def remove(self):
        """To be called when all have ended."""
        if self._group:
            poll_until(self._try_to_remove, f"the end of those in {self._group}")

    def _try_to_remove(self):
        with contextlib.suppress(OSError):
            self._group.rmdir()
        return not self._group.exists()


def _make_group():
    """A control group below our own; None where we may not, or have none."""
    mounts = pathlib.Path("/proc/self/mountinfo").read_text()
    mount = re.search(r"^\S+ \S+ \S+ \S+ (\S+) .* - cgroup2 ", mounts, re.MULTILINE)
    ours = re.search(r"^0::(/.*)$", pathlib.Path("/proc/self/cgroup").read_text(), re.MULTILINE)
    if not mount or not ours:
        return None
    _make_group.count += 1
    group = pathlib.Path(mount[1] + ours[1], f"haild-bench-{os.getpid()}-{_make_group.count}")
    with contextlib.suppress(OSError):
        group.mkdir()
        # Only who may move a process may use it.
        if (group / "cpu.stat").exists() and os.access(group.parent / "cgroup.procs", os.W_OK):
            return group
        group.rmdir()
    return None


_make_group.count = 0


def _clock_of(pid):
    """The CPU time of one process, all its threads included: clock_getcpuclockid(3), which Python lacks."""
    CPUCLOCK_SCHED = 2
    with contextlib.suppress(OSError):
        return time.clock_gettime_ns((~int(pid) << 3) | CPUCLOCK_SCHED) / 1e9
    return 0.0


def _left_by_the_dead(pid):
    """The CPU time of a process's children that have ended and for which it has waited."""
    try:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")


def describe():
    """What machine this is and what is compared on it, as (name, value) pairs."""
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    return [
        ("processor", _first(r"^model name\s*: (.+)$", pathlib.Path("/proc/cpuinfo").read_text())),
        ("cores", str(len(os.sched_getaffinity(0)))),
        ("memory", f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2 ** 30:.1f} GiB"),
        ("descriptors", str(limit)),
        ("system", _first(r'^PRETTY_NAME="?([^"\n]+)', pathlib.Path("/etc/os-release").read_text())),
        ("kernel", f"{platform.system()} {platform.release()}"),
        ("congestion control", pathlib.Path("/proc/sys/net/ipv4/tcp_congestion_control").read_text().strip()),
        ("compiler", _said(_first(r"^CC = (.+)$", _makefile()), "--version", pattern=r"(.+)")
         + " " + _first(r"^CFLAGS = (.+)$", _makefile())),
        ("libevent", _said("pkg-config", "--modversion", "libevent_core")),
        ("haild", _said(built("src/haild"), "-V", pattern=r"haild (\S+)")),
        ("commit", _said("git", "-C", str(ROOT), "describe", "--always", "--dirty")),
        ("nginx", _said("nginx", "-v", pattern=r"nginx/(\S+)")),
        ("python", platform.python_version()),
        ("tcpserver", _said("dpkg-query", "-W", "-f", "${Version}", "ucspi-tcp")),
        ("socat", _said("socat", "-V", pattern=r"socat version (\S+)")),
        ("ncat", _said("ncat", "--version", pattern=r"Version (\S+)")),
    ]


def _makefile():
    return pathlib.Path(os.environ.get("HAILD_BUILD", ROOT / "build"), "Makefile").read_text()


def _first(pattern, text):
    """What the pattern's first group finds, or "unknown"."""
    found = re.search(pattern, text, re.MULTILINE)
    return found[1].strip() if found else "unknown"


def _said(*command, pattern=r"(\S+)"):
    """A part of what a command says about itself."""
    command = [*command[0].split(), *command[1:]]
    if not shutil.which(command[0]):
        return "not installed"
    said = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    return _first(pattern, said.stdout)
