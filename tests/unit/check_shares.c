/* SPDX-License-Identifier: ISC */
/* check_shares: what is expected is read strictly, and greetings are judged by it. */
#include "client/shares.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "lib/capture.h"
#include "lib/memory.h"
#include "lib/suite.h"

static struct shares *shares;
static char verdict[SHARES_VERDICT_MAX];

static void teardown(void)
{
	shares_free(shares);
	shares = NULL;
}

static void parse(const char *text)
{
	bool lacks;
	const char *why = shares_parse(text, &shares, &lacks);

	ck_assert_msg(!why && !lacks, "'%s': %s", text, why);
}

static void add(const char *greeting, int times)
{
	for (int i = 0; i < times; i++)
		shares_add(shares, greeting, strlen(greeting));
}

static void assert_verdict(bool is_expected, const char *text)
{
	bool judged = shares_judge(shares, verdict);

	ck_assert_str_eq(verdict, text);
	ck_assert(judged == is_expected);
}

static const struct {
	const char *text;
	size_t count;
} good[] = {
	{"left:50,right:50", 2},
	{"a:100", 1},
	{"a:100.000", 1},
	{":100", 1}, /* any greeting */
	{"a:33.333,b:33.333,c:33.334", 3},
	{"a:0.001,b:99.999", 2},
	{"a:50.5,b:49.5", 2},
	{"a:b:50,a:c:50", 2}, /* the last colon counts */
	{":1:50,:2:50", 2},
	{" a:50,b :50", 2},
};

START_TEST(good_text_is_read)
{
	parse(good[_i].text);
	ck_assert_uint_eq(shares_count(shares), good[_i].count);
}
END_TEST

#define NO_COLON                                                                                   \
	"each text needs its percentage, as in left:50,right:50 (so no text can have a comma)"
#define NO_PERCENTAGE                                                                              \
	"a percentage is a number above 0 and up to 100, with at most three decimals, such as "    \
	"33.333"
#define NO_SUM "the percentages do not add up to 100"
#define NO_END "a text begins with another one: a greeting might belong to both"

static const struct {
	const char *text, *why;
} bad[] = {
	{"", NO_COLON},
	{"left", NO_COLON},
	{"left,right:100", NO_COLON},
	{"left:100,", NO_COLON},
	{",left:100", NO_COLON},
	{"left:", NO_PERCENTAGE},
	{"left:50%,right:50%", NO_PERCENTAGE},
	{"left: 50,right:50", NO_PERCENTAGE},
	{"left:50,right:0,middle:50", NO_PERCENTAGE},
	{"left:-50,right:150", NO_PERCENTAGE},
	{"left:100.001", NO_PERCENTAGE},
	{"left:33.3333,right:66.6667", NO_PERCENTAGE},
	{"left:18446744073709551616", NO_PERCENTAGE},
	{"100:left", NO_PERCENTAGE},
	{"left:50,right:49.999", NO_SUM},
	{"left:50,right:50.001", NO_SUM},
	{"left:50", NO_SUM},
	{"left:50,left:50", "a text is given twice"},
	{":50,:50", "a text is given twice"},
	{"left:50,lefter:50", NO_END},
	{"lefter:50,left:50", NO_END},
	{":50,left:50", NO_END},
	{"a:10,b:10,c:10,ba:70", NO_END},
};

START_TEST(bad_text_is_refused_with_the_reason)
{
	bool lacks;

	ck_assert_str_eq(shares_parse(bad[_i].text, &shares, &lacks), bad[_i].why);
	ck_assert(!lacks);
	ck_assert_ptr_null(shares);
}
END_TEST

/* Writes so many texts of one percent each; what more than a hundred add up to does not matter. */
static void write_texts(char *text, int count)
{
	*text = '\0';
	for (int i = 0; i < count; i++)
		sprintf(text + strlen(text), "%s%03d:1", i > 0 ? "," : "", i);
}

START_TEST(hundred_texts_are_the_most)
{
	char text[1024];
	bool lacks;

	write_texts(text, SHARES_MAX);
	parse(text);
	ck_assert_uint_eq(shares_count(shares), SHARES_MAX);
	ck_assert_uint_eq(shares_find(shares, "099", 3), 99);
	teardown();
	write_texts(text, SHARES_MAX + 1);
	ck_assert_str_eq(shares_parse(text, &shares, &lacks), "there are more than 100 texts");
	ck_assert_ptr_null(shares);
}
END_TEST

START_TEST(no_memory_is_told)
{
	const char *why;
	bool lacks;

	memory_grants = 0;
	why = shares_parse("left:100", &shares, &lacks);
	memory_grants = -1;
	ck_assert_str_eq(why, "out of memory");
	ck_assert(lacks);
	ck_assert_ptr_null(shares);
}
END_TEST

