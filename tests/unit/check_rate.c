/* SPDX-License-Identifier: ISC */
/* check_rate: which texts are rates, and which are not. */
#include "base/rate.h"

#include "lib/suite.h"

static const struct {
	const char *text;
	struct rate rate;
} good[] = {
	{"100/1s", {100, 1000}},
	{"1/1ms", {1, 1}},
	{"1/1", {1, 1000}},
	{"007/1.5s", {7, 1500}},
	{"5/2m", {5, 120000}},
	{"1000000/86400s", {RATE_COUNT_MAX, RATE_MS_MAX}},
	{"1000000/1440m", {RATE_COUNT_MAX, RATE_MS_MAX}},
};

START_TEST(good_text_is_read)
{
	struct rate rate;

	ck_assert_msg(rate_parse(good[_i].text, &rate), "'%s' refused", good[_i].text);
	ck_assert_uint_eq(rate.count, good[_i].rate.count);
	ck_assert_uint_eq(rate.ms, good[_i].rate.ms);
}
END_TEST

static const char *const bad[] = {
	"",
	"/",
	"100",
	"100/",
	"/1s",
	"100/s",
	"100/1h",
	"-1/1s",
	"+1/1s",
	" 1/1s",
	"1 /1s",
	"1/ 1s",
	"1/1s ",
	"1/1s/1s",
	"0/1s",
	"1/0",
	"1/0ms",
	"1.5/1s",
	"1000001/1s",
	"1/86400001ms",
	"1/1441m",
	"1K/1s",
	"1:1s",
	"0x1/1s",
	"1/-1s",
	"1/0.0001s",
	"1//1s",
	"100 per 1s",
	"18446744073709551617/1s",
	"1/18446744073709551616ms",
};

START_TEST(bad_text_is_refused_and_leaves_the_rate)
{
	struct rate rate = {12, 345};

	ck_assert_msg(!rate_parse(bad[_i], &rate), "'%s' taken", bad[_i]);
	ck_assert_uint_eq(rate.count, 12);
	ck_assert_uint_eq(rate.ms, 345);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("rate");
	TCase *tests = suite_case(suite, "rate");

	tcase_add_loop_test(tests, good_text_is_read, 0, COUNT_OF(good));
	tcase_add_loop_test(tests, bad_text_is_refused_and_leaves_the_rate, 0, COUNT_OF(bad));
	return suite_run(suite);
}
