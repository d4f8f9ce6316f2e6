/* SPDX-License-Identifier: ISC */
/* check_summarytext: what people and machines are told of many attempts. */
#include "client/summarytext.h"

#include <stdio.h>
#include <string.h>

#include "client/latencies.h"
#include "client/outages.h"
#include "client/result.h"
#include "client/summary.h"
#include "lib/suite.h"

/* 2026-11-27T12:00:00.123Z */
#define NOON_MS (UINT64_C(1795780800123))

static struct summary *summary;
static struct summary_attempt attempt; /* the next one */
static struct summarytext_facts facts;
static char text[SUMMARYTEXT_MAX];

static void setup(void)
{
	summary = summary_new(true, true);
	ck_assert_ptr_nonnull(summary);
	attempt.began_ms = NOON_MS;
}

static void teardown(void)
{
	summary_free(summary);
}

/* Adds an attempt that began a second after the one before. */
static void add(enum status status, const char *stage, uint64_t end_us)
{
	struct probe_result result = {.status = status, .stage = stage, .times.end = end_us};

	if (!summary_add(summary, &attempt, &result))
		ck_abort_msg("no memory");
	attempt.number++;
	attempt.began_us += 1000000;
	attempt.began_ms += 1000;
	attempt.late_us = 0;
}

/* Ends the run, and asserts what is written about it. */
static void assert_text(const char *expected)
{
	summary_end(summary, attempt.began_us, attempt.began_ms);
	ck_assert_uint_eq(summarytext_write(summary, text), strlen(expected));
	ck_assert_str_eq(text, expected);
}

static void assert_json(enum status status, const char *expected)
{
	summary_end(summary, attempt.began_us, attempt.began_ms);
	ck_assert_uint_eq(summarytext_write_json(summary, &facts, status, text), strlen(expected));
	ck_assert_str_eq(text, expected);
}

static void assert_has(const char *part)
{
	ck_assert_msg(strstr(text, part) != NULL, "'%s' is not in:\n%s", part, text);
}

START_TEST(no_attempt)
{
	assert_text("0 attempts, 0 successes, 0 failures\n");
}
END_TEST

START_TEST(one_success)
{
	add(STATUS_GREETED, "", 85);
	assert_text("1 attempt, 1 success, 0 failures\n"
		    "0.085 ms min, 0.085 ms median, 0.085 ms p95, 0.085 ms p99, 0.085 ms max\n");
}
END_TEST

START_TEST(one_failure)
{
	add(STATUS_REFUSED, "connect", 85);
	assert_text("1 attempt, 0 successes, 1 failure: 1 connect (exit status 4)\n"
		    "outage since 2026-11-27T12:00:00.123Z, not over (1.0 s, 1 attempt)\n");
}
END_TEST

/* Adds two successes, three failures of two kinds, and a late success. */
static void add_some(void)
{
	add(STATUS_GREETED, "", 200);
	add(STATUS_GREETED, "", 300);
	add(STATUS_REFUSED, "connect", 100);
	add(STATUS_SILENT, "read", 100);
	add(STATUS_REFUSED, "connect", 100);
	attempt.late_us = 3249999;
	add(STATUS_GREETED, "", 400);
}

START_TEST(some_of_each)
{
	add_some();
	assert_text("6 attempts, 3 successes, 3 failures: 2 connect (exit status 4), "
		    "1 read (exit status 7); 1 began late, by up to 3.2 s\n"
		    "outage from 2026-11-27T12:00:02.123Z to 2026-11-27T12:00:05.123Z "
		    "(3.0 s, 3 attempts)\n"
		    "0.200 ms min, 0.300 ms median, 0.400 ms p95, 0.400 ms p99, 0.400 ms max\n");
}
END_TEST

START_TEST(several_outages_have_a_sum)
{
	add(STATUS_REFUSED, "connect", 100);
	add(STATUS_GREETED, "", 400);
	add(STATUS_REFUSED, "connect", 100);
	summary_end(summary, attempt.began_us, attempt.began_ms);
	summarytext_write(summary, text);
	assert_has("\n2 outages, 2.0 s in all\n"
		   "outage from 2026-11-27T12:00:00.123Z to 2026-11-27T12:00:01.123Z "
		   "(1.0 s, 1 attempt)\n"
		   "outage since 2026-11-27T12:00:02.123Z, not over (1.0 s, 1 attempt)\n");
}
END_TEST

START_TEST(many_outages_are_not_all_listed)
{
	for (int i = 0; i < OUTAGES_LISTED_MAX + 5; i++) {
		add(STATUS_REFUSED, "connect", 100);
		add(STATUS_GREETED, "", 400);
	}
	summary_end(summary, attempt.began_us, attempt.began_ms);
	summarytext_write(summary, text);
	assert_has("\n25 outages, 25.0 s in all\n");
	assert_has("from 2026-11-27T12:00:18.123Z to 2026-11-27T12:00:19.123Z (1.0 s, 1 attempt)\n"
		   "5 more outages\n"
		   "outage from 2026-11-27T12:00:30.123Z to 2026-11-27T12:00:31.123Z ");
	assert_has("outage from 2026-11-27T12:00:48.123Z ");
}
END_TEST

