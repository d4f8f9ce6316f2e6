/* session: one client each: greet, half-close, linger, close. */
#include <config.h>

#include "session.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/pool.h"
#include "base/socket.h"
#include "ending.h"
#include "options.h"
#include "output.h"
#include "rendering.h"
#include "stats.h"

/* A session younger than this in its lingering is not evicted: its bytes may be under way. */
enum { EVICT_AFTER_MS = 1000 };

/*
 * How long a client may take to close before the kernel is asked to watch it. Nearly all
 * need less, and then one look is all that they cost. Less time would be too little for clients
 * that are busy themselves; more gains nothing (doc/performance.md).
 */
enum { LOOK_AFTER_MS = 20 };

/*
 * How many clients one callback looks at or closes before the loop's other events have their turn:
 * all of some 120 at once kept newcomers waiting for most of a millisecond.
 */
enum { CLIENTS_A_TURN = 16 };

/* What a session waits for. */
enum state {
	OPENING,   /* for nothing yet */
	GREETING,  /* until the kernel has the rest of the greeting; input is watched, too */
	PARTING,   /* for our look whether the client has closed; half-closed a moment ago */
	LINGERING, /* for the client to close; input is watched */
};

TAILQ_HEAD(session_list, session);

/*
 * Many linger at a time, so this is small: a bufferevent, some 800 bytes, is there while
 * the greeting needs it, and the times are what is left of clock_ms() in 32 bits.
 */
struct session {
	struct sessions *all;
	TAILQ_ENTRY(session) by_age;
	union {
		struct { /* GREETING */
			struct bufferevent *output;
			struct rendering *rest; /* of the greeting, not yet queued; or NULL */
		};
		TAILQ_ENTRY(session) by_half_close; /* PARTING, LINGERING */
	};
	char *peer;
	int fd;
	enum state state;
	uint32_t opened_ms, half_closed_ms;
	uint32_t discarded;
	uint32_t queued;    /* bytes of its greeting, sent ones included */
	struct event input; /* GREETING, LINGERING */
};

struct sessions {
	struct event_base *base;
	const struct options *options;
	struct stats *stats;
	session_closed_cb *closed;
	void *closed_argument;
	struct session_list by_age, parting, lingering; /* the oldest first */
	struct pool *pool;
	struct output *output; /* what the next session is sent */
	/*
	 * All sessions live equally long, so their list is the queue of their
	 * deadlines, and one timer, for its head, serves them all. (libevent's own
	 * timeouts start anew with every byte: a trickler would live for ever.)
	 */
	struct event *deadline;
	struct event *look; /* at those that part */
	uint32_t look_after_ms;
	bool is_hurried; /* those that parted up to hurried_ms are due */
	uint32_t hurried_ms;
	const struct timeval *idle; /* a common timeout: thousands cost one heap entry */
};

/* The time in ms, modulo 2^32: no session lives for the 49 days that this takes. */
static uint32_t now_ms(void)
{
	return (uint32_t)clock_ms();
}

/* Bytes of the greeting that the kernel took. */
static size_t bytes_sent(const struct session *session)
{
	switch (session->state) {
	case OPENING:
		return 0;
	case GREETING:
		return session->queued -
		       evbuffer_get_length(bufferevent_get_output(session->output));
	case PARTING:
	case LINGERING:
		break;
	}
	return session->queued;
}

/* Lets go of what the session's state needs, but for the watch on its input. */
static void leave_state(struct session *session)
{
	switch (session->state) {
	case OPENING:
		break;
	case GREETING:
		bufferevent_free(session->output);
		rendering_free(session->rest);
		break;
	case PARTING:
		TAILQ_REMOVE(&session->all->parting, session, by_half_close);
		break;
	case LINGERING:
		TAILQ_REMOVE(&session->all->lingering, session, by_half_close);
		break;
	}
}

/*
 * Ends the connection. One that has not got its whole greeting is reset: an
 * orderly FIN would tell the client that the part it has is all there is.
 */
