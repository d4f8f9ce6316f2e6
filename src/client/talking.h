/* SPDX-License-Identifier: ISC */
/*
 * talking: says something to a connected server before it has spoken: a PROXY header, and lines of
 * text. Neither side waits for the other, since what the server says is read meanwhile.
 */
#ifndef CLIENT_TALKING_H
#define CLIENT_TALKING_H

#include <stdint.h>

#include "base/attributes.h"

struct address;
struct event_base;
struct options;
struct talking;

/*
 * Called at most once, perhaps by talking_start() already: the server takes no more. `reason` is
 * the errno, and may be all that is left of a reset: the socket reports each error once.
 */
typedef void talking_cb(int reason, void *argument);

/*
 * Sends what the options want to the server at `peer`, to which `fd` is connected, non-blocking;
 * as much as fits at once, and the rest from the loop. The stream to the server stays open. NULL:
 * no memory.
 */
struct talking *talking_start(struct event_base *base, int fd, const struct options *options,
			      const struct address *peer, talking_cb *broken,
			      void *argument) MUST_CHECK;

/* Returns how many bytes of text the kernel has taken, without the header. NULL: none. */
uint64_t talking_sent(const struct talking *talking);

/* Sends no more, and logs for -v how much was sent. NULL is allowed. */
void talking_stop(struct talking *talking);

/* Frees it; the socket stays open. NULL is allowed. */
void talking_free(struct talking *talking);

#endif
