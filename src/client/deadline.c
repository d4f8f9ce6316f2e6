/* SPDX-License-Identifier: ISC */
/* deadline: a deadline that does not lose what came before it. */
#include "deadline.h"

#include <event2/event.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/loop.h"

/*
 * Turns of the loop, each of which looks at every socket. An address may have come, then a
 * connection, the greeting, and the end of the stream. The turns are counted, so that a server that
 * goes on sending does not put off the deadline.
 */
enum { LAST_TURNS = 4 };

/*
 * A timer this late shows that we were stopped. Then others need a moment, too: a thread that has
 * an answer, and a server on the same machine. They get as long as we were stopped, within a limit:
 * how late we are is what tells how busy the machine is.
 */
enum { LATE_MS = 50, LONGEST_MOMENT_MS = 1000 };

struct deadline {
	struct event *timer;
	deadline_cb *passed;
	void *argument;
	uint64_t at_ms;
	unsigned turns; /* left */
	bool is_late;
};

static void timer_cb(evutil_socket_t fd, short what, void *argument)
{
	struct deadline *deadline = argument;
	uint64_t now_ms = clock_ms(),
		 late_ms = now_ms > deadline->at_ms ? now_ms - deadline->at_ms : 0;

	(void)fd;
	(void)what;
	if (!deadline->is_late && late_ms > LATE_MS) {
		deadline->is_late = true;
		deadline->turns = LAST_TURNS;
		if (late_ms > LONGEST_MOMENT_MS)
			late_ms = LONGEST_MOMENT_MS;
		if (loop_add_timer(deadline->timer, late_ms))
			return;
	}
	if (deadline->turns > 0 && loop_add_timer(deadline->timer, 0))
		deadline->turns--;
	else
		deadline->passed(deadline->argument);
}

struct deadline *deadline_new(struct event_base *base, deadline_cb *passed, void *argument)
{
	struct deadline *deadline = calloc(1, sizeof *deadline);

	if (!deadline)
		return NULL;
	deadline->passed = passed;
	deadline->argument = argument;
	deadline->timer = evtimer_new(base, timer_cb, deadline);
	if (deadline->timer)
		return deadline;
	free(deadline);
	return NULL;
}

bool deadline_set(struct deadline *deadline, uint64_t ms)
{
	deadline->at_ms = clock_ms() + ms;
	deadline->turns = LAST_TURNS;
	deadline->is_late = false;
	return loop_add_timer(deadline->timer, ms);
}

void deadline_clear(struct deadline *deadline)
{
	evtimer_del(deadline->timer);
}

void deadline_free(struct deadline *deadline)
{
	if (!deadline)
		return;
	event_free(deadline->timer);
	free(deadline);
}
