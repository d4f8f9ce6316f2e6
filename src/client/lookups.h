/* SPDX-License-Identifier: ISC */
/*
 * lookups: the addresses of one host by getaddrinfo(3). While the name servers are dead it blocks,
 * and nothing can stop it: so each lookup has a thread, if one can be had.
 */
#ifndef CLIENT_LOOKUPS_H
#define CLIENT_LOOKUPS_H

#include <stdbool.h>

#include "base/attributes.h"

struct addrinfo;
struct lookups;

/* The most lookups of one host: of all families together, and of each apart. */
enum { LOOKUPS_MAX = 3 };

/* What one lookup has found. */
struct lookups_answer {
	int family;		/* the family asked for; AF_UNSPEC: any */
	int failure;		/* 0, or what getaddrinfo() returned */
	int system;		/* an errno if the machine failed, and not the name; else 0 */
	struct addrinfo *found; /* freed by lookups_free() */
};

/* Prepares lookups of `host`, which is copied. NULL, with errno: no memory or descriptors. */
struct lookups *lookups_new(const char *host) MUST_CHECK;

/* Returns the descriptor that is readable when an answer is there. */
int lookups_descriptor(const struct lookups *lookups);

/* Starts a lookup in a thread, with `flags` for getaddrinfo(). False, with errno: no thread. */
bool lookups_start(struct lookups *lookups, int family, int flags) MUST_CHECK;

/* Looks up now, in the caller's thread, however long it takes. */
void lookups_run(struct lookups *lookups, int family);

/* Returns the next answer, valid until lookups_free(), or NULL if there is none yet. */
const struct lookups_answer *lookups_take(struct lookups *lookups);

/* Frees everything; lookups under way are left to themselves. NULL is allowed. */
void lookups_free(struct lookups *lookups);

#endif
