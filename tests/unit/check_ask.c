/* SPDX-License-Identifier: ISC */
/* check_ask: who is asked, how often and how soon, and which answer is taken. */
#include "client/ask.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "lib/capture.h"
#include "lib/looping.h"
#include "lib/peers.h"
#include "lib/scarce.h"
#include "lib/standstill.h"
#include "lib/suite.h"
#include "lib/trials.h"

enum { SIZE = 100, ROOM = 50, SERVERS_MAX = 12 };

static char answer[ROOM];
static struct ask_terms terms;

/* Those who could answer, by their addresses. */
static struct {
	int fd, requests;     /* so many have come */
	struct address asker; /* who sent the last one */
} servers[SERVERS_MAX];

static void set_terms(void)
{
	terms = (struct ask_terms){.size = SIZE,
				   .patience = 60000,
				   .answer = answer,
				   .room = sizeof answer};
}

static void setup(void)
{
	looping_setup();
	set_terms();
}

static void teardown(void)
{
	end_trials();
	for (size_t i = 0; i < addresses.count; i++)
		if (servers[i].fd > 0)
			close(servers[i].fd);
	looping_teardown();
}

/* Adds an address where somebody hears, and answers when the test wants it. */
static void add_server(int family)
{
	int fd = datagrams_on_loopback(family);

	set_nonblocking(fd);
	servers[addresses.count].fd = fd;
	add(fd);
}

/*
 * Adds an address that refuses: its port is bound, so nobody else gets it, but the socket hears
 * nobody who comes from elsewhere than the address it is connected to.
 */
static void add_refusing(int family)
{
	int other = datagrams_on_loopback(family);

	servers[addresses.count].fd = datagrams_to(other);
	add(servers[addresses.count].fd);
	/* That one stays open until the test ends: who got its port would be heard. */
}

static void start(void)
{
	looping_start();
	attempts = ask_start(base, &request, &terms, ended_cb, &called);
	ck_assert_ptr_nonnull(attempts);
	ck_assert_uint_eq(called.calls, 0); /* never from within the call */
}

/* Takes what has come to the i-th server, which must be requests; returns how many have in all. */
static int count_requests(size_t i)
{
	char bytes[2 * SIZE];
	ssize_t n;

	for (;;) {
		struct address asker = {.length = sizeof asker.room};
		n = recvfrom(servers[i].fd, bytes, sizeof bytes, 0, &asker.any, &asker.length);
		if (n < 0)
			return servers[i].requests;
		servers[i].asker = asker;
		servers[i].requests++;
		ck_assert_int_eq(n, (ssize_t)terms.size);
		for (ssize_t at = 0; at < n; at++)
			ck_assert_int_eq(bytes[at], ' ');
	}
}

/* How many requests are to come to which server. */
struct coming {
	size_t server;
	int count;
};

static bool have_come(void *argument)
{
	const struct coming *coming = argument;

	return count_requests(coming->server) >= coming->count;
}

/* Runs the loop until so many have come to the i-th server; returns after how many ms they had. */
static uint64_t wait_requests(size_t i, int count)
{
	struct coming coming = {.server = i, .count = count};

	ck_assert(run_until(base, have_come, &coming, PATIENCE_MS));
	ck_assert_int_eq(servers[i].requests, count);
	return clock_ms() - started_ms;
}

/* Answers who has asked the i-th server, from the descriptor. */
static void reply_from(int fd, size_t i, const char *bytes)
{
	const struct address *asker = &servers[i].asker;
	size_t size = strlen(bytes);

	if (servers[i].requests == 0)
		wait_requests(i, 1);
	ck_assert_int_eq(sendto(fd, bytes, size, 0, &asker->any, asker->length), (ssize_t)size);
}

static void reply(size_t i, const char *bytes)
{
	reply_from(servers[i].fd, i, bytes);
}

