/* SPDX-License-Identifier: ISC */
/* datagram: answers datagrams with the greeting (RFC 865), if they are longer than their answer. */
#include <config.h>

#include "datagram.h"

#include <event2/event.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/address.h"
#include "base/attributes.h"
#include "base/log.h"
#include "base/loop.h"
#include "greeting.h"
#include "packets.h"
#include "rendering.h"
#include "daemon/setup/sockets.h"
#include "daemon/tell/journal.h"
#include "daemon/tell/stats.h"
#include "template.h"

/* A watched socket. */
struct source {
	struct datagrams *all;
	struct event *readable;
	const struct address *local; /* where it is bound */
};

struct datagrams {
	struct greeting *greeting;
	struct stats *stats;
	struct packets *packets;
	struct source *sources;
	size_t count;
	bool has_explained;	     /* the log has said how to ask */
	datagrams_admits_cb *admits; /* NULL: all are answered */
	void *admits_argument;
};

/* True if an IPv4 address means one machine, as far as that can be seen. */
static bool is_one_ipv4(const struct in_addr *address)
{
	uint32_t number = ntohl(address->s_addr);

	/* 0.0.0.0/8 belongs to nobody; from 224.0.0.0 on come multicast, reserved, broadcast. */
	return number >> 24 != 0 && number >> 28 < 14;
}

static bool is_one_ipv6(const struct in6_addr *address)
{
	struct in_addr ipv4;

	/* So a socket for both families sees IPv4 addresses. */
	if (IN6_IS_ADDR_V4MAPPED(address)) {
		memcpy(&ipv4, &address->s6_addr[12], sizeof ipv4);
		return is_one_ipv4(&ipv4);
	}
	return !IN6_IS_ADDR_MULTICAST(address) && !IN6_IS_ADDR_UNSPECIFIED(address);
}

/*
 * The lowest port that is answered. Lower ones belong to services, some of which answer whatever
 * they are sent, forever; no client asks from there. (Port 0 cannot be answered at all.)
 */
enum { LEAST_PORT = 1024 };

static bool is_by_unix(const struct packet *packet)
{
	return packet->local->any.sa_family == AF_UNIX;
}

/* True if a datagram came from one client, to us alone. */
static bool may_be_answered(const struct packet *packet)
{
	const struct address *peer = &packet->peer;
	bool is_one;

	/* A UNIX socket that is bound nowhere cannot be answered. */
	if (is_by_unix(packet))
		return peer->length > offsetof(struct sockaddr_un, sun_path);
	is_one = peer->any.sa_family == AF_INET6 ? is_one_ipv6(&peer->ipv6.sin6_addr)
						 : is_one_ipv4(&peer->ipv4.sin_addr);

	return is_one && address_port(peer) >= LEAST_PORT && !packet->to_many;
}

/*
 * Replaces the request by an answer of its own. In a function apart: the compiler's hardening
 * clears the rendering in each call.
 */
static SEPARATE size_t say_own(struct datagrams *all, const struct template *template,
			       struct packet *packet)
{
	struct rendering rendering;

	rendering.values.peer = packet->peer;
	rendering.values.local = *packet->local;
	rendering.values.proxy.length = 0;
	greeting_begin(all->greeting, &rendering);
	return template_render(template, &rendering.values, packet->bytes);
}

/* What is answered. */
struct answer {
	const char *bytes;
	size_t size;
};

/* Returns the answer to a request, which it may replace. */
static struct answer say(struct datagrams *all, struct packet *packet)
{
	const struct template *template = greeting_template(all->greeting);

	if (template_is_constant(template))
		return (struct answer){template_bytes(template), template_longest(template)};
	return (struct answer){packet->bytes, say_own(all, template, packet)};
}

/* A length that a request can nearly always have, and that most answers stay within. */
#define ENOUGH ((size_t)512)

