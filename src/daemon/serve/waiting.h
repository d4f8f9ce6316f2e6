/*
 * waiting: clients that wait equally long for something, so that the first in the queue is due
 * first: one timer serves them all.
 *
 * (libevent's own timeouts would be due all in one go, however many; and they start anew with every
 * byte, so that a trickler would live for ever.)
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

/* How many clients a turn of the event loop may see to before its other events have theirs. */
enum { WAITING_A_TURN = 16 };

/*
 * A client's place in a queue. Small, since many wait: the time is that of clock_ms(), modulo 2^32,
 * and what would be padding after it is the client's to use.
 */
struct waiter {
	QUEUE_LINK(waiter) link;
	uint32_t since_ms;
	uint32_t spare;
};

/* Called for a client that is due. It must take it out of the queue. */
typedef void waiting_due_cb(struct waiter *waiter, void *argument);

QUEUE_HEAD(waiter_list, waiter);

/* A queue. All but waiting.c leaves its fields alone; they stand here for the sake of the two
 * below. */
struct waiting {
	struct waiter_list list; /* the one that waits longest first */
	uint32_t ms;
	uint64_t slack_ms;
	waiting_due_cb *due;
	void *argument;
	struct event *timer; /* runs while somebody waits, and maybe once more */
	bool is_hurried;     /* those that wait since hurried_ms or longer are due */
	uint32_t hurried_ms;
};

/*
 * Makes an empty queue, in which a client is due after `ms` milliseconds, or up to `slack_ms`
 * later: a few wake-ups then serve many. NULL: no memory. Nothing fails later: the base is of
 * loop_new(), which has room for the queue's one timer.
 */
struct waiting *waiting_new(struct event_base *base, uint64_t ms, uint64_t slack_ms,
			    waiting_due_cb *due, void *argument);

/* Frees a queue that is empty. NULL is allowed. */
void waiting_free(struct waiting *waiting);

/* Has the timer run, for the first in the queue. */
void waiting_begin(struct waiting *waiting);

/* Puts a client at the end; `now_ms` is clock_ms(), modulo 2^32. Each greeting takes two of these.
 */
static inline void waiting_add(struct waiting *waiting, struct waiter *waiter, uint32_t now_ms)
{
	if (!waiting->list.first)
		waiting_begin(waiting);
	waiter->since_ms = now_ms;
	QUEUE_ADD(&waiting->list, waiter, link);
}

/* Takes a client out. */
static inline void waiting_remove(struct waiting *waiting, struct waiter *waiter)
{
	QUEUE_REMOVE(&waiting->list, waiter, link);
}

/* Puts a client that is in the queue at its end: its time begins anew. */
static inline void waiting_again(struct waiting *waiting, struct waiter *waiter, uint32_t now_ms)
{
	waiting_remove(waiting, waiter);
	waiting_add(waiting, waiter, now_ms);
}

/* The client that waits longest, or NULL. */
struct waiter *waiting_first(const struct waiting *waiting);

/*
 * Makes all that wait now due: `most` of them at once, the others in the loop's next turns. Returns
 * whether there are others.
 */
bool waiting_hurry(struct waiting *waiting, size_t most);

#endif
