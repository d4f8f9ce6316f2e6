/* SPDX-License-Identifier: ISC */
/* check_waiting: who waits is due in its time and turn, a few a turn, and all at once in a hurry.
 */
#include "daemon/serve/waiting.h"

#include <event2/event.h>
#include <time.h>

#include "base/clock.h"
#include "base/loop.h"
#include "lib/peers.h"
#include "lib/suite.h"

enum { MANY = 100 };

static struct event_base *base;
static struct waiting *waiting;
static struct waiter waiters[MANY];
static int seen; /* how many have been due, each in its order */

static void due_cb(struct waiter *waiter, void *argument)
{
	ck_assert_ptr_eq(argument, &seen);
	ck_assert_ptr_eq(waiter, &waiters[seen]);
	waiting_remove(waiting, waiter);
	seen++;
}

static void setup(void)
{
	base = loop_new();
	ck_assert_ptr_nonnull(base);
}

static void teardown(void)
{
	waiting_free(waiting);
	loop_free(base);
}

static void start(uint64_t ms, uint64_t slack_ms)
{
	waiting = waiting_new(base, ms, slack_ms, due_cb, &seen);
	ck_assert_ptr_nonnull(waiting);
}

static void add(int first, int end)
{
	for (int i = first; i < end; i++)
		waiting_add(waiting, &waiters[i], (uint32_t)clock_ms());
}

static bool has_seen(void *count)
{
	return seen >= *(int *)count;
}

static void wait_for(int count)
{
	ck_assert(run_until(base, has_seen, &count, PATIENCE_MS));
}

START_TEST(order_can_be_followed_from_either_end)
{
	start(60000, 0);
	ck_assert_ptr_null(waiting_last(waiting));
	add(0, 3);
	ck_assert_ptr_eq(waiting_first(waiting), &waiters[0]);
	ck_assert_ptr_eq(waiting_last(waiting), &waiters[2]);
	ck_assert_ptr_eq(waiting_before(waiting, &waiters[2]), &waiters[1]);
	ck_assert_ptr_null(waiting_before(waiting, &waiters[0]));
	waiting_remove(waiting, &waiters[1]);
	ck_assert_ptr_eq(waiting_before(waiting, &waiters[2]), &waiters[0]);
	waiting_remove(waiting, &waiters[2]);
	ck_assert_ptr_eq(waiting_last(waiting), &waiters[0]);
	waiting_remove(waiting, &waiters[0]);
	ck_assert_ptr_null(waiting_last(waiting));
}
END_TEST

START_TEST(nobody_is_due_before_the_time)
{
	uint64_t began = clock_ms();

	start(50, (uint64_t)_i * 50);
	add(0, 1);
	wait_for(1);
	ck_assert_uint_ge(clock_ms() - began, 50);
}
END_TEST

/* How much later the second comes: so soon after the first that a turn might take both. */
static const unsigned gaps_ms[] = {30, 5};

START_TEST(each_has_its_own_time)
{
	uint64_t second;

	start(60, 0);
	add(0, 1);
	run_for(base, gaps_ms[_i]);
	second = clock_ms();
	add(1, 2);
	wait_for(2);
	ck_assert_uint_ge(clock_ms() - second, 60);
}
END_TEST

/* Who sets the machine's clock must not end or prolong anybody's wait. */
START_TEST(time_is_not_the_clocks)
{
	struct timespec now;
	uint64_t before = clock_ms();

	ck_assert_int_eq(clock_gettime(CLOCK_MONOTONIC, &now), 0);
	ck_assert_uint_le(before, (uint64_t)now.tv_sec * 1000 + 1000);
	ck_assert_uint_ge(clock_ms(), (uint64_t)now.tv_sec * 1000);
}
END_TEST

