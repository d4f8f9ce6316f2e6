/* SPDX-License-Identifier: ISC */
/* session: one client: greet, half-close, linger, close. */
#include "session.h"

#include <errno.h>
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

/*
 * Discards what the client has sent. If that was the end, or too much, closes the session and
 * returns false.
 */
static bool read_input(struct session *session)
{
	size_t left = SESSION_DISCARD_MAX - session->discarded;
	ssize_t n = socket_discard(session->fd, left < SOCKET_AT_ONCE ? left : SOCKET_AT_ONCE);

	if (n > 0) {
		session->discarded += (uint32_t)n;
		session->all->stats->bytes_discarded += (uint64_t)n;
		if (session->discarded < SESSION_DISCARD_MAX) {
			if (session->state == LINGERING)
				waiting_again(session->all->silence, &session->turn,
					      session_now_ms());
			return true;
		}
		session_close(session, ENDING_FLOODED);
	} else if (n < 0) {
		if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)
			return true;
		session_close(session,
			      session->state == GREETING ? ENDING_RESET_GREETING : ENDING_RESET);
	} else if (session->state == GREETING) { /* It sends no more, but may still read. */
		event_del(&session->input);
		return true;
	} else {
		session_close(session, ENDING_DONE);
	}
	return false;
}

/*
 * Handles the client's input, or its end, also during the greeting. Otherwise, a client that sends
 * more than the buffers hold before it reads would wait for us, and we for it.
 */
static void input_cb(evutil_socket_t fd, short what, void *argument)
{
	(void)fd;
	(void)what;
	(void)read_input(argument);
}

/* Makes the event that watches the input. */
static void prepare_input(struct session *session)
{
	event_assign(&session->input, session->all->base, session->fd, EV_READ | EV_PERSIST,
		     input_cb, session);
}

/* Waits for the client to close, but only for the idle limit. A plain event is enough. */
static void linger(struct session *session)
{
	struct session_shared *all = session->all;

	session_leave_state(session);
	session->state = LINGERING;
	QUEUE_ADD(&all->lingering, session, by_half_close);
	waiting_add(all->silence, &session->turn, session_now_ms());
	if (event_add(&session->input, NULL) < 0)
		session_close(session, ENDING_FAILED);
}

/* Most clients have closed by now; watches the others from now on. */
void session_look_due_cb(struct waiter *turn, void *argument)
{
	struct session *session = session_of_turn(turn);

	(void)argument;
	if (!read_input(session))
		return;
	prepare_input(session);
	linger(session);
}

void session_silence_due_cb(struct waiter *turn, void *argument)
{
	(void)argument;
	session_close(session_of_turn(turn), ENDING_TIMED_OUT_LINGER);
}

void session_deadline_due_cb(struct waiter *age, void *argument)
{
	struct session *session = session_of_age(age);

	if (session->state == HEARING)
		hearing_due_cb(&session->turn, argument);
	else
		session_close(session, session->state == GREETING ? ENDING_TIMED_OUT_GREETING
								  : ENDING_TIMED_OUT_LINGER);
}

/* Leaves the session alone for a moment, in which most clients close. */
static void part(struct session *session, uint32_t now_ms)
{
	session->state = PARTING;
	HALF_CLOSED_MS(session) = now_ms;
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
		HALF_CLOSED_MS(session) = session_now_ms();
		linger(session);
	}
}

/*
 * Queues the next piece of a greeting that is the client's own. False: no memory, or no watch.
 * Writing is enabled again because libevent may have lacked the memory to do so itself.
 */
static bool queue_rest(struct session *session)
{
	size_t size;

	if (!rendering_queue(session->rest, bufferevent_get_output(session->output), &size) ||
	    bufferevent_enable(session->output, EV_WRITE) < 0)
		return false;
	session->queued += (uint32_t)size;
	if (session->rest->is_over) {
		rendering_free(session->rest);
		session->rest = NULL;
	}
	return true;
}

/* The kernel has what was queued. At the end of the greeting, the client may not have it yet. */
static void written_cb(struct bufferevent *output, void *argument)
{
	struct session *session = argument;

	(void)output;
	if (!session->rest)
		half_close(session);
	else if (!queue_rest(session))
		session_close(session, ENDING_FAILED);
}

static void write_failed_cb(struct bufferevent *output, short what, void *argument)
{
	(void)output;
	(void)what;
	session_close(argument, ENDING_RESET_GREETING);
}

bool session_say(struct session *session, struct bufferevent *output, struct rendering *rest)
{
	session->state = GREETING;
	session->output = output;
	session->rest = rest;
	bufferevent_setcb(output, NULL, written_cb, write_failed_cb, session);
	prepare_input(session);
	return bufferevent_setfd(output, session->fd) == 0 &&
	       event_add(&session->input, NULL) == 0 && bufferevent_enable(output, EV_WRITE) == 0;
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
	session->queued = (uint32_t)size;
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

/* Makes a session for a socket; NULL: no memory. */
static inline struct session *make(struct session_shared *all, int fd, const char *peer)
{
	struct session *session = pool_take(all->pool);

	if (!session)
		return NULL;
	session->all = all;
	session->peer = peer ? strdup(peer) : NULL;
	session->fd = fd;
	session->source = all->arriving;
	session->state = OPENING;
	session->is_refused = false;
	session->discarded = 0;
	if (peer && !session->peer) {
		pool_give(all->pool, session);
		return NULL;
	}
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
	char *copy = strdup(peer);

	if (!copy)
		return false;
	free(session->peer);
	session->peer = copy;
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

uint32_t session_lingered_ms(const struct session *session)
{
	return session_now_ms() - HALF_CLOSED_MS(session);
}

bool session_is_from(const struct session *session, const struct source *source)
{
	return session->source == source;
}

bool session_look(struct session *session)
{
	return (session->state != PARTING && session->state != LINGERING) || read_input(session);
}
