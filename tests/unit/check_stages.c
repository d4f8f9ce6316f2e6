/* SPDX-License-Identifier: ISC */
/* check_stages: which time each stage has, and whose is over. */
#include "client/stages.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/loop.h"
#include "client/options.h"
#include "lib/peers.h"
#include "lib/suite.h"

static struct event_base *base;
static struct options options;
static struct stages *stages;
static unsigned all_over, stage_over;

static void all_over_cb(void *argument)
{
	ck_assert_ptr_eq(argument, &options);
	all_over++;
}

static void stage_over_cb(void *argument)
{
	ck_assert_ptr_eq(argument, &options);
	stage_over++;
}

/* Begins with that time for all stages, in ms. */
static void begin(uint64_t timeout)
{
	static const struct stages_calls calls = {
		.all_over = all_over_cb,
		.stage_over = stage_over_cb,
		.argument = &options,
	};

	base = loop_new();
	ck_assert_ptr_nonnull(base);
	options.timeout = timeout;
	stages = stages_new(base, &options, &calls);
	ck_assert_ptr_nonnull(stages);
}

static void teardown(void)
{
	stages_free(stages);
	loop_free(base);
}

static bool is_any_over(void *argument)
{
	(void)argument;
	return all_over + stage_over > 0;
}

static bool is_all_over(void *argument)
{
	(void)argument;
	return all_over > 0;
}

START_TEST(time_depends_on_the_stage)
{
	begin(60000);
	options.connect_timeout = 1000;
	options.read_timeout = 2000;
	ck_assert_int_eq(stages_now(stages), STAGE_RESOLVE);
	ck_assert_uint_eq(stages_limit(stages), 0);
	ck_assert(!stages_are_trying(stages));
	stages_enter(stages, STAGE_CONNECT);
	ck_assert_int_eq(stages_now(stages), STAGE_CONNECT);
	ck_assert_uint_eq(stages_limit(stages), 1000);
	ck_assert(stages_are_trying(stages));
	stages_enter(stages, STAGE_ASK);
	ck_assert_uint_eq(stages_limit(stages), 2000);
	ck_assert(stages_are_trying(stages));
	stages_enter(stages, STAGE_READ);
	ck_assert_uint_eq(stages_limit(stages), 2000);
	ck_assert(!stages_are_trying(stages));
	stages_enter(stages, STAGE_LEAVE);
	ck_assert_uint_eq(stages_limit(stages), 0);
}
END_TEST

START_TEST(stage_may_be_over_first)
{
	begin(60000);
	options.connect_timeout = 20;
	stages_enter(stages, STAGE_CONNECT);
	ck_assert(run_until(base, is_any_over, NULL, PATIENCE_MS));
	ck_assert_uint_eq(stage_over, 1);
	ck_assert_uint_eq(all_over, 0);
	ck_assert(stages_ms(stages) >= 15);
}
END_TEST

/* A stage without a time of its own, and one whose time is longer; that of the stage before is
 * gone. */
START_TEST(all_may_be_over_first)
{
	begin(100);
	options.connect_timeout = 50;
	options.read_timeout = _i == 0 ? 0 : 60000;
	stages_enter(stages, STAGE_CONNECT);
	stages_enter(stages, STAGE_READ);
	ck_assert(run_until(base, is_all_over, NULL, PATIENCE_MS));
	ck_assert_uint_eq(stage_over, 0);
}
END_TEST

START_TEST(renewed_time_counts_anew)
{
	uint64_t began_ms;

	begin(60000);
	options.connect_timeout = 30;
	stages_enter(stages, STAGE_CONNECT);
	ck_assert(run_until(base, is_any_over, NULL, PATIENCE_MS));
	stage_over = 0;
	began_ms = clock_ms();
	stages_renew(stages);
	ck_assert(run_until(base, is_any_over, NULL, PATIENCE_MS));
	ck_assert_uint_ge(clock_ms() - began_ms, 25);
	ck_assert_uint_eq(stage_over, 1);
}
END_TEST

START_TEST(nothing_is_over_after_a_stop)
{
	begin(20);
	options.connect_timeout = 10;
	stages_enter(stages, STAGE_CONNECT);
	stages_stop(stages);
	run_for(base, 50);
	ck_assert_uint_eq(all_over + stage_over, 0);
}
END_TEST

START_TEST(stage_after_the_end_began_late)
{
	begin(10);
	ck_assert(run_until(base, is_all_over, NULL, PATIENCE_MS));
	ck_assert(!stages_began_late(stages));
	run_for(base, 20); /* timers may be early by a millisecond */
	stages_enter(stages, STAGE_READ);
	ck_assert(stages_began_late(stages));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("stages");
	TCase *all = suite_case(suite, "stages");

	tcase_add_checked_fixture(all, NULL, teardown);
	tcase_add_test(all, time_depends_on_the_stage);
	tcase_add_test(all, stage_may_be_over_first);
	tcase_add_loop_test(all, all_may_be_over_first, 0, 2);
	tcase_add_test(all, renewed_time_counts_anew);
	tcase_add_test(all, nothing_is_over_after_a_stop);
	tcase_add_test(all, stage_after_the_end_began_late);
	return suite_run(suite);
}
