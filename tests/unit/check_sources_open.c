/* SPDX-License-Identifier: ISC */
/* check_sources_open: each source is counted while it has a connection open, and no longer. */
#include <string.h>

#include "daemon/admit/pairhash.h"
#include "daemon/admit/sources.h"
#include "lib/memory.h"
#include "lib/suite.h"

enum { MOST = 3 };

/* As few sources as can be remembered: all have the same places. */
enum { FEW = 4 };

static const size_t sizes[] = {FEW, 1000};

/* So slow that no test sees one more let in; and when the clock is read. */
static const struct rate slow = {.count = 1, .ms = RATE_MS_MAX};
#define NOW_US ((uint64_t)1234567)

/* Random numbers: with small ones, all sources would have the same places. */
static const struct pairhash_secret secret = {{0xD7F8C10B6A4E2395, 0x5B19E6F34D8A70C2,
					       0x93AC5E7D10F2B846, 0x2E61B7D9C584F03A,
					       0xA84D03F6719EC52B}};

static struct sources *all;

/* Makes limits, without a rate for a burst of 0. */
static void make(uint32_t burst, size_t remembered)
{
	struct sources_limits limits = {.burst = burst, .most_open = MOST};

	if (burst > 0)
		limits.rate = slow;
	all = sources_new(&limits, remembered, &secret);
	ck_assert_ptr_nonnull(all);
}

static void teardown(void)
{
	sources_free(all);
}

/* A source of that number. */
static struct source_key key_of(uint64_t number)
{
	return (struct source_key){number % 3, number / 3};
}

static struct admission enter(uint64_t number)
{
	return sources_enter(all, key_of(number), NOW_US);
}

/* Opens a connection. */
static struct source *open_one(uint64_t number)
{
	struct admission admission = enter(number);

	ck_assert_int_eq(admission.verdict, VERDICT_ADMITTED);
	ck_assert_ptr_nonnull(admission.source);
	return admission.source;
}

/* Lets a source come that is not let in. */
static void assert_refused(uint64_t number, enum verdict verdict)
{
	struct admission admission = enter(number);

	ck_assert_int_eq(admission.verdict, verdict);
	/* That of too many is named, for a look at them. */
	ck_assert_int_eq(admission.source != NULL, verdict == VERDICT_TOO_MANY);
}

/* Opens and closes connections of a source, as many as its rate still allows; returns how many. */
static int use_up(uint64_t number)
{
	struct admission admission;
	int count = 0;

	while ((admission = enter(number)).verdict == VERDICT_ADMITTED) {
		sources_leave(all, admission.source);
		count++;
	}
	ck_assert_int_eq(admission.verdict, VERDICT_TOO_OFTEN);
	return count;
}

START_TEST(source_has_only_so_many_open)
{
	struct source *open[MOST];

	make(0, sizes[_i]);
	for (int i = 0; i < MOST; i++)
		open[i] = open_one(1);
	assert_refused(1, VERDICT_TOO_MANY);
	(void)open_one(2);
	assert_refused(1, VERDICT_TOO_MANY);
	sources_leave(all, open[1]);
	(void)open_one(1);
	assert_refused(1, VERDICT_TOO_MANY);
	ck_assert_uint_eq(sources_count_open(all), 2);
}
END_TEST

/* Whether a source is in one of the places or has none: more of them than places are open. */
START_TEST(sources_of_one_set_are_apart)
{
	static struct source *open[3 * FEW][MOST];

	make(0, FEW);
	for (uint64_t i = 0; i < 3 * FEW; i++)
		for (int j = 0; j < MOST; j++)
			open[i][j] = open_one(i);
	ck_assert_uint_eq(sources_count_open(all), 3 * FEW);
	for (uint64_t i = 1; i < 3 * FEW; i += 2)
		for (int j = 0; j < MOST; j++)
			sources_leave(all, open[i][j]);
	ck_assert_uint_eq(sources_count_open(all), 3 * FEW / 2);
	for (uint64_t i = 0; i < 3 * FEW; i += 2) {
		assert_refused(i, VERDICT_TOO_MANY);
		open[i + 1][0] = open_one(i + 1);
	}
	ck_assert_uint_eq(sources_count_open(all), 3 * FEW);
}
END_TEST

/* Numbers that look random, the same in each run. */
static uint64_t next_random(void)
{
	static uint64_t state = 1;

	state = state * 6364136223846793005 + 1442695040888963407;
	return state >> 33;
}

enum { SOURCES = 500, STEPS = 200000 };

