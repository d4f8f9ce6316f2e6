/* SPDX-License-Identifier: ISC */
/* check_series: when the attempts of a series begin, and when it is over. */
#include "client/series.h"

#include <limits.h>

#include "base/addresslist.h"
#include "lib/capture.h"
#include "lib/memory.h"
#include "lib/peers.h"
#include "lib/scarce.h"
#include "lib/suite.h"
#include "series_run.h"
#include "stage.h"

START_TEST(attempts_are_told_as_they_end)
{
	request.parallel = 2;
	stage_scripts[0].ms = 15;
	stage_scripts[2].end = STATUS_REFUSED;
	run();
	ck_assert_uint_eq(ended, 4);
	ck_assert_uint_eq(told[0].serial, 2);
	ck_assert_uint_eq(told[1].serial, 1);
	ck_assert_str_eq(told[1].reason, "attempt 1");
	ck_assert_uint_eq(told[2].serial, 3);
	ck_assert_int_eq(told[2].status, STATUS_REFUSED);
	ck_assert_uint_eq(told[2].began_ms, told[1].began_ms + 10);
	STARTED_AT(0, 0, 10, 15);
	assert_told_nothing();
}
END_TEST

START_TEST(so_many_are_under_way)
{
	request.parallel = 7;
	request.count = 100;
	options.interval = _i ? OPTIONS_UNSET : 0;
	for (int i = 0; i < 100; i++)
		stage_scripts[i].ms = 1 + i * 37 % 50;
	start();
	while (stage_started < 100) {
		stage_step();
		ck_assert_uint_eq(stage_under_way, 7);
		ck_assert_uint_eq(series_under_way(series), 7);
	}
	run_to(STAGE_ATTEMPTS_MAX);
	ck_assert_uint_eq(ended, 100);
	for (size_t i = 0; i < 100; i++)
		ck_assert_uint_eq(stage_seen[i].serial, i + 1);
	ck_assert_uint_eq(stage_most_at_once, 7);
}
END_TEST

/* It has no room for more: nobody has memory for so many. */
START_TEST(no_more_than_there_are_may_be_under_way)
{
	request.parallel = UINT_MAX;
	run();
	ck_assert_uint_eq(stage_most_at_once, 4);
}
END_TEST

START_TEST(clock_is_kept_whatever_each_takes)
{
	options.interval = 1000;
	stage_scripts[0].ms = 999;
	stage_scripts[1].ms = 0;
	stage_scripts[2].ms = 500;
	run();
	STARTED_AT(0, 1000, 2000, 3000);
	WERE_LATE(0, 0, 0, 0);
}
END_TEST

/* With room for it, the next begins in time, though the others are not over. */
START_TEST(clock_is_kept_by_several)
{
	options.interval = 50;
	request.parallel = 3;
	request.count = 6;
	for (int i = 0; i < 6; i++)
		stage_scripts[i].ms = 120;
	run();
	STARTED_AT(0, 50, 100, 150, 200, 250);
	WERE_LATE(0, 0, 0, 0, 0, 0);
	ck_assert_uint_eq(stage_most_at_once, 3);
}
END_TEST

START_TEST(slow_server_makes_the_next_late)
{
	options.interval = 50;
	for (int i = 0; i < 4; i++)
		stage_scripts[i].ms = 120;
	run();
	STARTED_AT(0, 120, 240, 360);
	WERE_LATE(0, 70, 90, 110); /* they were due at 50, 150 and 250 */
}
END_TEST

/* However many ticks were missed, one attempt is late, and those after it are in time. */
START_TEST(no_burst_follows_a_stall)
{
	options.interval = 100;
	request.parallel = 10;
	request.count = 6;
	start();
	run_to(3);
	stage_stall(5050);
	run_to(STAGE_ATTEMPTS_MAX);
	STARTED_AT(0, 100, 200, 5250, 5300, 5400);
	WERE_LATE(0, 0, 0, 4950, 0, 0);
}
END_TEST

static const struct {
	uint64_t interval, stall;
	bool is_told;
} delays[] = {
	{1000, 49, false}, {1000, 51, true}, {20, 19, false}, {20, 21, true}, {60000, 51, true},
};

