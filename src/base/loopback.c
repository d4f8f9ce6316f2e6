/* SPDX-License-Identifier: ISC */
/* loopback: localhost, which means this machine without a lookup (RFC 6761, 6.3). */
#include "base/loopback.h"

#include <netdb.h>
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
