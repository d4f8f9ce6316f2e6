/* SPDX-License-Identifier: ISC */
/*
 * looping: a module of hailto that runs on the loop and calls back: what its tests share.
 *
 * The log is captured. What the callback is told is for the test to keep; here it is counted.
 */
#ifndef UNIT_LOOPING_H
#define UNIT_LOOPING_H

#include <stdbool.h>
#include <stdint.h>

struct event_base;

extern struct event_base *base;
extern bool free_in_callback;
extern uint64_t started_ms;

/* How often the callback was called, and when last, in ms since the start. */
extern struct looping_calls {
	unsigned calls;
	uint64_t ms;
} called;

void looping_setup(void);

/* Likewise, with memory for libevent that ends when the test wants it to. */
void looping_setup_scarce(void);

void looping_teardown(void);

/* To be called just before what is tested starts. */
void looping_start(void);

/* To be called by the callback. */
void looping_called(const void *argument);

/* Runs the loop until the callback was called. */
void finish(void);

#endif
