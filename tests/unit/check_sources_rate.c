/* SPDX-License-Identifier: ISC */
/* check_sources_rate: each source has its rate and no more, whatever others and the clock do. */
#include "daemon/admit/sources.h"

#include <inttypes.h>
#include <stdint.h>
#include <string.h>

#include "base/rate.h"
#include "daemon/admit/pairhash.h"
#include "lib/memory.h"
#include "lib/suite.h"

/* As few sources as can be remembered. */
enum { FEW = 4 };

static const size_t sizes[] = {FEW, SOURCES_REMEMBERED};

#define MILLION ((uint64_t)1000000)

/* When the clock is first read. */
#define START_US (1234 * MILLION)

static const struct rate hundred = {100, 1000};

/* Random numbers: with small ones, all sources would have the same places. */
static const struct pairhash_secret secret = {{0xD7F8C10B6A4E2395, 0x5B19E6F34D8A70C2,
					       0x93AC5E7D10F2B846, 0x2E61B7D9C584F03A,
					       0xA84D03F6719EC52B}};

static struct sources *all;

static void make(struct rate rate, uint32_t burst, size_t sources)
{
	struct sources_limits limits = {.rate = rate, .burst = burst};

	all = sources_new(&limits, sources, &secret);
	ck_assert_ptr_nonnull(all);
}

static void teardown(void)
{
	sources_free(all);
}

/* True if the source of that number may come. (Loops of many have no assertions: those are slow.)
 */
static bool take(uint64_t number, uint64_t now_us)
{
	struct source_key key = {number / 1000, number % 1000};

	return sources_enter(all, key, now_us).verdict == VERDICT_ADMITTED;
}

/* Numbers that look random, the same in each run. */
static uint64_t next_random(void)
{
	static uint64_t state = 1;

	state = state * 6364136223846793005 + 1442695040888963407;
	return state >> 33;
}

/* What a source owes, with all arithmetic in microseconds times the count of the rate. */
struct model {
	uint64_t owed, seen_us;
};

/* Whether one may be taken, by the plain rule of a leaky bucket. */
static bool model_allows(struct model *model, struct rate rate, uint32_t burst, uint64_t now_us)
{
	uint64_t cost = (uint64_t)rate.ms * 1000, passed = now_us - model->seen_us;
	bool is_paid = passed > model->owed / rate.count;

	model->owed = is_paid ? 0 : model->owed - passed * rate.count;
	model->seen_us = now_us;
	return model->owed + cost <= burst * cost;
}

static void model_charge(struct model *model, struct rate rate)
{
	model->owed += (uint64_t)rate.ms * 1000;
}

static const struct {
	struct rate rate;
	uint32_t burst;
} limits[] = {
	{{100, 1000}, 100},
	{{7, 1000}, 5},
	{{1, 1}, 2},
	{{999983, 1000}, 10}, /* a prime number: every take has another fraction */
	{{RATE_COUNT_MAX, RATE_MS_MAX}, RATE_COUNT_MAX},
	{{RATE_COUNT_MAX - 1, RATE_MS_MAX - 1}, 3},
	{{1, RATE_MS_MAX}, RATE_COUNT_MAX},
	{{1, RATE_MS_MAX}, 1},
	/* From here on, a microsecond that begins too late for one take is lost for the next. */
	{{3, 1000}, 1},
	{{RATE_COUNT_MAX, 1}, 50},
};

/* How many of them are exact to the microsecond. */
enum { EXACT = 8 };

/* Returns a time that passes between two takes: none, or about that of one or several. */
static uint64_t random_pause(struct rate rate)
{
	uint64_t cost_us = (uint64_t)rate.ms * 1000 / rate.count + 1;

	switch (next_random() % 16) {
	case 0:
		return cost_us * (next_random() % 100);
	case 1:
		return cost_us - next_random() % 2;
	case 2:
	case 3:
		return next_random() % (cost_us + 1);
	default:
		return next_random() % 4 == 0;
	}
}

