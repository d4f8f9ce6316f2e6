/* SPDX-License-Identifier: ISC */
/* check_watchdog: it ends the program in time, and leaves a parent's alarm as it was. */
#include "client/watchdog.h"

#include <poll.h>
#include <signal.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/suite.h"

enum { STATUS = 42 };

/* Sets the alarm that a parent may have left, in ms. */
static void set_alarm(long ms)
{
	struct itimerval alarm = {.it_value = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000}};

	ck_assert_int_eq(setitimer(ITIMER_REAL, &alarm, NULL), 0);
}

/* How much of it is left, in ms. */
static long alarm_left(void)
{
	struct itimerval alarm;

	ck_assert_int_eq(getitimer(ITIMER_REAL, &alarm), 0);
	return alarm.it_value.tv_sec * 1000 + alarm.it_value.tv_usec / 1000;
}

/* What SIGALRM does. */
static void (*action_of_alarm(void))(int)
{
	struct sigaction action;

	ck_assert_int_eq(sigaction(SIGALRM, NULL, &action), 0);
	return action.sa_handler;
}

/* Check has a handler of its own. */
static void setup(void)
{
	signal(SIGALRM, SIG_DFL);
}

static void teardown(void)
{
	set_alarm(0);
}

/* Waits for longer than anything takes here, in a child with that alarm; returns how it ended. */
static int end_of_child(long alarm_ms, uint64_t patience_ms, void (*handler)(int))
{
	pid_t child = fork();
	int status;

	ck_assert_int_ge(child, 0);
	if (child == 0) {
		signal(SIGALRM, handler);
		set_alarm(alarm_ms);
		watchdog_start(patience_ms, "", STATUS);
		for (int i = 0; i < 1000; i++)
			poll(NULL, 0, 10);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	return status;
}

START_TEST(it_ends_the_program)
{
	int status = end_of_child(0, 50, SIG_DFL);

	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), STATUS);
}
END_TEST

START_TEST(later_alarm_does_not_hold_it_up)
{
	ck_assert_int_eq(WEXITSTATUS(end_of_child(5000, 50, SIG_DFL)), STATUS);
}
END_TEST

START_TEST(sooner_alarm_ends_the_program_itself)
{
	int status = end_of_child(50, 5000, SIG_DFL);

	ck_assert(WIFSIGNALED(status));
	ck_assert_int_eq(WTERMSIG(status), SIGALRM);
}
END_TEST

START_TEST(alarm_that_is_ignored_does_not_count)
{
	int status = end_of_child(20, 100, SIG_IGN);

	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), STATUS);
}
END_TEST

START_TEST(what_is_left_of_an_alarm_is_given_back)
{
	static const long times[] = {10000, 60000};

	for (size_t i = 0; i < COUNT_OF(times); i++) {
		set_alarm(times[i]);
		watchdog_start(20000, "", STATUS);
		poll(NULL, 0, 100);
		watchdog_stop();
		ck_assert_int_gt(alarm_left(), times[i] - 8000);
		ck_assert_int_le(alarm_left(), times[i] - 90);
		ck_assert(action_of_alarm() == SIG_DFL);
	}
}
END_TEST

START_TEST(none_is_left_where_none_was)
{
	watchdog_start(20000, "", STATUS);
	ck_assert(action_of_alarm() != SIG_DFL);
	watchdog_stop();
	ck_assert_int_eq(alarm_left(), 0);
	ck_assert(action_of_alarm() == SIG_DFL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("watchdog");
	TCase *tests = suite_case(suite, "watchdog");

	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, it_ends_the_program);
	tcase_add_test(tests, later_alarm_does_not_hold_it_up);
	tcase_add_test(tests, sooner_alarm_ends_the_program_itself);
	tcase_add_test(tests, alarm_that_is_ignored_does_not_count);
	tcase_add_test(tests, what_is_left_of_an_alarm_is_given_back);
	tcase_add_test(tests, none_is_left_where_none_was);
	return suite_run(suite);
}
