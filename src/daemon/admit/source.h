/* SPDX-License-Identifier: ISC */
/*
 * source: where a client comes from, as limits for each source have it: its address, cut to a
 * prefix.
 *
 * An IPv6 client usually has a whole /64 to choose from. A v4-mapped address is IPv4. The zone of a
 * link-local address and the port make no difference.
 */
#ifndef DAEMON_ADMIT_SOURCE_H
#define DAEMON_ADMIT_SOURCE_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "point.h"

struct prefixpair;

/* A source: the address as IPv6 has it, v4-mapped for IPv4; 0 past the prefix. */
struct source_key {
	uint64_t high, low;
};

/* What begins the lower half of a v4-mapped address; its higher half is 0. */
#define SOURCE_MAPPED ((uint64_t)0xFFFF << 32)

/* The bits of an address that count; for IPv4, of the lower half. */
struct source_masks {
	struct source_key ipv6;
	uint64_t ipv4;
};

/* Returns the masks for prefixes of these lengths. */
struct source_masks source_masks(const struct prefixpair *prefix);

/* False: a client of that address has no source, since it is at a UNIX socket. */
static inline bool source_has_key(const struct sockaddr *address)
{
	return address->sa_family == AF_INET || address->sa_family == AF_INET6;
}

/* Returns the source of an IPv4 client. */
static inline struct source_key source_of_ipv4(uint32_t number, const struct source_masks *masks)
{
	return (struct source_key){0, (SOURCE_MAPPED | number) & masks->ipv4};
}

/* Returns the source of a client that has one. Inline, since each greeting may need it. */
static inline struct source_key source_key(const struct sockaddr *address,
					   const struct source_masks *masks)
{
	const void *of_family = address;
	const struct sockaddr_in *ipv4 = of_family;
	const struct sockaddr_in6 *ipv6 = of_family;
	struct point point;

	if (address->sa_family == AF_INET)
		return source_of_ipv4(ntohl(ipv4->sin_addr.s_addr), masks);
	point = point_of(ipv6->sin6_addr.s6_addr);
	if (point_is_mapped(point))
		return source_of_ipv4((uint32_t)point.low, masks);
	return (struct source_key){point.high & masks->ipv6.high, point.low & masks->ipv6.low};
}

#endif
