/* SPDX-License-Identifier: ISC */
/* resolve: finds the addresses that an endpoint of the command line stands for. */
#ifndef DAEMON_SETUP_RESOLVE_H
#define DAEMON_SETUP_RESOLVE_H

#include <stdbool.h>

#include "base/attributes.h"

struct addresslist;
struct endpoint;

/*
 * Finds the addresses of an endpoint that is no path, IPv4 first, without a port; a name may take
 * as long as the name service does. False, and logged, if it has none.
 */
bool resolve_endpoint(const struct endpoint *endpoint, struct addresslist *all) MUST_CHECK;

#endif
