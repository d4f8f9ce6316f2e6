/* loop: libevent's event loop, made and ended in one way by both programs. */
#include "base/loop.h"

#include <event2/event.h>

#include "base/log.h"

/*
 * Until the loop runs, libevent's warnings are for -v: whoever makes things tells what they lack.
 * But after an error libevent ends the program itself, and this is its only line.
 */
static void aside_cb(int severity, const char *message)
{
	log_from_libevent(severity == EVENT_LOG_ERR ? severity : EVENT_LOG_DEBUG, message);
}

/*
 * The environment must not choose the back end (EVENT_NOEPOLL and the like), and
 * no back end will do whose cost grows with the connections that are open.
 */
struct event_base *loop_new(void)
{
	struct event_config *config = event_config_new();
	struct event_base *base = NULL;

	event_set_log_callback(aside_cb);
	if (config && event_config_set_flag(config, EVENT_BASE_FLAG_IGNORE_ENV) == 0 &&
	    event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK) == 0 &&
	    event_config_require_features(config, EV_FEATURE_O1) == 0)
		base = event_base_new_with_config(config);
	if (config)
		event_config_free(config);
	return base;
}

int loop_run(struct event_base *base)
{
	event_set_log_callback(log_from_libevent);
	return event_base_dispatch(base);
}

void loop_free(struct event_base *base)
{
	if (base)
		event_base_free(base);
	libevent_global_shutdown();
}

bool loop_add_timer(struct event *event, uint64_t ms)
{
	struct timeval time = {.tv_sec = (time_t)(ms / 1000),
			       .tv_usec = (suseconds_t)(ms % 1000 * 1000)};

	return event_add(event, &time) == 0;
}

void loop_free_event(struct event *event)
{
	if (event)
		event_free(event);
}
