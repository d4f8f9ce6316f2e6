/* SPDX-License-Identifier: ISC */
/* summary: what came of many attempts: successes, failures by their kind, outages, latencies. */
#ifndef CLIENT_SUMMARY_H
#define CLIENT_SUMMARY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "status.h"

struct latencies;
struct outages;
struct probe_result;

/* More kinds of failures than this do not occur. */
#define SUMMARY_KINDS_MAX 64

/* When an attempt was made. */
struct summary_attempt {
	uint64_t number;   /* from 0, in the order in which attempts began; each comes once */
	uint64_t began_us; /* by clock_us() */
	uint64_t began_ms; /* by clock_now_ms() */
	uint64_t late_us;  /* after its time; 0: it began in time */
};

/* Failures of one kind. */
struct summary_kind {
	const char *stage;  /* that of the result */
	enum status status; /* its exit status */
	uint64_t count;
};

/* What was counted. */
struct summary_counts {
	uint64_t attempts, successes;
	uint64_t late, late_max_us;		      /* that began late, and by how much at most */
	struct summary_kind kinds[SUMMARY_KINDS_MAX]; /* of failures, in the order they came */
	size_t kind_count;
};

struct summary;

/*
 * Makes an empty summary. `is_bounded`: of a run that may be endless. `has_outages`: failures are
 * of one target over time; else they are of several, and no outages are told. NULL: no memory.
 */
struct summary *summary_new(bool is_bounded, bool has_outages);

/*
 * Adds an attempt that has ended. The result's stage must be a literal. False: no memory for how
 * long a success took; everything else is counted.
 */
bool summary_add(struct summary *summary, const struct summary_attempt *attempt,
		 const struct probe_result *result) MUST_CHECK;

/* Ends the run at this moment, by clock_us() and clock_now_ms(). Nothing is added afterwards. */
void summary_end(struct summary *summary, uint64_t now_us, uint64_t now_ms);

/*
 * Returns the exit status for all: STATUS_GREETED if all succeeded, or with `any`, at least one;
 * else that of most failures, or of those the one that came first. STATUS_INTERNAL: no attempt.
 */
enum status summary_status(const struct summary *summary, bool any);

/* What was added; it belongs to the summary. */
const struct summary_counts *summary_counts(const struct summary *summary);
const struct outages *summary_outages(const struct summary *summary);

/* How long the successes took. */
struct latencies *summary_latencies(const struct summary *summary);

/* NULL is allowed. */
void summary_free(struct summary *summary);

#endif
