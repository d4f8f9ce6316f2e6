/* SPDX-License-Identifier: ISC */
/* bind: makes bound sockets from the options' addresses, all or none. */
#ifndef DAEMON_SETUP_BIND_H
#define DAEMON_SETUP_BIND_H

#include <stdbool.h>

#include "base/attributes.h"
#include "sockets.h"

struct entries;
struct options;

/*
 * Binds the sockets of a role that sockets_open() opens; none of them listens yet. With `checking`,
 * an address in use counts as good. False, and logged, if one cannot be had; the caller frees the
 * entries in any case.
 */
bool bind_role(const struct options *options, enum socket_role role, bool checking,
	       struct entries *entries) MUST_CHECK;

#endif
