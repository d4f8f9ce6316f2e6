#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
# systemd-socket-proxyd, redir, rinetd, simpleproxy and nginx stream answer a client's FIN by closing: no greeting.
#
# Guess: a TCP forwarder passes a half-close on, and what the server still says comes back: TCP has two directions.
# Really: these five take the end of one direction for the end of both. A client that half-closes before the server
# has spoken gets an orderly end of stream with 0 bytes. The server's greeting goes nowhere.
# HAProxy and socat pass the half-close on; so does nginx with `proxy_half_close on`.
# Seen with: systemd 252.39-1~deb12u2, redir 3.3-1, rinetd 0.73-1, simpleproxy 3.5-1+b2, nginx 1.22.1-9+deb12u11,
# haproxy 2.6.12-1+deb12u4, socat 1.7.4.4-2.
# Source: RFC 9293, section 3.6, on half-closed connections; nginx's documentation of proxy_half_close. The man pages
# of the other four say nothing of it.
# Why it matters: `nc -N HOST PORT </dev/null`, and each probe that says first that it has nothing to send, half-closes
# at once. Through such a forwarder it finds a server that accepts and says nothing.
# shellcheck source=findings/lib.sh
. "$(dirname "$0")/lib.sh"
need_programs ss
debian systemd=252.39-1~deb12u2 redir=3.3-1 rinetd=0.73-1 simpleproxy=3.5-1+b2 nginx=1.22.1-9+deb12u11 \
	libnginx-mod-stream=1.22.1-9+deb12u11 haproxy=2.6.12-1+deb12u4 socat=1.7.4.4-2
programs systemd-socket-activate systemd-socket-proxyd redir rinetd simpleproxy nginx haproxy socat
observe <<'END'
from watch import *

# Set once the client has said all and, if the forwarder closes, has seen that.
greet = threading.Event()


def talk(connection):
    greet.wait(PATIENCE)
    connection.sendall(b"Hi from server")
    connection.shutdown(1)
    connection.recv(1)


backend = serve(talk)
us, them = "127.0.0.1:%d", f"127.0.0.1:{backend}"


def nginx(port, word):
    config = write(f"nginx-{word}.conf", f"""
load_module {TREE}/usr/lib/nginx/modules/ngx_stream_module.so;
daemon off;
master_process off;
pid {WORK}/pid-{word};
error_log /dev/null;
events {{ }}
stream {{ server {{ listen 127.0.0.1:{port}; proxy_pass {them}; proxy_half_close {word}; }} }}
""")
    return "nginx", "-p", WORK, "-c", config, "-e", "/dev/null"


def haproxy(port):
    config = write("haproxy.cfg", f"""
defaults
    mode tcp
    timeout connect 5s
    timeout client 20s
    timeout server 20s
listen front
    bind 127.0.0.1:{port}
    server server {them}
""")
    return "haproxy", "-db", "-f", config


def rinetd(port):
    return "rinetd", "-f", "-c", write("rinetd.conf", f"127.0.0.1 {port} 127.0.0.1 {backend}\n")


def proxyd(port):
    return "systemd-socket-activate", "-l", us % port, WORK + "/bin/systemd-socket-proxyd", them


CUT = {
    "systemd-socket-proxyd": proxyd,
    "redir": lambda port: ("redir", "-n", "-s", us % port, them),
    "rinetd": rinetd,
    "simpleproxy": lambda port: ("simpleproxy", "-L", us % port, "-R", them),
    "nginx": lambda port: nginx(port, "off"),
}
PASS = {
    "nginx with proxy_half_close": lambda port: nginx(port, "on"),
    "haproxy": haproxy,
    "socat": lambda port: ("socat", "-t", "20", f"TCP-LISTEN:{port},bind=127.0.0.1,fork", "TCP:" + them),
}


def attempt(command):
    """Returns what two clients get: one that only reads, and one that half-closes first."""
    port = free_port()
    forwarder = start(*command(port))
    greet.set()
    with connect(port) as client:
        reading = read_all(client)
    greet.clear()
    with connect(port) as client:
        client.shutdown(1)
        # A forwarder that closes does so at once; one that does not waits for the greeting.
        client.settimeout(1)
        got, how = read_all(client)
        if how == "silence":
            greet.set()
            client.settimeout(PATIENCE)
            got, how = read_all(client)
    greet.set()
    end(forwarder)
    return reading, (got, how)


whole, nothing = (b"Hi from server", "end"), (b"", "end")
print("what a client gets that only reads, and one that half-closes first")
cut = [see(name, attempt(command)) for name, command in CUT.items()]
passed = [see(name, attempt(command)) for name, command in PASS.items()]
conclude(all(pair == (whole, nothing) for pair in cut) and all(pair == (whole, whole) for pair in passed),
         "five forwarders answer a client's FIN with an empty end of stream, three do not")
END