static void assert_answered(size_t i, const char *bytes)
{
	ck_assert(outcome.has_answered);
	ck_assert_int_eq(outcome.reason, 0);
	ck_assert_str_eq(outcome.address, shown(i));
	ck_assert_uint_eq(outcome.length, strlen(bytes));
	ck_assert_int_eq(memcmp(answer, bytes, outcome.length), 0);
}

START_TEST(only_address_answers)
{
	add_server(families[_i]);
	start();
	reply(0, "Hi");
	finish();
	assert_answered(0, "Hi");
	ck_assert_int_eq(count_requests(0), 1);
	assert_told_nothing();
}
END_TEST

START_TEST(answer_may_be_empty)
{
	add_server(AF_INET);
	start();
	reply(0, "");
	finish();
	assert_answered(0, "");
}
END_TEST

START_TEST(answer_is_cut_at_its_room)
{
	add_server(AF_INET);
	start();
	reply(0, "12345678901234567890123456789012345678901234567890 and more");
	finish();
	assert_answered(0, "12345678901234567890123456789012345678901234567890");
}
END_TEST

START_TEST(request_is_repeated_each_third_of_the_time)
{
	terms.patience = 300;
	add_server(AF_INET);
	start();
	ck_assert_uint_ge(wait_requests(0, 3), 190);
	run_for(base, 350);
	ck_assert_int_eq(count_requests(0), 3);
	ck_assert_uint_eq(called.calls, 0); /* the deadline is not ours */
}
END_TEST

START_TEST(request_is_repeated_after_a_second_at_the_latest)
{
	uint64_t ms;

	add_server(AF_INET);
	start();
	ms = wait_requests(0, 2);
	ck_assert_uint_ge(ms, 990);
	ck_assert_uint_le(ms, 4000);
}
END_TEST

START_TEST(little_patience_is_no_busy_loop)
{
	terms.patience = 1;
	add_server(AF_INET);
	start();
	run_for(base, 50);
	ck_assert_int_le(count_requests(0), 3);
	ck_assert_uint_eq(called.calls, 0);
}
END_TEST

START_TEST(answer_to_the_second_request_is_taken)
{
	terms.patience = 300;
	add_server(AF_INET);
	start();
	wait_requests(0, 2);
	reply(0, "Hi");
	finish();
	assert_answered(0, "Hi");
}
END_TEST

START_TEST(answer_from_elsewhere_is_not_taken)
{
	int stranger = datagrams_on_loopback(AF_INET);

	add_server(AF_INET);
	start();
	reply_from(stranger, 0, "evil");
	run_for(base, 50);
	ck_assert_uint_eq(called.calls, 0);
	close(stranger);
}
END_TEST

START_TEST(next_address_is_asked_at_once_when_one_refuses)
{
	add_refusing(families[_i]);
	add_server(AF_INET);
	start();
	ck_assert_uint_lt(wait_requests(1, 1), 240);
	reply(1, "Hi");
	finish();
	assert_answered(1, "Hi");
	assert_told(": Connection refused (");
	ck_assert_int_eq(occurrences(captured(STDERR_FILENO), "\n"), 1);
}
END_TEST

START_TEST(next_address_is_asked_after_250_ms_of_silence)
{
	add_server(AF_INET);
	add_server(AF_INET);
	start();
	ck_assert_uint_ge(wait_requests(1, 1), 240);
	reply(1, "second");
	finish();
	assert_answered(1, "second");
}
END_TEST

START_TEST(late_answer_of_the_first_is_taken)
{
	add_server(AF_INET);
	add_server(AF_INET);
	start();
	wait_requests(1, 1);
	reply(0, "first");
	finish();
	assert_answered(0, "first");
}
END_TEST

START_TEST(one_answer_is_taken_of_two)
{
	add_server(AF_INET);
	add_server(AF_INET);
	start();
	wait_requests(1, 1);
	reply(1, "Hi");
	reply(0, "Hi");
	finish();
	ck_assert_int_eq(outcome.reason, 0);
	run_for(base, 100);
	ck_assert_uint_eq(called.calls, 1);
}
END_TEST

