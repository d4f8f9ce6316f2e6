/* SPDX-License-Identifier: ISC */
/*
 * report_json: writes what hailto has to say to standard output as JSON, an object a line.
 *
 * doc/hailto.schema.json says what the members are. Each is always there; what is not known is
 * null.
 */
#ifndef CLIENT_REPORT_JSON_H
#define CLIENT_REPORT_JSON_H

#include <stdbool.h>
#include <stdint.h>

#include "status.h"

struct options;
struct output;
struct probe_result;

/* The most bytes of an error's reason; the rest is cut off. */
#define REPORT_JSON_REASON_MAX 1024

/* What is known of an attempt besides its result. */
struct attempt_facts {
	uint64_t serial;   /* its number, from 1 */
	uint64_t began_ms; /* the time of day, by clock_now_ms() */
	uint64_t late_us;  /* it began so long after it was due; 0: in time */
};

/*
 * Writes an attempt at the options' target. `output` is that of a run; NULL: none. Returns its
 * status. Without memory that is STATUS_INTERNAL: then the object says so, and has neither the
 * greeting nor the addresses. False as `written`: standard output cannot be written, which is
 * logged.
 */
enum status report_json_attempt(const struct options *options, const struct probe_result *result,
				const struct attempt_facts *facts, struct output *output,
				bool *written);

/* Writes that nothing was asked, and why. It is logged if standard output cannot be written. */
void report_json_error(enum status status, const char *reason);

#endif
