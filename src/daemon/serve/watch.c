/* SPDX-License-Identifier: ISC */
/* watch: which of many sockets have input, or have been closed by their peers. */
#include <config.h>

#include "watch.h"

#include <event2/event.h>
#include <stdlib.h>

#include "base/loop.h"

#ifdef HAVE_CLOSING_EPOLL

#include <sys/epoll.h>
#include <unistd.h>

/* How many sockets are told of in a turn of the loop, before its other events have theirs. */
enum { A_TURN = 16 };

struct watch {
	watch_input_cb *input;
	int epoll;
	struct event *ready; /* for the epoll, which is readable while any of its sockets is */
	struct epoll_event turn[A_TURN]; /* this turn's sockets; of one that has left, no owner */
	int count;
};

static void ready_cb(evutil_socket_t fd, short what, void *argument)
{
	struct watch *watch = argument;

	(void)what;
	watch->count = epoll_wait(fd, watch->turn, A_TURN, 0);
	for (int i = 0; i < watch->count; i++)
		if (watch->turn[i].data.ptr)
			watch->input(watch->turn[i].data.ptr);
	watch->count = 0;
}

struct watch *watch_new(struct event_base *base, watch_input_cb *input)
{
	struct watch *watch = calloc(1, sizeof *watch);

	if (!watch)
		return NULL;
	watch->input = input;
	watch->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (watch->epoll >= 0)
		watch->ready = event_new(base, watch->epoll, EV_READ | EV_PERSIST, ready_cb, watch);
	if (watch->ready && event_add(watch->ready, NULL) == 0)
		return watch;
	watch_free(watch);
	return NULL;
}

void watch_free(struct watch *watch)
{
	if (!watch)
		return;
	loop_free_event(watch->ready);
	if (watch->epoll >= 0)
		close(watch->epoll);
	free(watch);
}

bool watch_add(struct watch *watch, int fd, void *owner)
{
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = owner};

	return epoll_ctl(watch->epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

void watch_remove(struct watch *watch, int fd, const void *owner)
{
	struct epoll_event unused = {.events = 0};

	(void)epoll_ctl(watch->epoll, EPOLL_CTL_DEL, fd, &unused);
	watch_forget(watch, fd, owner);
}

/* The descriptor has no duplicate, so that the kernel forgets the socket when it is closed. */
void watch_forget(struct watch *watch, int fd, const void *owner)
{
	(void)fd;
	for (int i = 0; i < watch->count; i++)
		if (watch->turn[i].data.ptr == owner)
			watch->turn[i].data.ptr = NULL;
}

#else

#include <errno.h>
#include <event2/event_struct.h>

#include "base/pool.h"

/* A socket that is watched. */
struct watched {
	struct event event;
	struct watch *watch;
	void *owner;
};

struct watch {
	struct event_base *base;
	watch_input_cb *input;
	struct pool *pool;	  /* of those that are watched */
	struct watched **watched; /* by descriptor */
	size_t size;
};

static void input_cb(evutil_socket_t fd, short what, void *argument)
{
	const struct watched *watched = argument;

	(void)fd;
	(void)what;
	watched->watch->input(watched->owner);
}

struct watch *watch_new(struct event_base *base, watch_input_cb *input)
{
	struct watch *watch = calloc(1, sizeof *watch);

	if (!watch)
		return NULL;
	watch->base = base;
	watch->input = input;
	watch->pool = pool_new(sizeof(struct watched));
	if (watch->pool)
		return watch;
	watch_free(watch);
	return NULL;
}

void watch_free(struct watch *watch)
{
	if (!watch)
		return;
	pool_free(watch->pool);
	free(watch->watched);
	free(watch);
}

/* Makes the table long enough for a descriptor. False: no memory. */
static bool reach(struct watch *watch, size_t fd)
{
	size_t size = watch->size > 0 ? watch->size : 64;
	struct watched **watched;

	while (size <= fd)
		size *= 2;
	if (size == watch->size)
		return true;
	watched = realloc(watch->watched, size * sizeof *watched);
	if (!watched)
		return false;
	watch->watched = watched;
	watch->size = size;
	return true;
}

bool watch_add(struct watch *watch, int fd, void *owner)
{
	struct watched *watched = reach(watch, (size_t)fd) ? pool_take(watch->pool) : NULL;

	if (!watched) {
		errno = ENOMEM;
		return false;
	}
	watched->watch = watch;
	watched->owner = owner;
	event_assign(&watched->event, watch->base, fd, EV_READ | EV_PERSIST, input_cb, watched);
	watch->watched[fd] = watched;
	if (event_add(&watched->event, NULL) == 0)
		return true;
	pool_give(watch->pool, watched);
	return false;
}

void watch_remove(struct watch *watch, int fd, const void *owner)
{
	struct watched *watched = watch->watched[fd];

	(void)owner;
	event_del(&watched->event);
	pool_give(watch->pool, watched);
}

/* libevent must know before the descriptor is closed. */
void watch_forget(struct watch *watch, int fd, const void *owner)
{
	watch_remove(watch, fd, owner);
}

#endif
