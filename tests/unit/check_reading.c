/* SPDX-License-Identifier: ISC */
/* check_reading: how the reading of a greeting ends, and what it waits for. */
#include "client/reading.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "client/options.h"
#include "lib/capture.h"
#include "lib/looping.h"
#include "lib/peers.h"
#include "lib/scarce.h"
#include "lib/standstill.h"
#include "lib/suite.h"

static struct options options;
static struct peer server;
static struct reading *reading;
static char bytes[100];
static struct reading_request request = {.options = &options, .bytes = bytes, .room = sizeof bytes};

static struct reading_result outcome;

static void ended_cb(const struct reading_result *result, void *argument)
{
	looping_called(argument);
	outcome = *result;
	if (free_in_callback) {
		reading_free(reading);
		reading = NULL;
	}
}

static void setup(void)
{
	looping_setup();
	server = peer_pair(AF_INET, &request.fd, 0);
}

static void setup_scarce(void)
{
	looping_setup_scarce();
	server = peer_pair(AF_INET, &request.fd, 0);
}

static void teardown(void)
{
	reading_free(reading);
	close(request.fd);
	looping_teardown();
}

static void start(void)
{
	looping_start();
	reading = reading_start(base, &request, ended_cb, &called);
	ck_assert_ptr_nonnull(reading);
}

static void say(const char *text)
{
	ck_assert_int_eq(send(server.fd, text, strlen(text), 0), (ssize_t)strlen(text));
}

static void assert_ended(enum reading_end how, const char *text)
{
	finish();
	ck_assert_int_eq(outcome.end, how);
	ck_assert_uint_eq(outcome.length, strlen(text));
	ck_assert_int_eq(memcmp(bytes, text, strlen(text)), 0);
	run_for(base, 20);
	ck_assert_uint_eq(called.calls, 1);
}

START_TEST(stream_ends)
{
	start();
	say("Hi");
	peer_close(&server);
	assert_ended(READING_STREAM_END, "Hi");
	assert_told("read: 2 bytes, end of stream (");
}
END_TEST

START_TEST(stream_ends_without_a_word)
{
	start();
	peer_close(&server);
	assert_ended(READING_STREAM_END, "");
}
END_TEST

START_TEST(room_is_full)
{
	options.bytes = 3;
	request.room = 3;
	start();
	say("Hi there");
	assert_ended(READING_FULL, "Hi ");
	assert_told("read: 3 bytes, then the limit of -b (");
}
END_TEST

/* One byte more than -b allows was read, to see whether there is more. */
START_TEST(more_than_the_most_is_told_as_that)
{
	request.room = 4;
	options.bytes = 3;
	start();
	say("Hi there");
	assert_ended(READING_FULL, "Hi t");
	assert_told("read: 3 bytes, and more than the limit of -b (");
}
END_TEST

START_TEST(reset_comes_after_the_bytes)
{
	start();
	say("Hi");
	peer_reset(&server);
	assert_ended(READING_BROKEN, "Hi");
	ck_assert_int_eq(outcome.reason, ECONNRESET);
	assert_told_nothing();
}
END_TEST

/* The kernel has told of the reset already: what it shows now is an end of stream. */
START_TEST(reset_that_is_known_is_no_end)
{
	request.is_reset = true;
	start();
	say("Hi");
	peer_close(&server);
	assert_ended(READING_BROKEN, "Hi");
	ck_assert_int_eq(outcome.reason, ECONNRESET);
}
END_TEST

/* Talks to the server while reading. */
static void start_talking(uint64_t much)
{
	const struct address peer = bound_address(server.fd);

	options.talk_first = much;
	request.peer = &peer;
	start();
	request.peer = NULL;
}

START_TEST(what_is_said_first_does_not_keep_from_reading)
{
	start_talking(64 * 1024 * 1024);
	say("Hi");
	ck_assert_int_eq(shutdown(server.fd, SHUT_WR), 0);
	assert_ended(READING_STREAM_END, "Hi");
	ck_assert_uint_gt(outcome.sent, 0);
	ck_assert_uint_lt(outcome.sent, options.talk_first);
	assert_told(" of 67108864 bytes sent (");
}
END_TEST

