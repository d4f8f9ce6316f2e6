/* SPDX-License-Identifier: ISC */
/* session_close: the end of a session: what it is counted and logged as, and what is given back. */
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/pool.h"
#include "base/socket.h"
#include "ending.h"
#include "hearing.h"
#include "daemon/say/rendering.h"
#include "session.h"
#include "session_state.h"
#include "daemon/tell/journal.h"
#include "daemon/tell/stats.h"
#include "waiting.h"

/* Returns how many bytes of the greeting the kernel took. */
static size_t bytes_sent(const struct session *session)
{
	switch (session->state) {
	case OPENING:
	case HEARING:
		return 0;
	case GREETING:
		return session->queued -
		       evbuffer_get_length(bufferevent_get_output(session->output));
	case PARTING:
	case LINGERING:
		break;
	}
	return session->queued;
}

void session_leave_state(struct session *session)
{
	switch (session->state) {
	case OPENING:
		break;
	case HEARING:
		hearing_end(session);
		break;
	case GREETING:
		bufferevent_free(session->output);
		rendering_free(session->rest);
		break;
	case PARTING:
		waiting_remove(session->all->look, &session->turn);
		break;
	case LINGERING:
		waiting_remove(session->all->silence, &session->turn);
		QUEUE_REMOVE(&session->all->lingering, session, by_half_close);
		break;
	}
}

/* Returns what the log calls the client: a proxy until its header is whole. NULL: nothing. */
static const char *find_role(const struct session *session, enum ending ending)
{
	return session->state == HEARING && ending != ENDING_REFUSED ? session->all->hearing->role
								     : session->all->role;
}

/* Logs the end. The client went `gone_ms` ago; -1: nobody knows when. */
static void log_end(const struct session *session, enum ending ending, size_t sent, int64_t gone_ms)
{
	uint32_t lived = session_now_ms() - session->age.since_ms;

	if (gone_ms > 0)
		lived -= gone_ms < lived ? (uint32_t)gone_ms : lived;
	journal_closed(&(struct journal_end){
		.fd = session->fd,
		.role = find_role(session, ending),
		.peer = session->peer,
		.how = ending_name(session->is_refused && ending == ENDING_DONE ? ENDING_REFUSED
										: ending),
		.sent = sent,
		.discarded = session->discarded,
		.lived_ms = lived,
		.at_most = gone_ms < 0,
	});
}

/*
 * Returns how long the session has lived, in ms. Most end at our look, whose time is known: the
 * clock would take longer than all else that is counted here.
 */
static uint32_t lived_ms(const struct session *session)
{
	uint32_t now = session->state == PARTING ? waiting_seen_ms(session->all->look)
						 : session_now_ms();
	int32_t lived = (int32_t)(now - session->age.since_ms);

	return lived > 0 ? (uint32_t)lived : 0;
}

/* Counts how it ended, with the bytes that it was sent; one that was refused is counted as that. */
static void count_end(const struct session *session, enum ending ending, size_t sent)
{
	struct stats *stats = session->all->stats;

	if (session->is_refused) {
		stats->refused_open--;
		return;
	}
	if (ending != ENDING_DONE)
		ending_count(ending, stats);
	stats->bytes_sent += sent;
}

void session_close(struct session *session, enum ending ending)
{
	struct session_shared *all = session->all;
	size_t sent = bytes_sent(session);
	bool whole = session->state == PARTING || session->state == LINGERING ||
		     ending == ENDING_REFUSED; /* it has said all that was asked of it */
	int64_t gone_ms = session->peer ? ending_look_closer(&ending, session->fd, sent) : -1;

	count_end(session, ending, sent);
	stats_count_usual_life(all->stats, lived_ms(session));
	all->open--;
	if (session->peer)
		log_end(session, ending, sent, gone_ms);
	/* libevent takes the descriptor out of epoll, so close it after that. */
	if (session->state == GREETING || session->state == LINGERING)
		event_del(&session->input);
	session_leave_state(session);
	if (whole)
		close(session->fd);
	else
		socket_reset(session->fd);
	if (session->source)
		all->left(session->source, all->left_argument);
	waiting_remove(all->deadline, &session->age);
	free(session->peer);
	pool_give(all->pool, session);
	all->closed(all->closed_argument);
}
