/*
 * resolver: a host's addresses, as every program on the machine finds them (hosts file, name
 * service switch, DNS), without holding up the event loop.
 *
 * Both families are asked for together, as others do, so that the hosts file, search domains and
 * the machine's order of addresses have their effect: that lookup is the reference. Where it takes
 * more than 50 ms, or fails for the moment, each family is asked for apart as well, so that an
 * answer which is late or lost for one doesn't hold up the other (RFC 8305, 3). What that brings
 * counts only until the reference has its answer.
 */
#ifndef CLIENT_RESOLVER_H
#define CLIENT_RESOLVER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attributes.h"

struct addresslist;
struct event_base;
struct resolver;

/* What is to be looked up. The texts are kept by reference. */
struct resolver_request {
	const char *host;
	uint16_t port;
	int family; /* AF_UNSPEC: any */
	/*
	 * Where no thread can be had, the lookup holds everything up. It then ends the program
	 * after `patience` ms, with these words on standard error ("": none) and this exit status.
	 */
	uint64_t patience;
	const char *last_words;
	int last_status;
};

/* What the resolver has found. */
struct resolver_news {
	const struct addresslist *addresses; /* more of them, or all; NULL: see the rest */
	bool more_come;			     /* it will tell more; else these were the last news */
	/* These are all that the host has: those told before that are not among them are not its.
	 */
	bool is_settled;
	const char *failure; /* why the host has no address at all; else NULL */
	int lack; /* an errno: the machine failed, and of the host nothing is known; or 0 */
};

/* Called from the loop until no more come. */
typedef void resolver_cb(const struct resolver_news *news, void *argument);

/* Starts to look up. NULL, with errno, without memory or descriptors. */
struct resolver *resolver_start(struct event_base *base, const struct resolver_request *request,
				resolver_cb *callback, void *argument) MUST_CHECK;

/* Frees it; a lookup under way is left to itself. Allowed in the callback; NULL is allowed. */
void resolver_free(struct resolver *resolver);

#endif
