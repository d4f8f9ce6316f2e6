/* SPDX-License-Identifier: ISC */
/* check_probe: probes share a loop, each has its own end, and calls back once. */
#include "client/probe.h"

#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/address.h"
#include "base/clock.h"
#include "client/options.h"
#include "lib/looping.h"
#include "lib/peers.h"
#include "lib/scarce.h"
#include "lib/suite.h"

enum { PROBES_MAX = 3 };

/* A probe, the server that it asks, and what its callback was told. */
static struct asked {
	struct options options;
	struct probe *probe;
	int server;
	unsigned calls;
	uint64_t ms; /* since the start */
	struct probe_result result;
	char bytes[100];
} asked[PROBES_MAX];

static size_t ended; /* how many have called back */

static void ended_cb(const struct probe_result *result, void *argument)
{
	struct asked *one = argument;

	one->calls++;
	one->ms = clock_ms() - started_ms;
	one->result = *result;
	ck_assert_uint_lt(result->length, sizeof one->bytes);
	if (result->length > 0)
		memcpy(one->bytes, result->bytes, result->length);
	ended++;
	if (free_in_callback) {
		probe_free(one->probe);
		one->probe = NULL;
	}
}

static bool have_ended(void *count)
{
	return ended >= *(size_t *)count;
}

/* Runs the loop until so many have called back. */
static void wait_for(size_t count)
{
	ck_assert(run_until(base, have_ended, &count, PATIENCE_MS));
}

/* Makes the i-th options those for a server on the loopback address. */
static void set_options(size_t i)
{
	struct address address = bound_address(asked[i].server);
	struct options *options = &asked[i].options;

	*options = (struct options){.bytes = 50, .timeout = 60000};
	options->target = (struct endpoint){
		.kind = ENDPOINT_HOST,
		.has_port = true,
		.port = address_port(&address),
	};
	address_format_host(&address, options->target.host, sizeof options->target.host);
}

/* Adds a server whose kernel takes connections. */
static void add_server(size_t i)
{
	asked[i].server = listen_on_loopback(AF_INET, 16);
	ck_assert_int_ge(asked[i].server, 0);
	set_options(i);
}

/* Adds one that refuses: its port is bound, and nobody listens there. */
static void add_refusing(size_t i)
{
	asked[i].server = bind_on_loopback(AF_INET, SOCK_STREAM);
	ck_assert_int_ge(asked[i].server, 0);
	set_options(i);
}

static void try_to_start(size_t i)
{
	struct probe_request request = {
		.options = &asked[i].options,
		.ended = ended_cb,
		.argument = &asked[i],
	};

	asked[i].probe = probe_start(base, &request);
}

static void start(size_t i)
{
	try_to_start(i);
	ck_assert_ptr_nonnull(asked[i].probe);
	ck_assert_uint_eq(asked[i].calls, 0); /* never from within the call */
}

/* Accepts the i-th server's client, greets it, and closes. */
static void greet(size_t i, const char *text)
{
	struct peer peer = {.fd = accept(asked[i].server, NULL, NULL)};

	ck_assert_int_ge(peer.fd, 0);
	ck_assert_int_eq(send(peer.fd, text, strlen(text), 0), (ssize_t)strlen(text));
	peer_close(&peer);
}

static void assert_greeted_with(size_t i, const char *text)
{
	ck_assert_uint_eq(asked[i].calls, 1);
	ck_assert_int_eq(asked[i].result.status, STATUS_GREETED);
	ck_assert_uint_eq(asked[i].result.length, strlen(text));
	ck_assert_int_eq(memcmp(asked[i].bytes, text, strlen(text)), 0);
}

static void assert_failed_at(size_t i, enum status status, const char *stage)
{
	ck_assert_uint_eq(asked[i].calls, 1);
	ck_assert_msg(asked[i].result.status == status, "%s", asked[i].result.reason);
	ck_assert_str_eq(asked[i].result.stage, stage);
}

static void teardown(void)
{
	for (size_t i = 0; i < PROBES_MAX; i++) {
		probe_free(asked[i].probe);
		if (asked[i].server > 0)
			close(asked[i].server);
	}
	looping_teardown();
}

/* One refused, one kept waiting, one greeted: none has a part in the others' ends. */
START_TEST(three_share_a_loop)
{
	free_in_callback = _i != 0;
	add_refusing(0);
	add_server(1);
	asked[1].options.timeout = 300;
	add_server(2);
	looping_start();
	for (size_t i = 0; i < PROBES_MAX; i++)
		start(i);
	wait_for(1);
	assert_failed_at(0, STATUS_REFUSED, "connect");
	greet(2, "Hi");
	wait_for(2);
	assert_greeted_with(2, "Hi");
	wait_for(3);
	assert_failed_at(1, STATUS_SILENT, "read");
	ck_assert_uint_ge(asked[1].ms, 290);
	run_for(base, 50);
	ck_assert_uint_eq(ended, 3); /* each only once */
}
END_TEST

/* The others go on after one is freed in the midst of its work. */
START_TEST(free_ends_one_without_a_word)
{
	int before;

	add_server(0);
	add_server(1);
	before = lowest_descriptor();
	start(0);
	start(1);
	run_for(base, 20);
	probe_free(asked[0].probe);
	asked[0].probe = NULL;
	greet(1, "Hi");
	wait_for(1);
	assert_greeted_with(1, "Hi");
	ck_assert_uint_eq(asked[0].calls, 0);
	ck_assert_int_eq(lowest_descriptor(), before);
	probe_free(NULL);
}
END_TEST