static void close_socket(int fd, bool whole)
{
	struct linger at_once = {.l_onoff = 1, .l_linger = 0};

	if (!whole)
		(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
	close(fd);
}

static void log_end(const struct session *session, enum ending ending, size_t sent, int64_t gone_ms)
{
	uint32_t lived = now_ms() - session->opened_ms;

	if (gone_ms > 0)
		lived -= gone_ms < lived ? (uint32_t)gone_ms : lived;
	log_debug("closed: %s: %s, %zu bytes sent, %" PRIu32 " discarded, %s%" PRIu32 " ms",
		  session->peer, ending_name(ending), sent, session->discarded,
		  gone_ms < 0 ? "up to " : "", lived);
}

/* Ends a session and tells the owner: the only place where one dies. */
static void session_close(struct session *session, enum ending ending)
{
	struct sessions *all = session->all;
	size_t sent = bytes_sent(session);
	bool whole = session->state == PARTING || session->state == LINGERING;
	int64_t gone_ms = session->peer ? ending_look_closer(&ending, session->fd, sent) : -1;

	ending_count(ending, all->stats);
	all->stats->bytes_sent += sent;
	all->stats->open--;
	if (session->peer)
		log_end(session, ending, sent, gone_ms);
	/* libevent takes the descriptor out of epoll, so it is closed behind that. */
	if (session->state == GREETING || session->state == LINGERING)
		event_del(&session->input);
	leave_state(session);
	close_socket(session->fd, whole);
	TAILQ_REMOVE(&all->by_age, session, by_age);
	free(session->peer);
	pool_give(all->pool, session);
	all->closed(all->closed_argument);
}

/*
 * Throws away what the client has sent. The session is closed, and false returned, if
 * that was the end, or too much.
 */
static bool read_input(struct session *session)
{
	size_t left = SESSION_DISCARD_MAX - session->discarded;
	ssize_t n = socket_discard(session->fd, left < SOCKET_AT_ONCE ? left : SOCKET_AT_ONCE);

	if (n > 0) {
		session->discarded += (uint32_t)n;
		session->all->stats->bytes_discarded += (uint64_t)n;
		if (session->discarded < SESSION_DISCARD_MAX)
			return true;
		session_close(session, ENDING_FLOODED);
	} else if (n < 0) {
		if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)
			return true;
		session_close(session,
			      session->state == GREETING ? ENDING_RESET_GREETING : ENDING_RESET);
	} else if (session->state == GREETING) { /* It sends no more, but may read yet. */
		event_del(&session->input);
		return true;
	} else {
		session_close(session, ENDING_DONE);
	}
	return false;
}

/*
 * Notices the client's input, its end, or its silence. Also while it is being greeted: a
 * client that sends more than the buffers hold before it reads would wait for us, and we for it.
 */
static void input_cb(evutil_socket_t fd, short what, void *argument)
{
	(void)fd;
	if (what & EV_READ)
		(void)read_input(argument);
	else
		session_close(argument, ENDING_TIMED_OUT_LINGER);
}

/* Makes the event that watches the input. */
static void prepare_input(struct session *session)
{
	event_assign(&session->input, session->all->base, session->fd, EV_READ | EV_PERSIST,
		     input_cb, session);
}

/* Waits for the client to close, and from now on not for long. A plain event does. */
static void linger(struct session *session)
{
	struct sessions *all = session->all;

	leave_state(session);
	session->state = LINGERING;
	TAILQ_INSERT_TAIL(&all->lingering, session, by_half_close);
	if (event_add(&session->input, all->idle) < 0)
		session_close(session, ENDING_FAILED);
}

/* Returns the client that parted first, if it is time to look at it; else NULL. */
static struct session *find_due(const struct sessions *all, uint32_t now)
{
	struct session *first = TAILQ_FIRST(&all->parting);

	if (first && (now - first->half_closed_ms >= all->look_after_ms ||
		      (all->is_hurried && (int32_t)(all->hurried_ms - first->half_closed_ms) >= 0)))
		return first;
	return NULL;
}

/* Looks at `most` clients that parted: most have closed, the others are watched from now on. */
static void look(struct sessions *all, size_t most)
{
	struct session *due = NULL;
	uint32_t now = now_ms();

	while (most-- > 0 && (due = find_due(all, now)))
		if (read_input(due)) {
			prepare_input(due);
			linger(due);
		}
	if (!due)
		all->is_hurried = false;
}

