/*
 * looping: a module of hailto that runs on the loop and calls back: what its tests share.
 *
 * The log is captured. What the callback is told is for the test to keep; here it is counted.
 */
#ifndef UNIT_LOOPING_H
#define UNIT_LOOPING_H

#include "base/log.h"
#include "base/loop.h"
#include "capture.h"
#include "peers.h"
#include "scarce.h"

static struct event_base *base;
static bool free_in_callback;
static uint64_t started_ms;

/* How often the callback was called, and when last, in ms since the start. */
static struct {
	unsigned calls;
	uint64_t ms;
} called;

static inline void looping_setup(void)
{
	capture(STDERR_FILENO);
	log_open("hailto", LOG_LEVEL_DEBUG);
	base = loop_new();
	ck_assert_ptr_nonnull(base);
	free_in_callback = false;
}

/* Likewise, with memory for libevent that ends when the test wants it to. */
static inline void looping_setup_scarce(void)
{
	event_set_mem_functions(scarce_malloc, scarce_realloc, free);
	looping_setup();
}

static inline void looping_teardown(void)
{
	loop_free(base);
}

/* To be called just before what is tested starts. */
static inline void looping_start(void)
{
	started_ms = clock_ms();
}

/* To be called by the callback. */
static inline void looping_called(const void *argument)
{
	ck_assert_ptr_eq(argument, &called);
	called.calls++;
	called.ms = clock_ms() - started_ms;
}

static inline bool is_over(void *argument)
{
	(void)argument;
	return called.calls > 0;
}

/* Runs the loop until the callback was called. */
static inline void finish(void)
{
	ck_assert(run_until(base, is_over, NULL, PATIENCE_MS));
}

#endif
