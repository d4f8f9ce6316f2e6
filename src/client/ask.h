/*
 * ask: tries a list of addresses by datagram: the first answer is taken.
 *
 * A request is as long as the longest answer wanted, for a server that will not serve an attack
 * answers with less than it got. Each address is asked three times.
 */
#ifndef CLIENT_ASK_H
#define CLIENT_ASK_H

#include <stddef.h>
#include <stdint.h>

#include "attempts.h"

/* What is asked with, and where the answer goes. */
struct ask_terms {
	size_t size;	   /* of the request, in bytes */
	uint64_t patience; /* ms; the three tries are made within */
	char *answer;	   /* where its bytes go; the caller's */
	size_t room;	   /* for how many; the rest is dropped */
};

/* Starts to ask; the terms are copied, but not the answer's bytes. NULL: no memory. The rest is as
 * attempts.h has it. */
struct attempts *ask_start(struct event_base *base, const struct attempts_request *request,
			   const struct ask_terms *terms, attempts_cb *ended,
			   void *argument) MUST_CHECK;

#endif
