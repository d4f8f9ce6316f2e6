/* SPDX-License-Identifier: ISC */
/* check_report: what stdout gets, raw or escaped, what stderr is told, and the exit status. */
#include <config.h>

#include "client/report.h"

#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/log.h"
#include "client/options.h"
#include "client/probe.h"
#include "lib/capture.h"
#include "lib/suite.h"

static struct options options;
static struct probe_result result;

static void setup(void)
{
	capture(STDERR_FILENO);
	capture(STDOUT_FILENO);
	log_open("hailto", LOG_LEVEL_WARNING);
	ck_assert_ptr_null(endpoint_parse("localhost:12345", &options.target));
}

/* Makes it a greeting. */
static void hear(const char *bytes, size_t length)
{
	result.bytes = (char *)(uintptr_t)bytes;
	result.length = length;
}

/* Makes it a failure. */
static void set_failure(enum status status, const char *stage, const char *reason,
			const char *address)
{
	result.status = status;
	result.stage = stage;
	snprintf(result.reason, sizeof result.reason, "%s", reason);
	snprintf(result.address, sizeof result.address, "%s", address);
}

/* Asserts the exact bytes on standard output. */
static void assert_printed(const void *bytes, size_t length)
{
	char printed[2048];
	ssize_t n;

	n = pread(STDOUT_FILENO, printed, sizeof printed, 0);
	ck_assert_int_eq(n, (ssize_t)length);
	ck_assert(length == 0 || memcmp(printed, bytes, length) == 0);
}

START_TEST(file_gets_the_very_bytes)
{
	char every[256];

	for (int i = 0; i < 256; i++)
		every[i] = (char)i;
	hear(every, sizeof every);
	ck_assert_int_eq(report_result(&options, &result), STATUS_GREETED);
	assert_printed(every, sizeof every);
	assert_told_nothing();
}
END_TEST

START_TEST(greeting_does_not_come_before_the_output_of_a_command)
{
	char *command[] = {NULL};

	options.command = command;
	hear("Hi", 2);
	ck_assert_int_eq(report_result(&options, &result), STATUS_GREETED);
	assert_printed("", 0);
	set_failure(STATUS_UNEXPECTED, "expect", "no", "");
	ck_assert_int_eq(report_result(&options, &result), STATUS_UNEXPECTED);
	assert_printed("", 0);
	assert_told("expect: no");
}
END_TEST

static const struct {
	const char *bytes;
	size_t length;
	const char *escaped;
} texts[] = {
	{"Hi from server", 14, "Hi from server\n"},
	{"Hi\n", 3, "Hi\n"},
	{"a\tb\r\n", 5, "a\tb\n"},
	{"220 a\r\n220 b\r\n", 14, "220 a\n220 b\n"}, /* CR LF ends a line */
	{"\r\n", 2, "\n"},
	{"\r\n\r\n", 4, "\n\n"},
	{"evil\rgood\r\n", 11, "evil\\x0Dgood\n"}, /* but a lone CR hides one */
	{"a\r\r\nb", 5, "a\\x0D\nb\n"},
	{"a\n\rb", 4, "a\n\\x0Db\n"},
	{"a\r", 2, "a\n"}, /* one that comes last is half of a line's end */
	{"\r", 1, "\n"},
	{"a\r\r", 3, "a\\x0D\n"},
	{"a\r\n\r", 4, "a\n\n"},
	{"\xC3\r\n\xBC", 4, "\\xC3\n\\xBC\n"},
	{"\n", 1, "\n"},
	{"\x1B]52;c;aGk=\a", 12, "\\x1B]52;c;aGk=\\x07\n"},
	{"gr\xC3\xBC\xC3\x9F", 6, "gr\xC3\xBC\xC3\x9F\n"},
	{"\xC2\x9B\xFF\0", 4, "\\xC2\\x9B\\xFF\\x00\n"},
};

START_TEST(escape_makes_a_safe_line)
{
	options.escape = true;
	hear(texts[_i].bytes, texts[_i].length);
	ck_assert_int_eq(report_result(&options, &result), STATUS_GREETED);
	assert_printed(texts[_i].escaped, strlen(texts[_i].escaped));
}
END_TEST

/* Makes standard output a terminal that changes nothing; returns its other end. */
static int open_terminal(void)
{
	int other = posix_openpt(O_RDWR | O_NOCTTY), terminal;
	struct termios modes;

	ck_assert_int_ge(other, 0);
	ck_assert_int_eq(grantpt(other), 0);
	ck_assert_int_eq(unlockpt(other), 0);
	terminal = open(ptsname(other), O_RDWR | O_NOCTTY);
	ck_assert_int_ge(terminal, 0);
	ck_assert_int_eq(tcgetattr(terminal, &modes), 0);
	modes.c_oflag &= ~(tcflag_t)OPOST;
	ck_assert_int_eq(tcsetattr(terminal, TCSANOW, &modes), 0);
	ck_assert_int_eq(dup2(terminal, STDOUT_FILENO), STDOUT_FILENO);
	close(terminal);
	return other;
}

/* Asserts what came to the terminal. */
static void assert_shown(int other, const char *text, size_t length)
{
	struct pollfd pollfd = {.fd = other, .events = POLLIN};
	char shown[512];

	ck_assert_int_eq(poll(&pollfd, 1, 5000), 1);
	ck_assert_int_eq(read(other, shown, sizeof shown), (ssize_t)length);
	ck_assert_mem_eq(shown, text, length);
}

