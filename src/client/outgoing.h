/* SPDX-License-Identifier: ISC */
/* outgoing: sockets towards a server, and which of their failures say something about it. */
#ifndef CLIENT_OUTGOING_H
#define CLIENT_OUTGOING_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attributes.h"
#include "status.h"

struct address;

/*
 * Opens a non-blocking socket of that type, bound to `source` unless its length is 0. -1 with
 * errno.
 */
int outgoing_open(int family, int type, const struct address *source) MUST_CHECK;

/*
 * Returns the true errno of a failed bind(2) or connect(2) towards `to`: EADDRINUSE if our own
 * ports are used up. Then the kernel reports EAGAIN, or EADDRNOTAVAIL as if we lacked the family.
 */
int outgoing_reason(int reason, const struct address *to, const struct address *source);

/* True if a failure says something about the server, and not about a family that we lack. */
bool outgoing_is_telling(int reason);

/* True if a failure says that nobody listens at an address. */
bool outgoing_is_refusal(int reason, const struct address *to);

/* True if a failure to bind means that `source` was a wrong choice. */
bool outgoing_blames_source(int reason, const struct address *source);

/*
 * True if an IPv4 address means several machines: multicast or broadcast. bind(2) takes it, but
 * connect(2) leaves from another one then. IPv6 has no broadcast, and bind(2) refuses multicast.
 */
bool outgoing_means_many(const struct address *source);

/*
 * Describes a failure in words, with advice if there is any. `source` is what was bound, or has
 * length 0. Returns `text`.
 */
char *outgoing_describe(int reason, const struct address *to, const struct address *source,
			char *text, size_t size);

/* Returns the exit status for a failure. */
enum status outgoing_status(int reason);

/* What a socket is connected to. */
enum outgoing_peer { OUTGOING_NO_PEER, OUTGOING_OTHER_PEER, OUTGOING_OWN_PEER };

/*
 * Finds out whether a socket is connected, and if so, whether to itself. When nobody listens on a
 * port of this machine, the kernel may choose just that port for our end. By TCP, the simultaneous
 * open then succeeds; by UDP, the request comes back as its answer. Either way nobody has answered.
 */
enum outgoing_peer outgoing_find_peer(int fd);

#endif
