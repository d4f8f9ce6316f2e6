/* SPDX-License-Identifier: ISC */
/* connection: all connections, and the life of each: open, read to the end of stream, close. */
#include <config.h>

#include "connection.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/address.h"
#include "base/log.h"
#include "options.h"

/* A server from which nothing at all has come for so long is given up. */
enum { PATIENCE_MS = 30 * 1000 };

/* Allows this process as many descriptors as it may have, and makes the table for them. */
static bool make_room(struct connections *all)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return false;
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
		return false;
	all->room = (size_t)limit.rlim_cur;
	all->table = calloc(all->room, sizeof *all->table);
	return all->table != NULL;
}

/* Takes the server's address from the options. */
static bool find_server(struct connections *all, const struct options *options)
{
	all->server.sin_family = AF_INET;
	all->server.sin_port = htons((uint16_t)options->port);
	if (inet_pton(AF_INET, options->host, &all->server.sin_addr) == 1)
		return true;
	log_error("--host: '%s' is no IPv4 address", options->host);
	return false;
}

/* Reads what must come, and what is sent first. */
static bool load_bytes(struct connections *all, const struct options *options)
{
	return greeting_load(&all->greeting, options->greeting_file) &&
	       (!options->expands || greeting_prepare(&all->own, &all->greeting)) &&
	       (!options->header_file || greeting_load(&all->header, options->header_file));
}

struct connections *connections_new(const struct options *options)
{
	struct connections *all = calloc(1, sizeof *all);

	if (!all) {
		log_error("out of memory");
		return NULL;
	}
	all->epoll = epoll_create1(EPOLL_CLOEXEC);
	all->source = source_first();
	all->receive_buffer = (int)options->receive_buffer;
	if (all->epoll < 0 || !make_room(all))
		log_error("cannot make room for connections: %s", strerror(errno));
	else if (find_server(all, options) && load_bytes(all, options))
		return all;
	connections_free(all);
	return NULL;
}

void connections_free(struct connections *all)
{
	for (size_t fd = 0; fd < all->room && all->in_flight > 0; fd++)
		if (all->table[fd].number > 0)
			connection_close(all, (int)fd);
	greeting_free(&all->greeting);
	greeting_free(&all->own);
	greeting_free(&all->header);
	if (all->epoll >= 0)
		close(all->epoll);
	free(all->table);
	free(all);
}

int connections_wait(struct connections *all, int timeout)
{
	int count = epoll_wait(all->epoll, all->events, CONNECTION_EVENTS,
			       timeout < 0 ? PATIENCE_MS : timeout);

	if (count > 0 || (count == 0 && timeout >= 0))
		return count;
	if (count == 0)
		log_error("%" PRIu64 " connections wait, and nothing has come for %d s",
			  all->in_flight, PATIENCE_MS / 1000);
	else
		log_error("epoll_wait: %s", strerror(errno));
	return -1;
}

/* What the client must hear. */
static const struct greeting *expected(struct connections *all, int fd)
{
	if (!all->own.bytes)
		return &all->greeting;
	greeting_address(&all->own, &all->greeting, &all->table[fd].source);
	return &all->own;
}

/* Tells which connection it is, where it comes from, and how far the greeting was right. */
static void complain(struct connections *all, int fd, const char *what)
{
	const struct connection *connection = &all->table[fd];
	struct address source = {.length = sizeof source.room};
	char text[ADDRESS_TEXT_MAX] = "an unknown address";

	if (getsockname(fd, &source.any, &source.length) == 0)
		address_format(&source, text, sizeof text);
	log_error("connection %" PRIu64 " from %s, at byte %zu of %zu: %s", connection->number,
		  text, connection->received, expected(all, fd)->size, what);
}

/* Sends the header. A socket that is not connected yet (EAGAIN) can be written to when it is. */
static bool say(struct connections *all, int fd)
{
	const struct greeting *header = &all->header;
	ssize_t sent = send(fd, header->bytes, header->size, MSG_NOSIGNAL);

	all->table[fd].has_said = sent == (ssize_t)header->size;
	return all->table[fd].has_said || (sent < 0 && errno == EAGAIN);
}

