#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
# HAProxy's agent-check: a server that asks for half of its share gets nothing, and its weight must be set to prevent it.
#
# Guess: an agent that answers "up 50%" gets half of the connections that it got before, on each of two servers with
# no `weight` half of what the other gets.
# Really: the percentage is of the weight, a whole number that is 1 unless set, and what is left is rounded down. Half
# of 1 is 0: the server is UP, passes its checks, and gets no connection at all. With `weight 100` it gets a third.
# Seen with: haproxy 2.6.12-1+deb12u4.
# Source: HAProxy's configuration manual on `agent-check` says that the percentage is relative to the initial weight, and
# on `weight` that the default is 1.
# Why it matters: an instance that asks for less load, or warms up, is taken out of service, and nothing says so but a
# weight of 0 in the statistics. If all servers of a small farm ask for 50 %, nobody serves.
# shellcheck source=findings/lib.sh
. "$(dirname "$0")/lib.sh"
debian haproxy=2.6.12-1+deb12u4
programs haproxy
observe <<'END'
import collections
import socket
from watch import *


def says(words):
    """Says the words to everyone who comes; returns the port."""
    return serve(lambda connection: connection.sendall(words))


def shares(weight):
    """Connections of 60 that each of two servers gets, of which one's agent asks for half."""
    port, agent = free_port(), says(b"up 50%\n")
    config = write("haproxy.cfg", f"""
global
    stats socket {WORK}/stats
defaults
    mode tcp
    timeout connect 5s
    timeout client 5s
    timeout server 5s
frontend here
    bind 127.0.0.1:{port}
    default_backend them
backend them
    server whole 127.0.0.1:{says(b"whole")} check inter 50ms {weight}
    server half 127.0.0.1:{says(b"half")} check inter 50ms agent-check agent-inter 50ms agent-port {agent} {weight}
""")
    balancer = start("haproxy", "-db", "-f", config)
    until(lambda: haproxy_column("half", "agent_status") == "L7OK", "the agent's answer")
    weights = tuple(haproxy_column("half", name) for name in ("weight", "status", "check_status"))
    answers = collections.Counter()
    for _ in range(60):
        with socket.create_connection(("127.0.0.1", port)) as client:
            answers[read_all(client)[0].decode()] += 1
    end(balancer)
    return weights, dict(answers)


default = see("no weight: weight, status, check; connections", shares(""))
hundred = see("weight 100", shares("weight 100"))
conclude(default[0][0] == "0" and default[0][2] == "L4OK" and default[1] == {"whole": 60} and
         hundred[1] == {"whole": 40, "half": 20}, "half of the default weight is none")
END