/* Waits for the next time to look: after the loop's other events if some are due already. */
static void wait_to_look(struct sessions *all)
{
	if (!TAILQ_EMPTY(&all->parting))
		loop_add_timer(all->look, find_due(all, now_ms()) ? 0 : all->look_after_ms);
}

static void look_cb(evutil_socket_t fd, short what, void *argument)
{
	struct sessions *all = argument;

	(void)fd;
	(void)what;
	look(all, CLIENTS_A_TURN);
	wait_to_look(all);
}

/* Leaves the session alone for a moment, in which its client mostly closes. */
static void part(struct session *session)
{
	struct sessions *all = session->all;

	if (TAILQ_EMPTY(&all->parting))
		loop_add_timer(all->look, all->look_after_ms);
	session->state = PARTING;
	session->half_closed_ms = session->opened_ms; /* that is now */
	TAILQ_INSERT_TAIL(&all->parting, session, by_half_close);
}

/* Half-closes: the greeting, held back until now, and our FIN leave in one segment. */
static void half_close(struct session *session)
{
	if (shutdown(session->fd, SHUT_WR) < 0) {
		session_close(session, ENDING_RESET_GREETING);
		return;
	}
	session->all->stats->greeted++;
	if (session->state == GREETING) {
		session->half_closed_ms = now_ms();
		linger(session);
	}
}

/* Queues the next piece of a greeting that is the client's own. False: no memory. */
static bool queue_rest(struct session *session)
{
	size_t size;

	if (!rendering_queue(session->rest, bufferevent_get_output(session->output), &size))
		return false;
	session->queued += (uint32_t)size;
	if (session->rest->is_over) {
		rendering_free(session->rest);
		session->rest = NULL;
	}
	return true;
}

/* The kernel has what was queued. At the end of the greeting, the client may not have it yet. */
static void written_cb(struct bufferevent *output, void *argument)
{
	struct session *session = argument;

	(void)output;
	if (!session->rest)
		half_close(session);
	else if (!queue_rest(session))
		session_close(session, ENDING_FAILED);
}

static void write_failed_cb(struct bufferevent *output, short what, void *argument)
{
	(void)output;
	(void)what;
	session_close(argument, ENDING_RESET_GREETING);
}

/* Leaves the rest of the greeting to libevent. False: no memory for it, or to watch the socket. */
static bool keep_greeting(struct session *session, size_t sent)
{
	struct bufferevent *output;
	struct rendering *rest;

	if (!output_take(session->all->output, sent, &output, &rest))
		return false;
	session->state = GREETING;
	session->output = output;
	session->rest = rest;
	bufferevent_setcb(output, NULL, written_cb, write_failed_cb, session);
	prepare_input(session);
	return bufferevent_setfd(output, session->fd) == 0 &&
	       event_add(&session->input, NULL) == 0 && bufferevent_enable(output, EV_WRITE) == 0;
}

/*
 * Sends the greeting. Now, since the socket is new, and has room; only if the kernel does not
 * take all of it, or it comes in pieces, or is not to be sent now, the session gets a bufferevent
 * for itself. False: no memory for that.
 */
static bool greet(struct session *session, bool now)
{
	struct output *output = session->all->output;
	ssize_t sent = 0;
	size_t size;
	enum output_queued queued = output_queue(output, session->fd, &size);

	if (queued == OUTPUT_NO_MEMORY)
		return false;
	session->queued = (uint32_t)size;
	now = now && queued == OUTPUT_WHOLE;
	if (now)
		sent = output_send(output, session->fd);
	if (sent >= 0 && (!now || (size_t)sent < size))
		return keep_greeting(session, (size_t)sent);
	output_forget(output);
	if (sent < 0) {
		session_close(session, ENDING_RESET_GREETING);
		return true;
	}
	part(session); /* First: if it can't be half-closed, it is closed. */
	half_close(session);
	return true;
}

/* Closes a few of the sessions whose time is over, and waits for the next one's. */
static void deadline_cb(evutil_socket_t fd, short what, void *argument)
{
	struct sessions *all = argument;
	struct session *oldest;

	(void)fd;
	(void)what;
	for (size_t i = 0; (oldest = TAILQ_FIRST(&all->by_age)); i++) {
		uint32_t age = now_ms() - oldest->opened_ms;
		if (age < all->options->timeout || i == CLIENTS_A_TURN) {
			loop_add_timer(all->deadline, age < all->options->timeout
							      ? all->options->timeout - age
							      : 0);
			return;
		}
		session_close(oldest, oldest->state == GREETING ? ENDING_TIMED_OUT_GREETING
								: ENDING_TIMED_OUT_LINGER);
	}
}

