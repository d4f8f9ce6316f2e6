/* SPDX-License-Identifier: ISC */
/* check_stopper: the first signal is told, and the next one ends the program. */
#include "client/stopper.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "lib/suite.h"

static const int numbers[] = {SIGINT, SIGTERM};

static int stop;
static uint64_t now_ms = 5000;

typedef uint64_t clock_reader(void);
clock_reader __wrap_clock_ms;

uint64_t __wrap_clock_ms(void)
{
	return now_ms;
}

static void setup(void)
{
	for (size_t i = 0; i < COUNT_OF(numbers); i++)
		signal(numbers[i], SIG_DFL);
	stop = stopper_begin();
	ck_assert_int_ge(stop, 0);
}

/* Returns whether the descriptor is readable. */
static bool is_told(void)
{
	struct pollfd readable = {.fd = stop, .events = POLLIN};

	return poll(&readable, 1, 0) == 1;
}

static void assert_action(int number, void (*handler)(int))
{
	struct sigaction action;

	ck_assert_int_eq(sigaction(number, NULL, &action), 0);
	ck_assert(action.sa_handler == handler);
}

START_TEST(first_is_told)
{
	ck_assert(!is_told());
	raise(numbers[_i]);
	ck_assert(is_told());
	stopper_end();
}
END_TEST

START_TEST(same_moment_is_the_same_signal)
{
	for (size_t i = 0; i < COUNT_OF(numbers); i++)
		raise(numbers[i]);
	stopper_end();
	now_ms += 200;
	raise(SIGTERM);
}
END_TEST

START_TEST(next_one_ends_the_program)
{
	raise(SIGINT);
	now_ms += 201;
	raise(SIGTERM);
}
END_TEST

START_TEST(next_one_ends_the_program_after_the_end)
{
	raise(SIGTERM);
	stopper_end();
	now_ms += 201;
	raise(SIGTERM);
}
END_TEST

START_TEST(nothing_is_left_without_a_signal)
{
	stopper_end();
	for (size_t i = 0; i < COUNT_OF(numbers); i++)
		assert_action(numbers[i], SIG_DFL);
	stopper_end();
}
END_TEST

static void other_cb(int number)
{
	_exit(128 + number);
}

/* As base/signals does in a container's first process. */
START_TEST(next_one_has_the_action_that_it_had)
{
	stopper_end();
	signal(SIGTERM, other_cb);
	ck_assert_int_ge(stopper_begin(), 0);
	raise(SIGTERM);
	now_ms += 201;
	raise(SIGTERM);
}
END_TEST

START_TEST(ignored_stays_ignored)
{
	stopper_end();
	signal(SIGINT, SIG_IGN);
	stop = stopper_begin();
	ck_assert_int_ge(stop, 0);
	raise(SIGINT);
	ck_assert(!is_told());
	assert_action(SIGINT, SIG_IGN);
	raise(SIGTERM);
	ck_assert(is_told());
}
END_TEST

START_TEST(waiting_call_is_interrupted)
{
	pid_t parent = getpid(), child;
	int ends[2], reason;
	ssize_t length;
	char byte;

	ck_assert_int_eq(pipe(ends), 0);
	child = fork();
	while (child == 0 && kill(parent, SIGTERM) == 0) /* it may not wait yet */
		poll(NULL, 0, 5);
	length = read(ends[0], &byte, 1);
	reason = errno;
	ck_assert_int_eq(kill(child, SIGKILL), 0);
	ck_assert_int_eq(waitpid(child, NULL, 0), child);
	ck_assert_int_eq(length, -1);
	ck_assert_int_eq(reason, EINTR);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("stopper");
	TCase *all = suite_case(suite, "stopper");

	tcase_add_checked_fixture(all, setup, NULL);
	tcase_add_loop_test(all, first_is_told, 0, COUNT_OF(numbers));
	tcase_add_test(all, same_moment_is_the_same_signal);
	tcase_add_test_raise_signal(all, next_one_ends_the_program, SIGTERM);
	tcase_add_test_raise_signal(all, next_one_ends_the_program_after_the_end, SIGTERM);
	tcase_add_test(all, nothing_is_left_without_a_signal);
	tcase_add_exit_test(all, next_one_has_the_action_that_it_had, 128 + SIGTERM);
	tcase_add_test(all, ignored_stays_ignored);
	tcase_add_test(all, waiting_call_is_interrupted);
	return suite_run(suite);
}
