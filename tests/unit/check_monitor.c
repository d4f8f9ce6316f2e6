/* SPDX-License-Identifier: ISC */
/* check_monitor: which clients are answered by HTTP, how many at once, and which make room. */
#include "daemon/serve/monitor.h"

#include <errno.h>
#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/endpoint.h"
#include "base/log.h"
#include "base/loop.h"
#include "lib/capture.h"
#include "daemon/options.h"
#include "daemon/setup/sockets.h"
#include "daemon/tell/metrics.h"
#include "daemon/tell/stats.h"
#include "fault.h"
#include "lib/peers.h"
#include "lib/scarce.h"
#include "lib/suite.h"

static const char request[] = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";
static const char answer_begins[] = "HTTP/1.0 200 OK\r\n";

static struct endpoint endpoint;
static struct options options;
static struct stats stats;
static struct event_base *base;
static struct sockets *sockets, *rest;
static struct monitor *monitor;
static unsigned looks; /* how often the facts were asked for */

static void look_cb(struct metrics_facts *facts, void *argument)
{
	ck_assert_ptr_eq(argument, &looks);
	looks++;
	*facts = (struct metrics_facts){.stats = &stats, .is_ready = true, .libevent = "2"};
}

static void setup(void)
{
	event_set_mem_functions(scarce_malloc, scarce_realloc, free);
	ck_assert_ptr_null(endpoint_parse("127.0.0.1:0", &endpoint));
	options = (struct options){.metrics = &endpoint, .metrics_count = 1, .backlog = 128};
	capture(STDERR_FILENO);
	log_open("haild", LOG_LEVEL_DEBUG);
	base = loop_new();
	ck_assert_ptr_nonnull(base);
	rest = sockets_open(&options);
	ck_assert_ptr_nonnull(rest);
	sockets = sockets_split(rest, SOCKET_METRICS);
	ck_assert_ptr_nonnull(sockets);
	ck_assert_uint_eq(sockets_count(rest), 0);
	ck_assert_uint_eq(sockets_count(sockets), 1);
	monitor = monitor_new(base, sockets, MONITOR_ROOM, look_cb, &looks);
	ck_assert_ptr_nonnull(monitor);
	capture_clear(STDERR_FILENO);
}

static void teardown(void)
{
	monitor_free(monitor);
	sockets_close(sockets);
	sockets_close(rest);
	loop_free(base);
}

static struct peer connect_peer(void)
{
	return peer_of_listener(sockets_at(sockets, 0)->fd, 0);
}

static void say(struct peer *peer, const char *words)
{
	ck_assert_int_eq(send(peer->fd, words, strlen(words), MSG_NOSIGNAL),
			 (ssize_t)strlen(words));
}

static bool is_over(void *peer)
{
	peer_receive(peer, SIZE_MAX);
	return ((struct peer *)peer)->ended || ((struct peer *)peer)->error;
}

static void wait_for_end(struct peer *peer)
{
	ck_assert(run_until(base, is_over, peer, PATIENCE_MS));
}

static void assert_answered(struct peer *peer)
{
	wait_for_end(peer);
	ck_assert_msg(peer->ended, "%s", strerror(peer->error));
	ck_assert_uint_gt(peer->length, strlen(answer_begins));
	ck_assert(memcmp(peer->bytes, answer_begins, strlen(answer_begins)) == 0);
}

static bool has_logged(void *part)
{
	return strstr(captured(STDERR_FILENO), part) != NULL;
}

static void wait_for_log(const char *part)
{
	ck_assert_msg(run_until(base, has_logged, (void *)(uintptr_t)part, PATIENCE_MS),
		      "no '%s' in '%s'", part, captured(STDERR_FILENO));
}

/* With a request that is there before the connection is accepted, or comes later in pieces. */
START_TEST(request_is_answered)
{
	struct peer peer = connect_peer();

	if (_i == 0) {
		say(&peer, request);
	} else {
		run_for(base, 10);
		for (size_t i = 0; i < strlen(request); i++) {
			char byte[] = {request[i], '\0'};
			say(&peer, byte);
			run_for(base, 1);
		}
	}
	assert_answered(&peer);
	ck_assert_uint_eq(looks, 1);
	peer_close(&peer);
	wait_for_log("closed: metrics 127.0.0.1:");
	assert_told(": done, ");
}
END_TEST

/* What comes after the request is thrown away, and costs it no byte of the answer. */
START_TEST(talker_gets_its_answer_whole)
{
	struct peer peer = connect_peer();

	say(&peer, request);
	ck_assert_uint_eq(peer_send(&peer, 100000), 100000);
	assert_answered(&peer);
	ck_assert_uint_eq(looks, 1);
	ck_assert(memcmp(peer.bytes + peer.length - 3, "ok\n", 3) == 0);
	peer_close(&peer);
}
END_TEST

/* The one that has been heard for longest makes room. */
START_TEST(one_more_takes_the_oldest_ones_place)
{
	struct peer peers[MONITOR_ROOM + 1];

	for (int i = 0; i < MONITOR_ROOM; i++) {
		peers[i] = connect_peer();
		run_for(base, 2);
		ck_assert(!is_over(&peers[i]));
	}
	peers[MONITOR_ROOM] = connect_peer();
	wait_for_end(&peers[0]);
	ck_assert_int_eq(peers[0].error, ECONNRESET);
	assert_told(": made room for others, 0 bytes sent");
	for (int i = 1; i <= MONITOR_ROOM; i++) {
		ck_assert(!is_over(&peers[i]));
		say(&peers[i], request);
		assert_answered(&peers[i]);
		peer_close(&peers[i]);
	}
	peer_close(&peers[0]);
	ck_assert_int_eq(occurrences(captured(STDERR_FILENO), "made room"), 1);
}
END_TEST

