#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
# An accept4() that finds the queue empty takes several times as long as an epoll_wait() that finds it full.
#
# Guess: a call that has nothing to do is one of the cheapest, so a loop may well accept until EAGAIN, as manuals
# advise and libevent's listener does.
# Really: the kernel makes the new socket, with its inode and its file, before it looks at the queue. If that is empty,
# it takes all of it down again.
# Seen with: Linux 6.18.
# Source: net/socket.c of the kernel, do_accept(): sock_alloc() and sock_alloc_file() come before ops->accept(). The
# manual page accept(2) says only that the call fails.
# Why it matters: where clients come one by one, a server that accepts until EAGAIN makes such a call after each. It is
# cheaper to accept one, and to be told of the next by the event loop.
# shellcheck source=findings/lib.sh
. "$(dirname "$0")/lib.sh"
compile timing <<'END'
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>

enum { CALLS = 20000, ROUNDS = 25 };

static double now_ns(void) {
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return 1e9 * (double)time.tv_sec + (double)time.tv_nsec;
}

/* Makes a listener on loopback. */
static int make_listener(struct sockaddr_in *address) {
	socklen_t length = sizeof *address;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	*address = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	bind(fd, (struct sockaddr *)address, length);
	listen(fd, 1);
	getsockname(fd, (struct sockaddr *)address, &length);
	return fd;
}

/* Prints the ns of a failing accept4() and of an epoll_wait() with one event: of some rounds, the fastest. */
int main(void) {
	struct sockaddr_in address, full_address;
	struct epoll_event event = {.events = EPOLLIN};
	int empty = make_listener(&address), full = make_listener(&full_address), epoll = epoll_create1(0);
	double best[2] = {1e9, 1e9};
	if (connect(socket(AF_INET, SOCK_STREAM, 0), (struct sockaddr *)&full_address, sizeof full_address) < 0 ||
	        epoll_ctl(epoll, EPOLL_CTL_ADD, full, &event) < 0) {
		return 1;
	}
	for (int round = 0; round < 2 * ROUNDS; round++) {
		double began = now_ns(), took;
		for (int i = 0; i < CALLS; i++) {
			if (round % 2 == 0 ? accept4(empty, NULL, NULL, SOCK_NONBLOCK) != -1 || errno != EAGAIN
			        : epoll_wait(epoll, &event, 1, -1) != 1) {
				return 1;
			}
		}
		took = (now_ns() - began) / CALLS;
		best[round % 2] = took < best[round % 2] ? took : best[round % 2];
	}
	printf("%.0f %.0f\n", best[0], best[1]);
	return 0;
}
END
observe <<'END'
from watch import *

in_vain, ready = map(int, run(WORK + "/bin/timing").stdout.split())
print("ns of a call")
see("accept4(), EAGAIN", in_vain)
see("epoll_wait(), 1 event", ready)
conclude(in_vain >= 3 * ready, "an accept4() in vain takes more than three times as long as an epoll_wait()")
END