/* Logs, once, how to ask: anyone that tries with an empty line gets no answer. */
static void explain(struct datagrams *all, const struct packet *packet, size_t answer)
{
	char peer[ADDRESS_TEXT_MAX], advice[80];

	if (all->has_explained)
		return;
	all->has_explained = true;
	address_format(&packet->peer, peer, sizeof peer);
	snprintf(advice, sizeof advice, " ask with hailto -u, or printf '%%%zus' | nc -u -w 1;",
		 answer < ENOUGH ? ENOUGH : answer + 1);
	log_info(
		"%zu bytes from %s not answered: a request must have more than the %zu of the answer;"
		"%s more such are only counted",
		packet->size, peer, answer, is_by_unix(packet) ? "" : advice);
}

/* Answers the i-th request that was read. False: it must have no answer. */
static bool answer_request(struct datagrams *all, size_t i)
{
	struct packet *packet = packets_get(all->packets, i);
	struct answer answer;

	if (!may_be_answered(packet)) {
		all->stats->datagrams_ignored++;
		return false;
	}
	answer = say(all, packet);
	if (answer.size >= packet->size) {
		all->stats->datagrams_too_small++;
		explain(all, packet, answer.size);
		return false;
	}
	/* Only now: what is not answered must not use up the answers of whom it claims to be. */
	if (all->admits && !all->admits(&packet->peer, all->admits_argument))
		return false;
	packets_answer(all->packets, i, answer.bytes, answer.size);
	greeting_count(all->greeting);
	if (journal_has_ends()) /* asked here: its text, too, is cleared in each call */
		journal_answered(&packet->peer, packet->local, answer.size);
	return true;
}

/* Answers what has come, at most PACKETS_MAX in a turn of the loop: then others have theirs. */
static void readable_cb(evutil_socket_t fd, short what, void *argument)
{
	struct source *source = argument;
	struct datagrams *all = source->all;
	size_t count = packets_receive(all->packets, fd, source->local);
	size_t answers = 0, failed;

	(void)what;
	for (size_t i = 0; i < count; i++)
		answers += answer_request(all, i);
	failed = packets_send(all->packets, fd);
	all->stats->datagrams += count;
	all->stats->datagrams_answered += answers - failed;
	all->stats->datagrams_failed += failed;
}

/* Starts to watch a socket. False: no memory or descriptors. */
static bool add_source(struct datagrams *all, struct event_base *base,
		       const struct socket_entry *entry)
{
	struct source *source = &all->sources[all->count++];

	source->all = all;
	source->local = &entry->address;
	source->readable = event_new(base, entry->fd, EV_READ | EV_PERSIST, readable_cb, source);
	return source->readable && event_add(source->readable, NULL) == 0;
}

/* Starts to watch all sockets for datagrams. False: no memory or descriptors. */
static bool add_sources(struct datagrams *all, struct event_base *base,
			const struct sockets *sockets)
{
	for (size_t i = 0; i < sockets_count(sockets); i++)
		if (sockets_at(sockets, i)->kind == SOCKET_DATAGRAM &&
		    !add_source(all, base, sockets_at(sockets, i)))
			return false;
	return true;
}

struct datagrams *datagrams_new(struct event_base *base, const struct sockets *sockets,
				struct greeting *greeting, struct stats *stats)
{
	struct datagrams *all = calloc(1, sizeof *all);

	if (!all)
		return NULL;
	all->greeting = greeting;
	all->stats = stats;
	all->packets = packets_new();
	all->sources = calloc(sockets_count(sockets), sizeof *all->sources);
	if (all->packets && all->sources && add_sources(all, base, sockets))
		return all;
	datagrams_free(all);
	return NULL;
}

void datagrams_limit(struct datagrams *all, datagrams_admits_cb *admits, void *argument)
{
	all->admits = admits;
	all->admits_argument = argument;
}

void datagrams_free(struct datagrams *all)
{
	if (!all)
		return;
	for (size_t i = 0; all->sources && i < all->count; i++)
		loop_free_event(all->sources[i].readable);
	free(all->sources);
	packets_free(all->packets);
	free(all);
}
