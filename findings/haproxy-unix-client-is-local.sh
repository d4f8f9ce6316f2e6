#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
# HAProxy announces a real client on its UNIX socket by PROXY v2 as LOCAL, the word for its own health checks.
#
# Guess: a relayed client comes as PROXY with family AF_UNIX, which version 2 has, or as UNSPEC. LOCAL is for what
# the proxy does on its own account, as its checks; so LOCAL need not be served.
# Really: a client on a `bind unix@` comes as LOCAL with a length of 0, byte for byte as a health check does.
# Version 1 says PROXY UNKNOWN.
# Seen with: haproxy 2.6.12-1+deb12u4.
# Source: HAProxy's doc/proxy-protocol.txt, section 2.2, on LOCAL and PROXY, and on AF_UNIX.
# Why it matters: a server that takes LOCAL for "nobody is there", and leaves it unanswered, uncounted or unlogged,
# leaves real clients unanswered.
# shellcheck source=findings/lib.sh
. "$(dirname "$0")/lib.sh"
debian haproxy=2.6.12-1+deb12u4
programs haproxy
observe <<'END'
import socket
from watch import *

seen = {"v1": [], "v2": [], "check": []}


def server(name):
    def talk(connection):
        seen[name].append(connection.recv(200))
        connection.sendall(b"Hi from server\n")

    return serve(talk)


config = write("haproxy.cfg", f"""
defaults
    mode tcp
    timeout connect 5s
    timeout client 5s
    timeout server 5s
listen one
    bind unix@{WORK}/v1
    server server 127.0.0.1:{server("v1")} send-proxy
listen two
    bind unix@{WORK}/v2
    server server 127.0.0.1:{server("v2")} send-proxy-v2
backend checked
    option tcp-check
    tcp-check connect default
    tcp-check expect string "Hi from server"
    server server 127.0.0.1:{server("check")} send-proxy-v2 check
""")
start("haproxy", "-db", "-f", config)
until(lambda: os.path.exists(WORK + "/v2"), "HAProxy's sockets")
for version in "v1", "v2":
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(PATIENCE)
        client.connect(f"{WORK}/{version}")
        see("a client is greeted through " + version, client.recv(99))
until(lambda: all(seen.values()), "a header for each")
for name, headers in seen.items():
    see(name, headers[0].hex(" ") if name != "v1" else headers[0])
local = b"\r\n\r\n\0\r\nQUIT\n" + bytes([0x20, 0, 0, 0])
conclude(seen["v2"][0] == local == seen["check"][0] and seen["v1"][0] == b"PROXY UNKNOWN\r\n",
         "a client on a UNIX socket and a health check send the same header")
END
