/* SPDX-License-Identifier: ISC */
/*
 * series: asks one target many times, some of them at the same time, by the clock.
 *
 * Attempt number n is due n - 1 intervals after the first. If all that may be under way are then
 * busy, or we were stopped, it begins late, and the next one is due at the next tick of the same
 * clock: a stall is told, and not made up for. The loop must be a precise one then (loop.h), or
 * short intervals cannot be kept. With an interval of 0, and for each address, an attempt is due as
 * soon as one has ended. Without an interval so it is, too, but elsewhere than on this machine at
 * most 100 begin each second.
 */
#ifndef CLIENT_SERIES_H
#define CLIENT_SERIES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attributes.h"

struct addresslist;
struct event_base;
struct options;
struct probe_result;
struct series;

/* An attempt that has ended. */
struct series_attempt {
	uint64_t serial;   /* from 1, in the order in which they began */
	uint64_t began_ms; /* time of day */
	uint64_t late_us;  /* how late it began; 0: in time */
	const struct probe_result *result;
};

/* Called for each attempt that ends, from the loop. May stop the series. */
typedef void series_attempt_cb(const struct series_attempt *attempt, void *argument);

/* Called once, from the loop or from series_stop(), when all is over. Must not free the series. */
typedef void series_over_cb(void *argument);

struct series_request {
	const struct options *options; /* kept, not copied */
	uint64_t count;		       /* of attempts; 0: until it is stopped */
	unsigned parallel;	       /* how many may be under way, at least 1 */
	/* Attempt n tries only the n-th of these, which are kept, not copied. NULL: the target. */
	const struct addresslist *each;
	series_attempt_cb *attempted;
	series_over_cb *over;
	void *argument;
};

/* Returns how many may be under way: at most as many as there are. */
unsigned series_most_at_once(const struct series_request *request);

/* Never calls back before it returns. NULL: no memory. */
struct series *series_start(struct event_base *base,
			    const struct series_request *request) MUST_CHECK;

/*
 * Ends it; attempts under way are dropped, and not told. A second call does nothing. NULL is
 * allowed.
 */
void series_stop(struct series *series);

/* Returns how many attempts have begun and not ended. */
unsigned series_under_way(const struct series *series);

/* Allowed outside of callbacks; NULL is allowed. */
void series_free(struct series *series);

#endif