START_TEST(little_is_not_late)
{
	uint64_t interval = delays[_i].interval, stall = delays[_i].stall;

	options.interval = interval;
	for (int i = 0; i < 4; i++)
		stage_scripts[i].ms = 0;
	start();
	run_to(1);
	stage_stall(interval + stall);
	run_to(STAGE_ATTEMPTS_MAX);
	WERE_LATE(0, delays[_i].is_told ? stall : 0);
	ck_assert_uint_eq(stage_seen[1].at_ms, interval + stall);
	ck_assert_uint_eq(stage_seen[2].at_ms, (1 + stall / interval) * interval + interval);
}
END_TEST

START_TEST(without_a_clock_nothing_is_late)
{
	options.interval = _i ? OPTIONS_UNSET : 0;
	start();
	run_to(2);
	stage_stall(10000);
	run_to(STAGE_ATTEMPTS_MAX);
	WERE_LATE(0, 0, 0, 0);
}
END_TEST

/* Unless an interval is wanted, be it none. */
START_TEST(elsewhere_100_begin_each_second)
{
	static const uint64_t intervals[] = {OPTIONS_UNSET, 0, 5};
	static const uint64_t last[] = {490, 0, 245};

	set_target("192.0.2.1");
	options.interval = intervals[_i];
	request.count = request.parallel = 50;
	run();
	ck_assert_uint_eq(stage_seen[49].at_ms, last[_i]);
	WERE_LATE(0, 0);
}
END_TEST

START_TEST(stall_elsewhere_is_not_made_up_for)
{
	set_target("192.0.2.1");
	options.interval = OPTIONS_UNSET;
	request.parallel = 50;
	start();
	run_to(2);
	stage_stall(1000);
	run_to(STAGE_ATTEMPTS_MAX);
	STARTED_AT(0, 10, 1010, 1020);
	WERE_LATE(0, 0, 0, 0);
}
END_TEST

START_TEST(without_end_it_goes_on_until_it_is_stopped)
{
	request.count = 0;
	request.parallel = 5;
	stop_after = 200;
	start();
	run_to(STAGE_ATTEMPTS_MAX);
	ck_assert_uint_eq(ended, 200);
	ck_assert_uint_eq(overs, 1);
	ck_assert_uint_eq(series_under_way(series), 4); /* dropped, and not told */
	ck_assert(!stage_waits());
	series_stop(series);
	ck_assert_uint_eq(overs, 1);
}
END_TEST

START_TEST(it_may_be_stopped_before_it_begins)
{
	start();
	series_stop(series);
	ck_assert_uint_eq(overs, 1);
	ck_assert(!stage_waits());
	ck_assert_uint_eq(stage_started + ended, 0);
}
END_TEST

START_TEST(it_may_be_stopped_in_a_pause)
{
	options.interval = 1000;
	start();
	while (ended == 0)
		stage_step();
	ck_assert(stage_waits());
	series_stop(series);
	ck_assert(!stage_waits());
	ck_assert_uint_eq(overs, 1);
}
END_TEST

START_TEST(it_may_be_stopped_by_the_last)
{
	stop_after = 4;
	run();
}
END_TEST

START_TEST(free_drops_what_is_under_way)
{
	request.parallel = 3;
	start();
	run_to(3);
	ck_assert_uint_eq(stage_under_way, 3);
	series_free(series);
	series = NULL;
	ck_assert_uint_eq(ended + overs, 0);
	series_free(NULL);
	series_stop(NULL);
}
END_TEST

/* Each address is tried by an attempt of its own, at once, and nothing is looked up. */
START_TEST(each_address_has_its_attempt)
{
	struct addresslist each = {.count = 5};

	set_target("server.example");
	options.interval = OPTIONS_UNSET;
	for (uint8_t i = 0; i < each.count; i++) {
		each.all[i] = loopback(AF_INET, 80);
		each.all[i].ipv4.sin_addr.s_addr = htonl(UINT32_C(0xC0000200) + i);
	}
	request.each = &each;
	request.count = request.parallel = 5;
	stage_scripts[1].end = STATUS_REFUSED;
	run();
	STARTED_AT(0, 0, 0, 0, 0);
	for (uint8_t i = 0; i < each.count; i++) {
		ck_assert_uint_eq(stage_seen[i].addresses, 1);
		ck_assert_uint_eq(stage_seen[i].first, i);
		ck_assert(!stage_seen[i].looks_up);
	}
}
END_TEST

