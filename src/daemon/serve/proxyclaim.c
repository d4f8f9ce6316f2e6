/* SPDX-License-Identifier: ISC */
/* proxyclaim: what a PROXY header says of its connection. */
#include "proxyclaim.h"

#include <string.h>

#include "base/address.h"

enum prelude_verdict proxyclaim_bad(struct proxyclaim *claim, const char *why)
{
	claim->why = why;
	return PRELUDE_BAD;
}

size_t proxyclaim_host_size(const struct proxyclaim *claim)
{
	return claim->family == AF_INET6 ? sizeof(struct in6_addr) : sizeof(struct in_addr);
}

static void make_ipv4(struct address *address, const unsigned char *host, const unsigned char *port)
{
	*address = (struct address){.ipv4.sin_family = AF_INET, .length = sizeof address->ipv4};
	memcpy(&address->ipv4.sin_addr, host, sizeof address->ipv4.sin_addr);
	memcpy(&address->ipv4.sin_port, port, sizeof address->ipv4.sin_port);
}

static void make_ipv6(struct address *address, const unsigned char *host, const unsigned char *port)
{
	*address = (struct address){.ipv6.sin6_family = AF_INET6, .length = sizeof address->ipv6};
	memcpy(&address->ipv6.sin6_addr, host, sizeof address->ipv6.sin6_addr);
	memcpy(&address->ipv6.sin6_port, port, sizeof address->ipv6.sin6_port);
}

/* Makes the address of an end: 0 is the source, 1 the destination. */
static bool make_end(const struct proxyclaim *claim, size_t end, struct address *address)
{
	static const unsigned char mapped[12] = {[10] = 0xFF, [11] = 0xFF};
	size_t size = proxyclaim_host_size(claim);
	const unsigned char *host = claim->ends + end * size;
	const unsigned char *port = claim->ends + 2 * size + end * sizeof(in_port_t);

	if (claim->family == AF_UNSPEC)
		return false;
	if (claim->family == AF_INET)
		make_ipv4(address, host, port);
	else if (memcmp(host, mapped, sizeof mapped) == 0)
		make_ipv4(address, host + sizeof mapped, port);
	else
		make_ipv6(address, host, port);
	return true;
}

bool proxyclaim_peer(const struct proxyclaim *claim, struct address *peer)
{
	return make_end(claim, 0, peer);
}

bool proxyclaim_destination(const struct proxyclaim *claim, struct address *destination)
{
	return make_end(claim, 1, destination);
}
