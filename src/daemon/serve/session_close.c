/* SPDX-License-Identifier: ISC */
/* session_close: the end of a session: what it is counted and logged as, and what is given back. */
#include <event2/buffer.h>
#include <event2/bufferevent.h>
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
#include "watch.h"

/* Returns how many bytes of the greeting the kernel took. */
static size_t bytes_sent(const struct session *session)
{
	switch ((enum session_state)session->state) {
	case OPENING:
	case HEARING:
		return 0;
	case GREETING:
		return QUEUED(session) -
		       evbuffer_get_length(bufferevent_get_output(session->more->output));
	case PARTING:
	case LINGERING:
		break;
	}
	return QUEUED(session);
}

void session_leave_state(struct session *session)
{
	switch ((enum session_state)session->state) {
	case OPENING:
		break;
	case HEARING:
		hearing_end(session);
		break;
	case GREETING:
		bufferevent_free(session->more->output);
		rendering_free(session->more->rest);
		break;
	case PARTING:
		waiting_remove(session->all->look, &session->turn);
		break;
	case LINGERING:
		waiting_remove(session->all->silence, &session->turn);
		if (session->is_delayed)
			QUEUE_REMOVE(&session->all->delayed, session, more->by_half_close);
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
		.peer = session_peer(session),
		.how = ending_name(session->is_refused && ending == ENDING_DONE ? ENDING_REFUSED
										: ending),
		.sent = sent,
		.discarded = DISCARDED(session),
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

/* Gives back what a session has beside its socket and its state. */
static void give_back(struct session *session)
{
	struct session_shared *all = session->all;

	if (session->source)
		all->left(session->source, all->left_argument);
	session_release_more(session);
	pool_give(all->pool, session);
}

/* Returns the queue in which it waits for its deadline. */
static struct waiting *find_deadline(const struct session *session)
{
	return session->state == LINGERING && !session->is_delayed ? session->all->lingering
								   : session->all->deadline;
}

void session_close(struct session *session, enum ending ending)
{
	struct session_shared *all = session->all;
	size_t sent = bytes_sent(session);
	bool whole = session->state == PARTING || session->state == LINGERING ||
		     ending == ENDING_REFUSED; /* it has said all that was asked of it */
	int64_t gone_ms = session_peer(session) ? ending_look_closer(&ending, session->fd, sent)
						: -1;

	count_end(session, ending, sent);
	stats_count_usual_life(all->stats, lived_ms(session));
	all->open--;
	if (session_peer(session))
		log_end(session, ending, sent, gone_ms);
	waiting_remove(find_deadline(session), &session->age);
	/* What watches the descriptor must know of it before it is closed. */
	session_leave_state(session);
	if (session->is_watched)
		watch_forget(all->watch, session->fd, session);
	if (whole)
		close(session->fd);
	else
		socket_reset(session->fd);
	give_back(session);
	all->closed(all->closed_argument);
}
