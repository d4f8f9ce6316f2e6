#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
# Linux sends a SYN that has no answer again after 1, 2, 3, 4 and 5 s, and only then after twice as long each time.
#
# Guess: after 1, 3, 7 and 15 s: the first wait is 1 s (RFC 6298), and each is twice as long as the one before.
# Really: since Linux 6.5 the first tcp_syn_linear_timeouts (4) waits beyond the first are no longer than it.
# Seen with: Linux 6.18.
# Source: the kernel's Documentation/networking/ip-sysctl.rst on tcp_syn_linear_timeouts.
# Why it matters: to a server whose queue is full, each client that waits sends five SYNs in five seconds in place of
# two. And the times at which clients of an overloaded server get through are 1, 2, 3 s: who looks for steps at 1, 3
# and 7 s does not find them.
# shellcheck source=findings/lib.sh
. "$(dirname "$0")/lib.sh"
need_namespace
observe_apart <<'END'
import pathlib
import socket
from watch import *

run("ip", "link", "set", "lo", "up")
setting = pathlib.Path("/proc/sys/net/ipv4/tcp_syn_linear_timeouts")
if not setting.exists():
    lacks("no tcp_syn_linear_timeouts: Linux before 6.5")


def repeated():
    """Returns how many SYNs were sent again."""
    names, values = [line.split() for line in open("/proc/net/netstat") if line.startswith("TcpExt:")]
    return int(values[names.index("TCPSynRetrans")])


def times(count):
    """Returns the seconds after which a SYN is sent again, as whole numbers."""
    # One connection fills a queue of length 0.
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener, connect(port_of(listener)):
        with socket.socket() as client:
            client.setblocking(False)
            before, began = repeated(), time.monotonic()
            client.connect_ex(listener.getsockname())
            found = []
            for number in range(1, count + 1):
                until(lambda: repeated() - before >= number, "a SYN")
                found.append(round(time.monotonic() - began))
            return found


here = see("SYNs again after", times(6))
setting.write_text("0")
doubled = see("with tcp_syn_linear_timeouts 0", times(3))
conclude(here == [1, 2, 3, 4, 5, 7] and doubled == [1, 3, 7], "the first five SYNs are sent again each second")
END
