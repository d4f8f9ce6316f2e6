/* SPDX-License-Identifier: ISC */
/*
 * proxyclaim: what a PROXY header says of its connection: both ends of it as the proxy sees them,
 * or none. Pure. The addresses are kept as version 2 sends them, and made on demand.
 */
#ifndef DAEMON_SERVE_PROXYCLAIM_H
#define DAEMON_SERVE_PROXYCLAIM_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/attributes.h"
#include "prelude.h"

struct address;

/* Room for the ends: two IPv6 addresses, then two ports. */
enum { PROXYCLAIM_ENDS_MAX = 2 * 16 + 2 * 2 };

struct proxyclaim {
	const char *why; /* what is wrong with the header, in a few words; NULL: nothing so far */
	uint16_t length; /* of the header, in bytes, as far as it has come */
	bool is_local;	 /* the connection is the proxy's own */
	sa_family_t family; /* AF_INET or AF_INET6; AF_UNSPEC (0): the ends are not known */
	unsigned char ends[PROXYCLAIM_ENDS_MAX]; /* source, destination, then their ports */
};

/* Notes what is wrong, a string that lives for ever. Returns PRELUDE_BAD. */
enum prelude_verdict proxyclaim_bad(struct proxyclaim *claim, const char *why);

/* Returns the size of an address of the claim's family, in bytes: 4 or 16. */
size_t proxyclaim_host_size(const struct proxyclaim *claim);

/*
 * Each makes an address of a header that is whole: that of the client, or that to which it
 * connected. An IPv4 address mapped into IPv6 becomes plain IPv4, so that rules for addresses hold
 * for it. False: the header has none, and the connection's own counts.
 */
bool proxyclaim_peer(const struct proxyclaim *claim, struct address *peer) MUST_CHECK;
bool proxyclaim_destination(const struct proxyclaim *claim, struct address *destination) MUST_CHECK;

#endif