/* The server closes without reading. Whoever learns of the reset first, what it said is read. */
START_TEST(reset_for_what_was_said_is_no_end)
{
	start_talking(_i == 0 ? 1 : 64 * 1024 * 1024);
	say("Hi");
	peer_close(&server);
	assert_ended(READING_BROKEN, "Hi");
	ck_assert_int_eq(outcome.reason, ECONNRESET);
	ck_assert_uint_gt(outcome.sent, 0);
}
END_TEST

START_TEST(nothing_is_said_after_a_reset)
{
	request.is_reset = true;
	start_talking(1);
	peer_close(&server);
	assert_ended(READING_BROKEN, "");
	ck_assert_uint_eq(outcome.sent, 0);
	assert_told_nothing();
}
END_TEST

static const struct {
	uint64_t connect_us;
	const char *told;
	uint64_t ms;
} distances[] = {
	{0, "then quiet for 250 ms", 250},	{10000, "then quiet for 250 ms", 250},
	{11000, "then quiet for 255 ms", 255},	{100000, "then quiet for 700 ms", 700},
	{150000, "then quiet for 950 ms", 950}, {60000000, "then quiet for 3200 ms", 3200},
};

START_TEST(quiet_depends_on_the_distance)
{
	request.connect_us = distances[_i].connect_us;
	start();
	say("Hi");
	assert_ended(READING_QUIET, "Hi");
	ck_assert_uint_ge(called.ms, distances[_i].ms - 10);
	assert_told(distances[_i].told);
}
END_TEST

START_TEST(silence_before_the_first_byte_is_not_quiet)
{
	start();
	run_for(base, 300);
	ck_assert_uint_eq(called.calls, 0);
}
END_TEST

START_TEST(each_byte_puts_off_the_quiet)
{
	start();
	for (int i = 0; i < 4; i++) {
		say("x");
		run_for(base, 100);
	}
	ck_assert_uint_eq(called.calls, 0);
	assert_ended(READING_QUIET, "xxxx");
}
END_TEST

START_TEST(proper_beginning_is_not_ended_by_quiet)
{
	if (_i == 0)
		options.expect = "Hi from server";
	else
		options.expect_prefix = "Hi from server";
	start();
	say("Hi");
	run_for(base, 300);
	say(" from");
	run_for(base, 300);
	ck_assert_uint_eq(called.calls, 0);
	say(" server");
	assert_ended(READING_QUIET, "Hi from server");
}
END_TEST

START_TEST(what_is_unexpected_is_ended_by_quiet)
{
	options.expect = "Hi from server";
	start();
	say("Hi ");
	run_for(base, 300);
	say("there");
	assert_ended(READING_QUIET, "Hi there");
	ck_assert_uint_ge(called.ms, 540);
}
END_TEST

START_TEST(stop_tells_what_has_come)
{
	start();
	say("Hi");
	run_for(base, 50);
	reading_stop(reading, 2000);
	assert_ended(READING_STOPPED, "Hi");
	ck_assert_uint_eq(outcome.limit, 2000);
	assert_told("read: 2 bytes, then the deadline of 2s (");
}
END_TEST

START_TEST(stop_without_a_byte_is_not_told)
{
	start();
	reading_stop(reading, 2000);
	assert_ended(READING_STOPPED, "");
	assert_told_nothing();
}
END_TEST

static void say_more(void)
{
	if (send(server.fd, "more", 4, 0) != 4)
		_exit(1);
}

/* When it is stopped, and how long, in ms: long past the quiet moment, and hardly. */
static const struct {
	uint64_t after;
	int time;
} standstills[] = {{20, 330}, {20, 250}};

START_TEST(what_came_while_we_were_stopped_counts)
{
	pid_t child;

	start();
	say("Hi ");
	run_for(base, standstills[_i].after);
	child = standstill_begin(standstills[_i].time, say_more, 0, NULL);
	assert_ended(READING_QUIET, "Hi more");
	standstill_end(child);
}
END_TEST

/* Whatever stopped us may have stopped the server, too. */
START_TEST(quiet_begins_anew_when_we_were_stopped)
{
	pid_t child;

	start();
	say("Hi ");
	run_for(base, 50);
	child = standstill_begin(300, NULL, 10, say_more);
	assert_ended(READING_QUIET, "Hi more");
	standstill_end(child);
}
END_TEST

START_TEST(free_ends_it_without_a_word)
{
	start();
	reading_free(reading);
	reading = NULL;
	say("Hi");
	run_for(base, 50);
	ck_assert_uint_eq(called.calls, 0);
	assert_told_nothing();
	reading_free(NULL);
}
END_TEST

