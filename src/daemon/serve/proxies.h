/* SPDX-License-Identifier: ISC */
/*
 * proxies: clients that a proxy has passed on, such as a load balancer: each says in a header for
 * whom it connects (the PROXY protocol), and that one is greeted.
 *
 * A proxy's own connections, such as health checks, are greeted, too.
 */
#ifndef DAEMON_SERVE_PROXIES_H
#define DAEMON_SERVE_PROXIES_H

#include <stdbool.h>
#include <sys/socket.h>

#include "base/attributes.h"

struct door;
struct hearing;
struct options;
struct proxies;
struct stats;

/* The arguments must outlive it. NULL: no memory. */
struct proxies *proxies_new(const struct options *options, struct door *door,
			    struct stats *stats) MUST_CHECK;

/* Returns what such clients must say; it lives as long as the proxies. */
const struct hearing *proxies_hearing(const struct proxies *proxies);

/* NULL is allowed. */
void proxies_free(struct proxies *proxies);

#endif