START_TEST(terminal_gets_a_safe_line)
{
	int other = open_terminal();

	hear(texts[_i].bytes, texts[_i].length);
	ck_assert_int_eq(report_result(&options, &result), STATUS_GREETED);
	assert_shown(other, texts[_i].escaped, strlen(texts[_i].escaped));
}
END_TEST

START_TEST(terminal_gets_the_very_bytes_if_raw)
{
	int other = open_terminal();

	options.raw = true;
	hear(texts[_i].bytes, texts[_i].length);
	ck_assert_int_eq(report_result(&options, &result), STATUS_GREETED);
	assert_shown(other, texts[_i].bytes, texts[_i].length);
}
END_TEST

START_TEST(nothing_heard_prints_nothing)
{
	options.escape = true;
	ck_assert_int_eq(report_result(&options, &result), STATUS_GREETED);
	assert_printed("", 0);
	assert_told_nothing();
}
END_TEST

static const struct {
	enum status status;
	const char *stage, *reason, *address, *line;
} failures[] = {
	{STATUS_UNRESOLVED, "resolve", "Name or service not known", "",
	 "hailto: localhost:12345: resolve: Name or service not known\n"},
	{STATUS_REFUSED, "connect", "Connection refused", "127.0.0.1:12345",
	 "hailto: localhost:12345 (127.0.0.1:12345): connect: Connection refused\n"},
	{STATUS_UNANSWERED, "connect", "timed out", "",
	 "hailto: localhost:12345: connect: timed out\n"},
	{STATUS_BROKEN, "read", "Connection reset by peer", "[::1]:12345",
	 "hailto: localhost:12345 ([::1]:12345): read: Connection reset by peer\n"},
	{STATUS_SILENT, "read", "nothing", "127.0.0.1:12345",
	 "hailto: localhost:12345 (127.0.0.1:12345): read: nothing\n"},
	{STATUS_REFUSED, "connect", "Connection refused", "localhost:12345",
	 "hailto: localhost:12345: connect: Connection refused\n"}, /* not said twice */
	{STATUS_REFUSED, "connect", "a\nb", "", "hailto: localhost:12345: connect: a\\x0Ab\n"},
};

START_TEST(failure_is_one_line)
{
	set_failure(failures[_i].status, failures[_i].stage, failures[_i].reason,
		    failures[_i].address);
	ck_assert_int_eq(report_result(&options, &result), (int)failures[_i].status);
	ck_assert_str_eq(captured(STDERR_FILENO), failures[_i].line);
	assert_printed("", 0);
}
END_TEST

static const enum status heard_statuses[] = {STATUS_BROKEN, STATUS_UNEXPECTED};

START_TEST(bytes_of_a_failure_are_printed)
{
	hear("Hi", 2);
	set_failure(heard_statuses[_i], "read", "words", "127.0.0.1:12345");
	ck_assert_int_eq(report_result(&options, &result), (int)heard_statuses[_i]);
	assert_printed("Hi", 2);
	assert_one_error_line("hailto: localhost:12345 (127.0.0.1:12345): read: words\n");
}
END_TEST

START_TEST(quiet_prints_and_tells_nothing)
{
	options.quiet = true;
	hear("Hi", 2);
	set_failure(STATUS_BROKEN, "read", "words", "");
	ck_assert_int_eq(report_result(&options, &result), STATUS_BROKEN);
	assert_printed("", 0);
	assert_told_nothing();
}
END_TEST

START_TEST(full_disk_is_an_internal_error)
{
	int full = open("/dev/full", O_WRONLY);

	ck_assert_int_eq(dup2(full, STDOUT_FILENO), STDOUT_FILENO);
	options.escape = _i == 1;
	hear("Hi", 2);
	ck_assert_int_eq(report_result(&options, &result), STATUS_INTERNAL);
	assert_one_error_line("hailto: cannot write to standard output: No space left on device\n");
}
END_TEST

START_TEST(full_disk_does_not_hide_a_failure)
{
	int full = open("/dev/full", O_WRONLY);

	ck_assert_int_eq(dup2(full, STDOUT_FILENO), STDOUT_FILENO);
	set_failure(STATUS_REFUSED, "connect", "Connection refused", "");
	ck_assert_int_eq(report_result(&options, &result), STATUS_REFUSED);
	assert_one_error_line("hailto: localhost:12345: connect: Connection refused\n");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("report");
	TCase *printing = suite_case(suite, "printing"), *failing = suite_case(suite, "failing");

	tcase_add_checked_fixture(printing, setup, NULL);
	tcase_add_test(printing, file_gets_the_very_bytes);
	tcase_add_test(printing, greeting_does_not_come_before_the_output_of_a_command);
	tcase_add_loop_test(printing, escape_makes_a_safe_line, 0, COUNT_OF(texts));
	tcase_add_loop_test(printing, terminal_gets_a_safe_line, 0, COUNT_OF(texts));
	tcase_add_loop_test(printing, terminal_gets_the_very_bytes_if_raw, 0, COUNT_OF(texts));
	tcase_add_test(printing, nothing_heard_prints_nothing);
	tcase_add_checked_fixture(failing, setup, NULL);
	tcase_add_loop_test(failing, failure_is_one_line, 0, COUNT_OF(failures));
	tcase_add_loop_test(failing, bytes_of_a_failure_are_printed, 0, COUNT_OF(heard_statuses));
	tcase_add_test(failing, quiet_prints_and_tells_nothing);
	tcase_add_loop_test(failing, full_disk_is_an_internal_error, 0, 2);
	tcase_add_test(failing, full_disk_does_not_hide_a_failure);
	return suite_run(suite);
}
