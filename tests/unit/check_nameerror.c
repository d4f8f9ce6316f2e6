/* SPDX-License-Identifier: ISC */
/* check_nameerror: failures of lookups have words that every C library shares. */
#include <config.h>

#include "base/nameerror.h"

#include <netdb.h>

#include "lib/suite.h"

static const struct {
	int failure;
	const char *words;
} failures[] = {
	{EAI_NONAME, "Name or service not known"},
	{EAI_AGAIN, "Temporary failure in name resolution"},
	{EAI_FAIL, "Non-recoverable failure in name resolution"},
#ifdef EAI_NODATA
	{EAI_NODATA, "No address associated with hostname"},
#endif
};

START_TEST(failure_has_our_words)
{
	ck_assert_str_eq(nameerror_words(failures[_i].failure), failures[_i].words);
}
END_TEST

START_TEST(other_failure_has_those_of_the_c_library)
{
	ck_assert_str_eq(nameerror_words(EAI_FAMILY), gai_strerror(EAI_FAMILY));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("nameerror");
	TCase *tests = suite_case(suite, "words");

	tcase_add_loop_test(tests, failure_has_our_words, 0, COUNT_OF(failures));
	tcase_add_test(tests, other_failure_has_those_of_the_c_library);
	return suite_run(suite);
}
