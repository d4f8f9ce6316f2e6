/* SPDX-License-Identifier: ISC */
/* check_logtimer: held lines are written by the loop, a moment later, and at the end. */
#include "daemon/tell/logtimer.h"

#include <stdbool.h>
#include <unistd.h>

#include "base/log.h"
#include "base/loop.h"
#include "lib/capture.h"
#include "lib/peers.h"
#include "lib/suite.h"

static struct event_base *base;
static struct logtimer *logtimer;

static void setup(void)
{
	base = loop_new();
	ck_assert_ptr_nonnull(base);
	capture(STDERR_FILENO);
	log_open("test", LOG_LEVEL_INFO);
	logtimer = logtimer_new(base);
	ck_assert_ptr_nonnull(logtimer);
	log_info("first");
	log_frequent(LOG_LEVEL_INFO, NULL, NULL, "second", false);
}

static void teardown(void)
{
	logtimer_free(logtimer);
	loop_free(base);
}

static bool holds(void *lines)
{
	return occurrences(captured(STDERR_FILENO), lines) == 1;
}

START_TEST(loop_writes_what_is_held)
{
	char both[] = "first\nsecond\n", all[] = "first\nsecond\nthird\n";

	ck_assert(run_until(base, holds, both, PATIENCE_MS));
	log_frequent(LOG_LEVEL_INFO, NULL, NULL, "third", false);
	ck_assert(run_until(base, holds, all, PATIENCE_MS));
}
END_TEST

START_TEST(end_writes_what_is_held)
{
	logtimer_free(logtimer);
	logtimer = NULL;
	ck_assert_str_eq(captured(STDERR_FILENO), "first\nsecond\n");
	log_frequent(LOG_LEVEL_INFO, NULL, NULL, "third", false);
	ck_assert_str_eq(captured(STDERR_FILENO), "first\nsecond\nthird\n");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("logtimer");
	TCase *lines = suite_case(suite, "lines");

	tcase_add_checked_fixture(lines, setup, teardown);
	tcase_add_test(lines, loop_writes_what_is_held);
	tcase_add_test(lines, end_writes_what_is_held);
	return suite_run(suite);
}
