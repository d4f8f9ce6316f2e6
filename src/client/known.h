/* known: the addresses of targets that need no lookup: numbers, localhost, the paths of UNIX
 * sockets. */
#ifndef CLIENT_KNOWN_H
#define CLIENT_KNOWN_H

#include <stdbool.h>

#include "base/attributes.h"

struct addresslist;
struct endpoint;

/*
 * Adds the target's addresses of `family` (AF_UNSPEC: any), with its port, without waiting for
 * anybody. False if it has to be looked up; of a path, if it is too long for a UNIX socket.
 */
bool known_addresses(const struct endpoint *target, int family,
		     struct addresslist *list) MUST_CHECK;

#endif
