/* SPDX-License-Identifier: ISC */
/* check_tallytext: what is printed of the greetings, for a terminal, a pipe and a parser. */
#include "client/tallytext.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/tally.h"
#include "lib/capture.h"
#include "lib/memory.h"
#include "lib/suite.h"

static struct tally *tally;

static void setup(void)
{
	capture(STDOUT_FILENO);
	tally = tally_new();
	ck_assert_ptr_nonnull(tally);
}

static void teardown(void)
{
	tally_free(tally);
}

static void add(const char *text, int times)
{
	for (int i = 0; i < times; i++)
		tally_add(tally, text, strlen(text));
}

/* Adds two greetings that there is no room for. */
static void add_others(void)
{
	memory_grants = 0;
	add("new", 2);
	memory_grants = -1;
}

/* Asserts what is printed for a terminal of so many columns; 0: for a pipe. */
static void assert_printed(unsigned width, const char *expected)
{
	ck_assert(tallytext_print(tally, width));
	ck_assert_str_eq(captured(STDOUT_FILENO), expected);
	capture_clear(STDOUT_FILENO);
}

START_TEST(nothing_prints_nothing)
{
	assert_printed(0, "");
	assert_printed(80, "");
	ck_assert(tallytext_print_json(tally));
	ck_assert_str_eq(captured(STDOUT_FILENO), "");
}
END_TEST

START_TEST(pipe_gets_tabs)
{
	add("left\n", 2);
	add("right\t1\r\n", 1);
	tally_add(tally, NULL, 0);
	assert_printed(0, "2\t50.000%\tleft\\x0A\n"
			  "1\t25.000%\t\n"
			  "1\t25.000%\tright\\x091\\x0D\\x0A\n");
}
END_TEST

START_TEST(others_come_last)
{
	add("one", 1);
	add_others();
	assert_printed(0, "1\t33.333%\tone\n"
			  "2\t66.667%\t(others)\n");
	assert_printed(40, "1   33.3%  ###         one\n"
			   "2   66.7%  #######     (others)\n");
}
END_TEST

START_TEST(greeting_of_that_name_is_told_from_the_others)
{
	add("(others)", 1);
	add_others();
	assert_printed(0, "1\t33.333%\t\\x28others)\n"
			  "2\t66.667%\t(others)\n");
	assert_printed(40, "1   33.3%  ###         \\x28others)\n"
			   "2   66.7%  #######     (others)\n");
	assert_printed(20, "1   33.3%  \\x28...\n"
			   "2   66.7%  (others)\n");
}
END_TEST

START_TEST(terminal_gets_bars)
{
	add("Hi from left", 117);
	add("Hi from right", 83);
	add("Hi", 1);
	assert_printed(80, "117   58.2%  ############          Hi from left\n"
			   " 83   41.3%  ########              Hi from right\n"
			   "  1    0.5%                        Hi\n");
}
END_TEST

START_TEST(whole_bar_is_whole)
{
	add("Hi", 3);
	assert_printed(40, "3  100.0%  ##########  Hi\n");
	assert_printed(39, "3  100.0%  Hi\n");
	assert_printed(1, "3  100.0%  Hi\n");
}
END_TEST

/* Returns how long the longest line of a text is. */
static size_t longest_line(const char *text)
{
	size_t longest = 0, length;

	for (; *text; text += length + 1) {
		length = strcspn(text, "\n");
		longest = length > longest ? length : longest;
	}
	return longest;
}

static const unsigned widths[] = {21, 22, 39, 40, 41, 79, 80, 132, 399, 400, 401, 450};

START_TEST(long_greeting_fills_the_terminal)
{
	char escaped[500] = "", plain[500] = "";

	memset(plain, 'a', sizeof plain - 1);
	memset(escaped, '\x1B', sizeof escaped - 1);
	add(plain, 3);
	add(escaped, 2);
	add("short", 1);
	ck_assert(tallytext_print(tally, widths[_i]));
	ck_assert_uint_eq(longest_line(captured(STDOUT_FILENO)), widths[_i]);
	ck_assert_int_eq(occurrences(captured(STDOUT_FILENO), "a...\n"), 1);
	ck_assert_int_eq(occurrences(captured(STDOUT_FILENO), "\\x1B...\n"), 1);
}
END_TEST

START_TEST(character_is_not_cut_in_two)
{
	add("gr\xC3\xBC\xC3\xBC\xC3\xBC\xC3\xBC\xC3\xBC\xC3\xBC", 1);
	assert_printed(19, "1  100.0%  gr\xC3\xBC...\n"); /* 8 columns, and so 8 bytes */
	assert_printed(20, "1  100.0%  gr\xC3\xBC\xC3\xBC...\n");
}
END_TEST

