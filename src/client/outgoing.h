/* outgoing: sockets towards a server, and which of their failures says something of it. */
#ifndef CLIENT_OUTGOING_H
#define CLIENT_OUTGOING_H

#include <stdbool.h>
#include <sys/socket.h>

#include "base/attributes.h"

/*
 * Opens a non-blocking socket of that type, bound to the address `source` unless its length is 0.
 * -1 with errno.
 */
int outgoing_open(int family, int type, const struct sockaddr *source,
		  socklen_t source_length) MUST_CHECK;

/* Tells whether a failure, an errno, says something of the server, and not of a family we lack. */
bool outgoing_is_telling(int reason);

/*
 * Tells whether a socket has connected to itself: when nobody listens on a port of this machine,
 * the kernel may choose just that port for our end. By TCP the simultaneous open does the rest; by
 * UDP the request comes back as its answer. Nobody has answered then.
 */
bool outgoing_is_own_peer(int fd);

#endif
