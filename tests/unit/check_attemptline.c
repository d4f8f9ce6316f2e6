/* SPDX-License-Identifier: ISC */
/* check_attemptline: the line of each kind of attempt, whatever came. */
#include "client/attemptline.h"

#include <stdio.h>
#include <string.h>

#include "client/result.h"
#include "client/series.h"
#include "lib/suite.h"

static char line[ATTEMPTLINE_MAX + 1];
static char bytes[1000];
static struct probe_result result;
static struct series_attempt attempt;

/* Attempt 7, a greeting of haild, in the middle of this machine's day. */
static void setup(void)
{
	result = (struct probe_result){
		.status = STATUS_GREETED,
		.stage = "",
		.address = "127.0.0.1:80",
		.bytes = bytes,
		.length = 2,
		.ended_by = ENDED_BY_STREAM_END,
		.times = {.resolved = 0, .connected = 119, .first_byte = 1999, .end = 1234567},
	};
	snprintf(bytes, sizeof bytes, "Hi");
	attempt = (struct series_attempt){.serial = 7, .result = &result};
	line[ATTEMPTLINE_MAX] = '#';
}

static void assert_line(const char *expected)
{
	size_t length = attemptline_format(&attempt, line);

	ck_assert_str_eq(line, expected);
	ck_assert_uint_eq(length, strlen(expected));
	ck_assert_int_eq(line[ATTEMPTLINE_MAX], '#');
}

static void make_failure(enum status status, const char *stage, const char *reason)
{
	result.status = status;
	result.stage = stage;
	snprintf(result.reason, sizeof result.reason, "%s", reason);
	result.length = 0;
	result.ended_by = ENDED_BY_NOTHING;
}

START_TEST(greeting)
{
	assert_line("7: 127.0.0.1:80: 2 bytes (resolved 0.00, connected 0.11, first byte 1.99, "
		    "end 1234.56 ms): Hi\n");
}
END_TEST

START_TEST(late_attempt)
{
	attempt.late_us = 61999;
	attempt.serial = UINT64_MAX;
	assert_line("18446744073709551615: 127.0.0.1:80: 2 bytes (resolved 0.00, connected 0.11, "
		    "first byte 1.99, end 1234.56 ms), 61 ms late: Hi\n");
}
END_TEST

START_TEST(datagram)
{
	result.ended_by = ENDED_BY_DATAGRAM;
	assert_line("7: 127.0.0.1:80: 2 bytes (resolved 0.00, first byte 1.99, end 1234.56 ms): "
		    "Hi\n");
}
END_TEST

START_TEST(empty_greeting)
{
	result.length = 0;
	result.times.first_byte = TIME_NEVER;
	assert_line("7: 127.0.0.1:80: 0 bytes (resolved 0.00, connected 0.11, end 1234.56 ms)\n");
}
END_TEST

START_TEST(only_a_connection)
{
	result.length = 0;
	result.bytes = NULL;
	result.ended_by = ENDED_BY_NOTHING;
	result.times.first_byte = TIME_NEVER;
	assert_line("7: 127.0.0.1:80: connected (resolved 0.00, connected 0.11, end 1234.56 ms)\n");
}
END_TEST

START_TEST(name_that_is_not_found)
{
	make_failure(STATUS_UNRESOLVED, "resolve", "Name or service not known");
	result.address[0] = '\0';
	result.times = (struct probe_times){TIME_NEVER, TIME_NEVER, TIME_NEVER, 20};
	assert_line("7: resolve: Name or service not known (end 0.02 ms)\n");
}
END_TEST

START_TEST(refusal)
{
	make_failure(STATUS_REFUSED, "connect", "Connection refused");
	result.times.connected = result.times.first_byte = TIME_NEVER;
	assert_line("7: 127.0.0.1:80: connect: Connection refused (resolved 0.00, end 1234.56 "
		    "ms)\n");
}
END_TEST

/* What came before is shown as well. */
START_TEST(reset_amid_the_greeting)
{
	make_failure(STATUS_BROKEN, "read", "Connection reset by peer after 2 bytes");
	result.length = 2;
	result.ended_by = ENDED_BY_ERROR;
	assert_line("7: 127.0.0.1:80: read: Connection reset by peer after 2 bytes (resolved 0.00, "
		    "connected 0.11, first byte 1.99, end 1234.56 ms): Hi\n");
}
END_TEST

START_TEST(want_of_memory)
{
	make_failure(STATUS_INTERNAL, "start", "out of memory");
	result.address[0] = '\0';
	result.times.end = TIME_NEVER;
	assert_line("7: start: out of memory\n");
}
END_TEST

