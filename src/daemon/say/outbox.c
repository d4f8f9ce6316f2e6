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
#include "pages.h"
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
	struct pages *pages; /* a long greeting that is the same for everyone, if that can be */
	bool is_in_pages;
	struct rendering_piece first; /* what is sent first: all, or as much as is sent at once */
	/*
	 * What differs for each client is made here, and sent from here. Only what the kernel does
	 * not take at once is queued: to queue all and to drain it again took two thirds of the
	 * instructions.
	 */
	struct rendering own;
	char *space;
};

/* Removes bytes from a queue, whose start a bufferevent keeps frozen. */
static void drain(struct evbuffer *queue, size_t size)
{
	evbuffer_unfreeze(queue, 1);
	evbuffer_drain(queue, size);
	evbuffer_freeze(queue, 1);
}

/*
 * Drops the prepared bufferevent. libevent frees it in the loop's next turn; until then, a long
 * greeting on it would take a place from the next one.
 */
static void make_unready(struct outbox *outbox)
{
	struct evbuffer *queue;

	if (!outbox->ready)
		return;
	queue = bufferevent_get_output(outbox->ready);
	drain(queue, evbuffer_get_length(queue));
	bufferevent_free(outbox->ready);
	outbox->ready = NULL;
}

/* Queues a greeting that is the same for everyone. False: no memory. */
static bool queue_constant(struct outbox *outbox)
{
	const char *bytes = template_bytes(outbox->template);
	size_t size = outbox->longest;

	if (outbox->is_in_pages)
		return pages_queue(outbox->pages, bufferevent_get_output(outbox->ready));
	outbox->first = (struct rendering_piece){bytes,
						 size < SOCKET_AT_ONCE ? size : SOCKET_AT_ONCE,
						 true};
	return rendering_queue_shared(outbox->template, bufferevent_get_output(outbox->ready),
				      bytes, size);
}

/* Makes room for the pieces of a greeting that differs for each client. False: no memory. */
static bool make_space(struct outbox *outbox)
{
	outbox->own.template = outbox->template;
	if (!outbox->space)
		outbox->space = malloc(rendering_room(&outbox->own));
	return outbox->space != NULL;
}

/* Has sockets share a long greeting. It comes from a file: only then the sandbox allows that. */
static bool share_pages(struct outbox *outbox)
{
	bool is_long = outbox->is_constant && outbox->longest >= PAGES_LEAST &&
		       greeting_is_from_file(outbox->greeting);

	pages_drop(outbox->pages);
	return is_long &&
	       pages_hold(outbox->pages, template_bytes(outbox->template), outbox->longest);
}

/* Says what this template says from now on. */
static void take_template(struct outbox *outbox, struct template *template)
{
	template_release(outbox->template);
	outbox->template = template_hold(template);
	outbox->is_constant = template_is_constant(template);
	outbox->longest = template_longest(template);
	outbox->is_in_pages = share_pages(outbox);
	free(outbox->space);
	outbox->space = NULL;
}

/* Prepares for the current greeting. False: no memory. */
static bool make_ready(struct outbox *outbox)
{
	struct template *template = greeting_template(outbox->greeting);

	make_unready(outbox);
	if (template != outbox->template)
		take_template(outbox, template);
	outbox->ready = bufferevent_socket_new(outbox->base, -1, 0);
	if (!outbox->ready)
		return false;
	bufferevent_disable(outbox->ready, EV_READ | EV_WRITE);
	bufferevent_set_max_single_write(outbox->ready, SOCKET_AT_ONCE);
	if (outbox->is_constant ? queue_constant(outbox) : make_space(outbox))
		return true;
	make_unready(outbox);
	return false;
}

struct outbox *outbox_new(struct event_base *base, struct greeting *greeting)
{
	struct outbox *outbox = calloc(1, sizeof *outbox);

