/* SPDX-License-Identifier: ISC */
/*
 * tally: the distinct greetings, and how often each came.
 *
 * Memory is bounded: a greeting that is new when there are TALLY_MAX of them, TALLY_BYTES_MAX bytes
 * or no memory is counted with all such others.
 */
#ifndef CLIENT_TALLY_H
#define CLIENT_TALLY_H

#include <stddef.h>
#include <stdint.h>

/* The most distinct greetings, and the most bytes of them all. */
#define TALLY_MAX 10000
#define TALLY_BYTES_MAX ((size_t)16 * 1024 * 1024)

/* A greeting. */
struct tally_entry {
	uint64_t count;
	size_t length;
	const char *bytes; /* no NUL is added */
};

struct tally;

/* NULL: no memory. */
struct tally *tally_new(void);

/* Counts a greeting of `length` bytes, which are copied; NULL if that is 0. */
void tally_add(struct tally *tally, const void *bytes, size_t length);

/* How many distinct greetings there are, without the others. */
size_t tally_distinct(const struct tally *tally);

/*
 * Returns the greeting at `index` (below tally_distinct()), the most frequent one first, and of
 * those that are as frequent, by their bytes. It is valid until the next call of tally_add().
 */
const struct tally_entry *tally_get(struct tally *tally, size_t index);

/* How many greetings were counted in all, and how many of them with the others. */
uint64_t tally_total(const struct tally *tally);
uint64_t tally_others(const struct tally *tally);

/* Returns which share of all (at least one) so many are, in thousandths of a percent, rounded. */
uint64_t tally_share(const struct tally *tally, uint64_t count);

/* NULL is allowed. */
void tally_free(struct tally *tally);

#endif
