/* SPDX-License-Identifier: ISC */
/*
 * plain [--cork | --linger] [FILE]: what a greeting costs in C alone: accept, send, close, one
 * client after the other, in blocking calls.
 *
 * With --cork greeting and FIN leave in one segment. With --linger they do, too, and each
 * connection stays open until its client has closed: all that haild does for a client on the wire,
 * with no library, no bounds and no counters.
 */
#define _GNU_SOURCE /* for accept4() */
#include <errno.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "peer.h"

enum manner { PLAIN, CORK, LINGER };

enum { EVENTS_AT_ONCE = 64, ACCEPTS_A_TURN = 16, DISCARD_AT_ONCE = 256 * 1024 };

/* Opens the listening socket; accepted ones inherit the cork. */
static int listen_for_clients(enum manner manner)
{
	int type = SOCK_STREAM | SOCK_CLOEXEC | (manner == LINGER ? SOCK_NONBLOCK : 0);
	int fd = socket(AF_INET, type, 0), on = 1;
	struct sockaddr_in address = peer_address();

	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) < 0)
		peer_die("bind");
	if (manner != PLAIN && setsockopt(fd, IPPROTO_TCP, TCP_CORK, &on, sizeof on) < 0)
		peer_die("TCP_CORK");
	if (listen(fd, PEER_BACKLOG) < 0)
		peer_die("listen");
	return fd;
}

/* Sends all of the message, and sleeps while there is no room for it. */
static void send_all(int fd, const struct message *message)
{
	size_t sent = 0;

	while (sent < message->size) {
		ssize_t n = send(fd, message->bytes + sent, message->size - sent, MSG_NOSIGNAL);
		if (n < 0)
			return;
		sent += (size_t)n;
	}
}

/* Accepts, sends and closes for ever; a corked socket lets go of all at its close. */
_Noreturn static void serve_in_turn(int listening, const struct message *message)
{
	for (;;) {
		int fd = accept4(listening, NULL, NULL, SOCK_CLOEXEC);
		if (fd < 0) {
			if (errno == ECONNABORTED || errno == EINTR)
				continue;
			peer_die("accept");
		}
		send_all(fd, message);
		close(fd);
	}
}

struct lingering {
	int listening, epoll;
	const struct message *message;
	size_t *sent; /* how much of the message each descriptor has got */
};

/* Watches a descriptor, or changes what for. */
static void watch(const struct lingering *all, int how, int fd, uint32_t what)
{
	struct epoll_event event = {.events = what, .data = {.fd = fd}};

	if (epoll_ctl(all->epoll, how, fd, &event) < 0)
		peer_die("epoll_ctl");
}

/* Sends what there is room for, and half-closes behind the end. False: nobody is there any more. */
static bool send_more(const struct lingering *all, int fd)
{
	size_t left = all->message->size - all->sent[fd];
	ssize_t n = send(fd, all->message->bytes + all->sent[fd], left, MSG_NOSIGNAL);

	if (n < 0)
		return errno == EAGAIN;
	all->sent[fd] += (size_t)n;
	return (size_t)n < left || shutdown(fd, SHUT_WR) == 0;
}

/* Tells whether a client has the whole message. */
static bool is_served(const struct lingering *all, int fd)
{
	return all->sent[fd] == all->message->size;
}

/* Greets one client, and watches for its end. */
static void greet(const struct lingering *all, int fd)
{
	all->sent[fd] = 0;
	if (send_more(all, fd))
		watch(all, EPOLL_CTL_ADD, fd, is_served(all, fd) ? EPOLLIN : EPOLLIN | EPOLLOUT);
	else
		close(fd);
}

/* Greets clients in the queue, but not so many that those who have ended wait long. */
static void accept_some(const struct lingering *all)
{
	for (int i = 0; i < ACCEPTS_A_TURN; i++) {
		int fd = accept4(all->listening, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0) {
			if (errno == EAGAIN || errno == ECONNABORTED)
				return;
			peer_die("accept");
		}
		greet(all, fd);
	}
}

/* Goes on with one client: sends the rest of the message, throws away what it says, sees its end.
 */
static void go_on(const struct lingering *all, int fd, uint32_t what)
{
	if (what & EPOLLOUT) {
		if (!send_more(all, fd)) {
			close(fd);
			return;
		}
		if (is_served(all, fd))
			watch(all, EPOLL_CTL_MOD, fd, EPOLLIN);
	}
	if (what & ~(uint32_t)EPOLLOUT) {
		ssize_t n = recv(fd, NULL, DISCARD_AT_ONCE, MSG_TRUNC);
		if (n == 0 && !is_served(all, fd))
			watch(all, EPOLL_CTL_MOD, fd, EPOLLOUT);
		else if (n == 0 || (n < 0 && errno != EAGAIN))
			close(fd);
	}
}

/* Greets clients for ever, each of whom ends its connection itself. */
_Noreturn static void serve_lingering(int listening, const struct message *message)
{
	struct lingering all = {listening, epoll_create1(EPOLL_CLOEXEC), message,
				calloc(peer_raise_descriptor_limit(), sizeof(size_t))};
	struct epoll_event events[EVENTS_AT_ONCE];

	if (all.epoll < 0 || !all.sent)
		peer_die("epoll");
	watch(&all, EPOLL_CTL_ADD, listening, EPOLLIN);
	for (;;) {
		int count = epoll_wait(all.epoll, events, EVENTS_AT_ONCE, -1);
		if (count < 0 && errno != EINTR)
			peer_die("epoll_wait");
		for (int i = 0; i < count; i++) {
			if (events[i].data.fd == listening)
				accept_some(&all);
			else
				go_on(&all, events[i].data.fd, events[i].events);
		}
	}
}

static enum manner manner_of(const char *option)
{
	if (strcmp(option, "--cork") == 0)
		return CORK;
	return strcmp(option, "--linger") == 0 ? LINGER : PLAIN;
}

int main(int count, char **arguments)
{
	enum manner manner = count > 1 ? manner_of(arguments[1]) : PLAIN;
	int file = manner == PLAIN ? 1 : 2;
	struct message message = peer_message(file < count ? arguments[file] : NULL);
	int listening = listen_for_clients(manner);

	peer_announce(listening);
	if (manner == LINGER)
		serve_lingering(listening, &message);
	serve_in_turn(listening, &message);
}
