/* SPDX-License-Identifier: ISC */
/*
 * lingering [-MS] [FILE]: what a greeting costs in C alone, if nobody may lose a byte of it: each
 * connection stays open until its client has closed. All that haild does for a client on the wire,
 * with no library, no bounds and no counters.
 *
 * Greeting and FIN leave in one segment. MS ms later, 4 by default, a look shows whether the client
 * has closed; only one that has not is watched by epoll.
 */
#define _GNU_SOURCE /* for accept4() */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "peer.h"

enum { EVENTS_AT_ONCE = 64, ACCEPTS_A_TURN = 16, DISCARD_AT_ONCE = 256 * 1024, LOOK_AFTER_MS = 4 };

/* After so many connections, with no accept() in vain, a turn may take more of them. */
enum { TRY_AFTER = 16 };

struct client {
	size_t sent; /* how much of the message it has got */
	int64_t since_ms;
};

static struct message message;
static int listening, epoll;
static struct client *clients; /* by descriptor */
static int64_t look_after_ms = LOOK_AFTER_MS;

/* The descriptors of those to look at, in a ring: as many as were ever added, and removed. */
static int *parting;
static size_t room, added, removed;

static size_t turn_limit = 1, since_vain; /* connections in a turn; and since an accept() in vain */

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Watches a descriptor, or changes what for. */
static void watch(int how, int fd, uint32_t what)
{
	struct epoll_event event = {.events = what, .data = {.fd = fd}};

	if (epoll_ctl(epoll, how, fd, &event) < 0)
		peer_die("epoll_ctl");
}

/* Sends what there is room for, and half-closes behind the end. False: nobody is there any more. */
static bool send_more(int fd)
{
	size_t left = message.size - clients[fd].sent;
	ssize_t n = send(fd, message.bytes + clients[fd].sent, left, MSG_NOSIGNAL);

	if (n < 0)
		return errno == EAGAIN;
	clients[fd].sent += (size_t)n;
	return (size_t)n < left || shutdown(fd, SHUT_WR) == 0;
}

/* Tells whether a client has the whole message. */
static bool is_served(int fd)
{
	return clients[fd].sent == message.size;
}

/* Greets one client, and has it looked at later, or watched if it must be sent more. */
static void greet(int fd)
{
	clients[fd] = (struct client){.since_ms = now_ms()};
	if (!send_more(fd))
		close(fd);
	else if (is_served(fd))
		parting[added++ % room] = fd;
	else
		watch(EPOLL_CTL_ADD, fd, EPOLLIN | EPOLLOUT);
}

/* Throws away what a client says. Returns 0 at its end, less if it is gone, and else more. */
static ssize_t discard(int fd)
{
	ssize_t n = recv(fd, NULL, DISCARD_AT_ONCE, MSG_TRUNC);

	return n < 0 && errno == EAGAIN ? 1 : n;
}

/* Looks at those that have had their time, at most so many. */
static void look(size_t most)
{
	int64_t now = now_ms();

	for (; most > 0 && removed < added; most--) {
		int fd = parting[removed % room];
		if (now - clients[fd].since_ms < look_after_ms)
			break;
		removed++;
		if (discard(fd) > 0)
			watch(EPOLL_CTL_ADD, fd, EPOLLIN);
		else
			close(fd);
	}
}

/* Accepts and greets a client. False: there is none. */
static bool accept_one(void)
{
	int fd = accept4(listening, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd >= 0)
		greet(fd);
	else if (errno != EAGAIN && errno != ECONNABORTED)
		peer_die("accept");
	return fd >= 0;
}

/*
 * Greets clients in the queue, but not so many that those who have ended wait long. An accept() in
 * vain is dear, so it is risked only where many seem to wait.
 */
static void accept_some(void)
{
	size_t count = 0;

	while (count < turn_limit && accept_one())
		count++;
	since_vain = count == turn_limit ? since_vain + count : 0;
	if (since_vain >= TRY_AFTER)
		turn_limit = turn_limit < ACCEPTS_A_TURN ? turn_limit * 2 : turn_limit;
	else if (count < turn_limit)
		turn_limit = 1;
	look(count + 1);
}

/* Goes on with a client that is watched: sends it the rest of the message, sees its end. */
static void go_on(int fd, uint32_t what)
{
	if (what & EPOLLOUT) {
		if (!send_more(fd)) {
			close(fd);
			return;
		}
		if (is_served(fd))
			watch(EPOLL_CTL_MOD, fd, EPOLLIN);
	}
	if (what & ~(uint32_t)EPOLLOUT) {
		ssize_t n = discard(fd);
		if (n == 0 && !is_served(fd))
			watch(EPOLL_CTL_MOD, fd, EPOLLOUT);
		else if (n <= 0)
			close(fd);
	}
}

/* Greets clients for ever, each of whom ends its connection itself. */
_Noreturn static void serve(void)
{
	struct epoll_event events[EVENTS_AT_ONCE];

	watch(EPOLL_CTL_ADD, listening, EPOLLIN);
	for (;;) {
		int timeout = removed < added ? (int)look_after_ms : -1;
		int count = epoll_wait(epoll, events, EVENTS_AT_ONCE, timeout);
		if (count < 0 && errno != EINTR)
			peer_die("epoll_wait");
		if (count == 0)
			look(room);
		for (int i = 0; i < count; i++) {
			if (events[i].data.fd == listening)
				accept_some();
			else
				go_on(events[i].data.fd, events[i].events);
		}
	}
}

int main(int count, char **arguments)
{
	int file = 1;

	if (count > 1 && arguments[1][0] == '-')
		look_after_ms = strtol(arguments[file++] + 1, NULL, 10);
	message = peer_message(file < count ? arguments[file] : NULL);
	room = peer_raise_descriptor_limit();
	clients = calloc(room, sizeof *clients);
	parting = calloc(room, sizeof *parting);
	epoll = epoll_create1(EPOLL_CLOEXEC);
	if (!clients || !parting || epoll < 0)
		peer_die("epoll");
	listening = peer_listen(SOCK_NONBLOCK, true);
	peer_announce(listening);
	serve();
}
