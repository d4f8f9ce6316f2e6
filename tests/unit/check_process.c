/* SPDX-License-Identifier: ISC */
/* check_process: what others could do with our process is forbidden, and stays so. */
#include <config.h>

#include "daemon/setup/process.h"

#include <sys/resource.h>
#if HAVE_DECL_PR_SET_DUMPABLE
#include <sys/prctl.h>
#endif
#include <unistd.h>

#include "base/log.h"
#include "lib/capture.h"
#include "lib/suite.h"

enum { LIMIT = 4096 };

#ifdef SANITIZED
enum { IS_SANITIZED = 1 };
#else
enum { IS_SANITIZED = 0 };
#endif

static void setup(void)
{
	struct rlimit limit = {.rlim_cur = LIMIT, .rlim_max = LIMIT};

	capture(STDERR_FILENO);
	log_open("haild", LOG_LEVEL_INFO);
	if (setrlimit(RLIMIT_CORE, &limit) < 0)
		ck_assert_int_eq(getrlimit(RLIMIT_CORE, &limit), 0);
}

static void assert_closed(bool is_open)
{
	struct rlimit limit;

	ck_assert_int_eq(getrlimit(RLIMIT_CORE, &limit), 0);
	ck_assert(is_open || limit.rlim_max == 0);
#if HAVE_DECL_PR_SET_DUMPABLE
	ck_assert_int_eq(prctl(PR_GET_DUMPABLE, 0UL, 0UL, 0UL, 0UL), is_open || IS_SANITIZED);
#endif
#if HAVE_DECL_PR_SET_NO_NEW_PRIVS
	ck_assert_int_eq(prctl(PR_GET_NO_NEW_PRIVS, 0UL, 0UL, 0UL, 0UL), 1);
#endif
	assert_told_nothing();
}

START_TEST(process_is_closed)
{
	process_close(false);
	assert_closed(false);
}
END_TEST

START_TEST(process_may_stay_open)
{
	struct rlimit limit;

	process_close(true);
	assert_closed(true);
	ck_assert_int_eq(getrlimit(RLIMIT_CORE, &limit), 0);
	ck_assert(limit.rlim_max == LIMIT || limit.rlim_max == 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("process");
	TCase *tests = suite_case(suite, "process");

	tcase_add_checked_fixture(tests, setup, NULL);
	tcase_add_test(tests, process_is_closed);
	tcase_add_test(tests, process_may_stay_open);
	return suite_run(suite);
}
