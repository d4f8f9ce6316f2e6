/* SPDX-License-Identifier: ISC */
/* check_race: who wins of several addresses, how soon, and that the losers are closed. */
#include "client/race.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "lib/capture.h"
#include "lib/looping.h"
#include "lib/peers.h"
#include "lib/scarce.h"
#include "lib/suite.h"
#include "lib/trials.h"

static void teardown(void)
{
	end_trials();
	if (outcome.fd > 0)
		close(outcome.fd);
	looping_teardown();
}

/* Adds an address where somebody listens; returns the listening descriptor. */
static int add_listening(int family)
{
	int fd = listen_on_loopback(family, 16);

	ck_assert_int_ge(fd, 0);
	set_nonblocking(fd);
	add(fd);
	return fd;
}

/* Adds an address that refuses: it is bound, so nobody else has it, but nobody listens. */
static int add_refusing(int family)
{
	int fd = bind_on_loopback(family, SOCK_STREAM);

	ck_assert_int_ge(fd, 0);
	add(fd);
	return fd;
}

/* Adds an address that does not answer at all: the queue is full, and nobody accepts. */
static int add_black_hole(int family)
{
	int fd = listen_on_loopback(family, 0);

	ck_assert_int_ge(fd, 0);
	peer_of_listener(fd, 0); /* takes the one place, until the test ends */
	add(fd);
	return fd;
}

/* A folder for a UNIX socket, which is added; returns the listening descriptor. */
static char folder[] = "/tmp/check_race.XXXXXX";

static int add_unix(int backlog)
{
	struct address address;
	char path[64];
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/socket", folder);
	ck_assert(address_from_path(path, &address));
	ck_assert_int_eq(bind(fd, &address.any, address.length), 0);
	if (backlog >= 0)
		ck_assert_int_eq(listen(fd, backlog), 0);
	set_nonblocking(fd);
	addresslist_add(&addresses, &address);
	return fd;
}

static void remove_unix(void)
{
	char path[64];

	snprintf(path, sizeof path, "%s/socket", folder);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(rmdir(folder), 0);
}

static void start(void)
{
	looping_start();
	attempts = race_start(base, &request, ended_cb, &called);
	ck_assert_ptr_nonnull(attempts);
	ck_assert_uint_eq(called.calls, 0); /* never from within the call */
}

static void run(void)
{
	start();
	finish();
}

/* Asserts that the i-th address has won, and that the descriptor works. */
static void assert_won(size_t i, int listener)
{
	int fd;

	ck_assert_int_ge(outcome.fd, 0);
	ck_assert_int_eq(outcome.reason, 0);
	ck_assert_str_eq(outcome.address, shown(i));
	ck_assert_int_ne(fcntl(outcome.fd, F_GETFL) & O_NONBLOCK, 0);
	ck_assert_int_ne(fcntl(outcome.fd, F_GETFD) & FD_CLOEXEC, 0);
	fd = accept(listener, NULL, NULL);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(send(fd, "x", 1, 0), 1);
	close(fd);
}

/* Starts with the addresses listed so far, empties the list, and says that more come. */
static void start_with_more_to_come(void)
{
	request.more_come = true;
	start();
	addresses.count = 0;
}

START_TEST(only_address_wins)
{
	int listener = add_listening(families[_i]);

	run();
	assert_won(0, listener);
	ck_assert_uint_lt(called.ms, 240);
}
END_TEST

START_TEST(next_address_is_tried_at_once_when_one_refuses)
{
	int listener;

	add_refusing(families[_i]);
	listener = add_listening(AF_INET);
	run();
	assert_won(1, listener);
	ck_assert_uint_lt(called.ms, 240);
}
END_TEST

START_TEST(next_address_is_tried_after_250_ms_of_silence)
{
	int listener;

	add_black_hole(families[_i]);
	listener = add_listening(AF_INET);
	run();
	assert_won(1, listener);
	ck_assert_uint_ge(called.ms, 240);
	ck_assert_uint_lt(called.ms, 900);
}
END_TEST

START_TEST(nine_that_refuse_cost_nothing)
{
	int listener;

	for (int i = 0; i < 9; i++)
		add_refusing(AF_INET);
	listener = add_listening(AF_INET);
	run();
	assert_won(9, listener);
	ck_assert_uint_lt(called.ms, 240);
	ck_assert_int_eq(occurrences(captured(STDERR_FILENO), "connect: 127.0.0.1:"), 9);
	assert_told(": Connection refused (");
}
END_TEST

