/* SPDX-License-Identifier: ISC */
/* waiting: clients that wait equally long for something, with one timer for all. */
#include "waiting.h"

#include <event2/event.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/loop.h"

/* The time in ms, modulo 2^32: nobody waits for the 49 days until that wraps. */
static uint32_t present_ms(void)
{
	return (uint32_t)clock_ms();
}

/* Returns the first client if it is hurried, or has waited for `ms`, else NULL. */
static struct waiter *find_due(const struct waiting *waiting, uint32_t ms, uint32_t now)
{
	struct waiter *first = waiting->list.first;

	if (first &&
	    (now - first->since_ms >= ms ||
	     (waiting->is_hurried && (int32_t)(waiting->hurried_ms - first->since_ms) >= 0)))
		return first;
	return NULL;
}

bool waiting_see_to(struct waiting *waiting, uint32_t ms, size_t most)
{
	uint32_t now = present_ms();
	struct waiter *due;

	waiting->seen_ms = now;
	while ((due = find_due(waiting, ms, now)) && most-- > 0)
		waiting->due(due, waiting->argument);
	if (!due)
		waiting->is_hurried = false;
	return due != NULL;
}

/* Sets the timer for the first client; if that is due already, the loop's other events go first. */
static void wait(struct waiting *waiting)
{
	const struct waiter *first = waiting->list.first;
	uint32_t now = present_ms();
	uint64_t left;

	if (!first)
		return;
	if (find_due(waiting, waiting->ms, now)) {
		loop_add_timer(waiting->timer, 0);
		return;
	}
	left = waiting->ms - (now - first->since_ms);
	loop_add_timer(waiting->timer, left > waiting->slack_ms ? left : waiting->slack_ms);
}

static void timer_cb(evutil_socket_t fd, short what, void *argument)
{
	struct waiting *waiting = argument;

	(void)fd;
	(void)what;
	(void)waiting_see_to(waiting, waiting->ms, WAITING_A_TURN);
	wait(waiting);
}

struct waiting *waiting_new(struct event_base *base, uint64_t ms, uint64_t slack_ms,
			    waiting_due_cb *due, void *argument)
{
	struct waiting *waiting = calloc(1, sizeof *waiting);

	if (!waiting)
		return NULL;
	QUEUE_INIT(&waiting->list);
	waiting->ms = (uint32_t)ms;
	waiting->slack_ms = slack_ms;
	waiting->due = due;
	waiting->argument = argument;
	waiting->timer = evtimer_new(base, timer_cb, waiting);
	if (waiting->timer)
		return waiting;
	waiting_free(waiting);
	return NULL;
}

void waiting_free(struct waiting *waiting)
{
	if (!waiting)
		return;
	loop_free_event(waiting->timer);
	free(waiting);
}

void waiting_begin(struct waiting *waiting, uint32_t now_ms)
{
	waiting->seen_ms = now_ms;
	loop_add_timer(waiting->timer, waiting->ms);
}

void waiting_move(struct waiting *from, struct waiting *to, struct waiter *waiter)
{
	bool is_first = !to->list.first;

	waiting_remove(from, waiter);
	QUEUE_ADD(&to->list, waiter, link);
	if (is_first)
		wait(to);
}

struct waiter *waiting_first(const struct waiting *waiting)
{
	return waiting->list.first;
}

/* Returns the client in whose link an address is stored; NULL: it is that of the queue itself. */
static struct waiter *holder_of(const struct waiting *waiting, struct waiter **address)
{
	if (address == &waiting->list.first)
		return NULL;
	return (struct waiter *)(void *)((char *)address - offsetof(struct waiter, link.next));
}

struct waiter *waiting_last(const struct waiting *waiting)
{
	return holder_of(waiting, waiting->list.end);
}

struct waiter *waiting_before(const struct waiting *waiting, const struct waiter *waiter)
{
	return holder_of(waiting, waiter->link.back);
}

bool waiting_hurry(struct waiting *waiting, size_t most)
{
	bool more;

	waiting->is_hurried = true;
	waiting->hurried_ms = present_ms();
	more = waiting_see_to(waiting, waiting->ms, most);
	if (more)
		wait(waiting);
	return more;
}
