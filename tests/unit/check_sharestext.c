/* SPDX-License-Identifier: ISC */
/* check_sharestext: what a parser gets of the verdict on shares. */
#include "client/sharestext.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "client/shares.h"
#include "lib/capture.h"
#include "lib/memory.h"
#include "lib/suite.h"

static struct shares *shares;

static void setup(void)
{
	capture(STDOUT_FILENO);
}

static void teardown(void)
{
	shares_free(shares);
}

static void parse(const char *text)
{
	bool lacks;

	ck_assert_ptr_null(shares_parse(text, &shares, &lacks));
}

static void add(const char *greeting, int times)
{
	for (int i = 0; i < times; i++)
		shares_add(shares, greeting, strlen(greeting));
}

START_TEST(test_has_its_numbers)
{
	parse("left:50,right:50");
	add("left", 75);
	add("right", 25);
	ck_assert(sharestext_print_json(shares, false, "not so"));
	ck_assert_str_eq(captured(STDOUT_FILENO),
			 "{\"schema\":1,\"type\":\"shares\",\"texts\":["
			 "{\"text\":\"left\",\"expected\":50000,\"count\":75},"
			 "{\"text\":\"right\",\"expected\":50000,\"count\":25}],"
			 "\"unmatched\":0,\"chi_square_thousandths\":25000,"
			 "\"limit_thousandths\":10828,\"as_expected\":false,"
			 "\"verdict\":\"not so\"}\n");
}
END_TEST

/* Counts and texts of cases in which there is no test. */
static const struct {
	const char *texts;
	int greetings, strangers;
} untested[] = {{"a:100", 20, 0}, {"a:50,b:50", 9, 0}, {"a:50,b:50", 90, 1}};

START_TEST(without_a_test_its_numbers_are_null)
{
	parse(untested[_i].texts);
	add("a", untested[_i].greetings);
	add("stranger", untested[_i].strangers);
	ck_assert(sharestext_print_json(shares, true, ""));
	ck_assert_ptr_nonnull(strstr(captured(STDOUT_FILENO), untested[_i].strangers
								      ? "\"unmatched\":1,\"chi"
								      : "\"unmatched\":0,\"chi"));
	ck_assert_ptr_nonnull(strstr(captured(STDOUT_FILENO),
				     "\"chi_square_thousandths\":null,"
				     "\"limit_thousandths\":null,\"as_expected\":true,"));
}
END_TEST

START_TEST(all_of_many_hostile_texts_are_there)
{
	char text[SHARES_MAX * 10] = "", verdict[1000];

	for (int i = 0; i < SHARES_MAX; i++) {
		size_t length = strlen(text);
		memset(text + length, i % 10 + 1, 3);
		memset(text + length + 3, i / 10 + 1, 3);
		strcpy(text + length + 6, i + 1 < SHARES_MAX ? ":1," : ":1");
	}
	memset(verdict, '\x1F', sizeof verdict - 1);
	verdict[sizeof verdict - 1] = '\0';
	parse(text);
	ck_assert(sharestext_print_json(shares, false, verdict));
	ck_assert_int_eq(occurrences(captured(STDOUT_FILENO), "\"text\":"), SHARES_MAX);
	ck_assert_int_eq(occurrences(captured(STDOUT_FILENO), "\\u001f"), sizeof verdict - 1);
	ck_assert_int_eq(occurrences(captured(STDOUT_FILENO), "\"}\n"), 1);
}
END_TEST

START_TEST(full_disk_is_told)
{
	int full = open("/dev/full", O_WRONLY);

	ck_assert_int_eq(dup2(full, STDOUT_FILENO), STDOUT_FILENO);
	parse("a:100");
	ck_assert(!sharestext_print_json(shares, true, ""));
	ck_assert_int_eq(errno, ENOSPC);
}
END_TEST

START_TEST(no_memory_is_told)
{
	bool is_printed;

	parse("a:100");
	memory_grants = 0;
	is_printed = sharestext_print_json(shares, true, "");
	memory_grants = -1;
	ck_assert(!is_printed);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("sharestext");
	TCase *tests = suite_case(suite, "sharestext");

	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, test_has_its_numbers);
	tcase_add_loop_test(tests, without_a_test_its_numbers_are_null, 0, COUNT_OF(untested));
	tcase_add_test(tests, all_of_many_hostile_texts_are_there);
	tcase_add_test(tests, full_disk_is_told);
	tcase_add_test(tests, no_memory_is_told);
	return suite_run(suite);
}
