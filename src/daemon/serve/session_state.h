/* SPDX-License-Identifier: ISC */
/*
 * session_state: what a session is made of, for those files only that lead it from one state to the
 * next; all others know it as an opaque struct (session.h).
 */
#ifndef DAEMON_SERVE_SESSION_STATE_H
#define DAEMON_SERVE_SESSION_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/clock.h"
#include "base/queue.h"
#include "session.h"
#include "waiting.h"

struct bufferevent;
struct source;
struct prelude;
struct rendering;

/* What a session waits for. */
enum session_state {
	OPENING,   /* nothing yet */
	HEARING,   /* the client to say what it must before it is answered */
	GREETING,  /* the kernel to take the rest of the greeting; input is watched, too */
	PARTING,   /* our look whether the client has closed; half-closed a moment ago */
	LINGERING, /* the client to close; input is watched */
};

/*
 * What only some sessions have: those that are named in the log, and those that are delayed, for
 * they are heard first, or the kernel did not take all of their greeting at once.
 */
struct session_more {
	char *peer; /* what the log calls it; or NULL */
	union {
		struct prelude *prelude; /* HEARING */
		struct {		 /* GREETING */
			struct bufferevent *output;
			struct rendering *rest; /* of the greeting, not queued yet; or NULL */
		};
		QUEUE_LINK(session) by_half_close; /* LINGERING, delayed */
	};
	uint32_t half_closed_ms; /* delayed */
};

/*
 * Many linger at a time, so this is small: what they do not need is in session_more, and a
 * bufferevent, some 800 bytes, exists only while the greeting needs it. Times are clock_ms(),
 * modulo 2^32.
 */
struct session {
	struct session_shared *all;
	struct session_more *more; /* or NULL */
	struct source *source;	   /* where it came from, if that is limited; or NULL */
	struct waiter age;	   /* until its deadline */
	/*
	 * HEARING: until it must have been heard; PARTING: until our look; LINGERING: until its
	 * silence is too long.
	 */
	struct waiter turn;
	int fd;
	uint8_t state;	 /* enum session_state */
	bool is_refused; /* told that it may not come, in place of the greeting */
	bool is_watched; /* its input is, by all->watch */
	bool is_delayed; /* was not half-closed as soon as it came */
};

/* Bytes of its greeting, sent ones included; and those that it has sent us. In spare fields. */
#define QUEUED(session) ((session)->age.spare)
#define DISCARDED(session) ((session)->turn.spare)

/* Returns the time in ms, modulo 2^32: no session lives for the 49 days until that wraps. */
static inline uint32_t session_now_ms(void)
{
	return (uint32_t)clock_ms();
}

/* Returns the session that has this waiter at that offset. */
static inline struct session *session_of(struct waiter *waiter, size_t offset)
{
	return (struct session *)(void *)((char *)waiter - offset);
}

/*
 * Says what is queued on `output`, which is disabled and has no socket, then ends as after a
 * greeting; the session owns it. The session is OPENING. False: no memory, or no watch.
 */
bool session_say(struct session *session, struct bufferevent *output,
		 struct rendering *rest) MUST_CHECK;

/* Releases what the session's state holds, except the watch on its input. */
void session_leave_state(struct session *session);

/* Returns what only some sessions have, made if this one has none yet. NULL: no memory. */
struct session_more *session_need_more(struct session *session) MUST_CHECK;

/* Gives that back, if the session has it. */
void session_release_more(struct session *session);

/* Has the session's input watched, if it is not yet. False: no memory, or no more watches. */
bool session_watch_input(struct session *session) MUST_CHECK;

/* Waits for the client to close, but only for the idle limit. */
void session_linger(struct session *session);

/* Returns what the log calls the session; NULL: it is not logged. */
static inline const char *session_peer(const struct session *session)
{
	return session->more ? session->more->peer : NULL;
}

/* Returns when it was half-closed; it must linger. */
static inline uint32_t session_half_closed_ms(const struct session *session)
{
	return session->is_delayed ? session->more->half_closed_ms : session->age.since_ms;
}

#endif
