/* SPDX-License-Identifier: ISC */
/*
 * deadline: a deadline that does not lose what came before it.
 *
 * A program may be stopped for a while, by SIGSTOP or on a busy machine. It then finds its timers
 * passed before it has looked at its sockets. So once the time is over, the loop first looks at
 * them a few more times, without waiting. Only then has the deadline passed. If the timer is over
 * 50 ms late, the loop first waits as long again, up to a second, for what other threads have to
 * say.
 */
#ifndef CLIENT_DEADLINE_H
#define CLIENT_DEADLINE_H

#include <stdbool.h>
#include <stdint.h>

struct deadline;
struct event_base;

/* Called from the loop, once for each deadline_set() whose time passes. */
typedef void deadline_cb(void *argument);

/* NULL: no memory. */
struct deadline *deadline_new(struct event_base *base, deadline_cb *passed, void *argument);

/*
 * Sets it to `ms` from now, in place of any earlier time. False: no memory, as for
 * loop_add_timer().
 */
bool deadline_set(struct deadline *deadline, uint64_t ms);

/* Cancels it. */
void deadline_clear(struct deadline *deadline);

/* Allowed in the callback; NULL is allowed. */
void deadline_free(struct deadline *deadline);

#endif
