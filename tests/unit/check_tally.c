/* SPDX-License-Identifier: ISC */
/* check_tally: each distinct greeting is counted, the most frequent one first. */
#include "client/tally.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/memory.h"
#include "lib/suite.h"

static struct tally *tally;

static void setup(void)
{
	tally = tally_new();
	ck_assert_ptr_nonnull(tally);
}

static void teardown(void)
{
	tally_free(tally);
}

static void add(const char *text, int times)
{
	for (int i = 0; i < times; i++)
		tally_add(tally, text, strlen(text));
}

/* Asserts the greeting at an index. */
static void assert_entry(size_t index, const char *bytes, size_t length, uint64_t count)
{
	const struct tally_entry *entry = tally_get(tally, index);

	ck_assert_uint_eq(entry->count, count);
	ck_assert_uint_eq(entry->length, length);
	ck_assert_mem_eq(entry->bytes, bytes, length);
}

static void assert_text(size_t index, const char *text, uint64_t count)
{
	assert_entry(index, text, strlen(text), count);
}

START_TEST(nothing_was_added)
{
	ck_assert_uint_eq(tally_distinct(tally), 0);
	ck_assert_uint_eq(tally_total(tally), 0);
	ck_assert_uint_eq(tally_others(tally), 0);
}
END_TEST

START_TEST(most_frequent_comes_first)
{
	add("right", 2);
	add("left", 3);
	add("middle", 1);
	add("right", 2);
	ck_assert_uint_eq(tally_distinct(tally), 3);
	assert_text(0, "right", 4);
	assert_text(1, "left", 3);
	assert_text(2, "middle", 1);
	ck_assert_uint_eq(tally_total(tally), 8);
	ck_assert_uint_eq(tally_others(tally), 0);
}
END_TEST

START_TEST(as_frequent_ones_are_in_the_order_of_their_bytes)
{
	add("\xFF", 1);
	add("c", 1);
	tally_add(tally, "b\0a", 3);
	add("b", 1);
	tally_add(tally, NULL, 0);
	tally_add(tally, "b\0", 2);
	ck_assert_uint_eq(tally_distinct(tally), 6);
	assert_entry(0, "", 0, 1);
	assert_entry(1, "b", 1, 1);
	assert_entry(2, "b\0", 2, 1);
	assert_entry(3, "b\0a", 3, 1);
	assert_text(4, "c", 1);
	assert_text(5, "\xFF", 1);
}
END_TEST

START_TEST(adding_may_go_on)
{
	add("a", 1);
	add("b", 2);
	assert_text(0, "b", 2);
	add("a", 2);
	add("c", 1);
	assert_text(0, "a", 3);
	assert_text(1, "b", 2);
	assert_text(2, "c", 1);
}
END_TEST

START_TEST(bytes_are_copied)
{
	char bytes[] = "left";

	tally_add(tally, bytes, 4);
	memcpy(bytes, "rest", 4);
	tally_add(tally, bytes, 4);
	assert_text(0, "left", 1);
	assert_text(1, "rest", 1);
}
END_TEST

static const struct {
	int count, total;
	uint64_t share;
} shares[] = {
	{0, 1, 0}, {1, 1, 100000}, {1, 2, 50000}, {1, 3, 33333}, {2, 3, 66667}, {1, 200000, 1},
};

START_TEST(share_is_rounded)
{
	add("a", shares[_i].total);
	ck_assert_uint_eq(tally_share(tally, (uint64_t)shares[_i].count), shares[_i].share);
}
END_TEST

/* Adds so many distinct greetings; the number at `from` is the first. */
static void add_distinct(int from, int count)
{
	char text[32];

	for (int i = from; i < from + count; i++) {
		snprintf(text, sizeof text, "greeting %05d", i);
		add(text, 1);
	}
}

START_TEST(too_many_distinct_ones_are_counted_together)
{
	add_distinct(0, TALLY_MAX);
	ck_assert_uint_eq(tally_others(tally), 0);
	add_distinct(TALLY_MAX, 5);
	ck_assert_uint_eq(tally_distinct(tally), TALLY_MAX);
	ck_assert_uint_eq(tally_others(tally), 5);
	add_distinct(TALLY_MAX - 2, 3); /* two known ones, and another one */
	ck_assert_uint_eq(tally_others(tally), 6);
	ck_assert_uint_eq(tally_total(tally), TALLY_MAX + 8);
	assert_text(0, "greeting 09998", 2);
	assert_text(1, "greeting 09999", 2);
	for (size_t i = 2; i < TALLY_MAX; i++) {
		char text[32];
		snprintf(text, sizeof text, "greeting %05zu", i - 2);
		assert_text(i, text, 1);
	}
}
END_TEST

START_TEST(too_many_bytes_are_counted_together)
{
	size_t half = TALLY_BYTES_MAX / 2;
	char *bytes = malloc(half + 1);

	ck_assert_ptr_nonnull(bytes);
	memset(bytes, 'a', half + 1);
	tally_add(tally, bytes, half);
	tally_add(tally, bytes, half + 1);
	ck_assert_uint_eq(tally_others(tally), 1);
	tally_add(tally, bytes, half - 1);
	add("b", 1);
	ck_assert_uint_eq(tally_others(tally), 1);
	add("c", 1);
	ck_assert_uint_eq(tally_others(tally), 2);
	tally_add(tally, NULL, 0); /* it takes no bytes */
	ck_assert_uint_eq(tally_others(tally), 2);
	ck_assert_uint_eq(tally_distinct(tally), 4);
	free(bytes);
}
END_TEST

START_TEST(without_memory_new_ones_are_counted_together)
{
	struct tally *none;

	add("a", 1);
	memory_grants = 0;
	add("b", 1);
	add("a", 1);
	none = tally_new();
	memory_grants = -1;
	ck_assert_ptr_null(none);
	tally_free(none);
	ck_assert_uint_eq(tally_others(tally), 1);
	ck_assert_uint_eq(tally_distinct(tally), 1);
	assert_text(0, "a", 2);
	add("b", 1);
	assert_text(1, "b", 1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("tally");
	TCase *counting = suite_case(suite, "counting"), *bounds = suite_case(suite, "bounds");

	tcase_add_checked_fixture(counting, setup, teardown);
	tcase_add_test(counting, nothing_was_added);
	tcase_add_test(counting, most_frequent_comes_first);
	tcase_add_test(counting, as_frequent_ones_are_in_the_order_of_their_bytes);
	tcase_add_test(counting, adding_may_go_on);
	tcase_add_test(counting, bytes_are_copied);
	tcase_add_loop_test(counting, share_is_rounded, 0, COUNT_OF(shares));
	tcase_add_checked_fixture(bounds, setup, teardown);
	tcase_add_test(bounds, too_many_distinct_ones_are_counted_together);
	tcase_add_test(bounds, too_many_bytes_are_counted_together);
	tcase_add_test(bounds, without_memory_new_ones_are_counted_together);
	return suite_run(suite);
}
