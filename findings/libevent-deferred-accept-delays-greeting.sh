#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
# LEV_OPT_DEFERRED_ACCEPT (TCP_DEFER_ACCEPT) makes a greeting a second late; it neither hangs nor is harmless.
#
# Guess: as libevent's own header warns, the kernel may never tell of a client that waits, so a server that speaks
# first deadlocks with it. Or: the seconds asked for are how long it takes.
# Really: Linux turns the seconds into retransmissions of the SYN-ACK, and rounds up: 1, 2 and 5 seconds become 1, 3
# and 7. After the last, the client's repeated ACK opens the connection. libevent asks for 1 second, so each client
# that waits for the greeting gets it a second late. A client that talks gets it at once.
# Seen with: libevent 2.1.12-stable-8+deb12u1; Linux 6.18.
# Source: event2/listener.h on LEV_OPT_DEFERRED_ACCEPT; tcp(7) on TCP_DEFER_ACCEPT, neither with the rounding.
# Why it matters: it looks like a slow name lookup, and a test with a client that talks first does not see it.
# HAProxy's `defer-accept` before a server that greets costs its clients the same second (2.6.12).
# shellcheck source=findings/lib.sh
. "$(dirname "$0")/lib.sh"
debian libevent-dev=2.1.12-stable-8+deb12u1
compile server -levent_core <<'END'
#include <event2/event.h>
#include <event2/listener.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

static void greet_cb(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *peer, int length, void *arg) {
	(void)listener, (void)peer, (void)length, (void)arg;
	send(fd, "Hi from server\n", 15, MSG_NOSIGNAL);
	shutdown(fd, SHUT_WR);
}

/* server: prints its port, and greets until it is ended. */
int main(void) {
	struct event_base *base = event_base_new();
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof address;
	struct evconnlistener *listener = evconnlistener_new_bind(base, greet_cb, NULL, LEV_OPT_DEFERRED_ACCEPT, -1,
	        (struct sockaddr *)&address, sizeof address);
	if (!listener || getsockname(evconnlistener_get_fd(listener), (struct sockaddr *)&address, &length)) {
		return 1;
	}
	printf("%d\n", ntohs(address.sin_port));
	fflush(stdout);
	return event_base_dispatch(base);
}
END
observe <<'END'
import socket
from watch import *

port = int(start("server", stdout=subprocess.PIPE).stdout.readline())


def greeted_after(first):
    """Returns the seconds from the connection to the greeting, for a client that first sends this."""
    with connect(port) as client:
        begin = time.monotonic()
        client.sendall(first)
        assert client.recv(99) == b"Hi from server\n"
        return time.monotonic() - begin


def opened_after(seconds):
    """Returns how long a silent client is withheld from a listener with this TCP_DEFER_ACCEPT."""
    with listen() as listener:
        listener.settimeout(PATIENCE)
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, seconds)
        with connect(port_of(listener)):
            begin = time.monotonic()
            listener.accept()
            return time.monotonic() - begin


silent = min(greeted_after(b"") for _ in range(3))
talking = min(greeted_after(b"hello\n") for _ in range(3))
two = opened_after(2)
see("a client that waits is greeted after", f"{silent:.2f} s")
see("a client that talks is greeted after", f"{talking:.2f} s")
see("with 2 seconds asked for instead", f"{two:.2f} s")
conclude(0.9 < silent < 2 and talking < 0.5 and two > 2.8, "who waits for the greeting gets it a second late")
END