	if (!outbox)
		return NULL;
	outbox->base = base;
	outbox->greeting = greeting;
	outbox->pages = pages_new();
	if (outbox->pages && make_ready(outbox))
		return outbox;
	outbox_free(outbox);
	return NULL;
}

void outbox_free(struct outbox *outbox)
{
	if (!outbox)
		return;
	make_unready(outbox);
	free(outbox->space);
	template_release(outbox->template);
	pages_free(outbox->pages);
	free(outbox);
}

/* Takes an end of a connection if it is known. False: the socket is to be asked for it. */
static bool take_end(const struct end *end, struct address *address)
{
	address->any.sa_family = AF_UNSPEC;
	address->length = sizeof address->room;
	if (end->length > 0)
		address_set(address, end->address, end->length);
	return end->length > 0;
}

/*
 * Finds the two ends of a connection, as far as its greeting names them. A client that has reset it
 * may no longer have an address, and will not hear one.
 */
static void find_ends(const struct template *template, int fd, const struct ends *known,
		      struct template_values *values)
{
	if (template_names_peer(template) && !take_end(&known->peer, &values->peer))
		(void)getpeername(fd, &values->peer.any, &values->peer.length);
	if (template_names_local(template) && !take_end(&known->local, &values->local))
		(void)getsockname(fd, &values->local.any, &values->local.length);
	if (known->proxy.length > 0)
		address_set(&values->proxy, known->proxy.address, known->proxy.length);
	else
		values->proxy.length = 0;
}

/* Makes the first piece of a greeting that is for this client alone. */
static enum outbox_queued make_own(struct outbox *outbox, int fd, const struct ends *ends,
				   size_t *size)
{
	static const struct ends unknown;

	find_ends(outbox->template, fd, ends ? ends : &unknown, &outbox->own.values);
	greeting_begin(outbox->greeting, &outbox->own);
	outbox->first = rendering_make(&outbox->own, outbox->space);
	greeting_count(outbox->greeting);
	*size = outbox->first.size;
	return outbox->own.is_over ? OUTBOX_WHOLE : OUTBOX_BEGUN;
}

enum outbox_queued outbox_queue(struct outbox *outbox, int fd, const struct ends *ends,
				size_t *size)
{
	bool is_ready = outbox->ready && outbox->template == greeting_template(outbox->greeting);

	if (!is_ready && !make_ready(outbox))
		return OUTBOX_NO_MEMORY;
	if (!outbox->is_constant)
		return make_own(outbox, fd, ends, size);
	*size = outbox->longest;
	return OUTBOX_WHOLE;
}

ssize_t outbox_send(struct outbox *outbox, int fd)
{
	ssize_t n = 0;

	if (outbox->is_in_pages)
		n = pages_send(outbox->pages, fd);
	else if (outbox->first.size > 0)
		n = send(fd, outbox->first.bytes, outbox->first.size, MSG_NOSIGNAL | MSG_DONTWAIT);
	return n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) ? 0 : n;
}

/* Queues what a client alone is told from byte `sent` on; `rest` is what follows, or NULL. */
static bool queue_own(struct outbox *outbox, struct evbuffer *queue, size_t sent,
		      struct rendering **rest)
{
	*rest = NULL;
	if (!outbox->own.is_over && !(*rest = rendering_keep(&outbox->own)))
		return false;
	if (rendering_queue_piece(&outbox->own, queue, &outbox->first, sent))
		return true;
	rendering_free(*rest);
	*rest = NULL;
	return false;
}

bool outbox_take(struct outbox *outbox, size_t sent, struct bufferevent **taken,
		 struct rendering **rest)
{
	struct evbuffer *queue = bufferevent_get_output(outbox->ready);

	*rest = NULL;
	if (outbox->is_constant)
		drain(queue, sent);
	else if (!queue_own(outbox, queue, sent, rest))
		return false;
	*taken = outbox->ready;
	outbox->ready = NULL;
	return true;
}
