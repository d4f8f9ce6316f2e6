/* bind: the addresses of the options made into bound sockets, all or none. */
#ifndef DAEMON_SETUP_BIND_H
#define DAEMON_SETUP_BIND_H

#include <stdbool.h>

#include "base/attributes.h"

struct options;
struct places;

/*
 * Binds a non-blocking socket for every address that the options name, none of which listens
 * yet. With `checking`, one that is in use is well enough. False, and told, if one of them can't
 * be had; the caller frees the places in any case.
 */
bool bind_endpoints(const struct options *options, bool checking, struct places *places) MUST_CHECK;

#endif
