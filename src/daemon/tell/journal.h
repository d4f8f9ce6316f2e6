/* SPDX-License-Identifier: ISC */
/*
 * journal: the log's lines about clients: connected, closed, answered.
 *
 * In JSON each has the member `event`, which is one of these words, and what the text says in
 * members of their own; haild(8) lists them.
 */
#ifndef DAEMON_TELL_JOURNAL_H
#define DAEMON_TELL_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

struct address;

/* How a connection ended. */
struct journal_end {
	int fd;		  /* still open, for the address that the client reached */
	const char *role; /* before the peer: what the client wanted, if no greeting; or NULL */
	const char *peer; /* the text that journal_connected() wrote */
	const char *how;
	size_t sent, discarded; /* bytes */
	uint64_t lived_ms;
	bool at_most; /* it may have lived for less than lived_ms */
};

/* Returns whether the ends of connections, and answers, are logged: with -v. */
bool journal_has_ends(void);

/*
 * Writes to `text`, which has room for ADDRESS_TEXT_MAX bytes, how the log will name a client when
 * its connection ends. NULL: that is not logged.
 */
const char *journal_name(const struct sockaddr *from, socklen_t length, char *text);

/* Returns whether new connections are logged. */
bool journal_has_connections(void);

/*
 * Logs a new connection on the socket `fd`, and writes its peer to `peer`, which has room for
 * ADDRESS_TEXT_MAX bytes.
 */
void journal_connected(int fd, const struct address *address, char *peer);

/*
 * The same for a connection that `proxy` has passed on for the client at `address`, or that is the
 * proxy's `own`. If the proxy has named no client, `address` is `proxy` itself, the same pointer.
 */
void journal_passed_on(int fd, const struct address *address, const struct address *proxy, bool own,
		       char *peer);

void journal_closed(const struct journal_end *end);

/*
 * Logs an answer of `size` bytes to a datagram that was sent to `local`. Only with -v: anyone that
 * can send datagrams could fill the disk with lines under any name.
 */
void journal_answered(const struct address *peer, const struct address *local, size_t size);

#endif
