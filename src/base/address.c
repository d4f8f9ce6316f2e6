/* address: endpoints as people write them, and socket addresses as we show them. */
#include "base/address.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>

#include "base/escape.h"
#include "base/number.h"

static const char unix_prefix[] = "unix:";
static const char not_a_port[] = "a port is a number up to 65535 or the name of a service";

/*
 * Tells whether `text` is an IPv6 address, a zone allowed; the zone itself is for the resolver,
 * but a bracket in it would end the address where that is shown.
 */
static bool is_ipv6(const char *text)
{
	char plain[INET6_ADDRSTRLEN];
	struct in6_addr address;
	size_t length = strcspn(text, "%");

	if (length >= sizeof plain || strchr(text, ']') ||
	    (text[length] == '%' && text[length + 1] == '\0'))
		return false;
	memcpy(plain, text, length);
	plain[length] = '\0';
	return inet_pton(AF_INET6, plain, &address) == 1;
}

/* Copies `length` bytes of a host or path; returns NULL, or what is wrong with its length. */
static const char *copy_host(struct endpoint *endpoint, const char *text, size_t length)
{
	if (length == 0)
		return "the host is empty";
	if (length >= sizeof endpoint->host)
		return "the host is too long";
	if (endpoint->kind == ENDPOINT_HOST && memchr(text, ' ', length))
		return "the host has a blank in it";
	memcpy(endpoint->host, text, length);
	endpoint->host[length] = '\0';
	return NULL;
}

static const char *parse_unix(const char *path, struct endpoint *endpoint)
{
	struct sockaddr_un address;

	endpoint->kind = ENDPOINT_UNIX;
	if (*path == '\0')
		return "the path is empty";
	if (!address_from_path(path, &address))
		return "the path is too long for a UNIX socket";
	return copy_host(endpoint, path, strlen(path));
}

/* Reads what stands behind a host: nothing, or a colon and a port. */
static const char *parse_port_part(const char *text, struct endpoint *endpoint)
{
	if (*text == '\0')
		return NULL;
	if (*text != ':')
		return "only :PORT may follow the closing bracket";
	endpoint->has_port = true;
	return address_parse_port(text + 1, &endpoint->port);
}

static const char *parse_bracketed(const char *text, struct endpoint *endpoint)
{
	const char *close = strchr(text, ']'), *why;

	if (!close)
		return "the closing bracket is missing";
	why = copy_host(endpoint, text + 1, (size_t)(close - text - 1));
	if (why)
		return why;
	if (!is_ipv6(endpoint->host))
		return "only an IPv6 address stands in brackets";
	return parse_port_part(close + 1, endpoint);
}

/* Reads HOST, HOST:PORT or a bare IPv6 address; several colons can only be the latter. */
static const char *parse_plain(const char *text, struct endpoint *endpoint)
{
	const char *colon = strchr(text, ':'), *why;

	if (colon && strchr(colon + 1, ':')) {
		why = copy_host(endpoint, text, strlen(text));
		if (why)
			return why;
		return is_ipv6(text) ? NULL
				     : "not an IPv6 address (with a port, write [ADDRESS]:PORT)";
	}
	if (!colon)
		colon = text + strlen(text);
	why = copy_host(endpoint, text, (size_t)(colon - text));
	return why ? why : parse_port_part(colon, endpoint);
}

const char *address_parse_endpoint(const char *text, struct endpoint *endpoint)
{
	memset(endpoint, 0, sizeof *endpoint);
	if (strncmp(text, unix_prefix, sizeof unix_prefix - 1) == 0)
		return parse_unix(text + sizeof unix_prefix - 1, endpoint);
	if (*text == '[')
		return parse_bracketed(text, endpoint);
	if (strcmp(text, "*") == 0 || strncmp(text, "*:", 2) == 0) {
		endpoint->kind = ENDPOINT_ANY;
		return parse_port_part(text + 1, endpoint);
	}
	if (text[0] == ':' && text[1] != ':') {
		endpoint->kind = ENDPOINT_ANY;
		return parse_port_part(text, endpoint);
	}
	return parse_plain(text, endpoint);
}

int address_from_literal(const char *host, int family, struct sockaddr_storage *address,
			 socklen_t *length)
{
	struct addrinfo hints = {.ai_flags = AI_NUMERICHOST,
				 .ai_family = family,
				 .ai_socktype = SOCK_STREAM};
	struct addrinfo *found;
	int failure = getaddrinfo(host, NULL, &hints, &found);

	if (failure)
		return failure;
	memcpy(address, found->ai_addr, found->ai_addrlen);
	*length = found->ai_addrlen;
	freeaddrinfo(found);
	return 0;
}

const char *address_parse_port(const char *text, uint16_t *port)
{
	uint64_t number;
	const struct servent *service;

	if (*text == '\0')
		return "the port is empty";
	if (number_parse(text, &number)) {
		if (number > UINT16_MAX)
			return not_a_port;
		*port = (uint16_t)number;
		return NULL;
	}
	service = getservbyname(text, "tcp");
	if (!service)
		return not_a_port;
	*port = ntohs((uint16_t)service->s_port);
	return NULL;
}

char *address_format_endpoint(const struct endpoint *endpoint, char *text, size_t size)
{
	char host[ADDRESS_HOST_MAX * ESCAPE_GROWTH];
	bool bracket = strchr(endpoint->host, ':') != NULL;

	escape_text(host, sizeof host, endpoint->host);
	if (endpoint->kind == ENDPOINT_UNIX)
		snprintf(text, size, "%s%s", unix_prefix, host);
	else if (endpoint->kind == ENDPOINT_ANY)
		snprintf(text, size, "*:%u", endpoint->port);
	else
		snprintf(text, size, bracket ? "[%s]:%u" : "%s:%u", host, endpoint->port);
	return text;
}

static char *format_unix(const struct sockaddr_un *address, socklen_t length, char *text,
			 size_t size)
{
	char path[sizeof address->sun_path + 1];
	char shown[sizeof path * ESCAPE_GROWTH];
	size_t room = length > offsetof(struct sockaddr_un, sun_path)
			      ? length - offsetof(struct sockaddr_un, sun_path)
			      : 0;

	if (room > sizeof address->sun_path)
		room = sizeof address->sun_path;
	memcpy(path, address->sun_path, room);
	path[room] = '\0';
	snprintf(text, size, "%s%s", unix_prefix,
		 path[0] ? escape_text(shown, sizeof shown, path) : "(unnamed)");
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
