/* SPDX-License-Identifier: ISC */
/* check_acceptor: which connections are accepted when, on which socket, and what failing does. */
#include "daemon/serve/acceptor.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/address.h"
#include "base/loop.h"
#include "daemon/setup/sockets.h"
#include "fault.h"
#include "lib/peers.h"
#include "lib/scarce.h"
#include "lib/suite.h"

enum { SOCKETS = 2, MOST = 40 };

static struct event_base *base;
static struct socket_entry entries[SOCKETS];
static struct acceptor *acceptor;

/* What the callbacks were told. */
static struct {
	unsigned accepted, failed, turns, in_turns;
	unsigned of_entry[SOCKETS];
	int fd, reason;
	struct address from;
} told;

/* Stops the acceptor when it has accepted so many; 0: never. */
static unsigned stop_after;

static void accepted_cb(const struct socket_entry *entry, int fd, const struct sockaddr *from,
			socklen_t length, void *argument)
{
	ck_assert_ptr_eq(argument, &told);
	ck_assert(entry == &entries[0] || entry == &entries[1]);
	ck_assert_int_ne(fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
	ck_assert_int_ne(fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
	told.accepted++;
	told.of_entry[entry - entries]++;
	address_set(&told.from, from, length);
	close(fd);
	if (told.accepted == stop_after)
		acceptor_stop(acceptor);
}

static void failed_cb(int reason, void *argument)
{
	ck_assert_ptr_eq(argument, &told);
	told.failed++;
	told.reason = reason;
	acceptor_stop(acceptor);
}

static void turn_over_cb(unsigned accepted, void *argument)
{
	ck_assert_ptr_eq(argument, &told);
	told.turns++;
	told.in_turns += accepted;
}

static void setup(void)
{
	event_set_mem_functions(scarce_malloc, scarce_realloc, free);
	base = loop_new();
	ck_assert_ptr_nonnull(base);
	for (int i = 0; i < SOCKETS; i++) {
		entries[i] = (struct socket_entry){.fd = listen_on_loopback(AF_INET, MOST)};
		ck_assert_int_ge(entries[i].fd, 0);
		set_nonblocking(entries[i].fd);
	}
	acceptor = acceptor_new(base, accepted_cb, failed_cb, &told);
	ck_assert_ptr_nonnull(acceptor);
}

static void teardown(void)
{
	acceptor_free(acceptor);
	for (int i = 0; i < SOCKETS; i++)
		close(entries[i].fd);
	loop_free(base);
}

static void add_both(void)
{
	for (int i = 0; i < SOCKETS; i++)
		ck_assert(acceptor_add(acceptor, &entries[i]));
}

/* Connects so many to a socket; they go at once. The last one's address is `told.from`'s. */
static struct address connect_peers(int socket, unsigned count)
{
	struct address own = {0};

	for (unsigned i = 0; i < count; i++) {
		struct peer peer = peer_of_listener(entries[socket].fd, 0);
		own = bound_address(peer.fd);
		peer_close(&peer);
	}
	return own;
}

static bool has_accepted(void *count)
{
	return told.accepted >= *(unsigned *)count;
}

static void wait_for_accepted(unsigned count)
{
	ck_assert_msg(run_until(base, has_accepted, &count, PATIENCE_MS), "%u of %u", told.accepted,
		      count);
}

START_TEST(each_is_told_with_its_socket_and_address)
{
	struct address own;

	add_both();
	ck_assert_uint_eq(acceptor_count(acceptor), SOCKETS);
	for (int i = 0; i < SOCKETS; i++) {
		ck_assert_ptr_eq(acceptor_at(acceptor, (size_t)i), &entries[i]);
		own = connect_peers(i, (unsigned)i + 1);
		wait_for_accepted(i == 0 ? 1 : 3);
		ck_assert_uint_eq(told.of_entry[i], (unsigned)i + 1);
		ck_assert(address_is_same(&told.from, &own));
	}
	ck_assert_uint_eq(told.failed, 0);
}
END_TEST

/* The queues keep those who come meanwhile. */
START_TEST(stopped_one_accepts_nobody)
{
	add_both();
	acceptor_stop(acceptor);
	connect_peers(0, 2);
	connect_peers(1, 3);
	run_for(base, 30);
	ck_assert_uint_eq(told.accepted, 0);
	ck_assert(acceptor_start(acceptor));
	wait_for_accepted(5);
	ck_assert_uint_eq(told.of_entry[0], 2);
}
END_TEST

/* The callback may stop it, and the queue is left as it is. */
START_TEST(it_can_be_stopped_amid_a_queue)
{
	add_both();
	stop_after = 3;
	connect_peers(0, 10);
	run_for(base, 30);
	ck_assert_uint_eq(told.accepted, 3);
	ck_assert(acceptor_start(acceptor));
	wait_for_accepted(10);
}
END_TEST

/* Runs one turn of the loop. */
static void run_a_turn(void)
{
	ck_assert_int_eq(event_base_loop(base, EVLOOP_ONCE), 0);
}

/* No call fails for want of another client, but now and then, and none is about the watch. */
START_TEST(single_client_costs_one_call)
{
	enum { CLIENTS = 200 };

	add_both();
	fault_accept.calls = fault_epoll.calls = 0;
	for (unsigned i = 0; i < CLIENTS; i++) {
		connect_peers(_i, 1);
		run_a_turn();
		ck_assert_uint_eq(told.accepted, i + 1);
	}
	ck_assert_uint_ge(fault_accept.calls, CLIENTS);
	ck_assert_uint_le(fault_accept.calls, CLIENTS + CLIENTS / 12);
	ck_assert_uint_eq(fault_epoll.calls, 0);
}
END_TEST

/* A long queue is taken in few turns, without a call more than one for each client. */
START_TEST(long_queue_costs_few_turns)
{
	unsigned turns = 0;

	add_both();
	acceptor_watch_turns(acceptor, turn_over_cb);
	connect_peers(0, MOST);
	fault_accept.calls = fault_epoll.calls = 0;
	for (; told.accepted < MOST; turns++)
		run_a_turn();
	ck_assert_uint_le(turns, MOST / (ACCEPTOR_TURN / SOCKETS) + 4);
	ck_assert_uint_eq(told.turns, turns);
	ck_assert_uint_eq(told.in_turns, MOST);
	ck_assert_uint_le(fault_accept.calls, MOST + 1);
	ck_assert_uint_eq(fault_epoll.calls, 0);
}
END_TEST

/* However long the queue of one is, each turn takes clients of the other as well. */
START_TEST(sockets_share_each_turn)
{
	unsigned before[SOCKETS], most = 0;

	add_both();
	connect_peers(0, MOST);
	connect_peers(1, MOST);
	for (int turn = 0; turn < 5; turn++) {
		memcpy(before, told.of_entry, sizeof before);
		run_a_turn();
		most = 0;
		for (int i = 0; i < SOCKETS; i++) {
			ck_assert_uint_gt(told.of_entry[i], before[i]);
			most += told.of_entry[i] - before[i];
		}
		ck_assert_uint_le(most, ACCEPTOR_TURN);
	}
	ck_assert_uint_eq(most, ACCEPTOR_TURN);
}
END_TEST

/* With room for one client at a time, no socket takes it from the other each time. */
START_TEST(single_places_go_round)
{
	add_both();
	connect_peers(0, MOST / 2);
	connect_peers(1, MOST / 2);
	for (stop_after = 1; stop_after <= 8; stop_after++) {
		ck_assert(run_until(base, has_accepted, &stop_after, PATIENCE_MS));
		ck_assert(acceptor_start(acceptor));
	}
	ck_assert_uint_eq(told.of_entry[0], 4);
	ck_assert_uint_eq(told.of_entry[1], 4);
}
END_TEST

START_TEST(stopped_turn_is_not_told)
{
	add_both();
	acceptor_watch_turns(acceptor, turn_over_cb);
	stop_after = 1;
	connect_peers(0, 2);
	run_for(base, 30);
	ck_assert_uint_eq(told.accepted, 1);
	ck_assert_uint_eq(told.turns, 0);
	ck_assert(acceptor_start(acceptor));
	run_a_turn();
	ck_assert_uint_eq(told.accepted, 2);
	ck_assert_uint_eq(told.turns, 1);
	ck_assert_uint_eq(told.in_turns, 1);
}
END_TEST

/* Another process may have accepted the client: the loop sleeps all the same. */
START_TEST(turn_that_takes_nobody_is_the_last)
{
	int stolen;

	add_both();
	acceptor_watch_turns(acceptor, turn_over_cb);
	fault_accept = (struct fault){.reason = EAGAIN, .times = 1};
	connect_peers(0, 1);
	run_a_turn();
	ck_assert_uint_eq(told.accepted, 0);
	stolen = accept(entries[0].fd, NULL, NULL);
	ck_assert_int_ge(stolen, 0);
	run_for(base, 30);
	ck_assert_uint_eq(told.turns, 1);
	ck_assert_uint_eq(told.in_turns, 0);
	connect_peers(0, 1);
	wait_for_accepted(1);
	close(stolen);
}
END_TEST

START_TEST(one_can_be_taken_though_it_is_stopped)
{
	struct address own;

	add_both();
	acceptor_stop(acceptor);
	own = connect_peers(1, 1);
	ck_assert(!acceptor_take(acceptor, 0));
	ck_assert(errno == EAGAIN || errno == EWOULDBLOCK);
	ck_assert(acceptor_take(acceptor, 1));
	ck_assert_uint_eq(told.of_entry[1], 1);
	ck_assert(address_is_same(&told.from, &own));
	ck_assert(!acceptor_take(acceptor, 1));
	ck_assert_uint_eq(told.failed, 0);
}
END_TEST

/* The others go on; the socket released is as it was, and can be closed. */
START_TEST(released_socket_is_no_longer_accepted_on)
{
	add_both();
	acceptor_release_from(acceptor, 1);
	ck_assert_uint_eq(acceptor_count(acceptor), 1);
	connect_peers(1, 1);
	connect_peers(0, 1);
	wait_for_accepted(1);
	run_for(base, 30);
	ck_assert_uint_eq(told.of_entry[0], 1);
	ck_assert_uint_eq(told.of_entry[1], 0);
	acceptor_release_from(acceptor, 0);
	ck_assert_uint_eq(acceptor_count(acceptor), 0);
}
END_TEST

/* What only one client has lost is no failure; what the machine lacks is. */
static const struct {
	int reason;
	bool is_failure;
} reasons[] = {
	{EMFILE, true},	 {ENFILE, true},	{ENOBUFS, true},       {ENOMEM, true},
	{EPROTO, false}, {ECONNABORTED, false}, {EHOSTUNREACH, false},
};

START_TEST(failure_is_told)
{
	add_both();
	fault_accept = (struct fault){.reason = reasons[_i].reason, .times = 1};
	connect_peers(0, 1);
	if (reasons[_i].is_failure) {
		run_for(base, 30);
		ck_assert_uint_eq(told.failed, 1);
		ck_assert_int_eq(told.reason, reasons[_i].reason);
		ck_assert_uint_eq(told.accepted, 0);
		ck_assert(acceptor_start(acceptor));
	}
	wait_for_accepted(1);
	ck_assert_uint_eq(told.failed, reasons[_i].is_failure);
}
END_TEST

/* Nothing of a socket is left that could not be added. */
START_TEST(want_of_a_watch_is_told)
{
	ck_assert(acceptor_add(acceptor, &entries[0]));
	fault_epoll = (struct fault){.reason = ENOSPC, .times = 1, .kind = EPOLL_CTL_ADD};
	ck_assert(!acceptor_add(acceptor, &entries[1]));
	ck_assert_int_eq(fault_epoll.times, 0);
}
END_TEST

START_TEST(want_of_a_watch_at_a_start_is_told)
{
	add_both();
	acceptor_stop(acceptor);
	fault_epoll = (struct fault){.reason = ENOSPC, .times = 1, .kind = EPOLL_CTL_ADD};
	ck_assert(!acceptor_start(acceptor));
	ck_assert(acceptor_start(acceptor));
	connect_peers(0, 1);
	connect_peers(1, 1);
	wait_for_accepted(2);
}
END_TEST

START_TEST(want_of_memory_is_told)
{
	bool was_added = false;

	for (int granted = 0; granted < 20 && !was_added; granted++) {
		acceptor_free(acceptor);
		acceptor = acceptor_new(base, accepted_cb, failed_cb, &told);
		grants = granted;
		was_added = acceptor_add(acceptor, &entries[0]);
		grants = -1;
		ck_assert(!was_added || granted > 0);
	}
	ck_assert(was_added);
	connect_peers(0, 1);
	wait_for_accepted(1);
}
END_TEST

START_TEST(none_need_be_freed)
{
	acceptor_free(NULL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("acceptor");
	TCase *tests = suite_case(suite, "accepts"), *lack = suite_case(suite, "lack");

	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, each_is_told_with_its_socket_and_address);
	tcase_add_test(tests, stopped_one_accepts_nobody);
	tcase_add_test(tests, it_can_be_stopped_amid_a_queue);
	tcase_add_loop_test(tests, single_client_costs_one_call, 0, SOCKETS);
	tcase_add_test(tests, long_queue_costs_few_turns);
	tcase_add_test(tests, sockets_share_each_turn);
	tcase_add_test(tests, single_places_go_round);
	tcase_add_test(tests, stopped_turn_is_not_told);
	tcase_add_test(tests, turn_that_takes_nobody_is_the_last);
	tcase_add_test(tests, one_can_be_taken_though_it_is_stopped);
	tcase_add_test(tests, released_socket_is_no_longer_accepted_on);
	tcase_add_test(tests, none_need_be_freed);

	tcase_add_checked_fixture(lack, setup, teardown);
	tcase_add_loop_test(lack, failure_is_told, 0, COUNT_OF(reasons));
	tcase_add_test(lack, want_of_a_watch_is_told);
	tcase_add_test(lack, want_of_a_watch_at_a_start_is_told);
	tcase_add_test(lack, want_of_memory_is_told);
	return suite_run(suite);
}
