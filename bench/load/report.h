/* SPDX-License-Identifier: ISC */
/* report: what a run tells on standard output, a name and a value in each line. */
#ifndef LOAD_REPORT_H
#define LOAD_REPORT_H

#include <stddef.h>
#include <stdint.h>

#include "stopwatch.h"

/* A count, alone. */
void report_count(const char *name, uint64_t value);

/* So many greetings in that time, and what they cost this process. */
void report_greetings(uint64_t greetings, const struct stopwatch *passed);

/* The percentiles of so many latencies, which are sorted for it. */
void report_latencies(uint64_t *latencies_ns, size_t count);

#endif
