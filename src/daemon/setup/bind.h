/* SPDX-License-Identifier: ISC */
/* bind: makes bound sockets from the options' addresses, all or none. */
#ifndef DAEMON_SETUP_BIND_H
#define DAEMON_SETUP_BIND_H

#include <stdbool.h>

#include "base/attributes.h"

struct entries;
struct options;

/*
 * Binds the sockets that sockets_open() opens; none of them listens yet. With `checking`, an
 * address in use counts as good. False, and logged, if one cannot be had; the caller frees the
 * entries in any case.
 */
bool bind_endpoints(const struct options *options, bool checking,
		    struct entries *entries) MUST_CHECK;

/* The same, for those that balancers connect to. */
bool bind_proxies(const struct options *options, bool checking, struct entries *entries) MUST_CHECK;

/* The same, for those that metrics are asked for on. */
bool bind_metrics(const struct options *options, bool checking, struct entries *entries) MUST_CHECK;

#endif
