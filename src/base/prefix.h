/* SPDX-License-Identifier: ISC */
/*
 * prefix: an IP network in CIDR notation (RFC 4632, RFC 4291), such as 192.0.2.0/24.
 *
 * An IPv4 address that is written as IPv4-mapped IPv6 is IPv4 here: ::ffff:192.0.2.0/120 is
 * 192.0.2.0/24. So no IPv6 network has IPv4 addresses in it, not even ::/0.
 */
#ifndef BASE_PREFIX_H
#define BASE_PREFIX_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attributes.h"

struct address;

struct prefix {
	int family;	   /* AF_INET or AF_INET6 */
	unsigned length;   /* in bits: up to 32 or 128 */
	uint8_t bytes[16]; /* the first address, as sent; after the 4 bytes of an IPv4 one, zeros */
};

/* Room for any network as prefix_format() writes it: 45 bytes of an address, /128. */
#define PREFIX_TEXT_MAX 50

/* Room for why a text is no network. */
#define PREFIX_WHY_MAX 192

/*
 * Reads ADDRESS/LENGTH, or an address alone, which is a network of one. The address is as in
 * endpoint.h, but has no zone. The bits after the length must be 0. False: `why` says what is
 * wrong, and `prefix` is unchanged.
 */
bool prefix_parse(const char *text, struct prefix *prefix, char why[PREFIX_WHY_MAX]) MUST_CHECK;

/* Writes the network, always with its length. Returns `text`. */
char *prefix_format(const struct prefix *prefix, char text[PREFIX_TEXT_MAX]);

/* True if the address is in the network; one that is IPv4-mapped is judged as IPv4. */
bool prefix_has(const struct prefix *prefix, const struct address *address);

#endif
