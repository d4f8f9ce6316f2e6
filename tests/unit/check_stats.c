/* SPDX-License-Identifier: ISC */
/* check_stats: each counter is in the log, by its name, as text and in JSON. */
#include "daemon/tell/stats.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "lib/capture.h"
#include "lib/suite.h"

static struct stats stats;

/* Gives each counter a value of its own, from `first` on. */
static void set_all(uint64_t first)
{
#define SET(name, kind, help) stats.name = first++;
	STATS_ALL(SET)
#undef SET
}

static void setup(void)
{
	capture(STDERR_FILENO);
	log_open("haild", LOG_LEVEL_INFO);
}

/* Asserts that the log has each counter once. */
static void assert_all(bool is_json)
{
	char part[80];

#define ASSERT(name, kind, help)                                                                   \
	snprintf(part, sizeof part, is_json ? "\"%s\":%" PRIu64 : " %s=%" PRIu64, #name,           \
		 stats.name);                                                                      \
	ck_assert_int_eq(occurrences(captured(STDERR_FILENO), part), 1);
	STATS_ALL(ASSERT)
#undef ASSERT
	ck_assert_int_eq(occurrences(captured(STDERR_FILENO), "\n"), 1);
}

static void (*const ways[])(const struct stats *) = {stats_log, stats_log_end};
static const char *const words[] = {"counters", "stopped"};

START_TEST(counters_as_text)
{
	char begin[32];

	set_all(100);
	ways[_i](&stats);
	snprintf(begin, sizeof begin, "%s: accepted=100 ", words[_i]);
	ck_assert_int_eq(strncmp(captured(STDERR_FILENO), begin, strlen(begin)), 0);
	assert_all(false);
}
END_TEST

/* Even the greatest values leave room for all. */
static const uint64_t firsts[] = {100, UINT64_MAX - 60};

START_TEST(counters_in_json)
{
	char part[64];

	set_all(firsts[_i / 2]);
	log_set_form(true, false);
	ways[_i % 2](&stats);
	snprintf(part, sizeof part,
		 "\"level\":\"info\",\"message\":\"%s: accepted=", words[_i % 2]);
	assert_told(part);
	snprintf(part, sizeof part, "\"event\":\"%s\",\"accepted\":", words[_i % 2]);
	assert_told(part);
	assert_all(true);
}
END_TEST

START_TEST(only_the_end_can_be_silenced)
{
	log_open("haild", LOG_LEVEL_WARNING);
	stats_log_end(&stats);
	assert_told_nothing();
	stats_log(&stats);
	assert_told("counters: accepted=0 ");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("stats");
	TCase *lines = suite_case(suite, "lines");

	tcase_add_checked_fixture(lines, setup, NULL);
	tcase_add_loop_test(lines, counters_as_text, 0, COUNT_OF(ways));
	tcase_add_loop_test(lines, counters_in_json, 0, 2 * COUNT_OF(firsts));
	tcase_add_test(lines, only_the_end_can_be_silenced);
	return suite_run(suite);
}
