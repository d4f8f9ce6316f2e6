/* SPDX-License-Identifier: ISC */
/* check_descriptors: the limit can be raised, and open descriptors below it are counted. */
#include "base/descriptors.h"

#include <sys/resource.h>
#include <unistd.h>

#include "lib/suite.h"

enum { LIMIT = 64 };

static void limit_to(rlim_t soft)
{
	struct rlimit limit = {.rlim_cur = soft, .rlim_max = LIMIT};

	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	ck_assert_uint_eq(descriptors_limit(), soft);
}

START_TEST(soft_limit_is_raised)
{
	limit_to(LIMIT / 2);
	descriptors_raise_limit();
	ck_assert_uint_eq(descriptors_limit(), LIMIT);
}
END_TEST

START_TEST(open_ones_below_the_limit_are_counted)
{
	size_t before;

	limit_to(LIMIT);
	before = descriptors_count_open(LIMIT);
	ck_assert_uint_gt(before, 0);
	for (int fd = LIMIT - 3; fd < LIMIT; fd++)
		ck_assert_int_eq(dup2(STDIN_FILENO, fd), fd);
	ck_assert_uint_eq(descriptors_count_open(LIMIT), before + 3);
	ck_assert_uint_eq(descriptors_count_open(LIMIT - 2), before + 1);
	for (int fd = LIMIT - 3; fd < LIMIT; fd++)
		close(fd);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("descriptors");
	TCase *tests = suite_case(suite, "descriptors");

	tcase_add_test(tests, soft_limit_is_raised);
	tcase_add_test(tests, open_ones_below_the_limit_are_counted);
	return suite_run(suite);
}
