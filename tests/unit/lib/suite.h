/* SPDX-License-Identifier: ISC */
/* suite: what the main of every unit test needs: run a suite, and exit as it ended. */
#ifndef UNIT_SUITE_H
#define UNIT_SUITE_H

#include <check.h>

/* How many elements an array has, as the end of a loop test. */
#define COUNT_OF(array) ((int)(sizeof(array) / sizeof *(array)))

/* Makes a test case. Each test may take a minute: four seconds are few on a busy machine. */
TCase *suite_case(Suite *suite, const char *name);

/* Runs the suite, each test in a process of its own, and prints Check's closing line. */
int suite_run(Suite *suite);

/*
 * As suite_run(), but the test cases run at the same time, and each prints its closing line: for
 * tests that mostly wait. With Check's CK_RUN_CASE, or CK_FORK=no for a debugger, it is
 * suite_run().
 */
int suite_run_at_once(Suite *suite);

#endif
