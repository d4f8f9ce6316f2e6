# SPDX-License-Identifier: ISC
"""Clients, a balancer and servers, each a machine with a network of its own: network namespaces, joined by cables.

The test is the clients, and needs a namespace of its own: harness.enter_network_namespace(). All addresses are among
those that RFC 5737 and RFC 3849 keep for examples, as in the files of examples/, which therefore run unchanged.
"""
import contextlib
import os
import pathlib
import subprocess
import unittest

from lib import harness

# What clients connect to, and the balancer towards the servers.
SERVICE, SERVICE_6, BALANCER = "203.0.113.10", "2001:db8::10", "192.0.2.1"
SERVERS = ("192.0.2.11", "192.0.2.12", "192.0.2.13")
CLIENTS = tuple(f"198.51.100.{number}" for number in range(1, 41))
CLIENT_6 = "2001:db8::1"


class Machine:
    """A network namespace for a with-block, which a process keeps; .prefix makes a command run there."""

    def __enter__(self):
        self._process = harness.start(["unshare", "--net", "sleep", "infinity"], stdin=subprocess.DEVNULL)
        self.pid = self._process.pid
        self.prefix = ["nsenter", f"--net=/proc/{self.pid}/ns/net", "--"]
        try:
            harness.poll_until(self._is_apart)
            self.run("ip", "link", "set", "lo", "up")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self._process.kill()
        self._process.wait()

    def _is_apart(self):
        if self._process.poll() is not None:
            raise unittest.SkipTest("a network namespace of ours can't have others beside it here")
        return os.readlink(f"/proc/{self.pid}/ns/net") != os.readlink("/proc/self/ns/net")

    def run(self, *command):
        """Runs a command, which must end well; returns what it printed."""
        done = subprocess.run([*self.prefix, *map(str, command)], capture_output=True, text=True,
                              timeout=harness.DEADLINE)
        if done.returncode != 0:
            raise AssertionError(f"{' '.join(map(str, command))}: {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout

    def has(self, device, *addresses):
        """Gives a device addresses, and brings it up."""
        for address in addresses:
            self.run("ip", "address", "add", address, "dev", device, *(["nodad"] if ":" in address else []))
        self.run("ip", "link", "set", device, "up")


class Here(Machine):
    """The namespace of the test."""

    def __init__(self):
        self.pid, self.prefix = os.getpid(), []


class Network:
    """All three, for a with-block: .clients, .balancer and .servers. The servers answer through the balancer."""

    def __enter__(self):
        harness.need("ip", "nsenter")
        self._stack = contextlib.ExitStack()
        self.clients = Here()
        try:
            self.balancer, self.servers = (self._stack.enter_context(Machine()) for _ in range(2))
            self._cable(self.clients, "balancer", self.balancer, "clients")
            self._cable(self.balancer, "servers", self.servers, "balancer")
            self._address()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self._stack.close()

    def _cable(self, left, left_device, right, right_device):
        """Joins two machines by a pair of devices; each is called after what it leads to."""
        command = ["ip", "link", "add", left_device, "netns", left.pid, "type", "veth",
                   "peer", "name", right_device, "netns", right.pid]
        if subprocess.run(list(map(str, command)), capture_output=True).returncode != 0:
            raise unittest.SkipTest("the kernel makes no pair of virtual interfaces")
        self._stack.callback(left.run, "ip", "link", "del", left_device)

    def _address(self):
        self.clients.has("balancer", *(f"{address}/24" for address in CLIENTS), f"{CLIENT_6}/64")
        self.balancer.has("lo", f"{SERVICE}/32")
        self.balancer.has("clients", "198.51.100.254/24", f"{SERVICE_6}/64")
        self.balancer.has("servers", f"{BALANCER}/24")
        self.servers.has("balancer", *(f"{address}/24" for address in SERVERS))
        self.clients.run("ip", "route", "add", "default", "via", "198.51.100.254")
        self.servers.run("ip", "route", "add", "default", "via", BALANCER)

    def forward(self):
        """Lets the balancer pass packets on."""
        self.balancer.run("sh", "-c", "echo 1 >/proc/sys/net/ipv4/ip_forward")

    def tracked(self):
        """How many connections the balancer's kernel keeps track of."""
        return int(self.balancer.run("cat", "/proc/sys/net/netfilter/nf_conntrack_count"))