START_TEST(result_outlives_the_callback)
{
	add_server(0);
	start(0);
	run_for(base, 20);
	greet(0, "Hi");
	wait_for(1);
	ck_assert_uint_eq(asked[0].result.length, 2);
	ck_assert_int_eq(memcmp(asked[0].result.bytes, "Hi", 2), 0);
}
END_TEST

START_TEST(all_is_closed_when_it_calls_back)
{
	int before;

	add_server(0);
	asked[0].options.timeout = 50;
	before = lowest_descriptor();
	start(0);
	ck_assert_int_ne(lowest_descriptor(), before);
	wait_for(1);
	ck_assert_int_eq(lowest_descriptor(), before);
	ck_assert_int_eq(event_base_get_num_events(base, EVENT_BASE_COUNT_ADDED), 0);
}
END_TEST

START_TEST(greeting_is_held_against_what_is_expected)
{
	add_server(0);
	asked[0].options.expect = "Hello";
	start(0);
	run_for(base, 20);
	greet(0, "Hi");
	wait_for(1);
	assert_failed_at(0, STATUS_UNEXPECTED, "expect");
}
END_TEST

/* What is known at once is told from the loop as well. */
START_TEST(failure_at_the_start_is_told_from_the_loop)
{
	struct options *options = &asked[0].options;

	*options = (struct options){.bytes = 50, .timeout = 60000};
	options->target.kind = ENDPOINT_UNIX;
	memset(options->target.host, 'x', sizeof options->target.host - 1);
	start(0);
	wait_for(1);
	assert_failed_at(0, STATUS_USAGE, "resolve");
}
END_TEST

static bool has_heard_the_end(void *server)
{
	peer_receive(server, 1);
	return ((struct peer *)server)->ended;
}

/* With -z and --wait, too: a server may speak on, whether or not it has spoken first. */
START_TEST(server_that_is_steady_is_left_without_a_reset)
{
	struct peer server = {.fd = -1};
	int error;
	socklen_t length = sizeof error;

	add_server(0);
	asked[0].options.zero = asked[0].options.steady = true;
	start(0);
	server.fd = accept(asked[0].server, NULL, NULL);
	ck_assert_int_ge(server.fd, 0);
	if (_i == 1)
		ck_assert_int_eq(send(server.fd, "Hi", 2, 0), 2);
	ck_assert(run_until(base, has_heard_the_end, &server, PATIENCE_MS));
	ck_assert_int_eq(send(server.fd, "there", 5, 0), 5);
	wait_for(1);
	ck_assert_int_eq(asked[0].result.status, STATUS_GREETED);
	ck_assert_int_eq(getsockopt(server.fd, SOL_SOCKET, SO_ERROR, &error, &length), 0);
	ck_assert_int_eq(error, 0);
	peer_close(&server);
}
END_TEST

static int count_timer(const struct event_base *of, const struct event *event, void *count)
{
	(void)of;
	*(int *)count += event_pending(event, EV_TIMEOUT, NULL) ? 1 : 0;
	return 0;
}

/* The queue of a UNIX socket is full: there is a timer of each kind that can run at a time. */
START_TEST(timers_are_as_few_as_is_said)
{
	static char folder[] = "/tmp/check_probe.XXXXXX";
	struct options *options = &asked[0].options;
	struct address address;
	int count = 0;

	*options = (struct options){.bytes = 50, .timeout = 60000, .connect_timeout = 50000};
	options->target.kind = ENDPOINT_UNIX;
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(options->target.host, sizeof options->target.host, "%s/socket", folder);
	ck_assert(address_from_path(options->target.host, &address));
	asked[0].server = socket(AF_UNIX, SOCK_STREAM, 0);
	ck_assert_int_eq(bind(asked[0].server, &address.any, address.length), 0);
	ck_assert_int_eq(listen(asked[0].server, 0), 0);
	peer_of_listener(asked[0].server, 0);
	start(0);
	event_base_foreach_event(base, count_timer, &count);
	ck_assert_int_eq(count, PROBE_TIMERS);
	ck_assert_int_eq(unlink(options->target.host), 0);
	ck_assert_int_eq(rmdir(folder), 0);
}
END_TEST

/* With k allocations granted there is no probe, until they are enough for one that fails well. */
START_TEST(want_of_memory_makes_no_probe)
{
	int granted = 0;

	add_server(0);
	do {
		grants = granted++;
		try_to_start(0);
		ck_assert_uint_eq(asked[0].calls, 0);
	} while (!asked[0].probe);
	grants = -1;
	ck_assert_int_gt(granted, 3);
	wait_for(1);
	assert_failed_at(0, STATUS_INTERNAL, "connect");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("probe");
	TCase *tests = suite_case(suite, "probe"), *memory = suite_case(suite, "memory");

	tcase_add_checked_fixture(tests, looping_setup, teardown);
	tcase_add_loop_test(tests, three_share_a_loop, 0, 2);
	tcase_add_test(tests, free_ends_one_without_a_word);
	tcase_add_test(tests, result_outlives_the_callback);
	tcase_add_test(tests, all_is_closed_when_it_calls_back);
	tcase_add_test(tests, greeting_is_held_against_what_is_expected);
	tcase_add_test(tests, failure_at_the_start_is_told_from_the_loop);
	tcase_add_loop_test(tests, server_that_is_steady_is_left_without_a_reset, 0, 2);
	tcase_add_test(tests, timers_are_as_few_as_is_said);
	tcase_add_checked_fixture(memory, looping_setup_scarce, teardown);
	tcase_add_test(memory, want_of_memory_makes_no_probe);
	return suite_run(suite);
}
