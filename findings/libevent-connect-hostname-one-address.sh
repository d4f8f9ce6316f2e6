#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
# libevent: bufferevent_socket_connect_hostname() looks all addresses up, and tries only the first.
#
# Guess: a call that resolves a name and connects, in a library of 2020, goes through the addresses as the
# getaddrinfo(3) loop of every client does.
# Really: the first address is connected to, and its refusal is the end: BEV_EVENT_ERROR. The others are thrown away.
# Seen with: libevent 2.1.12-stable-8+deb12u1.
# Source: event2/bufferevent.h says which address family is asked for, and nothing of a second address.
# Why it matters: a client on it fails for `localhost` if the server listens on 127.0.0.1 only and ::1 comes first. So
# it does for a name of which the first server is down, where nc, curl and ncat get through.
# shellcheck source=findings/lib.sh
. "$(dirname "$0")/lib.sh"
debian libevent-dev=2.1.12-stable-8+deb12u1
compile client -levent <<'END'
#include <event2/bufferevent.h>
#include <event2/dns.h>
#include <event2/event.h>
#include <event2/util.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static void count_cb(int error, struct evutil_addrinfo *list, void *base) {
	int count = 0;
	(void)error;
	for (struct evutil_addrinfo *one = list; one; one = one->ai_next) {
		count += one->ai_socktype == SOCK_STREAM;
	}
	printf("%d ", count);
	if (list) {
		evutil_freeaddrinfo(list);
	}
	event_base_loopbreak(base);
}

static void end_cb(struct bufferevent *client, short what, void *base) {
	(void)client;
	puts(what & BEV_EVENT_CONNECTED ? "connected" : "failed");
	event_base_loopbreak(base);
}

/* client HOSTS NAME PORT: prints the number of addresses, and how the connection went. */
int main(int argc, char **argv) {
	struct event_base *base = event_base_new();
	struct evdns_base *dns = evdns_base_new(base, 0);
	struct evutil_addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM, .ai_protocol = 6};
	struct bufferevent *client = bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);
	if (argc != 4 || evdns_base_load_hosts(dns, argv[1])) {
		return 1;
	}
	if (evdns_getaddrinfo(dns, argv[2], argv[3], &hints, count_cb, base)) {
		event_base_dispatch(base);
	}
	bufferevent_setcb(client, NULL, NULL, end_cb, base);
	bufferevent_enable(client, EV_READ);
	bufferevent_socket_connect_hostname(client, dns, AF_INET, argv[2], atoi(argv[3]));
	event_base_dispatch(base);
	return 0;
}
END
observe <<'END'
import socket
from watch import *

hosts = write("hosts", "127.0.0.2 two.test\n127.0.0.3 two.test\n")
print("addresses of the name, and the outcome where only one of them listens")
seen = []
for address in "127.0.0.2", "127.0.0.3":
    with socket.create_server((address, 0)) as listener:
        seen.append(see("server on " + address, run("client", hosts, "two.test", port_of(listener)).stdout.strip()))
conclude(sorted(seen) == ["2 connected", "2 failed"], "of two addresses only the first is tried")
END
