/* SPDX-License-Identifier: ISC */
/* check_result: what -v says of a connection is what the kernel knows. */
#include "client/result.h"

#include <stdbool.h>
#include <unistd.h>

#include "base/log.h"
#include "client/options.h"
#include "lib/capture.h"
#include "lib/suite.h"

static struct tcpinfo known;
static bool is_known;

typedef bool tcpinfo_asker(int fd, struct tcpinfo *info);
tcpinfo_asker __wrap_tcpinfo_ask;

bool __wrap_tcpinfo_ask(int fd, struct tcpinfo *info)
{
	(void)fd;
	*info = known;
	return is_known;
}

/* Asserts what is said of a connection. */
static void assert_said(const char *line)
{
	const struct options options = {.detailed = true};
	struct probe_result result;

	capture(STDERR_FILENO);
	log_open("hailto", LOG_LEVEL_DEBUG);
	result_begin(&result);
	ck_assert(result_prepare_trace(&result, &options));
	result_note_connection(&result, STDIN_FILENO, &options);
	ck_assert_str_eq(captured(STDERR_FILENO), line);
	ck_assert(result.has_tcp == is_known);
	result_free(&result);
}

START_TEST(round_trip_is_said)
{
	is_known = true;
	known = (struct tcpinfo){.rtt_us = 1234, .retransmits = 1};
	assert_said("network: round trip 1.23 ms, 1 segment sent again\n");
	known.retransmits = 0;
	assert_said("network: round trip 1.23 ms, 0 segments sent again\n");
}
END_TEST

START_TEST(unknown_round_trip_is_not_said)
{
	assert_said("");
	is_known = true;
	assert_said("");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("result");
	TCase *connection = suite_case(suite, "connection");

	tcase_add_test(connection, round_trip_is_said);
	tcase_add_test(connection, unknown_round_trip_is_not_said);
	return suite_run(suite);
}