/* If all have been answered, it is the one that has lingered longest; it loses nothing. */
START_TEST(one_more_takes_the_place_of_one_that_lingers)
{
	struct peer peers[MONITOR_ROOM + 1];

	for (int i = 0; i <= MONITOR_ROOM; i++) {
		peers[i] = connect_peer();
		say(&peers[i], request);
		assert_answered(&peers[i]);
	}
	ck_assert_int_eq(occurrences(captured(STDERR_FILENO), "made room"), 1);
	for (int i = 0; i <= MONITOR_ROOM; i++)
		peer_close(&peers[i]);
}
END_TEST

START_TEST(silent_client_is_cut_in_time)
{
	struct peer peer = connect_peer();
	uint64_t began = clock_ms();

	wait_for_end(&peer);
	ck_assert_int_eq(peer.error, ECONNRESET);
	ck_assert_uint_ge(clock_ms() - began, 4900);
	assert_told(": timed out in prelude, 0 bytes sent");
	peer_close(&peer);
}
END_TEST

static bool trickles(void *peer)
{
	static uint64_t last;

	if (clock_ms() - last >= 50)
		(void)send(((struct peer *)peer)->fd, "G", 1, MSG_NOSIGNAL | MSG_DONTWAIT);
	last = clock_ms() - last >= 50 ? clock_ms() : last;
	return is_over(peer);
}

/* Its bytes restart nothing. */
START_TEST(trickling_client_is_cut_in_time)
{
	struct peer peer = connect_peer();
	uint64_t began = clock_ms();

	ck_assert(run_until(base, trickles, &peer, PATIENCE_MS));
	ck_assert_uint_ge(clock_ms() - began, 4900);
	assert_told(": timed out in prelude, 0 bytes sent");
	peer_close(&peer);
}
END_TEST

START_TEST(lingering_client_is_cut_in_time)
{
	struct peer peer = connect_peer();

	say(&peer, request);
	assert_answered(&peer);
	wait_for_log("closed: metrics ");
	assert_told(": timed out in linger, ");
	peer_close(&peer);
}
END_TEST

START_TEST(leavers_are_told_apart)
{
	struct peer peer = connect_peer();

	say(&peer, "GET /");
	peer_close(&peer);
	wait_for_log(": left in prelude, 0 bytes sent");
	peer = connect_peer();
	run_for(base, 10);
	peer_reset(&peer);
	wait_for_log(": reset in prelude, 0 bytes sent");
}
END_TEST

START_TEST(quiet_log_has_nothing)
{
	struct peer peer;

	log_open("haild", LOG_LEVEL_INFO);
	peer = connect_peer();
	say(&peer, request);
	assert_answered(&peer);
	peer_close(&peer);
	run_for(base, 50);
	assert_told_nothing();
}
END_TEST

/* All who come at once are answered, a few in each turn of the loop. */
START_TEST(many_in_a_row_are_answered)
{
	for (int i = 0; i < 10 * MONITOR_ROOM; i++) {
		struct peer peer = connect_peer();
		say(&peer, request);
		assert_answered(&peer);
		peer_close(&peer);
	}
	ck_assert_uint_eq(looks, 10 * MONITOR_ROOM);
}
END_TEST

START_TEST(shortage_is_waited_out)
{
	struct peer peer;

	fault_accept = (struct fault){.reason = EMFILE, .times = 2};
	peer = connect_peer();
	say(&peer, request);
	assert_answered(&peer);
	peer_close(&peer);
	assert_told("haild: cannot accept connections for metrics: Too many open files; retrying");
	ck_assert_int_eq(occurrences(captured(STDERR_FILENO), "cannot accept"), 1);
}
END_TEST

/* With memory for so many of libevent's allocations, it is answered or reset. */
START_TEST(lack_of_memory_is_survived)
{
	bool was_answered = false;

	for (int granted = 0; granted < 60 && !was_answered; granted++) {
		struct peer peer = connect_peer();
		say(&peer, request);
		grants = granted;
		for (int i = 0; i < 3; i++)
			ck_assert_int_ge(event_base_loop(base, EVLOOP_NONBLOCK), 0);
		grants = -1;
		wait_for_end(&peer);
		was_answered = peer.ended && peer.length > 0;
		peer_close(&peer);
	}
	ck_assert(was_answered);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("monitor");
	TCase *tests = suite_case(suite, "answers"), *bounds = suite_case(suite, "bounds");
	TCase *times = suite_case(suite, "times"), *lack = suite_case(suite, "lack");

	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_loop_test(tests, request_is_answered, 0, 2);
	tcase_add_test(tests, talker_gets_its_answer_whole);
	tcase_add_test(tests, leavers_are_told_apart);
	tcase_add_test(tests, quiet_log_has_nothing);
	tcase_add_test(tests, many_in_a_row_are_answered);

	tcase_add_checked_fixture(bounds, setup, teardown);
	tcase_add_test(bounds, one_more_takes_the_oldest_ones_place);
	tcase_add_test(bounds, one_more_takes_the_place_of_one_that_lingers);

	tcase_add_checked_fixture(times, setup, teardown);
	tcase_add_test(times, silent_client_is_cut_in_time);
	tcase_add_test(times, trickling_client_is_cut_in_time);
	tcase_add_test(times, lingering_client_is_cut_in_time);

	tcase_add_checked_fixture(lack, setup, teardown);
	tcase_add_test(lack, shortage_is_waited_out);
	tcase_add_test(lack, lack_of_memory_is_survived);
	return suite_run_at_once(suite);
}
