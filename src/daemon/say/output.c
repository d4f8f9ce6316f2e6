/* output: the greeting of the next session, queued on a bufferevent that waits for it. */
#include <config.h>

#include "output.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/socket.h"
#include "greeting.h"
#include "rendering.h"
#include "template.h"

struct output {
	struct event_base *base;
	struct greeting *greeting;
	/*
	 * A greeting that is the same for everyone is queued on it, for the next session. The
	 * kernel mostly takes all of it at once; then it stays as it is, for the one after that.
	 */
	struct bufferevent *ready;
	struct template *template; /* what it is ready for */
	bool is_constant;	   /* that is the same for everyone: asked for each client */
	size_t longest;
	struct evbuffer_iovec first; /* where the bytes lie that are queued, or the first of them */
	struct rendering own;	     /* what the next client is told, if that is its alone */
};

/* Is not ready any more: for another greeting, or for none. */
static void make_unready(struct output *output)
{
	if (output->ready)
		bufferevent_free(output->ready);
	output->ready = NULL;
	template_release(output->template);
	output->template = NULL;
}

/* Finds the bytes that are queued first, once for all clients that are told the same. */
static void find_first(struct output *output)
{
	if (evbuffer_peek(bufferevent_get_output(output->ready), -1, NULL, &output->first, 1) < 1)
		output->first.iov_len = 0;
	else if (output->first.iov_len > SOCKET_AT_ONCE)
		output->first.iov_len = SOCKET_AT_ONCE;
}

/* Makes ready for what is said now, with that queued if it is constant. False: no memory. */
static bool make_ready(struct output *output)
{
	struct template *template = greeting_template(output->greeting);

	make_unready(output);
	output->ready = bufferevent_socket_new(output->base, -1, 0);
	if (!output->ready)
		return false;
	output->template = template_hold(template);
	output->is_constant = template_is_constant(template);
	output->longest = template_longest(template);
	bufferevent_disable(output->ready, EV_READ | EV_WRITE);
	bufferevent_set_max_single_write(output->ready, SOCKET_AT_ONCE);
	if (!output->is_constant)
		return true;
	if (!rendering_queue_shared(template, bufferevent_get_output(output->ready),
				    template_bytes(template), template_longest(template))) {
		make_unready(output);
		return false;
	}
	find_first(output);
	return true;
}

struct output *output_new(struct event_base *base, struct greeting *greeting)
{
	struct output *output = calloc(1, sizeof *output);

	if (!output)
		return NULL;
	output->base = base;
	output->greeting = greeting;
	if (make_ready(output))
		return output;
	output_free(output);
	return NULL;
}

void output_free(struct output *output)
{
	if (!output)
		return;
	make_unready(output);
	free(output);
}

/* Takes bytes out of a queue. A bufferevent freezes that end, for itself. */
static void drain(struct evbuffer *queue, size_t size)
{
	evbuffer_unfreeze(queue, 1);
	evbuffer_drain(queue, size);
	evbuffer_freeze(queue, 1);
}

void output_forget(struct output *output)
{
	struct evbuffer *queue;

	if (output->is_constant)
		return;
	queue = bufferevent_get_output(output->ready);
	drain(queue, evbuffer_get_length(queue));
}

/*
 * Finds the two ends of the connection, as far as its greeting names them. A client that has
 * reset it has no name any more, and won't hear one.
 */
static void find_ends(const struct template *template, int fd, struct template_values *values)
{
	values->peer_length = sizeof values->peer;
	values->local_length = sizeof values->local;
	if (template_names_peer(template))
		(void)getpeername(fd, (struct sockaddr *)&values->peer, &values->peer_length);
	if (template_names_local(template))
		(void)getsockname(fd, (struct sockaddr *)&values->local, &values->local_length);
}

/* Queues the first piece of what is said to this client alone. */
static enum output_queued queue_own(struct output *output, int fd, size_t *size)
{
	output->own = (struct rendering){.template = output->template};
	find_ends(output->template, fd, &output->own.values);
	greeting_fill(output->greeting, &output->own.values);
	if (!rendering_queue(&output->own, bufferevent_get_output(output->ready), size))
		return OUTPUT_NO_MEMORY;
	find_first(output);
	greeting_count(output->greeting);
	return output->own.is_over ? OUTPUT_WHOLE : OUTPUT_BEGUN;
}

enum output_queued output_queue(struct output *output, int fd, size_t *size)
{
	bool is_ready = output->ready && output->template == greeting_template(output->greeting);

	if (!is_ready && !make_ready(output))
		return OUTPUT_NO_MEMORY;
	if (!output->is_constant)
		return queue_own(output, fd, size);
	*size = output->longest;
	return OUTPUT_WHOLE;
}

ssize_t output_send(struct output *output, int fd)
{
	ssize_t n = 0;

	if (output->first.iov_len > 0)
		n = send(fd, output->first.iov_base, output->first.iov_len,
			 MSG_NOSIGNAL | MSG_DONTWAIT);
	return n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) ? 0 : n;
}

bool output_take(struct output *output, size_t sent, struct bufferevent **taken,
		 struct rendering **rest)
{
	bool has_rest = !output->is_constant && !output->own.is_over;

	*rest = has_rest ? rendering_keep(&output->own) : NULL;
	if (has_rest && !*rest) {
		output_forget(output);
		return false;
	}
	*taken = output->ready;
	output->ready = NULL;
	drain(bufferevent_get_output(*taken), sent);
	return true;
}
