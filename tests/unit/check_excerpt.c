/* SPDX-License-Identifier: ISC */
/* check_excerpt: an error shows the line that it is about, and the caret stands below the place. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/excerpt.h"
#include "lib/suite.h"

#define TEN "0123456789"
#define FORTY TEN TEN TEN TEN
#define TEN_TWO_BYTES                                                                              \
	"\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9"

static const struct {
	const char *text;
	size_t position;
	const char *line;
	size_t column;
} excerpts[] = {
	{"", 0, "", 0},
	{"x", 0, "x", 0},
	{"x", 1, "x", 1},
	{"you are {peeer}\\n", 8, "you are {peeer}\\n", 8},
	{"{", 0, "{", 0},
	{"Hi\\", 2, "Hi\\", 2},
	/* One line of several. */
	{"one\ntwo {\nthree", 8, "two {", 4},
	{"one\ntwo\n{hree", 8, "{hree", 0},
	{"{ne\ntwo", 0, "{ne", 0},
	{"one\ntwo", 3, "one", 3}, /* the newline itself */
	{"one\n\ntwo", 4, "", 0},
	{"one\ntwo\n", 8, "", 0}, /* behind the last */
	{"one\r\n{", 5, "{", 0},
	/* A character of several bytes takes one column. */
	{"gr\xC3\xBC\xC3\x9F {", 7, "gr\xC3\xBC\xC3\x9F {", 5},
	{"\xE2\x82\xAC{\xF0\x9F\x98\x80", 3, "\xE2\x82\xAC{\xF0\x9F\x98\x80", 1},
	/* What could move the caret or the cursor is escaped, and takes four. */
	{"\t{", 1, "\\x09{", 4},
	{"a\tb\t{\t", 4, "a\\x09b\\x09{\\x09", 10},
	{"\x1B[2J{", 4, "\\x1B[2J{", 7},
	{"\xFF\xC3{", 2, "\\xFF\\xC3{", 8},
	{"\xC2\x9B{", 2, "\\xC2\\x9B{", 8},
	{"a\r{", 2, "a\\x0D{", 5},
	{"\xE2\x80\xAE{\xE2\x80\xA8", 3, "\\xE2\\x80\\xAE{\\xE2\\x80\\xA8", 12},
	{"\\x41{", 4, "\\x41{", 4},
	/* Of a long line only what is near. */
	{FORTY "{" TEN TEN TEN, 40, FORTY "{" TEN TEN "012345678", 40},
	{"x" FORTY "{", 41, FORTY "{", 40},
	{"xyz" FORTY "{" FORTY, 43, FORTY "{" TEN TEN "012345678", 40},
	{"{" FORTY, 0, "{" TEN TEN "012345678", 0},
	{FORTY FORTY, 80, FORTY, 40},
	/* No character is cut. */
	{"\xC3\xA9"
	 "x" TEN TEN TEN "012345678{",
	 42, "x" TEN TEN TEN "012345678{", 40},
	{"\xC3\xA9" TEN TEN TEN "012345678{", 41, TEN TEN TEN "012345678{", 39},
	{"\xC3\xA9" TEN TEN TEN "01234567{", 40, "\xC3\xA9" TEN TEN TEN "01234567{", 39},
	{TEN_TWO_BYTES TEN_TWO_BYTES "\xC3\xA9{", 42, TEN_TWO_BYTES TEN_TWO_BYTES "{", 20},
	{"{" TEN TEN "01234567\xC3\xA9", 0, "{" TEN TEN "01234567", 0},
	{"{" TEN TEN "0123456\xC3\xA9"
	 "x",
	 0, "{" TEN TEN "0123456\xC3\xA9", 0},
	{"{" TEN TEN "012345\xF0\x9F\x98\x80"
	 "x",
	 0, "{" TEN TEN "012345", 0},
};

START_TEST(line_is_shown_and_the_column_told)
{
	char line[EXCERPT_MAX];
	size_t column = excerpt_format(line, excerpts[_i].text, strlen(excerpts[_i].text),
				       excerpts[_i].position);

	ck_assert_str_eq(line, excerpts[_i].line);
	ck_assert_uint_eq(column, excerpts[_i].column);
}
END_TEST

/* Where the caret points, there the offending byte is: each byte of this text takes a column. */
START_TEST(caret_points_at_the_byte)
{
	static const char text[] =
		"a greeting of one line, in which a brace is {missing somewhere, "
		"and more words to make it long, and \\q no end of them at all";
	char line[EXCERPT_MAX];

	for (size_t i = 0; i < strlen(text); i++) {
		size_t column = excerpt_format(line, text, strlen(text), i);
		ck_assert_uint_lt(column, strlen(line));
		ck_assert_int_eq(line[column], text[i]);
	}
}
END_TEST

START_TEST(nul_is_a_byte_like_others)
{
	char line[EXCERPT_MAX];

	ck_assert_uint_eq(excerpt_format(line, "a\0{\0", 4, 2), 5);
	ck_assert_str_eq(line, "a\\x00{\\x00");
}
END_TEST

/* The text need not end with a NUL: a sanitizer sees who reads on. */
START_TEST(nothing_behind_the_text_is_read)
{
	char *text = malloc(3), line[EXCERPT_MAX];

	ck_assert_ptr_nonnull(text);
	memcpy(text, "ab\xC3", 3);
	for (size_t i = 0; i <= 3; i++)
		excerpt_format(line, text, 3, i);
	ck_assert_str_eq(line, "ab\\xC3");
	free(text);
}
END_TEST

/* The bytes that grow most, more of them than are shown. */
START_TEST(longest_excerpt_has_room)
{
	char text[200], line[EXCERPT_MAX];
	size_t column;

	memset(text, '\t', sizeof text);
	column = excerpt_format(line, text, sizeof text, 100);
	ck_assert_uint_lt(strlen(line), sizeof line);
	ck_assert_uint_eq(strlen(line) % 4, 0);
	ck_assert_uint_gt(strlen(line), column);
	ck_assert_uint_eq(column, 160);
}
END_TEST

/* Whatever the bytes: one line, with the place in it, and the room is enough. */
START_TEST(any_bytes_make_one_line)
{
	char text[300], line[EXCERPT_MAX];
	unsigned seed = (unsigned)getpid();

	for (int round = 0; round < 2000; round++) {
		size_t column;
		for (size_t i = 0; i < sizeof text; i++) {
			seed = seed * 1103515245 + 12345;
			text[i] = (char)(seed >> 16);
		}
		column = excerpt_format(line, text, sizeof text, (size_t)round % sizeof text);
		ck_assert_msg(strlen(line) < sizeof line && column <= strlen(line) &&
				      line[strcspn(line, "\n\t\x1B")] == '\0',
			      "round %d from seed %d", round, getpid());
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("excerpt");
	TCase *tests = suite_case(suite, "excerpt");

	tcase_add_loop_test(tests, line_is_shown_and_the_column_told, 0, COUNT_OF(excerpts));
	tcase_add_test(tests, caret_points_at_the_byte);
	tcase_add_test(tests, nul_is_a_byte_like_others);
	tcase_add_test(tests, nothing_behind_the_text_is_read);
	tcase_add_test(tests, longest_excerpt_has_room);
	tcase_add_test(tests, any_bytes_make_one_line);
	return suite_run(suite);
}
