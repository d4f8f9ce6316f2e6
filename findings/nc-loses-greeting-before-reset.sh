#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
# OpenBSD's nc prints nothing of a greeting that a reset follows closely, and exits 0; three others print it.
#
# Guess: either the greeting is printed, since Linux keeps what was received before an RST and lets it be read; or
# it is lost, and nc reports the reset by its exit status.
# Really: where the reset comes before nc has read, poll(2) says POLLERR beside POLLIN. nc takes the error first,
# drops the connection with all that it holds, and exits 0: no byte, no message, success. nc.traditional, ncat and
# socat print the greeting; of these only ncat tells of the reset, with 1.
# Seen with: netcat-openbsd 1.219-1, netcat-traditional 1.10-47, ncat 7.93+dfsg1-1, socat 1.7.4.4-2; Linux 6.18.
# Source: poll(2): POLLERR is told whether asked for or not. nc(1) has no section on its exit status.
# Why it matters: a health check made of nc finds an empty answer or, by exit status alone, good health. A server
# that closes with unread input sends just this: a greeting and a reset.
# shellcheck source=findings/lib.sh
. "$(dirname "$0")/lib.sh"
debian netcat-openbsd=1.219-1 netcat-traditional=1.10-47 ncat=7.93+dfsg1-1 socat=1.7.4.4-2
programs nc.openbsd nc.traditional ncat socat
observe <<'END'
import signal
import socket
import struct
from watch import *


def state(process):
    with open(f"/proc/{process.pid}/stat", encoding="utf-8") as file:
        return file.read().rpartition(")")[2].split()[0]


def attempt(*words):
    """Returns the exit status and output of a client that wakes up to a greeting and a reset."""
    with listen() as listener:
        listener.settimeout(PATIENCE)
        client = start(*[str(word).replace("PORT", str(port_of(listener))) for word in words],
                       stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        connection, _ = listener.accept()
        # What it relays shows that it is connected and in its loop.
        client.stdin.write(b"hello\n")
        client.stdin.flush()
        connection.recv(99)
        client.send_signal(signal.SIGSTOP)
        until(lambda: state(client) == "T", "a stopped client")
        connection.sendall(b"Hi from server\n")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()
        client.send_signal(signal.SIGCONT)
        # Its input stays open until it has ended: that it ends is the reset's doing.
        output = client.stdout.read()
        return client.wait(PATIENCE), output


greeting = b"Hi from server\n"
print("exit status and output")
seen = [see(words[0], attempt(*words)) for words in (
    ("nc.openbsd", "127.0.0.1", "PORT"),
    ("nc.traditional", "127.0.0.1", "PORT"),
    ("ncat", "127.0.0.1", "PORT"),
    ("socat", "-", "TCP:127.0.0.1:PORT"),
)]
conclude(seen == [(0, b""), (0, greeting), (1, greeting), (0, greeting)],
         "nc.openbsd drops what a reset follows, and exits 0")
END