static void assert_lack(size_t i)
{
	ck_assert_int_eq(told[i].status, STATUS_INTERNAL);
	ck_assert_str_eq(told[i].stage, "start");
	ck_assert_str_eq(told[i].reason, "out of memory");
}

/* It is told, and tried again a moment later: neither at once, nor by a call within a call. */
START_TEST(want_of_memory_is_told_and_waited_out)
{
	request.count = 200;
	request.parallel = _i ? 10 : 1;
	for (int i = 0; i < 200; i++)
		stage_scripts[i].end = STAGE_NO_MEMORY;
	run();
	for (size_t i = 0; i < 200; i++) {
		assert_lack(i);
		ck_assert_uint_eq(stage_seen[i].at_ms, 50 * i);
	}
	ck_assert_uint_eq(stage_depth, 1);
	ck_assert_uint_eq(stage_under_way, 0);
}
END_TEST

START_TEST(want_of_memory_does_not_change_the_clock)
{
	options.interval = _i ? 20 : 1000;
	stage_scripts[1].end = STAGE_NO_MEMORY;
	run();
	assert_lack(1);
	if (_i) {
		STARTED_AT(0, 20, 70, 80);
		WERE_LATE(0, 0, 30, 0);
	} else {
		STARTED_AT(0, 1000, 2000, 3000);
		WERE_LATE(0, 0, 0, 0);
	}
}
END_TEST

START_TEST(others_go_on_while_there_is_no_memory_for_one)
{
	request.parallel = 2;
	stage_scripts[0].ms = 1000;
	stage_scripts[1].end = STAGE_NO_MEMORY;
	run();
	STARTED_AT(0, 0, 50, 60);
}
END_TEST

START_TEST(without_memory_there_is_no_series)
{
	if (_i < 2)
		memory_grants = _i;
	else
		grants = 0;
	series = series_start(base, &request);
	memory_grants = grants = -1;
	ck_assert_ptr_null(series);
	ck_assert_uint_eq(overs, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("series");
	TCase *tests = suite_case(suite, "series");

	tcase_add_checked_fixture(tests, series_setup, series_teardown);
	tcase_add_test(tests, attempts_are_told_as_they_end);
	tcase_add_loop_test(tests, so_many_are_under_way, 0, 2);
	tcase_add_test(tests, no_more_than_there_are_may_be_under_way);
	tcase_add_test(tests, clock_is_kept_whatever_each_takes);
	tcase_add_test(tests, clock_is_kept_by_several);
	tcase_add_test(tests, slow_server_makes_the_next_late);
	tcase_add_test(tests, no_burst_follows_a_stall);
	tcase_add_loop_test(tests, little_is_not_late, 0, COUNT_OF(delays));
	tcase_add_loop_test(tests, without_a_clock_nothing_is_late, 0, 2);
	tcase_add_loop_test(tests, elsewhere_100_begin_each_second, 0, 3);
	tcase_add_test(tests, stall_elsewhere_is_not_made_up_for);
	tcase_add_test(tests, without_end_it_goes_on_until_it_is_stopped);
	tcase_add_test(tests, it_may_be_stopped_before_it_begins);
	tcase_add_test(tests, it_may_be_stopped_in_a_pause);
	tcase_add_test(tests, it_may_be_stopped_by_the_last);
	tcase_add_test(tests, free_drops_what_is_under_way);
	tcase_add_test(tests, each_address_has_its_attempt);
	tcase_add_loop_test(tests, want_of_memory_is_told_and_waited_out, 0, 2);
	tcase_add_loop_test(tests, want_of_memory_does_not_change_the_clock, 0, 2);
	tcase_add_test(tests, others_go_on_while_there_is_no_memory_for_one);
	tcase_add_loop_test(tests, without_memory_there_is_no_series, 0, 3);
	return suite_run(suite);
}
