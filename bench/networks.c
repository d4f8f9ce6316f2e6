/* SPDX-License-Identifier: ISC */
/*
 * networks: judges random addresses by random networks, so that callgrind can count what it takes.
 *
 *     networks 4|6 NETWORKS LOOKUPS
 *
 * Each second address is the first of a network, the others are anywhere. Each run is the same.
 */
#include "daemon/admit/networks.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/address.h"
#include "base/number.h"
#include "base/prefix.h"
#include "daemon/admit/rules.h"

/* Returns the next number of a sequence without order (splitmix64). */
static uint64_t next_random(uint64_t *state)
{
	uint64_t x = *state += 0x9E3779B97F4A7C15;

	x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9;
	x = (x ^ x >> 27) * 0x94D049BB133111EB;
	return x ^ x >> 31;
}

/* Returns a random address, as a network of one. */
static struct prefix random_address(int family, uint64_t *state)
{
	struct prefix prefix = {.family = family, .length = family == AF_INET ? 32 : 128};
	uint64_t halves[2];

	halves[0] = next_random(state);
	halves[1] = next_random(state);
	memcpy(prefix.bytes, halves, prefix.length / 8);
	return prefix;
}

/* Returns a random network: a /16 to /32 of IPv4, or a /32 to /128 of IPv6. */
static struct prefix random_network(int family, uint64_t *state)
{
	struct prefix prefix = random_address(family, state);
	unsigned least = family == AF_INET ? 16 : 32;
	unsigned length = least + (unsigned)(next_random(state) % (prefix.length - least + 1));

	for (unsigned i = length; i < prefix.length; i++)
		prefix.bytes[i / 8] &= (uint8_t) ~(0x80 >> i % 8);
	prefix.length = length;
	return prefix;
}

static struct address address_of(const struct prefix *prefix)
{
	struct address address = {.any.sa_family = (sa_family_t)prefix->family};

	if (prefix->family == AF_INET)
		memcpy(&address.ipv4.sin_addr, prefix->bytes, sizeof address.ipv4.sin_addr);
	else
		memcpy(&address.ipv6.sin6_addr, prefix->bytes, sizeof address.ipv6.sin6_addr);
	return address;
}

/* Denies so many networks. NULL: no memory. */
static struct networks *make_networks(int family, uint64_t count)
{
	struct rules rules = {.count = 0};
	struct networks *networks;
	uint64_t state = 0;
	bool is_done = true;

	for (uint64_t i = 0; i < count && is_done; i++) {
		struct prefix prefix = random_network(family, &state);
		is_done = rules_add(&rules, &prefix, false);
	}
	networks = is_done ? networks_new(&rules) : NULL;
	rules_clear(&rules);
	return networks;
}

/* Returns how many of so many addresses are allowed. */
static uint64_t judge(const struct networks *networks, int family, uint64_t count)
{
	uint64_t denied = 0, any = 1, allowed = 0;

	for (uint64_t i = 0; i < count; i++) {
		struct prefix prefix = i % 2 ? random_network(family, &denied)
					     : random_address(family, &any);
		struct address address = address_of(&prefix);
		allowed += networks_allow(networks, &address.any);
	}
	return allowed;
}

int main(int argc, char **argv)
{
	uint64_t version, count, lookups;
	struct networks *networks;
	int family;

	if (argc != 4 || !number_parse(argv[1], &version) || !number_parse(argv[2], &count) ||
	    !number_parse(argv[3], &lookups) || (version != 4 && version != 6)) {
		fprintf(stderr, "usage: networks 4|6 NETWORKS LOOKUPS\n");
		return 2;
	}
	family = version == 4 ? AF_INET : AF_INET6;
	networks = make_networks(family, count);
	if (!networks) {
		fprintf(stderr, "networks: out of memory\n");
		return 1;
	}
	printf("%" PRIu64 " of %" PRIu64 " allowed\n", judge(networks, family, lookups), lookups);
	networks_free(networks);
	return 0;
}
