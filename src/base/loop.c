/* SPDX-License-Identifier: ISC */
/* loop: libevent's event loop, made and ended the same way by both programs. */
#include "base/loop.h"

#include <event2/event.h>
#include <event2/event_struct.h>

#include "base/log.h"

/*
 * Logs libevent's warnings with -v only: until the loop runs, the caller says what is lacking. But
 * after an error libevent itself ends the program, and this is its only line.
 */
static void aside_cb(int severity, const char *message)
{
	log_from_libevent(severity == EVENT_LOG_ERR ? severity : EVENT_LOG_DEBUG, message);
}

/*
 * Makes a base; `flags` are added to those of all. The environment must not choose the back end
 * (EVENT_NOEPOLL and the like). A back end whose cost grows with the number of open connections is
 * refused.
 */
static struct event_base *make_base(int flags)
{
	struct event_config *config = event_config_new();
	struct event_base *base = NULL;

	flags |= EVENT_BASE_FLAG_IGNORE_ENV | EVENT_BASE_FLAG_NOLOCK;
	if (config && event_config_set_flag(config, flags) == 0 &&
	    event_config_require_features(config, EV_FEATURE_O1) == 0)
		base = event_base_new_with_config(config);
	if (config)
		event_config_free(config);
	return base;
}

static void never_cb(evutil_socket_t fd, short what, void *argument)
{
	(void)fd;
	(void)what;
	(void)argument;
}

/*
 * Makes room for LOOP_TIMERS timers by adding and removing that many: libevent's heap grows with
 * the timers added, and never shrinks. False: no memory.
 */
static bool reserve_timers(struct event_base *base)
{
	static const struct timeval some_day = {.tv_sec = 86400};
	struct event timers[LOOP_TIMERS];
	size_t count = 0;
	bool has_room = true;

	for (; has_room && count < LOOP_TIMERS; count++)
		has_room = evtimer_assign(&timers[count], base, never_cb, NULL) == 0 &&
			   evtimer_add(&timers[count], &some_day) == 0;
	while (count > 0)
		(void)evtimer_del(&timers[--count]);
	return has_room;
}

/* Makes a loop on a base with these flags. NULL: no memory or descriptors. */
static struct event_base *make_loop(int flags)
{
	struct event_base *base;

	event_set_log_callback(aside_cb);
	base = make_base(flags);
	if (!base || reserve_timers(base))
		return base;
	event_base_free(base);
	return NULL;
}

struct event_base *loop_new(void)
{
	return make_loop(0);
}

struct event_base *loop_new_precise(void)
{
	return make_loop(EVENT_BASE_FLAG_PRECISE_TIMER);
}

int loop_run(struct event_base *base)
{
	event_set_log_callback(log_from_libevent);
	return event_base_dispatch(base);
}

void loop_stop(struct event_base *base)
{
	event_base_loopbreak(base);
}

void loop_free(struct event_base *base)
{
	if (base)
		event_base_free(base);
	libevent_global_shutdown();
}

struct timeval loop_time(uint64_t ms)
{
	return (struct timeval){.tv_sec = (time_t)(ms / 1000),
				.tv_usec = (suseconds_t)(ms % 1000 * 1000)};
}

bool loop_add_timer(struct event *event, uint64_t ms)
{
	struct timeval time = loop_time(ms);

	return event_add(event, &time) == 0;
}

bool loop_add_timer_us(struct event *event, uint64_t us)
{
	struct timeval time = {.tv_sec = (time_t)(us / 1000000),
			       .tv_usec = (suseconds_t)(us % 1000000)};

	return event_add(event, &time) == 0;
}

void loop_free_event(struct event *event)
{
	if (event)
		event_free(event);
}