static void answer_first(void)
{
	count_requests(0);
	reply(0, "Hi");
}

/* A timer that has passed is not believed before a look at what came meanwhile. */
START_TEST(nobody_else_is_asked_when_the_answer_came_while_we_were_stopped)
{
	pid_t child;

	add_server(AF_INET);
	add_server(AF_INET);
	start();
	child = standstill_begin(300, answer_first, 0, NULL);
	finish();
	standstill_end(child);
	assert_answered(0, "Hi");
	ck_assert_int_eq(count_requests(1), 0);
}
END_TEST

START_TEST(nine_that_refuse_cost_nothing)
{
	for (int i = 0; i < 9; i++)
		add_refusing(AF_INET);
	add_server(AF_INET);
	start();
	ck_assert_uint_lt(wait_requests(9, 1), 240);
	reply(9, "Hi");
	finish();
	assert_answered(9, "Hi");
	ck_assert_int_eq(occurrences(captured(STDERR_FILENO), "ask: 127.0.0.1:"), 9);
}
END_TEST

START_TEST(all_refuse)
{
	int before;

	add_refusing(AF_INET);
	add_refusing(AF_INET);
	add_refusing(AF_INET);
	before = lowest_descriptor();
	start();
	finish();
	assert_failed(ECONNREFUSED, 0);
	ck_assert_uint_lt(called.ms, 240);
	ck_assert_int_eq(lowest_descriptor(), before);
	run_for(base, 300);
	ck_assert_uint_eq(called.calls, 1);
}
END_TEST

START_TEST(silence_goes_on_when_others_refuse)
{
	add_server(AF_INET);
	add_refusing(AF_INET);
	start();
	run_for(base, 400);
	ck_assert_uint_eq(called.calls, 0);
	assert_told(": Connection refused (");
	reply(0, "Hi");
	finish();
	assert_answered(0, "Hi");
}
END_TEST

/* An address of no family that we have says less than one that refuses. */
START_TEST(most_telling_failure_is_told)
{
	struct address nowhere = {.room.ss_family = AF_UNSPEC, .length = sizeof nowhere.ipv4};

	addresslist_add(&addresses, &nowhere);
	add_refusing(AF_INET);
	start();
	finish();
	assert_failed(ECONNREFUSED, 1);
}
END_TEST

START_TEST(request_that_is_too_long_fails)
{
	terms.size = 70000;
	add_server(AF_INET);
	start();
	finish();
	assert_failed(EMSGSIZE, 0);
}
END_TEST

START_TEST(request_may_be_of_65507_bytes)
{
	terms.size = 65507;
	add_server(AF_INET);
	start();
	run_for(base, 20);
	ck_assert_uint_eq(called.calls, 0);
}
END_TEST

START_TEST(address_that_comes_later_is_asked)
{
	struct attempts_result result;

	request.more_come = true;
	add_refusing(AF_INET);
	start();
	run_for(base, 50);
	ck_assert_uint_eq(called.calls, 0);
	ck_assert(attempts_stand(attempts, &result));
	ck_assert_int_eq(result.reason, ECONNREFUSED);
	add_server(AF_INET);
	attempts_add(attempts, &addresses, false);
	wait_requests(1, 1);
	ck_assert(!attempts_stand(attempts, &result));
	reply(1, "Hi");
	finish();
	assert_answered(1, "Hi");
}
END_TEST

START_TEST(settled_address_is_asked)
{
	request.more_come = true;
	add_refusing(AF_INET);
	start();
	run_for(base, 50);
	add_server(AF_INET);
	attempts_settle(attempts, &addresses);
	wait_requests(1, 1);
	reply(1, "Hi");
	finish();
	assert_answered(1, "Hi");
}
END_TEST