START_TEST(is_as_a_bucket_for_each_source)
{
	enum { SOURCES = 16, STEPS = 100000 };
	struct model models[SOURCES] = {{0, 0}};
	uint64_t now_us = START_US, taken = 0;

	make(limits[_i].rate, limits[_i].burst, SOURCES_REMEMBERED);
	for (int step = 0; step < STEPS; step++) {
		uint64_t number = next_random() % SOURCES;
		bool is_free;
		now_us += random_pause(limits[_i].rate);
		is_free = model_allows(&models[number], limits[_i].rate, limits[_i].burst, now_us);
		if (take(number, now_us) != is_free)
			ck_abort_msg("step %d", step);
		if (is_free)
			model_charge(&models[number], limits[_i].rate);
		taken += is_free;
	}
	ck_assert_uint_gt(taken, 0);
}
END_TEST

/* Where sources are forgotten, too, one is refused only for what it has taken itself. */
START_TEST(none_is_refused_because_of_others)
{
	enum { SOURCES = 20, STEPS = 100000, BURST = 3 };
	struct model models[SOURCES] = {{0, 0}};
	uint64_t now_us = START_US, refused = 0, more = 0;

	make(limits[_i].rate, BURST, FEW);
	for (int step = 0; step < STEPS; step++) {
		struct model *model = &models[next_random() % SOURCES];
		bool is_free, is_taken;
		now_us += random_pause(limits[_i].rate);
		is_free = model_allows(model, limits[_i].rate, BURST, now_us);
		is_taken = take((uint64_t)(model - models), now_us);
		if (is_free && !is_taken)
			ck_abort_msg("step %d", step);
		if (is_taken)
			model_charge(model, limits[_i].rate);
		refused += !is_taken;
		more += is_taken && !is_free;
	}
	ck_assert_uint_gt(refused, 0);
	ck_assert_uint_gt(more, 0);
}
END_TEST

/* At the moment that the rate allows, rounded up to a microsecond, and at none before. */
START_TEST(burst_then_rate)
{
	struct rate rate = limits[_i].rate;
	uint64_t time_us = (uint64_t)rate.ms * 1000;

	make(rate, limits[_i].burst, FEW);
	for (uint32_t i = 0; i < limits[_i].burst; i++)
		if (!take(1, START_US))
			ck_abort_msg("refused after %" PRIu32, i);
	ck_assert(!take(1, START_US));
	for (uint64_t i = 1; i < 100; i++) {
		uint64_t allowed_us = START_US + (i * time_us + rate.count - 1) / rate.count;
		if (allowed_us > START_US + ((i - 1) * time_us + rate.count - 1) / rate.count)
			ck_assert(!take(1, allowed_us - 1));
		ck_assert(take(1, allowed_us));
	}
}
END_TEST

/* A source that comes just as often as it may, to the microsecond, gathers no debt. */
START_TEST(coming_at_the_rate_is_never_refused)
{
	struct rate rate = limits[_i].rate;
	uint64_t time_us = (uint64_t)rate.ms * 1000;

	make(rate, 2 + rate.count / (uint32_t)time_us, FEW);
	for (uint64_t i = 0; i < 100000; i++)
		if (!take(1, START_US + (i * time_us + rate.count - 1) / rate.count))
			ck_abort_msg("refused at %" PRIu64, i);
}
END_TEST

/* Asks so many times for the source; returns how many it takes. */
static uint64_t flood(uint64_t number, int times, uint64_t now_us)
{
	uint64_t taken = 0;

	for (int i = 0; i < times; i++)
		taken += take(number, now_us);
	return taken;
}

/* Each of a million comes first, and none of them takes memory. */
START_TEST(million_sources_take_no_memory)
{
	enum { GRANTS = 1000 };
	uint64_t taken = 0;
	int granted;

	make(hundred, 100, SOURCES_REMEMBERED);
	memory_grants = GRANTS;
	for (uint64_t number = 0; number < MILLION; number++)
		taken += flood(number, 2, START_US + number);
	granted = GRANTS - memory_grants;
	memory_grants = -1;
	ck_assert_int_eq(granted, 0);
	ck_assert_uint_eq(taken, 2 * MILLION);
}
END_TEST

