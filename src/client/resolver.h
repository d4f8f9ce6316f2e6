/*
 * resolver: a host's addresses, as every program on the machine finds them
 * (hosts file, name service switch, DNS), without holding up the event loop.
 */
#ifndef CLIENT_RESOLVER_H
#define CLIENT_RESOLVER_H

#include <stdint.h>

struct addresslist;
struct event_base;
struct resolver;

/* Called once, from the loop, with at least one address, or with NULL and why there is none. */
typedef void resolver_cb(const struct addresslist *addresses, const char *failure, void *argument);

/* Starts to look up `host` in `family` (AF_UNSPEC: any). NULL: no memory, descriptors or thread. */
struct resolver *resolver_start(struct event_base *base, const char *host, uint16_t port,
				int family, resolver_cb *callback, void *argument);

/* Frees it; a lookup under way is left to itself. Not from within the callback. */
void resolver_free(struct resolver *resolver);

#endif
