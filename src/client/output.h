/* SPDX-License-Identifier: ISC */
/* output: standard output during a run: its reader is waited for, until something stops the run. */
#ifndef CLIENT_OUTPUT_H
#define CLIENT_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/outlet.h"

struct output {
	struct outlet outlet;
	int stop;	     /* a descriptor that becomes readable when all is to stop; -1: none */
	uint64_t blocked_us; /* how long its reader was waited for, in all */
	uint64_t until_ms; /* when that has happened: no longer than that, by clock_ms(); else 0 */
};

/* Prepares standard output. `stop` stays the caller's. */
void output_begin(struct output *output, int stop);

/*
 * Writes to standard output, however long its reader takes; but once all is to stop, it has half a
 * second left. False, with errno, if any of it was lost. EINTR: nobody read it in time, and no
 * message waits for its reader any more, either.
 */
bool output_write(struct output *output, const char *bytes, size_t length) MUST_CHECK;

#endif
