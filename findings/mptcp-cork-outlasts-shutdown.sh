#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
# On MPTCP, shutdown(2) does not push out what TCP_CORK holds back: the greeting comes 200 ms late.
#
# Guess: MPTCP takes TCP's options with TCP's meaning, and a FIN flushes: on TCP, a corked greeting leaves with
# shutdown(SHUT_WR), in one segment with the FIN.
# Really: the cork is inherited from the listener and taken off by nothing but its own limit of 200 ms. The
# greeting leaves then, and the end of stream after it. Taking the cork off before shutdown sends it at once.
# Seen with: Linux 6.18. No package is needed; the kernel is this machine's.
# Source: tcp(7) on TCP_CORK and its ceiling of 200 milliseconds; MPTCP is not mentioned.
# Why it matters: mptcpize(8) puts MPTCP below servers that were written for TCP. One that corks to save a segment
# makes its clients wait 200 ms.
# shellcheck source=findings/lib.sh
. "$(dirname "$0")/lib.sh"
need_namespace
observe_apart <<'END'
import socket
from statistics import median
from watch import *

IPPROTO_MPTCP = 262
run("ip", "link", "set", "lo", "up")


def greeting_times(protocol, uncork):
    """Returns the median of the milliseconds from a corked greeting and shutdown to the client's first byte."""
    times = []
    with socket.socket(proto=protocol) as listener:
        listener.settimeout(PATIENCE)
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        for _ in range(9):
            with socket.socket(proto=protocol) as client:
                client.settimeout(PATIENCE)
                client.connect(listener.getsockname())
                server, _ = listener.accept()
                with server:
                    begin = time.monotonic()
                    server.sendall(b"Hi from server\n")
                    if uncork:
                        server.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 0)
                    server.shutdown(socket.SHUT_WR)
                    client.recv(99)
                    times.append(1000 * (time.monotonic() - begin))
    return median(times)


try:
    socket.socket(proto=IPPROTO_MPTCP).close()
except OSError as error:
    lacks(f"no MPTCP in this kernel ({error.strerror})")
tcp = greeting_times(0, False)
mptcp = greeting_times(IPPROTO_MPTCP, False)
uncorked = greeting_times(IPPROTO_MPTCP, True)
see("TCP, corked", f"{tcp:.1f} ms")
see("MPTCP, corked", f"{mptcp:.1f} ms")
see("MPTCP, uncorked before shutdown", f"{uncorked:.1f} ms")
conclude(tcp < 100 and 180 < mptcp < 500 and uncorked < 100, "a corked greeting waits 200 ms on MPTCP, not on TCP")
END
