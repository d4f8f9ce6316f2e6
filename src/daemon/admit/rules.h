/* SPDX-License-Identifier: ISC */
/*
 * rules: which networks are allowed and which denied, as they were given.
 *
 * The rule with the longest prefix decides about an address. Of an allowed and a denied network
 * that are the same, the denied one counts: a list that denies is not undone by chance. An address
 * without a rule is denied if anything is allowed, of whichever family, and else allowed.
 */
#ifndef DAEMON_ADMIT_RULES_H
#define DAEMON_ADMIT_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "point.h"

struct prefix;

/* A rule takes 24 bytes. */
struct rule {
	struct point first; /* the network's first address */
	uint8_t length;	    /* of the prefix, in bits */
	bool is_ipv6, is_allowed;
};

/* Starts as {0}. It has room for up to twice as many as there are. */
struct rules {
	struct rule *all;
	size_t count, room;
};

/* Adds a rule; duplicates are fine. False: no memory; nothing has changed. */
bool rules_add(struct rules *rules, const struct prefix *prefix, bool is_allowed) MUST_CHECK;

/* Forgets the rules from index `count` on, in the order in which they were added. */
void rules_truncate(struct rules *rules, size_t count);

/* True if anything is allowed. */
bool rules_allow_any(const struct rules *rules);

/*
 * Puts the rules in order: IPv4 first, by first address; of the same, the wider network first; of
 * the same network, the rule that counts first.
 */
void rules_sort(struct rules *rules);

/* Forgets all, and frees the memory. */
void rules_clear(struct rules *rules);

#endif
