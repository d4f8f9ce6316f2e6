/* SPDX-License-Identifier: ISC */
/* check_report_json: what stdout gets of an attempt or an error: one line with all its members. */
#include "client/report_json.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "client/options.h"
#include "client/result.h"
#include "client/trace.h"
#include "lib/capture.h"
#include "lib/memory.h"
#include "lib/suite.h"

enum { MIB = 1024 * 1024 };

static struct options options;
static struct probe_result result;
/* 2026-11-27T09:30:00.123Z */
static struct attempt_facts facts = {.serial = 7, .began_ms = 1795771800123, .late_us = 15};

static void setup(void)
{
	capture(STDERR_FILENO);
	capture(STDOUT_FILENO);
	log_open("hailto", LOG_LEVEL_WARNING);
	ck_assert_ptr_null(endpoint_parse("localhost:12345", &options.target));
	result_begin(&result);
	result.times.end = 900;
}

static void teardown(void)
{
	result_free(&result);
}

/* Makes it a greeting. */
static void hear(const char *bytes, size_t length)
{
	result.bytes = malloc(length + 1);
	ck_assert_ptr_nonnull(result.bytes);
	memcpy(result.bytes, bytes, length);
	result.length = length;
	result.ended_by = ENDED_BY_STREAM_END;
}

/* Tries an address, and ends that so. */
static void try_address(const char *host, enum trace_outcome outcome, int reason)
{
	struct address address;
	size_t number;

	if (!result.trace)
		result.trace = trace_new();
	ck_assert_ptr_nonnull(result.trace);
	if (host[0] == '/')
		ck_assert(address_from_path(host, &address));
	else
		ck_assert_int_eq(address_from_literal(host, AF_UNSPEC, &address), 0);
	address_set_port(&address, 12345);
	number = trace_begin(result.trace, &address);
	if (outcome != TRACE_UNDER_WAY)
		trace_end(result.trace, number, outcome, reason);
}

/* Asserts that the line holds a member, or several that follow each other. */
static void assert_has(const char *members)
{
	const char *line = captured(STDOUT_FILENO);

	ck_assert_msg(strstr(line, members) != NULL, "no %s in %s", members, line);
}

static void report(enum status wanted)
{
	bool written = false;

	ck_assert_int_eq(report_json_attempt(&options, &result, &facts, NULL, &written),
			 (int)wanted);
	ck_assert(written);
	ck_assert_int_eq(occurrences(captured(STDOUT_FILENO), "\n"), 1);
	assert_told_nothing();
}

START_TEST(attempt_has_all_members)
{
	report(STATUS_GREETED);
	ck_assert_str_eq(
		captured(STDOUT_FILENO),
		"{\"schema\":1,\"type\":\"attempt\",\"serial\":7,"
		"\"time\":\"2026-11-27T09:30:00.123Z\",\"host\":\"localhost\",\"port\":12345,"
		"\"source\":null,\"addresses\":[],\"address\":null,\"local\":null,"
		"\"resolve_us\":null,\"connect_us\":null,\"first_byte_us\":null,\"end_us\":900,"
		"\"bytes\":0,\"greeting\":null,\"greeting_base64\":null,\"ended_by\":null,"
		"\"stage\":null,\"reason\":null,\"status\":0,\"late_us\":15,\"tcp\":null}\n");
}
END_TEST

START_TEST(times_are_told)
{
	result.times = (struct probe_times){0, 2, 3, UINT64_MAX - 1};
	report(STATUS_GREETED);
	assert_has("\"resolve_us\":0,\"connect_us\":2,\"first_byte_us\":3,"
		   "\"end_us\":18446744073709551614,");
}
END_TEST

START_TEST(addresses_are_told)
{
	try_address("::1", TRACE_FAILED, ECONNREFUSED);
	try_address("127.0.0.1", TRACE_WON, 0);
	try_address("127.0.0.2", TRACE_LOST, 0);
	try_address("/run/x", TRACE_UNDER_WAY, 0);
	report(STATUS_GREETED);
	assert_has(
		"\"addresses\":[{\"address\":\"[::1]:12345\",\"family\":\"ipv6\",\"started_us\":");
	assert_has(",\"result\":\"failed\",\"errno\":\"ECONNREFUSED\"},"
		   "{\"address\":\"127.0.0.1:12345\",\"family\":\"ipv4\",\"started_us\":");
	assert_has(",\"result\":\"won\",\"errno\":null},");
	assert_has(",\"result\":\"lost\",\"errno\":null},");
	assert_has("{\"address\":\"unix:/run/x\",\"family\":\"unix\",\"started_us\":");
	assert_has(",\"ended_us\":null,\"result\":null,\"errno\":null}],");
}
END_TEST

