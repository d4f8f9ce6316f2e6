/* SPDX-License-Identifier: ISC */
/* monitor: answers HTTP on sockets of its own. */
#include "monitor.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/address.h"
#include "base/log.h"
#include "base/loop.h"
#include "acceptor.h"
#include "episode.h"
#include "hearing.h"
#include "httpanswer.h"
#include "httprequest.h"
#include "sessions.h"
#include "daemon/setup/sockets.h"
#include "daemon/tell/journal.h"
#include "daemon/tell/metrics.h"
#include "daemon/tell/stats.h"

/* The longest life of a connection, and its longest silence once it is answered. */
enum { LIFE_MS = 10000, IDLE_MS = 1000 };

struct monitor {
	struct event_base *base;
	monitor_look_cb *look;
	void *look_argument;
	struct hearing hearing;
	struct sessions *sessions;
	struct stats stats; /* of these sessions; nobody asks for them */
	struct acceptor *acceptor;
	struct event *resume;
	uint64_t quiet_until; /* the end of an episode of shortage */
};

/* Queues the answer on a bufferevent of its own. NULL: no memory. */
static struct bufferevent *make_answer(const struct monitor *monitor, enum prelude_verdict verdict,
				       const void *parser)
{
	struct bufferevent *output = bufferevent_socket_new(monitor->base, -1, 0);
	struct metrics_facts facts = {0};
	char answer[HTTPANSWER_MAX];
	size_t length;

	if (!output)
		return NULL;
	monitor->look(&facts, monitor->look_argument);
	length = httpanswer_write(answer, verdict, parser, &facts);
	bufferevent_disable(output, EV_READ | EV_WRITE);
	if (evbuffer_add(bufferevent_get_output(output), answer, length) == 0)
		return output;
	bufferevent_free(output);
	return NULL;
}

static bool heard_cb(struct session *session, enum prelude_verdict verdict, const void *parser,
		     void *argument)
{
	struct bufferevent *output = make_answer(argument, verdict, parser);

	return output && hearing_answer(session, output);
}

/* Lets the kernel's queues hold the next clients, for a time. */
static void pause_for(struct monitor *monitor, uint64_t ms)
{
	acceptor_stop(monitor->acceptor);
	loop_add_timer(monitor->resume, ms);
}

static void pause_for_shortage(struct monitor *monitor, int reason)
{
	if (episode_begins(&monitor->quiet_until))
		log_warning("cannot accept connections for metrics: %s; retrying every %d ms",
			    strerror(reason), ACCEPTOR_RETRY_MS);
	pause_for(monitor, ACCEPTOR_RETRY_MS);
}

static void resume_cb(evutil_socket_t fd, short what, void *argument)
{
	struct monitor *monitor = argument;

	(void)fd;
	(void)what;
	if (!acceptor_start(monitor->acceptor))
		pause_for_shortage(monitor, errno);
}

static void accepted_cb(const struct socket_entry *entry, int fd, const struct sockaddr *from,
			socklen_t length, void *argument)
{
	struct monitor *monitor = argument;
	char peer[ADDRESS_TEXT_MAX];

	(void)entry;
	if (!sessions_hear(monitor->sessions, fd, journal_name(from, length, peer)))
		pause_for_shortage(monitor, ENOMEM);
}

static void failed_cb(int reason, void *argument)
{
	pause_for_shortage(argument, reason);
}

/* Nobody waits for the end of such a session. */
static void closed_cb(void *argument)
{
	(void)argument;
}

static bool start_accepting(struct monitor *monitor, const struct sockets *sockets)
{
	for (size_t i = 0; i < sockets_count(sockets); i++)
		if (!acceptor_add(monitor->acceptor, sockets_at(sockets, i)))
			return false;
	return true;
}

struct monitor *monitor_new(struct event_base *base, const struct sockets *sockets, size_t room,
			    monitor_look_cb *look, void *argument)
{
	const struct sessions_bounds bounds = {room, LIFE_MS, IDLE_MS};
	struct monitor *monitor = calloc(1, sizeof *monitor);

	if (!monitor)
		return NULL;
	monitor->base = base;
	monitor->look = look;
	monitor->look_argument = argument;
	monitor->hearing = (struct hearing){
		.prelude = &httprequest_kind,
		.heard = heard_cb,
		.argument = monitor,
		.role = "metrics",
	};
	monitor->sessions = sessions_new_heard(base, &monitor->hearing, &bounds, &monitor->stats,
					       closed_cb, NULL);
	monitor->acceptor = acceptor_new(base, accepted_cb, failed_cb, monitor);
	monitor->resume = evtimer_new(base, resume_cb, monitor);
	if (monitor->sessions && monitor->acceptor && monitor->resume &&
	    start_accepting(monitor, sockets))
		return monitor;
	monitor_free(monitor);
	return NULL;
}

void monitor_free(struct monitor *monitor)
{
	if (!monitor)
		return;
	acceptor_free(monitor->acceptor);
	sessions_free(monitor->sessions);
	loop_free_event(monitor->resume);
	free(monitor);
}
