/* SPDX-License-Identifier: ISC */
/*
 * resolver: finds a host's addresses, as every program on the machine does (hosts file, name
 * service switch, DNS), without holding up the event loop.
 *
 * Both families are asked for together, as others do. So the hosts file, search domains and the
 * machine's order of addresses apply: that joint lookup is the reference. If it takes more than 50
 * ms, or fails for the moment, each family is asked for apart as well. So a late or lost answer for
 * one does not hold up the other (RFC 8305, 3). What the separate lookups bring counts only until
 * the reference has its answer.
 */
#ifndef CLIENT_RESOLVER_H
#define CLIENT_RESOLVER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attributes.h"

struct addresslist;
struct event_base;
struct options;
struct resolver;

/* What to look up. The texts are kept, not copied. */
struct resolver_request {
	const char *host;
	uint16_t port;
	int family;		       /* AF_UNSPEC: any */
	const struct options *options; /* for stageline_log(); kept, not copied */
	/*
	 * If no thread can be had, the lookup holds everything up. After `patience` ms the program
	 * then ends, with these words on standard error ("": none) and this exit status.
	 */
	uint64_t patience;
	const char *last_words;
	int last_status;
};

/* What the resolver has found. */
struct resolver_news {
	const struct addresslist *addresses; /* more of them, or all; NULL: see below */
	bool more_come;			     /* more news will come; else these were the last */
	/* These are all that the host has: any earlier address that is not among them is wrong. */
	bool is_settled;
	bool is_whole;	     /* so far, each family that was asked for has had its answer */
	const char *failure; /* why the host has no address at all; else NULL */
	int lack; /* an errno if the machine failed, and nothing is known of the host; or 0 */
};

/* Called from the loop, until `more_come` is false. */
typedef void resolver_cb(const struct resolver_news *news, void *argument);

/* Starts the lookup. NULL, with errno: no memory or descriptors. */
struct resolver *resolver_start(struct event_base *base, const struct resolver_request *request,
				resolver_cb *callback, void *argument) MUST_CHECK;

/* Frees it; a lookup under way is left to itself. Allowed in the callback; NULL is allowed. */
void resolver_free(struct resolver *resolver);

#endif
