/* SPDX-License-Identifier: ISC */
/* stopwatch: the time that passed, and the part of it for which this process had its core. */
#ifndef LOAD_STOPWATCH_H
#define LOAD_STOPWATCH_H

#include <stdint.h>

struct stopwatch {
	uint64_t wall_ns, cpu_ns;
};

/* Nanoseconds since some fixed moment. */
uint64_t stopwatch_now(void);

/* Starts from nothing. */
struct stopwatch stopwatch_start(void);

/* What has passed since. */
struct stopwatch stopwatch_since(const struct stopwatch *start);

#endif
