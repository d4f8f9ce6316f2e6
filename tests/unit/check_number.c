/* SPDX-License-Identifier: ISC */
/* check_number: which texts are numbers, sizes and times, which are not, and what they mean. */
#include <inttypes.h>
#include <stdio.h>

#include "base/number.h"
#include "lib/suite.h"

enum kind { NUMBER, OCTAL, THOUSANDTHS, SIZE, TIME };

static bool (*const parsers[])(const char *, uint64_t *) = {
	[NUMBER] = number_parse,
	[OCTAL] = number_parse_octal,
	[THOUSANDTHS] = number_parse_thousandths,
	[SIZE] = number_parse_size,
	[TIME] = number_parse_time,
};

static const struct {
	enum kind kind;
	const char *text;
	uint64_t value;
} good[] = {
	{NUMBER, "0", 0},
	{NUMBER, "7", 7},
	{NUMBER, "007", 7},
	{NUMBER, "65536", 65536},
	{NUMBER, "18446744073709551614", UINT64_MAX - 1},
	{NUMBER, "18446744073709551615", UINT64_MAX},
	{OCTAL, "0", 0},
	{OCTAL, "777", 511},
	{OCTAL, "0660", 432},
	{OCTAL, "1777777777777777777777", UINT64_MAX},
	{THOUSANDTHS, "0", 0},
	{THOUSANDTHS, "50", 50000},
	{THOUSANDTHS, "0.001", 1},
	{THOUSANDTHS, "33.3", 33300},
	{THOUSANDTHS, "007.050", 7050},
	{THOUSANDTHS, "18446744073709551.615", UINT64_MAX},
	{SIZE, "0", 0},
	{SIZE, "1024", 1024},
	{SIZE, "1K", 1024},
	{SIZE, "64K", 65536},
	{SIZE, "1M", 1048576},
	{SIZE, "0M", 0},
	{SIZE, "17592186044415M", 17592186044415 * UINT64_C(1048576)},
	{SIZE, "18446744073709551615", UINT64_MAX},
	{TIME, "0", 0},
	{TIME, "0ms", 0},
	{TIME, "2", 2000},
	{TIME, "2s", 2000},
	{TIME, "500ms", 500},
	{TIME, "1ms", 1},
	{TIME, "1.5s", 1500},
	{TIME, "1.5", 1500},
	{TIME, "0.001s", 1},
	{TIME, "0.25", 250},
	{TIME, "1.050s", 1050},
	{TIME, "1m", 60000},
	{TIME, "1.5m", 90000},
	{TIME, "0.001m", 60},
	{TIME, "7.0ms", 7},
	{TIME, "18446744073709551615ms", UINT64_MAX},
	{TIME, "18446744073709551.615s", UINT64_MAX},
};

static const struct {
	enum kind kind;
	const char *text;
} bad[] = {
	{NUMBER, ""},
	{NUMBER, " 1"},
	{NUMBER, "1 "},
	{NUMBER, "+1"},
	{OCTAL, ""},
	{OCTAL, "8"},
	{OCTAL, "0o7"},
	{OCTAL, "7 "},
	{OCTAL, "-7"},
	{OCTAL, "7K"},
	{OCTAL, "2000000000000000000000"},
	{NUMBER, "-1"},
	{NUMBER, "-0"},
	{NUMBER, "0x1F"},
	{NUMBER, "1x"},
	{NUMBER, "1e3"},
	{NUMBER, "1."},
	{NUMBER, "1.0"},
	{NUMBER, "one"},
	{NUMBER, "1\n"},
	{NUMBER, "\xD9\xA1"}, /* an Arabic digit one */
	{NUMBER, "18446744073709551616"},
	{NUMBER, "18446744073709551620"},
	{NUMBER, "99999999999999999999"},
	{NUMBER, "184467440737095516150"},
	{THOUSANDTHS, ""},
	{THOUSANDTHS, "."},
	{THOUSANDTHS, ".5"},
	{THOUSANDTHS, "1."},
	{THOUSANDTHS, "1.2345"},
	{THOUSANDTHS, "1.5s"},
	{THOUSANDTHS, "1 "},
	{THOUSANDTHS, "-1"},
	{THOUSANDTHS, "1,5"},
	{THOUSANDTHS, "18446744073709551.616"},
	{THOUSANDTHS, "18446744073709552"},
	{SIZE, ""},
	{SIZE, "K"},
	{SIZE, "1k"},
	{SIZE, "1KB"},
	{SIZE, "1KK"},
	{SIZE, "1G"},
	{SIZE, "1 K"},
	{SIZE, "1.5K"},
	{SIZE, "-1K"},
	{SIZE, "17592186044416M"},
	{SIZE, "18014398509481984K"},
	{TIME, ""},
	{TIME, "s"},
	{TIME, "ms"},
	{TIME, ".5s"},
	{TIME, "1.s"},
	{TIME, "1."},
	{TIME, "1.2345s"},
	{TIME, "1.0000"},
	{TIME, "1.5ms"},
	{TIME, "1..5s"},
	{TIME, "1.5.5s"},
	{TIME, "1h"},
	{TIME, "1S"},
	{TIME, "1sec"},
	{TIME, "1s "},
	{TIME, " 1s"},
	{TIME, "1 s"},
	{TIME, "-1s"},
	{TIME, "1ss"},
	{TIME, "1mm"},
	{TIME, "1e3s"},
	{TIME, "18446744073709551616ms"},
	{TIME, "18446744073709551.616s"},
	{TIME, "18446744073709552s"},
	{TIME, "307445734561826m"},
};

