/* SPDX-License-Identifier: ISC */
/* endpoint: where to listen or connect, as people write it. */
#include "base/endpoint.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>

#include "base/abstract.h"
#include "base/number.h"

#define DIGITS "0123456789"
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

static const char unix_prefix[] = "unix:";
static const char not_a_port[] = "a port is a number up to 65535 or the name of a service";

/*
 * True if `text` is an IPv6 address, a zone allowed. The zone is left to the resolver, but a
 * bracket in it would end the address when that is shown.
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

/* Copies `length` bytes of a host or path. Returns NULL, or what is wrong with it. */
static const char *copy_host(struct endpoint *endpoint, const char *text, size_t length)
{
	if (length == 0)
		return "the host is empty";
	if (length >= ADDRESS_HOST_MAX)
		return "the host is too long";
	memcpy(endpoint->host, text, length);
	endpoint->host[length] = '\0';
	if (endpoint->kind == ENDPOINT_HOST && strpbrk(endpoint->host, " \t"))
		return "the host has a blank in it";
	return NULL;
}

/*
 * True if the last label is a number, decimal or with 0x: then the host is an IPv4 address or
 * invalid. No top-level domain is a number (RFC 1123, 2.1); URLs have the same rule (WHATWG).
 */
static bool ends_in_number(const char *host)
{
	size_t end = strlen(host), start;
	const char *digits = DIGITS;

	if (end > 0 && host[end - 1] == '.')
		end--;
	for (start = end; start > 0 && host[start - 1] != '.';)
		start--;
	if (end - start >= 2 && host[start] == '0' && (host[start + 1] | 0x20) == 'x') {
		start += 2;
		digits = DIGITS "abcdefABCDEF";
	} else if (start == end) {
		return false;
	}
	return start + strspn(host + start, digits) >= end;
}

/*
 * Returns what is wrong with a name or IPv4 address, or NULL. The C library takes 8080 for
 * 0.0.31.144 and 010.0.0.1 for 8.0.0.1, without a lookup: nobody means that.
 */
static const char *check_plain_host(const char *host)
{
	struct in_addr address;

	if (strchr(host, '/'))
		return "the host has a slash in it; a path is unix:PATH";
	if (strchr(host, '%'))
		return "only an IPv6 address has a zone";
	if (host[strspn(host, DIGITS)] == '\0')
		return "a number is not a host; write a port as HOST:PORT";
	if (ends_in_number(host) && inet_pton(AF_INET, host, &address) != 1)
		return "an IPv4 address is four decimal numbers up to 255, without leading zeros";
	return NULL;
}

/* Reads a name after the @, and stores it as it is shown: there are several ways to write it. */
static const char *parse_abstract(const char *name, struct endpoint *endpoint)
{
	struct address address;
	const char *why = abstract_read(name, &address);

	if (!why)
		abstract_format(&address, endpoint->host, sizeof endpoint->host);
	return why;
}

static const char *parse_unix(const char *path, struct endpoint *endpoint)
{
	struct address address;

	endpoint->kind = ENDPOINT_UNIX;
	if (*path == '\0')
		return "the path is empty";
	if (*path == '@')
		return parse_abstract(path + 1, endpoint);
	if (!address_from_path(path, &address))
		return "the path is too long for a UNIX socket";
	return copy_host(endpoint, path, strlen(path));
}

/* Reads what follows a host: nothing, or a colon and a port. */
static const char *parse_port_part(const char *text, struct endpoint *endpoint)
{
	if (*text == '\0')
		return NULL;
	if (*text != ':')
		return "only :PORT may follow the closing bracket";
	if (strchr(text, '/'))
		return "a port has no slash; write HOST:PORT";
	endpoint->has_port = true;
	return endpoint_parse_port(text + 1, &endpoint->port);
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

/* Reads HOST, HOST:PORT or a bare IPv6 address; only the last has several colons. */
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
	if (!why)
		why = check_plain_host(endpoint->host);
	return why ? why : parse_port_part(colon, endpoint);
}

const char *endpoint_parse(const char *text, struct endpoint *endpoint)
{
	memset(endpoint, 0, sizeof *endpoint);
	if (strncmp(text, unix_prefix, sizeof unix_prefix - 1) == 0)
		return parse_unix(text + sizeof unix_prefix - 1, endpoint);
	if (strstr(text, "://"))
		return "this is a URL; write HOST:PORT";
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

char *endpoint_format(const struct endpoint *endpoint, char *text, size_t size)
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

/*
 * True if `text` can be a service's name, as in RFC 6335, 5.1, or with the other characters that
 * older names have. Anything else is not looked up: musl finds a blank, and 80/tcp, in its list.
 */
static bool is_service_name(const char *text)
{
	return text[strspn(text, LETTERS DIGITS "-_+.")] == '\0' && strpbrk(text, LETTERS) &&
	       !strchr("-_+.", *text);
}

const char *endpoint_parse_port(const char *text, uint16_t *port)
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
	service = is_service_name(text) ? getservbyname(text, "tcp") : NULL;
	if (!service)
		return not_a_port;
	*port = ntohs((uint16_t)service->s_port);
	return NULL;
}
