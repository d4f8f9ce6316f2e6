/* SPDX-License-Identifier: ISC */
/*
 * finding: looks up the target of the options, within their time.
 *
 * If that can be done only without a thread, and the name service does not answer in time, the
 * program ends with the line and the status of that failure (see resolver.h).
 */
#ifndef CLIENT_FINDING_H
#define CLIENT_FINDING_H

#include "base/attributes.h"
#include "resolver.h"

struct event_base;
struct finding;
struct options;

/*
 * Starts the lookup. The options are kept, not copied; calls back as resolver_start() does. NULL,
 * with errno: no memory or descriptors.
 */
struct finding *finding_start(struct event_base *base, const struct options *options,
			      resolver_cb *callback, void *argument) MUST_CHECK;

/* Frees it, as resolver_free() does. */
void finding_free(struct finding *finding);

#endif
