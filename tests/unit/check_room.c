/* SPDX-License-Identifier: ISC */
/* check_room: as many connections as descriptors are left, wherever those that are open lie. */
#include "daemon/serve/room.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/log.h"
#include "daemon/options.h"
#include "daemon/say/pages.h"
#include "lib/capture.h"
#include "lib/suite.h"

enum { LIMIT = 64, RESERVE = 8 };

static struct options options;

/* How many descriptors are open from the start; none of them lies high. */
static size_t taken;

static void setup(void)
{
	struct rlimit limit = {.rlim_cur = LIMIT, .rlim_max = LIMIT};

	capture(STDERR_FILENO);
	log_open("test", LOG_LEVEL_WARNING);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	taken = 0;
	for (int fd = 0; fd < LIMIT; fd++)
		taken += fcntl(fd, F_GETFD) >= 0;
	ck_assert_uint_lt(taken, LIMIT / 2);
}

START_TEST(open_ones_and_a_reserve_are_left_out)
{
	ck_assert_uint_eq(room_find(&options, 0), LIMIT - taken - RESERVE);
}
END_TEST

/* Each may be long, and then has a descriptor. */
START_TEST(greetings_from_a_file_are_left_out)
{
	options.message_file = "message";
	ck_assert_uint_eq(room_find(&options, 0), LIMIT - taken - RESERVE - PAGES_MOST);
}
END_TEST

START_TEST(others_are_left_out)
{
	ck_assert_uint_eq(room_find(&options, 5), LIMIT - taken - RESERVE - 5);
	ck_assert_uint_eq(room_find(&options, LIMIT - taken - 1), 1);
	ck_assert_uint_eq(room_find(&options, LIMIT), 1);
}
END_TEST

START_TEST(others_leave_one_for_a_session)
{
	size_t room;
	int lowest;

	ck_assert_uint_eq(room_for_others(5, 0), 5);
	ck_assert_uint_eq(room_for_others(LIMIT, 0), LIMIT - taken - RESERVE - 1);
	ck_assert_uint_eq(room_for_others(LIMIT, 3), LIMIT - taken - RESERVE - 3 - 1);
	ck_assert_uint_eq(room_find(&options, room_for_others(LIMIT, 0)), 1);
	ck_assert_uint_eq(room_find(&options, room_for_others(LIMIT, 3)), 4);
	lowest = dup(STDIN_FILENO);
	for (int fd = lowest; fd >= 0 && fd < LIMIT - 1;)
		fd = dup(STDIN_FILENO);
	room = room_for_others(LIMIT, 0);
	for (int fd = lowest; fd < LIMIT; fd++)
		close(fd);
	ck_assert_uint_eq(room, 1);
}
END_TEST

START_TEST(high_ones_are_counted)
{
	for (int fd = LIMIT - 20; fd < LIMIT; fd++)
		ck_assert_int_eq(dup2(STDIN_FILENO, fd), fd);
	ck_assert_uint_eq(room_find(&options, 0), LIMIT - taken - RESERVE - 20);
}
END_TEST

START_TEST(those_beyond_the_limit_are_not)
{
	struct rlimit lower = {.rlim_cur = LIMIT - 10, .rlim_max = LIMIT - 10};

	for (int fd = LIMIT - 20; fd < LIMIT; fd++)
		ck_assert_int_eq(dup2(STDIN_FILENO, fd), fd);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &lower), 0);
	ck_assert_uint_eq(room_find(&options, 0), LIMIT - 10 - taken - RESERVE - 10);
}
END_TEST

/* Below the reserve there is room for one, unless there is no descriptor at all. */
START_TEST(last_ones_are_for_one)
{
	size_t room;
	int lowest = dup(STDIN_FILENO), last = lowest;

	while (last < LIMIT - 1 - _i)
		last = dup(STDIN_FILENO);
	room = room_find(&options, 0);
	/* A sanitizer needs some at the end. */
	for (int fd = lowest; fd <= last; fd++)
		close(fd);
	ck_assert_uint_eq(room, _i == 0 ? 0 : 1);
}
END_TEST

START_TEST(fewer_are_as_wanted)
{
	options.max_connections = 5;
	ck_assert_uint_eq(room_find(&options, 0), 5);
	assert_told_nothing();
}
END_TEST

START_TEST(more_is_a_warning)
{
	options.max_connections = 1000;
	ck_assert_uint_eq(room_find(&options, 0), LIMIT - taken - RESERVE);
	assert_told("--max-connections=1000 is more than the descriptor limit of 64 allows: using");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("room");
	TCase *tests = suite_case(suite, "room");

	tcase_add_checked_fixture(tests, setup, NULL);
	tcase_add_test(tests, open_ones_and_a_reserve_are_left_out);
	tcase_add_test(tests, greetings_from_a_file_are_left_out);
	tcase_add_test(tests, others_are_left_out);
	tcase_add_test(tests, others_leave_one_for_a_session);
	tcase_add_test(tests, high_ones_are_counted);
	tcase_add_test(tests, those_beyond_the_limit_are_not);
	tcase_add_loop_test(tests, last_ones_are_for_one, 0, RESERVE + 1);
	tcase_add_test(tests, fewer_are_as_wanted);
	tcase_add_test(tests, more_is_a_warning);
	return suite_run(suite);
}
