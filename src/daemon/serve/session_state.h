/* SPDX-License-Identifier: ISC */
/*
 * session_state: what a session is made of, for those files only that lead it from one state to the
 * next; all others know it as an opaque struct (session.h).
 */
#ifndef DAEMON_SERVE_SESSION_STATE_H
#define DAEMON_SERVE_SESSION_STATE_H

#include <event2/event_struct.h>
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
 * Many linger at a time, so this is small. A bufferevent, some 800 bytes, exists only while the
 * greeting needs it. Times are clock_ms(), modulo 2^32.
 */
struct session {
	struct session_shared *all;
	struct waiter age; /* until its deadline */
	/*
	 * HEARING: until it must have been heard; PARTING: until our look; LINGERING: until its
	 * silence is too long.
	 */
	struct waiter turn;
	union {
		struct prelude *prelude; /* HEARING */
		struct {		 /* GREETING */
			struct bufferevent *output;
			struct rendering *rest; /* of the greeting, not queued yet; or NULL */
		};
		QUEUE_LINK(session) by_half_close; /* LINGERING */
	};
	char *peer;
	struct source *source; /* where it came from, if that is limited; or NULL */
	int fd;
	enum session_state state;
	bool is_refused; /* told that it may not come, in place of the greeting */
	uint32_t discarded;
	uint32_t queued;    /* bytes of its greeting, sent ones included */
	struct event input; /* GREETING, LINGERING */
};

/* When the session was half-closed; stored in a spare field, because sessions are many. */
#define HALF_CLOSED_MS(session) ((session)->turn.spare)

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

#endif
