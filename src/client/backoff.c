/* SPDX-License-Identifier: ISC */
/* backoff: how long to pause before the next attempt. */
#include "backoff.h"

enum { LEAST_MS = 50, MOST_MS = 1000 };

void backoff_begin(struct backoff *backoff, uint64_t seed)
{
	*backoff = (struct backoff){.next_ms = LEAST_MS, .random = seed};
}

/* Returns a random number below `bound`: SplitMix64, for which any seed will do. */
static uint64_t take_random(struct backoff *backoff, uint64_t bound)
{
	uint64_t bits = backoff->random += 0x9E3779B97F4A7C15;

	bits = (bits ^ bits >> 30) * 0xBF58476D1CE4E5B9;
	bits = (bits ^ bits >> 27) * 0x94D049BB133111EB;
	return (bits ^ bits >> 31) % bound;
}

static uint64_t least_of(uint64_t one, uint64_t other)
{
	return one < other ? one : other;
}

uint64_t backoff_pause(struct backoff *backoff, uint64_t left_ms)
{
	uint64_t half = backoff->next_ms / 2, pause = half + take_random(backoff, half + 1);

	backoff->next_ms = least_of(2 * backoff->next_ms, MOST_MS);
	if (left_ms <= LEAST_MS)
		return left_ms;
	if (left_ms / 2 < LEAST_MS)
		return least_of(pause, LEAST_MS);
	return least_of(pause, left_ms / 2);
}
