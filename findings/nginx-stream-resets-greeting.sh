#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
# nginx stream: a client that has talked first gets the whole greeting, and then a reset.
#
# Guess: a server that greets, half-closes and goes on reading ends its connection in order, and a proxy between
# passes that on: greeting, end of stream.
# Really: at the server's end of stream nginx closes the client's socket, too. What the client has sent and nginx
# has not read makes the kernel answer with RST. `proxy_half_close on` keeps the two directions apart; then the
# client sees the end of stream.
# Seen with: nginx 1.22.1-9+deb12u11.
# Source: the documentation of proxy_half_close says what the switch does, not what its absence costs.
# Why it matters: a client that looks for errors before it reads loses the greeting, though the server has done all
# that it could; see nc-loses-greeting-before-reset.sh.
# shellcheck source=findings/lib.sh
. "$(dirname "$0")/lib.sh"
debian nginx=1.22.1-9+deb12u11 libnginx-mod-stream=1.22.1-9+deb12u11
programs nginx
observe <<'END'
import select
from watch import *

full = threading.Event()


def talk(connection):
    """Greets and half-closes once the proxy can take no more from the client."""
    full.wait(PATIENCE)
    connection.sendall(b"Hi from server\n")
    connection.shutdown(1)
    released.wait(PATIENCE)
    while connection.recv(65536):
        pass


def attempt(port):
    """Returns what a client gets that sends until the way to the server is full, and then reads."""
    full.clear()
    released.clear()
    client = connect(port)
    client.setblocking(False)
    while select.select([], [client], [], 0.5)[1]:
        try:
            client.send(bytes(65536))
        except BlockingIOError:
            pass
    full.set()
    client.settimeout(PATIENCE)
    got = client.recv(99)
    released.set()
    rest, how = read_all(client)
    return got + rest, how


released = threading.Event()
backend = serve(talk)
ports = {word: free_port() for word in ("off", "on")}
servers = "\n".join(f"server {{ listen 127.0.0.1:{port}; proxy_pass 127.0.0.1:{backend}; proxy_half_close {word}; }}"
                    for word, port in ports.items())
config = write("nginx.conf", f"""
load_module {TREE}/usr/lib/nginx/modules/ngx_stream_module.so;
daemon off;
master_process off;
pid {WORK}/pid;
error_log /dev/null;
events {{ }}
stream {{ {servers} }}
""")
start("nginx", "-p", WORK, "-c", config, "-e", "/dev/null")
seen = {word: see("proxy_half_close " + word, attempt(port)) for word, port in ports.items()}
conclude(seen == {"off": (b"Hi from server\n", "reset"), "on": (b"Hi from server\n", "end")},
         "the greeting is followed by a reset, unless proxy_half_close is on")
END