/* Only if nobody listens at any address, so far as we have a way to it. */
START_TEST(refusal_by_all_is_told)
{
	add_refusing(AF_INET);
	add_refusing(families[_i]);
	run();
	ck_assert(!outcome.has_answered);
	ck_assert(outcome.is_refused);
}
END_TEST

START_TEST(missing_socket_is_a_refusal)
{
	close(add_unix(-1));
	remove_unix();
	run();
	ck_assert_int_eq(outcome.reason, ENOENT);
	ck_assert(outcome.is_refused);
}
END_TEST

START_TEST(refusal_by_some_is_none)
{
	add_refusing(AF_INET);
	add_listening(AF_INET);
	run();
	ck_assert(outcome.has_answered);
	ck_assert(!outcome.is_refused);
}
END_TEST

START_TEST(silent_ones_cost_250_ms_each)
{
	int listener;

	add_black_hole(AF_INET);
	add_refusing(AF_INET);
	add_black_hole(AF_INET);
	listener = add_listening(AF_INET);
	run();
	assert_won(3, listener);
	ck_assert_uint_ge(called.ms, 490);
	ck_assert_uint_lt(called.ms, 1400);
	ck_assert_uint_lt(outcome.connect_us, 490000); /* its own time, and not the race's */
}
END_TEST

START_TEST(first_that_answers_wins_of_several)
{
	int listener = add_listening(AF_INET), other = add_listening(AF_INET);

	run();
	assert_won(0, listener);
	run_for(base, 300);
	ck_assert_int_eq(accept(other, NULL, NULL), -1); /* nobody troubled it */
	ck_assert_int_eq(errno, EAGAIN);
}
END_TEST

/* The first answers while a second attempt is under way: one wins, the other is closed. */
START_TEST(late_answer_of_the_first_wins)
{
	int hole = add_black_hole(AF_INET), fd;

	add_black_hole(AF_INET);
	start();
	run_for(base, 300); /* both are tried now, in vain */
	ck_assert_uint_eq(called.calls, 0);
	set_nonblocking(hole);
	fd = accept(hole, NULL, NULL); /* makes a place: the kernel tries again within 1 s */
	ck_assert_int_ge(fd, 0);
	finish();
	ck_assert_str_eq(outcome.address, shown(0));
	assert_won(0, hole);
}
END_TEST

START_TEST(race_is_not_over_while_more_come)
{
	struct attempts_result result;

	add_refusing(AF_INET);
	start_with_more_to_come();
	run_for(base, 50);
	ck_assert_uint_eq(called.calls, 0);
	ck_assert(attempts_stand(attempts, &result));
	ck_assert_int_eq(result.fd, -1);
	ck_assert_int_eq(result.reason, ECONNREFUSED);
	attempts_add(attempts, NULL, false);
	ck_assert_uint_eq(called.calls, 0); /* never from within the call */
	finish();
	ck_assert_int_eq(outcome.reason, ECONNREFUSED);
}
END_TEST

/* Who is under way goes on; who waits is not tried. */
START_TEST(only_the_settled_are_tried)
{
	add_black_hole(AF_INET);
	add_listening(AF_INET);
	start_with_more_to_come();
	run_for(base, 20);
	attempts_settle(attempts, NULL);
	run_for(base, 400);
	ck_assert_uint_eq(called.calls, 0);
}
END_TEST

START_TEST(nothing_settled_ends_it)
{
	add_refusing(AF_INET);
	start_with_more_to_come();
	run_for(base, 20);
	attempts_settle(attempts, &addresses);
	ck_assert_uint_eq(called.calls, 0); /* never from within the call */
	finish();
	ck_assert_int_eq(outcome.reason, ECONNREFUSED);
}
END_TEST

START_TEST(address_that_comes_after_all_have_failed_is_tried_at_once)
{
	int listener;

	add_refusing(families[_i]);
	start_with_more_to_come();
	run_for(base, 20);
	listener = add_listening(AF_INET);
	started_ms = clock_ms();
	attempts_add(attempts, &addresses, false);
	finish();
	assert_won(0, listener);
	ck_assert_uint_lt(called.ms, 240);
}
END_TEST

/* The delay is counted from the last attempt, whenever the next address came. */
START_TEST(address_that_comes_later_waits_its_turn)
{
	struct attempts_result result;
	int listener;

	add_black_hole(AF_INET);
	start_with_more_to_come();
	run_for(base, 100);
	ck_assert(!attempts_stand(attempts, &result));
	listener = add_listening(AF_INET);
	attempts_add(attempts, &addresses, false);
	finish();
	assert_won(0, listener);
	ck_assert_uint_ge(called.ms, 240);
	ck_assert_uint_lt(called.ms, 900);
}
END_TEST

