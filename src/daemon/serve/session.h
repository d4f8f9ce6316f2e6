/*
 * session: one client each: greet, half-close, throw away what it sends until
 * it closes, close.
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

struct event_base;
struct greeting;
struct options;
struct sessions;
struct stats;

/* What one peer may send us, in bytes. */
#define SESSION_DISCARD_MAX ((size_t)16 * 1024 * 1024)

/* Called after a session has closed; its slot is free by then. */
typedef void session_closed_cb(void *argument);

/* Makes the set of all sessions, empty. What it is given must outlive it. NULL: no memory. */
struct sessions *sessions_new(struct event_base *base, const struct options *options,
			      struct greeting *greeting, struct stats *stats,
			      session_closed_cb *closed, void *argument);

/* Closes the sessions that are left, and frees the set. */
void sessions_free(struct sessions *all);

/* How many are open. */
size_t sessions_open(const struct sessions *all);

/*
 * Takes over the connected, non-blocking socket `fd` and greets its peer, whom
 * the log calls `peer` (NULL: the log won't ask): now, or else in the loop's next
 * turn. False: no memory, fd is closed.
 */
bool session_open(struct sessions *all, int fd, const char *peer, bool now) MUST_CHECK;

/*
 * Looks for clients that have closed unnoticed, for when there is no room: at a few now, at the
 * others in the loop's next turns. Returns whether there are others. (Clients just greeted are
 * otherwise looked at a moment later.)
 */
bool sessions_look(struct sessions *all);

/* Looks at all of them now, for a stop. */
void sessions_look_at_all(struct sessions *all);

/* True if some session has had its greeting long enough ago to make room for another. */
bool sessions_can_evict(const struct sessions *all);

/* Closes the session that has lingered longest, if sessions_can_evict(). */
void sessions_evict(struct sessions *all);

/* Closes every session at once. */
void sessions_stop(struct sessions *all);

#endif
