/* fullname: the name that the machine's resolver asks for first when it looks up a host. */
#ifndef CLIENT_FULLNAME_H
#define CLIENT_FULLNAME_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attributes.h"

/*
 * Writes that name with a final dot, so that no search domain comes after it: "host.", or the host
 * in the first search domain, as resolv.conf(5) has it. False if it can't be told or is too long.
 */
bool fullname_of(const char *host, char *name, size_t size) MUST_CHECK;

#endif