static const struct {
	const char *greeting;
	size_t length, index;
} greetings[] = {
	{"left", 4, 0},	 {"left behind", 11, 0}, {"left\0", 5, 0}, {"right:1", 7, 1},
	{"right", 5, 3}, {"lef", 3, 3},		 {"", 0, 3},	   {"Left", 4, 3},
	{" left", 5, 3}, {"\xFF", 1, 2},	 {"\xFE", 1, 3},
};

START_TEST(greeting_is_found_by_its_beginning)
{
	parse("left:50,right::25,\xFF:25");
	ck_assert_uint_eq(shares_find(shares, greetings[_i].greeting, greetings[_i].length),
			  greetings[_i].index);
	ck_assert_uint_eq(shares_find(shares, NULL, 0), 3);
}
END_TEST

START_TEST(empty_text_is_any_greeting)
{
	parse(":100");
	ck_assert_uint_eq(shares_find(shares, NULL, 0), 0);
	ck_assert_uint_eq(shares_find(shares, "a", 1), 0);
}
END_TEST

/* How often "left" and "right" came, of which 50 % are expected each. */
static const struct {
	int left, right;
	bool is_expected;
	const char *verdict;
} halves[] = {
	{4988, 5012, true,
	 "shares of 10000 greetings: left 4988 (49.88 %, expected 50 %), right 5012 (50.12 %, "
	 "expected 50 %); as expected (chi-square 0.06, at most 10.83)"},
	{5, 5, true,
	 "shares of 10 greetings: left 5 (50 %, expected 50 %), right 5 (50 %, expected 50 %); as "
	 "expected (chi-square 0.00, at most 10.83)"},
	{0, 10, true,
	 "shares of 10 greetings: left 0 (0 %, expected 50 %), right 10 (100 %, expected 50 %); as "
	 "expected (chi-square 10.00, at most 10.83)"},
	{11, 0, false,
	 "shares of 11 greetings: left 11 (100 %, expected 50 %), right 0 (0 %, expected 50 %); not "
	 "as expected (chi-square 11.00, at most 10.83)"},
	{5, 4, false,
	 "shares of 9 greetings: left 5 (55.556 %, expected 50 %), right 4 (44.444 %, expected "
	 "50 %); too few for a verdict, which takes at least 10"},
	{1, 0, false,
	 "shares of 1 greeting: left 1 (100 %, expected 50 %), right 0 (0 %, expected 50 %); too "
	 "few for a verdict, which takes at least 10"},
	{0, 0, false,
	 "shares of 0 greetings: left 0 (0 %, expected 50 %), right 0 (0 %, expected 50 %); too few "
	 "for a verdict, which takes at least 10"},
	{5164, 4836, true,
	 "shares of 10000 greetings: left 5164 (51.64 %, expected 50 %), right 4836 (48.36 %, "
	 "expected 50 %); as expected (chi-square 10.76, at most 10.83)"},
	{5165, 4835, false,
	 "shares of 10000 greetings: left 5165 (51.65 %, expected 50 %), right 4835 (48.35 %, "
	 "expected 50 %); not as expected (chi-square 10.89, at most 10.83)"},
};

START_TEST(halves_are_judged)
{
	parse("left:50,right:50");
	add("left", halves[_i].left);
	add("right", halves[_i].right);
	assert_verdict(halves[_i].is_expected, halves[_i].verdict);
}
END_TEST

START_TEST(unequal_shares_are_judged)
{
	parse("a:62.5,b:25,c:12.5");
	add("a", 625);
	add("b", 250);
	add("c", 125);
	assert_verdict(true, "shares of 1000 greetings: a 625 (62.5 %, expected 62.5 %), b 250 "
			     "(25 %, expected 25 %), c 125 (12.5 %, expected 12.5 %); as expected "
			     "(chi-square 0.00, at most 13.82)");
	add("c", 60);
	ck_assert(!shares_judge(shares, verdict));
	/* 662.5, 265 and 132.5 are expected of 1060: 1406.25/662.5 + 225/265 + 2756.25/132.5 */
	ck_assert_ptr_nonnull(strstr(verdict, "; not as expected (chi-square 23.77, at most"));
}
END_TEST

START_TEST(rarest_text_tells_how_many_are_needed)
{
	parse("a:99.7,b:0.3");
	add("a", 1666);
	ck_assert(!shares_judge(shares, verdict));
	ck_assert_ptr_nonnull(
		strstr(verdict, "; too few for a verdict, which takes at least 1667"));
	add("a", 1);
	ck_assert(shares_judge(shares, verdict));
}
END_TEST

