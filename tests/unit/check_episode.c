/* SPDX-License-Identifier: ISC */
/* check_episode: what comes again within 10 s is one episode. */
#include "daemon/serve/episode.h"

#include "base/clock.h"
#include "lib/suite.h"

static uint64_t now_ms;

uint64_t __wrap_clock_ms(void);

uint64_t __wrap_clock_ms(void)
{
	return now_ms;
}

/* Asks at that time. */
static bool begins_at(uint64_t *until, uint64_t ms)
{
	now_ms = ms;
	return episode_begins(until);
}

START_TEST(first_begins_one)
{
	uint64_t until = 0;

	ck_assert(begins_at(&until, 0));
	until = 0;
	ck_assert(begins_at(&until, 123456789));
}
END_TEST

START_TEST(soon_again_is_the_same)
{
	uint64_t until = 0;

	ck_assert(begins_at(&until, 1000));
	ck_assert(!begins_at(&until, 1000));
	ck_assert(!begins_at(&until, 10999));
}
END_TEST

/* Each makes it longer. */
START_TEST(as_long_as_it_goes_on_it_is_the_same)
{
	uint64_t until = 0;

	ck_assert(begins_at(&until, 1000));
	for (uint64_t ms = 10000; ms < 1000000; ms += 9999)
		ck_assert(!begins_at(&until, ms));
}
END_TEST

START_TEST(after_a_pause_another_begins)
{
	uint64_t until = 0;

	ck_assert(begins_at(&until, 1000));
	ck_assert(begins_at(&until, 11000));
	ck_assert(!begins_at(&until, 20999));
	ck_assert(begins_at(&until, 30999));
}
END_TEST

START_TEST(each_has_its_own)
{
	uint64_t until = 0, other = 0;

	ck_assert(begins_at(&until, 1000));
	ck_assert(begins_at(&other, 1000));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("episode");
	TCase *tests = suite_case(suite, "episodes");

	tcase_add_test(tests, first_begins_one);
	tcase_add_test(tests, soon_again_is_the_same);
	tcase_add_test(tests, as_long_as_it_goes_on_it_is_the_same);
	tcase_add_test(tests, after_a_pause_another_begins);
	tcase_add_test(tests, each_has_its_own);
	return suite_run(suite);
}