START_TEST(nothing_settled_ends_it)
{
	request.more_come = true;
	add_refusing(AF_INET);
	start();
	run_for(base, 50);
	attempts_settle(attempts, NULL);
	ck_assert_uint_eq(called.calls, 0); /* never from within the call */
	finish();
	assert_failed(ECONNREFUSED, 0);
}
END_TEST

START_TEST(it_is_over_when_no_more_come)
{
	request.more_come = true;
	add_refusing(AF_INET);
	start();
	run_for(base, 50);
	attempts_add(attempts, NULL, false);
	ck_assert_uint_eq(called.calls, 0); /* never from within the call */
	finish();
	assert_failed(ECONNREFUSED, 0);
}
END_TEST

START_TEST(list_is_copied)
{
	add_refusing(AF_INET);
	add_server(AF_INET);
	start();
	addresses.count = 0;
	addresses.all[1].length = 0;
	reply(1, "Hi");
	finish();
	addresses.count = 2;
	addresses.all[1].length = addresses.all[0].length;
	assert_answered(1, "Hi");
}
END_TEST

START_TEST(source_is_bound)
{
	char text[ADDRESS_TEXT_MAX];

	set_source("127.0.0.2");
	add_server(AF_INET);
	start();
	wait_requests(0, 1);
	address_format_host(&servers[0].asker, text, sizeof text);
	ck_assert_str_eq(text, "127.0.0.2");
}
END_TEST

/* A port of our own is for one socket at a time: the next one waits, and is not lost. */
START_TEST(source_with_a_port_asks_one_after_the_other)
{
	int port = datagrams_on_loopback(AF_INET);

	source = bound_address(port);
	close(port);
	terms.patience = 1500;
	add_server(AF_INET);
	add_server(AF_INET);
	start();
	run_for(base, 400);
	ck_assert_int_eq(count_requests(1), 0);
	assert_told_nothing();
	close(servers[0].fd); /* so that it refuses the next request */
	servers[0].fd = -1;
	wait_requests(1, 1);
	reply(1, "Hi");
	finish();
	assert_answered(1, "Hi");
}
END_TEST

START_TEST(source_that_is_not_ours_fails)
{
	set_source("203.0.113.1"); /* TEST-NET-3 */
	add_server(AF_INET);
	start();
	finish();
	assert_failed(EADDRNOTAVAIL, 0);
}
END_TEST

/* From its own address and port a socket hears its own request, and nobody has answered. */
START_TEST(socket_does_not_answer_itself)
{
	add_server(families[_i]);
	close(servers[0].fd);
	servers[0].fd = 0;
	source = addresses.all[0];
	start();
	finish();
	assert_failed(ECONNREFUSED, 0);
}
END_TEST

START_TEST(free_closes_who_waits)
{
	int before;

	add_server(AF_INET);
	add_server(AF_INET);
	before = lowest_descriptor();
	start();
	wait_requests(1, 1);
	ck_assert_int_ne(lowest_descriptor(), before);
	end_trials();
	ck_assert_int_eq(lowest_descriptor(), before);
	run_for(base, 50);
	ck_assert_uint_eq(called.calls, 0);
}
END_TEST

START_TEST(others_are_closed_with_the_answer)
{
	int before;

	add_server(AF_INET);
	add_server(AF_INET);
	before = lowest_descriptor();
	start();
	reply(1, "Hi");
	finish();
	ck_assert_int_eq(lowest_descriptor(), before);
}
END_TEST

START_TEST(free_of_nothing_is_allowed)
{
	attempts_free(NULL);
}
END_TEST

START_TEST(it_may_be_freed_in_the_callback)
{
	free_in_callback = true;
	add_refusing(AF_INET);
	add_server(AF_INET);
	start();
	reply(1, "Hi");
	finish();
	assert_answered(1, "Hi");
	ck_assert_ptr_null(attempts);
}
END_TEST

static void setup_scarce(void)
{
	looping_setup_scarce();
	set_terms();
}