START_TEST(means_its_value)
{
	uint64_t value = 12345;

	ck_assert_msg(parsers[good[_i].kind](good[_i].text, &value), "'%s' refused", good[_i].text);
	ck_assert_msg(value == good[_i].value, "'%s' is %" PRIu64, good[_i].text, value);
}
END_TEST

START_TEST(is_refused_and_leaves_the_value)
{
	uint64_t value = 12345;

	ck_assert_msg(!parsers[bad[_i].kind](bad[_i].text, &value), "'%s' taken for %" PRIu64,
		      bad[_i].text, value);
	ck_assert_uint_eq(value, 12345);
}
END_TEST

static const struct {
	const char *text, *rest; /* or NULL: refused */
	uint64_t value;
} before[] = {
	{"100/1s", "1s", 100},
	{"007/", "", 7},
	{"0//", "/", 0},
	{"18446744073709551615/x", "x", UINT64_MAX},
	{"", NULL, 0},
	{"/", NULL, 0},
	{"1", NULL, 0},
	{"1:", NULL, 0},
	{"1 /", NULL, 0},
	{"-1/", NULL, 0},
	{"18446744073709551616/", NULL, 0},
};

START_TEST(number_ends_before_a_character)
{
	const char *text = before[_i].text, *rest = text;
	uint64_t value = 12345;

	ck_assert(number_parse_before(&rest, '/', &value) == (before[_i].rest != NULL));
	if (before[_i].rest)
		ck_assert_str_eq(rest, before[_i].rest);
	else
		ck_assert_ptr_eq(rest, text);
	ck_assert_uint_eq(value, before[_i].rest ? before[_i].value : 12345);
}
END_TEST

static const struct {
	uint64_t ms;
	const char *text;
} times[] = {
	{0, "0s"},
	{1, "1ms"},
	{999, "999ms"},
	{1000, "1s"},
	{1500, "1500ms"},
	{60000, "60s"},
	{86400000, "86400s"},
	{UINT64_MAX, "18446744073709551615ms"},
};

START_TEST(time_is_written)
{
	char text[NUMBER_TIME_MAX];

	ck_assert_str_eq(number_format_time(text, times[_i].ms), times[_i].text);
}
END_TEST

START_TEST(written_time_is_read_back)
{
	char text[NUMBER_TIME_MAX];
	uint64_t value;

	ck_assert(number_parse_time(number_format_time(text, times[_i].ms), &value));
	ck_assert_uint_eq(value, times[_i].ms);
}
END_TEST

/* Numbers around each new digit, and the last. */
START_TEST(digits_are_as_printf_writes_them)
{
	char expected[NUMBER_DIGITS_MAX + 1], digits[NUMBER_DIGITS_MAX + 1] = "";
	char *end = digits + NUMBER_DIGITS_MAX;

	for (uint64_t power = 1;; power *= 10) {
		const uint64_t values[] = {power - 1, power, power + 1, power * 2 - 1, UINT64_MAX};
		for (int i = 0; i < COUNT_OF(values); i++) {
			snprintf(expected, sizeof expected, "%" PRIu64, values[i]);
			ck_assert_str_eq(number_put_before(end, values[i]), expected);
		}
		if (power > UINT64_MAX / 10)
			break;
	}
}
END_TEST

START_TEST(only_one_has_no_plural)
{
	ck_assert_str_eq(number_plural(0), "s");
	ck_assert_str_eq(number_plural(1), "");
	ck_assert_str_eq(number_plural(2), "s");
	ck_assert_str_eq(number_plural(UINT64_MAX), "s");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("number");
	TCase *parsing = suite_case(suite, "parsing"), *writing = suite_case(suite, "writing");

	tcase_add_test(parsing, only_one_has_no_plural);
	tcase_add_loop_test(parsing, means_its_value, 0, COUNT_OF(good));
	tcase_add_loop_test(parsing, is_refused_and_leaves_the_value, 0, COUNT_OF(bad));
	tcase_add_loop_test(parsing, number_ends_before_a_character, 0, COUNT_OF(before));
	tcase_add_test(writing, digits_are_as_printf_writes_them);
	tcase_add_loop_test(writing, time_is_written, 0, COUNT_OF(times));
	tcase_add_loop_test(writing, written_time_is_read_back, 0, COUNT_OF(times));
	return suite_run(suite);
}
