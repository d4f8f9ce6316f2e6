/*
 * deadline: a deadline that does not lose what came before it.
 *
 * A program that was stopped for a while, by SIGSTOP or on a busy machine, finds its timers
 * passed before it has looked at its sockets. So once the time is over, the loop looks at them
 * a few times more, without waiting, and only then the deadline has passed. If the timer is late by
 * more than 50 ms, the loop waits as long again before, for what other threads have to say.
 */
#ifndef CLIENT_DEADLINE_H
#define CLIENT_DEADLINE_H

#include <stdbool.h>
#include <stdint.h>

struct deadline;
struct event_base;

/* Called once, from the loop, each time that one passes. */
typedef void deadline_cb(void *argument);

/* NULL: no memory. */
struct deadline *deadline_new(struct event_base *base, deadline_cb *passed, void *argument);

/* Sets it to `ms` from now, in place of any earlier time. False: no memory, as for
 * loop_add_timer().
 */
bool deadline_set(struct deadline *deadline, uint64_t ms);

/* Cancels it. */
void deadline_clear(struct deadline *deadline);

/* Allowed in the callback; NULL is allowed. */
void deadline_free(struct deadline *deadline);

#endif
