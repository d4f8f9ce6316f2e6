/* SPDX-License-Identifier: ISC */
/*
 * plain [--cork] [FILE]: what a greeting costs in C alone: accept, send, close, one client after
 * the other, in blocking calls. With --cork greeting and FIN leave in one segment.
 */
#define _GNU_SOURCE /* for accept4() */
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "peer.h"

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
	int listening = peer_listen(0, is_corked);

	peer_announce(listening);
	serve_in_turn(listening, &message);
}
