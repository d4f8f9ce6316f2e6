/* SPDX-License-Identifier: ISC */
/* bind: makes bound sockets from the options' addresses, all or none. */
#ifndef DAEMON_SETUP_BIND_H
#define DAEMON_SETUP_BIND_H

#include <stdbool.h>

#include "base/attributes.h"

struct options;
struct places;

/*
 * Binds a non-blocking socket for every address that the options name; none of them listens yet.
 * With `checking`, an address in use counts as good. False, and logged, if one cannot be had; the
 * caller frees the places in any case.
 */
bool bind_endpoints(const struct options *options, bool checking, struct places *places) MUST_CHECK;

#endif