/* What others do: from how many addresses, and how often at a time from each. */
static const struct {
	uint64_t addresses;
	int times;
	size_t sources;
} attacks[] = {
	{1, 10, SOURCES_REMEMBERED},
	{MILLION, 10, SOURCES_REMEMBERED},
	{MILLION, 1, SOURCES_REMEMBERED},
	{1, 10, FEW},
	{MILLION, 10, FEW},
	{MILLION, 1, FEW},
};

/* Every 10 ms is as often as it may; the attackers are heard every 10 us. */
START_TEST(well_behaved_source_is_never_refused)
{
	make(hundred, 1, attacks[_i].sources);
	for (uint64_t us = 0; us < MILLION; us += 10) {
		if (us % 10000 == 0)
			ck_assert(take(MILLION, START_US + us));
		(void)flood(next_random() % attacks[_i].addresses, attacks[_i].times,
			    START_US + us);
	}
}
END_TEST

/* An attacker takes its burst and its rate; a million others, once each, do not make it forgotten.
 */
START_TEST(attacker_from_one_address_takes_no_more_than_its_rate)
{
	enum { BURST = 20 };
	uint64_t taken, us = 0;

	make(hundred, BURST, sizes[_i]);
	taken = flood(MILLION, 100, START_US);
	ck_assert_uint_eq(taken, BURST);
	for (uint64_t number = 0; number < MILLION; number++) {
		us += 5;
		(void)take(number, START_US + us);
		taken += flood(MILLION, 2, START_US + us);
	}
	ck_assert_uint_eq(taken, BURST + us / 10000);
}
END_TEST

/* Of five in four places, the one that owes least has its burst again, and the others do not. */
START_TEST(source_that_owes_least_is_forgotten_first)
{
	enum { BURST = 10 };
	static const int owed[FEW] = {9, 7, 4, 8};

	make(hundred, BURST, FEW);
	for (uint64_t i = 0; i < FEW; i++)
		ck_assert_uint_eq(flood(i, owed[i], START_US), (uint64_t)owed[i]);
	ck_assert_uint_eq(flood(FEW, BURST + 5, START_US), BURST);
	for (uint64_t i = 0; i < FEW; i++)
		if (i != 2)
			ck_assert_uint_eq(flood(i, BURST, START_US), (uint64_t)(BURST - owed[i]));
	ck_assert_uint_eq(flood(2, BURST + 5, START_US), BURST);
}
END_TEST

/* Sources that differ in one half of the address only, though they have the same places. */
START_TEST(sources_of_one_set_are_apart)
{
	static const struct source_key keys[] = {{1, 1}, {1, 2}, {2, 1}};

	make(hundred, 1, FEW);
	for (int i = 0; i < COUNT_OF(keys); i++) {
		ck_assert_int_eq(sources_enter(all, keys[i], START_US).verdict, VERDICT_ADMITTED);
		ck_assert_int_eq(sources_enter(all, keys[i], START_US).verdict, VERDICT_TOO_OFTEN);
	}
}
END_TEST

/* The clock goes back again and again, by a little or by all: no time has passed, and no harm is
 * done. */
START_TEST(clock_that_goes_back_does_no_harm)
{
	enum { BURST = 2 };
	uint64_t now_us = START_US, passed_us = 0, taken;

	make(hundred, BURST, FEW);
	taken = flood(1, 10, now_us);
	for (int i = 0; i < 1000; i++) {
		now_us = i % 10 == 0 ? 0 : now_us - next_random() % (now_us + 1);
		taken += flood(1, 3, now_us);
		passed_us += 10000;
		now_us += 10000;
		ck_assert(take(2, now_us));
		taken += flood(1, 3, now_us);
	}
	ck_assert_uint_eq(taken, BURST + passed_us / 10000);
}
END_TEST

/* After a leap each has its burst again, and no more. */
START_TEST(clock_that_leaps_does_no_harm)
{
	static const uint64_t times_us[] = {0, UINT64_MAX / 2, 1, UINT64_MAX - 1, UINT64_MAX};
	uint32_t burst = limits[_i].burst < 10 ? limits[_i].burst : 10;

	make(limits[_i].rate, burst, FEW);
	for (int i = 0; i < 50; i++) {
		uint64_t now_us = times_us[i % COUNT_OF(times_us)], taken = flood(1, 20, now_us);
		ck_assert_uint_le(taken, burst);
		if (i % COUNT_OF(times_us) == 1 || i % COUNT_OF(times_us) == 3)
			ck_assert_uint_eq(taken, burst);
	}
}
END_TEST

