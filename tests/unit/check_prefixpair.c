/* SPDX-License-Identifier: ISC */
/* check_prefixpair: which texts are a pair of prefix lengths, and which are not. */
#include "base/prefixpair.h"

#include "lib/suite.h"

static const struct {
	const char *text;
	struct prefixpair pair;
} good[] = {
	{"32:64", {32, 64}},
	{"0:0", {0, 0}},
	{"32:128", {32, 128}},
	{"024:048", {24, 48}},
};

START_TEST(good_text_is_read)
{
	struct prefixpair pair;

	ck_assert_msg(prefixpair_parse(good[_i].text, &pair), "'%s' refused", good[_i].text);
	ck_assert_uint_eq(pair.ipv4, good[_i].pair.ipv4);
	ck_assert_uint_eq(pair.ipv6, good[_i].pair.ipv6);
}
END_TEST

static const char *const bad[] = {
	"",
	":",
	"32",
	"32:",
	":64",
	"33:64",
	"32:129",
	"-1:64",
	"32:-1",
	"+32:64",
	" 32:64",
	"32: 64",
	"32:64 ",
	"32:64:",
	"/32:64",
	"32/64",
	"32::64",
	"32:64:8",
	"0x20:0",
	"32.0:64",
	"256:64",
	"32:256",
	"32:64s",
	"all",
	"32:384",
	"288:64",
	"4294967328:64",
	"32:18446744073709551680",
};

START_TEST(bad_text_is_refused_and_leaves_the_pair)
{
	struct prefixpair pair = {12, 34};

	ck_assert_msg(!prefixpair_parse(bad[_i], &pair), "'%s' taken", bad[_i]);
	ck_assert_uint_eq(pair.ipv4, 12);
	ck_assert_uint_eq(pair.ipv6, 34);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("prefixpair");
	TCase *tests = suite_case(suite, "prefixpair");

	tcase_add_loop_test(tests, good_text_is_read, 0, COUNT_OF(good));
	tcase_add_loop_test(tests, bad_text_is_refused_and_leaves_the_pair, 0, COUNT_OF(bad));
	return suite_run(suite);
}
