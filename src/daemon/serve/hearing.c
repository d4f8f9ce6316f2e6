/* SPDX-License-Identifier: ISC */
/* hearing: the state of a session whose client must say something before it is answered. */
#include "hearing.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>

#include "ending.h"
#include "session_state.h"
#include "daemon/tell/stats.h"
#include "waiting.h"

bool hearing_answer(struct session *session, struct bufferevent *output)
{
	session_leave_state(session);
	session->state = OPENING;
	QUEUED(session) = (uint32_t)evbuffer_get_length(bufferevent_get_output(output));
	return session_say(session, output, NULL);
}

/* Ends a session that has not said what it must. */
static void miss(struct session *session, enum ending ending)
{
	const struct hearing *hearing = session->all->hearing;

	if (hearing->missed)
		hearing->missed(session, ending, hearing->argument);
	session_close(session, ending);
}

/* Counts what has come after the prelude, and was read with it. */
static void discard(struct session *session, size_t surplus)
{
	DISCARDED(session) += (uint32_t)surplus;
	session->all->stats->bytes_discarded += surplus;
}

static void heard_cb(enum prelude_verdict verdict, void *argument)
{
	struct session *session = argument;
	const struct hearing *hearing = session->all->hearing;

	discard(session, prelude_surplus(session->more->prelude));
	if (verdict == PRELUDE_ENDED)
		miss(session, ENDING_LEFT_PRELUDE);
	else if (verdict == PRELUDE_RESET)
		miss(session, ENDING_RESET_PRELUDE);
	else if (!hearing->heard(session, verdict, prelude_parser(session->more->prelude),
				 hearing->argument))
		session_close(session, ENDING_FAILED);
}

bool hearing_begin(struct session *session, bool now)
{
	struct session_shared *all = session->all;
	struct session_more *more = session_need_more(session);
	struct prelude *prelude = NULL;

	if (more)
		prelude = prelude_new(all->hearing->prelude, all->base, session->fd, heard_cb,
				      session);
	if (!prelude)
		return false;
	more->prelude = prelude;
	session->state = HEARING;
	session->is_delayed = true;
	waiting_add(all->heard, &session->turn, session->age.since_ms); /* which is now */
	return now ? prelude_begin(prelude) : prelude_watch(prelude);
}

void hearing_end(struct session *session)
{
	waiting_remove(session->all->heard, &session->turn);
	prelude_free(session->more->prelude);
}

void hearing_due_cb(struct waiter *turn, void *argument)
{
	(void)argument;
	miss(session_of_turn(turn), ENDING_TIMED_OUT_PRELUDE);
}
