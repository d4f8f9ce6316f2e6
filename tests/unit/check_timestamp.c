/* SPDX-License-Identifier: ISC */
/* check_timestamp: times are written in UTC, whatever the time zone. */
#include "base/timestamp.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/suite.h"

static const struct {
	time_t seconds;
	long nanoseconds;
	const char *plain, *fine;
} times[] = {
	{0, 0, "1970-01-01T00:00:00Z", "1970-01-01T00:00:00.000Z"},
	{1795771800, 1000000, "2026-11-27T09:30:00Z", "2026-11-27T09:30:00.001Z"},
	{951782399, 999999999, "2000-02-28T23:59:59Z", "2000-02-28T23:59:59.999Z"},
	{2147483647, 120000000, "2038-01-19T03:14:07Z", "2038-01-19T03:14:07.120Z"},
};

START_TEST(time_is_written)
{
	struct timespec time = {times[_i].seconds, times[_i].nanoseconds};
	char text[TIMESTAMP_MAX];

	setenv("TZ", "XXX-5:30", 1);
	ck_assert_str_eq(timestamp_format(text, time.tv_sec), times[_i].plain);
	ck_assert_str_eq(timestamp_format_fine(text, &time), times[_i].fine);
}
END_TEST

START_TEST(year_of_five_digits_is_left_out)
{
	struct timespec time = {.tv_sec = (time_t)INT64_C(253402300800)};
	char text[TIMESTAMP_MAX];

	if (sizeof(time_t) < sizeof(int64_t))
		return;
	ck_assert_str_eq(timestamp_format(text, time.tv_sec), "");
	ck_assert_str_eq(timestamp_format_fine(text, &time), "");
}
END_TEST

/* Texts of this form are in the order of their times. */
START_TEST(now_goes_on)
{
	char first[TIMESTAMP_MAX], next[TIMESTAMP_MAX];

	timestamp_now(first);
	ck_assert_uint_eq(strlen(first), TIMESTAMP_MAX - 1);
	do {
		timestamp_now(next);
		ck_assert_int_ge(strcmp(next, first), 0);
	} while (strcmp(next, first) == 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("timestamp");
	TCase *writing = suite_case(suite, "writing");

	tcase_add_loop_test(writing, time_is_written, 0, COUNT_OF(times));
	tcase_add_test(writing, year_of_five_digits_is_left_out);
	tcase_add_test(writing, now_goes_on);
	return suite_run(suite);
}
