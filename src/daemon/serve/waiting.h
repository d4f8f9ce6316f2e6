/* SPDX-License-Identifier: ISC */
/*
 * waiting: clients that wait equally long for something. The first in the queue is due first, so
 * one timer serves all.
 *
 * (libevent's own timeouts would all be due in one go, however many. And they restart with every
 * byte, so a client that trickles would live forever.)
 */
#ifndef DAEMON_SERVE_WAITING_H
#define DAEMON_SERVE_WAITING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/queue.h"

struct event;
struct event_base;

/* How many clients are handled in a turn of the event loop before its other events have theirs. */
enum { WAITING_A_TURN = 16 };

/*
 * A client's place in a queue. Small, since many wait: the time is clock_ms(), modulo 2^32, and
 * what would be padding after it is free for the client's use.
 */
struct waiter {
	QUEUE_LINK(waiter) link;
	uint32_t since_ms;
	uint32_t spare;
};

/* Called for a client that is due, which it must remove from the queue. */
typedef void waiting_due_cb(struct waiter *waiter, void *argument);

QUEUE_HEAD(waiter_list, waiter);

/* A queue. Its fields are private to waiting.c; they are here for the inline functions below. */
struct waiting {
	struct waiter_list list; /* longest waiting first */
	uint32_t ms;
	uint64_t slack_ms;
	waiting_due_cb *due;
	void *argument;
	struct event *timer; /* pending while somebody waits, and maybe once more */
	bool is_hurried;     /* clients that have waited since hurried_ms or longer are due */
	uint32_t hurried_ms;
	uint32_t seen_ms; /* see waiting_seen_ms() */
};

/*
 * Makes an empty queue, in which a client is due after `ms` milliseconds, or up to `slack_ms`
 * later: few wake-ups then serve many. NULL: no memory. Nothing fails later: `base` comes from
 * loop_new(), which has room for the queue's one timer.
 */
struct waiting *waiting_new(struct event_base *base, uint64_t ms, uint64_t slack_ms,
			    waiting_due_cb *due, void *argument);

/* Frees a queue that is empty. NULL is allowed. */
void waiting_free(struct waiting *waiting);

/* Starts the timer, for the first in the queue. */
void waiting_begin(struct waiting *waiting, uint32_t now_ms);

/*
 * Adds a client at the end; `now_ms` is clock_ms(), modulo 2^32. Inline, since each greeting calls
 * it twice.
 */
static inline void waiting_add(struct waiting *waiting, struct waiter *waiter, uint32_t now_ms)
{
	if (!waiting->list.first)
		waiting_begin(waiting, now_ms);
	waiter->since_ms = now_ms;
	QUEUE_ADD(&waiting->list, waiter, link);
}

/* Removes a client. */
static inline void waiting_remove(struct waiting *waiting, struct waiter *waiter)
{
	QUEUE_REMOVE(&waiting->list, waiter, link);
}

/* Moves a client to the end of the queue: its time starts again. */
static inline void waiting_again(struct waiting *waiting, struct waiter *waiter, uint32_t now_ms)
{
	waiting_remove(waiting, waiter);
	waiting_add(waiting, waiter, now_ms);
}

/*
 * Moves a client to another queue, in which it has waited for as long as in the first. It must have
 * waited no longer than those that are there.
 */
void waiting_move(struct waiting *from, struct waiting *to, struct waiter *waiter);

/*
 * Returns when the queue was last looked through for clients that are due, or when the first of
 * them came: in a callback for one that is due, that is now.
 */
static inline uint32_t waiting_seen_ms(const struct waiting *waiting)
{
	return waiting->seen_ms;
}

/* Returns the client that has waited longest, or NULL. */
struct waiter *waiting_first(const struct waiting *waiting);

/* Returns the client that came last, or NULL. */
struct waiter *waiting_last(const struct waiting *waiting);

/* Returns the client that came before another, or NULL. */
struct waiter *waiting_before(const struct waiting *waiting, const struct waiter *waiter);

/*
 * Handles those that have waited for `ms` milliseconds, which may be before they are due, and those
 * that are hurried; `most` of them. Returns whether there are others.
 */
bool waiting_see_to(struct waiting *waiting, uint32_t ms, size_t most);

/*
 * Makes every client that waits now due: `most` of them at once, the others in the loop's next
 * turns. Returns whether there are others.
 */
bool waiting_hurry(struct waiting *waiting, size_t most);

#endif
