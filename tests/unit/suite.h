/* suite: what the main of every unit test needs: run a suite, and exit as it ended. */
#ifndef UNIT_SUITE_H
#define UNIT_SUITE_H

#include <check.h>
#include <stdlib.h>

/* How many elements an array has, as the end of a loop test. */
#define COUNT_OF(array) ((int)(sizeof(array) / sizeof *(array)))

/* Makes a test case. Each test may take a minute: four seconds are few on a busy machine. */
static inline TCase *suite_case(Suite *suite, const char *name)
{
	TCase *tests = tcase_create(name);

	tcase_set_timeout(tests, 60);
	suite_add_tcase(suite, tests);
	return tests;
}

/* Runs the suite, each test in a process of its own, and prints Check's closing line. */
static inline int suite_run(Suite *suite)
{
	SRunner *runner = srunner_create(suite);
	int failed;

	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

#endif