START_TEST(stranger_fails_at_once)
{
	parse("left:50,right:50");
	add("middle", 1);
	add("left", 1);
	assert_verdict(false, "shares of 2 greetings: left 1 (50 %, expected 50 %), right 0 (0 %, "
			      "expected 50 %); not as expected: 1 began with none of the texts");
	add("left", 5000);
	add("right", 5000);
	ck_assert(!shares_judge(shares, verdict));
}
END_TEST

START_TEST(one_text_is_no_matter_of_chance)
{
	parse("left:100");
	assert_verdict(false, "shares of 0 greetings: left 0 (0 %, expected 100 %); too few for a "
			      "verdict, which takes at least 1");
	add("left", 1);
	assert_verdict(true, "shares of 1 greeting: left 1 (100 %, expected 100 %); as expected");
	add("right", 1);
	assert_verdict(false, "shares of 2 greetings: left 1 (50 %, expected 100 %); not as "
			      "expected: 1 began with none of the texts");
}
END_TEST

/* The log escapes them; so much of a text is shown that its escapes have room. */
START_TEST(texts_are_raw_and_cut)
{
	parse("\x1B[2J:20,a text that is longer than what anybody will look for:20,"
	      "\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01:20,"
	      "123456789 123456789 123456789 12345678\xC3\xA9:20,"
	      "223456789 123456789 123456789 123456789\xC3\xA9:20");
	shares_judge(shares, verdict);
	ck_assert_ptr_nonnull(strstr(verdict, ": \x1B[2J 0 ("));
	ck_assert_ptr_nonnull(strstr(verdict, ", a text that is longer than what anybody  0 ("));
	ck_assert_ptr_nonnull(strstr(verdict, ", \x01\x01\x01\x01\x01\x01\x01\x01\x01\x01 0 ("));
	ck_assert_ptr_nonnull(strstr(verdict, " 12345678\xC3\xA9 0 ("));
	ck_assert_ptr_nonnull(strstr(verdict, " 123456789 0 ("));
}
END_TEST

/* Whatever the texts are, standard error has the end of the verdict. */
START_TEST(end_of_the_longest_verdict_is_logged)
{
	char text[SHARES_MAX * 100] = "";
	const char *logged;

	for (int i = 0; i < SHARES_MAX; i++) {
		sprintf(text + strlen(text), "%s%c%c", i > 0 ? "," : "", '\x01' + i / 10,
			'\x10' + i % 10);
		memset(text + strlen(text), _i ? 'x' : '\x7F', _i ? 80 : 12);
		strcat(text, i < 50 ? ":0.999" : ":1.001");
	}
	parse(text);
	shares_judge(shares, verdict);
	ck_assert_uint_lt(strlen(verdict) + 1, SHARES_VERDICT_MAX);
	capture(STDERR_FILENO);
	log_open("hailto", LOG_LEVEL_WARNING);
	memory_grants = 0;
	log_error("%s", verdict);
	memory_grants = -1;
	logged = captured(STDERR_FILENO);
	ck_assert_ptr_nonnull(strstr(logged, "hailto: shares of 0 greetings: \\x01\\x10"));
	ck_assert_ptr_nonnull(
		strstr(logged, " more; too few for a verdict, which takes at least 501\n"));
	ck_assert_int_eq(occurrences(logged, "\n"), 1);
	ck_assert_int_eq(occurrences(logged, "\\x5C"), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("shares");
	TCase *reading = suite_case(suite, "reading"), *judging = suite_case(suite, "judging");

	tcase_add_checked_fixture(reading, NULL, teardown);
	tcase_add_loop_test(reading, good_text_is_read, 0, COUNT_OF(good));
	tcase_add_loop_test(reading, bad_text_is_refused_with_the_reason, 0, COUNT_OF(bad));
	tcase_add_test(reading, hundred_texts_are_the_most);
	tcase_add_test(reading, no_memory_is_told);
	tcase_add_loop_test(reading, greeting_is_found_by_its_beginning, 0, COUNT_OF(greetings));
	tcase_add_test(reading, empty_text_is_any_greeting);
	tcase_add_checked_fixture(judging, NULL, teardown);
	tcase_add_loop_test(judging, halves_are_judged, 0, COUNT_OF(halves));
	tcase_add_test(judging, unequal_shares_are_judged);
	tcase_add_test(judging, rarest_text_tells_how_many_are_needed);
	tcase_add_test(judging, stranger_fails_at_once);
	tcase_add_test(judging, one_text_is_no_matter_of_chance);
	tcase_add_test(judging, texts_are_raw_and_cut);
	tcase_add_loop_test(judging, end_of_the_longest_verdict_is_logged, 0, 2);
	return suite_run(suite);
}
