#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
# A socket from systemd is blocking and without close-on-exec, and evconnlistener_new() leaves it so.
#
# Guess: evconnlistener_new() makes its listener fit for an event loop, as evconnlistener_new_bind() does, and
# LEV_OPT_CLOSE_ON_EXEC sets the listener's flag; or the service manager hands over what an event loop wants.
# Really: systemd's sockets come blocking and inheritable. evconnlistener_new() changes neither:
# LEV_OPT_CLOSE_ON_EXEC is for what it accepts. evconnlistener_new_bind() sets both on the listener.
# Seen with: libevent 2.1.12-stable-8+deb12u1, systemd-socket-activate 252.39-1~deb12u2.
# Source: event2/listener.h demands a nonblocking descriptor, and does not check; sd_listen_fds(3) sets close-on-exec
# for those that call it, and nothing makes the socket nonblocking.
# Why it matters: accept loops until EAGAIN. On a blocking listener the loop waits in accept(2) after the first
# client, and timers, signals and other clients wait with it. A child started later keeps the port bound.
# shellcheck source=findings/lib.sh
. "$(dirname "$0")/lib.sh"
need_programs ss
debian libevent-dev=2.1.12-stable-8+deb12u1 systemd=252.39-1~deb12u2
programs systemd-socket-activate
compile server -levent_core <<'END'
#include <event2/event.h>
#include <event2/listener.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>

static void tell(const char *who, int fd) {
	printf("%s %d %d\n", who, !!(fcntl(fd, F_GETFL) & O_NONBLOCK), !!(fcntl(fd, F_GETFD) & FD_CLOEXEC));
}

static void accept_cb(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *peer, int length, void *arg) {
	(void)listener, (void)fd, (void)peer, (void)length, (void)arg;
}

/* Makes two listeners, on descriptor 3 and on a new one, and prints their flags without running a loop. */
int main(void) {
	struct event_base *base = event_base_new();
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	unsigned options = LEV_OPT_CLOSE_ON_EXEC | LEV_OPT_CLOSE_ON_FREE;
	struct evconnlistener *bound = evconnlistener_new_bind(base, accept_cb, NULL, options, -1,
	        (struct sockaddr *)&address, sizeof address);
	tell("inherited", 3);
	if (!bound || !evconnlistener_new(base, accept_cb, NULL, options, 0, 3)) {
		return 1;
	}
	tell("evconnlistener_new", 3);
	tell("evconnlistener_new_bind", evconnlistener_get_fd(bound));
	return 0;
}
END
observe <<'END'
from watch import *

port = free_port()
activated = start("systemd-socket-activate", "-l", f"127.0.0.1:{port}", WORK + "/bin/server", stdout=subprocess.PIPE)
until(lambda: f"127.0.0.1:{port} " in run("ss", "-Htln").stdout, "the activated port")
with connect(port):
    lines = activated.stdout.read().decode().splitlines()
print("O_NONBLOCK and FD_CLOEXEC")
seen = dict(line.split(" ", 1) for line in lines)
for name, flags in seen.items():
    see(name, flags)
conclude(seen == {"inherited": "0 0", "evconnlistener_new": "0 0", "evconnlistener_new_bind": "1 1"},
         "a listener from systemd stays blocking and inheritable in libevent")
END
