/* places: where haild listens, and the sockets that it has there. */
#include "places.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
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

void places_name(struct place *place, const struct sockaddr *name, socklen_t length)
{
	memcpy(&place->name, name, length);
	place->length = length;
	address_format(name, length, place->address, sizeof place->address);
}

static bool is_overlapping_ipv4(const struct sockaddr *one, const struct sockaddr *other)
{
	in_addr_t a = ((const struct sockaddr_in *)(const void *)one)->sin_addr.s_addr;
	in_addr_t b = ((const struct sockaddr_in *)(const void *)other)->sin_addr.s_addr;

	return a == b || a == htonl(INADDR_ANY) || b == htonl(INADDR_ANY);
}

static bool is_overlapping_ipv6(const struct sockaddr *one, const struct sockaddr *other)
{
	const struct sockaddr_in6 *a = (const void *)one, *b = (const void *)other;

	return IN6_IS_ADDR_UNSPECIFIED(&a->sin6_addr) || IN6_IS_ADDR_UNSPECIFIED(&b->sin6_addr) ||
	       (IN6_ARE_ADDR_EQUAL(&a->sin6_addr, &b->sin6_addr) &&
		a->sin6_scope_id == b->sin6_scope_id);
}

static bool is_overlapping(const struct sockaddr *one, const struct sockaddr *other)
{
	if (one->sa_family != other->sa_family)
		return false;
	if (one->sa_family == AF_UNIX)
		return unixpath_is_same((const void *)one, (const void *)other);
	if (address_port(one) != address_port(other) || address_port(one) == 0)
		return false;
	return one->sa_family == AF_INET ? is_overlapping_ipv4(one, other)
					 : is_overlapping_ipv6(one, other);
}

const struct place *places_find_overlap(const struct places *places, const struct sockaddr *address)
{
	for (size_t i = 0; i < places->count; i++)
		if (is_overlapping((const struct sockaddr *)&places->all[i].name, address))
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
