/* SPDX-License-Identifier: ISC */
/* check_latencies: percentiles are those of the sorted values, exactly or within 0.4 %. */
#include "client/latencies.h"

#include <stdlib.h>

#include "lib/memory.h"
#include "lib/suite.h"

static struct latencies *latencies;

static void setup(void)
{
	latencies = latencies_new(true);
	ck_assert_ptr_nonnull(latencies);
}

static void teardown(void)
{
	latencies_free(latencies);
}

/* Adds a value. (An assertion that holds is slow, too, and there are many values.) */
static void add(uint64_t us)
{
	if (!latencies_add(latencies, us))
		ck_abort_msg("no memory");
}

static uint64_t percentile(unsigned permille)
{
	return latencies_percentile(latencies, permille);
}

/* Returns the i-th number of a sequence without order, the same in each run. */
static uint64_t scattered(uint64_t i)
{
	uint64_t x = (i + 1) * 0x9E3779B97F4A7C15;

	x ^= x >> 32;
	x *= 0xD6E8FEB86659FD93;
	return x ^ x >> 29;
}

START_TEST(one_value_is_every_percentile)
{
	add(7);
	for (unsigned permille = 0; permille <= 1000; permille++)
		ck_assert_uint_eq(percentile(permille), 7);
	ck_assert_uint_eq(latencies_count(latencies), 1);
}
END_TEST

static const struct {
	unsigned permille;
	uint64_t us;
} ranks[] = {
	{0, 15},   {1, 15},   {50, 15},	 {200, 15}, {201, 20}, {300, 20}, {400, 20},
	{401, 35}, {500, 35}, {600, 35}, {601, 40}, {800, 40}, {801, 50}, {1000, 50},
};

/* The example that explains the nearest rank nearly everywhere. */
START_TEST(percentile_is_the_value_of_the_nearest_rank)
{
	static const uint64_t values[] = {35, 20, 50, 15, 40};

	for (int i = 0; i < COUNT_OF(values); i++)
		add(values[i]);
	ck_assert_uint_eq(percentile(ranks[_i].permille), ranks[_i].us);
}
END_TEST

START_TEST(thousand_values_have_each_its_permille)
{
	for (uint64_t i = 0; i < 1000; i++)
		add((i * 7 + 3) % 1000 + 1);
	for (unsigned permille = 1; permille <= 1000; permille++)
		ck_assert_uint_eq(percentile(permille), permille);
}
END_TEST

START_TEST(values_may_be_added_after_asking)
{
	add(30);
	add(10);
	add(20);
	ck_assert_uint_eq(percentile(500), 20);
	add(5);
	add(6);
	ck_assert_uint_eq(percentile(500), 10);
	ck_assert_uint_eq(percentile(0), 5);
	ck_assert_uint_eq(percentile(1000), 30);
	ck_assert_uint_eq(latencies_count(latencies), 5);
}
END_TEST

START_TEST(extremes_fit)
{
	add(UINT64_MAX);
	add(0);
	add(UINT64_MAX - 1);
	ck_assert_uint_eq(percentile(0), 0);
	ck_assert_uint_eq(percentile(500), UINT64_MAX - 1);
	ck_assert_uint_eq(percentile(1000), UINT64_MAX);
}
END_TEST

START_TEST(histogram_begins_when_too_many_are_there)
{
	for (uint64_t i = 0; i < LATENCIES_EXACT_MAX_BOUNDED; i++)
		add(1000 + i);
	ck_assert(latencies_is_exact(latencies));
	ck_assert_uint_eq(percentile(500), 1000 + LATENCIES_EXACT_MAX_BOUNDED / 2 - 1);
	add(1);
	ck_assert(!latencies_is_exact(latencies));
	ck_assert_uint_eq(latencies_count(latencies), LATENCIES_EXACT_MAX_BOUNDED + 1);
	ck_assert_uint_eq(percentile(0), 1);
	ck_assert_uint_eq(percentile(1000), 1000 + LATENCIES_EXACT_MAX_BOUNDED - 1);
}
END_TEST

START_TEST(run_with_an_end_stays_exact)
{
	latencies_free(latencies);
	latencies = latencies_new(false);
	ck_assert_ptr_nonnull(latencies);
	for (uint64_t i = 0; i < 2 * LATENCIES_EXACT_MAX_BOUNDED; i++)
		add(2 * LATENCIES_EXACT_MAX_BOUNDED - i);
	ck_assert(latencies_is_exact(latencies));
	ck_assert_uint_eq(percentile(950), LATENCIES_EXACT_MAX_BOUNDED * 2 * 95 / 100);
}
END_TEST

static int compare(const void *one, const void *other)
{
	const uint64_t *left = one, *right = other;

	return (*left > *right) - (*left < *right);
}

