/* SPDX-License-Identifier: ISC */
/* sessions: all connected clients: how many there may be, what each waits for, which must go. */
#ifndef DAEMON_SERVE_SESSIONS_H
#define DAEMON_SERVE_SESSIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"

struct bufferevent;
struct ends;
struct event_base;
struct greeting;
struct hearing;
struct source;
struct options;
struct sessions;
struct stats;

/*
 * How many descriptors a set of sessions has at most, beside those of its clients and of long
 * greetings.
 */
enum { SESSIONS_DESCRIPTORS = 1 };

/* Called after a session has closed; its slot is already free. */
typedef void sessions_closed_cb(void *argument);

/*
 * Makes the set of all sessions, empty, with room for `room` of them. `hearing` is of those that
 * are heard before they are greeted; NULL: none is. All arguments must outlive it. NULL: no memory.
 */
struct sessions *sessions_new(struct event_base *base, const struct options *options,
			      struct greeting *greeting, const struct hearing *hearing,
			      struct stats *stats, size_t room, sessions_closed_cb *closed,
			      void *argument);

/* The bounds of a set of sessions. */
struct sessions_bounds {
	size_t room;	  /* how many may be open; more than 0 */
	uint64_t timeout; /* the longest life of one, in ms */
	uint64_t idle;	  /* the longest silence of one that lingers, in ms */
};

/*
 * Makes a set of sessions, empty, whose clients are heard before they are answered. All arguments
 * but `bounds` must outlive it. NULL: no memory.
 */
struct sessions *sessions_new_heard(struct event_base *base, const struct hearing *hearing,
				    const struct sessions_bounds *bounds, struct stats *stats,
				    sessions_closed_cb *closed, void *argument);

/* Called when a client comes and no other is there. */
typedef void sessions_begun_cb(void *argument);

/*
 * Has `begun` called. What watches the sessions can so rest while there are none, at no cost for
 * each greeting of many.
 */
void sessions_watch(struct sessions *sessions, sessions_begun_cb *begun, void *argument);

/* Closes the remaining sessions, and frees the set. NULL is allowed. */
void sessions_free(struct sessions *sessions);

/* Returns how many are open. */
size_t sessions_open(const struct sessions *sessions);

/* Returns how many may be open. */
size_t sessions_room(const struct sessions *sessions);

/* Whether another client can be admitted. */
enum sessions_admission {
	SESSIONS_ADMIT, /* yes, if necessary in place of one that lingers */
	SESSIONS_FULL,	/* no */
	SESSIONS_UNSURE /* no, unless a client that is still to be looked at has closed */
};

/*
 * Returns whether there is room for another client. If there is none, looks for clients that have
 * closed unnoticed: at a few now, at the others in the loop's next turns.
 */
enum sessions_admission sessions_find_room(struct sessions *sessions) MUST_CHECK;

/*
 * Takes over the connected, non-blocking socket `fd` and greets its peer, which the log calls
 * `peer` (NULL: it will not be logged). `ends` is what is known of the connection; NULL: nothing.
 * If all slots are taken, the session that has lingered longest makes room. False: no memory, fd is
 * closed.
 */
bool sessions_greet(struct sessions *sessions, int fd, const struct ends *ends,
		    const char *peer) MUST_CHECK;

/* The same, but greets in the loop's next turn. */
bool sessions_greet_later(struct sessions *sessions, int fd, const struct ends *ends,
			  const char *peer) MUST_CHECK;

/* Called at the end of a session whose source is counted. */
typedef void sessions_left_cb(struct source *source, void *argument);

/* Has `left` called for each session with a source. */
void sessions_count_sources(struct sessions *sessions, sessions_left_cb *left, void *argument);

/*
 * The next client comes from this source. Whatever becomes of it, sessions_left_cb is called for
 * the source. NULL is allowed.
 */
void sessions_expect_from(struct sessions *sessions, struct source *source);

/*
 * Takes over the connected, non-blocking socket `fd`, and says what is queued on `output` in place
 * of the greeting. False: no memory, fd is closed.
 */
bool sessions_turn_away(struct sessions *sessions, int fd, const char *peer,
			struct bufferevent *output) MUST_CHECK;

/* As sessions_greet(), but hears what the peer must say first. */
bool sessions_hear_first(struct sessions *sessions, int fd, const char *peer) MUST_CHECK;

/* The same, but hears it in the loop's next turn. */
bool sessions_hear_first_later(struct sessions *sessions, int fd, const char *peer) MUST_CHECK;

/*
 * Takes over the connected, non-blocking socket `fd` of a client that is heard first. If all slots
 * are taken, one that is still being heard makes room, or one that lingers, or the oldest. False:
 * no memory, fd is closed.
 */
bool sessions_hear(struct sessions *sessions, int fd, const char *peer) MUST_CHECK;

/*
 * Looks for a client of that source that has closed unnoticed, among the sessions that came last;
 * for one of them, since that makes room for another of its source.
 */
void sessions_look_at_source(struct sessions *sessions, const struct source *source);

/* Looks at clients that have had time to close: at those that wait longest, `most` of them. */
void sessions_look_at_due(struct sessions *sessions, size_t most);

/* Looks now at all clients that may have closed unnoticed. */
void sessions_look_at_all(struct sessions *sessions);

/* Closes every session at once. */
void sessions_stop(struct sessions *sessions);

#endif
