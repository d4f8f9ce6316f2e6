/* SPDX-License-Identifier: ISC */
/* prelude: what a client must say before it is answered, read as it comes, within bounds. */
#include "prelude.h"

#include <errno.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/types.h>

/* How much is read at a time, in bytes. What comes after the prelude in that is thrown away. */
enum { AT_ONCE = 512 };

struct prelude {
	const struct prelude_kind *kind;
	struct event input;
	int fd;
	size_t taken;	/* bytes of the client */
	size_t surplus; /* and those after a whole prelude */
	prelude_heard_cb *heard;
	void *heard_argument;
	max_align_t parser[];
};

/* Gives the parser what came, as far as the bounds allow. */
static enum prelude_verdict take(struct prelude *prelude, const char *bytes, size_t count)
{
	const struct prelude_kind *kind = prelude->kind;
	size_t left = kind->most - prelude->taken, used = 0;
	enum prelude_verdict verdict = kind->take(prelude->parser, bytes,
						  count < left ? count : left, &used);

	prelude->taken += used;
	if (verdict == PRELUDE_WHOLE)
		prelude->surplus = count - used;
	return verdict == PRELUDE_MORE && prelude->taken == kind->most ? PRELUDE_TOO_LONG : verdict;
}

/* Reads once, and returns what that decides. */
static enum prelude_verdict read_some(struct prelude *prelude)
{
	char bytes[AT_ONCE];
	ssize_t n = recv(prelude->fd, bytes, sizeof bytes, MSG_DONTWAIT);

	if (n > 0)
		return take(prelude, bytes, (size_t)n);
	if (n == 0)
		return PRELUDE_ENDED;
	return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? PRELUDE_MORE
									 : PRELUDE_RESET;
}

/* Reads once, and tells of a verdict. False: there is none yet. */
static bool hear(struct prelude *prelude)
{
	enum prelude_verdict verdict = read_some(prelude);

	if (verdict == PRELUDE_MORE)
		return false;
	prelude->heard(verdict, prelude->heard_argument);
	return true;
}

static void input_cb(evutil_socket_t fd, short what, void *argument)
{
	(void)fd;
	(void)what;
	(void)hear(argument);
}

bool prelude_watch(struct prelude *prelude)
{
	return event_add(&prelude->input, NULL) == 0;
}

bool prelude_begin(struct prelude *prelude)
{
	return hear(prelude) || prelude_watch(prelude);
}

struct prelude *prelude_new(const struct prelude_kind *kind, struct event_base *base, int fd,
			    prelude_heard_cb *heard, void *argument)
{
	struct prelude *prelude = calloc(1, sizeof *prelude + kind->size);

	if (!prelude)
		return NULL;
	prelude->kind = kind;
	prelude->fd = fd;
	prelude->heard = heard;
	prelude->heard_argument = argument;
	event_assign(&prelude->input, base, fd, EV_READ | EV_PERSIST, input_cb, prelude);
	kind->begin(prelude->parser);
	return prelude;
}

const void *prelude_parser(const struct prelude *prelude)
{
	return prelude->parser;
}

size_t prelude_surplus(const struct prelude *prelude)
{
	return prelude->surplus;
}

void prelude_free(struct prelude *prelude)
{
	if (!prelude)
		return;
	event_del(&prelude->input);
	free(prelude);
}