START_TEST(want_of_memory_asks_nobody)
{
	add_server(AF_INET);
	grants = _i;
	attempts = ask_start(base, &request, &terms, ended_cb, &called);
	grants = -1;
	ck_assert_ptr_null(attempts);
	ck_assert_int_eq(count_requests(0), 0);
}
END_TEST

START_TEST(want_of_memory_for_an_address_is_its_failure)
{
	add_server(AF_INET);
	grants = 2;
	attempts = ask_start(base, &request, &terms, ended_cb, &called);
	grants = -1;
	ck_assert_ptr_nonnull(attempts);
	finish();
	assert_failed(ENOMEM, 0);
}
END_TEST

/* Adds the tests of what is asked, and what is taken for an answer. */
static void add_answering(Suite *suite)
{
	TCase *tests = suite_case(suite, "answering");

	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_loop_test(tests, only_address_answers, 0, families_end());
	tcase_add_test(tests, answer_may_be_empty);
	tcase_add_test(tests, answer_is_cut_at_its_room);
	tcase_add_test(tests, request_is_repeated_each_third_of_the_time);
	tcase_add_test(tests, request_is_repeated_after_a_second_at_the_latest);
	tcase_add_test(tests, little_patience_is_no_busy_loop);
	tcase_add_test(tests, answer_to_the_second_request_is_taken);
	tcase_add_test(tests, answer_from_elsewhere_is_not_taken);
	tcase_add_loop_test(tests, next_address_is_asked_at_once_when_one_refuses, 0,
			    families_end());
	tcase_add_test(tests, next_address_is_asked_after_250_ms_of_silence);
	tcase_add_test(tests, late_answer_of_the_first_is_taken);
	tcase_add_test(tests, one_answer_is_taken_of_two);
	tcase_add_test(tests, nobody_else_is_asked_when_the_answer_came_while_we_were_stopped);
	tcase_add_test(tests, nine_that_refuse_cost_nothing);
	tcase_add_test(tests, address_that_comes_later_is_asked);
	tcase_add_test(tests, it_is_over_when_no_more_come);
	tcase_add_test(tests, settled_address_is_asked);
	tcase_add_test(tests, nothing_settled_ends_it);
	tcase_add_test(tests, list_is_copied);
	tcase_add_test(tests, request_may_be_of_65507_bytes);
}

int main(void)
{
	Suite *suite = suite_create("ask");
	TCase *failing, *binding, *closing, *memory;

	add_answering(suite);
	failing = suite_case(suite, "failing");
	binding = suite_case(suite, "source");
	closing = suite_case(suite, "closing");
	memory = suite_case(suite, "memory");
	tcase_add_checked_fixture(failing, setup, teardown);
	tcase_add_test(failing, all_refuse);
	tcase_add_test(failing, silence_goes_on_when_others_refuse);
	tcase_add_test(failing, most_telling_failure_is_told);
	tcase_add_test(failing, request_that_is_too_long_fails);
	tcase_add_checked_fixture(binding, setup, teardown);
	tcase_add_test(binding, source_is_bound);
	tcase_add_test(binding, source_with_a_port_asks_one_after_the_other);
	tcase_add_test(binding, source_that_is_not_ours_fails);
	tcase_add_loop_test(binding, socket_does_not_answer_itself, 0, families_end());
	tcase_add_checked_fixture(closing, setup, teardown);
	tcase_add_test(closing, free_closes_who_waits);
	tcase_add_test(closing, others_are_closed_with_the_answer);
	tcase_add_test(closing, free_of_nothing_is_allowed);
	tcase_add_test(closing, it_may_be_freed_in_the_callback);
	tcase_add_checked_fixture(memory, setup_scarce, teardown);
	tcase_add_loop_test(memory, want_of_memory_asks_nobody, 0, 2);
	tcase_add_test(memory, want_of_memory_for_an_address_is_its_failure);
	return suite_run(suite);
}
