/* SPDX-License-Identifier: ISC */
/* check_expect: what was heard against what is expected, and what becomes of the result. */
#include "client/expect.h"

#include <stdint.h>
#include <string.h>

#include "client/options.h"
#include "client/probe.h"
#include "lib/suite.h"

static const struct {
	const char *heard, *expect, *prefix;
	enum expect_state state;
} rows[] = {
	{"", NULL, NULL, EXPECT_MET},	    {"Hi", NULL, NULL, EXPECT_MET},
	{"", "Hi", NULL, EXPECT_BEGUN},	    {"H", "Hi", NULL, EXPECT_BEGUN},
	{"Hi", "Hi", NULL, EXPECT_MET},	    {"Hi!", "Hi", NULL, EXPECT_MISSED},
	{"h", "Hi", NULL, EXPECT_MISSED},   {"Ho", "Hi!", NULL, EXPECT_MISSED},
	{"", "", NULL, EXPECT_MET},	    {"H", "", NULL, EXPECT_MISSED},
	{"", NULL, "Hi", EXPECT_BEGUN},	    {"H", NULL, "Hi", EXPECT_BEGUN},
	{"Hi", NULL, "Hi", EXPECT_MET},	    {"Hi!", NULL, "Hi", EXPECT_MET},
	{"Ho", NULL, "Hi!", EXPECT_MISSED}, {"", NULL, "", EXPECT_MET},
	{"H", NULL, "", EXPECT_MET},
};

START_TEST(row)
{
	struct options options = {.expect = rows[_i].expect, .expect_prefix = rows[_i].prefix};

	ck_assert_int_eq(expect_judge(&options, rows[_i].heard, strlen(rows[_i].heard)),
			 rows[_i].state);
}
END_TEST

START_TEST(nothing_needs_no_bytes)
{
	struct options options = {.expect = "Hi"};

	ck_assert_int_eq(expect_judge(&options, NULL, 0), EXPECT_BEGUN);
}
END_TEST

START_TEST(byte_beyond_the_most_tells_whether_it_was_all)
{
	struct options options = {.bytes = 1024};

	ck_assert_uint_eq(expect_room(&options), 1024);
	options.expect_prefix = "x";
	ck_assert_uint_eq(expect_room(&options), 1024);
	options.expect_prefix = NULL;
	options.expect = "x";
	ck_assert_uint_eq(expect_room(&options), 1025);
}
END_TEST

/* How a good result that heard `bytes` is changed. */
static struct probe_result applied(const struct options *options, const char *bytes)
{
	struct probe_result result = {.status = STATUS_GREETED, .stage = ""};

	result.bytes = (char *)(uintptr_t)bytes;
	result.length = strlen(bytes);
	expect_apply(options, &result);
	return result;
}

START_TEST(result_is_changed_for_a_reason)
{
	struct options options = {.bytes = 3};
	struct probe_result result = applied(&options, "Hi");

	ck_assert_int_eq(result.status, STATUS_GREETED);
	ck_assert_int_eq(applied(&options, "").status, STATUS_SILENT);
	ck_assert_str_eq(applied(&options, "").stage, "read");
	options.udp = true;
	ck_assert_str_eq(applied(&options, "").stage, "ask");
	options.zero = true;
	ck_assert_int_eq(applied(&options, "").status, STATUS_GREETED);
}
END_TEST

START_TEST(unexpected_is_cut_and_kept)
{
	struct options options = {.bytes = 3, .expect = "abc"};
	struct probe_result result = applied(&options, "abcd");

	ck_assert_int_eq(result.status, STATUS_UNEXPECTED);
	ck_assert_str_eq(result.stage, "expect");
	ck_assert_uint_eq(result.length, 3);
	ck_assert_int_eq(applied(&options, "abc").status, STATUS_GREETED);
	ck_assert_str_eq(result.reason, "the greeting is not as expected");
	ck_assert_int_eq(applied(&options, "ab").status, STATUS_UNEXPECTED);
	ck_assert_str_eq(applied(&options, "ab").reason,
			 "only the beginning of what is expected came");
	ck_assert_str_eq(applied(&options, "ba").reason, "the greeting is not as expected");
	ck_assert_int_eq(applied(&options, "").status, STATUS_SILENT);
	options.expect = "";
	ck_assert_int_eq(applied(&options, "").status, STATUS_GREETED);
}
END_TEST

START_TEST(failure_stays_what_it_is)
{
	struct options options = {.bytes = 3, .expect = "abc"};
	struct probe_result result = {.status = STATUS_BROKEN, .stage = "read"};

	expect_apply(&options, &result);
	ck_assert_int_eq(result.status, STATUS_BROKEN);
	ck_assert_str_eq(result.stage, "read");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("expect");
	TCase *tests = suite_case(suite, "expect");

	tcase_add_loop_test(tests, row, 0, COUNT_OF(rows));
	tcase_add_test(tests, nothing_needs_no_bytes);
	tcase_add_test(tests, byte_beyond_the_most_tells_whether_it_was_all);
	tcase_add_test(tests, result_is_changed_for_a_reason);
	tcase_add_test(tests, unexpected_is_cut_and_kept);
	tcase_add_test(tests, failure_stays_what_it_is);
	return suite_run(suite);
}
