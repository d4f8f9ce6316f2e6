/* outgoing: sockets towards a server, and which of their failures says something of it. */
#ifndef CLIENT_OUTGOING_H
#define CLIENT_OUTGOING_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attributes.h"
#include "status.h"

struct address;

/*
 * Opens a non-blocking socket of that type, bound to the address `source` unless that is none.
 * -1 with errno.
 */
int outgoing_open(int family, int type, const struct address *source) MUST_CHECK;

/*
 * What a failure of bind(2) or connect(2) towards `to` really is, an errno: EADDRINUSE if our own
 * ports are used up. The kernel says EADDRNOTAVAIL then, as it does where we lack the family, or
 * EAGAIN.
 */
int outgoing_reason(int reason, const struct address *to, const struct address *source);

/* True if a failure says something of the server, and not of a family that we lack. */
bool outgoing_is_telling(int reason);

/* True if a failure to bind means that `source` was chosen wrong. */
bool outgoing_blames_source(int reason, const struct address *source);

/*
 * Writes a failure in words, with what to do where that is known. `source` is what was bound, or
 * all zeros. Returns `text`.
 */
char *outgoing_describe(int reason, const struct address *to, const struct address *source,
			char *text, size_t size);

/* The exit status for a failure. */
enum status outgoing_status(int reason);

/*
 * True if a socket has connected to itself: when nobody listens on a port of this machine,
 * the kernel may choose just that port for our end. By TCP the simultaneous open does the rest; by
 * UDP the request comes back as its answer. Nobody has answered then.
 */
bool outgoing_is_own_peer(int fd);

#endif
