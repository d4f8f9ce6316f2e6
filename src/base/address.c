/* SPDX-License-Identifier: ISC */
/* address: makes, compares and formats socket addresses. */
#include "base/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>

#include "base/abstract.h"
#include "base/iptext.h"
#include "base/number.h"
#include "base/zone.h"

void address_set(struct address *address, const struct sockaddr *from, socklen_t length)
{
	memset(address, 0, sizeof *address);
	if (length > sizeof address->room)
		return;
	memcpy(&address->room, from, length);
	address->length = length;
}

int address_from_literal(const char *host, int family, struct address *address)
{
	struct addrinfo hints = {.ai_flags = AI_NUMERICHOST,
				 .ai_family = family,
				 .ai_socktype = SOCK_STREAM};
	struct addrinfo *found;
	struct in_addr ipv4;
	int failure;

	/* getaddrinfo() also accepts 127.1, 8080 and 010.0.0.1 as addresses. */
	if (!strchr(host, ':') && inet_pton(AF_INET, host, &ipv4) != 1)
		return EAI_NONAME;
	failure = getaddrinfo(host, NULL, &hints, &found);
	if (failure)
		return failure;
	address_set(address, found->ai_addr, found->ai_addrlen);
	freeaddrinfo(found);
	return 0;
}

SEPARATE static char *format_path(const struct address *address, char *text, size_t size)
{
	char path[sizeof address->path.sun_path + 1];
	size_t before = offsetof(struct sockaddr_un, sun_path);
	size_t length = address->length > before ? address->length - before : 0;

	if (abstract_is(address)) {
		char name[ADDRESS_NAME_MAX];
		abstract_format(address, name, sizeof name);
		snprintf(text, size, "unix:%s", name);
		return text;
	}
	if (length > sizeof address->path.sun_path)
		length = sizeof address->path.sun_path;
	memcpy(path, address->path.sun_path, length);
	path[length] = '\0';
	snprintf(text, size, "unix:%s%s", path[0] == '@' ? "./" : "", path[0] ? path : "(unnamed)");
	return text;
}

/*
 * Returns the four bytes of an IPv4 address. A v4-mapped one counts as IPv4, so that logs show one
 * form of each peer. NULL: it is neither.
 */
static const uint8_t *find_ipv4(const struct address *address)
{
	if (address->any.sa_family == AF_INET)
		return (const uint8_t *)&address->ipv4.sin_addr;
	if (address->any.sa_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&address->ipv6.sin6_addr))
		return &address->ipv6.sin6_addr.s6_addr[12];
	return NULL;
}

/* Writes an IP address without its zone, as iptext_put_ipv4() does. */
static char *put_ip(char *end, const struct address *address)
{
	const uint8_t *ipv4 = find_ipv4(address);

	return ipv4 ? iptext_put_ipv4(end, ipv4)
		    : iptext_put_ipv6(end, address->ipv6.sin6_addr.s6_addr);
}

/* True if an address has a zone that is shown. */
static bool has_zone(const struct address *address)
{
	return address->any.sa_family == AF_INET6 && address->ipv6.sin6_scope_id != 0 &&
	       !find_ipv4(address);
}

/*
 * Adds the zone: its name if that is plain, else its number. Linux allows nearly any bytes in an
 * interface's name; an address must stay one short word.
 */
static void add_zone(const struct sockaddr_in6 *address, char *host, size_t size)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789._-@+~:";
	bool is_local = IN6_IS_ADDR_LINKLOCAL(&address->sin6_addr) ||
			IN6_IS_ADDR_MC_LINKLOCAL(&address->sin6_addr);
	size_t length = strlen(host);
	char name[ZONE_NAME_MAX];

	if (is_local && zone_name(address->sin6_scope_id, name) && name[0] &&
	    name[strspn(name, plain)] == '\0')
		snprintf(host + length, size - length, "%%%s", name);
	else
		snprintf(host + length, size - length, "%%%u", address->sin6_scope_id);
}

/* Writes an IP address with its port. */
static char *format_ip(const struct address *address, char *text)
{
	char room[sizeof "[]:65535" + IPTEXT_MAX], *end = room + sizeof room, *first = end;
	bool has_brackets = !find_ipv4(address);

	*--first = '\0';
	first = number_put_before(first, address_port(address));
	*--first = ':';
	if (has_brackets)
		*--first = ']';
	first = put_ip(first, address);
	if (has_brackets)
		*--first = '[';
	return memcpy(text, first, (size_t)(end - first));
}

/* Writes an IP address without its port; for an unknown family, only its number. */
static void format_host(const struct address *address, char *host, size_t size)
{
	char room[IPTEXT_MAX + 1], *end = room + sizeof room, *first = end;

	if (address->any.sa_family != AF_INET && address->any.sa_family != AF_INET6) {
		snprintf(host, size, "(family %d)", address->any.sa_family);
		return;
	}
	*--first = '\0';
	first = put_ip(first, address);
	memcpy(host, first, (size_t)(end - first));
	if (has_zone(address))
		add_zone(&address->ipv6, host, size);
}

/* Writes an address of an unknown family, or one with a zone and a port. */
SEPARATE static char *format_other(const struct address *address, char *text, size_t size)
{
	char host[ADDRESS_HOST_MAX];

	format_host(address, host, sizeof host);
	if (address->any.sa_family == AF_INET6)
		snprintf(text, size, "[%s]:%u", host, address_port(address));
	else
		snprintf(text, size, "%s", host);
	return text;
}

char *address_format(const struct address *address, char *text, size_t size)
{
	int family = address->any.sa_family;

	if (family == AF_UNIX)
		return format_path(address, text, size);
	if ((family == AF_INET || family == AF_INET6) && !has_zone(address))
		return format_ip(address, text);
	return format_other(address, text, size);
}

char *address_format_host(const struct address *address, char *text, size_t size)
{
	if (address->any.sa_family == AF_UNIX)
		return format_path(address, text, size);
	format_host(address, text, size);
	return text;
}

const char *address_advice(const struct address *address, int reason)
{
	/* Every link has this address: the kernel must be told which one is meant. */
	if ((reason == EINVAL || reason == ENETUNREACH) && address->any.sa_family == AF_INET6 &&
	    IN6_IS_ADDR_LINKLOCAL(&address->ipv6.sin6_addr) && address->ipv6.sin6_scope_id == 0)
		return " (a link-local address needs its zone, ADDRESS%INTERFACE)";
	return "";
}

bool address_from_path(const char *path, struct address *address)
{
	size_t length = strlen(path);

	if (path[0] == '@')
		return abstract_read(path + 1, address) == NULL;
	if (length == 0 || length >= sizeof address->path.sun_path)
		return false;
	memset(address, 0, sizeof *address);
	address->path.sun_family = AF_UNIX;
	memcpy(address->path.sun_path, path, length);
	address->length = sizeof address->path;
	return true;
}

bool address_is_same(const struct address *one, const struct address *other)
{
	return one->length == other->length && memcmp(&one->room, &other->room, one->length) == 0;
}

uint16_t address_port(const struct address *address)
{
	if (address->any.sa_family == AF_INET)
		return ntohs(address->ipv4.sin_port);
	if (address->any.sa_family == AF_INET6)
		return ntohs(address->ipv6.sin6_port);
	return 0;
}

void address_set_port(struct address *address, uint16_t port)
{
	if (address->any.sa_family == AF_INET)
		address->ipv4.sin_port = htons(port);
	else if (address->any.sa_family == AF_INET6)
		address->ipv6.sin6_port = htons(port);
}