START_TEST(address_that_comes_after_its_turn_is_tried_at_once)
{
	int listener;

	add_black_hole(AF_INET);
	start_with_more_to_come();
	run_for(base, 300);
	listener = add_listening(AF_INET);
	started_ms = clock_ms();
	attempts_add(attempts, &addresses, false);
	finish();
	assert_won(0, listener);
	ck_assert_uint_lt(called.ms, 240);
}
END_TEST

START_TEST(race_that_is_won_needs_no_more)
{
	int listener = add_listening(AF_INET);

	start_with_more_to_come();
	finish();
	ck_assert_int_ge(outcome.fd, 0);
	ck_assert_int_eq(outcome.reason, 0);
	close(listener);
}
END_TEST

START_TEST(losers_are_closed)
{
	int before, listener;

	add_black_hole(AF_INET);
	add_black_hole(AF_INET);
	listener = add_listening(AF_INET);
	before = lowest_descriptor();
	run();
	assert_won(2, listener);
	close(outcome.fd);
	outcome.fd = -1;
	ck_assert_int_eq(lowest_descriptor(), before);
}
END_TEST

START_TEST(free_closes_who_is_under_way)
{
	int before;

	add_black_hole(AF_INET);
	add_black_hole(AF_INET);
	before = lowest_descriptor();
	start();
	run_for(base, 300);
	end_trials();
	ck_assert_int_eq(lowest_descriptor(), before);
	run_for(base, 300);
	ck_assert_uint_eq(called.calls, 0);
}
END_TEST

/* A UNIX socket connects at once: the race is won, but has not said so yet. */
START_TEST(free_closes_the_winner_that_was_not_handed_over)
{
	int before;

	add_unix(16);
	before = lowest_descriptor();
	start();
	end_trials();
	run_for(base, 20);
	ck_assert_uint_eq(called.calls, 0);
	ck_assert_int_eq(lowest_descriptor(), before);
	remove_unix();
}
END_TEST

START_TEST(free_of_nothing_is_allowed)
{
	attempts_free(NULL);
}
END_TEST

START_TEST(race_may_be_freed_in_the_callback)
{
	int listener;

	free_in_callback = true;
	add_refusing(AF_INET);
	listener = add_listening(AF_INET);
	run();
	assert_won(1, listener);
	ck_assert_ptr_null(attempts);
}
END_TEST

START_TEST(callback_is_called_once)
{
	add_black_hole(AF_INET);
	add_listening(AF_INET);
	add_listening(AF_INET);
	add_listening(AF_INET);
	run();
	run_for(base, 800); /* the race is not freed meanwhile */
	ck_assert_uint_eq(called.calls, 1);
}
END_TEST

/* Accepts whom the kernel has connected before the race knows, sends 2 bytes, and resets. */
static void greet_and_reset(int listener, bool end_first)
{
	struct peer peer = {.fd = accept(listener, NULL, NULL)};

	ck_assert_int_ge(peer.fd, 0);
	ck_assert_int_eq(send(peer.fd, "Hi", 2, 0), 2);
	if (end_first)
		ck_assert_int_eq(shutdown(peer.fd, SHUT_WR), 0);
	peer_reset(&peer);
}

/* So often a socket is not connected yet, whatever the kernel says: as to a server elsewhere. */
static unsigned far_away;

typedef int name_getter(int, struct sockaddr *, socklen_t *);

name_getter __real_getpeername, __wrap_getpeername;

int __wrap_getpeername(int fd, struct sockaddr *address, socklen_t *length)
{
	if (far_away == 0)
		return __real_getpeername(fd, address, length);
	far_away--;
	errno = ENOTCONN;
	return -1;
}

/* The race tells a reset that the kernel reports only once; others are left to who reads. */
START_TEST(connection_that_was_reset_since_has_won)
{
	int listener = add_listening(AF_INET);
	char bytes[4];

	far_away = (unsigned)_i;
	start();
	greet_and_reset(listener, false);
	finish();
	ck_assert_int_ge(outcome.fd, 0);
	ck_assert_int_eq(outcome.reason, _i == 0 ? 0 : ECONNRESET);
	ck_assert_int_eq(recv(outcome.fd, bytes, sizeof bytes, 0), 2);
	if (_i == 0) {
		ck_assert_int_eq(recv(outcome.fd, bytes, sizeof bytes, 0), -1);
		ck_assert_int_eq(errno, ECONNRESET);
	}
}
END_TEST

