/* SPDX-License-Identifier: ISC */
/* server: the event loop and all that lives on it: what starts, what stops, and when. */
#include "server.h"

#include <errno.h>
#include <event2/event.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/number.h"
#include "announce.h"
#include "daemon/admit/gate.h"
#include "daemon/say/datagram.h"
#include "daemon/say/greeting.h"
#include "door.h"
#include "listener.h"
#include "monitor.h"
#include "orders.h"
#include "proxies.h"
#include "reload.h"
#include "daemon/options.h"
#include "daemon/tell/logtimer.h"
#include "daemon/tell/metrics.h"
#include "daemon/tell/notify.h"
#include "daemon/tell/readiness.h"
#include "room.h"
#include "sessions.h"
#include "daemon/setup/sockets.h"
#include "daemon/tell/stats.h"
#include "daemon/status.h"

struct server {
	const struct options *options;
	struct event_base *base;
	struct logtimer *logtimer;
	struct orders *orders;
	struct event *state_over; /* when the lame duck or the drain is */
	enum server_state state;  /* as signals and time have it */
	struct greeting *greeting;
	struct sockets *sockets;     /* NULL once no more connections can come */
	struct datagrams *datagrams; /* NULL if none are answered */
	struct gate *gate;
	struct door *door;
	struct proxies *proxies; /* NULL: no socket is for them */
	struct sessions *sessions;
	struct listener *listener;
	struct sockets *metrics; /* those for metrics, which are open until the end */
	struct monitor *monitor; /* NULL if there are none */
	size_t monitor_room;	 /* the clients that it may have at once */
	struct readiness *readiness;
	struct reload *reload;
	struct notify *notify;
	struct stats stats;
	bool has_ended;	   /* well, after serving */
	uint64_t start_ms; /* since 1970 */
};

/* Ends the loop if no client is left, and none can come. */
static void end_if_idle(struct server *server)
{
	if (!server->sockets && sessions_open(server->sessions) == 0)
		loop_stop(server->base);
}

/* Stops answering datagrams: a stop has begun, or the sockets are being closed. */
static void stop_datagrams(struct server *server)
{
	datagrams_free(server->datagrams);
	server->datagrams = NULL;
	if (server->sockets)
		sockets_close_datagrams(server->sockets);
}

/* Goes on as before, for a bounded time, in which clients learn to go elsewhere. */
static void begin_lame_duck(struct server *server)
{
	char time[NUMBER_TIME_MAX];

	server->state = SERVER_LAME_DUCK;
	loop_add_timer(server->state_over, server->options->lame_duck);
	log_info("lame duck for %s: new clients are still greeted; another TERM or INT begins "
		 "the drain",
		 number_format_time(time, server->options->lame_duck));
}

/* Accepts no more, and waits for the open connections, for a bounded time. */
static void begin_drain(struct server *server)
{
	server->state = SERVER_DRAINING;
	loop_add_timer(server->state_over, server->options->drain);
	stop_datagrams(server);
	if (server->sockets) {
		listener_stop(server->listener);
		sockets_let_go(server->sockets);
	}
	sessions_look_at_all(server->sessions);
	if (sessions_open(server->sessions) > 0)
		log_info("stopping: waiting for %zu connection%s", sessions_open(server->sessions),
			 number_plural(sessions_open(server->sessions)));
}

/* Each TERM or INT takes the next step. No lame duck if the options' count has been reached. */
static void stop(void *argument)
{
	struct server *server = argument;

	if (server->state == SERVER_DRAINING)
		loop_stop(server->base);
	else if (server->state == SERVER_RUNNING && server->options->lame_duck > 0 &&
		 server->sockets)
		begin_lame_duck(server);
	else
		begin_drain(server);
	notify_stopping(server->notify);
}

static void state_over_cb(evutil_socket_t fd, short what, void *argument)
{
	struct server *server = argument;

	(void)fd;
	(void)what;
	if (server->state == SERVER_LAME_DUCK) {
		begin_drain(server);
		notify_changed(server->notify);
		return;
	}
	if (sessions_open(server->sessions) > 0)
		log_info("stopping: closing %zu connection%s that did not end in time",
			 sessions_open(server->sessions),
			 number_plural(sessions_open(server->sessions)));
	loop_stop(server->base);
}

