/* SPDX-License-Identifier: ISC */
/* listener: takes connections from the listening sockets and gives each to a session. */
#include "listener.h"

#include <errno.h>
#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/address.h"
#include "base/attributes.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/socket.h"
#include "acceptor.h"
#include "episode.h"
#include "daemon/options.h"
#include "daemon/say/ends.h"
#include "door.h"
#include "sessions.h"
#include "daemon/setup/sockets.h"
#include "daemon/tell/journal.h"
#include "daemon/tell/stats.h"

/* Why we do not accept now; several reasons may hold at once. */
enum pause {
	PAUSE_FULL = 1,	    /* as many sessions as allowed */
	PAUSE_SHORTAGE = 2, /* the machine has no descriptors or memory for more */
	PAUSE_STOPPED = 4,  /* forever */
};

/* The pauses that may end when a session ends. */
enum { FOR_WANT = PAUSE_FULL | PAUSE_SHORTAGE };

struct listener {
	struct event_base *base;
	const struct options *options;
	struct sessions *sessions;
	struct door *door;
	bool is_guarded; /* the door turns some away */
	struct stats *stats;
	listener_finished_cb *finished;
	void *finished_argument;
	struct acceptor *acceptor;
	size_t own;	 /* so many of its sockets are ours; the others are inherited */
	unsigned pauses; /* bits of enum pause; accepting while 0 */
	struct event *next_turn, *retry;
	size_t emptied_first; /* with little room, a stop empties only that queue */
	uint64_t accepted;
	bool stopping;	   /* accept only clients already in the queues, up to the count */
	bool is_untold;	   /* full, unless a client not looked at yet has closed; not logged */
	bool has_new_room; /* a session has ended during a pause */
	uint64_t full_until, shortage_until; /* clock_ms(); the end of each episode */
};

/* Makes every socket accept, or none, as the pauses say. False, with errno: some do not accept. */
static bool apply_pauses(struct listener *listener, unsigned pauses)
{
	bool was_open = listener->pauses == 0, is_open = pauses == 0;

	listener->pauses = pauses;
	if (is_open && !was_open)
		return acceptor_start(listener->acceptor);
	if (was_open && !is_open)
		acceptor_stop(listener->acceptor);
	return true;
}

static void pause_for(struct listener *listener, enum pause why)
{
	(void)apply_pauses(listener, listener->pauses | why);
}

static void retry_soon(struct listener *listener)
{
	loop_add_timer(listener->retry, ACCEPTOR_RETRY_MS);
}

static void pause_for_shortage(struct listener *listener, int reason)
{
	listener->stats->accept_pauses++;
	pause_for(listener, PAUSE_SHORTAGE);
	retry_soon(listener);
	if (episode_begins(&listener->shortage_until))
		log_warning(
			"cannot accept connections: %s; they wait in the queue; retrying every %d ms",
			strerror(reason), ACCEPTOR_RETRY_MS);
}

/* Ends a pause; if the kernel cannot watch every socket again, that is a shortage too. */
static void resume_from(struct listener *listener, unsigned why)
{
	if (!apply_pauses(listener, listener->pauses & ~why))
		pause_for_shortage(listener, errno);
}

/* Counts a pause for want of room, and logs it at the start of an episode. */
static void tell_full(struct listener *listener)
{
	listener->is_untold = false;
	listener->stats->accept_pauses++;
	if (episode_begins(&listener->full_until))
		log_info("%zu open, the most allowed; other connections wait in the queue",
			 sessions_room(listener->sessions));
}

/* Pauses if there is no room. A pause that may turn out to be needless is not logged yet. */
static void pause_if_full(struct listener *listener)
{
	enum sessions_admission admission = sessions_find_room(listener->sessions);

	if (admission == SESSIONS_ADMIT)
		return;
	pause_for(listener, PAUSE_FULL);
	retry_soon(listener);
	if (admission == SESSIONS_UNSURE)
		listener->is_untold = true;
	else
		tell_full(listener);
}

/* True if the options' count of connections has been accepted. */
static bool has_count(const struct listener *listener)
{
	return listener->options->count > 0 && listener->accepted >= listener->options->count;
}

/*
 * Hands a socket to a session. The last one of the options' count is greeted after the sockets are
 * closed: once it has its greeting, nobody can connect.
 */
static bool hand_over(struct listener *listener, int fd, const struct sockaddr *from,
		      socklen_t length, const char *peer)
{
	const struct ends ends = {.peer = {from, length}};

	return has_count(listener) ? sessions_greet_later(listener->sessions, fd, &ends, peer)
				   : sessions_greet(listener->sessions, fd, &ends, peer);
}

