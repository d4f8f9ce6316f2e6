/* SPDX-License-Identifier: ISC */
/* check_patience: we look as soon as nearly all clients have gone, and seldom in vain. */
#include "daemon/serve/patience.h"

#include "lib/suite.h"

enum { MOST_MS = 20, MANY = 10000 };

static struct patience patience;
static int looks, in_vain;

static void setup(void)
{
	looks = in_vain = 0;
	patience_begin(&patience, MOST_MS);
}

/* Looks at a client that needs so long to close. */
static void look_at(uint32_t needs_ms)
{
	uint32_t age_ms = patience_ms(&patience);
	bool is_gone = age_ms >= needs_ms;

	looks++;
	in_vain += !is_gone;
	patience_learn(&patience, age_ms, is_gone);
}

static void look_at_many(uint32_t needs_ms)
{
	for (int i = 0; i < MANY; i++)
		look_at(needs_ms);
}

START_TEST(begins_with_the_most)
{
	ck_assert_uint_eq(patience_ms(&patience), MOST_MS);
}
END_TEST

START_TEST(clients_that_close_at_once_shorten_it)
{
	look_at_many(0);
	ck_assert_uint_eq(patience_ms(&patience), 2);
}
END_TEST

/* However long they need, if that is no longer than the most. */
START_TEST(few_looks_are_in_vain)
{
	look_at_many((uint32_t)_i);
	ck_assert_int_le(in_vain * 64, looks);
	ck_assert_uint_le(patience_ms(&patience), MOST_MS);
}
END_TEST

START_TEST(those_that_stay_longer_are_not_waited_for_longer)
{
	look_at_many(1000);
	ck_assert_uint_eq(patience_ms(&patience), MOST_MS);
	ck_assert_int_eq(in_vain, looks);
}
END_TEST

/* A client that stays costs a look, whenever that comes. The others are still looked at early. */
START_TEST(a_few_that_stay_change_little)
{
	uint64_t waited = 0;

	for (int i = 0; i < MANY; i++) {
		look_at(i % 200 == 0 ? 1000 : 0);
		waited += patience_ms(&patience);
	}
	ck_assert_uint_le(waited / MANY, MOST_MS / 3);
}
END_TEST

START_TEST(slower_ones_are_soon_given_their_time)
{
	look_at_many(0);
	in_vain = 0;
	for (int i = 0; i < 10; i++)
		look_at(MOST_MS);
	ck_assert_int_le(in_vain, 4);
}
END_TEST

/* Where there is no room, all are looked at; and when nobody else comes, some look late. */
START_TEST(looks_at_other_ages_teach_nothing)
{
	for (int i = 0; i < MANY; i++)
		patience_learn(&patience, 2 * MOST_MS + 1, true);
	ck_assert_uint_eq(patience_ms(&patience), MOST_MS);
	look_at_many(0);
	for (int i = 0; i < MANY; i++) {
		patience_learn(&patience, 1, false);
		patience_learn(&patience, MOST_MS, false);
	}
	ck_assert_uint_eq(patience_ms(&patience), 2);
}
END_TEST

/* A limit to silence may be shorter than any patience. */
START_TEST(most_may_be_very_short)
{
	for (uint32_t most = 0; most <= 2; most++) {
		patience_begin(&patience, most);
		look_at_many(0);
		look_at_many(1000);
		ck_assert_uint_eq(patience_ms(&patience), most);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("patience");
	TCase *tests = suite_case(suite, "all");

	tcase_add_checked_fixture(tests, setup, NULL);
	tcase_add_test(tests, begins_with_the_most);
	tcase_add_test(tests, clients_that_close_at_once_shorten_it);
	tcase_add_loop_test(tests, few_looks_are_in_vain, 0, MOST_MS + 1);
	tcase_add_test(tests, those_that_stay_longer_are_not_waited_for_longer);
	tcase_add_test(tests, a_few_that_stay_change_little);
	tcase_add_test(tests, slower_ones_are_soon_given_their_time);
	tcase_add_test(tests, looks_at_other_ages_teach_nothing);
	tcase_add_test(tests, most_may_be_very_short);
	return suite_run(suite);
}