/* Here, too: a server elsewhere is awaited. */
START_TEST(one_that_is_far_away_wins)
{
	int listener = add_listening(families[_i]);

	far_away = 1;
	run();
	assert_won(0, listener);
}
END_TEST

START_TEST(reset_behind_the_end_is_harmless)
{
	int listener = add_listening(AF_INET);
	char bytes[4];

	start();
	greet_and_reset(listener, true);
	finish();
	ck_assert_int_ge(outcome.fd, 0);
	ck_assert_int_eq(outcome.reason, 0);
	ck_assert_int_eq(recv(outcome.fd, bytes, sizeof bytes, 0), 2);
}
END_TEST

START_TEST(all_refuse)
{
	int before;

	add_refusing(AF_INET);
	add_refusing(AF_INET);
	add_refusing(AF_INET);
	before = lowest_descriptor();
	run();
	assert_failed(ECONNREFUSED, 0);
	ck_assert_uint_lt(called.ms, 240);
	ck_assert_int_eq(lowest_descriptor(), before);
	run_for(base, 300);
	ck_assert_uint_eq(called.calls, 1);
}
END_TEST

/* An IPv6 address that no way leads to says less than an IPv4 one that refuses. */
START_TEST(most_telling_failure_is_told)
{
	struct address nowhere;

	ck_assert(address_from_path("/no/such/socket", &nowhere));
	nowhere.any.sa_family = AF_UNSPEC; /* EAFNOSUPPORT */
	addresslist_add(&addresses, &nowhere);
	add_refusing(AF_INET);
	run();
	assert_failed(ECONNREFUSED, 1);
}
END_TEST

START_TEST(silence_goes_on_when_others_refuse)
{
	add_black_hole(AF_INET);
	add_refusing(AF_INET);
	start();
	run_for(base, 400);
	ck_assert_uint_eq(called.calls, 0); /* the deadline is not the race's */
}
END_TEST

START_TEST(list_is_copied)
{
	int listener;

	add_refusing(AF_INET);
	listener = add_listening(AF_INET);
	start();
	addresses.count = 0;
	addresses.all[1].length = 0;
	finish();
	addresses.count = 2;
	addresses.all[1].length = addresses.all[0].length;
	assert_won(1, listener);
}
END_TEST

START_TEST(source_is_bound)
{
	struct address seen = {.length = sizeof seen.room};
	int listener = add_listening(AF_INET), fd;
	char text[ADDRESS_TEXT_MAX];

	set_source("127.0.0.2");
	run();
	fd = accept(listener, &seen.any, &seen.length);
	ck_assert_int_ge(fd, 0);
	ck_assert_str_eq(address_format_host(&seen, text, sizeof text), "127.0.0.2");
	close(fd);
}
END_TEST

START_TEST(source_that_is_not_ours_fails)
{
	add_listening(AF_INET);
	set_source("203.0.113.1"); /* TEST-NET-3 */
	run();
	assert_failed(EADDRNOTAVAIL, 0);
}
END_TEST

/* From its own address and port a socket connects to itself, and nobody has answered. */
START_TEST(socket_does_not_answer_itself)
{
	int fd = add_refusing(families[_i]);

	close(fd);
	source = addresses.all[0];
	run();
	assert_failed(ECONNREFUSED, 0);
}
END_TEST

START_TEST(unix_socket_wins)
{
	int listener = add_unix(16);

	run();
	assert_won(0, listener);
	remove_unix();
}
END_TEST

START_TEST(unix_socket_that_nobody_listens_on_refuses)
{
	close(add_unix(-1));
	run();
	assert_failed(ECONNREFUSED, 0);
	remove_unix();
}
END_TEST

START_TEST(unix_socket_with_a_full_queue_is_waited_for)
{
	int listener = add_unix(0), fd;

	peer_of_listener(listener, 0);
	start();
	run_for(base, 100);
	ck_assert_uint_eq(called.calls, 0);
	fd = accept(listener, NULL, NULL); /* makes a place */
	ck_assert_int_ge(fd, 0);
	finish();
	assert_won(0, listener);
	remove_unix();
}
END_TEST