START_TEST(times_of_addresses_count_from_the_beginning)
{
	result.began_us -= 1000000000;
	try_address("::1", TRACE_FAILED, ECONNREFUSED);
	report(STATUS_GREETED);
	assert_has("\"started_us\":1000");
	assert_has("\"ended_us\":1000");
}
END_TEST

START_TEST(ends_are_told)
{
	ck_assert_int_eq(address_from_literal("127.0.0.1", AF_INET, &result.local), 0);
	address_set_port(&result.local, 40000);
	snprintf(result.address, sizeof result.address, "127.0.0.1:12345");
	options.source_text = "127.0.0.1";
	report(STATUS_GREETED);
	assert_has("\"source\":\"127.0.0.1\",");
	assert_has("\"address\":\"127.0.0.1:12345\",\"local\":\"127.0.0.1:40000\",");
}
END_TEST

START_TEST(unix_socket_has_no_port)
{
	ck_assert_ptr_null(endpoint_parse("unix:/run/x.sock", &options.target));
	report(STATUS_GREETED);
	assert_has("\"host\":\"unix:/run/x.sock\",\"port\":null,");
}
END_TEST

static const struct {
	const char *bytes;
	size_t length;
	const char *members;
} greetings[] = {
	{"", 0, "\"bytes\":0,\"greeting\":\"\",\"greeting_base64\":null,"},
	{"Hi\r\n", 4, "\"bytes\":4,\"greeting\":\"Hi\\u000d\\u000a\",\"greeting_base64\":null,"},
	{"\0\x1B\"", 3, "\"greeting\":\"\\u0000\\u001b\\\"\",\"greeting_base64\":null,"},
	{"gr\xC3\xBC\xC3\x9F", 6, "\"bytes\":6,\"greeting\":\"gr\xC3\xBC\xC3\x9F\","},
	{"gr\xC3\xBC\xC3", 5, "\"greeting\":null,\"greeting_base64\":\"Z3LDvMM=\","},
};

START_TEST(greeting_is_text_or_base64)
{
	hear(greetings[_i].bytes, greetings[_i].length);
	report(STATUS_GREETED);
	assert_has(greetings[_i].members);
}
END_TEST

static const struct {
	enum ended_by end;
	const char *member;
} ends[] = {
	{ENDED_BY_STREAM_END, "\"ended_by\":\"end of stream\""},
	{ENDED_BY_QUIET, "\"ended_by\":\"quiet\""},
	{ENDED_BY_LIMIT, "\"ended_by\":\"limit\""},
	{ENDED_BY_DEADLINE, "\"ended_by\":\"deadline\""},
	{ENDED_BY_ERROR, "\"ended_by\":\"error\""},
	{ENDED_BY_DATAGRAM, "\"ended_by\":\"datagram\""},
};

START_TEST(end_of_greeting_is_told)
{
	result.ended_by = ends[_i].end;
	report(STATUS_GREETED);
	assert_has(ends[_i].member);
}
END_TEST

START_TEST(failure_is_told)
{
	result_fail(&result, STATUS_BROKEN, STAGE_READ, "a \"reset\"\n");
	report(STATUS_BROKEN);
	assert_has("\"stage\":\"read\",\"reason\":\"a \\\"reset\\\"\\u000a\",\"status\":6,");
}
END_TEST

static const struct {
	struct tcpinfo info;
	const char *member;
} tcps[] = {
	{{.rtt_us = 1234, .retransmits = 5}, "\"tcp\":{\"rtt_us\":1234,\"retransmits\":5}}"},
	{{.rtt_us = 0}, "\"tcp\":{\"rtt_us\":null,\"retransmits\":0}}"},
};

START_TEST(kernels_view_is_told)
{
	result.has_tcp = true;
	result.tcp = tcps[_i].info;
	report(STATUS_GREETED);
	assert_has(tcps[_i].member);
}
END_TEST

/* Each byte grows to six, and nothing is left out. A sanitizer or valgrind sees what is too much.
 */
START_TEST(longest_attempt_has_room)
{
	static char bytes[MIB], path[ADDRESS_NAME_MAX], line[8 * MIB];
	struct address local = {.path.sun_family = AF_UNIX, .length = sizeof local.path};
	bool written = false;
	ssize_t length;

	memset(bytes, 0x01, sizeof bytes);
	hear(bytes, sizeof bytes);
	memset(options.target.host, 0x02, sizeof options.target.host - 1);
	memset(result.address, 0x03, sizeof result.address - 1);
	memset(result.reason, 0x04, sizeof result.reason - 1);
	memset(path, 0x05, sizeof path - 1);
	options.source_text = path;
	memset(local.path.sun_path, 0x06, sizeof local.path.sun_path);
	result.local = local;
	result.times = (struct probe_times){UINT64_MAX - 1, UINT64_MAX - 1, UINT64_MAX - 1, 1};
	result.trace = trace_new();
	for (int i = 0; i < 64; i++)
		trace_end(result.trace, trace_begin(result.trace, &local), TRACE_FAILED,
			  EPROTONOSUPPORT);
	ck_assert_int_eq(report_json_attempt(&options, &result, &facts, NULL, &written),
			 STATUS_GREETED);
	ck_assert(written);
	length = pread(STDOUT_FILENO, line, sizeof line, 0);
	ck_assert_int_gt(length, 6 * MIB);
	ck_assert_mem_eq(line + length - 3, "l}\n", 3);
}
END_TEST

