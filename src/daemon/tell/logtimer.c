/* SPDX-License-Identifier: ISC */
/* logtimer: has the log hold lines about clients, and writes them when their time is over. */
#include "logtimer.h"

#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/loop.h"

struct logtimer {
	struct event timer;
};

static void timer_cb(evutil_socket_t fd, short what, void *argument)
{
	(void)fd;
	(void)what;
	(void)argument;
	log_release();
}

/* Called once for all the lines that are then held. */
static bool later(void *argument, unsigned ms)
{
	struct logtimer *logtimer = argument;

	return loop_add_timer(&logtimer->timer, ms);
}

struct logtimer *logtimer_new(struct event_base *base)
{
	struct logtimer *logtimer = malloc(sizeof *logtimer);

	if (!logtimer)
		return NULL;
	evtimer_assign(&logtimer->timer, base, timer_cb, NULL);
	log_hold(later, logtimer);
	return logtimer;
}

void logtimer_free(struct logtimer *logtimer)
{
	if (!logtimer)
		return;
	log_hold(NULL, NULL);
	evtimer_del(&logtimer->timer);
	free(logtimer);
}
