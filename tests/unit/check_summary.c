/* SPDX-License-Identifier: ISC */
/* check_summary: attempts are counted by what came of them, and all have one exit status. */
#include "client/summary.h"

#include "client/latencies.h"
#include "client/outages.h"
#include "client/result.h"
#include "lib/memory.h"
#include "lib/suite.h"

static struct summary *summary;
static struct summary_attempt attempt; /* the next one */

static void setup(void)
{
	summary = summary_new(false, true);
	ck_assert_ptr_nonnull(summary);
}

static void teardown(void)
{
	summary_free(summary);
}

/* Adds an attempt that began a second after the one before. */
static bool add(enum status status, const char *stage, uint64_t end_us)
{
	struct probe_result result = {.status = status, .stage = stage, .times.end = end_us};
	bool is_added = summary_add(summary, &attempt, &result);

	attempt.number++;
	attempt.began_us += 1000000;
	attempt.began_ms += 1000;
	return is_added;
}

static void add_success(void)
{
	ck_assert(add(STATUS_GREETED, "", 100));
}

static void add_failure(enum status status, const char *stage)
{
	ck_assert(add(status, stage, 5000000));
}

START_TEST(failures_are_counted_by_stage_and_status)
{
	const struct summary_counts *counts = summary_counts(summary);
	static char connect[] = "connect"; /* the same words at another place */

	add_failure(STATUS_SILENT, "read");
	add_failure(STATUS_REFUSED, "connect");
	add_success();
	add_failure(STATUS_UNANSWERED, "connect");
	add_failure(STATUS_REFUSED, connect);
	ck_assert_uint_eq(counts->attempts, 5);
	ck_assert_uint_eq(counts->successes, 1);
	ck_assert_uint_eq(counts->kind_count, 3);
	ck_assert_str_eq(counts->kinds[0].stage, "read");
	ck_assert_int_eq(counts->kinds[0].status, STATUS_SILENT);
	ck_assert_uint_eq(counts->kinds[0].count, 1);
	ck_assert_str_eq(counts->kinds[1].stage, "connect");
	ck_assert_int_eq(counts->kinds[1].status, STATUS_REFUSED);
	ck_assert_uint_eq(counts->kinds[1].count, 2);
	ck_assert_int_eq(counts->kinds[2].status, STATUS_UNANSWERED);
	ck_assert_uint_eq(counts->kinds[2].count, 1);
}
END_TEST

START_TEST(more_kinds_than_there_are_do_no_harm)
{
	const struct summary_counts *counts = summary_counts(summary);

	for (int i = 0; i < SUMMARY_KINDS_MAX + 10; i++)
		add_failure((enum status)(i + 1), "read");
	ck_assert_uint_eq(counts->kind_count, SUMMARY_KINDS_MAX);
	ck_assert_uint_eq(counts->attempts, SUMMARY_KINDS_MAX + 10);
	ck_assert_uint_eq(counts->successes, 0);
}
END_TEST

START_TEST(late_attempts_are_counted)
{
	const struct summary_counts *counts = summary_counts(summary);
	static const uint64_t late_us[] = {0, 50, 3000, 1};

	for (int i = 0; i < COUNT_OF(late_us); i++) {
		attempt.late_us = late_us[i];
		add_success();
	}
	ck_assert_uint_eq(counts->late, 3);
	ck_assert_uint_eq(counts->late_max_us, 3000);
}
END_TEST

START_TEST(only_successes_have_latencies)
{
	add_failure(STATUS_REFUSED, "connect");
	ck_assert(add(STATUS_GREETED, "", 200));
	ck_assert(add(STATUS_GREETED, "", 300));
	ck_assert_uint_eq(latencies_count(summary_latencies(summary)), 2);
	ck_assert_uint_eq(latencies_percentile(summary_latencies(summary), 0), 200);
	ck_assert_uint_eq(latencies_percentile(summary_latencies(summary), 1000), 300);
}
END_TEST

