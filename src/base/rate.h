/* SPDX-License-Identifier: ISC */
/* rate: how often something may be done, as N/TIME: so many times within that time. */
#ifndef BASE_RATE_H
#define BASE_RATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attributes.h"

/* The highest values. */
#define RATE_COUNT_MAX 1000000
#define RATE_MS_MAX 86400000

struct rate {
	uint32_t count; /* from 1 to RATE_COUNT_MAX */
	uint32_t ms;	/* from 1 to RATE_MS_MAX */
};

/* What a text must be, for an error: "'TEXT' is not RATE_FORM". */
#define RATE_FORM                                                                                  \
	"a number from 1 to 1000000, a slash, and a time from 1ms to 86400s, such as 100/1s"

/* Reads "100/1s"; the time is as number_parse_time() has it. False: it is not RATE_FORM. */
bool rate_parse(const char *text, struct rate *rate) MUST_CHECK;

#endif