enum server_state server_state(const struct server *server)
{
	/* Once the options' count is reached, that is a drain without a time limit. */
	return server->sockets ? server->state : SERVER_DRAINING;
}

/* Writes the status for the service manager. It may change while somebody is connected. */
static bool status_cb(char *text, void *argument)
{
	static const char *const states[] = {
		[SERVER_RUNNING] = "",
		[SERVER_LAME_DUCK] = "lame duck: ",
		[SERVER_DRAINING] = "draining: ",
	};
	const struct server *server = argument;
	size_t open = sessions_open(server->sessions);

	snprintf(text, NOTIFY_STATUS_MAX, "%s%zu open, %" PRIu64 " greeted, %" PRIu64 " pauses%s",
		 states[server_state(server)], open, server->stats.greeted,
		 server->stats.accept_pauses,
		 reload_has_failed(server->reload) ? "; the last reload failed" : "");
	return open > 0;
}

static void begun_cb(void *argument)
{
	struct server *server = argument;

	notify_changed(server->notify);
}

/* Whether new clients are welcome. */
static bool is_ready(const struct server *server)
{
	return server_state(server) == SERVER_RUNNING;
}

static void look_cb(struct metrics_facts *facts, void *argument)
{
	struct server *server = argument;

	server->stats.open = sessions_open(server->sessions);
	*facts = (struct metrics_facts){
		.stats = &server->stats,
		.room = sessions_room(server->sessions),
		.start_ms = server->start_ms,
		.is_draining = server_state(server) == SERVER_DRAINING,
		.is_ready = is_ready(server),
		.libevent = event_get_version(),
	};
}

static void report(void *argument)
{
	struct server *server = argument;

	server->stats.open = sessions_open(server->sessions);
	stats_log(&server->stats);
}

static void reload(void *argument)
{
	struct server *server = argument;

	reload_begin(server->reload);
}

static void reloading_cb(void *argument)
{
	struct server *server = argument;

	notify_reloading(server->notify);
}

/* A manager waits for the end of a reload, whatever came of it. */
static void reloaded_cb(void *argument)
{
	struct server *server = argument;

	notify_ready(server->notify);
}

/* No more connections come: the open ones are served to their end, then we end. */
static void finished_cb(void *argument)
{
	struct server *server = argument;

	stop_datagrams(server);
	sockets_close(server->sockets);
	server->sockets = NULL;
	sessions_look_at_all(server->sessions);
	notify_stopping(server->notify);
	end_if_idle(server);
}

static void session_ended_cb(void *argument)
{
	struct server *server = argument;

	if (server->listener)
		listener_note_room(server->listener);
	end_if_idle(server);
}

/* Starts to accept, after all else has its descriptors: those that are left are for clients. */
static bool start_listening(struct server *server)
{
	size_t room = room_find(server->options, server->monitor_room + SESSIONS_DESCRIPTORS);

	if (room == 0)
		return false;
	server->sessions = sessions_new(server->base, server->options, server->greeting,
					server->proxies ? proxies_hearing(server->proxies) : NULL,
					&server->stats, room, session_ended_cb, server);
	if (!server->sessions)
		return false;
	sessions_watch(server->sessions, begun_cb, server);
	sessions_count_sources(server->sessions, gate_leave, server->gate);
	door_watch(server->door, server->sessions);
	server->listener = listener_new(server->base, server->options, server->sockets,
					server->sessions, server->door, &server->stats, finished_cb,
					server);
	return server->listener != NULL;
}

/* Answers HTTP on the sockets for that, if there are any. False: no memory or descriptors. */
static bool start_monitor(struct server *server)
{
	if (sockets_count(server->metrics) == 0)
		return true;
	/* Besides: for the monitor's set of sessions, and for that of those to be greeted. */
	server->monitor_room = room_for_others(MONITOR_ROOM, 2 * (size_t)SESSIONS_DESCRIPTORS);
	server->monitor = monitor_new(server->base, server->metrics, server->monitor_room, look_cb,
				      server);
	return server->monitor != NULL;
}

