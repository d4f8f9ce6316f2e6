/* SPDX-License-Identifier: ISC */
/* suite: what the main of every unit test needs: run a suite, and exit as it ended. */
#include "suite.h"

#include <stdbool.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SUITE_CASES_MAX = 32 };

/* The names of the test cases, which suite_run_at_once() runs by name; they are literals. */
static const char *suite_names[SUITE_CASES_MAX];
static int suite_length;

TCase *suite_case(Suite *suite, const char *name)
{
	TCase *tests = tcase_create(name);

	if (suite_length == SUITE_CASES_MAX)
		abort();
	suite_names[suite_length++] = name;
	tcase_set_timeout(tests, 60);
	suite_add_tcase(suite, tests);
	return tests;
}

/* Runs one test case, or all if the name is NULL, and frees the runner. Returns the exit status. */
static int suite_run_case(SRunner *runner, const char *name)
{
	int failed;

	srunner_run(runner, NULL, name, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

int suite_run(Suite *suite)
{
	return suite_run_case(srunner_create(suite), NULL);
}

int suite_run_at_once(Suite *suite)
{
	SRunner *runner = srunner_create(suite);
	bool all_passed = true;
	int status;

	if (getenv("CK_RUN_CASE") || srunner_fork_status(runner) != CK_FORK)
		return suite_run_case(runner, NULL);
	for (int i = 0; i < suite_length; i++) {
		pid_t child = fork();

		if (child == 0)
			exit(suite_run_case(runner, suite_names[i]));
		all_passed = all_passed && child > 0;
	}
	srunner_free(runner);
	while (wait(&status) > 0)
		all_passed = all_passed && WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS;
	return all_passed ? EXIT_SUCCESS : EXIT_FAILURE;
}
