/* SPDX-License-Identifier: ISC */
/* session: one client: greet, half-close, linger, close. */
#include "session.h"

#include <event2/bufferevent.h>
#include <event2/event.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/pool.h"
#include "base/socket.h"
#include "hearing.h"
#include "daemon/say/outbox.h"
#include "daemon/say/rendering.h"
#include "session_state.h"
#include "daemon/tell/stats.h"
#include "waiting.h"

/* Leaves the session alone for a moment, in which most clients close. */
static void part(struct session *session, uint32_t now_ms)
{
	session->state = PARTING;
	if (session->is_delayed)
		session->more->half_closed_ms = now_ms;
	waiting_add(session->all->look, &session->turn, now_ms);
}

/* Half-closes: the greeting, held back until now, leaves with our FIN in one segment. */
static void half_close(struct session *session)
{
	if (shutdown(session->fd, SHUT_WR) < 0) {
		session_close(session, ENDING_RESET_GREETING);
		return;
	}
	if (!session->is_refused)
		session->all->stats->greeted++;
	if (session->state == GREETING) {
		session->more->half_closed_ms = session_now_ms();
		session_linger(session);
	}
}

/*
 * Queues the next piece of a greeting that is the client's own. False: no memory, or no watch.
 * Writing is enabled again because libevent may have lacked the memory to do so itself.
 */
static bool queue_rest(struct session *session)
{
	struct session_more *more = session->more;
	size_t size;

	if (!rendering_queue(more->rest, bufferevent_get_output(more->output), &size) ||
	    bufferevent_enable(more->output, EV_WRITE) < 0)
		return false;
	QUEUED(session) += (uint32_t)size;
	if (more->rest->is_over) {
		rendering_free(more->rest);
		more->rest = NULL;
	}
	return true;
}

/* The kernel has what was queued. At the end of the greeting, the client may not have it yet. */
static void written_cb(struct bufferevent *output, void *argument)
{
	struct session *session = argument;

	(void)output;
	if (!session->more->rest)
		half_close(session);
	else if (!queue_rest(session))
		session_close(session, ENDING_FAILED);
}

/* libevent (2.1.12) takes a sendfile(2) that would have to wait for an end of the stream. */
static void write_failed_cb(struct bufferevent *output, short what, void *argument)
{
	if ((what & BEV_EVENT_EOF) && bufferevent_enable(output, EV_WRITE) == 0)
		return;
	session_close(argument, ENDING_RESET_GREETING);
}

bool session_say(struct session *session, struct bufferevent *output, struct rendering *rest)
{
	struct session_more *more = session_need_more(session);

	if (!more) {
		bufferevent_free(output);
		rendering_free(rest);
		return false;
	}
	session->state = GREETING;
	session->is_delayed = true;
	more->output = output;
	more->rest = rest;
	bufferevent_setcb(output, NULL, written_cb, write_failed_cb, session);
	return bufferevent_setfd(output, session->fd) == 0 && session_watch_input(session) &&
	       bufferevent_enable(output, EV_WRITE) == 0;
}

/* Leaves the rest of the greeting to libevent. False: no memory, or no watch on the socket. */
static bool keep_greeting(struct session *session, size_t sent)
{
	struct bufferevent *output;
	struct rendering *rest;

	return outbox_take(session->all->outbox, sent, &output, &rest) &&
	       session_say(session, output, rest);
}

/*
 * Sends the greeting, at once if `now`: the socket is new, and has room. `ends` are as for
 * outbox_queue(). The session gets a bufferevent of its own only if the kernel does not take
 * everything, the greeting comes in pieces, or not `now`. False: no memory for that.
 */
