/* SPDX-License-Identifier: ISC */
/* endpoint: where to listen or connect, as people write it. */
#ifndef BASE_ENDPOINT_H
#define BASE_ENDPOINT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/address.h"
#include "base/attributes.h"

enum endpoint_kind {
	ENDPOINT_HOST, /* a name or a literal address */
	ENDPOINT_ANY,  /* every address of this machine */
	ENDPOINT_UNIX, /* a path, or @ and an abstract name */
};

/* An ADDR of a command line, parsed. */
struct endpoint {
	enum endpoint_kind kind;
	char host[ADDRESS_NAME_MAX]; /* name, bare address, what follows unix:; "" for ENDPOINT_ANY
				      */
	bool has_port;
	uint16_t port;
};

/*
 * Reads HOST, HOST:PORT, V6, [V6], [V6]:PORT, *, *:PORT, :PORT, unix:PATH or unix:@NAME. A HOST
 * whose last label is a number must be an IPv4 address of four decimal numbers. Looks up nothing
 * but the names of ports. Returns NULL, or why it is none of these.
 */
const char *endpoint_parse(const char *text, struct endpoint *endpoint) MUST_CHECK;

/*
 * Writes the endpoint as endpoint_parse() reads it, raw: the caller that shows it escapes it.
 * ADDRESS_TEXT_MAX bytes are always enough. Returns `text`.
 */
char *endpoint_format(const struct endpoint *endpoint, char *text, size_t size);

/*
 * Reads a port: 0 to 65535, or the name of a TCP service. Returns NULL, or why it is neither; then
 * `port` is unchanged.
 */
const char *endpoint_parse_port(const char *text, uint16_t *port) MUST_CHECK;

#endif
