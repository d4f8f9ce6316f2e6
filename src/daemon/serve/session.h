/*
 * session: one client: greet, half-close, throw away what it sends until it closes, close.
 *
 * Closing a socket that has unread input makes the kernel send RST and drop
 * what was not yet delivered (RFC 1122, 4.2.2.13; RFC 2525, 2.17): the client
 * that talks first would lose its greeting. So we linger, within bounds.
 */
#ifndef DAEMON_SERVE_SESSION_H
#define DAEMON_SERVE_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/queue.h"
#include "ending.h"

struct event_base;
struct outbox;
struct pool;
struct session;
struct stats;
struct waiter;
struct waiting;

/* What one peer may send us, in bytes. */
#define SESSION_DISCARD_MAX ((size_t)16 * 1024 * 1024)

QUEUE_HEAD(session_list, session);

/* What all sessions share. sessions.c makes it; session.c takes each session in and out. */
struct session_shared {
	struct event_base *base;
	struct stats *stats;
	struct outbox *outbox; /* the next session's greeting */
	struct pool *pool;     /* of session_size() bytes each */
	size_t open;
	struct session_list lingering;	/* the longest first */
	struct waiting *deadline;	/* every session */
	struct waiting *look;		/* those half-closed a moment ago */
	struct waiting *silence;	/* those that linger */
	void (*closed)(void *argument); /* called after a session has closed */
	void *closed_argument;
};

/* When a session begins to greet: now, or in the loop's next turn. */
enum session_when { SESSION_NOW, SESSION_LATER };

/*
 * Takes over the connected, non-blocking socket `fd` and greets its peer, whom the log calls
 * `peer` (NULL: the log won't ask). False: no memory, fd is closed.
 */
bool session_open(struct session_shared *all, int fd, const char *peer,
		  enum session_when when) MUST_CHECK;

/* Closes a session, for a reason that is counted, and tells the owner: the only place where one
 * dies. */
void session_close(struct session *session, enum ending ending);

/* How much memory one takes, in bytes. */
size_t session_size(void);

/* The session that waits for its deadline. */
struct session *session_of_age(struct waiter *age);

/* How long ago in ms it was half-closed, if it lingers. */
uint32_t session_lingered_ms(const struct session *session);

/* What happens when a session's turn comes in the queue of that name. */
void session_deadline_due_cb(struct waiter *age, void *argument);
void session_look_due_cb(struct waiter *turn, void *argument);
void session_silence_due_cb(struct waiter *turn, void *argument);

#endif