/* Connects the new socket; the answer is waited for. */
static bool begin(struct connections *all, int fd)
{
	struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP | EPOLLET, .data.fd = fd};

	if (all->receive_buffer > 0 && setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &all->receive_buffer,
						  sizeof all->receive_buffer) < 0)
		return false;
	if (!source_bind(&all->source, fd, &all->table[fd].source))
		return false;
	if (connect(fd, (struct sockaddr *)&all->server, sizeof all->server) < 0 &&
	    errno != EINPROGRESS)
		return false;
	if (all->header.size > 0 && !say(all, fd))
		return false;
	if (all->header.size > 0 && !all->table[fd].has_said)
		event.events |= EPOLLOUT;
	return epoll_ctl(all->epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

int connection_open(struct connections *all)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0) {
		log_error("cannot open another connection beside %" PRIu64 ": %s", all->in_flight,
			  strerror(errno));
		return -1;
	}
	all->in_flight++;
	all->table[fd] = (struct connection){.number = ++all->opened};
	if (begin(all, fd))
		return fd;
	complain(all, fd, strerror(errno));
	return -1;
}

/* Compares what has come, and notes how far it is right. */
static bool check(struct connections *all, int fd, size_t size)
{
	const struct greeting *greeting = expected(all, fd);
	struct connection *connection = &all->table[fd];
	size_t right = greeting_match(greeting, connection->received, all->bytes, size);

	connection->received += right;
	if (right == size)
		return true;
	complain(all, fd,
		 connection->received == greeting->size ? "the greeting is too long"
							: "a wrong byte");
	return false;
}

/* The stream has ended: is the greeting whole? */
static enum connection_state end(struct connections *all, int fd)
{
	if (all->table[fd].received == expected(all, fd)->size)
		return CONNECTION_ENDED;
	complain(all, fd, "the stream has ended, the greeting is too short");
	return CONNECTION_FAILED;
}

/* Takes the error of a socket, 0: none. Behind the end of stream recv() is silent on it. */
static int take_error(int fd)
{
	int error = 0;
	socklen_t length = sizeof error;

	getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length);
	return error;
}

enum connection_state connection_look(struct connections *all, const struct epoll_event *event)
{
	if (!(event->events & (EPOLLERR | EPOLLHUP)))
		return CONNECTION_OPEN;
	complain(all, event->data.fd, strerror(take_error(event->data.fd)));
	return CONNECTION_FAILED;
}

/*
 * Less than was asked for means that there is no more for now. If the event
 * said that the server has ended its side, there never will be: no recv() is
 * needed to see the end. A reset behind that end (EPIPE) takes nothing from anybody, and kernels
 * send it for servers that have closed with much under way.
 */
enum connection_state connection_read(struct connections *all, const struct epoll_event *event)
{
	int fd = event->data.fd;
	ssize_t size;

	int error = event->events & (EPOLLERR | EPOLLHUP) ? take_error(fd) : 0;

	if (error != 0 && error != EPIPE) {
		complain(all, fd, strerror(error));
		return CONNECTION_FAILED;
	}
	if (event->events & EPOLLOUT && !all->table[fd].has_said && !say(all, fd)) {
		complain(all, fd, "its header cannot be sent");
		return CONNECTION_FAILED;
	}
	do {
		size = recv(fd, all->bytes, sizeof all->bytes, 0);
		if (size == 0)
			return end(all, fd);
		if (size < 0 && errno == EAGAIN)
			return CONNECTION_OPEN;
		if (size < 0) {
			complain(all, fd, strerror(errno));
			return CONNECTION_FAILED;
		}
		if (!check(all, fd, (size_t)size))
			return CONNECTION_FAILED;
	} while (size == sizeof all->bytes);
	return event->events & EPOLLRDHUP ? end(all, fd) : CONNECTION_OPEN;
}

void connection_close(struct connections *all, int fd)
{
	close(fd);
	all->table[fd].number = 0;
	all->in_flight--;
}
