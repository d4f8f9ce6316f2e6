/* SPDX-License-Identifier: ISC */
/*
 * naive_client HOST PORT: connects with libevent's own way to a name, prints what it hears,
 * and frees nothing. The tests that hailto passes must see this one fail, or hang.
 */
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* Prints the greeting at its end; an error before is told. */
static void ended(struct bufferevent *server, short what, void *data)
{
	struct evbuffer *input = bufferevent_get_input(server);
	size_t length = evbuffer_get_length(input);
	bool *is_well = data;

	if (what & BEV_EVENT_CONNECTED)
		return;
	if (what & BEV_EVENT_ERROR)
		fprintf(stderr, "naive_client: %s\n",
			evutil_socket_error_to_string(EVUTIL_SOCKET_ERROR()));
	*is_well = (what & BEV_EVENT_EOF) && length > 0;
	if (length > 0)
		fwrite(evbuffer_pullup(input, -1), 1, length, stdout);
	event_base_loopexit(bufferevent_get_base(server), NULL);
}

int main(int count, char **arguments)
{
	struct event_base *base = event_base_new();
	struct bufferevent *server = bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);
	bool is_well = false;

	if (count != 3)
		return 2;
	bufferevent_setcb(server, NULL, NULL, ended, &is_well);
	bufferevent_enable(server, EV_READ);
	bufferevent_socket_connect_hostname(server, NULL, AF_UNSPEC, arguments[1],
					    atoi(arguments[2]));
	event_base_dispatch(base);
	return is_well ? 0 : 1;
}
