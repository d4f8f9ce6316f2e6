/* SPDX-License-Identifier: ISC */
/* proxyheader: writes the header of the PROXY protocol, version 1 or 2. */
#include "proxyheader.h"

#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/address.h"

/* The beginning of version 2, which no text protocol has: CR LF CR LF NUL CR LF QUIT LF. */
static const char signature[] = {'\r', '\n', '\r', '\n', 0, '\r', '\n', 'Q', 'U', 'I', 'T', '\n'};

/* The byte after it: version 2 and the command. */
enum { COMMAND_LOCAL = 0x20, COMMAND_PROXY = 0x21 };

/* The next byte: the family, and a stream. */
enum { NO_FAMILY = 0x00, TCP_IPV4 = 0x11, TCP_IPV6 = 0x21 };

static bool is_ipv6(const struct address *address)
{
	return address->any.sa_family == AF_INET6;
}

/* Writes an address without its zone, which no other machine knows. Returns `text`. */
static const char *format_host(const struct address *address, char text[INET6_ADDRSTRLEN])
{
	const void *bytes = is_ipv6(address) ? (const void *)&address->ipv6.sin6_addr
					     : (const void *)&address->ipv4.sin_addr;

	return inet_ntop(address->any.sa_family, bytes, text, INET6_ADDRSTRLEN);
}

/* Writes the line of a client; it ends with a NUL. Returns its length. */
static int write_line(const struct address *source, const struct address *destination,
		      char line[PROXYHEADER_MAX + 1])
{
	char from[INET6_ADDRSTRLEN], to[INET6_ADDRSTRLEN];

	return snprintf(line, PROXYHEADER_MAX + 1, "PROXY %s %s %s %u %u\r\n",
			is_ipv6(source) ? "TCP6" : "TCP4", format_host(source, from),
			format_host(destination, to), address_port(source),
			address_port(destination));
}

static size_t write_v1(const struct address *source, const struct address *destination,
		       char *header)
{
	char line[PROXYHEADER_MAX + 1];
	int length = source ? write_line(source, destination, line)
			    : snprintf(line, sizeof line, "PROXY UNKNOWN\r\n");

	memcpy(header, line, (size_t)length);
	return (size_t)length;
}

/* Appends bytes; returns where the next go. */
static char *append(char *at, const void *bytes, size_t length)
{
	memcpy(at, bytes, length);
	return at + length;
}

/* Appends both addresses, then both ports. Returns where the next bytes go. */
static char *append_ipv4(char *at, const struct sockaddr_in *from, const struct sockaddr_in *to)
{
	at = append(at, &from->sin_addr, sizeof from->sin_addr);
	at = append(at, &to->sin_addr, sizeof to->sin_addr);
	at = append(at, &from->sin_port, sizeof from->sin_port);
	return append(at, &to->sin_port, sizeof to->sin_port);
}

static char *append_ipv6(char *at, const struct sockaddr_in6 *from, const struct sockaddr_in6 *to)
{
	at = append(at, &from->sin6_addr, sizeof from->sin6_addr);
	at = append(at, &to->sin6_addr, sizeof to->sin6_addr);
	at = append(at, &from->sin6_port, sizeof from->sin6_port);
	return append(at, &to->sin6_port, sizeof to->sin6_port);
}

static size_t write_v2(const struct address *source, const struct address *destination,
		       char *header)
{
	const unsigned char kind[] = {
		source ? COMMAND_PROXY : COMMAND_LOCAL,
		!source		  ? NO_FAMILY
		: is_ipv6(source) ? TCP_IPV6
				  : TCP_IPV4,
	};
	char *addresses = header + sizeof signature + sizeof kind + sizeof(uint16_t);
	char *end = addresses;
	uint16_t length;

	append(append(header, signature, sizeof signature), kind, sizeof kind);
	if (source)
		end = is_ipv6(source) ? append_ipv6(end, &source->ipv6, &destination->ipv6)
				      : append_ipv4(end, &source->ipv4, &destination->ipv4);
	length = htons((uint16_t)(end - addresses));
	memcpy(addresses - sizeof length, &length, sizeof length);
	return (size_t)(end - header);
}

size_t proxyheader_write(enum proxyheader_version version, const struct address *source,
			 const struct address *destination, char *header)
{
	if (source && source->any.sa_family != AF_INET && source->any.sa_family != AF_INET6)
		source = NULL;
	if (source && source->any.sa_family != destination->any.sa_family)
		return 0;
	return version == PROXYHEADER_V1 ? write_v1(source, destination, header)
					 : write_v2(source, destination, header);
}
