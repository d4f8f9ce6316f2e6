/* SPDX-License-Identifier: ISC */
/* sessions: all connected clients: how many there may be, what each waits for, which must go. */
#include "sessions.h"

#include <stdint.h>
#include <stdlib.h>

#include "base/pool.h"
#include "daemon/options.h"
#include "daemon/say/outbox.h"
#include "hearing.h"
#include "patience.h"
#include "session.h"
#include "waiting.h"
#include "watch.h"

/* A session that has lingered for less is not evicted: its bytes may still be on their way. */
enum { EVICT_AFTER_MS = 1000 };

/*
 * How long a client may take at most to close before the kernel is asked to watch it. Nearly all
 * need less, and cost only one look. A shorter time is too short for clients that are busy; a
 * longer one gains nothing (doc/performance.md).
 */
enum { LOOK_AFTER_MS = 20 };

/*
 * How many sessions are gone through for a source, and at how many of its own we look: a source
 * that comes again and again above its limit must not cost the others much.
 */
enum { SEARCHED_MAX = 1024, LOOKS_MAX = 32 };

struct sessions {
	struct session_shared all;
	size_t room;
	sessions_begun_cb *begun; /* or NULL */
	void *begun_argument;
};

/* Makes what all sets have; NULL: no memory. */
static struct sessions *make_set(struct event_base *base, const struct sessions_bounds *bounds,
				 struct stats *stats, sessions_closed_cb *closed, void *argument)
{
	uint64_t look_ms = bounds->idle < LOOK_AFTER_MS ? bounds->idle : LOOK_AFTER_MS;
	struct sessions *sessions = calloc(1, sizeof *sessions);
	struct session_shared *all;

	if (!sessions)
		return NULL;
	sessions->room = bounds->room;
	all = &sessions->all;
	all->base = base;
	all->stats = stats;
	all->closed = closed;
	all->closed_argument = argument;
	QUEUE_INIT(&all->delayed);
	patience_begin(&all->patience, (uint32_t)look_ms);
	all->pool = pool_new(session_size());
	all->more = pool_new(session_more_size());
	all->watch = watch_new(base, session_input_cb);
	all->deadline = waiting_new(base, bounds->timeout, 0, session_deadline_due_cb, NULL);
	all->lingering = waiting_new(base, bounds->timeout, 0, session_deadline_due_cb, NULL);
	all->look = waiting_new(base, look_ms, look_ms, session_look_due_cb, NULL);
	all->silence = waiting_new(base, bounds->idle, 0, session_silence_due_cb, NULL);
	if (all->pool && all->more && all->watch && all->deadline && all->lingering && all->look &&
	    all->silence)
		return sessions;
	sessions_free(sessions);
	return NULL;
}

/* Prepares to hear clients. False: no memory. */
static bool prepare_hearing(struct session_shared *all, const struct hearing *hearing)
{
	all->hearing = hearing;
	all->heard = waiting_new(all->base, hearing->prelude->ms, 0, hearing_due_cb, NULL);
	return all->heard != NULL;
}

struct sessions *sessions_new(struct event_base *base, const struct options *options,
			      struct greeting *greeting, const struct hearing *hearing,
			      struct stats *stats, size_t room, sessions_closed_cb *closed,
			      void *argument)
{
	struct sessions_bounds bounds = {room, options->timeout, options->idle};
	struct sessions *sessions = make_set(base, &bounds, stats, closed, argument);

	if (!sessions)
		return NULL;
	sessions->all.outbox = outbox_new(base, greeting);
	if (sessions->all.outbox && (!hearing || prepare_hearing(&sessions->all, hearing)))
		return sessions;
	sessions_free(sessions);
	return NULL;
}

struct sessions *sessions_new_heard(struct event_base *base, const struct hearing *hearing,
				    const struct sessions_bounds *bounds, struct stats *stats,
				    sessions_closed_cb *closed, void *argument)
{
	struct sessions *sessions = make_set(base, bounds, stats, closed, argument);

	if (!sessions)
		return NULL;
	sessions->all.role = hearing->role;
	if (prepare_hearing(&sessions->all, hearing))
		return sessions;
	sessions_free(sessions);
	return NULL;
}

void sessions_watch(struct sessions *sessions, sessions_begun_cb *begun, void *argument)
{
	sessions->begun = begun;
	sessions->begun_argument = argument;
}

void sessions_free(struct sessions *sessions)
{
	if (!sessions)
		return;
	sessions_stop(sessions);
	outbox_free(sessions->all.outbox);
	waiting_free(sessions->all.silence);
	waiting_free(sessions->all.heard);
	waiting_free(sessions->all.look);
	waiting_free(sessions->all.lingering);
	waiting_free(sessions->all.deadline);
	watch_free(sessions->all.watch);
	pool_free(sessions->all.more);
	pool_free(sessions->all.pool);
	free(sessions);
}

size_t sessions_open(const struct sessions *sessions)
{
	return sessions->all.open;
}

size_t sessions_room(const struct sessions *sessions)
{
	return sessions->room;
}