static FREQUENT bool greet(struct session *session, const struct ends *ends, bool now,
			   uint32_t now_ms)
{
	struct outbox *outbox = session->all->outbox;
	ssize_t sent = 0;
	size_t size;
	enum outbox_queued queued = outbox_queue(outbox, session->fd, ends, &size);

	if (queued == OUTBOX_NO_MEMORY)
		return false;
	QUEUED(session) = (uint32_t)size;
	now = now && queued == OUTBOX_WHOLE;
	if (now)
		sent = outbox_send(outbox, session->fd);
	if (sent >= 0 && (!now || (size_t)sent < size))
		return keep_greeting(session, (size_t)sent);
	if (sent < 0) {
		session_close(session, ENDING_RESET_GREETING);
		return true;
	}
	part(session, now_ms); /* First, because a session that cannot be half-closed is closed. */
	half_close(session);
	return true;
}

/* Gives back the memory of a session that did not come to be. NULL, for its maker. */
static struct session *unmake(struct session *session)
{
	session_release_more(session);
	pool_give(session->all->pool, session);
	return NULL;
}

/* Makes a session for a socket; NULL: no memory. */
static inline struct session *make(struct session_shared *all, int fd, const char *peer)
{
	struct session *session = pool_take(all->pool);

	if (!session)
		return NULL;
	session->all = all;
	session->more = NULL;
	session->source = all->arriving;
	session->fd = fd;
	session->state = OPENING;
	session->is_refused = session->is_watched = session->is_delayed = false;
	DISCARDED(session) = 0;
	if (peer && !session_rename(session, peer))
		return unmake(session);
	all->arriving = NULL;
	return session;
}

/* Makes a session, whose life begins; NULL: no memory, fd is closed. A refused one is counted. */
static inline struct session *begin(struct session_shared *all, int fd, const char *peer,
				    bool is_refused)
{
	struct session *session = make(all, fd, peer);

	if (!session) {
		all->stats->failed += !is_refused;
		stats_count_life(all->stats, 0);
		socket_reset(fd);
		if (all->arriving)
			all->left(all->arriving, all->left_argument);
		all->arriving = NULL;
		return NULL;
	}
	waiting_add(all->deadline, &session->age, session_now_ms());
	all->open++;
	return session;
}

bool session_open(struct session_shared *all, int fd, const struct ends *ends, const char *peer,
		  enum session_when when)
{
	struct session *session = begin(all, fd, peer, false);

	if (!session ||
	    greet(session, ends, when == SESSION_NOW, session->age.since_ms)) /* which is now */
		return session != NULL;
	session_close(session, ENDING_FAILED);
	return false;
}

bool session_hear(struct session_shared *all, int fd, const char *peer, enum session_when when)
{
	struct session *session = begin(all, fd, peer, false);

	if (!session || hearing_begin(session, when == SESSION_NOW))
		return session != NULL;
	session_close(session, ENDING_FAILED);
	return false;
}

bool session_rename(struct session *session, const char *peer)
{
	struct session_more *more = session_need_more(session);
	char *copy = more ? strdup(peer) : NULL;

	if (!copy)
		return false;
	free(more->peer);
	more->peer = copy;
	return true;
}

bool session_greet_heard(struct session *session, const struct ends *ends)
{
	session_leave_state(session);
	session->state = OPENING;
	return greet(session, ends, true, session_now_ms());
}

void session_note_source(struct session *session, struct source *source)
{
	session->source = source;
}

bool session_refuse(struct session *session, struct bufferevent *output)
{
	session->is_refused = true;
	session->all->stats->refused_open++;
	return hearing_answer(session, output);
}

bool session_turn_away(struct session_shared *all, int fd, const char *peer,
		       struct bufferevent *output)
{
	struct session *session = begin(all, fd, peer, true);

	if (!session)
		bufferevent_free(output);
	if (!session || session_refuse(session, output))
		return session != NULL;
	session_close(session, ENDING_FAILED);
	return false;
}

int session_socket(const struct session *session)
{
	return session->fd;
}

size_t session_size(void)
{
	return sizeof(struct session);
}

struct session *session_of_age(struct waiter *age)
{
	return session_of(age, offsetof(struct session, age));
}

struct session *session_of_turn(struct waiter *turn)
{
	return session_of(turn, offsetof(struct session, turn));
}

bool session_is_from(const struct session *session, const struct source *source)
{
	return session->source == source;
}
