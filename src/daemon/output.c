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
#include "template.h"

/* Of what is said to one client alone, parts that are shorter are copied, into one piece of memory.
 */
enum { SHARED_LEAST = 4096 };

struct output {
	struct event_base *base;
	struct greeting *greeting;
	/*
	 * A greeting that is the same for everyone is queued on it, for the next session. The
	 * kernel mostly takes all of it at once; then it stays as it is, for the one after that.
	 */
	struct bufferevent *ready;
	struct template *template; /* what it is ready for */
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

static void unreferenced_cb(const void *bytes, size_t size, void *argument)
{
	(void)bytes;
	(void)size;
	template_release(argument);
}

/* Queues bytes of a template by reference, so that thousands share one copy; false: no memory. */
static bool queue_shared(struct evbuffer *queue, struct template *template, const char *bytes,
			 size_t size)
{
	if (evbuffer_add_reference(queue, bytes, size, unreferenced_cb, template) < 0)
		return false;
	(void)template_hold(template);
	return true;
}

/* Is ready for what is said now, with that queued if it is the same for everyone. False: no memory.
 */
static bool make_ready(struct output *output)
{
	struct template *template = greeting_template(output->greeting);

	if (output->ready && output->template == template)
		return true;
	make_unready(output);
	output->ready = bufferevent_socket_new(output->base, -1, 0);
	if (!output->ready)
		return false;
	output->template = template_hold(template);
	bufferevent_disable(output->ready, EV_READ | EV_WRITE);
	bufferevent_set_max_single_write(output->ready, SOCKET_AT_ONCE);
	if (!template_is_constant(template) ||
	    queue_shared(bufferevent_get_output(output->ready), template, template_bytes(template),
			 template_longest(template)))
		return true;
	make_unready(output);
	return false;
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
	struct evbuffer *queue = bufferevent_get_output(output->ready);

	if (!template_is_constant(output->template))
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

/* Queues a part of what is said to this client alone. */
static bool queue_part(void *argument, const char *bytes, size_t size, bool is_kept)
{
	struct output *output = argument;
	struct evbuffer *queue = bufferevent_get_output(output->ready);

	return is_kept && size >= SHARED_LEAST ? queue_shared(queue, output->template, bytes, size)
					       : evbuffer_add(queue, bytes, size) == 0;
}

/* Queues what is said to this client alone; false: no memory. */
static bool queue_own(struct output *output, int fd, size_t *size)
{
	struct evbuffer *queue = bufferevent_get_output(output->ready);
	struct template_values values = {.serial = 0};
	size_t longest = template_longest(output->template);

	find_ends(output->template, fd, &values);
	greeting_fill(output->greeting, &values);
	if (evbuffer_expand(queue, longest < SHARED_LEAST ? longest : SHARED_LEAST) < 0 ||
	    !template_hand_over(output->template, &values, queue_part, output)) {
		output_forget(output);
		return false;
	}
	greeting_count(output->greeting);
	*size = evbuffer_get_length(queue);
	return true;
}

bool output_queue(struct output *output, int fd, size_t *size)
{
	if (!make_ready(output))
		return false;
	if (!template_is_constant(output->template))
		return queue_own(output, fd, size);
	*size = template_longest(output->template);
	return true;
}

ssize_t output_send(struct output *output, int fd)
{
	struct evbuffer_iovec first;
	ssize_t n = 0;

	if (evbuffer_peek(bufferevent_get_output(output->ready), -1, NULL, &first, 1) > 0)
		n = send(fd, first.iov_base,
			 first.iov_len < SOCKET_AT_ONCE ? first.iov_len : SOCKET_AT_ONCE,
			 MSG_NOSIGNAL | MSG_DONTWAIT);
	return n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) ? 0 : n;
}

struct bufferevent *output_take(struct output *output, size_t sent)
{
	struct bufferevent *taken = output->ready;

	output->ready = NULL;
	drain(bufferevent_get_output(taken), sent);
	return taken;
}
