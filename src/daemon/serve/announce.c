/* SPDX-License-Identifier: ISC */
/* announce: says where we listen, in the log and on standard output. */
#include <config.h>

#include "announce.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/address.h"
#include "base/log.h"
#include "base/text.h"
#include "daemon/setup/sockets.h"
#include "daemon/tell/readiness.h"

/* Room for addresses in the log; those that do not fit are missing there, but never on stdout. */
enum { LIST_MAX = 3000 };

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

/* The words before the addresses of a role: on standard output, and in the log. */
static const struct {
	const char *line, *list;
} words[] = {
	[SOCKET_GREETING] = {"", ""},
	[SOCKET_PROXY] = {"proxy ", "PROXY headers on "},
	[SOCKET_METRICS] = {"metrics ", "metrics on "},
};

/* Adds a line for each socket of a role. False: no memory. */
static bool add_lines(struct readiness *readiness, const struct sockets *sockets,
		      enum socket_role role)
{
	char line[ADDRESS_TEXT_MAX + 16];

	for (size_t i = 0; i < sockets_count(sockets); i++) {
		const char *address = find_news(sockets, i);
		if (!address || sockets_at(sockets, i)->role != role)
			continue;
		snprintf(line, sizeof line, "%s%s", words[role].line, address);
		if (!readiness_add(readiness, line))
			return false;
	}
	return true;
}

struct readiness *announce_prepare(struct event_base *base, const struct outlet *output,
				   const struct sockets *sockets, const struct sockets *metrics)
{
	struct readiness *readiness = readiness_new(base, output);

	if (readiness && add_lines(readiness, sockets, SOCKET_GREETING) &&
	    add_lines(readiness, sockets, SOCKET_PROXY) &&
	    add_lines(readiness, metrics, SOCKET_METRICS))
		return readiness;
	readiness_free(readiness);
	return NULL;
}

/* Adds the addresses of a role, as far as they fit. Returns whether any has both TCP and UDP. */
static bool add_addresses(const struct sockets *sockets, enum socket_role role, struct text *list)
{
	const char *before = list->length > 0 ? "; " : "";
	bool has_both = false;

	for (size_t i = 0; i < sockets_count(sockets); i++) {
		const struct socket_entry *entry = sockets_at(sockets, i);
		if (entry->role != role)
			continue;
		has_both = has_both || is_second(sockets, i);
		if (!find_news(sockets, i))
			continue;
		text_add(list, "%s%s%s%s", before, *before == ',' ? "" : words[role].list,
			 entry->text, entry->kind == SOCKET_STREAM ? "" : " (datagrams)");
		before = ", ";
	}
	return has_both;
}

void announce_log(const char *engine, const struct sockets *sockets, const struct sockets *metrics)
{
	char list[LIST_MAX];
	struct text text;
	bool has_plain;

	text_begin(&text, list, sizeof list);
	if (add_addresses(sockets, SOCKET_GREETING, &text))
		text_add(&text, " by TCP and UDP");
	has_plain = text.length > 0;
	(void)add_addresses(sockets, SOCKET_PROXY, &text);
	(void)add_addresses(metrics, SOCKET_METRICS, &text);
	log_info("haild " PACKAGE_VERSION " (%s) listens %s%s", engine, has_plain ? "on " : "for ",
		 list);
}
