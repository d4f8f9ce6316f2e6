/* SPDX-License-Identifier: ISC */
/*
 * census: finds all addresses of the target.
 *
 * An attempt makes do with the first address that answers. A census waits until the lookup is over.
 */
#ifndef CLIENT_CENSUS_H
#define CLIENT_CENSUS_H

#include "base/attributes.h"

struct addresslist;
struct census;
struct event_base;
struct options;
struct probe_result;

/*
 * Called once, from the loop: these are all addresses; or with a failure of the lookup, those that
 * are known nevertheless, perhaps none. Both are valid until census_free(). The failure is NULL if
 * there was none.
 */
typedef void census_cb(const struct addresslist *addresses, const struct probe_result *failure,
		       void *argument);

/*
 * Starts to look up the options' target, a host, within their time. The options are kept, not
 * copied. NULL: no memory.
 */
struct census *census_start(struct event_base *base, const struct options *options,
			    census_cb *ended, void *argument) MUST_CHECK;

/* Frees it. Allowed in the callback; NULL is allowed. */
void census_free(struct census *census);

#endif
