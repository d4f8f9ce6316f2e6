/* SPDX-License-Identifier: ISC */
/* loopback: localhost, which means this machine without a lookup (RFC 6761, 6.3). */
#ifndef BASE_LOOPBACK_H
#define BASE_LOOPBACK_H

#include <stdbool.h>

struct address;
struct addresslist;

/* True for localhost in upper or lower case, with or without a final dot. */
bool loopback_is_named(const char *host);

/* True for an address that never leaves this machine: 127.0.0.0/8, ::1, or a UNIX socket's. */
bool loopback_has(const struct address *address);

/*
 * Adds 127.0.0.1 and ::1, or the one of `family`, with port 0, whatever the hosts file says. They
 * come in the order that this machine prefers (RFC 6724). Returns 0, or what getaddrinfo(3)
 * returns.
 */
int loopback_add(struct addresslist *list, int family);

#endif
