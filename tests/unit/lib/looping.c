/* SPDX-License-Identifier: ISC */
/*
 * looping: a module of hailto that runs on the loop and calls back: what its tests share.
 *
 * The log is captured. What the callback is told is for the test to keep; here it is counted.
 */
#include "looping.h"

#include <check.h>
#include <event2/event.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/loop.h"
#include "capture.h"
#include "peers.h"
#include "scarce.h"

struct event_base *base;
bool free_in_callback;
uint64_t started_ms;
struct looping_calls called;

void looping_setup(void)
{
	capture(STDERR_FILENO);
	log_open("hailto", LOG_LEVEL_DEBUG);
	base = loop_new();
	ck_assert_ptr_nonnull(base);
	free_in_callback = false;
}

void looping_setup_scarce(void)
{
	event_set_mem_functions(scarce_malloc, scarce_realloc, free);
	looping_setup();
}

void looping_teardown(void)
{
	loop_free(base);
}

void looping_start(void)
{
	started_ms = clock_ms();
}

void looping_called(const void *argument)
{
	ck_assert_ptr_eq(argument, &called);
	called.calls++;
	called.ms = clock_ms() - started_ms;
}

static bool is_over(void *argument)
{
	(void)argument;
	return called.calls > 0;
}

void finish(void)
{
	ck_assert(run_until(base, is_over, NULL, PATIENCE_MS));
}
