/* SPDX-License-Identifier: ISC */
/* loopback: localhost, which means this machine without a lookup (RFC 6761, 6.3). */
#include "base/loopback.h"

#include <netdb.h>
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "base/addresslist.h"

static const char localhost[] = "localhost";

bool loopback_is_named(const char *host)
{
	size_t length = sizeof localhost - 1;

	return strncasecmp(host, localhost, length) == 0 &&
	       (host[length] == '\0' || strcmp(host + length, ".") == 0);
}

bool loopback_has(const struct address *address)
{
	static const uint8_t mapped[] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, IN_LOOPBACKNET};
	const struct in6_addr *ipv6 = &address->ipv6.sin6_addr;

	if (address->any.sa_family == AF_INET)
		return ntohl(address->ipv4.sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
	if (address->any.sa_family == AF_INET6)
		return IN6_IS_ADDR_LOOPBACK(ipv6) || memcmp(ipv6, mapped, sizeof mapped) == 0;
	return address->any.sa_family == AF_UNIX;
}

/* Without a name, getaddrinfo() returns the loopback addresses, and asks nobody. */
int loopback_add(struct addresslist *list, int family)
{
	struct addrinfo hints = {.ai_flags = AI_NUMERICSERV,
				 .ai_family = family,
				 .ai_socktype = SOCK_STREAM};
	struct addrinfo *found;
	int failure = getaddrinfo(NULL, "0", &hints, &found);

	if (failure)
		return failure;
	addresslist_add_found(list, found, AF_UNSPEC);
	freeaddrinfo(found);
	return 0;
}
