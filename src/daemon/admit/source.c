/* SPDX-License-Identifier: ISC */
/* source: where a client comes from, as limits for each source have it. */
#include "source.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "base/prefixpair.h"
#include "base/siphash.h"
#include "point.h"

/* What begins the lower half of a v4-mapped address; its higher half is 0. */
#define MAPPED ((uint64_t)0xFFFF << 32)

/* Returns a mask for the first `bits` bits of 64; all, for more than 64. */
static uint64_t mask(unsigned bits)
{
	if (bits == 0)
		return 0;
	return bits < 64 ? UINT64_MAX << (64 - bits) : UINT64_MAX;
}

static void set_ipv4(struct source_key *key, uint32_t number, const struct prefixpair *prefix)
{
	key->high = 0;
	key->low = MAPPED | (number & mask(prefix->ipv4) >> 32);
}

static void set_ipv6(struct source_key *key, const struct in6_addr *address,
		     const struct prefixpair *prefix)
{
	struct point point = point_of(address->s6_addr);

	if (point_is_mapped(point)) {
		set_ipv4(key, (uint32_t)point.low, prefix);
		return;
	}
	key->high = point.high & mask(prefix->ipv6);
	key->low = point.low & (prefix->ipv6 > 64 ? mask(prefix->ipv6 - 64U) : 0);
}

bool source_key(const struct sockaddr *address, const struct prefixpair *prefix,
		const struct siphash_secret *secret, struct source_key *key)
{
	const void *of_family = address;
	const struct sockaddr_in *ipv4 = of_family;
	const struct sockaddr_in6 *ipv6 = of_family;

	if (address->sa_family == AF_INET)
		set_ipv4(key, ntohl(ipv4->sin_addr.s_addr), prefix);
	else if (address->sa_family == AF_INET6)
		set_ipv6(key, &ipv6->sin6_addr, prefix);
	else
		return false;
	key->hash = siphash(secret, key->high, key->low);
	return true;
}
