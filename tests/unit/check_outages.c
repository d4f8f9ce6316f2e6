/* SPDX-License-Identifier: ISC */
/* check_outages: when attempts failed, in whatever order they ended. */
#include "client/outages.h"

#include <stdlib.h>
#include <string.h>

#include "lib/memory.h"
#include "lib/suite.h"

/* Attempts begin every second; the time of day is EPOCH_MS ahead. */
enum { SECOND_US = 1000000, EPOCH_MS = 5000 };

static struct outages *outages;

static void setup(void)
{
	outages = outages_new();
	ck_assert_ptr_nonnull(outages);
}

static void teardown(void)
{
	outages_free(outages);
}

/* The moment at which an attempt begins. */
static struct outages_moment moment(uint64_t number)
{
	return (struct outages_moment){.us = number * SECOND_US, .ms = EPOCH_MS + number * 1000};
}

static void add(uint64_t number, bool has_failed)
{
	outages_add(outages, number, moment(number), has_failed);
}

/* Asserts an outage, by the numbers of the attempts at its beginning and end. */
static void assert_outage(const struct outage *outage, uint64_t from, uint64_t to,
			  uint64_t attempts)
{
	ck_assert_uint_eq(outage->from_ms, EPOCH_MS + from * 1000);
	ck_assert_uint_eq(outage->to_ms, EPOCH_MS + to * 1000);
	ck_assert_uint_eq(outage->length_us, (to - from) * SECOND_US);
	ck_assert_uint_eq(outage->attempts, attempts);
}

/* Of each row: the attempts in the order of their beginning, F failed; what is listed. */
static const struct {
	const char *attempts;
	uint64_t count, length_s;
	struct {
		uint64_t from, to, attempts;
	} listed[3];
	bool is_last_over;
} rows[] = {
	{"", 0, 0, {{0}}, true},
	{"....", 0, 0, {{0}}, true},
	{"F", 1, 1, {{0, 1, 1}}, false},
	{"F.", 1, 1, {{0, 1, 1}}, true},
	{".F.", 1, 1, {{1, 2, 1}}, true},
	{".FFF.", 1, 3, {{1, 4, 3}}, true},
	{"FF..F.", 2, 3, {{0, 2, 2}, {4, 5, 1}}, true},
	{".F.FF", 2, 3, {{1, 2, 1}, {3, 5, 2}}, false},
	{"F.F.F.", 3, 3, {{0, 1, 1}, {2, 3, 1}, {4, 5, 1}}, true},
};

/* Asserts what a row says. */
static void assert_row(int row)
{
	struct outage list[OUTAGES_LISTED_MAX];

	outages_end(outages, moment(strlen(rows[row].attempts)));
	ck_assert_uint_eq(outages_count(outages), rows[row].count);
	ck_assert_uint_eq(outages_length_us(outages), rows[row].length_s * SECOND_US);
	ck_assert_uint_eq(outages_list(outages, list), rows[row].count);
	for (uint64_t i = 0; i < rows[row].count; i++) {
		assert_outage(&list[i], rows[row].listed[i].from, rows[row].listed[i].to,
			      rows[row].listed[i].attempts);
		ck_assert(list[i].is_over == (i + 1 < rows[row].count || rows[row].is_last_over));
	}
}

START_TEST(attempts_that_end_in_order)
{
	for (uint64_t i = 0; rows[_i].attempts[i]; i++)
		add(i, rows[_i].attempts[i] == 'F');
	assert_row(_i);
}
END_TEST

START_TEST(attempts_that_end_in_reverse)
{
	for (uint64_t i = strlen(rows[_i].attempts); i > 0; i--)
		add(i - 1, rows[_i].attempts[i - 1] == 'F');
	assert_row(_i);
}
END_TEST

START_TEST(nothing_is_said_before_earlier_attempts_have_ended)
{
	add(1, true);
	add(2, false);
	ck_assert_uint_eq(outages_count(outages), 0);
	add(0, true);
	ck_assert_uint_eq(outages_count(outages), 1);
	ck_assert_uint_eq(outages_length_us(outages), 2 * SECOND_US);
}
END_TEST

START_TEST(attempts_under_way_at_the_end_are_passed_over)
{
	struct outage list[OUTAGES_LISTED_MAX];

	add(1, true);
	add(3, false);
	add(5, true);
	outages_end(outages, moment(9));
	ck_assert_uint_eq(outages_list(outages, list), 2);
	assert_outage(&list[0], 1, 3, 1);
	assert_outage(&list[1], 5, 9, 1);
	ck_assert(list[0].is_over && !list[1].is_over);
}
END_TEST

START_TEST(clock_that_is_set_does_not_change_the_length)
{
	struct outage list[OUTAGES_LISTED_MAX];

	outages_add(outages, 0, (struct outages_moment){.us = 1000, .ms = 90000}, true);
	outages_add(outages, 1, (struct outages_moment){.us = 3000, .ms = 50000}, false);
	ck_assert_uint_eq(outages_list(outages, list), 1);
	ck_assert_uint_eq(list[0].from_ms, 90000);
	ck_assert_uint_eq(list[0].to_ms, 50000);
	ck_assert_uint_eq(list[0].length_us, 2000);
}
END_TEST

/* How many outages there are: fewer than are listed, as many, and more. */
static const uint64_t counts[] = {9, 10, 11, 19, 20, 21, 25, 30, 1000};

