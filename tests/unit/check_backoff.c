/* SPDX-License-Identifier: ISC */
/* check_backoff: pauses double up to a second, differ by their seed, and fit in what is left. */
#include "client/backoff.h"

#include "lib/suite.h"

enum { EVER = 1000000 };

static const uint64_t longest[] = {50, 100, 200, 400, 800, 1000, 1000, 1000};

START_TEST(pauses_double_and_are_shortened_by_half_at_most)
{
	for (uint64_t seed = 0; seed < 1000; seed++) {
		struct backoff backoff;
		backoff_begin(&backoff, seed);
		for (int i = 0; i < COUNT_OF(longest); i++) {
			uint64_t pause = backoff_pause(&backoff, EVER);
			ck_assert_uint_le(pause, longest[i]);
			ck_assert_uint_ge(pause, longest[i] / 2);
		}
	}
}
END_TEST

/* Of a thousand programs, about as many come back in each half of the time as in the other. */
START_TEST(pauses_are_spread)
{
	unsigned early = 0;

	for (uint64_t seed = 0; seed < 1000; seed++) {
		struct backoff backoff;
		backoff_begin(&backoff, seed);
		early += backoff_pause(&backoff, EVER) < 38;
	}
	ck_assert_uint_gt(early, 400);
	ck_assert_uint_lt(early, 600);
}
END_TEST

START_TEST(same_seed_makes_the_same_pauses)
{
	struct backoff one, other;

	backoff_begin(&one, 12345);
	backoff_begin(&other, 12345);
	for (int i = 0; i < 20; i++)
		ck_assert_uint_eq(backoff_pause(&one, EVER), backoff_pause(&other, EVER));
}
END_TEST

START_TEST(pause_takes_at_most_half_of_what_is_left)
{
	struct backoff backoff;

	backoff_begin(&backoff, 1);
	for (int i = 0; i < COUNT_OF(longest); i++)
		(void)backoff_pause(&backoff, EVER);
	ck_assert_uint_ge(backoff_pause(&backoff, 2000), 500);
	ck_assert_uint_eq(backoff_pause(&backoff, 900), 450);
	ck_assert_uint_eq(backoff_pause(&backoff, 200), 100);
	ck_assert_uint_eq(backoff_pause(&backoff, 70), 50);
	ck_assert_uint_eq(backoff_pause(&backoff, 50), 50);
	ck_assert_uint_eq(backoff_pause(&backoff, 3), 3);
	ck_assert_uint_eq(backoff_pause(&backoff, 0), 0);
}
END_TEST

/* However long the wait is, the pauses fill it exactly, and soon. */
START_TEST(pauses_come_to_their_end)
{
	for (uint64_t left = 1; left < 20000; left += 7) {
		struct backoff backoff;
		uint64_t rest = left, pause;
		unsigned count = 0;
		backoff_begin(&backoff, left);
		while ((pause = backoff_pause(&backoff, rest)) > 0) {
			ck_assert_uint_le(pause, rest);
			rest -= pause;
			count++;
		}
		ck_assert_uint_eq(rest, 0);
		ck_assert_uint_le(count, 20 + left / 500);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("backoff");
	TCase *tests = suite_case(suite, "backoff");

	tcase_add_test(tests, pauses_double_and_are_shortened_by_half_at_most);
	tcase_add_test(tests, pauses_are_spread);
	tcase_add_test(tests, same_seed_makes_the_same_pauses);
	tcase_add_test(tests, pause_takes_at_most_half_of_what_is_left);
	tcase_add_test(tests, pauses_come_to_their_end);
	return suite_run(suite);
}
