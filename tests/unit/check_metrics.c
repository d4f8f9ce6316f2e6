/* SPDX-License-Identifier: ISC */
/* check_metrics: the counters as Prometheus wants them, and what promtool does not notice. */
#include "daemon/tell/metrics.h"

#include <config.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/tell/stats.h"
#include "lib/suite.h"

static struct stats stats;
static struct metrics_facts facts;
static char text[METRICS_TEXT_MAX + 1];

static void setup(void)
{
	memset(&stats, 0, sizeof stats);
	facts = (struct metrics_facts){.stats = &stats,
				       .room = 1000,
				       .start_ms = 1795812345678,
				       .libevent = "2.1.12"};
}

static void render(void)
{
	memset(text, 'x', sizeof text);
	text[metrics_render(&facts, text)] = '\0';
}

/* Asserts that the text has that line. */
static void assert_line(const char *line)
{
	char wanted[256];

	snprintf(wanted, sizeof wanted, "\n%s\n", line);
	ck_assert_msg(strstr(text, wanted) != NULL, "no '%s' in\n%s", line, text);
}

/* How often the text has that. */
static int count(const char *part)
{
	int count = 0;

	for (const char *at = text; (at = strstr(at, part)); at += strlen(part))
		count++;
	return count;
}

/* Returns the value of the line that begins so. */
static uint64_t value_of(const char *name)
{
	char wanted[256];
	const char *at;

	snprintf(wanted, sizeof wanted, "\n%s ", name);
	at = strstr(text, wanted);
	ck_assert_msg(at != NULL, "no %s", name);
	return strtoull(at + strlen(wanted), NULL, 10);
}

/* The counters by the index that each has in the order of the log. */
#define NAME(name, kind, help) #name,
#define KIND(name, kind, help) STATS_##kind,
static const char *const names[] = {STATS_ALL(NAME)};
static const enum stats_kind kinds[] = {STATS_ALL(KIND)};

/* Each counter shows where it should, and nowhere else: its value is its own. */
START_TEST(counter_is_there)
{
	uint64_t value = 4000000001 + (uint64_t)_i;
	char shown[128];

	stats.accepted = 5000000000; /* of which the others are a part */
	stats.open = 1;
	memcpy((char *)&stats + (size_t)_i * sizeof value, &value, sizeof value);
	render();
	snprintf(shown, sizeof shown,
		 kinds[_i] == STATS_ENDING ? "{reason=\"%s\"} %" PRIu64 "\n" : "%.0s %" PRIu64 "\n",
		 names[_i], value);
	ck_assert_msg(count(shown) == 1, "%d times '%s' in\n%s", count(shown), shown, text);
	ck_assert_ptr_null(strstr(text, "(null)"));
}
END_TEST

/* Asserts that a line of a sample belongs to the metric whose help and type came last. */
static void assert_of(const char *line, const char *metric)
{
	size_t length = strlen(metric);
	const char *after = line + length;

	ck_assert_msg(strncmp(line, metric, length) == 0, "'%.60s' below %s", line, metric);
	if (strcmp(metric, "haild_connection_duration_seconds") == 0)
		ck_assert(*after == '_');
	else
		ck_assert(*after == ' ' || *after == '{');
}

/* Each metric has its help, then its type, then its samples, and comes once. */
START_TEST(text_is_well_formed)
{
	char metric[128] = "", type[16] = "", seen[4096] = "", own[160];
	const char *line = text;

	render();
	ck_assert_ptr_null(strchr(text, '\r'));
	ck_assert_int_eq(text[strlen(text) - 1], '\n');
	while (*line) {
		if (strncmp(line, "# HELP ", 7) == 0) {
			ck_assert_int_eq(sscanf(line, "# HELP %127s", metric), 1);
			snprintf(own, sizeof own, " %s ", metric);
			ck_assert_msg(strstr(seen, own) == NULL, "%s comes twice", metric);
			strcat(seen, own);
			line = strchr(line, '\n') + 1;
			ck_assert_int_eq(sscanf(line, "# TYPE %127s %15s", own, type), 2);
			ck_assert_str_eq(own, metric);
			ck_assert((strcmp(type, "counter") == 0) ==
				  (strlen(metric) > 6 &&
				   strcmp(metric + strlen(metric) - 6, "_total") == 0));
		} else {
			assert_of(line, metric);
		}
		line = strchr(line, '\n') + 1;
	}
	ck_assert_ptr_eq(strstr(text,
				"# HELP haild_connections_accepted_total Connections accepted.\n"),
			 text);
}
END_TEST

