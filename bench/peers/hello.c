/* SPDX-License-Identifier: ISC */
/*
 * hello [FILE]: the idiom of libevent's hello-world: a bufferevent for each client, which is freed,
 * and with it the connection closed, as soon as the greeting is with the kernel.
 *
 * Unlike the sample it has room for a long queue and many descriptors, as haild has: what is
 * compared is the idiom.
 */
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <signal.h>
#include <sys/socket.h>

#include "peer.h"

/* The greeting is written: that was all. */
static void written_cb(struct bufferevent *client, void *argument)
{
	(void)argument;
	if (evbuffer_get_length(bufferevent_get_output(client)) == 0)
		bufferevent_free(client);
}

/* The client has gone before. */
static void gone_cb(struct bufferevent *client, short what, void *argument)
{
	(void)what;
	(void)argument;
	bufferevent_free(client);
}

/* Queues the greeting for a new client, and does not listen to it. */
static void accept_cb(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *address,
		      int length, void *argument)
{
	struct event_base *base = evconnlistener_get_base(listener);
	struct bufferevent *client = bufferevent_socket_new(base, fd, BEV_OPT_CLOSE_ON_FREE);
	const struct message *message = argument;

	(void)address;
	(void)length;
	if (!client)
		peer_die("bufferevent_socket_new");
	bufferevent_setcb(client, NULL, written_cb, gone_cb, NULL);
	bufferevent_enable(client, EV_WRITE);
	bufferevent_disable(client, EV_READ);
	bufferevent_write(client, message->bytes, message->size);
}

int main(int count, char **arguments)
{
	struct message message = peer_message(count > 1 ? arguments[1] : NULL);
	struct sockaddr_in address = peer_address();
	struct event_base *base = event_base_new();
	struct evconnlistener *listener;

	signal(SIGPIPE, SIG_IGN);
	(void)peer_raise_descriptor_limit();
	if (!base)
		peer_die("event_base_new");
	listener = evconnlistener_new_bind(base, accept_cb, &message,
					   LEV_OPT_CLOSE_ON_FREE | LEV_OPT_REUSEABLE, PEER_BACKLOG,
					   (struct sockaddr *)&address, sizeof address);
	if (!listener)
		peer_die("evconnlistener_new_bind");
	peer_announce(evconnlistener_get_fd(listener));
	event_base_dispatch(base);
	return 1;
}
