/* SPDX-License-Identifier: ISC */
/* check_expect: what was heard against what is expected, and what becomes of the result. */
#include "client/expect.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "client/options.h"
#include "client/probe.h"
#include "client/reading.h"
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
	options = (struct options){.bytes = 1024, .zero = true, .steady = true};
	ck_assert_uint_eq(expect_room(&options), 1);
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

static const struct {
	const char *heard, *expect, *reject;
	bool awaits;
} beginnings[] = {
	{"N", NULL, "NO", true},  {"NO", NULL, "NO", false}, {"NA", NULL, "NO", false},
	{"X", NULL, "NO", false}, {"H", "Hi", "NO", true},   {"Hi", "Hi", "NO", false},
	{"H", "Hi", "HO", true},  {"N", "Hi", "NO", true},
};

START_TEST(beginning_awaits_more)
{
	struct options options = {.expect = beginnings[_i].expect,
				  .reject_prefix = beginnings[_i].reject};

	ck_assert_int_eq(expect_awaits_more(&options, beginnings[_i].heard,
					    strlen(beginnings[_i].heard)),
			 beginnings[_i].awaits);
}
END_TEST

static const struct {
	const char *heard;
	enum status before, after;
	bool is_final;
} rejections[] = {
	{"NO", STATUS_GREETED, STATUS_UNEXPECTED, true},
	{"NO, never", STATUS_GREETED, STATUS_UNEXPECTED, true},
	{"NO", STATUS_BROKEN, STATUS_UNEXPECTED, true},
	{"N", STATUS_GREETED, STATUS_GREETED, false},
	{"no", STATUS_GREETED, STATUS_GREETED, false},
	{"", STATUS_GREETED, STATUS_SILENT, false},
	{"", STATUS_REFUSED, STATUS_REFUSED, false},
	{"N", STATUS_BROKEN, STATUS_BROKEN, false},
};

START_TEST(rejected_greeting_is_final)
{
	struct options options = {.bytes = 100, .reject_prefix = "NO"};
	struct probe_result result = {.status = rejections[_i].before, .stage = "read"};

	result.bytes = (char *)(uintptr_t)rejections[_i].heard;
	result.length = strlen(rejections[_i].heard);
	expect_apply(&options, &result);
	ck_assert_int_eq(result.status, rejections[_i].after);
	ck_assert_int_eq(result.is_final, rejections[_i].is_final);
	ck_assert_uint_eq(result.length, strlen(rejections[_i].heard)); /* it is printed */
}
END_TEST

/* What is rejected, and what is expected, too. */
START_TEST(rejection_comes_first)
{
	struct options options = {.bytes = 4, .expect_prefix = "NO", .reject_prefix = "NO"};
	struct probe_result result = applied(&options, "NO way");

	ck_assert(result.is_final);
	ck_assert_str_eq(result.reason, "the greeting begins as --reject-prefix says");
	ck_assert_uint_eq(result.length, 4);
}
END_TEST

static const struct {
	enum status before;
	bool is_refused;
	enum status after;
} inverted[] = {
	{STATUS_REFUSED, true, STATUS_GREETED},
	{STATUS_REFUSED, false, STATUS_REFUSED}, /* no route, for example */
	{STATUS_GREETED, false, STATUS_UNEXPECTED},
	{STATUS_UNRESOLVED, false, STATUS_UNRESOLVED},
	{STATUS_UNANSWERED, false, STATUS_UNANSWERED},
	{STATUS_SILENT, false, STATUS_SILENT},
};

START_TEST(refusal_may_be_what_is_wanted)
{
	struct options options = {.bytes = 100, .invert = true, .zero = true};
	struct probe_result result = {.status = inverted[_i].before,
				      .stage = "connect",
				      .is_refused = inverted[_i].is_refused};

	expect_apply(&options, &result);
	ck_assert_int_eq(result.status, inverted[_i].after);
	ck_assert(!result.is_final);
}
END_TEST

static const struct {
	struct reading_result reading;
	enum status status;
	const char *reason;
} watched[] = {
	{{.end = READING_QUIET}, STATUS_GREETED, ""},
	{{.end = READING_FULL, .length = 1}, STATUS_GREETED, ""},
	{{.end = READING_STREAM_END}, STATUS_SILENT, "connected, but the stream ended at once"},
	{{.end = READING_STOPPED, .limit = 100},
	 STATUS_SILENT,
	 "connected, but it cannot be seen within 100ms whether that lasts"},
	{{.end = READING_BROKEN, .reason = ECONNRESET}, STATUS_BROKEN, "connected, but: "},
};

START_TEST(connection_has_to_last)
{
	struct probe_result result = {.status = STATUS_GREETED, .stage = ""};

	expect_steady(&watched[_i].reading, &result);
	ck_assert_int_eq(result.status, watched[_i].status);
	ck_assert_int_eq(strncmp(result.reason, watched[_i].reason, strlen(watched[_i].reason)), 0);
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
	tcase_add_loop_test(tests, beginning_awaits_more, 0, COUNT_OF(beginnings));
	tcase_add_loop_test(tests, rejected_greeting_is_final, 0, COUNT_OF(rejections));
	tcase_add_test(tests, rejection_comes_first);
	tcase_add_loop_test(tests, refusal_may_be_what_is_wanted, 0, COUNT_OF(inverted));
	tcase_add_loop_test(tests, connection_has_to_last, 0, COUNT_OF(watched));
	tcase_add_test(tests, failure_stays_what_it_is);
	return suite_run(suite);
}
