/* SPDX-License-Identifier: ISC */
/* sums: what many attempts add up to, and its report: the summary, the tally, the shares. */
#ifndef CLIENT_SUMS_H
#define CLIENT_SUMS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attributes.h"
#include "status.h"

struct options;
struct series_attempt;
struct sums;

/* The options, which say what is wanted, are kept, not copied. NULL: no memory. */
struct sums *sums_new(const struct options *options) MUST_CHECK;

/* What is known of a run besides its attempts. */
struct sums_facts {
	bool lacks_memory;   /* to tell all of some attempt */
	uint64_t blocked_us; /* how long writing to standard output has held it up */
};

/* Adds an attempt. */
void sums_add(struct sums *sums, const struct series_attempt *attempt);

/*
 * Prints what the options want to standard output. Nothing is added afterwards. Returns the exit
 * status of all, which is no success if there was a lack of memory. False as `written`, with errno:
 * any of it was lost.
 */
enum status sums_report(struct sums *sums, const struct sums_facts *facts, bool *written);

/* NULL is allowed. */
void sums_free(struct sums *sums);

#endif
