/* SPDX-License-Identifier: ISC */
/* check_text: what is added follows what is there, and nothing goes past the end. */
#include "base/text.h"

#include <string.h>

#include "lib/suite.h"

START_TEST(what_is_added_follows)
{
	char bytes[32];
	struct text text;

	memset(bytes, 'x', sizeof bytes);
	text_begin(&text, bytes, sizeof bytes);
	ck_assert_str_eq(bytes, "");
	text_add(&text, "%d attempts", 3);
	text_add(&text, "%s", "");
	text_add(&text, ", %s", "all good");
	ck_assert_str_eq(bytes, "3 attempts, all good");
	ck_assert_uint_eq(text.length, strlen(bytes));
}
END_TEST

/* One byte more than fits, or many, is cut; what is added then has no room. */
START_TEST(what_does_not_fit_is_cut)
{
	char bytes[16];
	struct text text;

	for (size_t size = 1; size < 8; size++) {
		memset(bytes, 'x', sizeof bytes);
		text_begin(&text, bytes, size);
		text_add(&text, "%s", "1234");
		text_add(&text, "%s", "567");
		text_add(&text, "%s", "8");
		ck_assert_uint_eq(text.length, size - 1);
		ck_assert_uint_eq(strlen(bytes), size - 1);
		ck_assert_mem_eq(bytes, "1234567", size - 1);
		ck_assert_int_eq(bytes[size], 'x');
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("text");
	TCase *text = suite_case(suite, "text");

	tcase_add_test(text, what_is_added_follows);
	tcase_add_test(text, what_does_not_fit_is_cut);
	return suite_run(suite);
}
