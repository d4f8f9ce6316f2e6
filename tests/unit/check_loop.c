/* SPDX-License-Identifier: ISC */
/* check_loop: a loop has room for its timers, runs until it is told to end, and wants memory once.
 */
#include "base/loop.h"

#include <event2/event.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/capture.h"
#include "lib/scarce.h"
#include "lib/suite.h"

static struct event_base *base;
static struct event *timers[LOOP_TIMERS];
static int calls;

static void setup(void)
{
	capture(STDERR_FILENO);
	event_set_mem_functions(scarce_malloc, scarce_realloc, free);
}

static void teardown(void)
{
	for (int i = 0; i < LOOP_TIMERS; i++)
		loop_free_event(timers[i]);
	loop_free(base);
}

static void count_cb(evutil_socket_t fd, short what, void *argument)
{
	(void)fd;
	(void)what;
	ck_assert_ptr_eq(argument, &calls);
	if (++calls == LOOP_TIMERS)
		loop_stop(base);
}

typedef struct event_base *loop_maker(void);

/* Makes the loop, and events for as many timers as it has room for. */
static void start(loop_maker *make)
{
	base = make();
	ck_assert_ptr_nonnull(base);
	for (int i = 0; i < LOOP_TIMERS; i++) {
		timers[i] = evtimer_new(base, count_cb, &calls);
		ck_assert_ptr_nonnull(timers[i]);
	}
}

START_TEST(timers_take_no_memory)
{
	start(loop_new);
	grants = 0;
	for (int i = 0; i < LOOP_TIMERS; i++)
		ck_assert(loop_add_timer(timers[i], 60000));
	/* Nor do they when they come and go. */
	for (int i = 0; i < LOOP_TIMERS; i++)
		ck_assert_int_eq(event_del(timers[i]), 0);
	for (int i = 0; i < LOOP_TIMERS; i++)
		ck_assert(loop_add_timer(timers[i], 1));
	ck_assert_int_eq(loop_run(base), 0);
	ck_assert_int_eq(calls, LOOP_TIMERS);
	grants = -1;
	assert_told_nothing();
}
END_TEST

/* The room is as large as it is said to be, and no larger: else the test above shows nothing. */
START_TEST(one_timer_more_takes_memory)
{
	struct event *more;

	start(loop_new);
	more = evtimer_new(base, count_cb, &calls);
	ck_assert_ptr_nonnull(more);
	for (int i = 0; i < LOOP_TIMERS; i++)
		ck_assert(loop_add_timer(timers[i], 60000));
	grants = 0;
	ck_assert(!loop_add_timer(more, 60000));
	grants = -1;
	ck_assert(loop_add_timer(more, 60000));
	event_free(more);
}
END_TEST

/* What is precise takes a descriptor, and no memory later. */
START_TEST(precise_loop_has_the_same_room)
{
	start(loop_new_precise);
	grants = 0;
	for (int i = 0; i < LOOP_TIMERS; i++)
		ck_assert(loop_add_timer_us(timers[i], (uint64_t)i));
	ck_assert_int_eq(loop_run(base), 0);
	ck_assert_int_eq(calls, LOOP_TIMERS);
	grants = -1;
	assert_told_nothing();
}
END_TEST

START_TEST(microseconds_are_a_time)
{
	struct timeval due, now;

	start(loop_new);
	ck_assert(loop_add_timer_us(timers[0], 86400000123));
	ck_assert(evtimer_pending(timers[0], &due));
	ck_assert_int_eq(evutil_gettimeofday(&now, NULL), 0);
	ck_assert_int_le(due.tv_sec, now.tv_sec + 86401);
	ck_assert_int_ge(due.tv_sec, now.tv_sec + 86300);
}
END_TEST

START_TEST(new_loop_has_no_events)
{
	base = loop_new();
	ck_assert_ptr_nonnull(base);
	ck_assert_int_ne(loop_run(base), 0);
}
END_TEST

START_TEST(stop_ends_the_run_with_events_left)
{
	start(loop_new);
	calls = LOOP_TIMERS - 1;
	ck_assert(loop_add_timer(timers[0], 1));
	ck_assert(loop_add_timer(timers[1], 60000));
	ck_assert_int_eq(loop_run(base), 0);
	ck_assert_int_eq(calls, LOOP_TIMERS);
}
END_TEST

/* With k allocations granted there is no loop, until they are enough; nothing is left of it then.
 */
START_TEST(want_of_memory_makes_no_loop)
{
	int granted = 0;

	do {
		ck_assert_int_lt(granted, 1000);
		grants = granted++;
		base = _i ? loop_new_precise() : loop_new();
	} while (!base);
	grants = -1;
	ck_assert_int_gt(granted, 8);
}
END_TEST

START_TEST(nothing_is_allowed)
{
	loop_free_event(NULL);
	loop_free(NULL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("loop");
	TCase *tests = suite_case(suite, "loop");

	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, timers_take_no_memory);
	tcase_add_test(tests, one_timer_more_takes_memory);
	tcase_add_test(tests, precise_loop_has_the_same_room);
	tcase_add_test(tests, microseconds_are_a_time);
	tcase_add_test(tests, new_loop_has_no_events);
	tcase_add_test(tests, stop_ends_the_run_with_events_left);
	tcase_add_loop_test(tests, want_of_memory_makes_no_loop, 0, 2);
	tcase_add_test(tests, nothing_is_allowed);
	return suite_run(suite);
}
