/*
 * naive_server: libevent's hello-world idiom, that is: close when the greeting is
 * written. The tests that haild passes must see this one fail. Prints its port.
 */
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

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
		  int length, void *greeting)
{
	struct event_base *base = evconnlistener_get_base(listener);
	struct bufferevent *client = bufferevent_socket_new(base, fd, BEV_OPT_CLOSE_ON_FREE);

	(void)address;
	(void)length;
	bufferevent_setcb(client, NULL, written, gone, greeting);
	bufferevent_write(client, greeting, strlen(greeting));
}

int main(void)
{
	static char greeting[] = "Hi from server";
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t length = sizeof address;
	struct event_base *base = event_base_new();
	struct evconnlistener *listener =
		evconnlistener_new_bind(base, greet, greeting, LEV_OPT_CLOSE_ON_FREE, 4096,
					(struct sockaddr *)&address, sizeof address);

	if (!listener ||
	    getsockname(evconnlistener_get_fd(listener), (struct sockaddr *)&address, &length) < 0)
		return 1;
	printf("%d\n", ntohs(address.sin_port));
	fclose(stdout);
	return event_base_dispatch(base);
}
