/* SPDX-License-Identifier: ISC */
/* session_linger: what a client sends, and its end: read while it is greeted, and afterwards. */
#include <errno.h>

#include "base/socket.h"
#include "hearing.h"
#include "patience.h"
#include "session.h"
#include "session_state.h"
#include "daemon/tell/stats.h"
#include "waiting.h"
#include "watch.h"

bool session_watch_input(struct session *session)
{
	if (!session->is_watched)
		session->is_watched = watch_add(session->all->watch, session->fd, session);
	return session->is_watched;
}

/* Stops watching a session that sends no more, but may still read. */
static void stop_watching(struct session *session)
{
	watch_remove(session->all->watch, session->fd, session);
	session->is_watched = false;
}

/*
 * Discards what the client has sent. If that was the end, or too much, closes the session and
 * returns false.
 */
static bool read_input(struct session *session)
{
	size_t left = SESSION_DISCARD_MAX - DISCARDED(session);
	ssize_t n = socket_discard(session->fd, left < SOCKET_AT_ONCE ? left : SOCKET_AT_ONCE);

	if (n > 0) {
		DISCARDED(session) += (uint32_t)n;
		session->all->stats->bytes_discarded += (uint64_t)n;
		if (DISCARDED(session) < SESSION_DISCARD_MAX) {
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
	} else if (session->state == GREETING) {
		stop_watching(session);
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
void session_input_cb(void *session)
{
	(void)read_input(session);
}

void session_linger(struct session *session)
{
	struct session_shared *all = session->all;

	session_leave_state(session);
	session->state = LINGERING;
	if (session->is_delayed)
		QUEUE_ADD(&all->delayed, session, more->by_half_close);
	else
		waiting_move(all->deadline, all->lingering, &session->age);
	waiting_add(all->silence, &session->turn, session_now_ms());
	if (!session_watch_input(session))
		session_close(session, ENDING_FAILED);
}

/* Most clients have closed by now; watches the others from now on. */
void session_look_due_cb(struct waiter *turn, void *argument)
{
	struct session *session = session_of_turn(turn);
	struct session_shared *all = session->all;
	uint32_t age_ms = waiting_seen_ms(all->look) - turn->since_ms;
	bool stays = read_input(session);

	(void)argument;
	patience_learn(&all->patience, age_ms, !stays);
	if (stays)
		session_linger(session);
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

uint32_t session_lingered_ms(const struct session *session)
{
	return session_now_ms() - session_half_closed_ms(session);
}

struct session *session_longest(const struct session_shared *all)
{
	struct waiter *age = waiting_first(all->lingering);
	struct session *first = age ? session_of_age(age) : NULL, *delayed = all->delayed.first;

	if (!first || !delayed)
		return first ? first : delayed;
	return session_lingered_ms(first) >= session_lingered_ms(delayed) ? first : delayed;
}

bool session_look(struct session *session)
{
	return (session->state != PARTING && session->state != LINGERING) || read_input(session);
}