START_TEST(want_of_memory_makes_no_race)
{
	add_listening(AF_INET);
	grants = _i;
	attempts = race_start(base, &request, ended_cb, &called);
	grants = -1;
	ck_assert_ptr_null(attempts);
}
END_TEST

START_TEST(want_of_memory_for_an_attempt_is_its_failure)
{
	add_listening(AF_INET);
	far_away = 1;
	grants = 2;
	attempts = race_start(base, &request, ended_cb, &called);
	grants = -1;
	ck_assert_ptr_nonnull(attempts);
	finish();
	assert_failed(ENOMEM, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("race");
	TCase *winning = suite_case(suite, "winning"), *losing = suite_case(suite, "losing");
	TCase *closing = suite_case(suite, "closing"), *binding = suite_case(suite, "source");
	TCase *later = suite_case(suite, "later"), *local = suite_case(suite, "UNIX"),
	      *memory = suite_case(suite, "memory");
	int end = families_end();

	tcase_add_checked_fixture(winning, looping_setup, teardown);
	tcase_set_timeout(winning, 60);
	tcase_add_loop_test(winning, only_address_wins, 0, end);
	tcase_add_loop_test(winning, next_address_is_tried_at_once_when_one_refuses, 0, end);
	tcase_add_loop_test(winning, next_address_is_tried_after_250_ms_of_silence, 0, end);
	tcase_add_loop_test(winning, refusal_by_all_is_told, 0, end);
	tcase_add_test(winning, missing_socket_is_a_refusal);
	tcase_add_test(winning, refusal_by_some_is_none);
	tcase_add_test(winning, nine_that_refuse_cost_nothing);
	tcase_add_test(winning, silent_ones_cost_250_ms_each);
	tcase_add_test(winning, first_that_answers_wins_of_several);
	tcase_add_test(winning, late_answer_of_the_first_wins);
	tcase_add_test(winning, list_is_copied);
	tcase_add_test(winning, callback_is_called_once);
	tcase_add_loop_test(winning, connection_that_was_reset_since_has_won, 0, 2);
	tcase_add_loop_test(winning, one_that_is_far_away_wins, 0, end);
	tcase_add_test(winning, reset_behind_the_end_is_harmless);
	tcase_add_checked_fixture(later, looping_setup, teardown);
	tcase_set_timeout(later, 60);
	tcase_add_test(later, race_is_not_over_while_more_come);
	tcase_add_test(later, only_the_settled_are_tried);
	tcase_add_test(later, nothing_settled_ends_it);
	tcase_add_loop_test(later, address_that_comes_after_all_have_failed_is_tried_at_once, 0,
			    end);
	tcase_add_test(later, address_that_comes_later_waits_its_turn);
	tcase_add_test(later, address_that_comes_after_its_turn_is_tried_at_once);
	tcase_add_test(later, race_that_is_won_needs_no_more);
	tcase_add_checked_fixture(losing, looping_setup, teardown);
	tcase_set_timeout(losing, 60);
	tcase_add_test(losing, all_refuse);
	tcase_add_test(losing, most_telling_failure_is_told);
	tcase_add_test(losing, silence_goes_on_when_others_refuse);
	tcase_add_checked_fixture(closing, looping_setup, teardown);
	tcase_set_timeout(closing, 60);
	tcase_add_test(closing, losers_are_closed);
	tcase_add_test(closing, free_closes_who_is_under_way);
	tcase_add_test(closing, free_closes_the_winner_that_was_not_handed_over);
	tcase_add_test(closing, free_of_nothing_is_allowed);
	tcase_add_test(closing, race_may_be_freed_in_the_callback);
	tcase_add_checked_fixture(binding, looping_setup, teardown);
	tcase_set_timeout(binding, 60);
	tcase_add_test(binding, source_is_bound);
	tcase_add_test(binding, source_that_is_not_ours_fails);
	tcase_add_loop_test(binding, socket_does_not_answer_itself, 0, end);
	tcase_add_checked_fixture(local, looping_setup, teardown);
	tcase_set_timeout(local, 60);
	tcase_add_test(local, unix_socket_wins);
	tcase_add_test(local, unix_socket_that_nobody_listens_on_refuses);
	tcase_add_test(local, unix_socket_with_a_full_queue_is_waited_for);
	tcase_add_checked_fixture(memory, looping_setup_scarce, teardown);
	tcase_add_loop_test(memory, want_of_memory_makes_no_race, 0, 2);
	tcase_add_test(memory, want_of_memory_for_an_attempt_is_its_failure);
	return suite_run(suite);
}
