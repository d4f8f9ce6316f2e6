/* SPDX-License-Identifier: ISC */
/* check_talking: what is said to a server first, how much of it, and what ends it. */
#include "client/talking.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/address.h"
#include "client/options.h"
#include "lib/capture.h"
#include "lib/looping.h"
#include "lib/peers.h"
#include "lib/scarce.h"
#include "lib/suite.h"

/* Small buffers, which take far less than much at a time. */
enum { SMALL = 4096, MUCH = 1024 * 1024 };

static const char line[] = "hailto speaks before it listens\n";

static struct options options;
static struct peer server;
static struct address to;
static struct talking *talking;
static int fd, reason;

static void broken_cb(int why, void *argument)
{
	looping_called(argument);
	reason = why;
}

static void connect_server(int buffers)
{
	server = peer_pair(AF_INET, &fd, buffers);
	to = bound_address(server.fd);
}

static void setup(void)
{
	looping_setup();
	connect_server(0);
}

static void setup_small(void)
{
	looping_setup();
	connect_server(SMALL);
}

static void setup_scarce(void)
{
	looping_setup_scarce();
	connect_server(0);
}

static void teardown(void)
{
	talking_free(talking);
	close(fd);
	looping_teardown();
}

static void start(void)
{
	looping_start();
	talking = talking_start(base, fd, &options, &to, broken_cb, &called);
	ck_assert_ptr_nonnull(talking);
}

/* Receives, and says if all that is wanted has come. */
static bool has_all(void *argument)
{
	peer_receive(&server, SIZE_MAX);
	return server.length >= *(size_t *)argument;
}

/* True if these are the lines over and over. (Check takes its time for each assertion.) */
static bool are_lines(const char *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (bytes[i] != line[i % (sizeof line - 1)])
			return false;
	return true;
}

/* Asserts that the server gets the header, so many bytes of lines, and nothing more. */
static void assert_said(const char *header, size_t length, size_t lines)
{
	size_t all = length + lines;

	ck_assert(run_until(base, has_all, &all, PATIENCE_MS));
	run_for(base, 20);
	peer_receive(&server, SIZE_MAX);
	ck_assert_uint_eq(server.length, all);
	ck_assert(!server.ended);
	ck_assert_int_eq(memcmp(server.bytes, header, length), 0);
	ck_assert(are_lines(server.bytes + length, lines));
	ck_assert_uint_eq(talking_sent(talking), lines);
	ck_assert_uint_eq(called.calls, 0);
}

static const uint64_t sizes[] = {1, 31, 32, 33, 65535, 65536, 65537, MUCH, MUCH + 7};

START_TEST(lines_are_said)
{
	char told[64];

	options.talk_first = sizes[_i];
	start();
	assert_said("", 0, (size_t)sizes[_i]);
	snprintf(told, sizeof told, "talk: %lu of %lu bytes sent (", (unsigned long)sizes[_i],
		 (unsigned long)sizes[_i]);
	assert_told(told);
}
END_TEST

/* Each piece is taken in part only. */
START_TEST(lines_are_said_through_small_buffers)
{
	options.talk_first = 100001;
	start();
	assert_said("", 0, 100001);
}
END_TEST

START_TEST(header_comes_first)
{
	static const char header[] = "PROXY UNKNOWN\r\n";

	options.talk_first = sizes[_i];
	options.proxy_version = 1;
	options.proxy_is_local = true;
	start();
	assert_said(header, strlen(header), (size_t)sizes[_i]);
	assert_told("proxy: version 1, from no client to 127.0.0.1:");
}
END_TEST

START_TEST(header_may_be_all)
{
	static const char header[] = "\r\n\r\n\0\r\nQUIT\n\x20\0\0\0";

	options.proxy_version = 2;
	options.proxy_is_local = true;
	start();
	assert_said(header, 16, 0);
	assert_told("proxy: version 2, from no client to 127.0.0.1:");
}
END_TEST

START_TEST(header_names_ourselves)
{
	const struct address own = bound_address(fd);
	char header[80];

	options.proxy_version = 1;
	start();
	snprintf(header, sizeof header, "PROXY TCP4 127.0.0.1 127.0.0.1 %u %u\r\n",
		 address_port(&own), address_port(&to));
	assert_said(header, strlen(header), 0);
}
END_TEST

