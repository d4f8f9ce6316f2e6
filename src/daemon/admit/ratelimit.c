/* SPDX-License-Identifier: ISC */
/* ratelimit: how often each source may come: at a rate, and in bursts. */
#include "ratelimit.h"

#include <stdlib.h>

#include "base/rate.h"
#include "source.h"

/* In how many places a source may be. */
enum { WAYS = 4 };

/*
 * A span of time, without rounding: a part is a microsecond divided by the count of the rate. (A
 * source that comes exactly as often as it may must not gather debt.)
 */
struct span {
	uint64_t us;
	uint32_t parts; /* less than the count */
};

/* A source, in 32 bytes. At first all are one source without debt. */
struct entry {
	uint64_t high, low;
	struct span paid; /* when the debt is paid, by our clock; most often, that is past */
};

struct ratelimit {
	uint32_t count;
	struct span cost;    /* of one */
	struct span most;    /* the debt with which one more may still be taken */
	uint64_t longest_us; /* longer than any debt */
	uint64_t seen_us;    /* the last time we were told */
	/*
	 * Our clock, which never goes back. It may wrap: whether a time lies ahead is seen by the
	 * difference, which is less than longest_us.
	 */
	uint64_t clock_us;
	uint64_t last_set;
	struct entry *entries;
};

/* Returns the time that the rate allows for `takes`. Nothing overflows, by the ranges in rate.h. */
static struct span time_for(const struct rate *rate, uint32_t takes)
{
	uint64_t parts = (uint64_t)rate->ms * 1000 * takes;

	return (struct span){parts / rate->count, (uint32_t)(parts % rate->count)};
}

struct ratelimit *ratelimit_new(const struct rate *rate, uint32_t burst, size_t sources)
{
	struct ratelimit *limit = calloc(1, sizeof *limit);
	size_t sets = 1;

	if (!limit)
		return NULL;
	while (sets * WAYS < sources)
		sets *= 2;
	limit->count = rate->count;
	limit->cost = time_for(rate, 1);
	limit->most = time_for(rate, burst - 1);
	limit->longest_us = limit->most.us + limit->cost.us + 2;
	limit->last_set = sets - 1;
	limit->entries = calloc(sets, WAYS * sizeof *limit->entries);
	if (limit->entries)
		return limit;
	ratelimit_free(limit);
	return NULL;
}

void ratelimit_free(struct ratelimit *limit)
{
	if (!limit)
		return;
	free(limit->entries);
	free(limit);
}

/* Moves our clock on. A leap pays all debts; more would gain nothing. */
static void advance(struct ratelimit *limit, uint64_t now_us)
{
	uint64_t passed = now_us > limit->seen_us ? now_us - limit->seen_us : 0;

	limit->seen_us = now_us;
	limit->clock_us += passed < limit->longest_us ? passed : limit->longest_us;
}

/* Returns what a source owes. */
static inline struct span debt_of(const struct ratelimit *limit, const struct entry *entry)
{
	uint64_t us = entry->paid.us - limit->clock_us;

	return us < limit->longest_us ? (struct span){us, entry->paid.parts} : (struct span){0, 0};
}

static inline bool is_more(struct span one, struct span other)
{
	return one.us > other.us || (one.us == other.us && one.parts > other.parts);
}

/* Gives another source, without debt, the place of the one in its set that owes least. */
static struct entry *replace_least(const struct ratelimit *limit, struct entry *set,
				   const struct source_key *key)
{
	struct entry *least = set;
	uint64_t least_us = debt_of(limit, set).us;

	for (int i = 1; i < WAYS && least_us > 0; i++) {
		uint64_t us = debt_of(limit, &set[i]).us;
		if (us < least_us) {
			least = &set[i];
			least_us = us;
		}
	}
	*least = (struct entry){.high = key->high, .low = key->low, .paid.us = limit->clock_us};
	return least;
}

/* Returns the source's entry, which is new if there was none. */
static inline struct entry *find(const struct ratelimit *limit, const struct source_key *key)
{
	struct entry *set = &limit->entries[(size_t)(key->hash & limit->last_set) * WAYS];

	for (int i = 0; i < WAYS; i++)
		if (set[i].high == key->high && set[i].low == key->low)
			return &set[i];
	return replace_least(limit, set, key);
}

/* Returns the sum of two spans. */
static inline struct span plus(const struct ratelimit *limit, struct span one, struct span other)
{
	struct span sum = {one.us + other.us, one.parts + other.parts};

	if (sum.parts >= limit->count) {
		sum.parts -= limit->count;
		sum.us++;
	}
	return sum;
}

bool ratelimit_take(struct ratelimit *limit, const struct source_key *key, uint64_t now_us)
{
	struct entry *entry;
	struct span debt;

	advance(limit, now_us);
	entry = find(limit, key);
	debt = debt_of(limit, entry);
	if (is_more(debt, limit->most))
		return false;
	entry->paid = plus(limit, debt, limit->cost);
	entry->paid.us += limit->clock_us;
	return true;
}
