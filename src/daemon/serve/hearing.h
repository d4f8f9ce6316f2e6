/* SPDX-License-Identifier: ISC */
/*
 * hearing: the state of a session whose client must say something before it is answered.
 *
 * The session then lives as any other: in its room, with its deadline, and counted at its end.
 */
#ifndef DAEMON_SERVE_HEARING_H
#define DAEMON_SERVE_HEARING_H

#include <stdbool.h>

#include "base/attributes.h"
#include "ending.h"
#include "prelude.h"

struct bufferevent;
struct session;
struct waiter;

/*
 * Called when a client has been heard: `verdict` is PRELUDE_WHOLE, PRELUDE_BAD or PRELUDE_TOO_LONG,
 * and `parser` the parser's memory, which ends with that state. Answers the session, greets it, or
 * closes it. False: no memory for that.
 */
typedef bool hearing_heard_cb(struct session *session, enum prelude_verdict verdict,
			      const void *parser, void *argument);

/* Called when a client has not said it: the session ends so, right after. */
typedef void hearing_missed_cb(const struct session *session, enum ending ending, void *argument);

/* What clients must say, and who decides what comes of it. */
struct hearing {
	const struct prelude_kind *prelude;
	hearing_heard_cb *heard;
	hearing_missed_cb *missed; /* NULL: nobody wants to know */
	void *argument;
	const char *role; /* what the log calls such a client while it is heard */
};

/*
 * Begins to hear a session that is OPENING. If `now`, what it has said already is answered at once,
 * which may end the session; otherwise in the loop's next turn. False: no memory, or the socket
 * cannot be watched.
 */
bool hearing_begin(struct session *session, bool now) MUST_CHECK;

/*
 * Answers a session that has been heard with what is queued on `output`, which is disabled and has
 * no socket; the session owns it. False: no memory, or no watch on the socket.
 */
bool hearing_answer(struct session *session, struct bufferevent *output) MUST_CHECK;

/* Stops hearing it: the session is leaving that state. */
void hearing_end(struct session *session);

/* Called when a session has not been heard in time. */
void hearing_due_cb(struct waiter *turn, void *argument);

#endif
