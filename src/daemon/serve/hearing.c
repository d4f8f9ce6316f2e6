/* SPDX-License-Identifier: ISC */
/* hearing: the state of a session whose client must say something before it is answered. */
#include "hearing.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>

#include "ending.h"
#include "session_state.h"
#include "waiting.h"

/* Answers the client. False: no memory, or no watch on the socket. */
static bool answer(struct session *session, enum prelude_verdict verdict)
{
	const struct hearing *hearing = session->all->hearing;
	struct bufferevent *output = hearing->answer(verdict, prelude_parser(session->prelude),
						     hearing->argument);

	if (!output)
		return false;
	session_leave_state(session);
	session->state = OPENING;
	session->queued = (uint32_t)evbuffer_get_length(bufferevent_get_output(output));
	return session_say(session, output, NULL);
}

static void heard_cb(enum prelude_verdict verdict, void *argument)
{
	if (verdict == PRELUDE_ENDED)
		session_close(argument, ENDING_LEFT_PRELUDE);
	else if (verdict == PRELUDE_RESET)
		session_close(argument, ENDING_RESET_PRELUDE);
	else if (!answer(argument, verdict))
		session_close(argument, ENDING_FAILED);
}

bool hearing_begin(struct session *session)
{
	struct session_shared *all = session->all;
	struct prelude *prelude = prelude_new(all->hearing->prelude, all->base, session->fd,
					      heard_cb, session);

	if (!prelude)
		return false;
	session->prelude = prelude;
	session->state = HEARING;
	waiting_add(all->heard, &session->turn, session->age.since_ms); /* which is now */
	prelude_begin(prelude);
	return true;
}

void hearing_end(struct session *session)
{
	waiting_remove(session->all->heard, &session->turn);
	prelude_free(session->prelude);
}

void hearing_due_cb(struct waiter *turn, void *argument)
{
	(void)argument;
	session_close(session_of_turn(turn), ENDING_TIMED_OUT_PRELUDE);
}