START_TEST(bytes_from_outside_are_escaped)
{
	static const char hostile[] = "a\r\nb\t\033]0;x\a\x9b\xff\0c";

	memcpy(bytes, hostile, sizeof hostile - 1);
	result.length = sizeof hostile - 1;
	snprintf(result.address, sizeof result.address, "unix:/\n\033[2J");
	assert_line("7: unix:/\\x0A\\x1B[2J: 15 bytes (resolved 0.00, connected 0.11, first byte "
		    "1.99, end 1234.56 ms): a\\x0D\\x0Ab\\x09\\x1B]0;x\\x07\\x9B\\xFF\\x00c\n");
}
END_TEST

START_TEST(escape_in_a_greeting_is_told_from_ours)
{
	result.length = (size_t)snprintf(bytes, sizeof bytes, "\\x41 \\x\x01");
	assert_line("7: 127.0.0.1:80: 8 bytes (resolved 0.00, connected 0.11, first byte 1.99, "
		    "end 1234.56 ms): \\x5Cx41 \\x\\x01\n");
}
END_TEST

/* Greetings of characters of one byte to four. */
static const struct {
	const char *character;
	size_t count;
} cuts[] = {
	{"x", 55},
	{"x", 60},
	{"x", 100},
	{"\xC3\xA9", 28},
	{"\xC3\xA9", 100},
	{"\xE2\x82\xAC", 19},
	{"\xE2\x82\xAC", 100},
	{"\xF0\x9F\x98\x80", 14},
	{"\xF0\x9F\x98\x80", 100},
};

/* At most 60 bytes are shown, and whole characters only, wherever they begin. */
START_TEST(long_greeting_is_cut)
{
	size_t width = strlen(cuts[_i].character);

	for (size_t before = 0; before < 4; before++) {
		size_t length = before, shown;
		char expected[ATTEMPTLINE_MAX];

		memset(bytes, '.', before);
		for (size_t i = 0; i < cuts[_i].count; i++, length += width)
			memcpy(bytes + length, cuts[_i].character, width);
		result.length = length;
		shown = length <= 60 ? length : before + (60 - before) / width * width;
		snprintf(expected, sizeof expected,
			 "7: 127.0.0.1:80: %zu bytes (resolved 0.00, connected 0.11, first byte "
			 "1.99, end 1234.56 ms): %.*s%s\n",
			 length, (int)shown, bytes, shown < length ? "..." : "");
		assert_line(expected);
	}
}
END_TEST

START_TEST(no_text_may_be_one_byte_after_the_other)
{
	memset(bytes, 0x80, sizeof bytes);
	result.length = 61;
	ck_assert_uint_gt(attemptline_format(&attempt, line), 57 * 4);
	ck_assert_ptr_nonnull(strstr(line, "\\x80...\n"));
}
END_TEST

/* The longest of everything, each byte of which grows. */
START_TEST(every_line_has_room)
{
	size_t length;

	make_failure(STATUS_BROKEN, "connect", "");
	memset(result.reason, 'r', sizeof result.reason - 1);
	memset(result.address, '\n', sizeof result.address - 1);
	memset(bytes, '\n', sizeof bytes);
	result.length = sizeof bytes;
	result.times = (struct probe_times){UINT64_MAX - 1, UINT64_MAX - 1, UINT64_MAX - 1,
					    UINT64_MAX - 1};
	attempt = (struct series_attempt){.serial = UINT64_MAX,
					  .late_us = UINT64_MAX,
					  .result = &result};
	length = attemptline_format(&attempt, line);
	ck_assert_uint_eq(length, strlen(line));
	ck_assert_ptr_nonnull(strstr(line, "\\x0A...\n"));
	ck_assert_uint_lt(length, ATTEMPTLINE_MAX - 1); /* nothing was cut */
	ck_assert_ptr_eq(strchr(line, '\n'), line + length - 1);
	ck_assert_int_eq(line[ATTEMPTLINE_MAX], '#');
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("attemptline");
	TCase *tests = suite_case(suite, "attemptline");

	tcase_add_checked_fixture(tests, setup, NULL);
	tcase_add_test(tests, greeting);
	tcase_add_test(tests, late_attempt);
	tcase_add_test(tests, datagram);
	tcase_add_test(tests, empty_greeting);
	tcase_add_test(tests, only_a_connection);
	tcase_add_test(tests, name_that_is_not_found);
	tcase_add_test(tests, refusal);
	tcase_add_test(tests, reset_amid_the_greeting);
	tcase_add_test(tests, want_of_memory);
	tcase_add_test(tests, bytes_from_outside_are_escaped);
	tcase_add_test(tests, escape_in_a_greeting_is_told_from_ours);
	tcase_add_loop_test(tests, long_greeting_is_cut, 0, COUNT_OF(cuts));
	tcase_add_test(tests, no_text_may_be_one_byte_after_the_other);
	tcase_add_test(tests, every_line_has_room);
	return suite_run(suite);
}
