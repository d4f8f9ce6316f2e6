/* SPDX-License-Identifier: ISC */
/*
 * session: one client: greet, half-close, discard what it sends until it closes, close.
 *
 * Before it is answered, a client may have to say something: then it is heard first (hearing.c).
 *
 * Closing a socket with unread input makes the kernel send RST and drop what was not yet delivered
 * (RFC 1122, 4.2.2.13; RFC 2525, 2.17). A client that talks first would lose its greeting. So we
 * linger, within bounds.
 */
#ifndef DAEMON_SERVE_SESSION_H
#define DAEMON_SERVE_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/queue.h"
#include "ending.h"
#include "patience.h"

struct bufferevent;
struct ends;
struct event_base;
struct hearing;
struct source;
struct outbox;
struct pool;
struct session;
struct stats;
struct waiter;
struct waiting;
struct watch;

/* How much one peer may send us, in bytes. */
#define SESSION_DISCARD_MAX ((size_t)16 * 1024 * 1024)

QUEUE_HEAD(session_list, session);

/* What all sessions share. sessions.c makes it; session.c adds and removes each session. */
struct session_shared {
	struct event_base *base;
	struct stats *stats;
	struct outbox *outbox; /* the next session's greeting; NULL: all are heard first */
	struct pool *pool;     /* of blocks of session_size() bytes */
	struct pool *more;     /* of blocks of session_more_size() bytes */
	struct watch *watch;   /* on the input of those that linger, or are being greeted */
	size_t open;
	const struct hearing *hearing; /* of sessions that are heard first; or NULL: none */
	const char *role;	       /* what the log calls these clients; or NULL */
	struct waiting *heard;	       /* sessions that still are; or NULL */
	struct waiting *deadline;      /* every session, by age, but for those in the next */
	/*
	 * Sessions that linger, by age, until their deadline. They were half-closed as they came,
	 * so the first has lingered longest.
	 */
	struct waiting *lingering;
	struct session_list delayed; /* others that linger, in `deadline` by age; longest first */
	struct waiting *look;	     /* sessions half-closed a moment ago */
	struct patience patience;    /* how long those are left alone */
	struct waiting *silence;     /* sessions that linger */
	/* Called at the end of a session with a source; NULL: none has one. */
	void (*left)(struct source *source, void *argument);
	void *left_argument;
	struct source *arriving;	/* the source of the next session, which takes it over */
	void (*closed)(void *argument); /* called after a session has closed */
	void *closed_argument;
};

/* When a session starts to greet, or to hear: now, or in the loop's next turn. */
enum session_when { SESSION_NOW, SESSION_LATER };

/*
 * Takes over the connected, non-blocking socket `fd` and greets its peer, which the log calls
 * `peer` (NULL: it will not be logged). `ends` is what is known of the connection; NULL: nothing.
 * False: no memory, fd is closed.
 */
bool session_open(struct session_shared *all, int fd, const struct ends *ends, const char *peer,
		  enum session_when when) MUST_CHECK;

/*
 * Takes over the connected, non-blocking socket `fd`, hears its peer, and answers it as the hearing
 * says. False: no memory, fd is closed.
 */
bool session_hear(struct session_shared *all, int fd, const char *peer,
		  enum session_when when) MUST_CHECK;

/* Makes the log call it `peer` from now on. False: no memory. */
bool session_rename(struct session *session, const char *peer) MUST_CHECK;

/* Greets a session that has been heard, as a client with these ends. False: no memory. */
bool session_greet_heard(struct session *session, const struct ends *ends) MUST_CHECK;

/* Notes where a session that has been heard comes from, for the end. */
void session_note_source(struct session *session, struct source *source);

/*
 * Tells a client that it may not come, with what is queued on `output`, as hearing_answer() does.
 * Such a session is not counted as greeted. False: no memory, or no watch on the socket.
 */
bool session_refuse(struct session *session, struct bufferevent *output) MUST_CHECK;

/* Takes over the connected, non-blocking socket `fd`, and refuses its client. */
bool session_turn_away(struct session_shared *all, int fd, const char *peer,
		       struct bufferevent *output) MUST_CHECK;

/* Returns its socket. */
int session_socket(const struct session *session);

/* Closes a session, counts the reason, and tells the owner: the only place where a session ends. */
void session_close(struct session *session, enum ending ending);

/* Returns how much memory a session takes, in bytes, and what only some need in addition. */
size_t session_size(void);
size_t session_more_size(void);

/* Returns the session that waits for this deadline. */
struct session *session_of_age(struct waiter *age);

/* Returns the session that waits for its turn: to be heard, to be looked at, or to end its silence.
 */
struct session *session_of_turn(struct waiter *turn);

/* Returns the session that has lingered longest; NULL: none does. */
struct session *session_longest(const struct session_shared *all);

/* Returns how many ms ago it was half-closed; it must linger. */
uint32_t session_lingered_ms(const struct session *session);

/* True if the session is of that source. */
bool session_is_from(const struct session *session, const struct source *source);

/*
 * Looks whether the client of a greeted session has closed, which we may not have noticed yet.
 * False: it has, and the session is gone.
 */
bool session_look(struct session *session);

/* Called when a session that is watched has sent something, or come to its end. */
void session_input_cb(void *session);

/* Called when a session is due in the queue of that name, or in `lingering`. */
void session_deadline_due_cb(struct waiter *age, void *argument);
void session_look_due_cb(struct waiter *turn, void *argument);
void session_silence_due_cb(struct waiter *turn, void *argument);

#endif