/* The first of all is not in debt, whatever the clock says then, and whatever its address. */
START_TEST(first_time_is_any)
{
	static const uint64_t times_us[] = {0, 1, 10000, MILLION, UINT64_MAX};

	make(hundred, 3, FEW);
	for (uint64_t number = 0; number < 3; number++)
		ck_assert_uint_eq(flood(number, 10, times_us[_i]), 3);
}
END_TEST

/* When the fastest clock of debts starts again, and when it would overflow if it did not. */
static const uint64_t days[] = {106, 213};

/*
 * The highest rate with the longest time makes the fastest clock. Half a day pays for half of what
 * may be taken at once.
 */
START_TEST(clock_that_starts_again_does_no_harm)
{
	const struct rate fastest = {RATE_COUNT_MAX, RATE_MS_MAX};
	const uint64_t day_us = (uint64_t)RATE_MS_MAX * 1000;
	uint64_t now_us = START_US, taken;

	make(fastest, RATE_COUNT_MAX, FEW);
	for (uint64_t day = 0; day < days[_i] - 1; day++) {
		ck_assert(take(1, now_us));
		now_us += day_us;
	}
	taken = flood(2, RATE_COUNT_MAX + 1, now_us);
	ck_assert_uint_eq(taken, RATE_COUNT_MAX);
	for (int half = 0; half < 8; half++) {
		now_us += day_us / 2;
		taken = flood(2, RATE_COUNT_MAX, now_us);
		ck_assert_uint_eq(taken, RATE_COUNT_MAX / 2);
	}
}
END_TEST

START_TEST(making_survives_want_of_memory)
{
	struct sources_limits given = {.rate = hundred, .burst = 1};
	struct sources *made;

	all = NULL;
	memory_grants = _i;
	made = sources_new(&given, FEW, &secret);
	memory_grants = -1;
	ck_assert_ptr_null(made);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("sources_rate");
	TCase *alone = suite_case(suite, "alone"), *crowd = suite_case(suite, "crowd");
	TCase *clock = suite_case(suite, "clock"), *memory = suite_case(suite, "memory");

	tcase_add_checked_fixture(alone, NULL, teardown);
	tcase_add_loop_test(alone, burst_then_rate, 0, EXACT);
	tcase_add_loop_test(alone, coming_at_the_rate_is_never_refused, 0, COUNT_OF(limits));
	tcase_add_checked_fixture(crowd, NULL, teardown);
	tcase_add_loop_test(crowd, is_as_a_bucket_for_each_source, 0, COUNT_OF(limits));
	tcase_add_loop_test(crowd, none_is_refused_because_of_others, 0, COUNT_OF(limits));
	tcase_add_loop_test(crowd, well_behaved_source_is_never_refused, 0, COUNT_OF(attacks));
	tcase_add_loop_test(crowd, attacker_from_one_address_takes_no_more_than_its_rate, 0,
			    COUNT_OF(sizes));
	tcase_add_test(crowd, sources_of_one_set_are_apart);
	tcase_add_test(crowd, source_that_owes_least_is_forgotten_first);
	tcase_add_checked_fixture(clock, NULL, teardown);
	tcase_add_test(clock, clock_that_goes_back_does_no_harm);
	tcase_add_loop_test(clock, clock_that_leaps_does_no_harm, 0, COUNT_OF(limits));
	tcase_add_loop_test(clock, first_time_is_any, 0, 5);
	tcase_add_loop_test(clock, clock_that_starts_again_does_no_harm, 0, COUNT_OF(days));
	tcase_add_checked_fixture(memory, NULL, teardown);
	tcase_add_test(memory, million_sources_take_no_memory);
	tcase_add_loop_test(memory, making_survives_want_of_memory, 0, 4);
	return suite_run(suite);
}
