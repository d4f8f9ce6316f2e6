/* SPDX-License-Identifier: ISC */
/* loop: libevent's event loop, made and ended the same way by both programs. */
#ifndef BASE_LOOP_H
#define BASE_LOOP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/time.h>

#include "base/attributes.h"

struct event;
struct event_base;

/* This many timers at a time need no memory: a new loop has room for them, and keeps it. */
enum { LOOP_TIMERS = 64 };

/*
 * Makes a loop, and sends libevent's messages to our log. Until loop_run() they are shown with -v
 * only: the caller says what is lacking. NULL: no memory or descriptors.
 */
struct event_base *loop_new(void) MUST_CHECK;

/*
 * The same, but its timers ring within microseconds, not within the tick of a coarse clock (up to 4
 * ms on Linux). That takes more system calls.
 */
struct event_base *loop_new_precise(void) MUST_CHECK;

/*
 * Runs the loop until loop_stop(). Returns 0; anything else means that it failed (errno says why)
 * or ran out of events.
 */
int loop_run(struct event_base *base) MUST_CHECK;

/* Ends loop_run() after the callback that calls this. */
void loop_stop(struct event_base *base);

/* Returns so many milliseconds as libevent wants them. */
struct timeval loop_time(uint64_t ms);

/* Frees the loop and all that libevent keeps; events must be freed first. NULL is allowed. */
void loop_free(struct event_base *base);

/*
 * Triggers the event once, `ms` milliseconds from now, unless something else does so earlier.
 * False: no memory. Cannot fail while at most LOOP_TIMERS events have a timeout, this one included.
 */
bool loop_add_timer(struct event *event, uint64_t ms);

/* The same in microseconds, which only a precise loop keeps. */
bool loop_add_timer_us(struct event *event, uint64_t us);

/* Removes the event from the loop and frees it. NULL is allowed. */
void loop_free_event(struct event *event);

#endif