START_TEST(without_memory_the_greeting_is_left_out)
{
	static char bytes[MIB];
	enum status status;
	bool written = false;

	hear(bytes, sizeof bytes);
	options.source_text = "127.0.0.1";
	try_address("::1", TRACE_WON, 0);
	memory_grants = 0;
	status = report_json_attempt(&options, &result, &facts, NULL, &written);
	memory_grants = -1;
	ck_assert(written);
	ck_assert_int_eq(status, STATUS_INTERNAL);
	assert_has("\"source\":null,\"addresses\":[],");
	assert_has("\"bytes\":1048576,\"greeting\":null,\"greeting_base64\":null,"
		   "\"ended_by\":\"end of stream\",\"stage\":null,\"reason\":\"out of memory: ");
	assert_has("\"status\":1,");
}
END_TEST

START_TEST(error_has_a_reason)
{
	report_json_error(STATUS_USAGE, "bad port '\x1B'");
	ck_assert_str_eq(captured(STDOUT_FILENO),
			 "{\"schema\":1,\"type\":\"error\",\"reason\":\"bad port '\\u001b'\","
			 "\"status\":2}\n");
	assert_told_nothing();
}
END_TEST

START_TEST(reason_of_an_error_may_be_cut)
{
	static char reason[2 * REPORT_JSON_REASON_MAX], wanted[8 * REPORT_JSON_REASON_MAX];
	size_t used;

	memset(reason, 0x01, sizeof reason - 1);
	used = (size_t)sprintf(wanted, "{\"schema\":1,\"type\":\"error\",\"reason\":\"");
	for (int i = 0; i < REPORT_JSON_REASON_MAX; i++)
		used += (size_t)sprintf(wanted + used, "\\u0001");
	sprintf(wanted + used, "\",\"status\":1}\n");
	report_json_error(STATUS_INTERNAL, reason);
	ck_assert_str_eq(captured(STDOUT_FILENO), wanted);
}
END_TEST

/* However the attempt ended: by a greeting, a failure, or one of the machine itself. */
START_TEST(full_disk_is_told)
{
	static const enum status statuses[] = {STATUS_GREETED, STATUS_REFUSED, STATUS_INTERNAL};
	int full = open("/dev/full", O_WRONLY);
	bool written = true;

	ck_assert_int_eq(dup2(full, STDOUT_FILENO), STDOUT_FILENO);
	if (_i < (int)COUNT_OF(statuses)) {
		result.status = statuses[_i];
		ck_assert_int_eq(report_json_attempt(&options, &result, &facts, NULL, &written),
				 (int)statuses[_i]);
		ck_assert(!written);
	} else {
		report_json_error(STATUS_USAGE, "words");
	}
	assert_one_error_line("hailto: cannot write to standard output: No space left on device\n");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("report_json");
	TCase *attempts = suite_case(suite, "attempts"), *errors = suite_case(suite, "errors");

	tcase_add_checked_fixture(attempts, setup, teardown);
	tcase_add_test(attempts, attempt_has_all_members);
	tcase_add_test(attempts, times_are_told);
	tcase_add_test(attempts, addresses_are_told);
	tcase_add_test(attempts, times_of_addresses_count_from_the_beginning);
	tcase_add_test(attempts, ends_are_told);
	tcase_add_test(attempts, unix_socket_has_no_port);
	tcase_add_loop_test(attempts, greeting_is_text_or_base64, 0, COUNT_OF(greetings));
	tcase_add_loop_test(attempts, end_of_greeting_is_told, 0, COUNT_OF(ends));
	tcase_add_test(attempts, failure_is_told);
	tcase_add_loop_test(attempts, kernels_view_is_told, 0, COUNT_OF(tcps));
	tcase_add_test(attempts, longest_attempt_has_room);
	tcase_add_test(attempts, without_memory_the_greeting_is_left_out);
	tcase_add_checked_fixture(errors, setup, teardown);
	tcase_add_test(errors, error_has_a_reason);
	tcase_add_test(errors, reason_of_an_error_may_be_cut);
	tcase_add_loop_test(errors, full_disk_is_told, 0, 4);
	return suite_run(suite);
}
