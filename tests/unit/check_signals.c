/* SPDX-License-Identifier: ISC */
/* check_signals: what a parent has left blocked or ignored is undone. */
#include "base/signals.h"

#include <signal.h>
#include <unistd.h>

#include "lib/suite.h"

static const int none[] = {0}, early[] = {SIGHUP, SIGUSR1, 0};

/* Whether the signal is blocked. */
static int is_blocked(int number)
{
	sigset_t set;

	ck_assert_int_eq(sigprocmask(SIG_SETMASK, NULL, &set), 0);
	return sigismember(&set, number);
}

/* Asserts that the signal has that action. */
static void assert_action(int number, void (*handler)(int))
{
	struct sigaction action;

	ck_assert_int_eq(sigaction(number, NULL, &action), 0);
	ck_assert(action.sa_handler == handler);
}

static void block_all(void)
{
	sigset_t all;

	sigfillset(&all);
	ck_assert_int_eq(sigprocmask(SIG_SETMASK, &all, NULL), 0);
}

START_TEST(nothing_stays_blocked)
{
	block_all();
	signals_begin(none);
	for (int number = 1; number < 32; number++)
		ck_assert_int_eq(is_blocked(number), 0);
}
END_TEST

START_TEST(those_listed_are_blocked)
{
	block_all();
	signals_begin(early);
	for (int number = 1; number < 32; number++)
		ck_assert_int_eq(is_blocked(number), number == SIGHUP || number == SIGUSR1);
}
END_TEST

START_TEST(write_errors_do_not_kill)
{
	signals_begin(none);
	assert_action(SIGPIPE, SIG_IGN);
	assert_action(SIGXFSZ, SIG_IGN);
}
END_TEST

START_TEST(only_those_listed_are_restored)
{
	static const int list[] = {SIGTERM, SIGINT, 0};

	signal(SIGTERM, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signals_restore(list);
	signals_begin(none);
	assert_action(SIGTERM, SIG_DFL);
	assert_action(SIGINT, SIG_DFL);
	assert_action(SIGHUP, SIG_IGN);
}
END_TEST

START_TEST(what_is_inherited_is_given_back)
{
	struct signals_kept kept;

	block_all();
	signal(SIGPIPE, _i ? SIG_IGN : SIG_DFL);
	signal(SIGXFSZ, _i ? SIG_DFL : SIG_IGN);
	signals_keep(&kept);
	signals_begin(none);
	signals_give_back(&kept);
	assert_action(SIGPIPE, _i ? SIG_IGN : SIG_DFL);
	assert_action(SIGXFSZ, _i ? SIG_DFL : SIG_IGN);
	ck_assert_int_eq(is_blocked(SIGUSR1), 1);
}
END_TEST

static volatile sig_atomic_t taken;

static void take_cb(int number)
{
	taken = number;
}

START_TEST(what_came_early_is_not_lost)
{
	signals_begin(early);
	ck_assert_int_eq(raise(SIGHUP), 0);
	signal(SIGHUP, take_cb);
	signals_block_only(none);
	ck_assert_int_eq(taken, SIGHUP);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("signals");
	TCase *tests = suite_case(suite, "signals");

	tcase_add_test(tests, nothing_stays_blocked);
	tcase_add_test(tests, those_listed_are_blocked);
	tcase_add_test(tests, write_errors_do_not_kill);
	tcase_add_test(tests, only_those_listed_are_restored);
	tcase_add_loop_test(tests, what_is_inherited_is_given_back, 0, 2);
	tcase_add_test(tests, what_came_early_is_not_lost);
	return suite_run(suite);
}
