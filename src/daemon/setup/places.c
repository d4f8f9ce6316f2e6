/* SPDX-License-Identifier: ISC */
/* places: where haild listens, and its sockets there. */
#include "places.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct place *places_add(struct places *places, int fd)
{
	struct place *all = realloc(places->all, (places->count + 1) * sizeof *all);

	if (!all) {
		if (fd >= 0)
			close(fd);
		errno = ENOMEM;
		return NULL;
	}
	places->all = all;
	all += places->count++;
	memset(all, 0, sizeof *all);
	all->fd = fd;
	all->datagram_fd = -1;
	return all;
}

void places_name(struct place *place, const struct address *name)
{
	place->name = *name;
	address_format(name, place->address, sizeof place->address);
}

static bool is_overlapping_ipv4(const struct address *one, const struct address *other)
{
	in_addr_t a = one->ipv4.sin_addr.s_addr, b = other->ipv4.sin_addr.s_addr;

	return a == b || a == htonl(INADDR_ANY) || b == htonl(INADDR_ANY);
}

static bool is_overlapping_ipv6(const struct address *one, const struct address *other)
{
	const struct sockaddr_in6 *a = &one->ipv6, *b = &other->ipv6;

	return IN6_IS_ADDR_UNSPECIFIED(&a->sin6_addr) || IN6_IS_ADDR_UNSPECIFIED(&b->sin6_addr) ||
	       (IN6_ARE_ADDR_EQUAL(&a->sin6_addr, &b->sin6_addr) &&
		a->sin6_scope_id == b->sin6_scope_id);
}

static bool is_overlapping(const struct address *one, const struct address *other)
{
	int family = one->any.sa_family;

	if (family != other->any.sa_family)
		return false;
	if (family == AF_UNIX)
		return unixpath_is_same(one, other);
	if (address_port(one) != address_port(other) || address_port(one) == 0)
		return false;
	return family == AF_INET ? is_overlapping_ipv4(one, other)
				 : is_overlapping_ipv6(one, other);
}

const struct place *places_find_overlap(const struct places *places, const struct address *address)
{
	for (size_t i = 0; i < places->count; i++)
		if (is_overlapping(&places->all[i].name, address))
			return &places->all[i];
	return NULL;
}

void places_close_datagrams(struct place *place)
{
	if (place->datagram_fd >= 0)
		close(place->datagram_fd);
	place->datagram_fd = -1;
}

void places_truncate(struct places *places, size_t count)
{
	while (places->count > count) {
		struct place *last = &places->all[--places->count];
		if (last->fd >= 0)
			close(last->fd);
		places_close_datagrams(last);
	}
}

void places_free(struct places *places)
{
	for (size_t i = 0; i < places->count; i++)
		unixpath_remove(&places->all[i].path);
	places_truncate(places, 0);
	free(places->all);
	places->all = NULL;
}