START_TEST(outages_are_found)
{
	struct outage list[OUTAGES_LISTED_MAX];

	attempt.began_ms = 70000;
	add_success();
	add_failure(STATUS_REFUSED, "connect");
	add_failure(STATUS_SILENT, "read");
	add_success();
	add_failure(STATUS_REFUSED, "connect");
	summary_end(summary, attempt.began_us + 500000, attempt.began_ms + 500);
	ck_assert_uint_eq(outages_list(summary_outages(summary), list), 2);
	ck_assert_uint_eq(list[0].from_ms, 71000);
	ck_assert_uint_eq(list[0].to_ms, 73000);
	ck_assert_uint_eq(list[0].length_us, 2000000);
	ck_assert_uint_eq(list[0].attempts, 2);
	ck_assert(list[0].is_over);
	ck_assert_uint_eq(list[1].from_ms, 74000);
	ck_assert_uint_eq(list[1].to_ms, 75500);
	ck_assert_uint_eq(list[1].length_us, 1500000);
	ck_assert(!list[1].is_over);
}
END_TEST

START_TEST(failures_of_several_targets_are_no_outage)
{
	summary_free(summary);
	summary = summary_new(false, false);
	ck_assert_ptr_nonnull(summary);
	add_failure(STATUS_REFUSED, "connect");
	add_success();
	summary_end(summary, attempt.began_us, attempt.began_ms);
	ck_assert_uint_eq(outages_count(summary_outages(summary)), 0);
	ck_assert_uint_eq(summary_counts(summary)->attempts, 2);
}
END_TEST

/* Each digit is the status of an attempt. The stage alternates: it must not matter. */
static const struct {
	const char *statuses;
	enum status of_all, of_any;
} runs[] = {
	{"", STATUS_INTERNAL, STATUS_INTERNAL},
	{"0", STATUS_GREETED, STATUS_GREETED},
	{"000", STATUS_GREETED, STATUS_GREETED},
	{"040", STATUS_REFUSED, STATUS_GREETED},
	{"4", STATUS_REFUSED, STATUS_REFUSED},
	{"47", STATUS_REFUSED, STATUS_REFUSED},
	{"74", STATUS_SILENT, STATUS_SILENT},
	{"7440", STATUS_REFUSED, STATUS_GREETED},
	{"65544666", STATUS_BROKEN, STATUS_BROKEN},
	{"877887", STATUS_UNEXPECTED, STATUS_UNEXPECTED},
	{"87787", STATUS_SILENT, STATUS_SILENT},
	{"1", STATUS_INTERNAL, STATUS_INTERNAL},
};

START_TEST(status_is_that_of_most_failures)
{
	static const char *const stages[] = {"connect", "read"};
	const char *statuses = runs[_i].statuses;

	for (int i = 0; statuses[i]; i++)
		if (statuses[i] == '0')
			add_success();
		else
			add_failure((enum status)(statuses[i] - '0'), stages[i % 2]);
	ck_assert_int_eq(summary_status(summary, false), runs[_i].of_all);
	ck_assert_int_eq(summary_status(summary, true), runs[_i].of_any);
}
END_TEST

START_TEST(no_memory_for_a_latency_is_told)
{
	bool is_added;

	memory_grants = 0;
	is_added = add(STATUS_GREETED, "", 100);
	memory_grants = -1;
	ck_assert(!is_added);
	ck_assert_uint_eq(summary_counts(summary)->successes, 1);
	ck_assert_uint_eq(latencies_count(summary_latencies(summary)), 0);
}
END_TEST

START_TEST(no_memory_for_any_is_told)
{
	for (int grants = 0; grants < 4; grants++) {
		struct summary *none;
		memory_grants = grants;
		none = summary_new(true, true);
		memory_grants = -1;
		ck_assert_ptr_null(none);
	}
	summary_free(NULL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("summary");
	TCase *counting = suite_case(suite, "counting"), *status = suite_case(suite, "status");
	TCase *memory = suite_case(suite, "memory");

	tcase_add_checked_fixture(counting, setup, teardown);
	tcase_add_test(counting, failures_are_counted_by_stage_and_status);
	tcase_add_test(counting, more_kinds_than_there_are_do_no_harm);
	tcase_add_test(counting, late_attempts_are_counted);
	tcase_add_test(counting, only_successes_have_latencies);
	tcase_add_test(counting, outages_are_found);
	tcase_add_test(counting, failures_of_several_targets_are_no_outage);
	tcase_add_checked_fixture(status, setup, teardown);
	tcase_add_loop_test(status, status_is_that_of_most_failures, 0, COUNT_OF(runs));
	tcase_add_checked_fixture(memory, setup, teardown);
	tcase_add_test(memory, no_memory_for_a_latency_is_told);
	tcase_add_test(memory, no_memory_for_any_is_told);
	return suite_run(suite);
}