/* Connections that ended well are those that are neither open nor ended otherwise. */
START_TEST(endings_add_up)
{
	stats = (struct stats){.accepted = 100,
			       .open = 3,
			       .left = 1,
			       .reset = 2,
			       .failed = 4,
			       .stopped = 5,
			       .evicted = 6,
			       .flooded = 7,
			       .timed_out_linger = 8,
			       .timed_out_greeting = 9,
			       .reset_greeting = 10,
			       .header_left = 11,
			       .header_missing = 12,
			       .header_bad = 13,
			       .distrusted = 1,
			       .denied = 1,
			       .too_many = 1,
			       .too_often = 1,
			       .refused_open = 1,
			       .proxied = 80,
			       .proxied_local = 9};
	render();
	assert_line("haild_connections_ended_total{reason=\"done\"} 6");
	assert_line("haild_connections_ended_total{reason=\"timed_out_linger\"} 8");
	ck_assert_int_eq(count("haild_connections_ended_total{"), 17);
}
END_TEST

/* Lives, and the first bucket that has them; its number is the last one's if none has. */
static const struct {
	uint32_t ms;
	unsigned bucket;
} lives[] = {
	{0, 0},	     {10, 0},	  {11, 1},	  {20, 1},	    {40, 1},	{50, 1},
	{51, 2},     {100, 2},	  {5000, 7},	  {5001, 8},	    {30000, 9}, {30001, 10},
	{60000, 10}, {60001, 11}, {86400000, 11}, {UINT32_MAX, 11},
};

START_TEST(life_is_in_its_bucket)
{
	stats_count_usual_life(&stats, lives[_i].ms);
	for (unsigned i = 0; i <= STATS_LIVES; i++)
		ck_assert_uint_eq(stats.lives[i], i == lives[_i].bucket);
	ck_assert_uint_eq(stats.lives_ms, lives[_i].ms);
}
END_TEST

/* Buckets are cumulative, and the last one is the count. */
START_TEST(histogram_is_consistent)
{
	static const char *const bounds[] = {"0.01", "0.05", "0.1", "0.25", "0.5", "1",
					     "2.5",  "5",    "10",  "30",   "60",  "+Inf"};
	uint64_t before = 0, sum = 0;
	char name[128];

	for (int i = 0; i < COUNT_OF(lives); i++) {
		stats_count_life(&stats, lives[i].ms);
		sum += lives[i].ms;
	}
	render();
	ck_assert_int_eq(COUNT_OF(bounds), STATS_LIVES + 1);
	for (int i = 0; i < COUNT_OF(bounds); i++) {
		uint64_t now;
		snprintf(name, sizeof name, "haild_connection_duration_seconds_bucket{le=\"%s\"}",
			 bounds[i]);
		now = value_of(name);
		ck_assert_uint_eq(now - before, stats.lives[i]);
		before = now;
	}
	ck_assert_uint_eq(before, COUNT_OF(lives));
	ck_assert_uint_eq(value_of("haild_connection_duration_seconds_count"), before);
	snprintf(name, sizeof name, "haild_connection_duration_seconds_sum %" PRIu64 ".%03u",
		 sum / 1000, (unsigned)(sum % 1000));
	assert_line(name);
	ck_assert_int_eq(count("_bucket{"), STATS_LIVES + 1);
}
END_TEST

START_TEST(facts_are_there)
{
	render();
	assert_line("haild_connections_limit 1000");
	assert_line("haild_start_time_seconds 1795812345.678");
	assert_line("haild_draining 0");
	assert_line("haild_ready 0");
	assert_line("haild_build_info{version=\"" PACKAGE_VERSION "\",libevent=\"2.1.12\"} 1");
	facts.is_draining = facts.is_ready = true;
	render();
	assert_line("haild_draining 1");
	assert_line("haild_ready 1");
}
END_TEST

/* The greatest values fit, with room to spare for longer versions. */
START_TEST(greatest_values_fit)
{
	memset(&stats, 0xFF, sizeof stats);
	facts.room = facts.start_ms = UINT64_MAX;
	render();
	ck_assert_uint_lt(strlen(text), METRICS_TEXT_MAX / 2);
	ck_assert_ptr_nonnull(strstr(text, "haild_build_info{"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("metrics");
	TCase *tests = suite_case(suite, "metrics");

	tcase_add_checked_fixture(tests, setup, NULL);
	tcase_add_loop_test(tests, counter_is_there, 0, COUNT_OF(names));
	tcase_add_test(tests, text_is_well_formed);
	tcase_add_test(tests, endings_add_up);
	tcase_add_loop_test(tests, life_is_in_its_bucket, 0, COUNT_OF(lives));
	tcase_add_test(tests, histogram_is_consistent);
	tcase_add_test(tests, facts_are_there);
	tcase_add_test(tests, greatest_values_fit);
	return suite_run(suite);
}