/* The same, with a line in the log; the session's end may be logged under the same peer. */
static bool hand_over_logged(struct listener *listener, int fd, const struct sockaddr *from,
			     socklen_t length)
{
	UNCLEARED struct address address;
	UNCLEARED char peer[ADDRESS_TEXT_MAX];

	address_set(&address, from, length);
	journal_connected(fd, &address, peer);
	return hand_over(listener, fd, from, length, journal_has_ends() ? peer : NULL);
}

/* Parts from a client that is not let in: with the refusal, if there is one. */
static bool turn_away(struct listener *listener, int fd, const struct sockaddr *from,
		      socklen_t length)
{
	bool has_room = sessions_open(listener->sessions) < sessions_room(listener->sessions);
	struct bufferevent *refusal = has_room ? door_make_refusal(listener->door) : NULL;

	if (refusal) {
		char text[ADDRESS_TEXT_MAX];

		return sessions_turn_away(listener->sessions, fd, journal_name(from, length, text),
					  refusal);
	}
	close(fd);
	stats_count_life(listener->stats, 0);
	return true;
}

/* Hears a proxy first; the log tells of the connection once it is known for whom it is. */
static bool hear(struct listener *listener, int fd, const struct sockaddr *from, socklen_t length)
{
	char text[ADDRESS_TEXT_MAX];
	const char *peer;

	if (!door_trusts(listener->door, from, length)) {
		socket_reset(fd);
		stats_count_life(listener->stats, 0);
		return true;
	}
	peer = journal_name(from, length, text);
	return has_count(listener) ? sessions_hear_first_later(listener->sessions, fd, peer)
				   : sessions_hear_first(listener->sessions, fd, peer);
}

/* True if a client is let in; the next session is then of its source. */
static bool admit(struct listener *listener, const struct sockaddr *from, socklen_t length)
{
	struct admission admission = door_admit(listener->door, from, length);

	if (admission.verdict != VERDICT_ADMITTED)
		return false;
	sessions_expect_from(listener->sessions, admission.source);
	return true;
}

/* Decides what a client gets. False: no memory; fd is closed. */
static bool receive(struct listener *listener, const struct socket_entry *entry, int fd,
		    const struct sockaddr *from, socklen_t length)
{
	if (entry->role == SOCKET_PROXY)
		return hear(listener, fd, from, length);
	if (listener->is_guarded && !admit(listener, from, length))
		return turn_away(listener, fd, from, length);
	return journal_has_connections() ? hand_over_logged(listener, fd, from, length)
					 : hand_over(listener, fd, from, length, NULL);
}

/* Opens a session for a client's socket, and pauses if there is no room for the next. */
static void greet(struct listener *listener, const struct socket_entry *entry, int fd,
		  const struct sockaddr *from, socklen_t length)
{
	listener->accepted++;
	listener->stats->accepted++;
	if (receive(listener, entry, fd, from, length))
		pause_if_full(listener);
	else
		pause_for_shortage(listener, ENOMEM);
}

/* Greets a client. After the last one wanted, the sockets are released outside of this callback. */
static void accepted_cb(const struct socket_entry *entry, int fd, const struct sockaddr *from,
			socklen_t length, void *argument)
{
	struct listener *listener = argument;

	greet(listener, entry, fd, from, length);
	if (has_count(listener) && !listener->stopping) {
		pause_for(listener, PAUSE_STOPPED);
		listener->stopping = true;
		event_active(listener->next_turn, EV_TIMEOUT, 0);
	}
}

/*
 * Looks at as many clients as have come, and one more. This is how nearly all are looked at: as
 * soon as it is worth it, and not many at a time, which would keep newcomers waiting.
 */
static void turn_over_cb(unsigned accepted, void *argument)
{
	struct listener *listener = argument;

	sessions_look_at_due(listener->sessions, (size_t)accepted + 1);
}

static void failed_cb(int reason, void *argument)
{
	pause_for_shortage(argument, reason);
}

/*
 * Accepts everyone queued on one socket: their handshakes are complete, and they expect a greeting.
 * False: some may be left, and there is no room for them now.
 */
