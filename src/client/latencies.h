/* SPDX-License-Identifier: ISC */
/*
 * latencies: how long attempts took, and percentiles of that.
 *
 * At first each value is kept, and percentiles are exact. Once there are too many, only a histogram
 * is kept: then percentiles are within 0.4 %, and the least and the greatest value stay exact.
 */
#ifndef CLIENT_LATENCIES_H
#define CLIENT_LATENCIES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attributes.h"

/* How many values are kept at most: of a run that has an end, and of one that may be endless. */
#define LATENCIES_EXACT_MAX 10000000
#define LATENCIES_EXACT_MAX_BOUNDED 100000

struct latencies;

/*
 * Makes an empty collection. Its memory grows with the values, up to 80 MB, or if `is_bounded`, up
 * to 1 MB. NULL: no memory.
 */
struct latencies *latencies_new(bool is_bounded);

/* Adds a value, in microseconds. False: no memory; it was not added. */
bool latencies_add(struct latencies *latencies, uint64_t us) MUST_CHECK;

/* How many values were added. */
uint64_t latencies_count(const struct latencies *latencies);

/* True while each value is kept. */
bool latencies_is_exact(const struct latencies *latencies);

/*
 * Returns the value, in microseconds, that `permille` of all (0 to 1000) do not exceed, by the
 * nearest rank: the first such value in their order. 0 is the least one and 1000 the greatest.
 * There must be a value. Values may be added afterwards.
 */
uint64_t latencies_percentile(struct latencies *latencies, unsigned permille);

/* NULL is allowed. */
void latencies_free(struct latencies *latencies);

#endif
