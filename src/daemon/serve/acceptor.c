/* SPDX-License-Identifier: ISC */
/* acceptor: accepts on several listening sockets, which start and stop together. */
#include <config.h>

#include "acceptor.h"

#include <errno.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/address.h"
#include "base/loop.h"
#include "base/socket.h"
#include "daemon/setup/sockets.h"
#include "turn.h"

/*
 * A socket, and libevent's listener for it, which is disabled at the end of a turn. An event for
 * the same descriptor then enables it again. While that event is there, the kernel watches the
 * socket all the time: disabling and enabling the listener takes no system call.
 */
struct accepting {
	struct acceptor *acceptor;
	const struct socket_entry *entry;
	struct evconnlistener *listener;
	struct event *after; /* runs after the listener, since it is always added before */
	struct turn turn;
	bool has_multipath; /* it listens for MPTCP; not every client uses that */
};

struct acceptor {
	struct event_base *base;
	acceptor_accepted_cb *accepted;
	acceptor_failed_cb *failed;
	acceptor_turn_cb *turn_over; /* or NULL */
	void *argument;
	struct accepting **all; /* each stays where it is */
	size_t count;
	size_t first; /* which was started first: the kernel tells of it before the others */
};

struct acceptor *acceptor_new(struct event_base *base, acceptor_accepted_cb *accepted,
			      acceptor_failed_cb *failed, void *argument)
{
	struct acceptor *acceptor = calloc(1, sizeof *acceptor);

	if (!acceptor)
		return NULL;
	acceptor->base = base;
	acceptor->accepted = accepted;
	acceptor->failed = failed;
	acceptor->argument = argument;
	return acceptor;
}

void acceptor_watch_turns(struct acceptor *acceptor, acceptor_turn_cb *turn_over)
{
	acceptor->turn_over = turn_over;
}

/* Hands over a connection. One by MPTCP becomes plain TCP, which does all that we need. */
static FREQUENT void hand_over(const struct accepting *accepting, int fd,
			       const struct sockaddr *from, socklen_t length)
{
	const struct acceptor *acceptor = accepting->acceptor;

	if (accepting->has_multipath && socket_is_multipath(fd))
		socket_release(fd);
	acceptor->accepted(accepting->entry, fd, from, length, acceptor->argument);
}

static void accept_cb(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *from,
		      int length, void *argument)
{
	struct accepting *accepting = argument;

	if (turn_take(&accepting->turn))
		(void)evconnlistener_disable(listener);
	hand_over(accepting, fd, from, (socklen_t)length);
}

/* Ends a turn of a socket, and lets it accept in the next one. */
static void after_cb(evutil_socket_t fd, short what, void *argument)
{
	struct accepting *accepting = argument;
	const struct acceptor *acceptor = accepting->acceptor;
	unsigned share = ACCEPTOR_TURN / (unsigned)acceptor->count;
	unsigned accepted = turn_end(&accepting->turn, share > 0 ? share : 1);

	(void)fd;
	(void)what;
	/* The kernel is not asked, and so does not refuse. */
	(void)evconnlistener_enable(accepting->listener);
	if (acceptor->turn_over)
		acceptor->turn_over(accepted, acceptor->argument);
}

/* Without this callback libevent's listener would spin: the queue stays readable. */
static void failed_cb(struct evconnlistener *listener, void *argument)
{
	const struct accepting *accepting = argument;
	int reason = EVUTIL_SOCKET_ERROR();

	(void)listener;
	if (!socket_lost_one(reason))
		accepting->acceptor->failed(reason, accepting->acceptor->argument);
}

/* Makes room for one more socket, and takes it. NULL: no memory. */
static struct accepting *make_accepting(struct acceptor *acceptor)
{
	struct accepting **all = realloc(acceptor->all,
					 (acceptor->count + 1) * sizeof(struct accepting *));

	if (!all)
		return NULL;
	acceptor->all = all;
	all[acceptor->count] = calloc(1, sizeof(struct accepting));
	return all[acceptor->count];
}

static void free_accepting(struct accepting *accepting)
{
	if (accepting->listener)
		evconnlistener_free(accepting->listener);
	loop_free_event(accepting->after);
	free(accepting);
}

/* Makes a socket accept. False, with errno: it does not. */
static bool start(const struct accepting *accepting)
{
	return event_add(accepting->after, NULL) == 0 &&
	       evconnlistener_enable(accepting->listener) == 0;
}

bool acceptor_add(struct acceptor *acceptor, const struct socket_entry *entry)
{
	struct accepting *accepting = make_accepting(acceptor);

	if (!accepting)
		return false;
	accepting->acceptor = acceptor;
	accepting->entry = entry;
	accepting->has_multipath = socket_is_multipath(entry->fd);
	turn_begin(&accepting->turn);
	/* Disabled, because enabling it does not report its failure here. */
	accepting->listener = evconnlistener_new(acceptor->base, accept_cb, accepting,
						 LEV_OPT_CLOSE_ON_EXEC | LEV_OPT_DISABLED, 0,
						 entry->fd);
	accepting->after = event_new(acceptor->base, entry->fd, EV_READ | EV_PERSIST, after_cb,
				     accepting);
	if (!accepting->listener || !accepting->after) {
		free_accepting(accepting);
		return false;
	}
	acceptor->count++;
	evconnlistener_set_error_cb(accepting->listener, failed_cb);
	return start(accepting);
}

size_t acceptor_count(const struct acceptor *acceptor)
{
	return acceptor->count;
}

const struct socket_entry *acceptor_at(const struct acceptor *acceptor, size_t i)
{
	return acceptor->all[i]->entry;
}

bool acceptor_start(struct acceptor *acceptor)
{
	/* Another one first each time: with room for one client alone, only the first gets it. */
	acceptor->first++;
	for (size_t i = 0; i < acceptor->count; i++)
		if (!start(acceptor->all[(acceptor->first + i) % acceptor->count]))
			return false;
	return true;
}

void acceptor_stop(struct acceptor *acceptor)
{
	for (size_t i = 0; i < acceptor->count; i++) {
		(void)evconnlistener_disable(acceptor->all[i]->listener);
		(void)event_del(acceptor->all[i]->after);
		turn_break_off(&acceptor->all[i]->turn);
	}
}

/* Accepts as libevent does: where it can, with the one system call that a sandbox allows. */
#ifdef HAVE_ACCEPT4
static int take(int listening, struct address *from)
{
	return accept4(listening, &from->any, &from->length, SOCK_NONBLOCK | SOCK_CLOEXEC);
}
#else
static int take(int listening, struct address *from)
{
	int fd = accept(listening, &from->any, &from->length);

	if (fd >= 0) {
		evutil_make_socket_nonblocking(fd);
		evutil_make_socket_closeonexec(fd);
	}
	return fd;
}
#endif

bool acceptor_take(struct acceptor *acceptor, size_t i)
{
	const struct accepting *accepting = acceptor->all[i];
	struct address from = {.length = sizeof from.room};
	int fd = take(accepting->entry->fd, &from);

	if (fd < 0)
		return false;
	hand_over(accepting, fd, &from.any, from.length);
	return true;
}

void acceptor_release_from(struct acceptor *acceptor, size_t kept)
{
	while (acceptor->count > kept)
		free_accepting(acceptor->all[--acceptor->count]);
}

void acceptor_free(struct acceptor *acceptor)
{
	if (!acceptor)
		return;
	acceptor_release_from(acceptor, 0);
	free(acceptor->all);
	free(acceptor);
}
