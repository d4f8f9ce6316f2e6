/* SPDX-License-Identifier: ISC */
/* check_turn: how many connections a turn takes: as many as there are, and seldom one in vain. */
#include "daemon/serve/turn.h"

#include <stdint.h>

#include "lib/suite.h"

enum { LIMIT = 16 };

static struct turn turn;
static unsigned in_vain; /* how often a queue was found empty, which costs a system call */

static void setup(void)
{
	in_vain = 0;
	turn_begin(&turn);
}

/* Runs a turn on a queue; returns how many it has taken. */
static unsigned run(unsigned queue, unsigned limit)
{
	unsigned taken = 0;
	bool is_over = false;

	while (!is_over && taken < queue) {
		is_over = turn_take(&turn);
		taken++;
	}
	in_vain += !is_over;
	ck_assert_uint_eq(turn_end(&turn, limit), taken);
	return taken;
}

/* Runs turns until the queue is empty; returns how many it took. */
static unsigned empty(unsigned queue)
{
	unsigned turns = 0;

	for (; queue > 0; turns++)
		queue -= run(queue, LIMIT);
	return turns;
}

START_TEST(those_that_come_singly_are_seldom_waited_for)
{
	for (int i = 0; i < 1000; i++)
		ck_assert_uint_eq(run(1, LIMIT), 1);
	ck_assert_uint_ge(in_vain, 1000 / 20);
	ck_assert_uint_le(in_vain, 1000 / 15);
}
END_TEST

/*
 * Clients come in groups. That costs hardly more than the better of two: a turn for each of them;
 * or as many turns as they fill, and a call in vain, which takes as long as four turns.
 */
START_TEST(groups_cost_hardly_more_than_they_must)
{
	enum { IN_VAIN = 4, MORE = 4 };
	const uintmax_t size = (unsigned)_i, groups = 500;
	uintmax_t cost = 0;

	for (uintmax_t i = 0; i < groups; i++)
		cost += empty((unsigned)_i);
	cost += in_vain * (uintmax_t)IN_VAIN;
	ck_assert_uint_le(cost, groups * size * 4 / 3);
	ck_assert_uint_le(cost, groups * (size / LIMIT + IN_VAIN + MORE));
}
END_TEST

START_TEST(crowd_is_taken_in_full_turns)
{
	unsigned most = 0, turns = 0;

	for (; most < LIMIT; turns++)
		most = run(1000, LIMIT);
	ck_assert_uint_eq(turns, 5); /* 1, 2, 4, 8, 16 */
	for (int i = 0; i < 100; i++)
		ck_assert_uint_eq(run(1000, LIMIT), LIMIT);
	ck_assert_uint_eq(in_vain, 0);
}
END_TEST

START_TEST(crowd_after_single_ones_is_soon_taken_in_full_turns)
{
	for (int i = 0; i < 1000; i++)
		run(1, LIMIT);
	in_vain = 0;
	ck_assert_uint_le(empty(4000), 4000 / LIMIT + 40);
	ck_assert_uint_le(in_vain, 1);
}
END_TEST

START_TEST(limit_is_never_exceeded)
{
	static const unsigned limits[] = {1, 3, 5, 16};

	for (size_t i = 0; i < COUNT_OF(limits); i++)
		for (int j = 0; j < 100; j++)
			ck_assert_uint_le(run(1000, limits[i]), j == 0 ? LIMIT : limits[i]);
}
END_TEST

/* Another process may have accepted them, or they have gone. */
START_TEST(empty_queue_shortens_turns)
{
	for (int i = 0; i < 10; i++)
		run(1000, LIMIT);
	ck_assert_uint_eq(run(0, LIMIT), 0);
	ck_assert_uint_le(run(1000, LIMIT), LIMIT / 2);
}
END_TEST

START_TEST(turn_broken_off_tells_nothing)
{
	for (int i = 0; i < 10; i++)
		run(1000, LIMIT);
	ck_assert(!turn_take(&turn));
	turn_break_off(&turn);
	ck_assert_uint_eq(run(1000, LIMIT), LIMIT);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("turn");
	TCase *tests = suite_case(suite, "all");

	tcase_add_checked_fixture(tests, setup, NULL);
	tcase_add_test(tests, those_that_come_singly_are_seldom_waited_for);
	tcase_add_loop_test(tests, groups_cost_hardly_more_than_they_must, 1, 100);
	tcase_add_test(tests, crowd_is_taken_in_full_turns);
	tcase_add_test(tests, crowd_after_single_ones_is_soon_taken_in_full_turns);
	tcase_add_test(tests, limit_is_never_exceeded);
	tcase_add_test(tests, empty_queue_shortens_turns);
	tcase_add_test(tests, turn_broken_off_tells_nothing);
	return suite_run(suite);
}
