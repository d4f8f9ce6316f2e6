/* SPDX-License-Identifier: ISC */
/*
 * rounds: asks servers, all at the same time, until each has answered as it should, or the time to
 * wait is over.
 *
 * A server that has answered is not asked again. After a failure it is asked again, see backoff.h.
 * A failure that is final ends the wait for all.
 */
#ifndef CLIENT_ROUNDS_H
#define CLIENT_ROUNDS_H

#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"

struct event_base;
struct options;
struct probe_result;
struct rounds;

/* Called once, from the loop, when all is over. Must not free the rounds. */
typedef void rounds_cb(void *argument);

/* Called from the loop for each attempt that has ended; `options` are those of its target. */
typedef void rounds_attempt_cb(const struct options *options, const struct probe_result *result,
			       void *argument);

struct rounds_request {
	const struct options *options; /* kept, not copied */
	uint64_t seed;		       /* of the pauses */
	rounds_attempt_cb *attempted;  /* or NULL */
	rounds_cb *over;
	void *argument; /* of both */
};

/*
 * Starts to ask the options' targets, once or for as long as they want to wait. Never calls back
 * before it returns. NULL: no memory.
 */
struct rounds *rounds_start(struct event_base *base,
			    const struct rounds_request *request) MUST_CHECK;

/*
 * Returns the last result of the i-th target, valid until rounds_free(). NULL: there is none that
 * matters, since a final failure of another one ended the wait.
 */
const struct probe_result *rounds_result(const struct rounds *rounds, size_t i);

/* Returns the options with which the i-th target was asked. */
const struct options *rounds_options(const struct rounds *rounds, size_t i);

/* Frees everything, and ends what is under way. NULL is allowed. */
void rounds_free(struct rounds *rounds);

#endif
