/* address: socket addresses, as they are made and as we show them. */
#include "base/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>

#include "base/endpoint.h"

static const char unix_prefix[] = "unix:";

/* The longest name of an interface on Linux and the BSDs. */
enum { ZONE_MAX = 15 };

int address_from_literal(const char *host, int family, struct sockaddr_storage *address,
			 socklen_t *length)
{
	struct addrinfo hints = {.ai_flags = AI_NUMERICHOST,
				 .ai_family = family,
				 .ai_socktype = SOCK_STREAM};
	struct addrinfo *found;
	struct in_addr ipv4;
	int failure;

	/* getaddrinfo() takes 127.1, 8080 and 010.0.0.1 for addresses, too. */
	if (!strchr(host, ':') && inet_pton(AF_INET, host, &ipv4) != 1)
		return EAI_NONAME;
	failure = getaddrinfo(host, NULL, &hints, &found);
	if (failure)
		return failure;
	memcpy(address, found->ai_addr, found->ai_addrlen);
	*length = found->ai_addrlen;
	freeaddrinfo(found);
	return 0;
}

char *address_format_endpoint(const struct endpoint *endpoint, char *text, size_t size)
{
	bool bracket = strchr(endpoint->host, ':') != NULL;

	if (endpoint->kind == ENDPOINT_UNIX)
		snprintf(text, size, "%s%s", unix_prefix, endpoint->host);
	else if (endpoint->kind == ENDPOINT_ANY)
		snprintf(text, size, "*:%u", endpoint->port);
	else
		snprintf(text, size, bracket ? "[%s]:%u" : "%s:%u", endpoint->host, endpoint->port);
	return text;
}

static char *format_unix(const struct sockaddr_un *address, socklen_t length, char *text,
			 size_t size)
{
	char path[sizeof address->sun_path + 1];
	size_t room = length > offsetof(struct sockaddr_un, sun_path)
			      ? length - offsetof(struct sockaddr_un, sun_path)
			      : 0;

	if (room > sizeof address->sun_path)
		room = sizeof address->sun_path;
	memcpy(path, address->sun_path, room);
	path[room] = '\0';
	snprintf(text, size, "%s%s", unix_prefix, path[0] ? path : "(unnamed)");
	return text;
}

/* Makes plain IPv4 of a v4-mapped address, so that logs show one form of each peer. */
static bool unmap(const struct sockaddr *address, struct sockaddr_in *plain)
{
	const struct sockaddr_in6 *mapped = (const struct sockaddr_in6 *)(const void *)address;

	if (address->sa_family != AF_INET6 || !IN6_IS_ADDR_V4MAPPED(&mapped->sin6_addr))
		return false;
	memset(plain, 0, sizeof *plain);
	plain->sin_family = AF_INET;
	plain->sin_port = mapped->sin6_port;
	memcpy(&plain->sin_addr, &mapped->sin6_addr.s6_addr[12], sizeof plain->sin_addr);
	return true;
}

/*
 * Puts the zone's number in place of its name, unless the name is short and plain. Linux lets an
 * interface have nearly any bytes for its name; an address must stay one word, and short.
 */
static void tame_zone(const struct sockaddr *address, char *host, size_t size)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789._-@+~:";
	char *zone = strchr(host, '%');
	size_t length;

	if (!zone)
		return;
	length = strlen(++zone);
	if (length > ZONE_MAX || strspn(zone, plain) != length)
		snprintf(zone, size - (size_t)(zone - host), "%u",
			 ((const struct sockaddr_in6 *)(const void *)address)->sin6_scope_id);
}

/* Writes an IPv4 or IPv6 address without its port; of another family only which one it is. */
static void format_host(const struct sockaddr *address, socklen_t length, char *host, size_t size)
{
	struct sockaddr_in plain;

	if (unmap(address, &plain)) {
		address = (const struct sockaddr *)&plain;
		length = sizeof plain;
	}
	if (getnameinfo(address, length, host, (socklen_t)size, NULL, 0, NI_NUMERICHOST) != 0)
		snprintf(host, size, "(family %d)", address->sa_family);
	else
		tame_zone(address, host, size);
}

char *address_format(const struct sockaddr *address, socklen_t length, char *text, size_t size)
{
	char host[ADDRESS_HOST_MAX];

	if (address->sa_family == AF_UNIX)
		return format_unix((const struct sockaddr_un *)(const void *)address, length, text,
				   size);
	format_host(address, length, host, sizeof host);
	if (address->sa_family != AF_INET && address->sa_family != AF_INET6)
		snprintf(text, size, "%s", host);
	else
		snprintf(text, size, strchr(host, ':') ? "[%s]:%u" : "%s:%u", host,
			 address_port(address));
	return text;
}

char *address_format_host(const struct sockaddr *address, socklen_t length, char *text, size_t size)
{
	if (address->sa_family == AF_UNIX)
		return address_format(address, length, text, size);
	format_host(address, length, text, size);
	return text;
}

const char *address_advice(const struct sockaddr *address, int reason)
{
	const struct sockaddr_in6 *ipv6 = (const struct sockaddr_in6 *)(const void *)address;

	/* The same address is on each link: the kernel must know which one is meant. */
	if ((reason == EINVAL || reason == ENETUNREACH) && address->sa_family == AF_INET6 &&
	    IN6_IS_ADDR_LINKLOCAL(&ipv6->sin6_addr) && ipv6->sin6_scope_id == 0)
		return " (a link-local address needs its zone, ADDRESS%INTERFACE)";
	return "";
}

bool address_from_path(const char *path, struct sockaddr_un *address)
{
	size_t length = strlen(path);

	if (length == 0 || length >= sizeof address->sun_path)
		return false;
	memset(address, 0, sizeof *address);
	address->sun_family = AF_UNIX;
	memcpy(address->sun_path, path, length);
	return true;
}

uint16_t address_port(const struct sockaddr *address)
{
	if (address->sa_family == AF_INET)
		return ntohs(((const struct sockaddr_in *)(const void *)address)->sin_port);
	if (address->sa_family == AF_INET6)
		return ntohs(((const struct sockaddr_in6 *)(const void *)address)->sin6_port);
	return 0;
}

void address_set_port(struct sockaddr *address, uint16_t port)
{
	if (address->sa_family == AF_INET)
		((struct sockaddr_in *)(void *)address)->sin_port = htons(port);
	else if (address->sa_family == AF_INET6)
		((struct sockaddr_in6 *)(void *)address)->sin6_port = htons(port);
}
