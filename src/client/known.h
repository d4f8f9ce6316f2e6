/* SPDX-License-Identifier: ISC */
/* known: the addresses of targets that need no lookup: numbers, localhost, UNIX sockets. */
#ifndef CLIENT_KNOWN_H
#define CLIENT_KNOWN_H

#include <stdbool.h>

#include "base/attributes.h"

struct addresslist;
struct endpoint;

/*
 * Adds the target's addresses of `family` (AF_UNSPEC: any), with its port, and never waits. False
 * if it has to be looked up; for a path, if it is too long for a UNIX socket.
 */
bool known_addresses(const struct endpoint *target, int family,
		     struct addresslist *list) MUST_CHECK;

#endif
