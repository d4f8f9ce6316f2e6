/* SPDX-License-Identifier: ISC */
/* resolve: finds the addresses that an endpoint of the command line stands for. */
#include "resolve.h"

#include <errno.h>
#include <netdb.h>
#include <string.h>
#include <sys/socket.h>

#include "base/address.h"
#include "base/addresslist.h"
#include "base/endpoint.h"
#include "base/log.h"
#include "base/loopback.h"
#include "base/nameerror.h"
#include "base/socket.h"
#include "failure.h"

/* True, with errno, if no descriptor is left. */
static bool lacks_descriptors(void)
{
	int fd = socket_open(AF_UNIX, SOCK_DGRAM);

	if (fd >= 0)
		socket_close(fd);
	return fd < 0 && (errno == EMFILE || errno == ENFILE);
}

/* Logs why a name could not be looked up; `reason` is errno, for EAI_SYSTEM. */
static void complain_of_lookup(const struct endpoint *endpoint, int failure, int reason)
{
	char text[ADDRESS_TEXT_MAX];
	const char *why = failure == EAI_SYSTEM ? strerror(reason) : nameerror_words(failure);
	const char *advice = failure_zone_advice(endpoint->host);

	/* Then neither files nor servers can be asked, and every name is unknown. */
	if (lacks_descriptors()) {
		why = strerror(errno);
		advice = failure_lack_advice(errno);
	}
	log_error("cannot listen on %s: %s%s", endpoint_format(endpoint, text, sizeof text), why,
		  advice);
}

/*
 * Adds a host's addresses, IPv4 first; with NULL, the wildcards. Returns what getaddrinfo(3) does.
 */
static int look_up(const char *host, struct addresslist *all)
{
	struct addrinfo hints = {.ai_flags = AI_NUMERICSERV | (host ? 0 : AI_PASSIVE),
				 .ai_socktype = SOCK_STREAM};
	struct addrinfo *found;
	int failure = getaddrinfo(host, "0", &hints, &found);

	if (failure)
		return failure;
	addresslist_add_found(all, found, AF_INET);
	addresslist_add_found(all, found, AF_INET6);
	freeaddrinfo(found);
	return 0;
}

static int add_loopback(struct addresslist *all)
{
	int failure = loopback_add(all, AF_INET);

	return failure ? failure : loopback_add(all, AF_INET6);
}

bool resolve_endpoint(const struct endpoint *endpoint, struct addresslist *all)
{
	int failure;

	all->count = 0;
	if (loopback_is_named(endpoint->host))
		failure = add_loopback(all);
	else
		failure = look_up(endpoint->kind == ENDPOINT_ANY ? NULL : endpoint->host, all);
	if (failure)
		complain_of_lookup(endpoint, failure, errno);
	return failure == 0;
}
