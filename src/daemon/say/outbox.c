/* SPDX-License-Identifier: ISC */
/*
 * outbox: the greeting of the next session, queued on a bufferevent that waits for it.
 *
 * The send() below is a fast path. libevent can write the queue itself, by evbuffer_write(), and
 * the queue is then filled again by reference. But that takes an allocation and some 750
 * instructions more for each greeting, nearly twice as many (`script/bench --guard` counts them).
 */
#include <config.h>

#include "outbox.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/socket.h"
#include "ends.h"
#include "greeting.h"
#include "rendering.h"
#include "template.h"

struct outbox {
	struct event_base *base;
	struct greeting *greeting;
	/*
	 * A greeting that is the same for everyone is queued here for the next session. Usually the
	 * kernel takes all of it at once; then it stays queued for the session after that.
	 */
	struct bufferevent *ready;
	struct template *template; /* what `ready` is for */
	bool is_constant; /* it is the same for everyone; cached, since every client asks */
	size_t longest;
	struct evbuffer_iovec first; /* where the queued bytes are, or the first of them */
	struct rendering own;	     /* what the next client is told, if it differs for each */
};

/* Drops the prepared bufferevent, and the template it is for. */
static void make_unready(struct outbox *outbox)
{
	if (outbox->ready)
		bufferevent_free(outbox->ready);
	outbox->ready = NULL;
	template_release(outbox->template);
	outbox->template = NULL;
}

/* Finds the first queued bytes, only once for all clients that are told the same. */
static void find_first(struct outbox *outbox)
{
	if (evbuffer_peek(bufferevent_get_output(outbox->ready), -1, NULL, &outbox->first, 1) < 1)
		outbox->first.iov_len = 0;
	else if (outbox->first.iov_len > SOCKET_AT_ONCE)
		outbox->first.iov_len = SOCKET_AT_ONCE;
}

/* Prepares for the current greeting, and queues it if it is constant. False: no memory. */
static bool make_ready(struct outbox *outbox)
{
	struct template *template = greeting_template(outbox->greeting);

	make_unready(outbox);
	outbox->ready = bufferevent_socket_new(outbox->base, -1, 0);
	if (!outbox->ready)
		return false;
	outbox->template = template_hold(template);
	outbox->is_constant = template_is_constant(template);
	outbox->longest = template_longest(template);
	bufferevent_disable(outbox->ready, EV_READ | EV_WRITE);
	bufferevent_set_max_single_write(outbox->ready, SOCKET_AT_ONCE);
	if (!outbox->is_constant)
		return true;
	if (!rendering_queue_shared(template, bufferevent_get_output(outbox->ready),
				    template_bytes(template), template_longest(template))) {
		make_unready(outbox);
		return false;
	}
	find_first(outbox);
	return true;
}

struct outbox *outbox_new(struct event_base *base, struct greeting *greeting)
{
	struct outbox *outbox = calloc(1, sizeof *outbox);

	if (!outbox)
		return NULL;
	outbox->base = base;
	outbox->greeting = greeting;
	if (make_ready(outbox))
		return outbox;
	outbox_free(outbox);
	return NULL;
}

void outbox_free(struct outbox *outbox)
{
	if (!outbox)
		return;
	make_unready(outbox);
	free(outbox);
}

/* Removes bytes from a queue, whose start a bufferevent keeps frozen. */
static void drain(struct evbuffer *queue, size_t size)
{
	evbuffer_unfreeze(queue, 1);
	evbuffer_drain(queue, size);
	evbuffer_freeze(queue, 1);
}

void outbox_forget(struct outbox *outbox)
{
	struct evbuffer *queue;

	if (outbox->is_constant)
		return;
	queue = bufferevent_get_output(outbox->ready);
	drain(queue, evbuffer_get_length(queue));
}

/*
 * Finds the two ends of the connection, as far as its greeting names them. A client that has reset
 * it no longer has an address, and will not hear one.
 */
static void ask_socket(const struct template *template, int fd, struct template_values *values)
{
	values->peer.any.sa_family = values->local.any.sa_family = AF_UNSPEC;
	values->peer.length = values->local.length = sizeof values->peer.room;
	values->proxy.length = 0;
	if (template_names_peer(template))
		(void)getpeername(fd, &values->peer.any, &values->peer.length);
	if (template_names_local(template))
		(void)getsockname(fd, &values->local.any, &values->local.length);
}

/* Takes what a proxy has said of the connection; what it has not, the socket knows. */
static void take_ends(const struct ends *ends, struct template_values *values)
{
	values->proxy = ends->proxy;
	if (ends->peer.length > 0)
		values->peer = ends->peer;
	if (ends->local.length > 0)
		values->local = ends->local;
}

/* Queues the first piece of a greeting that is for this client alone. */
static enum outbox_queued queue_own(struct outbox *outbox, int fd, const struct ends *ends,
				    size_t *size)
{
	ask_socket(outbox->template, fd, &outbox->own.values);
	if (ends)
		take_ends(ends, &outbox->own.values);
	greeting_begin(outbox->greeting, &outbox->own);
	if (!rendering_queue(&outbox->own, bufferevent_get_output(outbox->ready), size))
		return OUTBOX_NO_MEMORY;
	find_first(outbox);
	greeting_count(outbox->greeting);
	return outbox->own.is_over ? OUTBOX_WHOLE : OUTBOX_BEGUN;
}

enum outbox_queued outbox_queue(struct outbox *outbox, int fd, const struct ends *ends,
				size_t *size)
{
	bool is_ready = outbox->ready && outbox->template == greeting_template(outbox->greeting);

	if (!is_ready && !make_ready(outbox))
		return OUTBOX_NO_MEMORY;
	if (!outbox->is_constant)
		return queue_own(outbox, fd, ends, size);
	*size = outbox->longest;
	return OUTBOX_WHOLE;
}

ssize_t outbox_send(struct outbox *outbox, int fd)
{
	ssize_t n = 0;

	if (outbox->first.iov_len > 0)
		n = send(fd, outbox->first.iov_base, outbox->first.iov_len,
			 MSG_NOSIGNAL | MSG_DONTWAIT);
	return n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) ? 0 : n;
}

bool outbox_take(struct outbox *outbox, size_t sent, struct bufferevent **taken,
		 struct rendering **rest)
{
	bool has_rest = !outbox->is_constant && !outbox->own.is_over;

	*rest = has_rest ? rendering_keep(&outbox->own) : NULL;
	if (has_rest && !*rest) {
		outbox_forget(outbox);
		return false;
	}
	*taken = outbox->ready;
	outbox->ready = NULL;
	drain(bufferevent_get_output(*taken), sent);
	return true;
}
