/* SPDX-License-Identifier: ISC */
/* check_deadline: when a deadline passes, and that what came before it has its say first. */
#include "client/deadline.h"

#include <event2/event.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/loop.h"
#include "lib/capture.h"
#include "lib/peers.h"
#include "lib/scarce.h"
#include "lib/standstill.h"
#include "lib/suite.h"

static struct event_base *base;
static struct deadline *deadline;
static unsigned passed, seen_before;
static bool free_in_callback;
static int ends[2];

static void passed_cb(void *argument)
{
	ck_assert_ptr_eq(argument, &passed);
	passed++;
	if (free_in_callback) {
		deadline_free(deadline);
		deadline = NULL;
	}
}

static bool is_over(void *argument)
{
	(void)argument;
	return passed > 0;
}

static void setup(void)
{
	capture(STDERR_FILENO);
	log_open("hailto", LOG_LEVEL_DEBUG);
	base = loop_new();
	ck_assert_ptr_nonnull(base);
	deadline = deadline_new(base, passed_cb, &passed);
	ck_assert_ptr_nonnull(deadline);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
}

static void teardown(void)
{
	deadline_free(deadline);
	close(ends[0]);
	close(ends[1]);
	loop_free(base);
}

START_TEST(it_passes_once_and_in_time)
{
	uint64_t start = clock_ms();

	ck_assert(deadline_set(deadline, 50));
	ck_assert(run_until(base, is_over, NULL, PATIENCE_MS));
	ck_assert_uint_ge(clock_ms() - start, 45);
	run_for(base, 100);
	ck_assert_uint_eq(passed, 1);
}
END_TEST

START_TEST(it_can_be_set_again)
{
	ck_assert(deadline_set(deadline, 20));
	ck_assert(deadline_set(deadline, 60000));
	run_for(base, 60);
	ck_assert_uint_eq(passed, 0);
	ck_assert(deadline_set(deadline, 1));
	ck_assert(run_until(base, is_over, NULL, PATIENCE_MS));
}
END_TEST

START_TEST(it_can_be_taken_back)
{
	ck_assert(deadline_set(deadline, 20));
	deadline_clear(deadline);
	run_for(base, 60);
	ck_assert_uint_eq(passed, 0);
}
END_TEST

/* Something that leads to the next thing, as a connection leads to a greeting. */
static void step_cb(evutil_socket_t fd, short what, void *argument)
{
	char byte;

	(void)fd;
	(void)what;
	(void)argument;
	ck_assert_int_eq(recv(ends[0], &byte, 1, MSG_DONTWAIT), 1);
	if (passed == 0)
		seen_before++;
}

static void send_three(void)
{
	if (send(ends[1], "abc", 3, 0) != 3)
		_exit(1);
}

START_TEST(what_came_while_we_were_stopped_comes_first)
{
	struct event *input = event_new(base, ends[0], EV_READ | EV_PERSIST, step_cb, NULL);
	pid_t child;

	ck_assert_int_eq(event_add(input, NULL), 0);
	ck_assert(deadline_set(deadline, 500)); /* enough for a busy machine to stop us before */
	child = standstill_begin(550, send_three, 0, NULL);
	ck_assert(run_until(base, is_over, NULL, PATIENCE_MS));
	standstill_end(child);
	ck_assert_uint_eq(seen_before, 3);
	event_free(input);
}
END_TEST

static void moment_cb(evutil_socket_t fd, short what, void *argument)
{
	(void)fd;
	(void)what;
	(void)argument;
	if (passed == 0)
		seen_before++;
}

/* A thread has to run first, or a server that was stopped with us. */
START_TEST(when_it_is_late_others_have_a_moment)
{
	struct event *moment = evtimer_new(base, moment_cb, NULL);

	ck_assert(deadline_set(deadline, 10));
	poll(NULL, 0, 200);
	ck_assert(loop_add_timer(moment, 80)); /* as long as it is late, which is at least 190 ms */
	ck_assert(run_until(base, is_over, NULL, PATIENCE_MS));
	ck_assert_uint_eq(seen_before, 1);
	/* But one that is in time waits for nothing. */
	passed = seen_before = 0;
	ck_assert(deadline_set(deadline, 10));
	ck_assert(loop_add_timer(moment, 40));
	ck_assert(run_until(base, is_over, NULL, PATIENCE_MS));
	ck_assert_uint_eq(seen_before, 0);
	event_free(moment);
}
END_TEST

static void always_cb(evutil_socket_t fd, short what, void *argument)
{
	(void)fd;
	(void)what;
	++*(unsigned *)argument;
}

START_TEST(who_never_stops_does_not_put_it_off)
{
	unsigned turns = 0;
	struct event *input = event_new(base, ends[0], EV_READ | EV_PERSIST, always_cb, &turns);

	send_three(); /* and nobody reads it */
	ck_assert_int_eq(event_add(input, NULL), 0);
	ck_assert(deadline_set(deadline, 0));
	while (passed == 0)
		ck_assert_int_ge(event_base_loop(base, EVLOOP_ONCE), 0);
	ck_assert_uint_le(turns, 10);
	event_free(input);
}
END_TEST

START_TEST(it_may_be_freed_in_the_callback)
{
	free_in_callback = true;
	ck_assert(deadline_set(deadline, 1));
	ck_assert(run_until(base, is_over, NULL, PATIENCE_MS));
	ck_assert_ptr_null(deadline);
	deadline_free(NULL);
}
END_TEST

static void setup_scarce(void)
{
	event_set_mem_functions(scarce_malloc, scarce_realloc, free);
	setup();
}

START_TEST(want_of_memory_makes_none)
{
	grants = 0;
	ck_assert_ptr_null(deadline_new(base, passed_cb, &passed));
	grants = -1;
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("deadline");
	TCase *tests = suite_case(suite, "deadline"), *memory = suite_case(suite, "memory");

	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, it_passes_once_and_in_time);
	tcase_add_test(tests, it_can_be_set_again);
	tcase_add_test(tests, it_can_be_taken_back);
	tcase_add_test(tests, what_came_while_we_were_stopped_comes_first);
	tcase_add_test(tests, when_it_is_late_others_have_a_moment);
	tcase_add_test(tests, who_never_stops_does_not_put_it_off);
	tcase_add_test(tests, it_may_be_freed_in_the_callback);
	tcase_add_checked_fixture(memory, setup_scarce, teardown);
	tcase_add_test(memory, want_of_memory_makes_none);
	return suite_run(suite);
}