/* With nothing to say, and with the first byte of much. */
START_TEST(steady_connection_is_watched_for_a_moment)
{
	options.steady = true;
	request.room = 1;
	start();
	if (_i)
		say("Hi");
	assert_ended(_i ? READING_FULL : READING_QUIET, _i ? "H" : "");
	if (_i)
		assert_told("read: it speaks (");
	else
		ck_assert_uint_ge(called.ms, 240);
}
END_TEST

START_TEST(connection_that_ends_is_not_steady)
{
	options.steady = true;
	request.room = 1;
	start();
	run_for(base, 50);
	if (_i)
		peer_reset(&server);
	else
		peer_close(&server);
	assert_ended(_i ? READING_BROKEN : READING_STREAM_END, "");
}
END_TEST

/* What begins as the rejected text does may become it. */
START_TEST(no_quiet_ends_the_beginning_of_what_is_rejected)
{
	options.reject_prefix = "NO";
	start();
	say("N");
	run_for(base, 400);
	ck_assert_uint_eq(called.calls, 0);
	say("O");
	assert_ended(READING_QUIET, "NO");
}
END_TEST

START_TEST(it_may_be_freed_in_the_callback)
{
	static const enum reading_end ends[] = {READING_STREAM_END, READING_QUIET, READING_FULL};

	free_in_callback = true;
	request.room = ends[_i] == READING_FULL ? 2 : sizeof bytes;
	start();
	say("Hi");
	if (ends[_i] == READING_STREAM_END)
		peer_close(&server);
	assert_ended(ends[_i], "Hi");
	ck_assert_ptr_null(reading);
}
END_TEST

START_TEST(want_of_memory_reads_nothing)
{
	const struct address peer = bound_address(server.fd);

	grants = _i;
	options.talk_first = 1;
	request.peer = &peer;
	ck_assert_ptr_null(reading_start(base, &request, ended_cb, &called));
	grants = -1;
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("reading");
	TCase *ends = suite_case(suite, "ends"), *waits = suite_case(suite, "waits"),
	      *memory = suite_case(suite, "memory");

	tcase_add_checked_fixture(ends, setup, teardown);
	tcase_add_test(ends, stream_ends);
	tcase_add_test(ends, stream_ends_without_a_word);
	tcase_add_test(ends, room_is_full);
	tcase_add_test(ends, more_than_the_most_is_told_as_that);
	tcase_add_test(ends, reset_comes_after_the_bytes);
	tcase_add_test(ends, reset_that_is_known_is_no_end);
	tcase_add_test(ends, what_is_said_first_does_not_keep_from_reading);
	tcase_add_loop_test(ends, reset_for_what_was_said_is_no_end, 0, 2);
	tcase_add_test(ends, nothing_is_said_after_a_reset);
	tcase_add_test(ends, stop_tells_what_has_come);
	tcase_add_test(ends, stop_without_a_byte_is_not_told);
	tcase_add_test(ends, free_ends_it_without_a_word);
	tcase_add_loop_test(ends, steady_connection_is_watched_for_a_moment, 0, 2);
	tcase_add_loop_test(ends, connection_that_ends_is_not_steady, 0, 2);
	tcase_add_test(ends, no_quiet_ends_the_beginning_of_what_is_rejected);
	tcase_add_loop_test(ends, it_may_be_freed_in_the_callback, 0, 3);
	tcase_add_checked_fixture(waits, setup, teardown);
	tcase_add_loop_test(waits, quiet_depends_on_the_distance, 0, COUNT_OF(distances));
	tcase_add_test(waits, silence_before_the_first_byte_is_not_quiet);
	tcase_add_test(waits, each_byte_puts_off_the_quiet);
	tcase_add_loop_test(waits, proper_beginning_is_not_ended_by_quiet, 0, 2);
	tcase_add_test(waits, what_is_unexpected_is_ended_by_quiet);
	tcase_add_loop_test(waits, what_came_while_we_were_stopped_counts, 0,
			    COUNT_OF(standstills));
	tcase_add_test(waits, quiet_begins_anew_when_we_were_stopped);
	tcase_add_checked_fixture(memory, setup_scarce, teardown);
	tcase_add_loop_test(memory, want_of_memory_reads_nothing, 0, 3);
	return suite_run(suite);
}
