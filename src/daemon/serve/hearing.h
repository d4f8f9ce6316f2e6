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
#include "prelude.h"

struct bufferevent;
struct session;
struct waiter;

/*
 * Answers a client that has been heard: `verdict` is PRELUDE_WHOLE, PRELUDE_BAD or
 * PRELUDE_TOO_LONG, and `parser` the parser's memory. Returns a bufferevent with the answer queued,
 * disabled and without a socket, for the session to own. NULL: no memory.
 */
typedef struct bufferevent *hearing_answer_cb(enum prelude_verdict verdict, const void *parser,
					      void *argument);

/* What clients must say, and who answers. */
struct hearing {
	const struct prelude_kind *prelude;
	hearing_answer_cb *answer;
	void *argument;
	const char *role; /* what the log calls such a client */
};

/*
 * Begins to hear a session that is OPENING; what it has said already is answered at once, which may
 * end the session. False: no memory, or the socket cannot be watched.
 */
bool hearing_begin(struct session *session) MUST_CHECK;

/* Stops hearing it: the session is leaving that state. */
void hearing_end(struct session *session);

/* Called when a session has not been heard in time. */
void hearing_due_cb(struct waiter *turn, void *argument);

#endif
