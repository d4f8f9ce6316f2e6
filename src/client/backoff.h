/* SPDX-License-Identifier: ISC */
/*
 * backoff: how long to pause before the next attempt: 50 ms, and each time twice as long, up to a
 * second.
 *
 * Each pause is shortened by up to half, at random, so that programs that failed together do not
 * come back together. It takes at most half of the time that is left, so that the last attempts are
 * made close to its end.
 */
#ifndef CLIENT_BACKOFF_H
#define CLIENT_BACKOFF_H

#include <stdint.h>

struct backoff {
	uint64_t next_ms; /* the next pause, before it is shortened */
	uint64_t random;
};

/* Begins with the shortest pause. The same seed makes the same pauses. */
void backoff_begin(struct backoff *backoff, uint64_t seed);

/* Returns the next pause, in ms, if `left_ms` are left. 0: nothing is left. */
uint64_t backoff_pause(struct backoff *backoff, uint64_t left_ms);

#endif