/* Connections come and go at random; a plain array has the right counts. (Assertions are slow.) */
START_TEST(counts_are_those_of_a_plain_array)
{
	static struct source *open[SOURCES][MOST];
	static size_t counts[SOURCES];
	size_t distinct = 0;

	make(0, sizes[_i]);
	for (int step = 0; step < STEPS; step++) {
		size_t number = (size_t)next_random() % SOURCES, *count = &counts[number];
		if (next_random() % 2 == 0 && *count > 0) {
			sources_leave(all, open[number][--*count]);
			distinct -= *count == 0;
		} else {
			struct admission admission = enter(number);
			bool is_in = admission.verdict == VERDICT_ADMITTED;
			if (is_in != (*count < MOST))
				ck_abort_msg("%zu open at step %d", *count, step);
			if (is_in)
				open[number][(*count)++] = admission.source;
			distinct += is_in && *count == 1;
		}
		if (step % 100 == 0 && sources_count_open(all) != distinct)
			ck_abort_msg("not %zu sources at step %d", distinct, step);
	}
	ck_assert_uint_gt(distinct, SOURCES / 2);
}
END_TEST

/* Opens and closes connections from a million sources. True if all were admitted. */
static bool million_come(void)
{
	for (uint64_t i = FEW; i < 1000000; i++) {
		struct admission admission = enter(i);
		if (admission.verdict != VERDICT_ADMITTED)
			return false;
		sources_leave(all, admission.source);
	}
	return true;
}

/* Without a place, one is allocated, and used again; there is one to find if any is not open. */
START_TEST(source_that_has_gone_takes_no_memory)
{
	enum { GRANTS = 1000 };
	bool are_admitted;
	int granted;

	make(0, FEW);
	for (uint64_t i = 0; i < FEW - 1 + (uint64_t)_i; i++)
		(void)open_one(i);
	memory_grants = GRANTS;
	are_admitted = million_come();
	granted = GRANTS - memory_grants;
	memory_grants = -1;
	ck_assert(are_admitted);
	ck_assert_int_eq(granted, _i);
	ck_assert_uint_eq(sources_count_open(all), FEW - 1 + (uint64_t)_i);
}
END_TEST

/* Once no memory is left, new sources are refused, and the others are still counted right. */
START_TEST(want_of_memory_loses_no_count)
{
	enum { TRIED = 1000 };
	static struct admission first[TRIED], again[TRIED][MOST];
	size_t admitted = 0;

	make(0, FEW);
	memory_grants = 1;
	for (uint64_t i = 0; i < TRIED; i++)
		first[i] = enter(i);
	for (uint64_t i = 0; i < TRIED; i++)
		for (int j = 0; j < MOST; j++)
			again[i][j] = enter(i);
	memory_grants = -1;
	for (size_t i = 0; i < TRIED; i++) {
		bool is_in = first[i].verdict == VERDICT_ADMITTED;
		ck_assert(is_in || first[i].verdict == VERDICT_NO_MEMORY);
		ck_assert((first[i].source != NULL) == is_in);
		for (int j = 0; j < MOST - 1; j++)
			ck_assert_int_eq(again[i][j].verdict, first[i].verdict);
		ck_assert_int_eq(again[i][MOST - 1].verdict,
				 is_in ? VERDICT_TOO_MANY : VERDICT_NO_MEMORY);
		ck_assert_int_eq(enter(i).verdict, is_in ? VERDICT_TOO_MANY : VERDICT_ADMITTED);
		admitted += is_in;
	}
	ck_assert_uint_gt(admitted, FEW);
	ck_assert_uint_lt(admitted, TRIED);
}
END_TEST

START_TEST(making_survives_want_of_memory)
{
	struct sources_limits limits = {.most_open = MOST};
	struct sources *made;

	all = NULL;
	memory_grants = _i;
	made = sources_new(&limits, FEW, &secret);
	memory_grants = -1;
	ck_assert_ptr_null(made);
}
END_TEST

enum { BURST = 10 };

/* Too many open at a time is no reason not to count for the rate; a second judgement is one. */
START_TEST(each_client_counts_once_for_the_rate)
{
	make(BURST, sizes[_i]);
	for (int i = 0; i < MOST; i++)
		(void)open_one(1);
	for (int i = 0; i < 2; i++)
		assert_refused(1, VERDICT_TOO_MANY);
	for (int i = 0; i < BURST; i++)
		ck_assert_int_eq(sources_enter_again(all, key_of(1)).verdict, VERDICT_TOO_MANY);
	for (int i = MOST + 2; i < BURST; i++)
		assert_refused(1, VERDICT_TOO_MANY);
	assert_refused(1, VERDICT_TOO_OFTEN);
}
END_TEST

/* A source that is judged again may have been forgotten, and have no place at all. */
START_TEST(judged_again_as_a_new_source)
{
	struct admission admission;

	make(BURST, FEW);
	for (uint64_t i = 0; i < FEW * (uint64_t)_i; i++)
		(void)open_one(i);
	admission = sources_enter_again(all, key_of(100));
	ck_assert_int_eq(admission.verdict, VERDICT_ADMITTED);
	ck_assert_uint_eq(sources_count_open(all), FEW * (size_t)_i + 1);
	sources_leave(all, admission.source);
	ck_assert_uint_eq(sources_count_open(all), FEW * (size_t)_i);
}
END_TEST

