/* loop: libevent's event loop, made and ended in one way by both programs. */
#ifndef BASE_LOOP_H
#define BASE_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attributes.h"

struct event;
struct event_base;

/* So many timers at a time take no memory: a new loop has room for them, and keeps it. */
enum { LOOP_TIMERS = 64 };

/*
 * Makes a loop, and sends libevent's messages to our log: until loop_run() they are shown with -v
 * only, for the caller tells what is lacking. NULL: no memory or descriptors.
 */
struct event_base *loop_new(void) MUST_CHECK;

/* Runs the loop until loop_stop(). Returns 0; else it failed (errno says why), or has no event
 * left.
 */
int loop_run(struct event_base *base) MUST_CHECK;

/* Ends loop_run() after the callback that calls this. */
void loop_stop(struct event_base *base);

/* Frees the loop and all that libevent keeps; events must be freed before. NULL is allowed. */
void loop_free(struct event_base *base);

/*
 * Lets the event happen once, `ms` milliseconds from now, unless something else makes it. False: no
 * memory. It cannot fail while at most LOOP_TIMERS events have a time, this one included.
 */
bool loop_add_timer(struct event *event, uint64_t ms);

/* Takes the event out of the loop and frees it. NULL is allowed. */
void loop_free_event(struct event *event);

#endif
