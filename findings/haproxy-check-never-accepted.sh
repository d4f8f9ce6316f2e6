#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
# HAProxy's plain `check` holds a socket-activated service for up, though its program was never started.
#
# Guess: `check` is a whole TCP connection, so the server accepts it and may count and log it; and a service that
# systemd starts for its first connection is started by the first check.
# Really: HAProxy answers the SYN-ACK with RST in place of the ACK. The connection never gets to accept(2), the
# listener never becomes readable, and the socket's manager has no reason to start anything. HAProxy says UP, L4OK.
# With `send-proxy` the same check has data to send, and the handshake is completed.
# Seen with: haproxy 2.6.12-1+deb12u4 and systemd-socket-activate 252.39-1~deb12u2; the RST with HAProxy 3.0 and 3.2,
# too; Linux 6.18.
# Source: HAProxy's configuration manual on `check` says that a connection can be established, and no more.
# Why it matters: "UP" says that a port is bound, not that anybody serves it; a service that can only fail is UP for
# good, until its first client. And a server's own counts know nothing of these checks.
# shellcheck source=findings/lib.sh
. "$(dirname "$0")/lib.sh"
need_programs ss
debian haproxy=2.6.12-1+deb12u4 systemd=252.39-1~deb12u2
programs haproxy systemd-socket-activate
observe <<'END'
from watch import *

# The program that systemd would start for us.
flag = os.path.join(WORK, "started")


def activate():
    port = free_port()
    start("systemd-socket-activate", "-l", f"127.0.0.1:{port}", "touch", flag)
    until(lambda: "127.0.0.1:%d " % port in run("ss", "-Htln").stdout, "the activated port")
    return port


def check(words):
    config = write("haproxy.cfg", f"""
global
    stats socket {WORK}/stats
defaults
    mode tcp
    timeout connect 5s
    timeout client 5s
    timeout server 5s
backend them
    server server 127.0.0.1:{activate()} check inter 50ms rise 2 fall 3 {words}
""")
    return start("haproxy", "-db", "-f", config)


balancer = check("")
# A server is UP from the start: the verdict is that of checks which have been made.
until(lambda: haproxy_column("server", "check_status") == "L4OK", "a passed check")
before = time.monotonic()
until(lambda: time.monotonic() > before + 1, "20 more checks")
state = see("plain check, a second later", [haproxy_column("server", name) for name in ("status", "check_status")])
started = see("its program was started", os.path.exists(flag))
end(balancer)
balancer = check("send-proxy")
woken = see("started by a check with send-proxy", bool(until(lambda: os.path.exists(flag), "a start")))
conclude(state == ["UP", "L4OK"] and not started and woken, "UP by a check that nobody accepts")
END