struct sessions *sessions_new(struct event_base *base, const struct options *options,
			      struct greeting *greeting, struct stats *stats,
			      session_closed_cb *closed, void *argument)
{
	struct sessions *all = calloc(1, sizeof *all);
	struct timeval idle = {.tv_sec = (time_t)(options->idle / 1000),
			       .tv_usec = (suseconds_t)(options->idle % 1000 * 1000)};

	if (!all)
		return NULL;
	all->base = base;
	all->options = options;
	all->stats = stats;
	all->closed = closed;
	all->closed_argument = argument;
	TAILQ_INIT(&all->by_age);
	TAILQ_INIT(&all->parting);
	TAILQ_INIT(&all->lingering);
	all->pool = pool_new(sizeof(struct session));
	all->output = output_new(base, greeting);
	all->look_after_ms = options->idle < LOOK_AFTER_MS ? (uint32_t)options->idle
							   : LOOK_AFTER_MS;
	all->deadline = evtimer_new(base, deadline_cb, all);
	all->look = evtimer_new(base, look_cb, all);
	all->idle = event_base_init_common_timeout(base, &idle);
	/* Set once for nothing: from now on no timer lacks memory, and no session its deadline. */
	if (all->pool && all->output && all->deadline && all->look && all->idle &&
	    loop_add_timer(all->deadline, options->timeout) &&
	    loop_add_timer(all->look, all->look_after_ms))
		return all;
	sessions_free(all);
	return NULL;
}

void sessions_free(struct sessions *all)
{
	if (!all)
		return;
	sessions_stop(all);
	output_free(all->output);
	loop_free_event(all->look);
	loop_free_event(all->deadline);
	pool_free(all->pool);
	free(all);
}

size_t sessions_open(const struct sessions *all)
{
	return (size_t)all->stats->open;
}

/* Makes a session of a socket; NULL: no memory. */
static struct session *session_new(struct sessions *all, int fd, const char *peer)
{
	struct session *session = pool_take(all->pool);

	if (!session)
		return NULL;
	session->all = all;
	session->peer = peer ? strdup(peer) : NULL;
	session->fd = fd;
	session->state = OPENING;
	session->opened_ms = now_ms();
	session->discarded = 0;
	if (!peer || session->peer)
		return session;
	pool_give(all->pool, session);
	return NULL;
}

bool session_open(struct sessions *all, int fd, const char *peer, bool now)
{
	struct session *session = session_new(all, fd, peer);

	if (!session) {
		all->stats->failed++;
		close_socket(fd, false);
		return false;
	}
	if (TAILQ_EMPTY(&all->by_age))
		loop_add_timer(all->deadline, all->options->timeout);
	TAILQ_INSERT_TAIL(&all->by_age, session, by_age);
	all->stats->open++;
	if (greet(session, now))
		return true;
	session_close(session, ENDING_FAILED);
	return false;
}

void sessions_look(struct sessions *all)
{
	all->is_hurried = true;
	all->hurried_ms = now_ms();
	look(all, CLIENTS_A_TURN);
	wait_to_look(all);
}

void sessions_look_at_all(struct sessions *all)
{
	all->is_hurried = true;
	all->hurried_ms = now_ms();
	look(all, SIZE_MAX);
}

bool sessions_can_evict(const struct sessions *all)
{
	const struct session *longest = TAILQ_FIRST(&all->lingering);

	return longest && now_ms() - longest->half_closed_ms >= EVICT_AFTER_MS;
}

void sessions_evict(struct sessions *all)
{
	if (sessions_can_evict(all))
		session_close(TAILQ_FIRST(&all->lingering), ENDING_EVICTED);
}

void sessions_stop(struct sessions *all)
{
	while (!TAILQ_EMPTY(&all->by_age))
		session_close(TAILQ_FIRST(&all->by_age), ENDING_STOPPED);
}
