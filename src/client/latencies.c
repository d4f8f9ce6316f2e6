/* SPDX-License-Identifier: ISC */
/* latencies: how long attempts took, and percentiles of that. */
#include "latencies.h"

#include <stddef.h>
#include <stdlib.h>

/*
 * The histogram is log-linear: each power of two is divided into 128 buckets of the same width, so
 * the middle of a bucket is within 1/256 of each value in it. Below 256, a bucket is one value.
 */
enum {
	STEP_BITS = 7,
	STEPS = 1 << STEP_BITS,
	BUCKETS = (64 - STEP_BITS + 1) * STEPS,
	ROOM_FIRST = 1024, /* values */
};

struct latencies {
	uint64_t *values;  /* each one; NULL: there is a histogram, or no value */
	uint64_t *buckets; /* the histogram; NULL: each value is kept */
	size_t room, most;
	uint64_t count, least, greatest;
	bool is_sorted;
};

struct latencies *latencies_new(bool is_bounded)
{
	struct latencies *latencies = calloc(1, sizeof *latencies);

	if (!latencies)
		return NULL;
	latencies->most = is_bounded ? LATENCIES_EXACT_MAX_BOUNDED : LATENCIES_EXACT_MAX;
	latencies->least = UINT64_MAX;
	return latencies;
}

/* Returns how many bits the value loses in the histogram: all but the first eight. */
static unsigned lost_bits(uint64_t value)
{
	unsigned bits = 0;

	while (value >> bits >= (uint64_t)2 * STEPS)
		bits++;
	return bits;
}

/* Returns the bucket of a value. */
static size_t bucket_of(uint64_t value)
{
	unsigned lost = lost_bits(value);

	return (size_t)lost * STEPS + (size_t)(value >> lost);
}

/* Returns the middle of a bucket. */
static uint64_t middle_of(size_t bucket)
{
	unsigned lost = bucket < STEPS ? 0 : (unsigned)(bucket / STEPS) - 1;
	uint64_t width = (uint64_t)1 << lost;

	return ((uint64_t)(bucket - (size_t)lost * STEPS) << lost) + width / 2;
}

/* Replaces the values by a histogram. False: no memory. */
static bool make_histogram(struct latencies *latencies)
{
	latencies->buckets = calloc(BUCKETS, sizeof *latencies->buckets);
	if (!latencies->buckets)
		return false;
	for (size_t i = 0; i < latencies->count; i++)
		latencies->buckets[bucket_of(latencies->values[i])]++;
	free(latencies->values);
	latencies->values = NULL;
	return true;
}

/* Makes room for more values. False: no memory. */
static bool grow(struct latencies *latencies)
{
	size_t room = latencies->room > 0 ? 2 * latencies->room : ROOM_FIRST;
	uint64_t *values;

	if (room > latencies->most)
		room = latencies->most;
	values = realloc(latencies->values, room * sizeof *values);
	if (!values)
		return false;
	latencies->values = values;
	latencies->room = room;
	return true;
}

/* Keeps a value. False: no memory. */
static bool keep(struct latencies *latencies, uint64_t us)
{
	if (latencies->count == latencies->room && !grow(latencies))
		return false;
	latencies->values[latencies->count] = us;
	latencies->is_sorted = false;
	return true;
}

bool latencies_add(struct latencies *latencies, uint64_t us)
{
	if (latencies->count == latencies->most && !latencies->buckets &&
	    !make_histogram(latencies))
		return false;
	if (latencies->buckets)
		latencies->buckets[bucket_of(us)]++;
	else if (!keep(latencies, us))
		return false;
	latencies->count++;
	if (us < latencies->least)
		latencies->least = us;
	if (us > latencies->greatest)
		latencies->greatest = us;
	return true;
}

uint64_t latencies_count(const struct latencies *latencies)
{
	return latencies->count;
}

bool latencies_is_exact(const struct latencies *latencies)
{
	return !latencies->buckets;
}

static int compare(const void *one, const void *other)
{
	const uint64_t *left = one, *right = other;

	return (*left > *right) - (*left < *right);
}

/* Returns the value of a rank, from 1 to their count. */
static uint64_t find_kept(struct latencies *latencies, uint64_t rank)
{
	if (!latencies->is_sorted)
		qsort(latencies->values, (size_t)latencies->count, sizeof *latencies->values,
		      compare);
	latencies->is_sorted = true;
	return latencies->values[rank - 1];
}

/* Returns about the value of a rank; no value is below the least or above the greatest. */
static uint64_t find_in_histogram(const struct latencies *latencies, uint64_t rank)
{
	uint64_t middle;
	size_t i = 0;

	for (uint64_t below = latencies->buckets[0]; below < rank; below += latencies->buckets[i])
		i++;
	middle = middle_of(i);
	if (middle < latencies->least)
		return latencies->least;
	return middle > latencies->greatest ? latencies->greatest : middle;
}

uint64_t latencies_percentile(struct latencies *latencies, unsigned permille)
{
	/* The rank is count * permille / 1000, rounded up; the product might overflow. */
	uint64_t thousands = latencies->count / 1000, rest = latencies->count % 1000;
	uint64_t rank = thousands * permille + (rest * permille + 999) / 1000;

	if (rank == 0 || rank == 1)
		return latencies->least;
	if (rank == latencies->count)
		return latencies->greatest;
	return latencies->buckets ? find_in_histogram(latencies, rank) : find_kept(latencies, rank);
}

void latencies_free(struct latencies *latencies)
{
	if (!latencies)
		return;
	free(latencies->values);
	free(latencies->buckets);
	free(latencies);
}