/* How many bits the values have at most: as microseconds, from 0.1 ms to a year, and all. */
static const unsigned sizes[] = {7, 8, 9, 17, 24, 45, 64};

START_TEST(histogram_is_within_its_bound)
{
	enum { MANY = 3 * LATENCIES_EXACT_MAX_BOUNDED };
	uint64_t *all = malloc(MANY * sizeof *all), exact, about;

	ck_assert_ptr_nonnull(all);
	for (uint64_t i = 0; i < MANY; i++) {
		/* Of each magnitude there are as many. */
		all[i] = scattered(i) >> (64 - sizes[_i]) >> scattered(i + MANY) % sizes[_i];
		add(all[i]);
	}
	qsort(all, MANY, sizeof *all, compare);
	ck_assert(!latencies_is_exact(latencies));
	for (unsigned permille = 1; permille <= 1000; permille++) {
		exact = all[(uint64_t)MANY * permille / 1000 - 1];
		about = percentile(permille);
		if (about > exact)
			ck_assert_uint_le(about - exact, exact / 256);
		else
			ck_assert_uint_le(exact - about, exact / 256);
	}
	ck_assert_uint_eq(percentile(0), all[0]);
	ck_assert_uint_eq(percentile(1000), all[MANY - 1]);
	free(all);
}
END_TEST

/* Below and above the middle of a bucket. */
static const uint64_t equals[] = {123457, 123900};

START_TEST(percentile_of_equal_values_is_exact)
{
	for (uint64_t i = 0; i < 2 * LATENCIES_EXACT_MAX_BOUNDED; i++)
		add(equals[_i]);
	ck_assert(!latencies_is_exact(latencies));
	ck_assert_uint_eq(percentile(500), equals[_i]);
}
END_TEST

/* Adds a value while so many allocations are granted. */
static bool add_in_need(uint64_t us, int grants)
{
	bool is_added;

	memory_grants = grants;
	is_added = latencies_add(latencies, us);
	memory_grants = -1;
	return is_added;
}

START_TEST(no_memory_for_any_is_told)
{
	struct latencies *none;

	memory_grants = 0;
	none = latencies_new(true);
	memory_grants = -1;
	ck_assert_ptr_null(none);
}
END_TEST

START_TEST(no_memory_for_a_value_is_told)
{
	ck_assert(!add_in_need(1, 0));
	ck_assert_uint_eq(latencies_count(latencies), 0);
	ck_assert(add_in_need(2, 1));
	ck_assert_uint_eq(percentile(0), 2);
	ck_assert_uint_eq(percentile(1000), 2);
}
END_TEST

START_TEST(values_stay_if_there_is_no_memory_for_more)
{
	for (uint64_t i = 0; i < LATENCIES_EXACT_MAX_BOUNDED; i++)
		add(i + 1);
	ck_assert(!add_in_need(1, 0));
	ck_assert(latencies_is_exact(latencies));
	ck_assert_uint_eq(latencies_count(latencies), LATENCIES_EXACT_MAX_BOUNDED);
	ck_assert_uint_eq(percentile(500), LATENCIES_EXACT_MAX_BOUNDED / 2);
	add(1);
	ck_assert(!latencies_is_exact(latencies));
}
END_TEST

START_TEST(nothing_is_freed)
{
	latencies_free(NULL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("latencies");
	TCase *exact = suite_case(suite, "exact"), *histogram = suite_case(suite, "histogram");
	TCase *memory = suite_case(suite, "memory");

	tcase_add_checked_fixture(exact, setup, teardown);
	tcase_add_test(exact, one_value_is_every_percentile);
	tcase_add_loop_test(exact, percentile_is_the_value_of_the_nearest_rank, 0, COUNT_OF(ranks));
	tcase_add_test(exact, thousand_values_have_each_its_permille);
	tcase_add_test(exact, values_may_be_added_after_asking);
	tcase_add_test(exact, extremes_fit);
	tcase_add_test(exact, run_with_an_end_stays_exact);
	tcase_add_checked_fixture(histogram, setup, teardown);
	tcase_add_test(histogram, histogram_begins_when_too_many_are_there);
	tcase_add_loop_test(histogram, histogram_is_within_its_bound, 0, COUNT_OF(sizes));
	tcase_add_loop_test(histogram, percentile_of_equal_values_is_exact, 0, COUNT_OF(equals));
	tcase_add_checked_fixture(memory, setup, teardown);
	tcase_add_test(memory, no_memory_for_any_is_told);
	tcase_add_test(memory, no_memory_for_a_value_is_told);
	tcase_add_test(memory, values_stay_if_there_is_no_memory_for_more);
	tcase_add_test(memory, nothing_is_freed);
	return suite_run(suite);
}
