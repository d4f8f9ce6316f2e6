/* SPDX-License-Identifier: ISC */
/*
 * plain [--cork] [FILE]: what a greeting costs in C alone: accept, send, close, one client after
 * the other, in blocking calls. With --cork greeting and FIN leave in one segment.
 */
#define _GNU_SOURCE /* for accept4() */
#include <errno.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "peer.h"

/* Opens the listening socket; accepted ones inherit the cork. */
static int listen_for_clients(bool is_corked)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
	struct sockaddr_in address = peer_address();

	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) < 0)
		peer_die("bind");
	if (is_corked && setsockopt(fd, IPPROTO_TCP, TCP_CORK, &on, sizeof on) < 0)
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

int main(int count, char **arguments)
{
	bool is_corked = count > 1 && strcmp(arguments[1], "--cork") == 0;
	int file = is_corked ? 2 : 1;
	struct message message = peer_message(file < count ? arguments[file] : NULL);
	int listening = listen_for_clients(is_corked);

	peer_announce(listening);
	serve_in_turn(listening, &message);
}
