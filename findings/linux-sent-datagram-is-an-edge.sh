#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
# An edge-triggered watch on a UDP socket that is always writable tells EPOLLOUT again after each datagram sent.
#
# Guess: edge-triggered means that only changes are told, so a socket that has never been full is told writable once.
# Really: whenever a packet that was sent is freed, and the socket has room, the kernel calls what watches the socket. On
# loopback that is within the sending call. An edge-triggered watch for output tells each of these as an event; one for
# input alone tells nothing.
# Seen with: Linux 6.18; Python 3.11.
# Source: net/core/sock.c of the kernel, sock_wfree() and sock_def_write_space_wfree(). epoll(7) says that the caller
# gets an event when the state changes, and that several may come for one.
# Why it matters: a program that watches EPOLLOUT with EPOLLET runs once more for each datagram.
# shellcheck source=findings/lib.sh
. "$(dirname "$0")/lib.sh"
observe <<'END'
import select
import socket

from watch import *

COUNT = 100


def events(what):
    """How often a watch tells something while datagrams are sent one by one, each after the last has been told."""
    told = 0
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sink, \
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender, select.epoll() as epoll:
        sink.bind(("127.0.0.1", 0))
        epoll.register(sender, what)
        epoll.poll(0)
        for _ in range(COUNT):
            sender.sendto(b"x", sink.getsockname())
            told += len(epoll.poll(0))
            sink.recv(1)
    return told


edges = events(select.EPOLLOUT | select.EPOLLET)
inputs = events(select.EPOLLIN | select.EPOLLET)
print(f"events for {COUNT} datagrams sent")
see("EPOLLOUT, EPOLLET", edges)
see("EPOLLIN, EPOLLET", inputs)
conclude(edges >= COUNT * 9 // 10 and inputs == 0, "each datagram sent is an edge of a socket that was writable before")
END
