/* SPDX-License-Identifier: ISC */
/* check_stageline: a line names its attempt or server only if there are several, and only -v has
 * it.
 */
#include "client/stageline.h"

#include <string.h>
#include <unistd.h>

#include "base/endpoint.h"
#include "base/log.h"
#include "client/options.h"
#include "lib/capture.h"
#include "lib/suite.h"

static struct endpoint other;
static struct options options;

static void setup(void)
{
	options = (struct options){.others = &other};
	ck_assert_ptr_null(endpoint_parse("db:5432", &options.target));
	capture(STDERR_FILENO);
	log_open("hailto", LOG_LEVEL_DEBUG);
}

START_TEST(only_server_is_not_named)
{
	stageline_log(&options, "read: %d bytes", 14);
	stageline_log(NULL, "connect: %s", "done");
	ck_assert_str_eq(captured(STDERR_FILENO), "read: 14 bytes\nconnect: done\n");
}
END_TEST

START_TEST(each_of_several_is_named)
{
	options.other_count = 1;
	stageline_log(&options, "read: %d bytes", 14);
	ck_assert_str_eq(captured(STDERR_FILENO), "db:5432: read: 14 bytes\n");
}
END_TEST

START_TEST(each_of_many_attempts_is_named)
{
	options.serial = UINT64_MAX;
	stageline_log(&options, "read: %d bytes", 14);
	ck_assert_str_eq(captured(STDERR_FILENO), "18446744073709551615: read: 14 bytes\n");
}
END_TEST

START_TEST(without_v_nothing_is_told)
{
	log_open("hailto", LOG_LEVEL_INFO);
	options.other_count = 1;
	stageline_log(&options, "read: %d bytes", 14);
	assert_told_nothing();
}
END_TEST

START_TEST(long_line_is_cut_and_still_named)
{
	char text[5000];

	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	options.other_count = 1;
	stageline_log(&options, "resolve: %s", text);
	assert_told("db:5432: resolve: xxx");
	ck_assert_int_eq(occurrences(captured(STDERR_FILENO), "\n"), 1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("stageline");
	TCase *tests = suite_case(suite, "stageline");

	tcase_add_checked_fixture(tests, setup, NULL);
	tcase_add_test(tests, only_server_is_not_named);
	tcase_add_test(tests, each_of_several_is_named);
	tcase_add_test(tests, each_of_many_attempts_is_named);
	tcase_add_test(tests, without_v_nothing_is_told);
	tcase_add_test(tests, long_line_is_cut_and_still_named);
	return suite_run(suite);
}
