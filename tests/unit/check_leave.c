/* SPDX-License-Identifier: ISC */
/* check_leave: a server that was only connected to is left without a reset, and soon. */
#include "client/leave.h"

#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "lib/looping.h"
#include "lib/peers.h"
#include "lib/scarce.h"
#include "lib/suite.h"

static struct peer server;
static struct leave *leave;
static int ours;

static void left_cb(void *argument)
{
	looping_called(argument);
	leave_free(leave);
	leave = NULL;
}

static void setup(void)
{
	looping_setup();
	server = peer_pair(AF_INET, &ours, 0);
}

static void setup_scarce(void)
{
	looping_setup_scarce();
	server = peer_pair(AF_INET, &ours, 0);
}

static void teardown(void)
{
	leave_free(leave);
	close(ours);
	looping_teardown();
}

static void start(uint64_t connect_us)
{
	leave = leave_start(base, ours, connect_us, left_cb, &called);
	ck_assert_ptr_nonnull(leave);
}

static bool has_ended(void *argument)
{
	peer_receive(argument, 1);
	return ((struct peer *)argument)->ended;
}

START_TEST(server_sees_the_end_and_no_reset)
{
	start(60000000);
	ck_assert(run_until(base, has_ended, &server, PATIENCE_MS));
	ck_assert_uint_eq(called.calls, 0);
	ck_assert_uint_eq(peer_send(&server, 100000), 100000);
	shutdown(server.fd, SHUT_WR);
	finish();
	close(ours);
	ck_assert_uint_eq(peer_receive(&server, 1), 0);
	ck_assert_int_eq(server.error, 0);
	ours = -1;
}
END_TEST

START_TEST(reset_is_an_end)
{
	start(60000000);
	peer_reset(&server);
	finish();
}
END_TEST

static const uint64_t connects[] = {0, 100000};

START_TEST(server_that_stays_is_not_waited_for)
{
	uint64_t begin = clock_ms(), ms;

	start(connects[_i]);
	finish();
	ms = clock_ms() - begin;
	ck_assert_uint_ge(ms, connects[_i] / 1000 + 5);
	ck_assert_uint_le(ms, connects[_i] / 1000 + 2000);
}
END_TEST

/* Keeps the server talking, and tells whether it is over. */
static bool is_over_in_spite_of_all(void *argument)
{
	peer_send(argument, 65536);
	return called.calls > 0;
}

START_TEST(server_that_never_stops_is_left_all_the_same)
{
	start(0);
	ck_assert(run_until(base, is_over_in_spite_of_all, &server, PATIENCE_MS));
}
END_TEST

START_TEST(what_is_unread_is_no_reset)
{
	ck_assert_uint_eq(peer_send(&server, 100), 100);
	leave_close(ours);
	ours = -1;
	ck_assert(run_until(base, has_ended, &server, PATIENCE_MS));
	ck_assert_int_eq(server.error, 0);
}
END_TEST

START_TEST(nothing_is_allowed)
{
	leave_close(-1);
	leave_free(NULL);
}
END_TEST

START_TEST(want_of_memory_leaves_at_once)
{
	grants = _i;
	ck_assert_ptr_null(leave_start(base, ours, 0, left_cb, &called));
	grants = -1;
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("leave");
	TCase *tests = suite_case(suite, "leave"), *memory = suite_case(suite, "memory");

	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, server_sees_the_end_and_no_reset);
	tcase_add_test(tests, reset_is_an_end);
	tcase_add_loop_test(tests, server_that_stays_is_not_waited_for, 0, COUNT_OF(connects));
	tcase_add_test(tests, server_that_never_stops_is_left_all_the_same);
	tcase_add_test(tests, what_is_unread_is_no_reset);
	tcase_add_test(tests, nothing_is_allowed);
	tcase_add_checked_fixture(memory, setup_scarce, teardown);
	tcase_add_loop_test(memory, want_of_memory_leaves_at_once, 0, 2);
	return suite_run(suite);
}
