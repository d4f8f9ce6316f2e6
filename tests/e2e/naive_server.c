/* SPDX-License-Identifier: ISC */
/*
 * naive_server [SIZE]: libevent's hello-world idiom, that is: the default backlog, no
 * error callback, close when the greeting is written, and leave the loop at a signal. The
 * tests that haild passes must see this one fail. Prints its port; SIGUSR1 logs a line.
 */
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct greeting {
	char *bytes;
	size_t length;
};

static void written(struct bufferevent *client, void *greeting)
{
	(void)greeting;
	bufferevent_free(client);
}

static void gone(struct bufferevent *client, short what, void *greeting)
{
	(void)what;
	(void)greeting;
	bufferevent_free(client);
}

static void greet(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *address,
		  int length, void *data)
{
	struct event_base *base = evconnlistener_get_base(listener);
	struct bufferevent *client = bufferevent_socket_new(base, fd, BEV_OPT_CLOSE_ON_FREE);
	const struct greeting *greeting = data;

	(void)address;
	(void)length;
	bufferevent_setcb(client, NULL, written, gone, NULL);
	bufferevent_write(client, greeting->bytes, greeting->length);
}

static void answer(evutil_socket_t number, short what, void *base)
{
	(void)what;
	if (number == SIGTERM)
		event_base_loopexit(base, NULL);
	else
		fputs("alive\n", stderr);
}

int main(int count, char **arguments)
{
	static char text[] = "Hi from server";
	struct greeting greeting = {text, strlen(text)};
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t length = sizeof address;
	struct event_base *base = event_base_new();
	struct evconnlistener *listener =
		evconnlistener_new_bind(base, greet, &greeting, LEV_OPT_CLOSE_ON_FREE, -1,
					(struct sockaddr *)&address, sizeof address);

	if (count > 1) {
		greeting.length = strtoul(arguments[1], NULL, 10);
		greeting.bytes = malloc(greeting.length);
		memset(greeting.bytes, 'x', greeting.length);
	}
	event_add(evsignal_new(base, SIGTERM, answer, base), NULL);
	event_add(evsignal_new(base, SIGUSR1, answer, base), NULL);
	if (!listener ||
	    getsockname(evconnlistener_get_fd(listener), (struct sockaddr *)&address, &length) < 0)
		return 1;
	printf("%d\n", ntohs(address.sin_port));
	fclose(stdout);
	return event_base_dispatch(base);
}
