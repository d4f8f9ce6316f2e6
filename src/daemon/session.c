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
#include "greeting.h"
#include "options.h"
#include "stats.h"

/* A session younger than this in its lingering is not evicted: its bytes may be under way. */
enum { EVICT_AFTER_MS = 1000 };

/*
 * The most to throw away in one call: about what a socket holds, so that others have
 * their turn. And valgrind looks at each byte that a call may write: 16 MiB take it 35 ms.
 */
enum { DISCARD_AT_ONCE = 256 * 1024 };

enum reason {
	CLOSED_BY_PEER,
	RESET_BY_PEER,
	TIMED_OUT_GREETING,
	TIMED_OUT_LINGER,
	FLOODED,
	EVICTED,
	STOPPED,
	FAILED,
};

TAILQ_HEAD(session_list, session);

struct session {
	TAILQ_ENTRY(session) by_age;	   /* all sessions, oldest first */
	TAILQ_ENTRY(session) by_lingering; /* those that linger, longest first */
	struct sessions *all;
	struct bufferevent *output; /* until the greeting is with the kernel, then NULL */
	struct event input;
	uint64_t opened_ms, lingering_ms;
	uint64_t discarded;
	int fd;
	char *peer;
};

struct sessions {
	struct event_base *base;
	const struct options *options;
	const struct greeting *greeting;
	struct stats *stats;
	session_closed_cb *closed;
	void *closed_argument;
	struct session_list by_age, by_lingering;
	/*
	 * All sessions live equally long, so their list is the queue of their
	 * deadlines, and one timer, for its head, serves them all. (libevent's own
	 * timeouts start anew with every byte: a trickler would live for ever.)
	 */
	struct event *deadline;
	const struct timeval *idle; /* a common timeout: thousands cost one heap entry */
};

/* Counts the end of a session under its reason, and names it. */
static const char *account(struct stats *stats, enum reason reason)
{
	switch (reason) {
	case CLOSED_BY_PEER:
		return "done";
	case RESET_BY_PEER:
		stats->reset++;
		return "reset by peer";
	case TIMED_OUT_GREETING:
		stats->timed_out_greeting++;
		return "timed out in greeting";
	case TIMED_OUT_LINGER:
		stats->timed_out_linger++;
		return "timed out in linger";
	case FLOODED:
		stats->flooded++;
		return "sent too much";
	case EVICTED:
		stats->evicted++;
		return "made room for others";
	case STOPPED:
		stats->stopped++;
		return "stopped";
	case FAILED:
		break;
	}
	stats->failed++;
	return "failed";
}

/* Bytes of the greeting that the kernel took. */
static size_t bytes_sent(const struct session *session)
{
	size_t size = greeting_size(session->all->greeting);

	return session->output ? size - evbuffer_get_length(bufferevent_get_output(session->output))
			       : size;
}

/* Stops waiting for the socket, in whichever state the session is. */
static void stop_events(struct session *session)
{
	event_del(&session->input);
	if (session->output)
		bufferevent_free(session->output);
	else
		TAILQ_REMOVE(&session->all->by_lingering, session, by_lingering);
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

/* Ends a session and tells the owner: the only place where one dies. */
static void session_close(struct session *session, enum reason reason)
{
	struct sessions *all = session->all;
	const char *name = account(all->stats, reason);
	size_t sent = bytes_sent(session);
	bool whole = !session->output;

	all->stats->bytes_sent += sent;
	all->stats->open--;
	if (session->peer)
		log_debug("closed: %s: %s, %zu bytes sent, %" PRIu64 " discarded, %" PRIu64 " ms",
			  session->peer, name, sent, session->discarded,
			  clock_ms() - session->opened_ms);
	/* libevent takes the descriptor out of epoll, so it is closed behind that. */
	stop_events(session);
	close_socket(session->fd, whole);
	TAILQ_REMOVE(&all->by_age, session, by_age);
#ifndef __clang_analyzer__ /* It can't follow TAILQ_REMOVE, and sees the session used again. */
	free(session->peer);
	free(session);
#endif
	all->closed(all->closed_argument);
}

/*
 * Throws away up to `most` bytes of input, and returns what recv() does. TCP on
 * Linux does it without copying; other sockets there refuse a buffer that is none.
 */
static ssize_t discard(int fd, size_t most)
{
	char waste[16 * 1024];
#ifdef HAVE_DISCARDING_RECV
	ssize_t n = recv(fd, NULL, most, MSG_TRUNC | MSG_DONTWAIT);

	if (n >= 0 || errno != EFAULT)
		return n;
#endif
	return recv(fd, waste, most < sizeof waste ? most : sizeof waste, MSG_DONTWAIT);
}

/* The client sends no more; it may read yet. */
static void end_of_input(struct session *session)
{
	if (session->output)
		event_del(&session->input);
	else
		session_close(session, CLOSED_BY_PEER);
}

/*
 * Throws away what the client sends, and notices its end, its silence or its
 * excess. Also while it is being greeted: a client that sends more than the
 * buffers hold before it reads would wait for us, and we for it.
 */
static void input_cb(evutil_socket_t fd, short what, void *argument)
{
	struct session *session = argument;
	size_t left;
	ssize_t n;

	if (!(what & EV_READ)) {
		session_close(session, TIMED_OUT_LINGER);
		return;
	}
	left = (size_t)(SESSION_DISCARD_MAX - session->discarded);
	n = discard(fd, left < DISCARD_AT_ONCE ? left : DISCARD_AT_ONCE);
	if (n > 0) {
		session->discarded += (uint64_t)n;
		session->all->stats->bytes_discarded += (uint64_t)n;
		if (session->discarded >= SESSION_DISCARD_MAX)
			session_close(session, FLOODED);
	} else if (n == 0) {
		end_of_input(session);
	} else if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) {
		session_close(session, RESET_BY_PEER);
	}
}