static const struct {
	uint64_t us;
	const char *text;
} times[] = {
	{0, "0.000 ms"},
	{1, "0.001 ms"},
	{9999, "9.999 ms"},
	{10000, "10.0 ms"},
	{10049, "10.0 ms"},
	{10050, "10.1 ms"},
	{999949, "999.9 ms"},
	{999950, "1.0 s"},
	{1049999, "1.0 s"},
	{1050000, "1.1 s"},
	{59999999, "60.0 s"},
	{3600000000, "3600.0 s"},
	{UINT64_MAX, "18446744073709.6 s"},
};

START_TEST(time_has_a_unit_that_fits)
{
	char part[64];

	add(STATUS_GREETED, "", times[_i].us);
	summarytext_write(summary, text);
	snprintf(part, sizeof part, "\n%s min, ", times[_i].text);
	assert_has(part);
}
END_TEST

/* Adds successes until percentiles are not exact. */
static void add_very_many(void)
{
	for (int i = 0; i <= LATENCIES_EXACT_MAX_BOUNDED; i++)
		add(STATUS_GREETED, "", 1000);
}

START_TEST(what_is_not_exact_says_so)
{
	add_very_many();
	summarytext_write(summary, text);
	assert_has(" 1.000 ms max (min and max are exact, the others approximate, within 0.4 %)\n");
	summarytext_write_json(summary, &facts, STATUS_GREETED, text);
	assert_has("\"exact\":false");
}
END_TEST

START_TEST(json_without_an_attempt)
{
	assert_json(
		STATUS_INTERNAL,
		"{\"schema\":1,\"type\":\"summary\",\"attempts\":0,\"successes\":0,"
		"\"failures\":0,\"failures_by_stage\":{\"resolve\":0,\"connect\":0,"
		"\"read\":0,\"ask\":0,\"expect\":0,\"start\":0},\"late\":0,"
		"\"late_max_us\":0,\"outages\":0,\"outage_us\":0,\"outages_listed\":[],"
		"\"min_us\":null,\"median_us\":null,\"p95_us\":null,\"p99_us\":null,"
		"\"max_us\":null,\"exact\":true,\"blocked_us\":0,\"talk_first\":null,\"status\":1}\n");
}
END_TEST

START_TEST(json_of_some_of_each)
{
	const struct talk talk = {.without = 2, .reset = 1};

	add_some();
	add(STATUS_INTERNAL, "start", 100);
	facts = (struct summarytext_facts){.talk = &talk, .blocked_us = 60000};
	assert_json(
		STATUS_REFUSED,
		"{\"schema\":1,\"type\":\"summary\",\"attempts\":7,\"successes\":3,"
		"\"failures\":4,\"failures_by_stage\":{\"resolve\":0,\"connect\":2,"
		"\"read\":1,\"ask\":0,\"expect\":0,\"start\":1},\"late\":1,"
		"\"late_max_us\":3249999,\"outages\":2,\"outage_us\":4000000,"
		"\"outages_listed\":[{\"from\":\"2026-11-27T12:00:02.123Z\","
		"\"to\":\"2026-11-27T12:00:05.123Z\",\"attempts\":3},"
		"{\"from\":\"2026-11-27T12:00:06.123Z\",\"to\":null,\"attempts\":1}],"
		"\"min_us\":200,\"median_us\":300,\"p95_us\":400,\"p99_us\":400,"
		"\"max_us\":400,\"exact\":true,\"blocked_us\":60000,\"talk_first\":{\"without\":2,\"reset\":1},\"status\":4}\n");
}
END_TEST

/* Makes the longest texts that there are: all kinds, all outages, and great numbers. */
START_TEST(longest_texts_fit)
{
	attempt.began_us = UINT64_MAX / 2;
	attempt.late_us = facts.blocked_us = UINT64_MAX;
	for (int i = 0; i < SUMMARY_KINDS_MAX; i++) {
		add((enum status)(i + 200), "resolve", 100);
		add(STATUS_GREETED, "", UINT64_MAX);
	}
	summary_end(summary, attempt.began_us, attempt.began_ms);
	ck_assert_uint_lt(summarytext_write(summary, text), SUMMARYTEXT_MAX * 3 / 4);
	assert_has("18446744073709.6 s max\n");
	ck_assert_uint_lt(summarytext_write_json(summary, &facts, STATUS_REFUSED, text),
			  SUMMARYTEXT_MAX * 3 / 4);
	assert_has(",\"status\":4}\n");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("summarytext");
	TCase *lines = suite_case(suite, "lines"), *json = suite_case(suite, "json");

	tcase_add_checked_fixture(lines, setup, teardown);
	tcase_add_test(lines, no_attempt);
	tcase_add_test(lines, one_success);
	tcase_add_test(lines, one_failure);
	tcase_add_test(lines, some_of_each);
	tcase_add_test(lines, several_outages_have_a_sum);
	tcase_add_test(lines, many_outages_are_not_all_listed);
	tcase_add_loop_test(lines, time_has_a_unit_that_fits, 0, COUNT_OF(times));
	tcase_add_test(lines, what_is_not_exact_says_so);
	tcase_add_checked_fixture(json, setup, teardown);
	tcase_add_test(json, json_without_an_attempt);
	tcase_add_test(json, json_of_some_of_each);
	tcase_add_test(json, longest_texts_fit);
	return suite_run(suite);
}