/* Prepares for proxies, if any of the sockets is for them. False: no memory. */
static bool prepare_proxies(struct server *server)
{
	if (!sockets_have_role(server->sockets, SOCKET_PROXY))
		return true;
	server->proxies = proxies_new(server->options, server->door, &server->stats);
	return server->proxies != NULL;
}

/* Makes everything that serves the sockets; signals last, since readiness is reported next. */
static bool open_service(struct server *server, const struct outlet *output)
{
	static const struct orders_handlers handlers = {stop, report, reload};

	server->base = loop_new();
	if (!server->base)
		return false;
	server->logtimer = logtimer_new(server->base);
	server->state_over = evtimer_new(server->base, state_over_cb, server);
	server->notify = notify_new(server->base, status_cb, server);
	if (!server->logtimer || !server->state_over || !server->notify ||
	    !greeting_watch(server->greeting, server->base))
		return false;
	server->reload = reload_new(server->base, server->greeting, server->gate, reloading_cb,
				    reloaded_cb, server);
	server->door = door_new(server->base, server->options, server->gate, &server->stats);
	if (!server->reload || !server->door)
		return false;
	if (sockets_expect_datagrams(server->options) != SOCKETS_NO_DATAGRAMS) {
		server->datagrams = datagrams_new(server->base, server->sockets, server->greeting,
						  &server->stats);
		if (!server->datagrams)
			return false;
		datagrams_limit(server->datagrams, door_admit_datagram, server->door);
	}
	if (!start_monitor(server) || !prepare_proxies(server) || !start_listening(server))
		return false;
	/* It has a descriptor for as long as nobody reads, which is not worth a client. */
	server->readiness = announce_prepare(server->base, output, server->sockets,
					     server->metrics);
	if (!server->readiness)
		return false;
	server->orders = orders_new(server->base, &handlers, server);
	return server->orders != NULL;
}

struct server *server_open(const struct options *options, struct greeting *greeting,
			   struct gate *gate, const struct outlet *output, int *status)
{
	struct server *server = calloc(1, sizeof *server);

	*status = STATUS_FAILURE;
	if (!server) {
		log_error("out of memory");
		return NULL;
	}
	server->options = options;
	server->greeting = greeting;
	server->gate = gate;
	server->start_ms = clock_now_ms();
	server->sockets = sockets_open(options);
	if (server->sockets)
		server->metrics = sockets_split(server->sockets, SOCKET_METRICS);
	if (!server->metrics) {
		*status = STATUS_LISTEN;
	} else if (!open_service(server, output)) {
		log_error("cannot start to serve: out of memory or descriptors");
	} else {
		return server;
	}
	server_close(server);
	return NULL;
}

/* Logs what runs where. */
static void log_start(const struct server *server)
{
	char engine[ANNOUNCE_ENGINE_MAX];

	snprintf(engine, sizeof engine, "libevent %s, %s", event_get_version(),
		 event_base_get_method(server->base));
	announce_log(engine, server->sockets, server->metrics);
}

int server_run(struct server *server)
{
	log_wait_no_more();
	log_start(server);
	readiness_tell(server->readiness);
	notify_ready(server->notify);
	server->has_ended = loop_run(server->base) == 0;
	if (server->has_ended)
		return STATUS_STOPPED;
	log_error("the event loop failed: %s", strerror(errno));
	return STATUS_FAILURE;
}

void server_close(struct server *server)
{
	orders_block();
	listener_free(server->listener);
	server->listener = NULL;
	stop_datagrams(server);
	monitor_free(server->monitor);
	sessions_free(server->sessions);
	proxies_free(server->proxies);
	door_free(server->door);
	server->stats.open = 0;
	if (server->has_ended)
		stats_log_end(&server->stats);
	sockets_close(server->metrics);
	sockets_close(server->sockets);
	orders_free(server->orders);
	readiness_free(server->readiness);
	greeting_unwatch(server->greeting);
	reload_free(server->reload);
	notify_free(server->notify);
	loop_free_event(server->state_over);
	logtimer_free(server->logtimer);
	loop_free(server->base);
	free(server);
}
