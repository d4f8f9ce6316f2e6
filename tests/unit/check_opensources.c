/* SPDX-License-Identifier: ISC */
/* check_opensources: each source is counted while it has a connection open, and no longer. */
#include "daemon/admit/opensources.h"

#include <string.h>

#include "daemon/admit/source.h"
#include "lib/memory.h"
#include "lib/suite.h"

enum { MOST = 3 };

static struct opensources *all;

/* Sources with only one chain for all, and with one for each. */
static const size_t sizes[] = {1, 1000};

/* A source of that number; its hash depends on it. */
static struct source_key key_of(uint64_t number)
{
	return (struct source_key){number % 3, number / 3, number * 0x9E3779B97F4A7C15};
}

static enum opensources_admission enter(uint64_t number, struct opensource **source)
{
	struct source_key key = key_of(number);

	return opensources_enter(all, &key, source);
}

static void make(size_t connections)
{
	all = opensources_new(connections, MOST);
	ck_assert_ptr_nonnull(all);
}

static void teardown(void)
{
	opensources_free(all);
}

START_TEST(source_has_only_so_many_open)
{
	struct opensource *open[MOST], *refused, *other;

	make(sizes[_i]);
	for (int i = 0; i < MOST; i++)
		ck_assert_int_eq(enter(1, &open[i]), OPENSOURCES_ADMITTED);
	ck_assert_int_eq(enter(1, &refused), OPENSOURCES_TOO_MANY);
	ck_assert_ptr_null(refused);
	ck_assert_int_eq(enter(2, &other), OPENSOURCES_ADMITTED);
	opensources_leave(all, refused);
	ck_assert_int_eq(enter(1, &refused), OPENSOURCES_TOO_MANY);
	opensources_leave(all, open[1]);
	ck_assert_int_eq(enter(1, &open[1]), OPENSOURCES_ADMITTED);
	ck_assert_int_eq(enter(1, &refused), OPENSOURCES_TOO_MANY);
	ck_assert_uint_eq(opensources_count(all), 2);
}
END_TEST

/* Sources that differ in one half of the address only, though they have one hash. */
START_TEST(sources_of_one_hash_are_apart)
{
	struct source_key keys[] = {{1, 1, 5}, {1, 2, 5}, {2, 1, 5}};
	struct opensource *open[3][MOST], *refused;

	make(1000);
	for (int i = 0; i < 3; i++)
		for (int j = 0; j < MOST; j++)
			ck_assert_int_eq(opensources_enter(all, &keys[i], &open[i][j]),
					 OPENSOURCES_ADMITTED);
	ck_assert_uint_eq(opensources_count(all), 3);
	for (int j = 0; j < MOST; j++)
		opensources_leave(all, open[1][j]);
	ck_assert_uint_eq(opensources_count(all), 2);
	ck_assert_int_eq(opensources_enter(all, &keys[0], &refused), OPENSOURCES_TOO_MANY);
	ck_assert_int_eq(opensources_enter(all, &keys[1], &open[1][0]), OPENSOURCES_ADMITTED);
	ck_assert_int_eq(opensources_enter(all, &keys[2], &refused), OPENSOURCES_TOO_MANY);
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
	static struct opensource *open[SOURCES][MOST];
	static size_t counts[SOURCES];
	struct opensource *source;
	size_t distinct = 0;

	make(sizes[_i]);
	for (int step = 0; step < STEPS; step++) {
		size_t number = (size_t)next_random() % SOURCES, *count = &counts[number];
		if (next_random() % 2 == 0 && *count > 0) {
			opensources_leave(all, open[number][--*count]);
			distinct -= *count == 0;
		} else {
			bool is_admitted = enter(number, &source) == OPENSOURCES_ADMITTED;
			if (is_admitted != (*count < MOST))
				ck_abort_msg("%zu open at step %d", *count, step);
			if (is_admitted)
				open[number][(*count)++] = source;
			distinct += is_admitted && *count == 1;
		}
		if (opensources_count(all) != distinct)
			ck_abort_msg("not %zu sources at step %d", distinct, step);
	}
	ck_assert_uint_gt(distinct, SOURCES / 2);
}
END_TEST

/* Nothing is left of a source that has gone, so a million of them take no memory. */
START_TEST(source_that_has_gone_takes_no_memory)
{
	enum { GRANTS = 1000 };
	enum opensources_admission admission = OPENSOURCES_ADMITTED;
	struct opensource *source;
	int granted;

	make(1000);
	memory_grants = GRANTS;
	for (uint64_t i = 0; i < 1000000 && admission == OPENSOURCES_ADMITTED; i++) {
		admission = enter(i, &source);
		opensources_leave(all, source);
	}
	granted = GRANTS - memory_grants;
	memory_grants = -1;
	ck_assert_int_eq(admission, OPENSOURCES_ADMITTED);
	ck_assert_int_eq(granted, 1);
	ck_assert_uint_eq(opensources_count(all), 0);
}
END_TEST

/* Once no memory is left, new sources are refused, and the others are still counted right. */
START_TEST(want_of_memory_loses_no_count)
{
	enum { TRIED = 1000 };
	static struct opensource *open[TRIED];
	static enum opensources_admission first[TRIED], second[TRIED], third[TRIED];
	struct opensource *again;
	size_t admitted = 0;

	make(TRIED);
	memory_grants = 1;
	for (uint64_t i = 0; i < TRIED; i++)
		first[i] = enter(i, &open[i]);
	for (uint64_t i = 0; i < TRIED; i++) {
		second[i] = enter(i, &again);
		third[i] = enter(i, &again);
	}
	memory_grants = -1;
	for (size_t i = 0; i < TRIED; i++) {
		bool is_in = first[i] == OPENSOURCES_ADMITTED;
		ck_assert_int_eq(first[i], second[i]);
		ck_assert_int_eq(first[i], third[i]);
		ck_assert(is_in || first[i] == OPENSOURCES_NO_MEMORY);
		ck_assert((open[i] != NULL) == is_in);
		ck_assert_int_eq(enter(i, &again),
				 is_in ? OPENSOURCES_TOO_MANY : OPENSOURCES_ADMITTED);
		admitted += is_in;
	}
	ck_assert_uint_gt(admitted, 0);
	ck_assert_uint_lt(admitted, TRIED);
}
END_TEST

START_TEST(making_survives_want_of_memory)
{
	struct opensources *made;

	all = NULL;
	memory_grants = _i;
	made = opensources_new(10, 1);
	memory_grants = -1;
	ck_assert_ptr_null(made);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("opensources");
	TCase *tests = suite_case(suite, "opensources");

	tcase_add_checked_fixture(tests, NULL, teardown);
	tcase_add_loop_test(tests, source_has_only_so_many_open, 0, COUNT_OF(sizes));
	tcase_add_test(tests, sources_of_one_hash_are_apart);
	tcase_add_loop_test(tests, counts_are_those_of_a_plain_array, 0, COUNT_OF(sizes));
	tcase_add_test(tests, source_that_has_gone_takes_no_memory);
	tcase_add_test(tests, want_of_memory_loses_no_count);
	tcase_add_loop_test(tests, making_survives_want_of_memory, 0, 3);
	return suite_run(suite);
}