/* Returns the session that must make room for another; NULL: none has lingered long enough. */
static struct session *find_evictable(const struct sessions *sessions)
{
	struct session *longest = session_longest(&sessions->all);

	return longest && session_lingered_ms(longest) >= EVICT_AFTER_MS ? longest : NULL;
}

static bool has_room(const struct sessions *sessions)
{
	return sessions->all.open < sessions->room || find_evictable(sessions);
}

enum sessions_admission sessions_find_room(struct sessions *sessions)
{
	bool more;

	if (has_room(sessions))
		return SESSIONS_ADMIT;
	more = waiting_hurry(sessions->all.look, WAITING_A_TURN);
	if (has_room(sessions))
		return SESSIONS_ADMIT;
	return more ? SESSIONS_UNSURE : SESSIONS_FULL;
}

/* Makes room for a session, in place of another if all slots are taken. */
static FREQUENT void make_room(struct sessions *sessions)
{
	struct session *longest = sessions->all.open < sessions->room ? NULL
								      : find_evictable(sessions);

	if (longest)
		session_close(longest, ENDING_EVICTED);
	if (sessions->all.open == 0 && sessions->begun)
		sessions->begun(sessions->begun_argument);
}

/* Opens a session, in place of another if all slots are taken. */
static FREQUENT bool take_in(struct sessions *sessions, int fd, const struct ends *ends,
			     const char *peer, enum session_when when)
{
	make_room(sessions);
	return session_open(&sessions->all, fd, ends, peer, when);
}

bool sessions_greet(struct sessions *sessions, int fd, const struct ends *ends, const char *peer)
{
	return take_in(sessions, fd, ends, peer, SESSION_NOW);
}

bool sessions_greet_later(struct sessions *sessions, int fd, const struct ends *ends,
			  const char *peer)
{
	return take_in(sessions, fd, ends, peer, SESSION_LATER);
}

void sessions_count_sources(struct sessions *sessions, sessions_left_cb *left, void *argument)
{
	sessions->all.left = left;
	sessions->all.left_argument = argument;
}

void sessions_expect_from(struct sessions *sessions, struct source *source)
{
	sessions->all.arriving = source;
}

bool sessions_turn_away(struct sessions *sessions, int fd, const char *peer,
			struct bufferevent *output)
{
	make_room(sessions);
	return session_turn_away(&sessions->all, fd, peer, output);
}

bool sessions_hear_first(struct sessions *sessions, int fd, const char *peer)
{
	make_room(sessions);
	return session_hear(&sessions->all, fd, peer, SESSION_NOW);
}

bool sessions_hear_first_later(struct sessions *sessions, int fd, const char *peer)
{
	make_room(sessions);
	return session_hear(&sessions->all, fd, peer, SESSION_LATER);
}

/*
 * Finds the session that must make room for one that is heard first, at once: the one that has been
 * heard for longest, else the one that has lingered longest, else the oldest.
 */
static struct session *find_least_useful(const struct sessions *sessions)
{
	const struct session_shared *all = &sessions->all;
	struct waiter *heard = waiting_first(all->heard);
	struct session *longest = session_longest(all);

	if (heard)
		return session_of_turn(heard);
	return longest ? longest : session_of_age(waiting_first(all->deadline));
}

bool sessions_hear(struct sessions *sessions, int fd, const char *peer)
{
	if (sessions->all.open >= sessions->room)
		session_close(find_least_useful(sessions), ENDING_EVICTED);
	return session_hear(&sessions->all, fd, peer, SESSION_NOW);
}

/* A search for a client of a source that has closed, and how far it has come. */
struct search {
	const struct source *source;
	int searched, looks;
};

/* Searches a queue, from its end. True: such a client was found. */
static bool search_queue(struct search *search, const struct waiting *by_age)
{
	struct waiter *age = waiting_last(by_age), *before;

	for (; age && search->searched < SEARCHED_MAX && search->looks < LOOKS_MAX; age = before) {
		struct session *session = session_of_age(age);
		before = waiting_before(by_age, age);
		search->searched++;
		if (!session_is_from(session, search->source))
			continue;
		search->looks++;
		if (!session_look(session))
			return true;
	}
	return false;
}

void sessions_look_at_source(struct sessions *sessions, const struct source *source)
{
	struct search newest = {.source = source};

	if (!search_queue(&newest, sessions->all.deadline))
		(void)search_queue(&newest, sessions->all.lingering);
}

void sessions_look_at_due(struct sessions *sessions, size_t most)
{
	struct session_shared *all = &sessions->all;

	(void)waiting_see_to(all->look, patience_ms(&all->patience), most);
}

void sessions_look_at_all(struct sessions *sessions)
{
	(void)waiting_hurry(sessions->all.look, SIZE_MAX);
}

/* Closes all sessions of a queue. */
static void stop(struct waiting *by_age)
{
	struct waiter *age;

	while (by_age && (age = waiting_first(by_age)))
		session_close(session_of_age(age), ENDING_STOPPED);
}

void sessions_stop(struct sessions *sessions)
{
	stop(sessions->all.deadline);
	stop(sessions->all.lingering);
}