START_TEST(header_names_the_given_client)
{
	char header[80];

	options.proxy_version = 1;
	ck_assert_int_eq(address_from_literal("192.0.2.1", AF_INET, &options.proxy_source), 0);
	address_set_port(&options.proxy_source, 56324);
	start();
	snprintf(header, sizeof header, "PROXY TCP4 192.0.2.1 127.0.0.1 56324 %u\r\n",
		 address_port(&to));
	assert_said(header, strlen(header), 0);
	snprintf(header, sizeof header, "proxy: version 1, from 192.0.2.1:56324 to 127.0.0.1:%u\n",
		 address_port(&to));
	assert_told(header);
}
END_TEST

/* The server must not be waited for: it may be one that does not read before it has spoken. */
START_TEST(who_reads_nothing_is_no_hindrance)
{
	options.talk_first = 16 * MUCH;
	start();
	run_for(base, 50);
	ck_assert_uint_eq(called.calls, 0);
	ck_assert_uint_gt(talking_sent(talking), 0);
	ck_assert_uint_lt(talking_sent(talking), options.talk_first);
	talking_stop(talking);
	assert_told(" of 16777216 bytes sent (");
}
END_TEST

START_TEST(stop_sends_no_more)
{
	uint64_t sent;

	options.talk_first = 16 * MUCH;
	start();
	talking_stop(talking);
	sent = talking_sent(talking);
	server.room = 0;
	for (int i = 0; i < 10; i++) {
		peer_receive(&server, SIZE_MAX);
		run_for(base, 5);
	}
	ck_assert_uint_eq(talking_sent(talking), sent);
	ck_assert_uint_le(server.length, sent);
}
END_TEST

START_TEST(reset_is_reported_once)
{
	options.talk_first = 16 * MUCH;
	start();
	peer_reset(&server);
	finish();
	ck_assert_int_eq(reason, ECONNRESET);
	run_for(base, 20);
	ck_assert_uint_eq(called.calls, 1);
	assert_told(" of 16777216 bytes sent, then failed (");
}
END_TEST

/* The reset came after the end of the server's stream. */
START_TEST(end_of_the_stream_may_be_all_that_is_known)
{
	options.talk_first = 16 * MUCH;
	start();
	run_for(base, 20);
	ck_assert_int_eq(shutdown(server.fd, SHUT_WR), 0);
	run_for(base, 20);
	peer_reset(&server);
	finish();
	ck_assert_int_eq(reason, EPIPE);
	assert_told(" bytes sent, then the server took no more (");
}
END_TEST

START_TEST(want_of_memory_says_nothing)
{
	options.talk_first = 1;
	grants = _i;
	ck_assert_ptr_null(talking_start(base, fd, &options, &to, broken_cb, &called));
	grants = -1;
	run_for(base, 20);
	ck_assert_uint_eq(peer_receive(&server, SIZE_MAX), 0);
}
END_TEST

START_TEST(none_is_allowed)
{
	ck_assert_uint_eq(talking_sent(NULL), 0);
	talking_stop(NULL);
	talking_free(NULL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("talking");
	TCase *says = suite_case(suite, "says"), *ends = suite_case(suite, "ends"),
	      *memory = suite_case(suite, "memory");

	tcase_add_checked_fixture(says, setup, teardown);
	tcase_add_loop_test(says, lines_are_said, 0, COUNT_OF(sizes));
	tcase_add_loop_test(says, header_comes_first, 0, COUNT_OF(sizes));
	tcase_add_test(says, header_may_be_all);
	tcase_add_test(says, header_names_ourselves);
	tcase_add_test(says, header_names_the_given_client);
	tcase_add_checked_fixture(ends, setup_small, teardown);
	tcase_add_test(ends, lines_are_said_through_small_buffers);
	tcase_add_test(ends, who_reads_nothing_is_no_hindrance);
	tcase_add_test(ends, stop_sends_no_more);
	tcase_add_test(ends, reset_is_reported_once);
	tcase_add_test(ends, end_of_the_stream_may_be_all_that_is_known);
	tcase_add_test(ends, none_is_allowed);
	tcase_add_checked_fixture(memory, setup_scarce, teardown);
	tcase_add_loop_test(memory, want_of_memory_says_nothing, 0, 1);
	return suite_run(suite);
}