static bool empty_queue(struct listener *listener, size_t socket)
{
	/* Linux queues one more than the backlog. */
	for (uint64_t i = 0; i <= listener->options->backlog; i++) {
		if (has_count(listener))
			return true;
		if (sessions_find_room(listener->sessions) != SESSIONS_ADMIT)
			return false;
		if (!acceptor_take(listener->acceptor, socket) && !socket_lost_one(errno))
			return errno == EAGAIN || errno == EWOULDBLOCK;
	}
	return true;
}

/* Accepts everyone queued on any socket. False: some may be left; they are tried again. */
static bool empty_queues(struct listener *listener)
{
	size_t count = acceptor_count(listener->acceptor), first = ++listener->emptied_first;
	bool empty = true;

	for (size_t i = 0; i < count; i++)
		empty = empty_queue(listener, (first + i) % count) && empty;
	if (!empty)
		retry_soon(listener);
	return empty;
}

/* Releases the sockets and tells the owner, which closes them. */
static void finish(struct listener *listener)
{
	listener->stopping = false;
	event_del(listener->retry);
	acceptor_release_from(listener->acceptor, 0);
	listener->finished(listener->finished_argument);
}

/* Runs after the turn's other events, outside of libevent's accept loop. */
static void next_turn_cb(evutil_socket_t fd, short what, void *argument)
{
	struct listener *listener = argument;

	(void)fd;
	(void)what;
	if (listener->has_new_room)
		resume_from(listener, FOR_WANT);
	listener->has_new_room = false;
	if (listener->stopping && empty_queues(listener))
		finish(listener);
}

/* Polls for room that no callback reports: memory, descriptors, or a session to evict. */
static void retry_cb(evutil_socket_t fd, short what, void *argument)
{
	struct listener *listener = argument;

	(void)fd;
	(void)what;
	resume_from(listener, PAUSE_SHORTAGE);
	if (sessions_find_room(listener->sessions) == SESSIONS_ADMIT) {
		listener_note_room(listener);
	} else {
		if (listener->is_untold)
			tell_full(listener);
		(void)episode_begins(&listener->full_until); /* the episode goes on */
		retry_soon(listener);
	}
}

/* Starts to accept from the sockets to greet on. The inherited ones, which come first, are last. */
static bool start_accepting(struct listener *listener, const struct sockets *sockets)
{
	for (size_t i = sockets_count(sockets); i-- > 0;) {
		const struct socket_entry *entry = sockets_at(sockets, i);
		if (entry->kind != SOCKET_STREAM || entry->role == SOCKET_METRICS)
			continue;
		if (!acceptor_add(listener->acceptor, entry))
			return false;
		listener->own += !entry->inherited;
	}
	return true;
}

struct listener *listener_new(struct event_base *base, const struct options *options,
			      const struct sockets *sockets, struct sessions *sessions,
			      struct door *door, struct stats *stats,
			      listener_finished_cb *finished, void *argument)
{
	struct listener *listener = calloc(1, sizeof *listener);

	if (!listener)
		return NULL;
	listener->base = base;
	listener->options = options;
	listener->sessions = sessions;
	listener->door = door;
	listener->is_guarded = door_is_guarded(door);
	listener->stats = stats;
	listener->finished = finished;
	listener->finished_argument = argument;
	listener->acceptor = acceptor_new(base, accepted_cb, failed_cb, listener);
	listener->next_turn = evtimer_new(base, next_turn_cb, listener);
	listener->retry = evtimer_new(base, retry_cb, listener);
	if (listener->acceptor && listener->next_turn && listener->retry &&
	    start_accepting(listener, sockets)) {
		acceptor_watch_turns(listener->acceptor, turn_over_cb);
		return listener;
	}
	listener_free(listener);
	return NULL;
}

void listener_note_room(struct listener *listener)
{
	listener->is_untold = false;
	if (listener->pauses & FOR_WANT)
		listener->has_new_room = true;
	/* Not at once: a session that makes room for the next one may call this. */
	if (listener->has_new_room || listener->stopping)
		event_active(listener->next_turn, EV_TIMEOUT, 0);
}

void listener_stop(struct listener *listener)
{
	pause_for(listener, PAUSE_STOPPED);
	/* The clients queued at an inherited socket are for the next instance, and lose nothing. */
	acceptor_release_from(listener->acceptor, listener->own);
	listener->stopping = true;
	if (empty_queues(listener))
		event_active(listener->next_turn, EV_TIMEOUT, 0);
}

void listener_free(struct listener *listener)
{
	if (!listener)
		return;
	acceptor_free(listener->acceptor);
	loop_free_event(listener->next_turn);
	loop_free_event(listener->retry);
	free(listener);
}
