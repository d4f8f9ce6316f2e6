/* SPDX-License-Identifier: ISC */
/*
 * outages: the times in which attempts failed.
 *
 * An outage lasts from the beginning of the first attempt that failed to the beginning of the next
 * one that succeeded, or to the end of the run. Attempts count in the order in which they began,
 * whatever the order in which they end: so each has a number, and a result waits until all earlier
 * attempts have ended.
 */
#ifndef CLIENT_OUTAGES_H
#define CLIENT_OUTAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The most outages that are listed: half of them are the first ones, half the last ones. */
#define OUTAGES_LISTED_MAX 20

/*
 * The most results that wait. Once there are more, an attempt that has not ended is passed over,
 * and belongs to no outage.
 */
#define OUTAGES_WAITING_MAX 131072

/* A moment by both clocks. */
struct outages_moment {
	uint64_t us; /* clock_us() */
	uint64_t ms; /* clock_now_ms() */
};

struct outage {
	uint64_t from_ms, to_ms; /* since 1970 */
	uint64_t length_us;	 /* by the clock that is never set */
	uint64_t attempts;	 /* that failed */
	bool is_over;		 /* else the run ended first */
};

struct outages;

/* NULL: no memory. */
struct outages *outages_new(void);

/*
 * Adds an attempt that has ended. `number` counts the attempts from 0 in the order of their
 * beginning; each comes at most once. Without memory, fewer results can wait.
 */
void outages_add(struct outages *outages, uint64_t number, struct outages_moment began,
		 bool has_failed);

/* Ends the run: attempts that have not ended are passed over. Nothing is added afterwards. */
void outages_end(struct outages *outages, struct outages_moment now);

/* How many there were, and how long in all, in microseconds; what is not over counts at the end. */
uint64_t outages_count(const struct outages *outages);
uint64_t outages_length_us(const struct outages *outages);

/*
 * Lists the outages by their time: all, or if there are too many, the first and the last ones.
 * Returns how many are listed.
 */
size_t outages_list(const struct outages *outages, struct outage list[OUTAGES_LISTED_MAX]);

/* NULL is allowed. */
void outages_free(struct outages *outages);

#endif
