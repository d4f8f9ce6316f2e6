#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
# conntrack keeps an idle connection for five days, and for one minute once the server has half-closed it.
#
# Guess: to a firewall or a NAT, a connection with one direction still open is established. So
# nf_conntrack_tcp_timeout_established (432,000 s) holds until the second FIN.
# Really: the server's FIN and the client's ACK make it CLOSE_WAIT, with 60 s, though the client may send for as long
# as it likes.
# Seen with: Linux 6.18, conntrack 1:1.4.7-1+b2, nftables 1.0.6-2+deb12u2.
# Source: the kernel's Documentation/networking/nf_conntrack-sysctl.rst lists nf_conntrack_tcp_timeout_close_wait
# with its 60 s, without saying that it is the half-closed state.
# Why it matters: a server that half-closes first, and gives its client more than a minute, waits for one that the NAT
# between them has forgotten. What the client sends then belongs to no connection there, its FIN included.
# shellcheck source=findings/lib.sh
. "$(dirname "$0")/lib.sh"
need_namespace
debian conntrack=1:1.4.7-1+b2 nftables=1.0.6-2+deb12u2
programs conntrack nft
observe_apart <<'END'
from watch import *

run("ip", "link", "set", "lo", "up")
tracking = run("nft", "-f", write("rules", """
table inet watch {
	chain input {
		type filter hook input priority 0
		ct state established counter
	}
}
"""))
if tracking.returncode:
    lacks("no connection tracking in this kernel: " + tracking.stderr.strip())


def entry(port):
    """Returns the state and the seconds left of the connection to a port."""
    for line in run("conntrack", "-L", "-p", "tcp", "--orig-port-dst", port).stdout.splitlines():
        words = line.split()
        return words[3], int(words[2])
    return "none", 0


with listen() as listener, connect(port_of(listener)) as client:
    server, _ = listener.accept()
    with server:
        server.sendall(b"Hi from server\n")
        client.recv(99)
        name, left = see("greeted", entry(port_of(listener)))
        server.shutdown(1)
        read_all(client)
        # The client's ACK may be on its way.
        until(lambda: entry(port_of(listener))[0] != "FIN_WAIT", "the ACK of a FIN")
        half, half_left = see("half-closed by the server", entry(port_of(listener)))
conclude(name == "ESTABLISHED" and left > 86400 and half == "CLOSE_WAIT" and 0 < half_left <= 60,
         "a half-closed connection is tracked for a minute")
END