START_TEST(escapes_in_a_greeting_are_told_from_ours)
{
	tally_add(tally, "\\x00\0", 5);
	assert_printed(0, "1\t100.000%\t\\x5Cx00\\x00\n");
}
END_TEST

START_TEST(long_greeting_is_cut_in_a_pipe)
{
	char *bytes = malloc(5000), *expected = malloc(5000);

	ck_assert(bytes && expected);
	memset(bytes, 'a', 5000);
	tally_add(tally, bytes, 4096);
	snprintf(expected, 5000, "1\t100.000%%\t%.4096s\n", bytes);
	assert_printed(0, expected);
	tally_free(tally);
	tally = tally_new();
	tally_add(tally, bytes, 4097);
	snprintf(expected, 5000, "1\t100.000%%\t%.4093s...\n", bytes);
	assert_printed(0, expected);
	free(bytes);
	free(expected);
}
END_TEST

START_TEST(parser_gets_objects)
{
	add("left \"1\"\n", 2);
	add("\xFF", 1);
	add_others();
	ck_assert(tallytext_print_json(tally));
	ck_assert_str_eq(captured(STDOUT_FILENO),
			 "{\"schema\":1,\"type\":\"tally\",\"greeting\":\"left \\\"1\\\"\\u000a\","
			 "\"greeting_base64\":null,\"count\":2,\"share\":40000}\n"
			 "{\"schema\":1,\"type\":\"tally\",\"greeting\":null,"
			 "\"greeting_base64\":\"/w==\",\"count\":1,\"share\":20000}\n"
			 "{\"schema\":1,\"type\":\"tally\",\"greeting\":null,"
			 "\"greeting_base64\":null,\"count\":2,\"share\":40000}\n");
}
END_TEST

START_TEST(object_has_the_whole_greeting)
{
	enum { LENGTH = 2000 };
	char *bytes = calloc(1, LENGTH);

	ck_assert_ptr_nonnull(bytes);
	tally_add(tally, bytes, LENGTH);
	ck_assert(tallytext_print_json(tally));
	ck_assert_int_eq(occurrences(captured(STDOUT_FILENO), "\\u0000"), LENGTH);
	ck_assert_int_eq(occurrences(captured(STDOUT_FILENO), "\"share\":100000}\n"), 1);
	free(bytes);
}
END_TEST

START_TEST(full_disk_is_told)
{
	int full = open("/dev/full", O_WRONLY);

	ck_assert_int_eq(dup2(full, STDOUT_FILENO), STDOUT_FILENO);
	add("Hi", 1);
	ck_assert(!tallytext_print(tally, 0));
	ck_assert_int_eq(errno, ENOSPC);
	ck_assert(!tallytext_print(tally, 80));
	ck_assert(!tallytext_print_json(tally));
	tally_free(tally);
	tally = tally_new();
	add_others();
	ck_assert(!tallytext_print(tally, 0));
	ck_assert(!tallytext_print_json(tally));
}
END_TEST

START_TEST(no_memory_for_an_object_is_told)
{
	bool is_printed;

	add("Hi", 1);
	memory_grants = 0;
	is_printed = tallytext_print_json(tally);
	memory_grants = -1;
	ck_assert(!is_printed);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("tallytext");
	TCase *lines = suite_case(suite, "lines"), *json = suite_case(suite, "json");

	tcase_add_checked_fixture(lines, setup, teardown);
	tcase_add_test(lines, nothing_prints_nothing);
	tcase_add_test(lines, pipe_gets_tabs);
	tcase_add_test(lines, others_come_last);
	tcase_add_test(lines, greeting_of_that_name_is_told_from_the_others);
	tcase_add_test(lines, terminal_gets_bars);
	tcase_add_test(lines, whole_bar_is_whole);
	tcase_add_loop_test(lines, long_greeting_fills_the_terminal, 0, COUNT_OF(widths));
	tcase_add_test(lines, character_is_not_cut_in_two);
	tcase_add_test(lines, escapes_in_a_greeting_are_told_from_ours);
	tcase_add_test(lines, long_greeting_is_cut_in_a_pipe);
	tcase_add_test(lines, full_disk_is_told);
	tcase_add_checked_fixture(json, setup, teardown);
	tcase_add_test(json, parser_gets_objects);
	tcase_add_test(json, object_has_the_whole_greeting);
	tcase_add_test(json, no_memory_for_an_object_is_told);
	return suite_run(suite);
}
