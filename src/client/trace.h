/* SPDX-License-Identifier: ISC */
/* trace: which addresses an attempt has tried, when, and how each ended. */
#ifndef CLIENT_TRACE_H
#define CLIENT_TRACE_H

#include <stddef.h>
#include <stdint.h>

#include "base/address.h"
#include "base/attributes.h"

struct trace;

enum trace_outcome {
	TRACE_UNDER_WAY,
	TRACE_WON,    /* it answered, and is the one that counts */
	TRACE_LOST,   /* given up, since another one has answered or the time was over */
	TRACE_FAILED, /* `reason` says why */
};

/* An address that was tried. */
struct traced {
	struct address address;
	uint64_t began_us, ended_us; /* by clock_us() */
	enum trace_outcome outcome;
	int reason; /* an errno; 0: none */
};

/* NULL: no memory. */
struct trace *trace_new(void) MUST_CHECK;

/* An address is tried now. Returns its number; without memory, one that trace_end() ignores. */
size_t trace_begin(struct trace *trace, const struct address *address);

/* The address with that number is not tried any more. Only the first end counts. */
void trace_end(struct trace *trace, size_t number, enum trace_outcome outcome, int reason);

/* Returns how many there are, and the i-th of them, in the order in which they were begun. */
size_t trace_count(const struct trace *trace);
const struct traced *trace_get(const struct trace *trace, size_t i);

/* NULL is allowed. */
void trace_free(struct trace *trace);

#endif