/*
 * Waits for the client's end, and from now on not for long. A plain event does,
 * for a tenth of a bufferevent's memory.
 */
static void start_lingering(struct session *session)
{
	struct sessions *all = session->all;

	bufferevent_free(session->output);
	session->output = NULL;
	session->lingering_ms = clock_ms();
	TAILQ_INSERT_TAIL(&all->by_lingering, session, by_lingering);
	if (event_add(&session->input, all->idle) < 0)
		session_close(session, FAILED);
}

/* Half-closes: the greeting, held back until now, and our FIN leave in one segment. */
static void half_close(struct session *session)
{
	if (shutdown(session->fd, SHUT_WR) < 0) {
		session_close(session, RESET_BY_PEER);
		return;
	}
	session->all->stats->greeted++;
	start_lingering(session);
}

/* The kernel has the whole greeting; the client may not have it yet. */
static void written_cb(struct bufferevent *output, void *argument)
{
	(void)output;
	half_close(argument);
}

static void write_failed_cb(struct bufferevent *output, short what, void *argument)
{
	(void)output;
	(void)what;
	session_close(argument, RESET_BY_PEER);
}

/* Closes the sessions whose time is over, and waits for the next one's. */
static void deadline_cb(evutil_socket_t fd, short what, void *argument)
{
	struct sessions *all = argument;
	struct session *oldest;

	(void)fd;
	(void)what;
	while ((oldest = TAILQ_FIRST(&all->by_age))) {
		uint64_t age = clock_ms() - oldest->opened_ms;
		if (age < all->options->timeout) {
			loop_add_timer(all->deadline, all->options->timeout - age);
			return;
		}
		session_close(oldest, oldest->output ? TIMED_OUT_GREETING : TIMED_OUT_LINGER);
	}
}

struct sessions *sessions_new(struct event_base *base, const struct options *options,
			      const struct greeting *greeting, struct stats *stats,
			      session_closed_cb *closed, void *argument)
{
	struct sessions *all = calloc(1, sizeof *all);
	struct timeval idle = {.tv_sec = (time_t)(options->idle / 1000),
			       .tv_usec = (suseconds_t)(options->idle % 1000 * 1000)};

	if (!all)
		return NULL;
	all->base = base;
	all->options = options;
	all->greeting = greeting;
	all->stats = stats;
	all->closed = closed;
	all->closed_argument = argument;
	TAILQ_INIT(&all->by_age);
	TAILQ_INIT(&all->by_lingering);
	all->deadline = evtimer_new(base, deadline_cb, all);
	all->idle = event_base_init_common_timeout(base, &idle);
	/* Set once for nothing: from now on no timer lacks memory, and no session its deadline. */
	if (all->deadline && all->idle && loop_add_timer(all->deadline, options->timeout))
		return all;
	sessions_free(all);
	return NULL;
}

void sessions_free(struct sessions *all)
{
	if (!all)
		return;
	sessions_stop(all);
	loop_free_event(all->deadline);
	free(all);
}

size_t sessions_open(const struct sessions *all)
{
	return (size_t)all->stats->open;
}

/* Puts the greeting on a bufferevent: by reference, so that thousands share one copy. */
static bool start_greeting(struct session *session)
{
	const struct greeting *greeting = session->all->greeting;

	session->output = bufferevent_socket_new(session->all->base, session->fd, 0);
	if (!session->output)
		return false;
	bufferevent_setcb(session->output, NULL, written_cb, write_failed_cb, session);
	if (greeting_size(greeting) == 0)
		return true;
	/* Enabled it is already; but only this tells whether its event could be added. */
	return evbuffer_add_reference(bufferevent_get_output(session->output),
				      greeting_bytes(greeting), greeting_size(greeting), NULL,
				      NULL) == 0 &&
	       bufferevent_enable(session->output, EV_WRITE) == 0;
}

/* Makes a session with its greeting queued; NULL: no memory. */
static struct session *session_new(struct sessions *all, int fd, const char *peer)
{
	struct session *session = calloc(1, sizeof *session);

	if (!session)
		return NULL;
	session->all = all;
	session->fd = fd;
	session->opened_ms = clock_ms();
	if (peer)
		session->peer = strdup(peer);
	event_assign(&session->input, all->base, fd, EV_READ | EV_PERSIST, input_cb, session);
	if ((!peer || session->peer) && event_add(&session->input, NULL) == 0 &&
	    start_greeting(session))
		return session;
	event_del(&session->input);
	if (session->output)
		bufferevent_free(session->output);
	free(session->peer);
	free(session);
	return NULL;
}

bool session_open(struct sessions *all, int fd, const char *peer)
{
	struct session *session = session_new(all, fd, peer);

	if (!session) {
		all->stats->failed++;
		close_socket(fd, false);
		return false;
	}
	TAILQ_INSERT_TAIL(&all->by_age, session, by_age);
	all->stats->open++;
	if (!evtimer_pending(all->deadline, NULL))
		loop_add_timer(all->deadline, all->options->timeout);
	if (greeting_size(all->greeting) == 0)
		half_close(session);
	return true;
}

bool sessions_can_evict(const struct sessions *all)
{
	const struct session *longest = TAILQ_FIRST(&all->by_lingering);

	return longest && clock_ms() - longest->lingering_ms >= EVICT_AFTER_MS;
}

void sessions_evict(struct sessions *all)
{
	if (sessions_can_evict(all))
		session_close(TAILQ_FIRST(&all->by_lingering), EVICTED);
}

void sessions_stop(struct sessions *all)
{
	while (!TAILQ_EMPTY(&all->by_age))
		session_close(TAILQ_FIRST(&all->by_age), STOPPED);
}
