/* SPDX-License-Identifier: ISC */
/*
 * ask: tries a list of addresses by datagram: the first answer wins.
 *
 * A request is as long as the longest answer wanted. A server that cannot be used for an attack
 * answers with less than it got. Each address is asked up to three times.
 */
#ifndef CLIENT_ASK_H
#define CLIENT_ASK_H

#include <stddef.h>
#include <stdint.h>

#include "attempts.h"

/* What to ask, and where the answer goes. */
struct ask_terms {
	size_t size;	   /* of the request, in bytes */
	uint64_t patience; /* ms; all three tries are made in this time */
	char *answer;	   /* where the answer's bytes go; the caller's */
	size_t room;	   /* how many fit; the rest is dropped */
};

/*
 * Starts to ask. The terms are copied, but not the answer's bytes. NULL: no memory. Otherwise as
 * attempts.h says.
 */
struct attempts *ask_start(struct event_base *base, const struct attempts_request *request,
			   const struct ask_terms *terms, attempts_cb *ended,
			   void *argument) MUST_CHECK;

#endif
