/* SPDX-License-Identifier: ISC */
/*
 * debts: how often each may come: at a rate, and in bursts (GCRA).
 *
 * Each source has a debt. When it comes, that grows by the time in which the rate allows one;
 * passing time pays. With too much debt it is refused, which adds nothing. So within any time it
 * comes at most as often as its burst allows, and the rate for that time.
 *
 * A debt is kept as the time at which it is paid, by a clock whose unit is a microsecond divided by
 * the count of the rate. So nothing is rounded: a source that comes exactly as often as it may must
 * not gather debt.
 */
#ifndef DAEMON_ADMIT_DEBTS_H
#define DAEMON_ADMIT_DEBTS_H

#include <stdbool.h>
#include <stdint.h>

struct rate;

struct debts {
	uint32_t count;	     /* units in a microsecond; 0: there is no rate, and nothing costs */
	uint64_t cost;	     /* of one */
	uint64_t most;	     /* the debt with which one more may still be taken */
	uint64_t longest_us; /* longer than any debt */
	uint64_t seen_us;    /* the last time we were told */
	uint64_t now;	     /* by our clock, which never goes back */
};

/* Makes the rate, with so many at once, from 1 to RATE_COUNT_MAX. A count of 0 is no rate. */
struct debts debts_make(const struct rate *rate, uint32_t burst);

/*
 * Moves our clock on to `now_us`, which is clock_us(). If that goes back, no time has passed; if it
 * leaps, all debts are paid. (More would gain nothing.)
 */
static inline void debts_advance(struct debts *debts, uint64_t now_us)
{
	uint64_t passed = now_us > debts->seen_us ? now_us - debts->seen_us : 0;

	debts->seen_us = now_us;
	debts->now += (passed < debts->longest_us ? passed : debts->longest_us) * debts->count;
}

/* Returns the debt that is paid at that time. */
static inline uint64_t debts_owed(const struct debts *debts, uint64_t paid)
{
	return paid > debts->now ? paid - debts->now : 0;
}

/* Takes one, which changes when the debt is paid. False: refused. */
static inline bool debts_take(const struct debts *debts, uint64_t *paid)
{
	uint64_t since = *paid > debts->now ? *paid : debts->now;

	if (since > debts->now + debts->most)
		return false;
	*paid = since + debts->cost;
	return true;
}

/*
 * True if our clock must start again before it moves on: it might overflow. By the rate that makes
 * it fastest, that is after 106 days.
 */
static inline bool debts_are_old(const struct debts *debts)
{
	return debts->now > UINT64_MAX / 2;
}

#endif