START_TEST(first_and_last_are_listed)
{
	struct outage list[OUTAGES_LISTED_MAX];
	uint64_t count = counts[_i],
		 listed = count < OUTAGES_LISTED_MAX ? count : OUTAGES_LISTED_MAX;

	for (uint64_t i = 0; i < count; i++) {
		add(2 * i, true);
		add(2 * i + 1, false);
	}
	outages_end(outages, moment(2 * count));
	ck_assert_uint_eq(outages_count(outages), count);
	ck_assert_uint_eq(outages_length_us(outages), count * SECOND_US);
	ck_assert_uint_eq(outages_list(outages, list), listed);
	for (uint64_t i = 0; i < listed; i++) {
		uint64_t index = i < OUTAGES_LISTED_MAX / 2 ? i : count - listed + i;
		assert_outage(&list[i], 2 * index, 2 * index + 1, 1);
	}
}
END_TEST

/* Attempts end in any order, and yet the list is as if they had ended in theirs. */
START_TEST(order_of_ending_does_not_matter)
{
	enum { MANY = 3000 };
	struct outages *ordered = outages_new();
	struct outage list[OUTAGES_LISTED_MAX], expected[OUTAGES_LISTED_MAX];
	bool fails[MANY];
	uint64_t numbers[MANY];
	size_t count;

	ck_assert_ptr_nonnull(ordered);
	srand((unsigned)_i);
	for (uint64_t i = 0; i < MANY; i++) {
		fails[i] = rand() % 3 == 0;
		numbers[i] = i;
		outages_add(ordered, i, moment(i), fails[i]);
	}
	for (size_t i = MANY - 1; i > 0; i--) {
		size_t other = (size_t)rand() % (i + 1);
		uint64_t number = numbers[i];
		numbers[i] = numbers[other];
		numbers[other] = number;
	}
	for (size_t i = 0; i < MANY; i++)
		add(numbers[i], fails[numbers[i]]);
	outages_end(ordered, moment(MANY));
	outages_end(outages, moment(MANY));
	ck_assert_uint_gt(outages_count(ordered), OUTAGES_LISTED_MAX);
	ck_assert_uint_eq(outages_count(outages), outages_count(ordered));
	ck_assert_uint_eq(outages_length_us(outages), outages_length_us(ordered));
	count = outages_list(ordered, expected);
	ck_assert_uint_eq(outages_list(outages, list), count);
	for (size_t i = 0; i < count; i++) {
		ck_assert_uint_eq(list[i].from_ms, expected[i].from_ms);
		ck_assert_uint_eq(list[i].to_ms, expected[i].to_ms);
		ck_assert_uint_eq(list[i].attempts, expected[i].attempts);
	}
	outages_free(ordered);
}
END_TEST

/* Lets the first attempt hang while the second fails, and `later` others end well. */
static void add_behind_a_hanging_one(uint64_t later)
{
	add(1, true);
	for (uint64_t i = 0; i < later; i++)
		add(2 + i, false);
}

START_TEST(as_many_wait_as_are_promised)
{
	add_behind_a_hanging_one(OUTAGES_WAITING_MAX - 2);
	ck_assert_uint_eq(outages_count(outages), 0);
	add(OUTAGES_WAITING_MAX, false);
	ck_assert_uint_eq(outages_count(outages), 1);
	add(0, true); /* too late */
	outages_end(outages, moment(OUTAGES_WAITING_MAX + 1));
	ck_assert_uint_eq(outages_count(outages), 1);
	ck_assert_uint_eq(outages_length_us(outages), SECOND_US);
}
END_TEST

START_TEST(one_that_was_passed_over_changes_nothing)
{
	for (uint64_t i = 2; i <= OUTAGES_WAITING_MAX; i++)
		add(i, false);
	add(0, true); /* too late; the next one still counts */
	add(1, true);
	outages_end(outages, moment(OUTAGES_WAITING_MAX + 1));
	ck_assert_uint_eq(outages_count(outages), 1);
	ck_assert_uint_eq(outages_length_us(outages), SECOND_US);
}
END_TEST

START_TEST(without_memory_fewer_wait)
{
	memory_grants = 0;
	add_behind_a_hanging_one(1000);
	memory_grants = -1;
	ck_assert_uint_eq(outages_count(outages), 1);
	ck_assert_uint_eq(outages_length_us(outages), SECOND_US);
}
END_TEST

START_TEST(no_memory_for_any_is_told)
{
	for (int grants = 0; grants < 2; grants++) {
		struct outages *none;
		memory_grants = grants;
		none = outages_new();
		memory_grants = -1;
		ck_assert_ptr_null(none);
	}
	outages_free(NULL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("outages");
	TCase *order = suite_case(suite, "order"), *bounds = suite_case(suite, "bounds");

	tcase_add_checked_fixture(order, setup, teardown);
	tcase_add_loop_test(order, attempts_that_end_in_order, 0, COUNT_OF(rows));
	tcase_add_loop_test(order, attempts_that_end_in_reverse, 0, COUNT_OF(rows));
	tcase_add_test(order, nothing_is_said_before_earlier_attempts_have_ended);
	tcase_add_test(order, attempts_under_way_at_the_end_are_passed_over);
	tcase_add_test(order, clock_that_is_set_does_not_change_the_length);
	tcase_add_loop_test(order, order_of_ending_does_not_matter, 0, 10);
	tcase_add_checked_fixture(bounds, setup, teardown);
	tcase_add_loop_test(bounds, first_and_last_are_listed, 0, COUNT_OF(counts));
	tcase_add_test(bounds, as_many_wait_as_are_promised);
	tcase_add_test(bounds, one_that_was_passed_over_changes_nothing);
	tcase_add_test(bounds, without_memory_fewer_wait);
	tcase_add_test(bounds, no_memory_for_any_is_told);
	return suite_run(suite);
}
