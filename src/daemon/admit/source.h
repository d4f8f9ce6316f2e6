/* SPDX-License-Identifier: ISC */
/*
 * source: where a client comes from, as limits for each source have it: its address, cut to a
 * prefix.
 *
 * An IPv6 client usually has a whole /64 to choose from. A v4-mapped address is IPv4. The zone of a
 * link-local address and the port make no difference.
 */
#ifndef DAEMON_ADMIT_SOURCE_H
#define DAEMON_ADMIT_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attributes.h"

struct prefixpair;
struct siphash_secret;
struct sockaddr;

/* A source. The hash is kept here because it takes longer than all else that is done with it. */
struct source_key {
	uint64_t high, low; /* the address as IPv6 has it, v4-mapped for IPv4; 0 past the prefix */
	uint64_t hash;	    /* of these, by the secret */
};

/* Fills in the source of a client. False: it has none, since it is at a UNIX socket. */
bool source_key(const struct sockaddr *address, const struct prefixpair *prefix,
		const struct siphash_secret *secret, struct source_key *key) MUST_CHECK;

#endif