START_TEST(turn_sees_few)
{
	int most = 0;

	start(20, 20);
	add(0, MANY);
	while (seen < MANY) {
		int before = seen;
		ck_assert_int_eq(event_base_loop(base, EVLOOP_ONCE), 0);
		most = seen - before > most ? seen - before : most;
	}
	ck_assert_int_eq(most, WAITING_A_TURN);
}
END_TEST

/* Time goes by, but the loop does not run: only who asks sees to those that are due. */
static void let_pass(uint64_t ms)
{
	uint64_t end = clock_ms() + ms;

	while (clock_ms() < end)
		nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
}

START_TEST(those_due_can_be_seen_to_before_the_timer)
{
	start(20, 20);
	add(0, 5);
	ck_assert(!waiting_see_to(waiting, 20, 5));
	ck_assert_int_eq(seen, 0);
	let_pass(20);
	add(5, 6);
	ck_assert(waiting_see_to(waiting, 20, 2));
	ck_assert_int_eq(seen, 2);
	ck_assert_uint_lt(waiting_seen_ms(waiting) - waiters[5].since_ms, PATIENCE_MS);
	(void)waiting_see_to(waiting, 20, 3);
	ck_assert_int_eq(seen, 5);
	wait_for(6);
}
END_TEST

START_TEST(those_not_due_can_be_seen_to_at_a_lower_age)
{
	start(60000, 60000);
	add(0, 3);
	let_pass(5);
	ck_assert(!waiting_see_to(waiting, 5000, 3));
	ck_assert_int_eq(seen, 0);
	ck_assert(waiting_see_to(waiting, 5, 2));
	ck_assert(!waiting_see_to(waiting, 5, 2));
	ck_assert_int_eq(seen, 3);
}
END_TEST

START_TEST(hurry_makes_all_due)
{
	start(60000, 60000);
	add(0, MANY);
	ck_assert(waiting_hurry(waiting, 10));
	ck_assert_int_eq(seen, 10);
	wait_for(MANY);
	ck_assert_ptr_null(waiting_first(waiting));
}
END_TEST

START_TEST(hurry_is_for_those_that_wait_now)
{
	start(60000, 0);
	add(0, 2);
	ck_assert(!waiting_hurry(waiting, 2));
	run_for(base, 5);
	add(2, 4);
	run_for(base, 50);
	ck_assert_int_eq(seen, 2);
	ck_assert_ptr_eq(waiting_first(waiting), &waiters[2]);
}
END_TEST

/* In its new queue it is due as if it had always been there, be that queue empty or not. */
START_TEST(time_goes_on_in_another_queue)
{
	struct waiting *from = waiting_new(base, 60000, 0, due_cb, &seen);

	ck_assert_ptr_nonnull(from);
	start(60000, 0);
	for (int i = 0; i < 3; i++)
		waiting_add(from, &waiters[i], (uint32_t)clock_ms() - 60000);
	for (int i = 0; i < 3; i++)
		waiting_move(from, waiting, &waiters[i]);
	ck_assert_ptr_null(waiting_first(from));
	ck_assert_ptr_eq(waiting_last(waiting), &waiters[2]);
	wait_for(3);
	waiting_free(from);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("waiting");
	TCase *tests = suite_case(suite, "all");

	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, order_can_be_followed_from_either_end);
	tcase_add_loop_test(tests, nobody_is_due_before_the_time, 0, 2);
	tcase_add_loop_test(tests, each_has_its_own_time, 0, COUNT_OF(gaps_ms));
	tcase_add_test(tests, time_is_not_the_clocks);
	tcase_add_test(tests, turn_sees_few);
	tcase_add_test(tests, those_due_can_be_seen_to_before_the_timer);
	tcase_add_test(tests, those_not_due_can_be_seen_to_at_a_lower_age);
	tcase_add_test(tests, hurry_makes_all_due);
	tcase_add_test(tests, hurry_is_for_those_that_wait_now);
	tcase_add_test(tests, time_goes_on_in_another_queue);
	return suite_run(suite);
}
