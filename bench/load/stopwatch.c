/* SPDX-License-Identifier: ISC */
/* stopwatch: the time that passed, and the part of it for which this process had its core. */
#include <config.h>

#include "stopwatch.h"

#include <time.h>

static uint64_t read_clock(clockid_t which)
{
	struct timespec now;

	clock_gettime(which, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

uint64_t stopwatch_now(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

struct stopwatch stopwatch_start(void)
{
	return (struct stopwatch){
		.wall_ns = stopwatch_now(),
		.cpu_ns = read_clock(CLOCK_PROCESS_CPUTIME_ID),
	};
}

struct stopwatch stopwatch_since(const struct stopwatch *start)
{
	struct stopwatch now = stopwatch_start();

	return (struct stopwatch){
		.wall_ns = now.wall_ns - start->wall_ns,
		.cpu_ns = now.cpu_ns - start->cpu_ns,
	};
}
