/* SPDX-License-Identifier: ISC */
/*
 * peers: connected sockets, what their far ends do, and the loop that they are driven by.
 *
 * Nothing here sleeps: the loop runs until a condition holds, or a deadline has passed.
 */
#include "peers.h"

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"

struct address loopback(int family, uint16_t port)
{
	struct address address = {.length = 0};

	address.any.sa_family = (sa_family_t)family;
	if (family == AF_INET6) {
		address.ipv6.sin6_addr = in6addr_loopback;
		address.length = sizeof address.ipv6;
	} else {
		address.ipv4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		address.length = sizeof address.ipv4;
	}
	address_set_port(&address, port);
	return address;
}

int bind_on_loopback(int family, int type)
{
	struct address address = loopback(family, 0);
	int fd = socket(family, type | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, &address.any, address.length) == 0)
		return fd;
	close(fd);
	return -1;
}

int listen_on_loopback(int family, int backlog)
{
	int fd = bind_on_loopback(family, SOCK_STREAM);

	if (fd < 0 || listen(fd, backlog) == 0)
		return fd;
	close(fd);
	return -1;
}

int datagrams_on_loopback(int family)
{
	int fd = bind_on_loopback(family, SOCK_DGRAM);

	ck_assert_int_ge(fd, 0);
	return fd;
}

struct address bound_address(int fd)
{
	struct address address = {.length = sizeof address.room};

	ck_assert_int_eq(getsockname(fd, &address.any, &address.length), 0);
	return address;
}

int datagrams_to(int fd)
{
	struct address address = bound_address(fd);
	int peer = datagrams_on_loopback(address.any.sa_family);

	ck_assert_int_eq(connect(peer, &address.any, address.length), 0);
	return peer;
}

bool ipv6_works(void)
{
	int fd = listen_on_loopback(AF_INET6, 1);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

void set_nonblocking(int fd)
{
	ck_assert_int_eq(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
}

struct peer peer_of_listener(int listener, int receive_buffer)
{
	struct address address = bound_address(listener);
	struct peer peer = {.fd = socket(address.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0)};

	ck_assert_int_ge(peer.fd, 0);
	if (receive_buffer > 0)
		ck_assert_int_eq(setsockopt(peer.fd, SOL_SOCKET, SO_RCVBUF, &receive_buffer,
					    sizeof receive_buffer),
				 0);
	ck_assert_msg(connect(peer.fd, &address.any, address.length) == 0, "connect: %s",
		      strerror(errno));
	set_nonblocking(peer.fd);
	return peer;
}

struct peer peer_pair(int family, int *ours, int buffers)
{
	struct peer peer = {0};
	int listener, ends[2];

	if (family == AF_UNIX) {
		ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
		peer.fd = ends[0];
		*ours = ends[1];
		set_nonblocking(peer.fd);
	} else {
		listener = listen_on_loopback(family, 1);
		ck_assert_int_ge(listener, 0);
		peer = peer_of_listener(listener, buffers);
		*ours = accept(listener, NULL, NULL);
		close(listener);
	}
	ck_assert_int_ge(*ours, 0);
	set_nonblocking(*ours);
	if (buffers > 0)
		setsockopt(*ours, SOL_SOCKET, SO_SNDBUF, &buffers, sizeof buffers);
	return peer;
}

size_t peer_receive(struct peer *peer, size_t most)
{
	size_t before = peer->length;

	while (most > 0 && !peer->ended && peer->error == 0) {
		ssize_t n;
		if (peer->room < peer->length + 65536) {
			peer->room = 2 * peer->room + 65536;
			peer->bytes = realloc(peer->bytes, peer->room);
			ck_assert_ptr_nonnull(peer->bytes);
		}
		n = recv(peer->fd, peer->bytes + peer->length, most < 65536 ? most : 65536,
			 MSG_DONTWAIT);
		if (n > 0) {
			peer->length += (size_t)n;
			most -= (size_t)n;
		} else if (n == 0) {
			peer->ended = true;
		} else if (errno == EAGAIN) {
			break;
		} else if (errno != EINTR) {
			peer->error = errno;
		}
	}
	return peer->length - before;
}

size_t peer_send(struct peer *peer, size_t length)
{
	static const char words[65536];
	size_t sent = 0;

	while (sent < length) {
		size_t step = length - sent < sizeof words ? length - sent : sizeof words;
		ssize_t n = send(peer->fd, words, step, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n <= 0)
			break;
		sent += (size_t)n;
	}
	return sent;
}

void peer_close(struct peer *peer)
{
	close(peer->fd);
	free(peer->bytes);
	peer->bytes = NULL;
}

void peer_reset(struct peer *peer)
{
	struct linger at_once = {.l_onoff = 1, .l_linger = 0};

	ck_assert_int_eq(setsockopt(peer->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once), 0);
	peer_close(peer);
}

void assert_greeted(const struct peer *peer, const void *bytes, size_t length)
{
	ck_assert_msg(peer->ended, "no end of stream: %s", strerror(peer->error));
	ck_assert_uint_eq(peer->length, length);
	ck_assert(length == 0 || memcmp(peer->bytes, bytes, length) == 0);
}

static void tick_cb(evutil_socket_t fd, short what, void *argument)
{
	(void)fd;
	(void)what;
	(void)argument;
}

bool run_until(struct event_base *base, bool (*done)(void *argument), void *argument, uint64_t ms)
{
	struct timeval often = {.tv_usec = 2000};
	struct event *tick = event_new(base, -1, EV_PERSIST, tick_cb, NULL);
	uint64_t deadline = clock_ms() + ms;
	bool is_done;

	ck_assert_ptr_nonnull(tick);
	ck_assert_int_eq(event_add(tick, &often), 0);
	while (!(is_done = done(argument)) && clock_ms() < deadline)
		ck_assert_int_ge(event_base_loop(base, EVLOOP_ONCE), 0);
	event_free(tick);
	return is_done;
}

static bool never(void *argument)
{
	(void)argument;
	return false;
}

void run_for(struct event_base *base, uint64_t ms)
{
	run_until(base, never, NULL, ms);
	for (int i = 0; i < 10; i++)
		ck_assert_int_ge(event_base_loop(base, EVLOOP_NONBLOCK), 0);
}

int lowest_descriptor(void)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	close(fd);
	return fd;
}
