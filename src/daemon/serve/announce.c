/* SPDX-License-Identifier: ISC */
/* announce: says where we listen, in the log and on standard output. */
#include <config.h>

#include "announce.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/address.h"
#include "base/log.h"
#include "daemon/setup/sockets.h"
#include "daemon/tell/readiness.h"

/* Room for addresses in the log; those that do not fit are missing there, but never on stdout. */
enum { ADDRESSES_MAX = 1500 };

/* True if a stream socket has the address as well. */
static bool is_of_stream(const struct sockets *sockets, const char *address)
{
	for (size_t i = 0; i < sockets_count(sockets); i++) {
		const struct socket_entry *entry = sockets_at(sockets, i);
		if (entry->kind == SOCKET_STREAM && strcmp(entry->text, address) == 0)
			return true;
	}
	return false;
}

/* True if the i-th socket is for datagrams to an address that has a stream socket, too. */
static bool is_second(const struct sockets *sockets, size_t i)
{
	const struct socket_entry *entry = sockets_at(sockets, i);

	return entry->kind == SOCKET_DATAGRAM && is_of_stream(sockets, entry->text);
}

/* Returns the i-th socket's address, or NULL if it is no news: UDP mostly has those of TCP. */
static const char *find_news(const struct sockets *sockets, size_t i)
{
	return is_second(sockets, i) ? NULL : sockets_at(sockets, i)->text;
}

/* Adds a line for each socket, with its role before the address. False: no memory. */
static bool add_lines(struct readiness *readiness, const char *role, const struct sockets *sockets)
{
	char line[ADDRESS_TEXT_MAX + 16];

	for (size_t i = 0; i < sockets_count(sockets); i++) {
		const char *address = find_news(sockets, i);
		if (!address)
			continue;
		snprintf(line, sizeof line, "%s%s", role, address);
		if (!readiness_add(readiness, line))
			return false;
	}
	return true;
}

struct readiness *announce_prepare(struct event_base *base, const struct outlet *output,
				   const struct sockets *sockets, const struct sockets *metrics)
{
	struct readiness *readiness = readiness_new(base, output);

	if (readiness && add_lines(readiness, "", sockets) &&
	    add_lines(readiness, "metrics ", metrics))
		return readiness;
	readiness_free(readiness);
	return NULL;
}

/* Adds an address to those of the start line. */
static void add_address(const struct sockets *sockets, size_t i, char *addresses)
{
	const char *address = find_news(sockets, i);
	bool is_stream = sockets_at(sockets, i)->kind == SOCKET_STREAM;
	size_t used = strlen(addresses);

	if (address)
		snprintf(addresses + used, ADDRESSES_MAX - used, "%s%s%s", used > 0 ? ", " : "",
			 address, is_stream ? "" : " (datagrams)");
}

/*
 * Writes the addresses of sockets to `addresses` of ADDRESSES_MAX bytes, as far as they fit.
 * Returns whether any has both TCP and UDP.
 */
static bool list_addresses(const struct sockets *sockets, char *addresses)
{
	bool has_both = false;

	*addresses = '\0';
	for (size_t i = 0; i < sockets_count(sockets); i++) {
		add_address(sockets, i, addresses);
		has_both = has_both || is_second(sockets, i);
	}
	return has_both;
}

void announce_log(const char *engine, const struct sockets *sockets, const struct sockets *metrics)
{
	char addresses[ADDRESSES_MAX], others[ADDRESSES_MAX];
	bool has_both = list_addresses(sockets, addresses);

	(void)list_addresses(metrics, others);
	log_info("haild " PACKAGE_VERSION " (%s) listens on %s%s%s%s", engine, addresses,
		 has_both ? " by TCP and UDP" : "", *others ? "; metrics on " : "", others);
}
