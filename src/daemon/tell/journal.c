/* SPDX-License-Identifier: ISC */
/* journal: the log's lines about clients: connected, closed, answered. */
#include "journal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/address.h"
#include "base/attributes.h"
#include "base/escape.h"
#include "base/json.h"
#include "base/log.h"

/* Room for two addresses, four numbers and the words around them. */
#define TEXT_MAX (2 * ADDRESS_TEXT_MAX + 256)

bool journal_has_ends(void)
{
	return log_shows(LOG_LEVEL_DEBUG);
}

const char *journal_name(const struct sockaddr *from, socklen_t length, char *text)
{
	struct address address;

	if (!journal_has_ends())
		return NULL;
	address_set(&address, from, length);
	return address_format(&address, text, ADDRESS_TEXT_MAX);
}

bool journal_has_connections(void)
{
	return log_shows(LOG_LEVEL_INFO);
}

/* Adds an address as the log shows it, which the options can read again. */
static void add_shown(struct json *json, const char *key, const char *raw)
{
	char shown[ESCAPE_GROWTH * ADDRESS_TEXT_MAX];

	json_string(json, key, escape_text(shown, sizeof shown, raw));
}

static void add_address(struct json *json, const char *key, const struct address *address)
{
	char text[ADDRESS_TEXT_MAX];

	add_shown(json, key, address_format(address, text, sizeof text));
}

/* Adds the address that the client reached, if the kernel still knows it. */
static void add_local(struct json *json, int fd)
{
	struct address local = {.length = sizeof local.room};

	if (getsockname(fd, &local.any, &local.length) == 0)
		add_address(json, "local", &local);
}

struct connected {
	const char *peer;
	int fd;
	const struct address *proxy; /* NULL: none */
};

static void add_connected(struct json *json, const void *subject)
{
	const struct connected *connected = subject;

	json_string(json, "event", "connected");
	add_shown(json, "peer", connected->peer);
	add_local(json, connected->fd);
	if (connected->proxy)
		add_address(json, "proxy", connected->proxy);
}

/* Each client has this line, so it is made without printf(3), which takes longer than all else. */
void journal_connected(int fd, const struct address *address, char *peer)
{
	static const char what[] = "connected: ";
	UNCLEARED char text[sizeof what + ADDRESS_TEXT_MAX];

	address_format(address, peer, ADDRESS_TEXT_MAX);
	memcpy(text, what, sizeof what - 1);
	memcpy(text + sizeof what - 1, peer, strlen(peer) + 1);
	log_frequent(LOG_LEVEL_INFO, add_connected, &(struct connected){.peer = peer, .fd = fd},
		     text, address->any.sa_family != AF_UNIX);
}

void journal_passed_on(int fd, const struct address *address, const struct address *proxy, bool own,
		       char *peer)
{
	char name[ADDRESS_TEXT_MAX], text[TEXT_MAX];
	bool is_named = address != proxy;

	address_format(address, peer, ADDRESS_TEXT_MAX);
	snprintf(text, sizeof text, "connected: %s%s%s", peer,
		 own	    ? ", a proxy's own"
		 : is_named ? " by "
			    : ", a proxy that names no client",
		 is_named ? address_format(proxy, name, sizeof name) : "");
	log_frequent(own ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO, add_connected,
		     &(struct connected){.peer = peer, .fd = fd, .proxy = proxy}, text, false);
}

static void add_closed(struct json *json, const void *subject)
{
	const struct journal_end *end = subject;

	json_string(json, "event", "closed");
	if (end->role)
		json_string(json, "role", end->role);
	add_shown(json, "peer", end->peer);
	add_local(json, end->fd);
	json_string(json, "reason", end->how);
	json_number(json, "sent", end->sent);
	json_number(json, "received", end->discarded);
	json_thousandths(json, "duration", end->lived_ms);
	json_boolean(json, "duration_at_most", end->at_most);
}

void journal_closed(const struct journal_end *end)
{
	char text[TEXT_MAX];

	if (!journal_has_ends())
		return;
	snprintf(text, sizeof text,
		 "closed: %s%s%s: %s, %zu bytes sent, %zu discarded, %s%" PRIu64 " ms",
		 end->role ? end->role : "", end->role ? " " : "", end->peer, end->how, end->sent,
		 end->discarded, end->at_most ? "up to " : "", end->lived_ms);
	log_frequent(LOG_LEVEL_DEBUG, add_closed, end, text, false);
}

struct answered {
	const struct address *peer, *local;
	size_t size;
};

static void add_answered(struct json *json, const void *subject)
{
	const struct answered *answered = subject;

	json_string(json, "event", "answered");
	add_address(json, "peer", answered->peer);
	add_address(json, "local", answered->local);
	json_number(json, "sent", answered->size);
}

void journal_answered(const struct address *peer, const struct address *local, size_t size)
{
	char name[ADDRESS_TEXT_MAX], text[TEXT_MAX];

	if (!journal_has_ends())
		return;
	snprintf(text, sizeof text, "answered: %s: %zu bytes",
		 address_format(peer, name, sizeof name), size);
	log_frequent(LOG_LEVEL_DEBUG, add_answered,
		     &(struct answered){.peer = peer, .local = local, .size = size}, text, false);
}
