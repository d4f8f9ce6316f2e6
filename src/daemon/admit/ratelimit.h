/* SPDX-License-Identifier: ISC */
/*
 * ratelimit: how often each source may come: at a rate, and in bursts (GCRA).
 *
 * Each source has a debt. What it takes adds the time in which the rate allows one; passing time
 * pays. A source with too much debt is refused, which adds nothing. So within any time it takes at
 * most its burst, and what the rate allows for that time.
 *
 * The memory is fixed, however many sources come. A source may be in four places, which a secret
 * hash chooses. If they are all taken, the one in them that owes least is forgotten:
 *
 * - A source is refused only for what it has taken itself. One that keeps to its rate never is.
 * - A source that was forgotten may take as much again as it owed, at most its burst. Three others
 *   in its places then owed at least as much.
 */
#ifndef DAEMON_ADMIT_RATELIMIT_H
#define DAEMON_ADMIT_RATELIMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"

struct rate;
struct ratelimit;
struct source_key;

/* A good number of sources to remember: 32 bytes for each make 2 MiB. */
#define RATELIMIT_SOURCES ((size_t)65536)

/*
 * Makes a limit for each source: the rate, and so many at once, from 1 to RATE_COUNT_MAX. It
 * remembers so many sources, from 4 to 2^24, rounded up to a power of two. NULL: no memory.
 */
struct ratelimit *ratelimit_new(const struct rate *rate, uint32_t burst, size_t sources);

/* Frees it. NULL is allowed. */
void ratelimit_free(struct ratelimit *limit);

/*
 * Takes one for the source. `now_us` is clock_us(). If that goes back, no time has passed; if it
 * leaps, all debts are paid. False: the source must be refused.
 */
bool ratelimit_take(struct ratelimit *limit, const struct source_key *key,
		    uint64_t now_us) MUST_CHECK;

#endif
