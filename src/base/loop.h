/* loop: libevent's event loop, made and ended in one way by both programs. */
#ifndef BASE_LOOP_H
#define BASE_LOOP_H

#include <stdbool.h>
#include <stdint.h>

struct event;
struct event_base;

/* Makes the loop and sends libevent's messages to our log. NULL: no memory or descriptors. */
struct event_base *loop_new(void);

/* Runs the loop until it is told to end; returns what event_base_dispatch() does. */
int loop_run(struct event_base *base);

/* Frees the loop and all that libevent keeps; events must be freed before. NULL is allowed. */
void loop_free(struct event_base *base);

/*
 * Lets the event happen once, `ms` milliseconds from now, unless something else
 * makes it. False: no memory, which libevent never lacks for a loop's first eight
 * timers once it has had one.
 */
bool loop_add_timer(struct event *event, uint64_t ms);

/* Takes the event out of the loop and frees it. NULL is allowed. */
void loop_free_event(struct event *event);

#endif
