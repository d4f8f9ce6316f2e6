#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
# HAProxy: a `tcp-check connect` without words drops the server line's send-proxy, and its check-send-proxy as well.
#
# Guess: `tcp-check connect` writes out what the check does anyway, so the server line's options hold as before; and
# `check-send-proxy`, which by the manual forces a PROXY line on health checks in any case, does.
# Really: an explicit `tcp-check connect` starts from nothing. No PROXY header is sent unless the rule itself says
# `send-proxy`, or `default`. Without that rule, the same server line sends the header.
# Seen with: haproxy 2.6.12-1+deb12u4.
# Source: HAProxy's configuration manual, `tcp-check connect`: `default` means the server line's options.
# Why it matters: a greeter that waits for the header says nothing, and each check lasts the whole `timeout check`.
# Then the server is DOWN, while clients' own connections would have worked.
# shellcheck source=findings/lib.sh
. "$(dirname "$0")/lib.sh"
debian haproxy=2.6.12-1+deb12u4
programs haproxy
observe <<'END'
from watch import *

RULES = {
    "no rule for connect": "",
    "tcp-check connect": "tcp-check connect",
    "tcp-check connect default": "tcp-check connect default",
    "tcp-check connect send-proxy": "tcp-check connect send-proxy",
}


def first_bytes(rule):
    """Returns what a server gets from a check before it greets."""
    seen = []

    def talk(connection):
        # The check waits for a greeting: it has sent all that it will when this comes to nothing.
        connection.settimeout(2)
        try:
            seen.append(connection.recv(200))
        except TimeoutError:
            seen.append(b"")
        connection.sendall(b"Hi from server\n")

    config = write("haproxy.cfg", f"""
global
    stats socket {WORK}/stats
defaults
    mode tcp
    timeout connect 5s
    timeout client 5s
    timeout server 5s
    timeout check 5s
backend them
    option tcp-check
    {rule}
    tcp-check expect string "Hi from server"
    server server 127.0.0.1:{serve(talk)} send-proxy-v2 check check-send-proxy inter 10s
""")
    balancer = start("haproxy", "-db", "-f", config)
    until(lambda: seen, "a check")
    end(balancer)
    return seen[0]


sent = [bool(see(name, first_bytes(rule))) for name, rule in RULES.items()]
conclude(sent == [True, False, True, True],
         "a bare tcp-check connect sends no PROXY header, whatever the server line says")
END