START_TEST(judged_again_without_memory)
{
	struct admission admission;

	make(BURST, FEW);
	for (uint64_t i = 0; i < FEW; i++)
		(void)open_one(i);
	memory_grants = 0;
	admission = sources_enter_again(all, key_of(100));
	memory_grants = -1;
	ck_assert_int_eq(admission.verdict, VERDICT_NO_MEMORY);
	ck_assert_ptr_null(admission.source);
}
END_TEST

/* Others owe more, but one that has a connection open is not forgotten. */
START_TEST(open_source_is_not_forgotten)
{
	struct source *stays;

	make(BURST, FEW);
	stays = open_one(0);
	for (uint64_t i = 1; i < 20; i++)
		ck_assert_int_eq(use_up(i), BURST);
	ck_assert_int_eq(use_up(0), BURST - 1);
	sources_leave(all, stays);
	ck_assert_int_eq(use_up(0), 0);
}
END_TEST

/* One without a place takes that of another at its end, if that owes less and has nothing open. */
START_TEST(source_without_a_place_is_remembered_if_it_owes_more)
{
	struct source *open[FEW], *late[BURST];

	make(BURST, FEW);
	for (uint64_t i = 0; i < FEW; i++)
		open[i] = open_one(i);
	for (int i = 0; i < MOST; i++)
		late[i] = open_one(100);
	sources_leave(all, open[0]);
	if (_i == 1)
		ck_assert_int_eq(use_up(0), BURST - 1);
	for (int i = 0; i < MOST; i++)
		sources_leave(all, late[i]);
	ck_assert_uint_eq(sources_count_open(all), FEW - 1);
	ck_assert_int_eq(use_up(100), _i == 0 ? BURST - MOST : BURST);
}
END_TEST

/* Lets a source come so many times; returns how many are not too often. */
static uint64_t flood(struct source_key key, int times, uint64_t now_us)
{
	uint64_t taken = 0;

	for (int i = 0; i < times; i++)
		taken += sources_enter(all, key, now_us).verdict != VERDICT_TOO_OFTEN;
	return taken;
}

/* As clock_that_starts_again_does_no_harm in check_sources_rate. */
START_TEST(clock_that_starts_again_does_no_harm_without_a_place)
{
	struct sources_limits limits = {.rate = slow, .burst = RATE_COUNT_MAX, .most_open = MOST};
	const uint64_t leap_us = (uint64_t)RATE_MS_MAX * 1000 * RATE_COUNT_MAX;
	uint64_t leap, taken;

	all = sources_new(&limits, FEW, &secret);
	ck_assert_ptr_nonnull(all);
	for (uint64_t i = 0; i < FEW; i++)
		(void)open_one(i);
	for (leap = 0; leap < 105; leap++)
		ck_assert_uint_eq(flood(key_of(0), 1, leap * leap_us), 1);
	taken = flood(key_of(100), RATE_COUNT_MAX + 1, leap * leap_us);
	ck_assert_uint_eq(taken, RATE_COUNT_MAX);
	for (uint64_t half = 1; half <= 8; half++) {
		taken = flood(key_of(100), RATE_COUNT_MAX, leap * leap_us + half * leap_us / 2);
		ck_assert_uint_eq(taken, RATE_COUNT_MAX / 2);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("sources_open");
	TCase *counts = suite_case(suite, "counts"), *memory = suite_case(suite, "memory");
	TCase *both = suite_case(suite, "both");

	tcase_add_checked_fixture(counts, NULL, teardown);
	tcase_add_loop_test(counts, source_has_only_so_many_open, 0, COUNT_OF(sizes));
	tcase_add_test(counts, sources_of_one_set_are_apart);
	tcase_add_loop_test(counts, counts_are_those_of_a_plain_array, 0, COUNT_OF(sizes));
	tcase_add_checked_fixture(memory, NULL, teardown);
	tcase_add_loop_test(memory, source_that_has_gone_takes_no_memory, 0, 2);
	tcase_add_test(memory, want_of_memory_loses_no_count);
	tcase_add_loop_test(memory, making_survives_want_of_memory, 0, 4);
	tcase_add_test(memory, judged_again_without_memory);
	tcase_add_checked_fixture(both, NULL, teardown);
	tcase_add_loop_test(both, each_client_counts_once_for_the_rate, 0, COUNT_OF(sizes));
	tcase_add_loop_test(both, judged_again_as_a_new_source, 0, 2);
	tcase_add_test(both, open_source_is_not_forgotten);
	tcase_add_loop_test(both, source_without_a_place_is_remembered_if_it_owes_more, 0, 2);
	tcase_add_test(both, clock_that_starts_again_does_no_harm_without_a_place);
	return suite_run(suite);
}
