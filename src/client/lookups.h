/*
 * lookups: the addresses of one host by getaddrinfo(3), which blocks for as long as the name
 * servers are dead and cannot be stopped: so each lookup has a thread, where one can be had.
 */
#ifndef CLIENT_LOOKUPS_H
#define CLIENT_LOOKUPS_H

#include <stdbool.h>

#include "base/attributes.h"

struct addrinfo;
struct lookups;

/* The most lookups of one host: of all families at once, and of each apart. */
enum { LOOKUPS_MAX = 3 };

/* What one lookup has found. */
struct lookups_answer {
	int family;		/* that was asked for; AF_UNSPEC: any */
	int failure;		/* 0, or what getaddrinfo() returned */
	int system;		/* an errno where the machine failed, and not the name; else 0 */
	struct addrinfo *found; /* freed by lookups_free() */
};

/* Prepares lookups of `host`, which is copied. NULL, with errno, without memory or descriptors. */
struct lookups *lookups_new(const char *host) MUST_CHECK;

/* The descriptor that is readable once an answer is there. */
int lookups_descriptor(const struct lookups *lookups);

/* Starts to look up in a thread, with `flags` for getaddrinfo(). False, with errno, without one. */
bool lookups_start(struct lookups *lookups, int family, int flags) MUST_CHECK;

/* Looks up here and now, however long it takes. */
void lookups_run(struct lookups *lookups, int family);

/* Takes the next answer; NULL: none is there. It is valid until lookups_free(). */
const struct lookups_answer *lookups_take(struct lookups *lookups);

/* Frees all; lookups under way are left to themselves. NULL is allowed. */
void lookups_free(struct lookups *lookups);

#endif
